#include "watch/watch.h"

#include "base/memory.h"
#include "book/output_fields.h"
#include "codec/output_codec.h"
#include "engine/text.h"
#include "watch/alert_lines.h"
#include "watch/line_parts.h"

enum { LETTER_HEADERS = 32 };

struct watching {
    const struct watch_job *job;
    struct output_reader *reader; /* NULL: dead letters, which are read by their headers */
    struct alert_lines *alerts;
    struct arena arena;           /* of a record */
    struct buffer json;
    int64_t strange_count;        /* records that are none of ours */
    char strange[200];            /* why, of the first */
};

/* --- what is wanted --- */

static const enum output_kind kinds[SCHEMA_COUNT] = {
    [SCHEMA_DECISION] = OUTPUT_DECISION,
    [SCHEMA_EPISODE] = OUTPUT_EPISODE,
    [SCHEMA_ALERT] = OUTPUT_ALERT,
};

bool watch_has_field(enum schema_name record, struct bytes field, char *ret_known, size_t size)
{
    size_t count, length = 0;
    if (record == SCHEMA_DEAD_LETTER) {
        snprintf(ret_known, size, "reason");
        return bytes_equal(field, BYTES("reason"));
    }
    const struct output_field *fields = output_fields(kinds[record], &count);
    for (size_t i = 0; i < count && length < size; i++)
        length += (size_t)snprintf(ret_known + length, size - length, "%s%.*s", i ? ", " : "",
                                   BYTES_ARGS(fields[i].name));
    return output_field_find(kinds[record], field) != NULL;
}

static bool fits(const struct watch_filter *filter, struct bytes value)
{
    struct bytes wanted = filter->value;
    if (wanted.length > 0 && wanted.data[wanted.length - 1] == '*')
        return bytes_begin_with(value, (struct bytes){ wanted.data, wanted.length - 1 });
    return bytes_equal(value, wanted);
}

static struct bytes text_of(struct watching *watching, const struct output *output, struct bytes name)
{
    const struct output_field *field = output_field_find((enum output_kind)output->kind, name);
    struct output_value value = output_value_of(output, field, &watching->arena);
    struct text text = text_begin(&watching->arena);
    output_value_add(&text, field, &value);
    return text_end(&text);
}

static bool is_wanted(struct watching *watching, const struct output *output)
{
    for (size_t i = 0; i < watching->job->filters_count; i++)
        if (!fits(&watching->job->filters[i],
                  text_of(watching, output, watching->job->filters[i].field)))
            return false;
    return true;
}

/* --- lines --- */

static void print_episode(FILE *to, const struct episode_output *episode)
{
    fprintf(to, "%-8.*s  %.*s of %.*s, insurer %d: ", BYTES_ARGS(state_names[episode->state]),
            BYTES_ARGS(episode->episode), BYTES_ARGS(episode->insured), (int)episode->insurer);
    print_euros(to, episode->cost);
    if (episode->budget.known) {
        fprintf(to, " of a budget of ");
        print_euros(to, episode->budget.value);
    }
    if (!bytes_is_null(episode->contract))
        fprintf(to, ", contract %.*s", BYTES_ARGS(episode->contract));
    fprintf(to, ", provider %.*s, revision %d\n", BYTES_ARGS(episode->provider), (int)episode->revision);
}

static void print_account(FILE *to, const char *name, int64_t cents)
{
    if (cents == 0)
        return;
    fprintf(to, ", %s ", name);
    print_euros(to, cents);
}

static void print_decision(FILE *to, const struct decision *decision)
{
    fprintf(to, "%-16.*s  %.*s of %.*s, %.*s %.*s, provider %.*s: ",
            BYTES_ARGS(status_names[decision->status]),
            BYTES_ARGS(decision->declaration_id), BYTES_ARGS(decision->insured),
            BYTES_ARGS(care_type_names[decision->care_type]), BYTES_ARGS(decision->care_code),
            BYTES_ARGS(decision->provider));
    print_euros(to, decision->amount);
    print_account(to, "payable", decision->payable);
    print_account(to, "covered", decision->covered);
    print_account(to, "withheld", decision->withheld);
    print_account(to, "refused", decision->refused);
    print_account(to, "reversed", decision->reversed);
    fprintf(to, "\n");
}

static void print_output(struct watching *watching, int64_t at_ms, const struct output *output)
{
    FILE *to = watching->job->to;
    if (watching->job->json) {
        buffer_clear(&watching->json);
        output_to_json(output, &watching->json);
        fprintf(to, "%.*s\n", BYTES_ARGS(buffer_bytes(&watching->json)));
    } else if (output->kind == OUTPUT_ALERT) {
        alert_lines_add(watching->alerts, at_ms, output);
    } else {
        print_time(to, at_ms);
        if (output->kind == OUTPUT_EPISODE)
            print_episode(to, &output->episode);
        else
            print_decision(to, &output->decision);
    }
}

/* --- dead letters: their reason and place, and nothing of the record --- */

struct letter {
    struct bytes reason, message, topic, partition, offset;
};

/* Other programs may write headers of these names, with anything in them. */
static struct bytes printable(struct bytes value)
{
    for (size_t i = 0; i < value.length; i++)
        if ((unsigned char)value.data[i] < ' ' || value.data[i] == '"' || value.data[i] == '\\' ||
            (unsigned char)value.data[i] > '~')
            return BYTES("?");
    return bytes_is_null(value) ? BYTES("?") : value;
}

static struct letter letter_of(const struct message *message)
{
    struct letter letter = { BYTES("?"), BYTES("?"), BYTES("?"), BYTES("?"), BYTES("?") };
    const struct {
        const char *name;
        struct bytes *value;
    } wanted[] = {
        { "__connect.errors.exception.class.name", &letter.reason },
        { "__connect.errors.exception.message", &letter.message },
        { "__connect.errors.topic", &letter.topic },
        { "__connect.errors.partition", &letter.partition },
        { "__connect.errors.offset", &letter.offset },
    };
    struct header headers[LETTER_HEADERS];
    size_t count = message_headers(message, headers, LETTER_HEADERS);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < COUNT(wanted); k++)
            if (strcmp(headers[i].name, wanted[k].name) == 0)
                *wanted[k].value = printable(headers[i].value);
    return letter;
}

static void show_letter(struct watching *watching, const struct message *message)
{
    FILE *to = watching->job->to;
    struct letter letter = letter_of(message);
    for (size_t i = 0; i < watching->job->filters_count; i++)
        if (!fits(&watching->job->filters[i], letter.reason))
            return;
    if (watching->job->json) {
        fprintf(to,
                "{\"reason\":\"%.*s\",\"message\":\"%.*s\",\"topic\":\"%.*s\",\"partition\":\"%.*s\","
                "\"offset\":\"%.*s\"}\n",
                BYTES_ARGS(letter.reason), BYTES_ARGS(letter.message), BYTES_ARGS(letter.topic),
                BYTES_ARGS(letter.partition), BYTES_ARGS(letter.offset));
        return;
    }
    print_time(to, message->timestamp);
    fprintf(to, "%-16.*s  %.*s/%.*s/%.*s: %.*s\n", BYTES_ARGS(letter.reason), BYTES_ARGS(letter.topic),
            BYTES_ARGS(letter.partition), BYTES_ARGS(letter.offset), BYTES_ARGS(letter.message));
}

/* --- a record, a batch --- */

static void show_output(struct watching *watching, const struct message *message)
{
    struct output_record record;
    const char *problem;
    if (output_reader_read(watching->reader, message->key, message->value, &record, &problem)) {
        if (is_wanted(watching, &record.output))
            print_output(watching, message->timestamp, &record.output);
    } else if (watching->strange_count++ == 0) {
        snprintf(watching->strange, sizeof(watching->strange), "the first, partition %d offset %lld, %s",
                 (int)message->partition, (long long)message->offset, problem);
    }
    arena_clear(&watching->arena);
}

static void show_batch(void *context, const struct message *messages, size_t count)
{
    struct watching *watching = context;
    for (size_t i = 0; i < count; i++) {
        if (messages[i].end)
            continue;
        if (watching->reader)
            show_output(watching, &messages[i]);
        else
            show_letter(watching, &messages[i]);
    }
    alert_lines_show(watching->alerts);
    fflush(watching->job->to);
}

static enum tail_end watch(struct watching *watching, char *ret_error, size_t error_size)
{
    const struct watch_job *job = watching->job;
    char problem[300];
    if (job->reader.record != SCHEMA_DEAD_LETTER &&
        !(watching->reader = output_reader_new(&job->reader, problem, sizeof(problem)))) {
        snprintf(ret_error, error_size, "the schema %s", problem);
        return TAIL_CONFIG;
    }
    return topic_tail(&job->tail, show_batch, watching, ret_error, error_size);
}

enum tail_end watch_topic(const struct watch_job *job, char *ret_error, size_t error_size)
{
    struct watching watching = { .job = job,
                                 .alerts = alert_lines_new(job->to, job->colour) };
    arena_init(&watching.arena, 0);
    enum tail_end end = watch(&watching, ret_error, error_size);
    if (watching.strange_count > 0)
        fprintf(stderr,
                "bundelwacht watch: %lld records are not shown, since they cannot be read as what this topic "
                "should hold; %s\n",
                (long long)watching.strange_count, watching.strange);
    output_reader_free(watching.reader);
    alert_lines_free(watching.alerts);
    arena_release(&watching.arena);
    buffer_release(&watching.json);
    return end;
}
