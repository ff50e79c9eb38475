/* Records of any kind, drawn from the bytes, through the fold of a partition: whole declarations of few persons, changed ones, and noise. Whatever
 * comes, the sums of the partition agree after every record, every record is a decision or a dead letter, and what was encoded can be read. */
#include "fuzz_target.h"
#include "fuzz_yaml.h"

#include "base/must.h"
#include "book/book_reader.h"
#include "codec/output_codec.h"
#include "engine/calendar.h"
#include "fuzz_choice.h"
#include "pipeline/fold.h"

#include <stdlib.h>

enum { RECORDS_MAX = 48, FIRST_DAY = 20454 /* 2026-01-01 */ };

static const struct book *book;
static struct schema_set *schemas;

static void no_finding(void *context, const struct finding *finding)
{
    (void)context;
    (void)finding;
}

static void prepare(void)
{
    char error[256];
    if (book)
        return;
    book = book_read(SOURCE_DIR "/config/book.yaml", no_finding, NULL);
    schemas = schema_set_of_text(schema_text(SCHEMA_DECLARATION), error, sizeof(error));
    must(book != NULL && schemas != NULL);
}

/* Care that config/book.yaml knows, and some that it does not. */
static const struct {
    uint8_t care_type, system;
    const char *specialism, *diagnosis, *care_code, *subtype;
} kinds[] = {
    { CARE_GENERAL_PRACTICE, SYSTEM_NONE, NULL, NULL, "12000", NULL },
    { CARE_HOSPITAL_DBC, SYSTEM_DBC, "0303", "218", "199299018", "11" },
    { CARE_HOSPITAL_DBC, SYSTEM_DBC, "0305", "3019", "199299018", "21" },
    { CARE_HOSPITAL_DBC, SYSTEM_DBC, "0303", "418", "199299044", "11" },
    { CARE_HOSPITAL_DBC, SYSTEM_DBC, "0303", "333", "199299055", "11" },
    { CARE_HOSPITAL_DBC, SYSTEM_DBC, "0318", "610", "199299066", "21" },
    { CARE_HOSPITAL_DBC, SYSTEM_DBC, "0313", "331", "199299077", "11" },
    { CARE_REHABILITATION, SYSTEM_DBC, "8418", "303", "199299088", NULL },
    { CARE_PARAMEDICAL, SYSTEM_DCSPH, NULL, "6202", "1000", "008" },
    { CARE_PARAMEDICAL, SYSTEM_DCSPH, NULL, "9248", "1000", "009" },
    { CARE_ACTIVITY, SYSTEM_NONE, "0303", NULL, "038567", NULL },
    { CARE_ACTIVITY, SYSTEM_NONE, "0303", NULL, "190031", NULL },
    { CARE_ACTIVITY, SYSTEM_NONE, "0303", NULL, "034771", NULL },
    { CARE_HOSPITAL_OTHER, SYSTEM_NONE, NULL, NULL, "079400", NULL },
    { CARE_ADD_ON, SYSTEM_NONE, "0313", NULL, "193002", NULL },
    { CARE_OTHER, SYSTEM_NONE, NULL, NULL, "HIPNEW", NULL },
    { CARE_OTHER, SYSTEM_NONE, NULL, NULL, "HIPBND", NULL },
    { CARE_OTHER, SYSTEM_NONE, NULL, NULL, "CLABND", NULL },
    { CARE_OTHER, SYSTEM_NONE, NULL, NULL, "DIED", NULL },
};

static struct bytes text_of(const char *text)
{
    return text ? bytes_of(text) : BYTES_NULL;
}

static struct bytes number_text(struct choices *choices, unsigned below)
{
    static const char digits[] = "012345678910111213141516171819202122232425262728293031";
    uint64_t number = choice_below(choices, below);
    return number < 10 ? (struct bytes){ digits + number, 1 } : (struct bytes){ digits + 10 + (number - 10) * 2, 2 };
}

static struct declaration draw(struct choices *choices)
{
    static const char *const persons[] = { "p1", "p2", "p3" }, *const trajectories[] = { NULL, "t1", "t2" };
    static const char *const providers[] = { "06010102", "06010101", "06990001", "04001234", "99990001" };
    size_t kind = choice_below(choices, COUNT(kinds));
    int32_t start = FIRST_DAY + (int32_t)choice_between(choices, -200, 400);
    bool credit = choice_chance(choices, 150);
    return (struct declaration){
        .declaration_id = number_text(choices, 32),
        .kind = credit ? 1 : 0,
        .credits_id = credit ? number_text(choices, 16) : BYTES_NULL,
        .insurer = choice_chance(choices, 100) ? 3312 : 3311,
        .insured = text_of(persons[choice_below(choices, COUNT(persons))]),
        .birth_date = -10000,
        .provider = text_of(providers[choice_below(choices, COUNT(providers))]),
        .specialism = text_of(kinds[kind].specialism),
        .diagnosis_system = kinds[kind].system,
        .diagnosis = text_of(kinds[kind].diagnosis),
        .care_type = kinds[kind].care_type,
        .care_code = text_of(kinds[kind].care_code),
        .subtype = text_of(kinds[kind].subtype),
        .trajectory = text_of(trajectories[choice_below(choices, COUNT(trajectories))]),
        .laterality = (uint8_t)choice_below(choices, LATERALITY_COUNT),
        .start_date = start,
        .end_date = start + (int32_t)choice_skewed(choices, 200),
        .quantity = (int32_t)choice_between(choices, 1, 40),
        .amount = choice_chance(choices, 100) ? AMOUNT_CENTS_MAX : (int64_t)choice_skewed(choices, 2000000),
        .submitted_at = (start + choice_between(choices, 0, 400)) * DAY_MILLISECONDS + choice_between(choices, 0, 3),
    };
}

static void damage(struct choices *choices, struct buffer *value)
{
    if (choice_chance(choices, 300))
        value->length -= choice_below(choices, value->length + 1);
    for (uint64_t edits = choice_below(choices, 3); edits > 0 && value->length > 0; edits--)
        value->data[choice_below(choices, value->length)] = (char)choice_below(choices, 256);
}

static struct fold *new_fold(enum output_form form, int64_t *quarantined)
{
    return fold_new(&(struct fold_options){
        .book = book, .form = form, .schema_ids = { 1, 2, 3, 4 }, .source = "in", .partitions_count = 1, .has_keys = true,
        .letters_are_records = form == OUTPUT_JSON_LINES, .quarantined = quarantined, .quarantined_count = 1 });
}

/* An exact copy of the value, so that the sanitizer sees every byte too far; what was kept points to no byte of it afterwards. */
static void accept(struct fold *fold, struct decoder *decoder, struct fold_record record, struct kept *kept)
{
    struct fold_counts before = *fold_counts(fold);
    char *exact = bytes_is_null(record.value) ? NULL : malloc(record.value.length + 1);
    if (exact) {
        memcpy(exact, record.value.data ? record.value.data : "", record.value.length);
        record.value.data = exact = realloc(exact, record.value.length ? record.value.length : 1);
    }
    must(fold_accept(fold, decoder, &record, kept).verdict == DONE);
    free(exact);
    const struct fold_counts *after = fold_counts(fold);
    must(after->declarations + after->dead_letters == before.declarations + before.dead_letters + 1);
    must(after->outputs[TOPIC_DEAD_LETTERS] - before.outputs[TOPIC_DEAD_LETTERS] == after->dead_letters - before.dead_letters);
    struct engine_sums sums = fold_sums(fold);
    must(sums.standing == sums.cost + sums.payable_outside);
}

static void look_at(const struct kept *kept)
{
    struct header headers[LETTER_HEADERS_MAX];
    size_t bytes = 0;
    for (size_t i = 0; i < kept->count; i++) {
        struct bytes key = kept_key(kept, &kept->records[i]), value = kept_value(kept, &kept->records[i]);
        must(kept_headers(kept, &kept->records[i], headers) == 0);
        bytes += key.length + value.length;
        must(kept->records[i].topic == TOPIC_DEAD_LETTERS || (key.length > 0 && value.length > 0));
    }
    must(bytes <= kept->bytes.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum output_form forms[] = { OUTPUT_AVRO_CONFLUENT, OUTPUT_AVRO_RAW, OUTPUT_JSON_LINES, OUTPUT_AVRO_SINGLE_OBJECT };
    struct choices choices = { data, data + size };
    struct buffer value = { 0 };
    struct kept kept = { 0 };
    int64_t quarantined = 7;
    prepare();
    struct fold *fold = new_fold(forms[choice_below(&choices, COUNT(forms))], &quarantined);
    struct decoder *decoder = decoder_new(schemas, FRAMING_RAW, 0);
    for (int64_t offset = 0; offset < RECORDS_MAX && choices.at < choices.end; offset++) {
        struct declaration declaration = draw(&choices);
        bool damaged = choice_chance(&choices, 150), silent = choice_chance(&choices, 60);
        buffer_clear(&value);
        declaration_to_avro(&declaration, &value);
        if (damaged)
            damage(&choices, &value);
        struct fold_record record = {
            .key = choice_chance(&choices, 50) ? BYTES_NULL : declaration.insured,
            .value = choice_chance(&choices, 20) ? BYTES_NULL : buffer_bytes(&value),
            .offset = offset, .timestamp = INT64_MAX,
        };
        if (silent) { /* as a restore does: the sums must agree as well */
            (void)fold_accept(fold, decoder, &record, NULL).verdict;
            continue;
        }
        accept(fold, decoder, record, &kept);
    }
    look_at(&kept);
    while (fold_advance(fold, fold_as_of(fold) > 0 ? fold_as_of(fold) + 800 : FIRST_DAY, &kept))
        continue;
    struct engine_sums sums = fold_sums(fold);
    must(sums.standing == sums.cost + sums.payable_outside);
    look_at(&kept);
    kept_release(&kept);
    buffer_release(&value);
    decoder_free(decoder);
    fold_free(fold);
    return 0;
}
