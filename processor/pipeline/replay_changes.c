#include "pipeline/replay_changes.h"

#include "base/memory.h"
#include "book/book_reader.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = PATH_MAX + 64, CHANGES_MAX = 65536 };

struct named_book {
    char path[PATH_MAX];
    const struct book *book;
};

static const struct book *book_named(struct replay_changes *changes, const char *path)
{
    for (size_t i = 0; i < changes->books_count; i++)
        if (strcmp(changes->books[i].path, path) == 0)
            return changes->books[i].book;
    const struct book *book = book_read(path, finding_print, stderr);
    if (!book)
        return NULL;
    changes->books = memory_grow(changes->books, changes->books_count + 1, sizeof(*changes->books));
    struct named_book *named = &changes->books[changes->books_count++];
    snprintf(named->path, sizeof(named->path), "%s", path);
    named->book = book;
    return book;
}

/* A whole number, and what follows the blanks behind it. */
static bool take_number(char **at, int64_t max, int64_t *ret_number)
{
    char *end;
    if (**at < '0' || **at > '9')
        return false;
    *ret_number = strtoll(*at, &end, 10);
    *at = end + strspn(end, " \t");
    return *ret_number <= max && *at != end;
}

static bool add_line(struct replay_changes *changes, char *line, int32_t partitions_count)
{
    int64_t partition, offset;
    char *at = line;
    if (changes->count == CHANGES_MAX || !take_number(&at, partitions_count - 1, &partition) ||
        !take_number(&at, INT64_MAX - 1, &offset) || !*at)
        return false;
    const struct book *book = book_named(changes, at);
    if (!book)
        return false;
    changes->items = memory_grow(changes->items, changes->count + 1, sizeof(*changes->items));
    changes->items[changes->count++] = (struct replay_change){ (int32_t)partition, offset, book };
    return true;
}

static int compare_changes(const void *a, const void *b)
{
    const struct replay_change *x = a, *y = b;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static bool read_lines(FILE *file, const char *path, int32_t partitions_count, struct replay_changes *changes)
{
    char line[LINE_BYTES];
    for (int number = 1; fgets(line, sizeof(line), file); number++) {
        line[strcspn(line, "\r\n")] = 0;
        if (!*line || *line == '#' || add_line(changes, line, partitions_count))
            continue;
        fprintf(stderr,
                "replay: %s:%d: not `PARTITION OFFSET BOOK`, with a partition below %d and a book that can "
                "be read\n",
                path, number, (int)partitions_count);
        return false;
    }
    return true;
}

bool replay_changes_read(const char *path, int32_t partitions_count, struct replay_changes *ret_changes)
{
    *ret_changes = (struct replay_changes){ 0 };
    FILE *file = fopen(path, "re");
    if (!file) {
        fprintf(stderr, "replay: cannot read \"%s\"\n", path);
        return false;
    }
    bool fine = read_lines(file, path, partitions_count, ret_changes);
    fclose(file);
    if (fine && ret_changes->count)
        qsort(ret_changes->items, ret_changes->count, sizeof(*ret_changes->items), compare_changes);
    return fine;
}

void replay_changes_free(struct replay_changes *changes)
{
    for (size_t i = 0; i < changes->books_count; i++)
        book_free(changes->books[i].book);
    memory_free(changes->books);
    memory_free(changes->items);
}
