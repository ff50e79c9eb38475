/* Keys, signatures, and what of checkpoints becomes of them: whoever has no key cannot make one that is
 * read. */
#include "state/format.h"
#include "state/given_checkpoint.h"
#include "state/signature.h"

TestSuite(signature, .timeout = 60);

#define KEY_A "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define KEY_B "an0ther-key-of-32-bytes-or-more!!"
enum { BYTES_MAX = 1 << 17, SENTENCES_MAX = 8 };

static char key_path[96];

static const char *key_file(const char *text, mode_t mode)
{
    snprintf(key_path, sizeof(key_path), "%s/keys", directory);
    unlink(key_path);
    spill(key_path, (const unsigned char *)text, strlen(text));
    cr_assert_eq(chmod(key_path, mode), 0);
    return key_path;
}

static struct signing_keys *use(const char *text)
{
    struct signing_keys *keys = signing_keys_read(key_file(text, 0600), error, sizeof(error));
    cr_assert_not_null(keys, "%s", error);
    signing_use(keys);
    return keys;
}

static void use_no_longer(struct signing_keys *keys)
{
    signing_use(NULL);
    signing_keys_free(keys);
    unlink(key_path);
}

/* --- keys --- */

Test(signature, key_files_that_are_none_are_refused_with_what_to_do)
{
    static const struct {
        const char *text, *says;
        mode_t mode;
    } rows[] = {
        { KEY_A "\n", NULL, 0600 },
        { KEY_A, NULL, 0400 },
        { "\n" KEY_A "\r\n\n" KEY_B "\n", NULL, 0600 },
        { KEY_A "\n", "chmod 0600", 0640 },
        { KEY_A "\n", "chmod 0600", 0604 },
        { KEY_A "\n", "chmod 0600", 0620 },
        { KEY_A "\n", "chmod 0600", 0700 },
        { "", "has no key", 0600 },
        { "\n\n", "has no key", 0600 },
        { "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\n", "less than 32 bytes", 0600 },
        { KEY_A "\nshort\n", "less than 32 bytes", 0600 },
    };
    make_directory();
    for (size_t i = 0; i < COUNT(rows); i++) {
        error[0] = '\0';
        struct signing_keys *keys = signing_keys_read(key_file(rows[i].text, rows[i].mode), error,
                                                      sizeof(error));
        cr_expect_eq(keys != NULL, rows[i].says == NULL, "row %zu: %s", i, error);
        cr_expect(rows[i].says == NULL || strstr(error, rows[i].says) != NULL, "row %zu: %s", i, error);
        cr_expect_null(strstr(error, "kkkk"), "a key in a sentence: %s", error);
        signing_keys_free(keys);
    }
    cr_expect_null(signing_keys_read(directory, error, sizeof(error)));
    cr_expect_null(signing_keys_read("/nowhere/keys", error, sizeof(error)));
    cr_expect_null(signing_keys_read("/dev/zero", error, sizeof(error)));
    unlink(key_path);
    remove_directory();
}

/* Against Python's hmac: HMAC-SHA-256 of the purpose, a zero byte and the bytes. */
Test(signature, is_hmac_sha_256)
{
    static const unsigned char right[SIGNATURE_BYTES] = {
        0x16, 0xf6, 0xec, 0xf1, 0x0e, 0x37, 0x87, 0x5f, 0x53, 0x4c, 0x6e, 0x43, 0xdb, 0x70, 0x47, 0x41,
        0xa1, 0xf5, 0xa4, 0x87, 0x70, 0x0c, 0x56, 0x5f, 0x47, 0xb8, 0xb5, 0x47, 0x8d, 0xa7, 0xa3, 0xf6,
    };
    make_directory();
    struct signing_keys *keys = use(KEY_A "\n");
    struct signature *signature = signature_begin(signing_key_id(), "bundelwacht checkpoint");
    cr_assert_not_null(signature);
    signature_add(signature, "ab", 2);
    cr_expect_not(signature_is(signature, right));
    signature_add(signature, "c", 1);
    cr_expect(signature_is(signature, right), "also after it was asked before");
    signature_end(signature);
    cr_expect_null(signature_begin(signing_key_id() + 1, "bundelwacht checkpoint"));
    cr_expect_null(signature_begin(0, "bundelwacht checkpoint"));
    use_no_longer(keys);
    remove_directory();
}

/* --- checkpoints --- */

/* CHECKPOINT_END, or why not. */
static enum checkpoint_read read_whole(const char *path)
{
    struct checkpoint_head head;
    struct bytes texts[CHECKPOINT_TEXTS], block;
    enum checkpoint_read read = CHECKPOINT_DAMAGED;
    struct checkpoint_reader *reader = checkpoint_open(path, &head, texts, error, sizeof(error));
    if (!reader)
        return read;
    do
        read = checkpoint_next(reader, &block, error, sizeof(error));
    while (read == CHECKPOINT_BLOCK);
    checkpoint_close(reader);
    return read;
}

static bool is_refused(const char *path, const char *says)
{
    error[0] = '\0';
    return read_whole(path) == CHECKPOINT_DAMAGED && strstr(error, says) != NULL;
}

Test(signature, a_checkpoint_is_read_by_whoever_has_the_key_or_asks_for_none)
{
    make_directory();
    struct signing_keys *keys = use(KEY_A "\n");
    const char *path = given_checkpoint(100);
    cr_expect_eq(read_whole(path), CHECKPOINT_END, "%s", error);
    use_no_longer(keys);
    cr_expect_eq(read_whole(path), CHECKPOINT_END, "%s", error);
    keys = use(KEY_B "\n" KEY_A "\n");
    cr_expect_eq(read_whole(path), CHECKPOINT_END, "the key before still counts: %s", error);
    use_no_longer(keys);
    keys = use(KEY_B "\n");
    cr_expect(is_refused(path, "a key that is not in state.key_file"), "%s", error);
    use_no_longer(keys);
    remove_directory();
}

Test(signature, a_checkpoint_without_one_is_refused_where_there_is_a_key)
{
    make_directory();
    const char *path = given_checkpoint(100);
    struct signing_keys *keys = use(KEY_A "\n");
    cr_expect(is_refused(path, "is not signed"), "%s", error);
    use_no_longer(keys);
    remove_directory();
}

/* Every hash as it must be: what anybody can do. */
static void make_hashes_right(unsigned char *bytes, size_t length)
{
    size_t at = head_length(bytes);
    if (at == 0 || at > length)
        return;
    uint64_t hash = hash64(bytes, at - HEAD_HASH_BYTES, 0);
    memcpy(bytes + at - HEAD_HASH_BYTES, &hash, sizeof(hash));
    while (at + FRAME_HEAD_BYTES <= length) {
        struct frame frame = frame_decode(bytes + at);
        if (frame.packed_bytes > length - at - FRAME_HEAD_BYTES)
            return;
        frame.hash = hash = frame_hash(&frame, bytes + at + FRAME_HEAD_BYTES, hash);
        frame_encode(&frame, bytes + at);
        at += FRAME_HEAD_BYTES + frame.packed_bytes;
    }
}

Test(signature, no_byte_of_a_checkpoint_can_be_another)
{
    static unsigned char bytes[BYTES_MAX], changed[BYTES_MAX];
    make_directory();
    struct signing_keys *keys = use(KEY_A "\n");
    const char *path = given_checkpoint(100);
    size_t length = slurp(path, bytes, sizeof(bytes)), accepted = 0, wrong_signatures = 0;
    for (size_t at = 0; at < length; at++) {
        memcpy(changed, bytes, length);
        changed[at] ^= 0x10;
        make_hashes_right(changed, length);
        spill(path, changed, length);
        bool same = memcmp(changed, bytes, length) == 0; /* it was a byte of a hash */
        error[0] = '\0';
        accepted += read_whole(path) == CHECKPOINT_END && !same;
        wrong_signatures += strstr(error, "wrong signature") != NULL;
    }
    cr_expect_eq(accepted, 0, "%zu of %zu", accepted, length);
    cr_expect_gt(wrong_signatures, 500, "%zu of %zu", wrong_signatures, length);
    use_no_longer(keys);
    remove_directory();
}

static char sentences[SENTENCES_MAX][512];
static size_t sentences_count;

static void keep_sentence(void *context, const char *sentence)
{
    (void)context;
    cr_assert_lt(sentences_count, SENTENCES_MAX);
    snprintf(sentences[sentences_count++], sizeof(sentences[0]), "%s", sentence);
}

Test(signature, what_somebody_else_put_there_is_passed_over_with_a_sentence)
{
    static struct checkpoint_file files[CHECKPOINT_LIST_MAX];
    make_directory();
    struct signing_keys *keys = use(KEY_A "\n");
    given_checkpoint(100);
    use_no_longer(keys);
    for (int64_t offset = 200; offset < 200 + 2 * CHECKPOINT_LIST_MAX; offset++)
        given_checkpoint(offset);
    keys = use(KEY_A "\n");
    sentences_count = 0;
    size_t count = checkpoint_list(directory, GIVEN_TOPIC, GIVEN_GROUP, GIVEN_PARTITION, files, NULL, NULL);
    cr_assert_eq(count, 1, "those that are not ours do not take its place");
    cr_expect_eq(files[0].offset, 100);
    for (int64_t offset = 201; offset < 200 + 2 * CHECKPOINT_LIST_MAX; offset++) {
        char path[CHECKPOINT_PATH_BYTES];
        cr_assert(checkpoint_path(directory, GIVEN_TOPIC, GIVEN_GROUP, GIVEN_PARTITION, offset, path));
        unlink(path);
    }
    checkpoint_list(directory, GIVEN_TOPIC, GIVEN_GROUP, GIVEN_PARTITION, files, keep_sentence, NULL);
    cr_assert_eq(sentences_count, 1);
    cr_expect_not_null(strstr(sentences[0], "is not signed"), "%s", sentences[0]);
    cr_expect_not_null(strstr(sentences[0], "the next best is taken"), "%s", sentences[0]);
    given_checkpoint(300);
    given_checkpoint(400);
    checkpoint_tidy(directory, GIVEN_TOPIC, GIVEN_GROUP, GIVEN_PARTITION);
    count = checkpoint_list(directory, GIVEN_TOPIC, GIVEN_GROUP, GIVEN_PARTITION, files, NULL, NULL);
    cr_expect_eq(count, 2, "the newest two of ours stay");
    use_no_longer(keys);
    remove_directory();
}
