#include "state/signature.h"

#include "base/memory.h"
#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct signing_key {
    uint64_t id;
    struct bytes bytes; /* in the text */
};
struct signing_keys {
    char text[SIGNING_FILE_BYTES_MAX];
    size_t length;
    struct signing_key keys[SIGNING_KEYS_MAX];
    size_t count;
};
struct signature {
    EVP_MAC_CTX *context;
};

static const struct signing_keys *in_use;

/* --- signing --- */

/* libcrypto refuses only when it has no memory, or no HMAC. */
static EVP_MAC_CTX *context_of(struct bytes key, const char *purpose)
{
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                OSSL_PARAM_construct_end() };
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(hmac);
    must(context != NULL);
    must(EVP_MAC_init(context, (const unsigned char *)key.data, key.length, parameters) == 1);
    must(EVP_MAC_update(context, (const unsigned char *)purpose, strlen(purpose) + 1) == 1);
    EVP_MAC_free(hmac);
    return context;
}

static void context_end(EVP_MAC_CTX *context, unsigned char ret_bytes[SIGNATURE_BYTES])
{
    size_t length;
    must(EVP_MAC_final(context, ret_bytes, &length, SIGNATURE_BYTES) == 1);
    must(length == SIGNATURE_BYTES);
    EVP_MAC_CTX_free(context);
}

static const struct signing_key *key_of(uint64_t id)
{
    for (size_t i = 0; in_use && i < in_use->count; i++)
        if (in_use->keys[i].id == id)
            return &in_use->keys[i];
    return NULL;
}

struct signature *signature_begin(uint64_t key_id, const char *purpose)
{
    const struct signing_key *key = key_of(key_id);
    if (!key)
        return NULL;
    struct signature *signature = memory_alloc(1, sizeof(*signature));
    signature->context = context_of(key->bytes, purpose);
    return signature;
}

void signature_add(struct signature *signature, const void *data, size_t length)
{
    must(EVP_MAC_update(signature->context, data, length) == 1);
}

void signature_now(const struct signature *signature, unsigned char ret_bytes[SIGNATURE_BYTES])
{
    EVP_MAC_CTX *copy = EVP_MAC_CTX_dup(signature->context);
    must(copy != NULL);
    context_end(copy, ret_bytes);
}

bool signature_is(const struct signature *signature, const void *bytes)
{
    unsigned char right[SIGNATURE_BYTES];
    signature_now(signature, right);
    return CRYPTO_memcmp(right, bytes, sizeof(right)) == 0;
}

void signature_end(struct signature *signature)
{
    if (!signature)
        return;
    EVP_MAC_CTX_free(signature->context);
    memory_free(signature);
}

/* --- keys --- */

void signing_use(const struct signing_keys *keys)
{
    in_use = keys;
}

bool signing_is_on(void)
{
    return in_use != NULL;
}

uint64_t signing_key_id(void)
{
    return in_use ? in_use->keys[0].id : 0;
}

static uint64_t id_of(struct bytes key)
{
    unsigned char made[SIGNATURE_BYTES];
    uint64_t id = 0;
    context_end(context_of(key, "bundelwacht key id"), made);
    for (size_t i = 0; i < sizeof(id); i++)
        id |= (uint64_t)made[i] << (8 * i);
    return id ? id : 1; /* 0 stands for no key */
}

static bool fail(const char *path, const char *what, char *ret_error, size_t error_size)
{
    snprintf(ret_error, error_size, "the key file \"%s\" %s", path, what);
    return false;
}

/* A key that others can read signs nothing. */
static bool is_private(int descriptor, const char *path, char *ret_error, size_t error_size)
{
    struct stat about;
    if (fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode))
        return fail(path, "is no file", ret_error, error_size);
    if (about.st_uid != geteuid() && about.st_uid != 0)
        return fail(path, "belongs to somebody else: it must be of the user that runs this, or of root",
                    ret_error, error_size);
    return (about.st_mode & 07777 & ~0600u) == 0 ||
           fail(path, "can be used by others than its owner: chmod 0600", ret_error, error_size);
}

static bool read_text(struct signing_keys *keys, const char *path, char *ret_error, size_t error_size)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return fail(path, strerror(errno), ret_error, error_size);
    bool fine = is_private(descriptor, path, ret_error, error_size);
    ssize_t more = 1;
    while (fine && more > 0 && keys->length < sizeof(keys->text)) {
        more = read(descriptor, keys->text + keys->length, sizeof(keys->text) - keys->length);
        keys->length += more > 0 ? (size_t)more : 0;
    }
    close(descriptor);
    if (fine && more != 0)
        return fail(path, "is too large, or cannot be read", ret_error, error_size);
    return fine;
}

static bool take_key(struct signing_keys *keys, struct bytes line, const char *path, char *ret_error,
                     size_t error_size)
{
    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    if (line.length == 0)
        return true;
    if (line.length < SIGNING_KEY_BYTES_MIN)
        return fail(path, "has a key of less than 32 bytes: `openssl rand -hex 32` makes one; one a line",
                    ret_error, error_size);
    if (keys->count == SIGNING_KEYS_MAX)
        return fail(path, "has more than 16 keys", ret_error, error_size);
    keys->keys[keys->count++] = (struct signing_key){ id_of(line), line };
    return true;
}

static bool take_keys(struct signing_keys *keys, const char *path, char *ret_error, size_t error_size)
{
    const char *at = keys->text, *end = keys->text + keys->length;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((line_end ? line_end : end) - at);
        if (!take_key(keys, (struct bytes){ at, length }, path, ret_error, error_size))
            return false;
        at += length + 1;
    }
    return keys->count > 0 || fail(path, "has no key", ret_error, error_size);
}

struct signing_keys *signing_keys_read(const char *path, char *ret_error, size_t error_size)
{
    struct signing_keys *keys = memory_alloc_zeroed(1, sizeof(*keys));
    if (read_text(keys, path, ret_error, error_size) && take_keys(keys, path, ret_error, error_size))
        return keys;
    signing_keys_free(keys);
    return NULL;
}

void signing_keys_free(struct signing_keys *keys)
{
    if (!keys)
        return;
    OPENSSL_cleanse(keys, sizeof(*keys));
    memory_free(keys);
}
