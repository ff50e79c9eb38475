#include "pipeline/generator.h"

#include "base/must.h"
#include "codec/output_codec.h"
#include "engine/calendar.h"
#include "pipeline/generator_draft.h"

#include <stdlib.h>

#define PATH_DAYS_BEFORE 120 /* so long before the first submission a path may have begun */
#define PERSONS_MIN 1000
#define LINES_PER_PERSON 20

/* How many of 660 lines are of a kind: millions a year in the Netherlands, estimates, since no verified count
 * is published. In the mix of identity only: of the same sum. */
struct weight {
    enum generated_care care;
    uint16_t lines;
};
static const struct weight national[] = {
    { GENERATED_PILLS, 230 },     { GENERATED_PILLS_FIRST, 20 },   { GENERATED_GP_VISIT, 95 },
    { GENERATED_GP_MESSAGE, 50 }, { GENERATED_GP_LABORATORY, 30 }, { GENERATED_TEETH, 65 },
    { GENERATED_LABORATORY, 30 }, { GENERATED_PHOTOGRAPH, 8 },     { GENERATED_VISIT_EYES, 9 },
    { GENERATED_VISIT_HEART, 9 }, { GENERATED_DRUG, 4 },           { GENERATED_BACK_PAIN, 45 },
    { GENERATED_NURSING, 20 },    { GENERATED_MIND, 20 },          { GENERATED_RIDE, 10 },
    { GENERATED_AID, 12 },        { GENERATED_CHILD, 3 },
};
static const struct weight identity[] = {
    { GENERATED_PILLS, 290 },     { GENERATED_PILLS_FIRST, 30 },   { GENERATED_GP_VISIT, 110 },
    { GENERATED_GP_MESSAGE, 60 }, { GENERATED_GP_LABORATORY, 40 }, { GENERATED_TEETH, 80 },
    { GENERATED_MIND, 25 },       { GENERATED_AID, 20 },           { GENERATED_CHILD, 5 },
};
#define WEIGHTS 660

static const struct {
    const struct weight *weights;
    uint32_t paths_per_million;
} mixes[] = { [MIX_NATIONAL] = { national, 2500 }, [MIX_IDENTITY] = { identity, 420 } };

struct generator {
    struct generator_options options;
    struct draws draws;
    struct drafts drafts;
    uint8_t care_by_weight[WEIGHTS];
    uint8_t *dead; /* a bit for each person */
    int64_t given, start_ms, span_ms;
    /* of the last declaration */
    char id[20], credits_id[20], insured[12], provider[9], referrer[9], trajectory[9];
};

/* The one of a kind (pharmacies, dentists, ...) that the person goes to. */
static uint32_t person_provider(uint64_t seed, uint32_t person, uint32_t who)
{
    return who * 10000 + 1 + (uint32_t)(person_mixed(seed, person, who) % 900);
}

/* --- persons and paths ---------------------------------------------------------------------------------- */

static bool is_dead(const struct generator *generator, uint32_t person)
{
    return generator->dead[person / 8] >> (person % 8) & 1;
}

static uint32_t draw_person(struct generator *generator)
{
    uint32_t person = 0;
    for (int attempt = 0; attempt < 8; attempt++) {
        person = draw_below(&generator->draws, (uint32_t)generator->options.persons);
        if (!is_dead(generator, person))
            break;
    }
    return person;
}

static void start_path(struct generator *generator, int32_t day)
{
    uint32_t kind = draw_below(&generator->draws, 100);
    struct path_start start = { .seed = generator->options.seed, .day = day };
    start.path = kind < 50 ? PATH_HIP : kind < 75 ? PATH_LEG : PATH_BOWEL;
    for (int attempt = 0; attempt < 40; attempt++) {
        start.person = draw_person(generator);
        if (age_on(person_birth(start.seed, start.person), day) >= path_min_age(start.path))
            break;
    }
    if (path_draw(&start, &generator->draws, &generator->drafts))
        generator->dead[start.person / 8] |= (uint8_t)(1u << (start.person % 8));
}

/* Paths that had begun before the first submission; the heap drops what was submitted before it. */
static void start_earlier_paths(struct generator *generator)
{
    const struct generator_options *options = &generator->options;
    int64_t count =
        options->lines * mixes[options->mix].paths_per_million / 1000000 * PATH_DAYS_BEFORE / options->days;
    for (int64_t number = 0; number < count; number++)
        start_path(generator, options->start - 1 - (int32_t)draw_below(&generator->draws, PATH_DAYS_BEFORE));
    while (generator->drafts.count > 0 && generator->drafts.items[0].submitted_at < generator->start_ms)
        (void)drafts_take(&generator->drafts);
}

/* --- ordinary lines, and what becomes of a line --------------------------------------------------------- */

static struct draft ordinary_draft(struct generator *generator, int64_t now)
{
    struct draws *draws = &generator->draws;
    enum generated_care care = generator->care_by_weight[draw_below(draws, WEIGHTS)];
    const struct care *kind = &cares[care];
    uint32_t person = draw_person(generator);
    int32_t today = moment_to_day(now), start = today - draw_spread(draws, &lags[kind->lag]);
    int32_t days = kind->care_type == CARE_HOSPITAL_DBC       ? draw_between(draws, 1, 120)
                   : kind->care_type == CARE_DISTRICT_NURSING ? 27
                                                              : 0;
    return (struct draft){ .submitted_at = now,
                           .amount = draw_spread(draws, &kind->cents),
                           .person = person,
                           .provider = person_provider(generator->options.seed, person, kind->who),
                           .number = ++generator->drafts.numbers,
                           .referrer = kind->specialism.data && draw_permille(draws, 400)
                                           ? person_provider(generator->options.seed, person, 101)
                                           : 0,
                           .start_date = start,
                           .end_date = start + days > today ? today : start + days,
                           .quantity = kind->care_type == CARE_PHARMACY ? draw_between(draws, 1, 90) : 1,
                           .care = (uint8_t)care };
}

static int64_t later(struct generator *generator, int64_t moment, int32_t first, int32_t last)
{
    return moment + draw_between(&generator->draws, first, last) * DAY_MILLISECONDS +
           draw_below(&generator->draws, 3600) * 1000LL;
}

/* Takes the line back, and mostly declares it anew under another reference. Now and then the credit overtakes
 * its debit. */
static void credit_later(struct generator *generator, struct draft *draft)
{
    struct draft credit = *draft;
    credit.number = ++generator->drafts.numbers;
    credit.credits_number = draft->number;
    credit.submitted_at = later(generator, draft->submitted_at, 5, 240);
    if (draw_permille(&generator->draws, 700)) {
        struct draft anew = *draft;
        anew.number = ++generator->drafts.numbers;
        anew.submitted_at = credit.submitted_at + 1000;
        if (draw_permille(&generator->draws, 800))
            anew.amount = draft->amount * draw_between(&generator->draws, 600, 1300) / 1000;
        drafts_add(&generator->drafts, anew);
    }
    if (draw_permille(&generator->draws, 50)) {
        struct draft debit = *draft;
        debit.submitted_at = credit.submitted_at;
        credit.submitted_at = draft->submitted_at;
        *draft = credit;
        credit = debit;
    }
    drafts_add(&generator->drafts, credit);
}

/* What a hundredth of the lines goes through: a credit, the same record again, a conflict, the same care
 * twice. */
static void draw_aftermath(struct generator *generator, struct draft *draft)
{
    if (draft->finished)
        return;
    draft->finished = true;
    uint32_t luck = draw_below(&generator->draws, 10000);
    struct draft again = *draft;
    if (luck < 60) {
        credit_later(generator, draft);
    } else if (luck < 68) { /* repeated: another submission of the same */
        again.submitted_at = later(generator, draft->submitted_at, 1, 40);
        drafts_add(&generator->drafts, again);
    } else if (luck < 76) { /* redelivered: equal in every field */
        drafts_add(&generator->drafts, again);
    } else if (luck < 80) { /* conflicting */
        again.amount += 100;
        again.submitted_at = later(generator, draft->submitted_at, 1, 40);
        drafts_add(&generator->drafts, again);
    } else if (luck < 100) { /* the same care under another reference */
        again.number = ++generator->drafts.numbers;
        again.submitted_at = later(generator, draft->submitted_at, 1, 60);
        drafts_add(&generator->drafts, again);
    }
}

/* --- a draft as a declaration --------------------------------------------------------------------------- */

static struct bytes write_agb(uint32_t agb, char text[9])
{
    for (int at = 7; at >= 0; at--, agb /= 10)
        text[at] = (char)('0' + agb % 10);
    return (struct bytes){ text, 8 };
}

static size_t write_hex(uint32_t number, char *text)
{
    size_t digits = number >> 28 ? 8 : 7;
    for (size_t at = digits; at-- > 0; number >>= 4)
        text[at] = "0123456789abcdef"[number & 15];
    return digits;
}

/* The AGB code of the declarer in front: unique for ever (§1), and never nine digits in a row. */
static struct bytes write_id(uint32_t provider, uint32_t number, char text[20])
{
    write_agb(provider, text);
    text[8] = '-';
    return (struct bytes){ text, 9 + write_hex(number, text + 9) };
}

/* "p" and ten characters; two persons never get the same, since every step can be undone within 50 bits. */
static struct bytes write_insured(uint64_t seed, uint32_t person, char text[12])
{
    const uint64_t mask = (1ull << 50) - 1;
    uint64_t mixed = ((person ^ mix64(seed)) * 0x2545f4914f6cdd1du) & mask;
    mixed = ((mixed ^ mixed >> 25) * 0x9e3779b97f4a7c15u) & mask;
    mixed ^= mixed >> 25;
    text[0] = 'p';
    for (int at = 1; at <= 10; at++, mixed >>= 5)
        text[at] = "abcdefghijklmnopqrstuvwxyz234567"[mixed & 31];
    return (struct bytes){ text, 11 };
}

static void write_declaration(struct generator *generator, const struct draft *draft, struct declaration *ret)
{
    const struct care *care = &cares[draft->care];
    uint64_t seed = generator->options.seed;
    *ret = (struct declaration){
        .declaration_id = write_id(draft->provider, draft->number, generator->id),
        .kind = draft->credits_number ? KIND_CREDIT : KIND_DEBIT,
        .insurer = person_insurer(seed, draft->person),
        .insured = write_insured(seed, draft->person, generator->insured),
        .birth_date = person_birth(seed, draft->person),
        .provider = write_agb(draft->provider, generator->provider),
        .specialism = care->specialism,
        .diagnosis_system = care->system,
        .diagnosis = care->diagnosis,
        .care_type = care->care_type,
        .care_code = care->care_code,
        .subtype = care->subtype,
        .laterality = draft->laterality,
        .start_date = draft->start_date,
        .end_date = draft->end_date,
        .quantity = draft->quantity,
        .amount = draft->amount,
        .submitted_at = draft->submitted_at,
    };
    if (draft->credits_number)
        ret->credits_id = write_id(draft->provider, draft->credits_number, generator->credits_id);
    if (draft->referrer)
        ret->referrer = write_agb(draft->referrer, generator->referrer);
    if (draft->trajectory) {
        generator->trajectory[0] = 'T';
        ret->trajectory = (struct bytes){ generator->trajectory,
                                          1 + write_hex(draft->trajectory, generator->trajectory + 1) };
    }
}

static void spoil(struct declaration *declaration, enum wrong wrong)
{
    switch (wrong) {
    case WRONG_AMOUNT: declaration->amount = -declaration->amount - 1; break;
    case WRONG_QUANTITY: declaration->quantity = 0; break;
    case WRONG_PROVIDER: declaration->provider.length = 7; break;
    case WRONG_DATES: declaration->end_date = declaration->start_date - 1; break;
    case WRONG_DIAGNOSIS:
        declaration->diagnosis_system = SYSTEM_ICD10;
        declaration->diagnosis = BYTES_NULL;
        break;
    case WRONG_BSN: declaration->insured = BYTES("123456782"); break;
    default: break; /* wrong as bytes, or not at all */
    }
}

/* --- the generator -------------------------------------------------------------------------------------- */

struct generator *generator_new(const struct generator_options *options)
{
    struct generator *generator = calloc(1, sizeof(*generator));
    must(generator != NULL);
    must(options->lines > 0);
    generator->options = *options;
    struct generator_options *own = &generator->options;
    if (own->persons == 0)
        own->persons =
            own->lines / LINES_PER_PERSON > PERSONS_MIN ? own->lines / LINES_PER_PERSON : PERSONS_MIN;
    must(own->persons <= INT32_MAX);
    if (own->days == 0)
        own->days = GENERATOR_DAYS;
    generator->draws.state = mix64(own->seed ^ 0x62756e64656c);
    generator->start_ms = own->start * DAY_MILLISECONDS;
    generator->span_ms = own->days * DAY_MILLISECONDS;
    generator->drafts.end = generator->start_ms + generator->span_ms - 1;
    generator->dead = calloc((size_t)own->persons / 8 + 1, 1);
    must(generator->dead != NULL);
    size_t at = 0;
    for (const struct weight *weight = mixes[own->mix].weights; at < WEIGHTS; weight++)
        for (uint16_t number = 0; number < weight->lines; number++)
            generator->care_by_weight[at++] = (uint8_t)weight->care;
    start_earlier_paths(generator);
    return generator;
}

void generator_free(struct generator *generator)
{
    if (generator == NULL)
        return;
    free(generator->drafts.items);
    free(generator->dead);
    free(generator);
}

bool generator_next(struct generator *generator, struct generated *ret_generated)
{
    const struct generator_options *options = &generator->options;
    if (generator->given == options->lines)
        return false;
    int64_t now =
        generator->start_ms + (int64_t)((__int128)generator->span_ms * generator->given / options->lines);
    generator->given++;
    if (draw_below(&generator->draws, 1000000) < mixes[options->mix].paths_per_million)
        start_path(generator, moment_to_day(now));
    struct draft draft;
    ret_generated->wrong = WRONG_NOTHING;
    if (generator->drafts.count > 0 && generator->drafts.items[0].submitted_at <= now) {
        draft = drafts_take(&generator->drafts);
        draw_aftermath(generator, &draft);
    } else {
        draft = ordinary_draft(generator, now);
        if (draw_permille(&generator->draws, (uint32_t)options->bad_per_mille))
            ret_generated->wrong = 1 + draw_below(&generator->draws, WRONG_COUNT - 1);
        else
            draw_aftermath(generator, &draft);
    }
    write_declaration(generator, &draft, &ret_generated->declaration);
    spoil(&ret_generated->declaration, ret_generated->wrong);
    return true;
}

/* --- as bytes ------------------------------------------------------------------------------------------- */

#define SCHEMA_UNKNOWN 999999 /* an id that no test registers */

static void add_framed(const struct declaration *declaration, enum framing framing, uint32_t schema_id,
                       struct buffer *buffer)
{
    if (framing == FRAMING_JSON) {
        declaration_to_json(declaration, buffer);
        return;
    }
    if (framing == FRAMING_CONFLUENT) {
        const char head[5] = { 0, (char)(schema_id >> 24), (char)(schema_id >> 16), (char)(schema_id >> 8),
                               (char)schema_id };
        buffer_add(buffer, head, sizeof(head));
    }
    declaration_to_avro(declaration, buffer);
}

bool generated_to_value(const struct generated *generated, enum framing framing, uint32_t schema_id,
                        struct buffer *buffer)
{
    must(framing != FRAMING_SINGLE_OBJECT);
    buffer_clear(buffer);
    struct declaration declaration = generated->declaration;
    bool as_bytes = generated->wrong > WRONG_BSN;
    if (as_bytes && framing == FRAMING_RAW)
        declaration.quantity = 0;
    bool unknown = generated->wrong == WRONG_SCHEMA;
    add_framed(&declaration, framing, unknown ? SCHEMA_UNKNOWN : schema_id, buffer);
    if (!as_bytes || framing == FRAMING_RAW)
        return true;
    if (generated->wrong == WRONG_NO_VALUE && framing == FRAMING_CONFLUENT)
        return false;
    if (generated->wrong == WRONG_GARBAGE)
        memset(buffer->data, '?', buffer->length / 2);
    else if (!unknown || framing == FRAMING_JSON)
        buffer->length -= buffer->length / 3;
    return true;
}
