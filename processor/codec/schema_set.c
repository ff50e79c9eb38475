#include "codec/schema_set.h"

#include "base/array.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/must.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define SUFFIX ".avsc"

struct schema_set {
    struct schema_entry *entries; /* by rising id */
    size_t count, capacity;
};

static struct schema_set *set_new(void)
{
    struct schema_set *set = calloc(1, sizeof(*set));
    must(set != NULL);
    return set;
}

void schema_set_free(struct schema_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->count; i++) {
        plan_free(set->entries[i].plan);
        schema_free(set->entries[i].schema);
        free((char *)(uintptr_t)set->entries[i].text.data);
        free(set->entries[i].name);
        free(set->entries[i].why);
    }
    free(set->entries);
    free(set);
}

static char *copy_text(struct bytes text)
{
    char *copy = malloc(text.length + 1);
    must(copy != NULL);
    if (text.length > 0)
        memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    return copy;
}

static char *why_of(const struct schema_entry *entry)
{
    char why[SCHEMA_WHY_BYTES];
    if (entry->schema)
        plan_blame(entry->schema, why, sizeof(why));
    else
        snprintf(why, sizeof(why), "the schema %s", entry->problem);
    return copy_text(bytes_of(why));
}

/* Takes the text over, and remembers what is wrong with it. */
static struct schema_entry *set_add(struct schema_set *set, uint64_t id, struct bytes owned_text,
                                    const char *name)
{
    ARRAY_ROOM(set->entries, set->count, set->capacity);
    struct schema_entry *entry = &set->entries[set->count++];
    *entry = (struct schema_entry){ .id = id, .text = owned_text, .name = copy_text(bytes_of(name)) };
    entry->schema = schema_parse(owned_text, &entry->problem);
    if (entry->schema)
        entry->plan = plan_new(entry->schema, &entry->problem);
    if (!entry->plan)
        entry->why = why_of(entry);
    return entry;
}

static int by_id(const void *a, const void *b)
{
    const struct schema_entry *first = a, *second = b;
    return (first->id > second->id) - (first->id < second->id);
}

/* Sorts, and finds two files that would answer to one id. */
static bool set_close(struct schema_set *set, char *ret_error, size_t error_size)
{
    if (set->count > 1)
        qsort(set->entries, set->count, sizeof(*set->entries), by_id);
    for (size_t i = 1; i < set->count; i++) {
        struct schema_entry *a = &set->entries[i - 1], *b = &set->entries[i];
        if (a->id == b->id) {
            snprintf(ret_error, error_size, "schemas \"%s\" and \"%s\" have one id", a->name, b->name);
            return false;
        }
    }
    return true;
}

/* NULL data on failure. A text that is too long is cut one byte past the limit, which schema_parse
 * refuses. */
static struct bytes read_text(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return BYTES_NULL;
    char *text = malloc(SCHEMA_BYTES_MAX + 1);
    must(text != NULL);
    size_t length = fread(text, 1, SCHEMA_BYTES_MAX + 1, file);
    bool failed = ferror(file);
    fclose(file);
    if (failed) {
        free(text);
        return BYTES_NULL;
    }
    char *fitted = realloc(text, length + 1);
    return (struct bytes){ fitted ? fitted : text, length };
}

static bool has_suffix(const char *name)
{
    size_t length = strlen(name), suffix = strlen(SUFFIX);
    return length > suffix && strcmp(name + length - suffix, SUFFIX) == 0;
}

/* A registry's id: the digits before the suffix, within 31 bits. */
static bool id_of_name(const char *name, uint64_t *ret_id)
{
    char *end;
    if (name[0] < '0' || name[0] > '9')
        return false;
    errno = 0;
    unsigned long long id = strtoull(name, &end, 10);
    if (errno != 0 || id > INT32_MAX || strcmp(end, SUFFIX) != 0)
        return false;
    *ret_id = id;
    return true;
}

static bool add_file(struct schema_set *set, const char *path, const char *name, enum framing framing,
                     char *ret_error, size_t error_size)
{
    uint64_t id = 0;
    if (framing == FRAMING_CONFLUENT && !id_of_name(name, &id)) {
        snprintf(ret_error, error_size, "schema \"%s\" is not named by its id, as in 42" SUFFIX, name);
        return false;
    }
    struct bytes text = read_text(path);
    if (bytes_is_null(text)) {
        snprintf(ret_error, error_size, "could not read schema \"%s\"", name);
        return false;
    }
    struct schema_entry *entry = set_add(set, id, text, name);
    if (framing != FRAMING_SINGLE_OBJECT)
        return true;
    if (entry->schema == NULL) {
        snprintf(ret_error, error_size, "schema \"%s\" %s, so it has no fingerprint", name, entry->problem);
        return false;
    }
    entry->id = entry->schema->fingerprint;
    return true;
}

static bool add_directory(struct schema_set *set, DIR *directory, const char *path, enum framing framing,
                          char *ret_error, size_t error_size)
{
    struct dirent *found;
    while ((found = readdir(directory)) != NULL) {
        char file[4096];
        if (!has_suffix(found->d_name) || found->d_name[0] == '.')
            continue;
        int length = snprintf(file, sizeof(file), "%s/%s", path, found->d_name);
        if (set->count >= SCHEMAS_MAX || length < 0 || (size_t)length >= sizeof(file)) {
            snprintf(ret_error, error_size, "schema directory \"%s\" has too many files, or too long names",
                     path);
            return false;
        }
        if (!add_file(set, file, found->d_name, framing, ret_error, error_size))
            return false;
    }
    if (set->count == 0 || (framing == FRAMING_RAW && set->count != 1)) {
        snprintf(ret_error, error_size, "schema directory \"%s\" has %s", path,
                 set->count == 0 ? "no " SUFFIX " file"
                                 : "more than one " SUFFIX " file, and records that name none");
        return false;
    }
    return true;
}

static const char *name_of_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool add_path(struct schema_set *set, const char *path, enum framing framing, char *ret_error,
                     size_t error_size)
{
    DIR *directory = opendir(path);
    if (directory) {
        bool added = add_directory(set, directory, path, framing, ret_error, error_size);
        closedir(directory);
        return added;
    }
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)) {
        snprintf(ret_error, error_size, "could not open schema directory \"%s\"", path);
        return false;
    }
    return add_file(set, path, name_of_path(path), framing, ret_error, error_size);
}

struct schema_set *schema_set_load(const char *path, enum framing framing, char *ret_error, size_t error_size)
{
    struct schema_set *set = set_new();
    if (add_path(set, path, framing, ret_error, error_size) && set_close(set, ret_error, error_size))
        return set;
    schema_set_free(set);
    return NULL;
}

struct schema_set *schema_set_of_text(struct bytes avsc, char *ret_error, size_t error_size)
{
    struct schema_set *set = set_new();
    struct schema_entry *entry = set_add(set, 0, (struct bytes){ copy_text(avsc), avsc.length }, "schema");
    if (entry->schema)
        return set;
    snprintf(ret_error, error_size, "schema %s", entry->problem);
    schema_set_free(set);
    return NULL;
}

static void problem_of(const struct schema_entry *entry, char *ret_text, size_t size)
{
    char why[512];
    if (entry->schema)
        plan_explain(entry->schema, why, sizeof(why));
    else
        snprintf(why, sizeof(why), "it %s", entry->problem);
    snprintf(ret_text, size, "schema \"%s\": %s", entry->name, why);
}

bool schema_set_problem(const struct schema_set *set, size_t index, char *ret_text, size_t size)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->entries[i].problem && index-- == 0) {
            problem_of(&set->entries[i], ret_text, size);
            return true;
        }
    return false;
}

uint64_t schema_set_hash(const struct schema_set *set)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < set->count; i++) {
        unsigned char id[8];
        for (unsigned byte = 0; byte < sizeof(id); byte++)
            id[byte] = (unsigned char)(set->entries[i].id >> (8 * byte));
        hash = hash64(id, sizeof(id), hash);
        hash = hash64(set->entries[i].text.data, set->entries[i].text.length, hash);
    }
    return hash;
}

const struct schema_entry *schema_set_find(const struct schema_set *set, uint64_t id)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->entries[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set->count && set->entries[low].id == id ? &set->entries[low] : NULL;
}

const struct schema_entry *schema_set_only(const struct schema_set *set)
{
    return set->count == 1 ? &set->entries[0] : NULL;
}
