#include "commands/secrets.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- names --- */

/* Of properties that hold a secret, and of texts that may stand near one. */
static const char *const words[] = { "password", "passwd", "secret", "jaas", "token", "key",
                                     "oauth", "pem", "sasl", "ssl", "kafka" };
enum { WORDS_OF_PROPERTIES = 8 }; /* the first of them: ssl.ca.location is no secret */

static bool has_word(struct bytes text, size_t words_count)
{
    for (size_t at = 0; at < text.length; at++)
        for (size_t i = 0; i < words_count && text.data[at] && strchr("pstjkoPSTJKO", text.data[at]); i++) {
            size_t length = strlen(words[i]);
            if (at + length <= text.length && strncasecmp(text.data + at, words[i], length) == 0)
                return true;
        }
    return false;
}

/* The name of a property of librdkafka whose value is a secret (it has a word such as password in it). */
static bool is_secret_property(struct bytes name)
{
    return has_word(name, WORDS_OF_PROPERTIES);
}

/* --- from a file --- */

/* librdkafka reads keys and certificates from files by itself (….location), and has other names that end
 * with .file: so only these. */
size_t secret_file_property(struct bytes name)
{
    static const struct bytes properties[] = {
        BYTES("sasl.password"),         BYTES("ssl.key.password"), BYTES("ssl.keystore.password"),
        BYTES("sasl.oauthbearer.config"), BYTES("sasl.oauthbearer.client.secret"),
    };
    for (size_t i = 0; i < COUNT(properties); i++) {
        struct bytes ending = { name.data + properties[i].length, name.length - properties[i].length };
        if (bytes_begin_with(name, properties[i]) && bytes_equal(ending, BYTES(".file")))
            return properties[i].length;
    }
    return 0;
}

static bool cannot(char error[256], const char *path, const char *why)
{
    snprintf(error, 256, "the file \"%s\" %s", path, why);
    return false;
}

/* What others may read is no secret; what they may write is not ours. A group may be meant, as that of a
 * mounted volume is. */
static bool check_file(int descriptor, const char *path, char error[256])
{
    struct stat about;
    if (fstat(descriptor, &about) != 0)
        return cannot(error, path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return cannot(error, path, "is no plain file");
    if (about.st_mode & (S_IRWXO | S_IWGRP))
        return cannot(error, path, "holds a secret, and others may read or write it: chmod 0640 or 0600");
    return about.st_size <= SECRET_FILE_BYTES_MAX || cannot(error, path, "is too long for a secret");
}

static bool read_text(int descriptor, struct arena *arena, const char *path, struct bytes *ret_text,
                      char error[256])
{
    char *text = arena_zeroed(arena, SECRET_FILE_BYTES_MAX + 1);
    size_t length = 0;
    for (ssize_t got; length < SECRET_FILE_BYTES_MAX; length += (size_t)got) {
        got = read(descriptor, text + length, SECRET_FILE_BYTES_MAX - length);
        if (got < 0)
            return cannot(error, path, strerror(errno));
        if (got == 0)
            break;
    }
    if (length > 0 && text[length - 1] == '\n')
        length--;
    if (length > 0 && text[length - 1] == '\r')
        length--;
    if (length == 0 || memchr(text, '\0', length))
        return cannot(error, path, "is empty, or holds a zero byte");
    text[length] = '\0';
    *ret_text = (struct bytes){ text, length };
    return true;
}

bool secret_file_read(struct arena *arena, const char *path, struct bytes *ret_text, char ret_error[256])
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return cannot(ret_error, path, strerror(errno));
    bool read = check_file(descriptor, path, ret_error) &&
                read_text(descriptor, arena, path, ret_text, ret_error);
    close(descriptor);
    return read;
}

/* --- on the command line --- */

/* All copies, so that they are known to be in use until the end. */
static struct copy {
    struct copy *before;
    char text[];
} *copies;

static void wipe(char *text)
{
    for (volatile char *at = text; *at; at++)
        *at = '\0';
}

/* Keeps a copy of the whole argument, and wipes what begins at `from` where the system shows it. */
static char *take(char *argument, char *from)
{
    size_t bytes = strlen(argument) + 1;
    struct copy *copy = memory_alloc(1, sizeof(*copy) + bytes);
    memcpy(copy->text, argument, bytes);
    copy->before = copies;
    copies = copy;
    wipe(from);
    return copy->text;
}

char *secret_argument(char *argument)
{
    return take(argument, argument);
}

char *secret_property_argument(char *argument)
{
    char *equals = strchr(argument, '=');
    if (!equals || !is_secret_property((struct bytes){ argument, (size_t)(equals - argument) }))
        return argument;
    return take(argument, equals + 1);
}

/* --- in a message --- */

static struct bytes next_line(struct bytes *left)
{
    const char *end = left->length ? memchr(left->data, '\n', left->length) : NULL;
    size_t length = end ? (size_t)(end - left->data) : left->length;
    struct bytes line = { left->data, length };
    *left = (struct bytes){ left->data + length + (end != NULL), left->length - length - (end != NULL) };
    return line;
}

/* The sections and settings that may stand at the beginning of a line; `kafka` is none of them. */
static bool begins_section(struct bytes line)
{
    static const struct bytes keys[] = {
#define SETTING(key, ...) BYTES(key),
#include "commands/settings.def"
        BYTES("quarantine"),
    };
    const char *colon = line.length ? memchr(line.data, ':', line.length) : NULL;
    struct bytes name = { line.data, colon ? (size_t)(colon - line.data) : 0 };
    for (size_t i = 0; i < COUNT(keys) && colon; i++) {
        const char *point = memchr(keys[i].data, '.', keys[i].length);
        size_t length = point ? (size_t)(point - keys[i].data) : keys[i].length;
        if (bytes_equal(name, (struct bytes){ keys[i].data, length }))
            return true;
    }
    return false;
}

/* A text with a mistake in it has no sections that one could trust: a key in PEM may begin its lines
 * anywhere. So it is asked of the text alone. A line is harmless when the last line before it that begins at
 * the margin is a section of ours, not `kafka`, and no line since has a word of secrets. */
bool settings_line_is_harmless(struct bytes text, int32_t line)
{
    struct bytes since = BYTES_NULL; /* from the section's first line to the end of ours */
    for (int32_t at = 1; at <= line; at++) {
        struct bytes read = next_line(&text);
        if (read.length > 0 && !strchr(" \t\r#", read.data[0]))
            since = begins_section(read) ? read : BYTES_NULL;
        if (!bytes_is_null(since))
            since.length = (size_t)(read.data + read.length - since.data);
    }
    return !bytes_is_null(since) && !has_word(since, COUNT(words));
}
