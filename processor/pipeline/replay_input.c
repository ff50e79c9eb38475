#include "pipeline/replay_input.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/must.h"
#include "codec/container.h"
#include "pipeline/dump_file.h"

#include <errno.h>
#include <stdarg.h>

enum { ERROR_BYTES = 1024, READ_BYTES = 1 << 18 };

enum input_form { FORM_NONE, FORM_JSON_LINES, FORM_CONTAINER, FORM_DUMP };

struct replay_input {
    struct replay_input_options options;
    struct decoder *json;
    int64_t *offsets; /* the next of each partition; dumps have their own */
    size_t at;        /* the path that is open */
    enum input_form form;
    FILE *file;
    struct container_reader *container;
    struct dump_reader *dump;
    struct dump_head head;
    /* of the dump, with an end; all that were, until the input is freed: records of them may be on their
     * way */
    char *topic;
    struct arena topics;
    struct declaration declaration;
    char *lines;      /* what was read of a JSON file: lines_at..lines_end is still to come */
    size_t lines_capacity, lines_at, lines_end;
    bool lines_over;
    char error[ERROR_BYTES];
};

static bool has_suffix(const char *path, const char *suffix)
{
    size_t length = strlen(path), suffix_length = strlen(suffix);
    return length > suffix_length && strcmp(path + length - suffix_length, suffix) == 0;
}

static enum input_form form_of(const char *path)
{
    if (strcmp(path, "-") == 0 || has_suffix(path, ".jsonl"))
        return FORM_JSON_LINES;
    if (has_suffix(path, ".avro"))
        return FORM_CONTAINER;
    return has_suffix(path, DUMP_SUFFIX) ? FORM_DUMP : FORM_NONE;
}

bool replay_path_is_dump(const char *path)
{
    return form_of(path) == FORM_DUMP;
}

bool replay_path_is_readable(const char *path)
{
    return form_of(path) != FORM_NONE;
}

struct replay_input *replay_input_new(const struct replay_input_options *options)
{
    struct replay_input *input = memory_alloc_zeroed(1, sizeof(*input));
    input->options = *options;
    arena_init(&input->topics, 4096);
    input->json = decoder_new(NULL, FRAMING_JSON, options->value_bytes_max);
    input->offsets = memory_alloc_zeroed((size_t)options->partitions_count, sizeof(*input->offsets));
    return input;
}

static void input_close(struct replay_input *input)
{
    container_reader_close(input->container);
    if (input->dump)
        dump_reader_close(input->dump);
    if (input->file && input->file != stdin)
        fclose(input->file);
    input->container = NULL;
    input->dump = NULL;
    input->file = NULL;
    input->form = FORM_NONE;
}

void replay_input_free(struct replay_input *input)
{
    if (!input)
        return;
    input_close(input);
    decoder_free(input->json);
    arena_release(&input->topics);
    memory_free(input->offsets);
    memory_free(input->lines);
    memory_free(input);
}

const char *replay_input_error(const struct replay_input *input)
{
    return input->error;
}

__attribute__((format(printf, 3, 4))) static enum input_read
fail(struct replay_input *input, enum input_read read, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(input->error, sizeof(input->error), format, arguments);
    va_end(arguments);
    return read;
}

/* --- opening --- */

static enum input_read open_file(struct replay_input *input, const char *path)
{
    input->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!input->file)
        return fail(input, INPUT_MISSING, "could not open \"%s\": %s", path, strerror(errno));
    return INPUT_RECORD;
}

/* All records of the file will be dead letters for the same reason: it is said once, from the header. */
static void notice_schema(const struct replay_input *input, const char *path)
{
    char why[ERROR_BYTES / 2], sentence[ERROR_BYTES];
    if (container_reader_readable(input->container, why, sizeof(why)) || !input->options.notice)
        return;
    snprintf(sentence, sizeof(sentence), "no record of \"%.200s\" is a declaration, bad_schema: %s", path,
             why);
    input->options.notice(sentence);
}

static enum input_read open_container(struct replay_input *input, const char *path)
{
    char why[ERROR_BYTES / 2];
    input->container = container_reader_open(input->file, input->options.value_bytes_max, why, sizeof(why));
    if (!input->container)
        return fail(input, INPUT_DAMAGED, "\"%s\" is no Avro file of declarations: %s", path, why);
    notice_schema(input, path);
    return INPUT_RECORD;
}

static enum input_read open_dump(struct replay_input *input, const char *path)
{
    char why[ERROR_BYTES / 2];
    FILE *file = fopen(path, "rb");
    if (!file)
        return fail(input, INPUT_MISSING, "could not open \"%s\": %s", path, strerror(errno));
    fclose(file);
    input->dump = dump_reader_open(path, &input->head, why, sizeof(why));
    if (!input->dump)
        return fail(input, INPUT_DAMAGED, "\"%s\" is no dump of a topic: %s", path, why);
    input->topic = arena_alloc(&input->topics, input->head.topic.length + 1);
    memcpy(input->topic, input->head.topic.data, input->head.topic.length);
    input->topic[input->head.topic.length] = 0;
    if (input->head.partitions_count != input->options.partitions_count)
        return fail(input, INPUT_DAMAGED, "\"%s\" is of a topic with %d partitions: say --partitions %d",
                    path, input->head.partitions_count, input->head.partitions_count);
    return INPUT_RECORD;
}

static enum input_read input_open(struct replay_input *input)
{
    const char *path = input->options.paths[input->at];
    enum input_form form = form_of(path);
    enum input_read read = form == FORM_DUMP ? open_dump(input, path) : open_file(input, path);
    if (read == INPUT_RECORD && form == FORM_CONTAINER)
        read = open_container(input, path);
    input->lines_at = input->lines_end = 0;
    input->lines_over = false;
    input->form = form;
    return read;
}

/* --- lines --- */

/* Makes room behind lines_end and reads on; what is still to come moves to the front. */
static void lines_fill(struct replay_input *input)
{
    size_t left = input->lines_end - input->lines_at;
    if (left && input->lines_at)
        memmove(input->lines, input->lines + input->lines_at, left);
    input->lines_at = 0;
    input->lines_end = left;
    if (input->lines_capacity - left < READ_BYTES) {
        input->lines_capacity = (left + READ_BYTES) * 2;
        input->lines = memory_grow(input->lines, input->lines_capacity, 1);
    }
    size_t read = fread(input->lines + left, 1, READ_BYTES, input->file);
    input->lines_end += read;
    input->lines_over = read == 0;
}

/* The next line, whole: one that is too large goes into its dead letter. False at the end, and at a line that
 * nothing could have written. */
static bool line_next(struct replay_input *input, struct bytes *ret_line)
{
    size_t seen = 0;
    for (;;) {
        char *begin = input->lines ? input->lines + input->lines_at : NULL;
        size_t left = input->lines_end - input->lines_at;
        char *end = left > seen ? memchr(begin + seen, '\n', left - seen) : NULL;
        if (end || (input->lines_over && left > 0)) {
            size_t length = end ? (size_t)(end - begin) : left;
            input->lines_at += end ? length + 1 : length;
            *ret_line = (struct bytes){ begin, length };
            return true;
        }
        if (input->lines_over || left > KAFKA_RECORD_BYTES_MAX)
            return false;
        seen = left;
        lines_fill(input);
    }
}

static bool line_is_empty(struct bytes line)
{
    return line.length == 0 || (line.length == 1 && line.data[0] == '\r');
}

static enum input_read next_line(struct replay_input *input, struct fold_record *record)
{
    struct bytes line;
    do {
        if (!line_next(input, &line)) {
            if (!input->lines_over)
                return fail(input, INPUT_DAMAGED, "\"%s\" has a line of more than %u bytes",
                            input->options.paths[input->at], KAFKA_RECORD_BYTES_MAX);
            if (ferror(input->file))
                return fail(input, INPUT_DAMAGED, "could not read \"%s\" to its end",
                            input->options.paths[input->at]);
            return INPUT_END;
        }
    } while (line_is_empty(line));
    if (line.data[line.length - 1] == '\r')
        line.length--; /* part of the line end */
    record->value = line;
    record->decoded = decoder_decode(input->json, line, &input->declaration);
    return INPUT_RECORD;
}

/* --- records of containers and dumps --- */

static enum input_read next_in_container(struct replay_input *input, struct fold_record *record)
{
    struct container_record found;
    switch (container_reader_next(input->container, &found)) {
    case CONTAINER_RECORD: break;
    case CONTAINER_END: return INPUT_END;
    case CONTAINER_DAMAGED:
        return fail(input, INPUT_DAMAGED, "\"%s\": %s", input->options.paths[input->at],
                    container_reader_error(input->container));
    }
    record->value = found.value;
    record->decoded = found.result;
    record->why = container_reader_why(input->container);
    input->declaration = found.declaration;
    return INPUT_RECORD;
}

static enum input_read next_in_dump(struct replay_input *input, struct replay_record *ret)
{
    struct dump_record found;
    switch (dump_reader_next(input->dump, &found)) {
    case DUMP_RECORD: break;
    case DUMP_END: return INPUT_END;
    case DUMP_DAMAGED:
        return fail(input, INPUT_DAMAGED, "\"%s\": %s", input->options.paths[input->at],
                    dump_reader_error(input->dump));
    }
    must(input->options.dump_decoder != NULL);
    ret->partition = input->head.partition;
    ret->record.source = input->topic;
    ret->record.key = found.key;
    ret->record.value = found.value;
    ret->record.offset = found.offset;
    ret->record.timestamp = found.timestamp;
    ret->record.decoded = decoder_decode(input->options.dump_decoder, found.value, &input->declaration);
    ret->record.why = decoder_why(input->options.dump_decoder);
    return INPUT_RECORD;
}

/* The partition of a record of a file; without a readable `insured` it counts for partition 0 (§12). */
static void find_position(struct replay_input *input, struct replay_record *ret)
{
    bool readable = ret->record.decoded.verdict == DONE && insured_is_readable(&input->declaration);
    ret->partition = readable ? partition_of(PARTITIONER_MURMUR2, input->declaration.insured,
                                             input->options.partitions_count)
                              : 0;
    ret->record.offset = input->offsets[ret->partition]++;
    ret->record.timestamp = INT64_MAX;
}

static enum input_read next_of_form(struct replay_input *input, struct replay_record *ret)
{
    enum input_read read;
    *ret = (struct replay_record){ 0 };
    ret->record.declaration = &input->declaration;
    ret->record.source = input->options.paths[input->at];
    if (input->form == FORM_DUMP)
        return next_in_dump(input, ret);
    read = input->form == FORM_CONTAINER ? next_in_container(input, &ret->record)
                                         : next_line(input, &ret->record);
    if (read == INPUT_RECORD)
        find_position(input, ret);
    return read;
}

enum input_read replay_input_next(struct replay_input *input, struct replay_record *ret_record)
{
    while (input->at < input->options.paths_count) {
        enum input_read read = input->form == FORM_NONE ? input_open(input) : INPUT_RECORD;
        if (read == INPUT_RECORD)
            read = next_of_form(input, ret_record);
        if (read != INPUT_END)
            return read;
        input_close(input);
        input->at++;
    }
    return INPUT_END;
}
