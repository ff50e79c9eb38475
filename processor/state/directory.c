/* The checkpoints of a directory: their names, the list of the usable ones, and the removal of the old. */
#include "base/array.h"
#include "state/checkpoint.h"
#include "state/file_reader.h"
#include "state/part_file.h"
#include "state/signature.h"

#include "base/limits.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SENTENCE_BYTES = CHECKPOINT_PATH_BYTES + 800, NAME_BYTES = 96, OFFSET_DIGITS = 20 };

/* --- names --- */

static uint64_t hash_of_names(const char *topic, const char *group)
{
    return hash64(group, strlen(group), hash64(topic, strlen(topic), 0));
}

bool checkpoint_path(const char *directory, const char *topic, const char *group, int32_t partition,
                     int64_t offset, char ret_path[CHECKPOINT_PATH_BYTES])
{
    int length = snprintf(ret_path, CHECKPOINT_PATH_BYTES,
                          "%s/checkpoint-%" PRId32 "-%0*" PRId64 "-%016" PRIx64 ".bwc", directory, partition,
                          OFFSET_DIGITS, offset, hash_of_names(topic, group));
    return length > 0 && (size_t)length + sizeof(PART_FILE_ENDING) <= CHECKPOINT_PATH_BYTES;
}

/* What all names of a partition share: in front of the offset, and behind it. */
struct name_pattern {
    char before[NAME_BYTES], after[NAME_BYTES];
};

static struct name_pattern pattern_of(const char *topic, const char *group, int32_t partition)
{
    struct name_pattern pattern;
    snprintf(pattern.before, sizeof(pattern.before), "checkpoint-%" PRId32 "-", partition);
    snprintf(pattern.after, sizeof(pattern.after), "-%016" PRIx64 ".bwc", hash_of_names(topic, group));
    return pattern;
}

static bool digits_read(const char *from, int64_t *ret_offset)
{
    int64_t offset = 0;
    for (int i = 0; i < OFFSET_DIGITS; i++) {
        if (from[i] < '0' || from[i] > '9' || offset > (INT64_MAX - 9) / 10)
            return false;
        offset = offset * 10 + (from[i] - '0');
    }
    *ret_offset = offset;
    return true;
}

/* The offset in a name of this pattern. `part`: an unfinished one's. */
static bool name_read(const struct name_pattern *pattern, const char *name, bool part, int64_t *ret_offset)
{
    size_t before = strlen(pattern->before), after = strlen(pattern->after), length = strlen(name);
    size_t end = part ? sizeof(PART_FILE_ENDING) - 1 : 0;
    if (length != before + OFFSET_DIGITS + after + end || memcmp(name, pattern->before, before) != 0 ||
        memcmp(name + before + OFFSET_DIGITS, pattern->after, after) != 0 ||
        (part && memcmp(name + length - end, PART_FILE_ENDING, end) != 0))
        return false;
    return digits_read(name + before, ret_offset);
}

/* --- what there is --- */

struct offset_list {
    int64_t *offsets;
    size_t count, capacity;
};

static void offset_list_add(struct offset_list *list, int64_t offset)
{
    ARRAY_ROOM(list->offsets, list->count, list->capacity);
    list->offsets[list->count++] = offset;
}

static int order_downwards(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left < right) - (left > right);
}

/* The offsets that names of this pattern have, the highest first; false when the directory cannot be read
 * (errno). */
static bool offsets_read(const char *directory, const struct name_pattern *pattern, bool part,
                         struct offset_list *ret_list)
{
    int64_t offset;
    *ret_list = (struct offset_list){ 0 };
    DIR *open = opendir(directory);
    if (!open)
        return false;
    for (struct dirent *entry; ret_list->count < CHECKPOINT_FILES_MAX && (entry = readdir(open)) != NULL;)
        if (name_read(pattern, entry->d_name, part, &offset))
            offset_list_add(ret_list, offset);
    closedir(open);
    if (ret_list->count > 0)
        qsort(ret_list->offsets, ret_list->count, sizeof(*ret_list->offsets), order_downwards);
    return true;
}

/* --- which are whole --- */

struct wanted {
    const char *directory, *topic, *group;
    int32_t partition;
    checkpoint_skipped_fn *skipped;
    void *context;
};

static bool skip(const struct wanted *wanted, const char *sentence)
{
    if (wanted->skipped)
        wanted->skipped(wanted->context, sentence);
    return false;
}

static bool is_of(const struct checkpoint_head *head, const struct wanted *wanted, int64_t offset)
{
    return head->partition == wanted->partition && head->offset == offset &&
           strcmp(head->topic, wanted->topic) == 0 && strcmp(head->group, wanted->group) == 0;
}

/* The head and the texts: so that files of somebody else do not take the place of ours in a list. */
static bool is_signed(const char *path, char *ret_error, size_t error_size)
{
    struct checkpoint_head head;
    struct bytes texts[CHECKPOINT_TEXTS];
    struct checkpoint_reader *reader = checkpoint_open(path, &head, texts, ret_error, error_size);
    checkpoint_close(reader);
    return reader != NULL;
}

static bool is_whole(const struct wanted *wanted, const char *path, int64_t offset)
{
    struct checkpoint_head head;
    uint64_t hash;
    int64_t bytes;
    char error[SENTENCE_BYTES], sentence[SENTENCE_BYTES + 64];
    int descriptor = file_open(path, &head, &hash, &bytes, error, sizeof(error));
    bool whole = descriptor >= 0;
    if (whole && !is_of(&head, wanted, offset)) {
        snprintf(error, sizeof(error),
                 "checkpoint \"%s\" is of topic \"%s\", group \"%s\", partition %d and offset %lld, which "
                 "its name does not say",
                 path, head.topic, head.group, (int)head.partition, (long long)head.offset);
        whole = false;
    } else if (whole && !file_has_end(descriptor, bytes, head.key_id != 0)) {
        whole = file_damaged(path, "its end is missing", error, sizeof(error));
    }
    if (descriptor >= 0)
        close(descriptor);
    whole = whole && (!signing_is_on() || is_signed(path, error, sizeof(error)));
    if (whole)
        return true;
    snprintf(sentence, sizeof(sentence), "%s; the next best is taken", error);
    return skip(wanted, sentence);
}

static bool path_of(const struct wanted *wanted, int64_t offset, char ret_path[CHECKPOINT_PATH_BYTES])
{
    return checkpoint_path(wanted->directory, wanted->topic, wanted->group, wanted->partition, offset,
                           ret_path);
}

size_t checkpoint_list(const char *directory, const char *topic, const char *group, int32_t partition,
                       struct checkpoint_file ret_files[CHECKPOINT_LIST_MAX], checkpoint_skipped_fn *skipped,
                       void *context)
{
    struct wanted wanted = { directory, topic, group, partition, skipped, context };
    struct name_pattern pattern = pattern_of(topic, group, partition);
    struct offset_list list;
    char sentence[SENTENCE_BYTES];
    size_t count = 0;
    if (!offsets_read(directory, &pattern, false, &list)) {
        if (errno == ENOENT)
            return 0;
        snprintf(sentence, sizeof(sentence), "could not read the state directory \"%s\": %s", directory,
                 strerror(errno));
        skip(&wanted, sentence);
        return 0;
    }
    for (size_t i = 0; i < list.count && count < CHECKPOINT_LIST_MAX; i++) {
        struct checkpoint_file *file = &ret_files[count];
        file->offset = list.offsets[i];
        if (path_of(&wanted, file->offset, file->path) && is_whole(&wanted, file->path, file->offset))
            count++;
    }
    memory_free(list.offsets);
    return count;
}

/* --- tidying --- */

enum { KEEP_COUNT = 2 };

/* The offsets of the two files of the list that were written last; ties by the higher offset (the list's
 * order). */
struct latest {
    int64_t offsets[KEEP_COUNT];
    struct timespec times[KEEP_COUNT];
};

static bool is_later(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

static void latest_add(struct latest *latest, int64_t offset, struct timespec time)
{
    int rank = KEEP_COUNT;
    while (rank > 0 && (latest->offsets[rank - 1] < 0 || is_later(time, latest->times[rank - 1])))
        rank--;
    for (int i = KEEP_COUNT - 1; i > rank; i--) {
        latest->offsets[i] = latest->offsets[i - 1];
        latest->times[i] = latest->times[i - 1];
    }
    if (rank < KEEP_COUNT) {
        latest->offsets[rank] = offset;
        latest->times[rank] = time;
    }
}

static struct latest latest_of(const struct checkpoint_file *files, size_t count)
{
    struct latest latest = { .offsets = { -1, -1 } };
    for (size_t i = 0; i < count; i++) {
        struct stat about;
        if (stat(files[i].path, &about) == 0)
            latest_add(&latest, files[i].offset, about.st_mtim);
    }
    return latest;
}

/* Everything below the second newest whole one, but for what was written last. */
static void remove_older(const struct wanted *wanted, const struct name_pattern *pattern)
{
    struct checkpoint_file *files = memory_alloc(CHECKPOINT_LIST_MAX, sizeof(*files));
    struct offset_list list = { 0 };
    char path[CHECKPOINT_PATH_BYTES];
    size_t count = checkpoint_list(wanted->directory, wanted->topic, wanted->group, wanted->partition, files,
                                   NULL, NULL);
    if (count >= KEEP_COUNT && offsets_read(wanted->directory, pattern, false, &list)) {
        struct latest latest = latest_of(files, count);
        for (size_t i = 0; i < list.count; i++) {
            int64_t offset = list.offsets[i];
            if (offset < files[KEEP_COUNT - 1].offset && offset != latest.offsets[0] &&
                offset != latest.offsets[1] && path_of(wanted, offset, path))
                unlink(path);
        }
    }
    memory_free(list.offsets);
    memory_free(files);
}

static void remove_unfinished(const struct wanted *wanted, const struct name_pattern *pattern)
{
    struct offset_list list;
    char path[CHECKPOINT_PATH_BYTES], part[CHECKPOINT_PATH_BYTES + sizeof(PART_FILE_ENDING)];
    if (!offsets_read(wanted->directory, pattern, true, &list))
        return;
    for (size_t i = 0; i < list.count; i++) {
        if (!path_of(wanted, list.offsets[i], path))
            continue;
        snprintf(part, sizeof(part), "%s%s", path, PART_FILE_ENDING);
        part_file_sweep(part);
    }
    memory_free(list.offsets);
}

void checkpoint_tidy(const char *directory, const char *topic, const char *group, int32_t partition)
{
    struct wanted wanted = { directory, topic, group, partition, NULL, NULL };
    struct name_pattern pattern = pattern_of(topic, group, partition);
    remove_older(&wanted, &pattern);
    remove_unfinished(&wanted, &pattern);
}
