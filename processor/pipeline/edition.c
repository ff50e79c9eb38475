#include "pipeline/edition.h"

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
 * from state.directory, where each is kept under its hash, so that what is found there is checked and not
 * trusted for its name. A book is read once and then constant for all workers: partitions that are folded
 * under different books stand side by side until the last one has changed. */
struct editions {
    const char *directory; /* or NULL */
    pthread_mutex_t lock;
    struct edition **items; /* ours is the first, and borrows */
    size_t count, capacity;
};

static struct edition *edition_new(const struct book *book, const struct reference *reference)
{
    struct edition *edition = memory_take(1, sizeof(*edition));
    *edition = (struct edition){ .book = book, .reference = reference, .book_hash = book_hash(book), .reference_hash = reference_hash(reference) };
    snprintf(edition->serial, sizeof(edition->serial), "%.*s", BYTES_ARGS(book->book));
    return edition;
}

static void add(struct editions *editions, struct edition *edition)
{
    if (editions->count == editions->capacity) {
        editions->capacity = editions->capacity ? editions->capacity * 2 : 4;
        editions->items = memory_grow(editions->items, editions->capacity, sizeof(struct edition *));
    }
    editions->items[editions->count++] = edition;
}

struct editions *editions_new(const struct book *book, const struct reference *reference, const char *directory)
{
    struct editions *editions = memory_take_zeroed(1, sizeof(*editions));
    editions->directory = directory;
    pthread_mutex_init(&editions->lock, NULL);
    add(editions, edition_new(book, reference));
    return editions;
}

void editions_free(struct editions *editions)
{
    if (!editions)
        return;
    for (size_t i = 0; i < editions->count; i++) {
        if (i > 0) {
            book_free(editions->items[i]->book);
            reference_free(editions->items[i]->reference);
        }
        memory_give(editions->items[i]);
    }
    pthread_mutex_destroy(&editions->lock);
    memory_give(editions->items);
    memory_give(editions);
}

const struct edition *editions_ours(const struct editions *editions)
{
    return editions->items[0];
}

/* --- texts --- */

/* It was right once; what is wrong with it now is said by whoever asked for it. */
static void say_nothing(void *context, const struct finding *finding)
{
    (void)context;
    (void)finding;
}

static struct edition *of_texts(struct bytes book_bytes, struct bytes reference_bytes)
{
    const struct reference *reference = NULL;
    const struct book *book = book_read_text("an earlier book", book_bytes, say_nothing, NULL);
    if (book && reference_bytes.length > 0)
        reference = reference_read_text("an earlier reference", reference_bytes, say_nothing, NULL);
    if (book && (reference || reference_bytes.length == 0))
        return edition_new(book, reference);
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
        !text_file_read(path, KEPT_TEXT_BYTES_MAX, text) ||
        !text_of(key_in(path), buffer_bytes(text), hash, &found))
        return false;
    text->length = found.length;
    return true;
}

static bool keep_text(const char *directory, const char *kind, struct bytes text, char *ret_error, size_t error_size)
{
    char path[PATH_MAX];
    if (text.length == 0)
        return true;
    if (!text_path(path, directory, kind, text_hash(text))) {
        snprintf(ret_error, error_size, "the path of state.directory is too long");
        return false;
    }
    struct buffer there = { 0 }, value = { 0 };
    bool kept = read_text(directory, kind, text_hash(text), &there);
    if (!kept) {
        text_keep(key_in(path), text, &value);
        kept = text_file_write(path, buffer_bytes(&value), ret_error, error_size);
    }
    buffer_release(&there);
    buffer_release(&value);
    return kept;
}

bool editions_keep_text(const struct editions *editions, bool is_book, struct bytes text, char *ret_error, size_t error_size)
{
    return !editions->directory || keep_text(editions->directory, is_book ? "book" : "reference", text, ret_error, error_size);
}

bool editions_keep(const struct editions *editions, const struct edition *edition, char *ret_error, size_t error_size)
{
    return !editions->directory || (keep_text(editions->directory, "book", book_source(edition->book), ret_error, error_size) &&
                                    keep_text(editions->directory, "reference", reference_source(edition->reference), ret_error, error_size));
}

static struct edition *of_directory(const char *directory, uint64_t book_hash, uint64_t reference_hash)
{
    struct buffer book = { 0 }, reference = { 0 };
    struct edition *edition = NULL;
    if (read_text(directory, "book", book_hash, &book) && read_text(directory, "reference", reference_hash, &reference))
        edition = of_texts(buffer_bytes(&book), buffer_bytes(&reference));
    buffer_release(&book);
    buffer_release(&reference);
    return edition;
}

/* --- looking for one --- */

static const struct edition *known(const struct editions *editions, uint64_t book_hash, uint64_t reference_hash)
{
    for (size_t i = 0; i < editions->count; i++)
        if (editions->items[i]->book_hash == book_hash && editions->items[i]->reference_hash == reference_hash)
            return editions->items[i];
    return NULL;
}

const struct edition *editions_find(struct editions *editions, uint64_t book_hash, uint64_t reference_hash, struct bytes book, struct bytes reference)
{
    pthread_mutex_lock(&editions->lock);
    const struct edition *found = known(editions, book_hash, reference_hash);
    struct edition *made = NULL;
    if (!found && text_hash(book) == book_hash && text_hash(reference) == reference_hash)
        made = of_texts(book, reference);
    if (!found && !made)
        made = of_directory(editions->directory, book_hash, reference_hash);
    if (made)
        add(editions, made);
    pthread_mutex_unlock(&editions->lock);
    return found ? found : made;
}
