/* given_story.h - a rule's test as a table that a domain expert can read: lines of one person, and what each
 * ends in.
 *
 *     id  what it is                              | what holds after it, parts separated by ;
 *     d1  OPEN LEFT 2026-03-01 120.00             | d1 BUNDLED payable=120.00; hip/L/2026-03-01 OPEN
 *     closes_on=2026-03-31
 *     c1  credits d1                              | d1 CREDITED; hip/L/2026-03-01 VOID; no alert waiting/c1
 *     --  until 2026-06-01                        | hip/L/2026-03-02 SETTLED; nothing
 *
 * Left: a care type, a laterality, a start (and an end), an amount in euros, field=value; any other word is
 * the care code. A line is OTHER care of 0.00, by provider 01010101 for insurer 1, sent at 09:00 of
 * `sent=DATE`, else of its start. `credits x` copies x; `again x` is x under its own id once more; fields
 * behind change the copy.
 * Right: an id is a decision, a key is an episode, `alert type/subject` one that is raised; a bare word in
 * capitals its status or state, one in small letters its reason, key:cents a share, field=value a field of
 * §11 (amounts in euros have a point). `no X`: X is not there; `nothing`: this row sent nothing. Every table
 * runs twice, with and without the append of lines (append.h), and both send the same bytes. */
#ifndef BUNDELWACHT_TESTS_GIVEN_STORY_H
#define BUNDELWACHT_TESTS_GIVEN_STORY_H

#include "book/book_reader.h"
#include "codec/output_codec.h"
#include "engine/calendar.h"
#include "engine/engine.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* --- the book: one bundle `hip` with one contract, and what a test says beside it --- */

struct given_book {
    /* `opens`, `closes`, `scope`, `definition`: ", key: value" to be added */
    const char *sides, *opens, *closes, *scope, *definition;
    const char *bundles, *overlaps;                          /* further items of these lists */
    /* contract: further lines of its map; contracts: further items */
    const char *uncontracted, *contract, *contracts, *rest;
};

static const char *or_else(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

static const struct book *given_book(struct given_book given)
{
    static char text[16384];
    int length = snprintf(
        text, sizeof(text),
        "book: \"test\"\nhorizon_days: 1000\n"
        "criteria:\n"
        "  open: [{care_code: \"OPEN*\"}]\n  care: [{care_code: [\"OPEN*\", \"CARE*\", \"WALK*\"]}]\n"
        "  knee: [{care_code: \"KNEE*\"}]\n  knee.care: [{care_code: [\"KNEE*\", \"WALK*\"]}]\n"
        "  lab: [{care_code: \"LAB*\"}]\n  more: [{care_code: \"MORE*\"}]\n  died: [{care_code: \"DIED\"}]\n"
        "  moved: [{care_code: \"MOVED\"}]\n"
        "  bad: [{care_code: \"BAD\"}]\n  price: [{care_code: \"PRICE\"}]\n  twice: [{care_code: "
        "\"CARE*\"}]\n"
        "  visit: [{care_code: \"CAREV\"}]\n"
        "bundles:\n"
        "  - {id: hip, name: hip, definitions: [{from: 2020-01-01, until: 2030-12-31, sides: %s, opens: "
        "{criterion: open%s},\n"
        "     closes: {after_days: 30%s}, scope: {include: care%s}, run_out_days: 20%s}]}\n%s"
        "overlaps:\n  - {pair: [hip, hip], lines: split}\n%s"
        "contracts:\n"
        "  - {id: north, version: 1, bundle: hip, providers: [\"01010101\"], from: 2020-01-01, until: "
        "2030-12-31%s}\n%s%s",
        or_else(given.sides, "none"), or_else(given.opens, ""), or_else(given.closes, ""),
        or_else(given.scope, ""), or_else(given.definition, ""), or_else(given.bundles, ""),
        or_else(given.overlaps, ""),
        or_else(given.contract,
                ", payment: retrospective, budget: {strata: [{label: all, amount: 100000}]}, thresholds: []"),
        or_else(given.contracts, ""), or_else(given.rest, ""));
    cr_assert(length > 0 && (size_t)length < sizeof(text));
    const struct book *book = book_read_text("test", bytes_of(text), finding_print, stderr);
    cr_assert(book != NULL, "%s", text);
    return book;
}
#define GIVEN_BOOK(...) given_book((struct given_book){ __VA_ARGS__ })

/* --- what was sent last under every key --- */

struct story_value {
    uint8_t kind;
    char key[256], *json;
};
struct story {
    struct engine *engine;
    struct outputs outputs;
    struct story_value values[256];
    size_t values_count, sent_count;
    struct declaration lines[64];
    size_t lines_count;
    struct buffer all;  /* everything that was sent */
    const char *row;    /* at hand */
};

static void story_take(struct story *story)
{
    struct buffer json = { 0 };
    for (size_t i = 0; i < story->outputs.count; i++) {
        const struct output *output = &story->outputs.items[i];
        size_t at = 0;
        buffer_clear(&json);
        output_to_json(output, &json);
        buffer_add_byte(&json, '\n');
        buffer_add(&story->all, json.data, json.length);
        while (at < story->values_count && !bytes_equal(bytes_of(story->values[at].key), output->key))
            at++;
        cr_assert(at < COUNT(story->values) && output->key.length < sizeof(story->values[0].key));
        struct story_value *value = &story->values[at];
        if (at == story->values_count) {
            *value = (struct story_value){ .kind = output->kind };
            memcpy(value->key, output->key.data, output->key.length);
            story->values_count++;
        }
        free(value->json);
        value->json = strndup(json.data, json.length);
    }
    story->sent_count = story->outputs.count;
    buffer_release(&json);
}

/* The only one of that kind whose key is the subject or ends in `/subject`. */
static const struct story_value *story_find(const struct story *story, bool alert, struct bytes subject)
{
    const struct story_value *found = NULL;
    for (size_t i = 0; i < story->values_count; i++) {
        const struct story_value *value = &story->values[i];
        struct bytes key = bytes_of(value->key);
        if ((value->kind == OUTPUT_ALERT) != alert || key.length < subject.length + 1)
            continue;
        struct bytes end = { key.data + key.length - subject.length - 1, subject.length + 1 };
        if (end.data[0] != '/' || !bytes_equal((struct bytes){ end.data + 1, subject.length }, subject))
            continue;
        cr_expect(found == NULL, "%s: \"%.*s\" stands for two keys", story->row, BYTES_ARGS(subject));
        found = value;
    }
    return found;
}

/* --- words --- */

static struct bytes word_next(struct bytes *text)
{
    while (text->length && (*text->data == ' ' || *text->data == '\t'))
        text->data++, text->length--;
    struct bytes word = { text->data, 0 };
    while (word.length < text->length && word.data[word.length] != ' ' && word.data[word.length] != '\t')
        word.length++;
    text->data += word.length;
    text->length -= word.length;
    return word;
}

static struct bytes part_next(struct bytes *text, char separator)
{
    const char *at = text->length ? memchr(text->data, separator, text->length) : NULL;
    struct bytes part = { text->data, at ? (size_t)(at - text->data) : text->length };
    size_t skip = part.length + (at != NULL);
    text->data += skip;
    text->length -= skip;
    return part;
}

static bool is_euros(struct bytes word, int64_t *ret_cents)
{
    int64_t value = 0;
    bool negative = word.length && word.data[0] == '-';
    size_t from = negative, point = word.length - 3;
    if (word.length < 4 + from || word.data[point] != '.')
        return false;
    for (size_t i = from; i < word.length; i++) {
        if (i == point)
            continue;
        if (word.data[i] < '0' || word.data[i] > '9')
            return false;
        value = value * 10 + (word.data[i] - '0');
    }
    *ret_cents = negative ? -value : value;
    return true;
}

static bool word_is_one_of(struct bytes word, const struct bytes names[], size_t count, uint8_t *ret_at)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(names[i], word)) {
            *ret_at = (uint8_t)i;
            return true;
        }
    return false;
}

/* --- the left side --- */

static void line_field(struct story *story, struct declaration *line, struct bytes name, struct bytes value)
{
    int32_t day;
    char number[16] = "";
    memcpy(number, value.data, value.length < 15 ? value.length : 15);
    if (bytes_equal(name, BYTES("by")))
        line->provider = value;
    else if (bytes_equal(name, BYTES("insurer")))
        line->insurer = (int32_t)strtol(number, NULL, 10);
    else if (bytes_equal(name, BYTES("sent")) && day_from_text(value, &day))
        line->submitted_at = day * DAY_MILLISECONDS + 9 * 3600000;
    else if (bytes_equal(name, BYTES("at")))
        line->submitted_at += strtol(number, NULL, 10); /* milliseconds later */
    else if (bytes_equal(name, BYTES("born")) && day_from_text(value, &day))
        line->birth_date = day;
    else if (bytes_equal(name, BYTES("trajectory")))
        line->trajectory = value;
    else if (bytes_equal(name, BYTES("specialism")))
        line->specialism = value;
    else if (bytes_equal(name, BYTES("diagnosis")) && /* SYSTEM:code */
             word_is_one_of(part_next(&value, ':'), diagnosis_system_names, SYSTEM_COUNT,
                            &line->diagnosis_system))
        line->diagnosis = value;
    else if (bytes_equal(name, BYTES("serial")))
        line->serial = (int32_t)strtol(number, NULL, 10);
    else if (bytes_equal(name, BYTES("quantity")))
        line->quantity = (int32_t)strtol(number, NULL, 10);
    else
        cr_assert_fail("%s: no field %.*s", story->row, BYTES_ARGS(name));
}

static void line_word(struct story *story, struct declaration *line, struct bytes word, int *dates)
{
    int32_t day;
    int64_t cents;
    const char *equals = memchr(word.data, '=', word.length);
    if (equals) {
        size_t at = (size_t)(equals - word.data);
        line_field(story, line, (struct bytes){ word.data, at },
                   (struct bytes){ equals + 1, word.length - at - 1 });
    } else if (day_from_text(word, &day)) {
        if ((*dates)++ == 0) {
            line->start_date = day;
            line->submitted_at = day * DAY_MILLISECONDS + 9 * 3600000;
        }
        line->end_date = day;
    } else if (is_euros(word, &cents)) {
        line->amount = cents;
    } else if (!word_is_one_of(word, care_type_names, CARE_TYPE_COUNT, &line->care_type) &&
               !word_is_one_of(word, laterality_names, LATERALITY_COUNT, &line->laterality)) {
        line->care_code = word;
    }
}

/* The first with that id, or NULL. */
static const struct declaration *line_find(const struct story *story, struct bytes id)
{
    for (size_t i = 0; i < story->lines_count; i++)
        if (bytes_equal(story->lines[i].declaration_id, id))
            return &story->lines[i];
    return NULL;
}

static struct declaration line_read(struct story *story, struct bytes id, struct bytes words)
{
    int dates = 0;
    struct declaration line = {
        /* 1942 */
        .declaration_id = id, .insured = BYTES("p"),   .insurer = 1, .provider = BYTES("01010101"),
        .birth_date = -10000, .care_type = CARE_OTHER, .quantity = 1
    };
    for (struct bytes word = word_next(&words); word.length; word = word_next(&words)) {
        if (bytes_equal(word, BYTES("credits"))) {
            struct bytes of = word_next(&words);
            if (line_find(story, of)) /* what never came is described in words */
                line = *line_find(story, of);
            line.kind = KIND_CREDIT;
            line.credits_id = of;
            line.declaration_id = id;
        } else if (bytes_equal(word, BYTES("releases"))) {
            line.kind = KIND_RELEASE;
            line.credits_id = word_next(&words);
        } else if (bytes_equal(word, BYTES("again"))) {
            const struct declaration *original = line_find(story, word_next(&words));
            cr_assert(original != NULL, "%s", story->row);
            line = *original;
        } else {
            line_word(story, &line, word, &dates);
        }
    }
    return line;
}

static void story_advance(struct story *story, int32_t day)
{
    outputs_clear(&story->outputs);
    story->sent_count = 0;
    for (bool more = true; more;) {
        size_t before = story->sent_count;
        more = engine_advance(story->engine, day, &story->outputs);
        story_take(story);
        story->sent_count += before;
        outputs_clear(&story->outputs);
    }
}

static void story_line(struct story *story, struct bytes left)
{
    struct bytes id = word_next(&left), rest = left, word = word_next(&left);
    int32_t day;
    if (bytes_equal(word, BYTES("until"))) {
        cr_assert(day_from_text(word_next(&left), &day), "%s", story->row);
        story_advance(story, day);
        return;
    }
    struct declaration line = line_read(story, id, rest);
    struct result result =
        declaration_check(&line, &(struct declaration_envelope){ .record_timestamp = INT64_MAX });
    cr_assert(result.verdict == DONE, "%s: %s", story->row, result.reason);
    cr_assert(story->lines_count < COUNT(story->lines));
    story->lines[story->lines_count++] = line;
    outputs_clear(&story->outputs);
    engine_accept(story->engine, &line, &story->outputs);
    story_take(story);
    struct engine_sums sums = engine_sums(story->engine);
    cr_expect(sums.standing == sums.cost + sums.payable_outside, "%s: axiom 3", story->row);
}

/* --- the right side --- */

static bool json_holds(const char *json, struct bytes name, struct bytes value)
{
    char plain[256], quoted[256];
    int64_t cents;
    int length = is_euros(value, &cents)
                     ? snprintf(plain, sizeof(plain), "\"%.*s\":%lld", BYTES_ARGS(name), (long long)cents)
                     : snprintf(plain, sizeof(plain), "\"%.*s\":%.*s", BYTES_ARGS(name), BYTES_ARGS(value));
    snprintf(quoted, sizeof(quoted), "\"%.*s\":\"%.*s\"", BYTES_ARGS(name), BYTES_ARGS(value));
    const char *at = strstr(json, plain);
    return strstr(json, quoted) || (at && (at[length] == ',' || at[length] == '}'));
}

static bool word_holds(const struct story_value *value, struct bytes word)
{
    const char *equals = memchr(word.data, '=', word.length), *colon = memchr(word.data, ':', word.length);
    int64_t cents;
    char text[256];
    if (equals) {
        size_t at = (size_t)(equals - word.data);
        return json_holds(value->json, (struct bytes){ word.data, at },
                          (struct bytes){ equals + 1, word.length - at - 1 });
    }
    if (colon &&
        is_euros((struct bytes){ colon + 1, word.length - (size_t)(colon + 1 - word.data) }, &cents)) {
        snprintf(text, sizeof(text), "{\"episode\":\"%.*s\",\"cents\":%lld}", (int)(colon - word.data),
                 word.data, (long long)cents);
        return strstr(value->json, text) != NULL;
    }
    if (colon) {
        snprintf(text, sizeof(text), "{\"name\":\"%.*s\",\"value\":%.*s}", (int)(colon - word.data),
                 word.data, (int)(word.length - (size_t)(colon + 1 - word.data)), colon + 1);
        return strstr(value->json, text) != NULL;
    }
    if (value->kind == OUTPUT_EPISODE)
        return json_holds(value->json, BYTES("state"), word);
    if (value->kind == OUTPUT_ALERT)
        return json_holds(value->json, BYTES("severity"), word);
    return json_holds(value->json, word.data[0] >= 'a' ? BYTES("reason") : BYTES("status"), word);
}

static void story_expect(const struct story *story, struct bytes part)
{
    struct bytes rest = part, word = word_next(&rest);
    bool absent = bytes_equal(word, BYTES("no"));
    if (word.length == 0)
        return;
    if (bytes_equal(word, BYTES("nothing"))) {
        cr_expect(story->sent_count == 0, "%s: %zu outputs", story->row, story->sent_count);
        return;
    }
    if (absent)
        word = word_next(&rest);
    bool alert = bytes_equal(word, BYTES("alert"));
    if (alert)
        word = word_next(&rest);
    const struct story_value *value = story_find(story, alert, word);
    if (value && (strstr(value->json, "\"action\":\"CLEARED\"") ||
                  (absent && strstr(value->json, "\"state\":\"VOID\""))))
        value = NULL;
    if (absent || !value) {
        cr_expect(absent == !value, "%s: %.*s is %s", story->row, BYTES_ARGS(word),
                  value ? value->json : "not there");
        return;
    }
    for (word = word_next(&rest); word.length; word = word_next(&rest))
        cr_expect(word_holds(value, word), "%s:\n    not %.*s: %s", story->row, BYTES_ARGS(word),
                  value->json);
}

static void story_run(struct story *story, const struct book *book, const struct reference *reference,
                      const char *const rows[], bool plain)
{
    *story = (struct story){ .engine = engine_new(&(struct engine_options){
                                 .book = book, .reference = reference, .plain = plain }) };
    outputs_init(&story->outputs);
    for (size_t i = 0; rows[i]; i++) {
        struct bytes right = bytes_of(rows[i]), left = part_next(&right, '|');
        story->row = rows[i];
        story_line(story, left);
        while (right.length)
            story_expect(story, part_next(&right, ';'));
    }
}

static void story_end(struct story *story)
{
    for (size_t i = 0; i < story->values_count; i++)
        free(story->values[i].json);
    buffer_release(&story->all);
    outputs_release(&story->outputs);
    engine_free(story->engine);
}

__attribute__((unused)) static void
story_holds_with(const struct book *book, const struct reference *reference, const char *const rows[])
{
    static struct story fast, plain;
    story_run(&fast, book, reference, rows, false);
    story_run(&plain, book, reference, rows, true);
    cr_expect(bytes_equal(buffer_bytes(&fast.all), buffer_bytes(&plain.all)),
              "the append of lines sends something else");
    story_end(&fast);
    story_end(&plain);
    reference_free(reference);
    book_free(book);
}
#define STORY(book, ...) story_holds_with((book), NULL, (const char *const[]){ __VA_ARGS__, NULL })

#endif
