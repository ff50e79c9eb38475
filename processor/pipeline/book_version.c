#include "pipeline/book_version.h"

#include "base/array.h"
#include "base/buffer.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/memory.h"
#include "pipeline/checkpoint_sets.h"
#include "system/text_file.h"

#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>

/* Why books of before are needed at all. A state was folded under one book and one reference, and what may
 * still be missing of its outputs can be made again under these only; the commit names them by hash, the
 * settings of this process name others. Their texts come from the checkpoint, from the checkpoint topic or
 * from state.directory, where each is stored under its hash, so that what is found there is checked and not
 * trusted for its name. A book is read once and then constant for all workers: partitions that are folded
 * under different books stand side by side until the last one has changed. */
struct book_versions {
    const char *directory; /* or NULL */
    pthread_mutex_t lock;
    struct book_version **items; /* ours is the first, and borrows */
    size_t count, capacity;
};

static struct book_version *book_version_new(const struct book *book, const struct reference *reference)
{
    struct book_version *book_version = memory_alloc(1, sizeof(*book_version));
    *book_version = (struct book_version){ .book = book,
                                           .reference = reference,
                                           .book_hash = book_hash(book),
                                           .reference_hash = reference_hash(reference) };
    snprintf(book_version->serial, sizeof(book_version->serial), "%.*s", BYTES_ARGS(book->book));
    return book_version;
}

static void add(struct book_versions *book_versions, struct book_version *book_version)
{
    ARRAY_ROOM(book_versions->items, book_versions->count, book_versions->capacity);
    book_versions->items[book_versions->count++] = book_version;
}

struct book_versions *book_versions_new(const struct book *book, const struct reference *reference,
                                        const char *directory)
{
    struct book_versions *book_versions = memory_alloc_zeroed(1, sizeof(*book_versions));
    book_versions->directory = directory;
    pthread_mutex_init(&book_versions->lock, NULL);
    add(book_versions, book_version_new(book, reference));
    return book_versions;
}

void book_versions_free(struct book_versions *book_versions)
{
    if (!book_versions)
        return;
    for (size_t i = 0; i < book_versions->count; i++) {
        if (i > 0) {
            book_free(book_versions->items[i]->book);
            reference_free(book_versions->items[i]->reference);
        }
        memory_free(book_versions->items[i]);
    }
    pthread_mutex_destroy(&book_versions->lock);
    memory_free(book_versions->items);
    memory_free(book_versions);
}

const struct book_version *book_versions_ours(const struct book_versions *book_versions)
{
    return book_versions->items[0];
}

/* --- texts --- */

/* It was right once; what is wrong with it now is said by whoever asked for it. */
static void say_nothing(void *context, const struct finding *finding)
{
    (void)context;
    (void)finding;
}

static struct book_version *of_texts(struct bytes book_bytes, struct bytes reference_bytes)
{
    const struct reference *reference = NULL;
    const struct book *book = book_read_text("an earlier book", book_bytes, say_nothing, NULL);
    if (book && reference_bytes.length > 0)
        reference = reference_read_text("an earlier reference", reference_bytes, say_nothing, NULL);
    if (book && (reference || reference_bytes.length == 0))
        return book_version_new(book, reference);
    book_free(book);
    return NULL;
}

static uint64_t text_hash(struct bytes text)
{
    return text.length ? hash64(text.data, text.length, 0) : 0;
}

static bool text_path(char path[PATH_MAX], const char *directory, const char *kind, uint64_t hash)
{
    int length = snprintf(path, PATH_MAX, "%s/%s-%016" PRIx64 ".yaml", directory, kind, hash);
    return length > 0 && length < PATH_MAX;
}

/* What its signature is bound to. */
static struct bytes key_in(const char *path)
{
    const char *slash = strrchr(path, '/');
    return bytes_of(slash ? slash + 1 : path);
}

/* 0: there is none to be read. */
static bool read_text(const char *directory, const char *kind, uint64_t hash, struct buffer *text)
{
    char path[PATH_MAX];
    struct bytes found;
    if (hash == 0)
        return true;
    if (!directory || !text_path(path, directory, kind, hash) ||
        !text_file_read(path, STORED_TEXT_BYTES_MAX, text) ||
        !text_of(key_in(path), buffer_bytes(text), hash, &found))
        return false;
    text->length = found.length;
    return true;
}

static bool keep_text(const char *directory, const char *kind, struct bytes text, char *ret_error,
                      size_t error_size)
{
    char path[PATH_MAX];
    if (text.length == 0)
        return true;
    if (!text_path(path, directory, kind, text_hash(text))) {
        snprintf(ret_error, error_size, "the path of state.directory is too long");
        return false;
    }
    struct buffer there = { 0 }, value = { 0 };
    bool stored = read_text(directory, kind, text_hash(text), &there);
    if (!stored) {
        text_keep(key_in(path), text, &value);
        stored = text_file_write(path, buffer_bytes(&value), ret_error, error_size);
    }
    buffer_release(&there);
    buffer_release(&value);
    return stored;
}

bool book_versions_store_text(const struct book_versions *book_versions, bool is_book, struct bytes text,
                              char *ret_error, size_t error_size)
{
    return !book_versions->directory ||
           keep_text(book_versions->directory, is_book ? "book" : "reference", text, ret_error, error_size);
}

bool book_versions_store(const struct book_versions *book_versions, const struct book_version *book_version,
                         char *ret_error, size_t error_size)
{
    return !book_versions->directory ||
           (keep_text(book_versions->directory, "book", book_source(book_version->book), ret_error,
                      error_size) &&
            keep_text(book_versions->directory, "reference", reference_source(book_version->reference),
                      ret_error, error_size));
}

static struct book_version *of_directory(const char *directory, uint64_t book_hash, uint64_t reference_hash)
{
    struct buffer book = { 0 }, reference = { 0 };
    struct book_version *book_version = NULL;
    if (read_text(directory, "book", book_hash, &book) &&
        read_text(directory, "reference", reference_hash, &reference))
        book_version = of_texts(buffer_bytes(&book), buffer_bytes(&reference));
    buffer_release(&book);
    buffer_release(&reference);
    return book_version;
}

/* --- looking for one --- */

static const struct book_version *known(const struct book_versions *book_versions, uint64_t book_hash,
                                        uint64_t reference_hash)
{
    for (size_t i = 0; i < book_versions->count; i++)
        if (book_versions->items[i]->book_hash == book_hash &&
            book_versions->items[i]->reference_hash == reference_hash)
            return book_versions->items[i];
    return NULL;
}

const struct book_version *book_versions_find(struct book_versions *book_versions, uint64_t book_hash,
                                              uint64_t reference_hash, struct bytes book,
                                              struct bytes reference)
{
    pthread_mutex_lock(&book_versions->lock);
    const struct book_version *found = known(book_versions, book_hash, reference_hash);
    struct book_version *made = NULL;
    if (!found && text_hash(book) == book_hash && text_hash(reference) == reference_hash)
        made = of_texts(book, reference);
    if (!found && !made)
        made = of_directory(book_versions->directory, book_hash, reference_hash);
    if (made)
        add(book_versions, made);
    pthread_mutex_unlock(&book_versions->lock);
    return found ? found : made;
}
