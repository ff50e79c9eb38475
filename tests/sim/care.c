#include "care.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/must.h"
#include "engine/calendar.h"
#include "pipeline/generator.h"

#include <stdio.h>

enum { PERSONS = 9, LINES_KEPT = 64, TEXT_BYTES = 24 };

struct line {
    struct declaration declaration;
    char id[TEXT_BYTES], credits[TEXT_BYTES], insured[TEXT_BYTES], trajectory[TEXT_BYTES];
};
struct care {
    uint64_t random;
    int64_t moment;
    int number;
    struct line lines[LINES_KEPT]; /* the last ones, in a ring */
    struct buffer value;
};

static uint64_t draw(struct care *care, uint64_t below)
{
    care->random ^= care->random << 13;
    care->random ^= care->random >> 7;
    care->random ^= care->random << 17;
    return care->random % below;
}

struct care *care_new(uint64_t seed)
{
    struct care *care = memory_alloc_zeroed(1, sizeof(*care));
    int32_t day;
    must(day_from_text(BYTES("2026-02-01"), &day));
    care->random = seed * 0xD1342543DE82EF95ULL + 1;
    care->moment = day * DAY_MILLISECONDS;
    return care;
}

void care_free(struct care *care)
{
    buffer_release(&care->value);
    memory_free(care);
}

/* --- what is declared --- */

/* How often each comes, of 100. */
static const struct template {
    int weight;
    uint8_t care_type;
    const char *code, *specialism, *diagnosis, *subtype;
    uint8_t system;
    int64_t amount;
} templates[] = {
    { 16, CARE_HOSPITAL_DBC, "15A001", "0303", "218", "11", SYSTEM_DBC, 1000000 },
    { 8, CARE_HOSPITAL_DBC, "16B001", "0303", "418", "11", SYSTEM_DBC, 90000 },
    { 12, CARE_ACTIVITY, "038565", "0303", NULL, NULL, SYSTEM_NONE, 0 },
    { 14, CARE_SHORT_STAY, "Z119", NULL, NULL, NULL, SYSTEM_NONE, 150001 },
    { 8, CARE_PARAMEDICAL, "1000", NULL, "6202", NULL, SYSTEM_DCSPH, 4200 },
    { 6, CARE_PARAMEDICAL, "1000", NULL, "9248", NULL, SYSTEM_DCSPH, 4200 },
    { 8, CARE_OTHER, "HIPBND", NULL, NULL, NULL, SYSTEM_NONE, 1450000 },
    { 8, CARE_DISTRICT_NURSING, "1001", NULL, NULL, NULL, SYSTEM_NONE, 7001 },
    /* no book but the one that sees more knows it */
    { 8, CARE_MATERNITY, "MORE", NULL, NULL, NULL, SYSTEM_NONE, 9000 },
    { 10, CARE_GENERAL_PRACTICE, "12000", NULL, NULL, NULL, SYSTEM_NONE, 1200 },
    { 2, CARE_OTHER, "DIED", NULL, NULL, NULL, SYSTEM_NONE, 0 },
};

static const struct template *draw_template(struct care *care)
{
    int at = (int)draw(care, 100);
    size_t i = 0;
    for (; i + 1 < COUNT(templates) && at >= templates[i].weight; i++)
        at -= templates[i].weight;
    return &templates[i];
}

static struct bytes text_or_null(const char *text)
{
    return text ? bytes_of(text) : BYTES_NULL;
}

/* Views into the line itself; to be made anew after it was copied. */
static void point(struct line *line)
{
    struct declaration *declaration = &line->declaration;
    declaration->declaration_id = bytes_of(line->id);
    declaration->insured = bytes_of(line->insured);
    declaration->credits_id = line->credits[0] ? bytes_of(line->credits) : BYTES_NULL;
    declaration->trajectory = line->trajectory[0] ? bytes_of(line->trajectory) : BYTES_NULL;
}

static void draw_line(struct care *care, struct line *line)
{
    const struct template *template = draw_template(care);
    int32_t today = moment_to_day(care->moment), days = (int32_t)draw(care, 70),
            length = (int32_t)draw(care, 20);
    int person = (int)draw(care, PERSONS);
    *line = (struct line){
        .declaration = { .kind = KIND_DEBIT,
                         .insurer = draw(care, 4) ? 3311 : 3312,
                         .birth_date = -9000 + person * 700,
                         .provider =
                             template->care_type == CARE_SHORT_STAY ? BYTES("73730101") : BYTES("06010101"),
                         .referrer = BYTES_NULL,
                         .specialism = text_or_null(template->specialism),
                         .diagnosis = text_or_null(template->diagnosis),
                         .diagnosis_system = template->system,
                         .care_type = template->care_type,
                         .care_code = bytes_of(template->code),
                         .subtype = text_or_null(template->subtype),
                         .laterality = template->specialism ? (uint8_t)draw(care, 3) : LATERALITY_NONE,
                         .start_date = today - days,
                         .end_date =
                             template->care_type == CARE_SHORT_STAY ? today - days + length : today - days,
                         .quantity = 1 + (int32_t)draw(care, 9),
                         .amount = template->amount + (template->amount ? (int64_t)draw(care, 1000) : 0) }
    };
    snprintf(line->id, sizeof(line->id), "x%d", care->number);
    snprintf(line->insured, sizeof(line->insured), "person%d", person);
    if (template->specialism && draw(care, 2))
        snprintf(line->trajectory, sizeof(line->trajectory), "T%d", (int)draw(care, 3));
}

/* Something about an earlier line: taken back, the same once more, or nearly the same. */
static void draw_later(struct care *care, struct line *line)
{
    *line = care->lines[draw(care, (uint64_t)(care->number < LINES_KEPT ? care->number : LINES_KEPT))];
    switch (draw(care, 4)) {
    case 0:
        line->declaration.amount += 100; /* conflicts */
        break;
    case 1:
        break; /* a repeat */
    default:
        if (line->declaration.kind == KIND_CREDIT)
            break;
        memcpy(line->credits, line->id, sizeof(line->credits));
        snprintf(line->id, sizeof(line->id), "c%d", care->number);
        line->declaration.kind = KIND_CREDIT;
    }
}

/* Sometimes a jump, so that what is due falls due. */
static void move_on(struct care *care)
{
    care->moment += (int64_t)draw(care, 3 * 3600 * 1000);
    if (draw(care, 4) == 0)
        care->moment += DAY_MILLISECONDS * (int64_t)draw(care, 12);
}

void care_next(struct care *care, struct bytes *ret_key, struct bytes *ret_value, int64_t *ret_timestamp)
{
    struct line *line = &care->lines[care->number % LINES_KEPT], drawn;
    move_on(care);
    if (care->number > 0 && draw(care, 100) < 14)
        draw_later(care, &drawn);
    else
        draw_line(care, &drawn);
    drawn.declaration.submitted_at = care->moment;
    *line = drawn;
    point(line);
    care->number++;
    struct generated generated = { .declaration = line->declaration, .wrong = WRONG_NOTHING };
    if (draw(care, 50) == 0)
        generated.wrong = draw(care, 2) ? WRONG_TRUNCATED : WRONG_NO_VALUE;
    bool null = !generated_to_value(&generated, FRAMING_RAW, 0, &care->value);
    *ret_key = line->declaration.insured;
    *ret_value = null ? BYTES_NULL : buffer_bytes(&care->value);
    *ret_timestamp = care->moment;
}
