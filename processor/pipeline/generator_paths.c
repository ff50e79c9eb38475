/* generator_paths.c - what happens to a person who breaks a hip, walks with pain or gets cancer of the bowel,
 * as an insurer sees it: products that come months after the care, sessions and nursing that come before
 * them, the bundle's price, and sometimes a death. Shares and delays are estimates from what is published
 * about the three bundles, simplified. */
#include "base/must.h"
#include "engine/calendar.h"
#include "pipeline/generator_draft.h"

/* One path while it is drawn. Whatever would start after a death is left out. */
struct walk {
    const struct path_start *start;
    struct draws *draws;
    struct drafts *drafts;
    uint32_t hospital, physio, trajectory;
    uint8_t laterality;
    int32_t died_on; /* DAY_NONE: not on this path */
};

/* What differs from the care's plain case; zero means plain. */
struct line_options {
    uint32_t provider;
    int32_t days;           /* of care, 0: one day */
    int32_t quantity;       /* 0: 1 */
    int64_t amount;         /* 0: drawn */
    bool sided, trajectory; /* carries the walk's */
};

static void walk_line(struct walk *walk, enum generated_care care, int32_t day, struct line_options options)
{
    if (day > walk->died_on)
        return;
    int32_t end = day + options.days;
    if (end > walk->died_on)
        end = walk->died_on;
    int32_t submitted = day + draw_spread(walk->draws, &lags[cares[care].lag]);
    if (submitted < end + 2)
        submitted = end + 2 + draw_between(walk->draws, 0, 12);
    struct draft draft = {
        .submitted_at = draw_office_moment(walk->draws, submitted),
        .amount = options.amount ? options.amount : draw_spread(walk->draws, &cares[care].cents),
        .person = walk->start->person,
        .provider = options.provider ? options.provider : walk->hospital,
        .number = ++walk->drafts->numbers,
        .trajectory = options.trajectory ? walk->trajectory : 0,
        .start_date = day,
        .end_date = end,
        .quantity = options.quantity ? options.quantity : 1,
        .care = (uint8_t)care,
        .laterality = options.sided ? walk->laterality : LATERALITY_NONE,
    };
    drafts_add(walk->drafts, draft);
}

/* `count` lines, `every` days apart. */
static void walk_series(struct walk *walk, enum generated_care care, int32_t day, int32_t count,
                        int32_t every, struct line_options options)
{
    for (int32_t number = 0; number < count; number++)
        walk_line(walk, care, day + number * every, options);
}

static void walk_death(struct walk *walk, uint32_t permille, int32_t first, int32_t last)
{
    if (!draw_permille(walk->draws, permille))
        return;
    walk->died_on = walk->start->day + draw_between(walk->draws, first, last);
    walk_line(walk, GENERATED_DEATH, walk->died_on, (struct line_options){ .provider = 99990001 });
}

/* The price in advance, by the contractor; now and then it does not come, or comes twice. */
static void walk_price(struct walk *walk, enum generated_care care, uint32_t contractor, int64_t amount)
{
    uint32_t luck = draw_below(walk->draws, 100);
    if (luck < 7)
        return;
    if (luck >= 95)
        amount += 25000; /* last year's price, or next year's */
    walk_line(walk, care, walk->start->day,
              (struct line_options){ .provider = contractor, .amount = amount });
    if (luck >= 7 && luck < 11)
        walk_line(walk, care, walk->start->day + 1,
                  (struct line_options){ .provider = contractor, .amount = amount });
}

static bool is_north(const struct walk *walk)
{
    return walk->hospital == 6010101 || walk->hospital == 6010102;
}

static void walk_hip_products(struct walk *walk)
{
    struct line_options product = { .days = draw_between(walk->draws, 44, 58),
                                    .sided = true,
                                    .trajectory = true };
    int32_t day = walk->start->day;
    bool orthopaedics = draw_permille(walk->draws, 400);
    walk_line(walk, orthopaedics ? GENERATED_HIP_ORTHOPAEDICS : GENERATED_HIP_SURGERY, day, product);
    struct line_options activity = { .sided = true, .trajectory = true };
    walk_line(walk, GENERATED_HIP_OPERATION, day + draw_between(walk->draws, 0, 2), activity);
    if (draw_permille(walk->draws, 150)) {
        activity.quantity = draw_between(walk->draws, 1, 9);
        walk_line(walk, GENERATED_HIP_WRONG_BED, day + 6, activity);
    }
    if (draw_permille(walk->draws, 60)) /* something went wrong: operated again */
        walk_line(walk, GENERATED_HIP_OPERATION, day + draw_between(walk->draws, 5, 200),
                  (struct line_options){ .sided = true });
    if (draw_permille(walk->draws, 450))
        walk_line(walk, GENERATED_HIP_FOLLOW_UP, day + product.days + 1,
                  (struct line_options){ .days = 110, .sided = true });
    if (draw_permille(walk->draws, 40)) /* and the other hospital, too */
        walk_line(walk, GENERATED_HIP_FOLLOW_UP, day + 20,
                  (struct line_options){ .provider = 6990001, .days = 90 });
}

static void walk_hip_recovery(struct walk *walk)
{
    int32_t home = walk->start->day + draw_between(walk->draws, 5, 11);
    if (draw_permille(walk->draws, 500)) {
        int32_t days = draw_between(walk->draws, 25, 75);
        walk_line(walk, GENERATED_HIP_REHABILITATION, home,
                  (struct line_options){ .provider = 73730101, .days = days + 42 });
        home += days;
    } else if (draw_permille(walk->draws, 300)) {
        int32_t days = draw_between(walk->draws, 14, 50);
        walk_line(walk, GENERATED_SHORT_STAY, home,
                  (struct line_options){ .provider = 73730202, .days = days, .quantity = days + 1 });
        home += days;
    }
    struct line_options nursing = { .provider = 75750303, .days = 27 },
                        session = { .provider = walk->physio };
    if (draw_permille(walk->draws, 600))
        walk_series(walk, GENERATED_NURSING, home, draw_between(walk->draws, 2, 8), 28, nursing);
    walk_series(walk, GENERATED_HIP_PHYSIO, home + 2, draw_between(walk->draws, 4, 26), 4, session);
}

static void walk_hip(struct walk *walk)
{
    int32_t day = walk->start->day;
    walk->laterality = draw_permille(walk->draws, 500) ? LATERALITY_LEFT : LATERALITY_RIGHT;
    if (draw_permille(walk->draws, 150))
        walk->laterality = LATERALITY_NONE; /* most standards have no field for it */
    walk_death(walk, 120, 3, 150);
    if (draw_permille(walk->draws, 250))
        walk_line(walk, GENERATED_HIP_NOTICE, day, (struct line_options){ .sided = true });
    walk_hip_products(walk);
    walk_hip_recovery(walk);
    int32_t insurer = person_insurer(walk->start->seed, walk->start->person);
    bool old = age_on(person_birth(walk->start->seed, walk->start->person), day) >= 80;
    if (is_north(walk) && insurer != 3312)
        walk_price(walk, GENERATED_HIP_PRICE, 6010101, old ? 1725000 : 1450000);
}

static void walk_leg(struct walk *walk)
{
    int32_t day = walk->start->day;
    walk_death(walk, 20, 30, 360);
    if (draw_permille(walk->draws, 930)) /* else nothing confirms it, and there is no episode */
        walk_line(walk, GENERATED_LEG_LABORATORY, day + draw_between(walk->draws, -10, 20),
                  (struct line_options){ .trajectory = true });
    walk_line(walk, GENERATED_LEG_PRODUCT, day, (struct line_options){ .days = 90, .trajectory = true });
    int32_t knife = day + draw_between(walk->draws, 20, 60);
    if (draw_permille(walk->draws, 780)) {
        walk_series(walk, GENERATED_LEG_EXERCISE, day + draw_between(walk->draws, 7, 30),
                    draw_between(walk->draws, 8, 37), 7, (struct line_options){ .provider = walk->physio });
        knife = draw_permille(walk->draws, 64) ? day + draw_between(walk->draws, 120, 330) : DAY_NONE;
    }
    if (knife != DAY_NONE) {
        enum generated_care how =
            draw_permille(walk->draws, 800) ? GENERATED_LEG_STENT : GENERATED_LEG_BYPASS;
        walk_line(walk, how, knife, (struct line_options){ .trajectory = true });
        walk_line(walk, GENERATED_LEG_STENT_PRODUCT, day + 91,
                  (struct line_options){ .days = 100, .trajectory = true });
    }
    if (!is_north(walk) && walk->hospital != 6990001 &&
        person_insurer(walk->start->seed, walk->start->person) == 3311)
        walk_price(walk, GENERATED_LEG_PRICE, 6020201, 300000);
}

static void walk_bowel(struct walk *walk)
{
    int32_t day = walk->start->day;
    walk_death(walk, 90, 20, 360);
    walk_line(walk, GENERATED_BOWEL_SCOPE, day, (struct line_options){ .days = 40, .trajectory = true });
    int32_t operation = day + draw_between(walk->draws, 21, 63);
    if (draw_permille(walk->draws, 820)) {
        bool rectum = draw_permille(walk->draws, 270);
        struct line_options product = { .days = operation - day + 40 };
        walk_line(walk, rectum ? GENERATED_BOWEL_RECTUM : GENERATED_BOWEL_SURGERY, day + 9, product);
        walk_line(walk, GENERATED_BOWEL_OPERATION, operation, (struct line_options){ 0 });
        if (draw_permille(walk->draws, 80)) /* a leak */
            walk_line(walk, GENERATED_BOWEL_OPERATION, operation + draw_between(walk->draws, 2, 20),
                      (struct line_options){ 0 });
        if (rectum && draw_permille(walk->draws, 450))
            walk_line(walk, GENERATED_BOWEL_RADIOTHERAPY, day + 14, (struct line_options){ .days = 35 });
    }
    if (draw_permille(walk->draws, 400)) {
        walk_line(walk, GENERATED_BOWEL_ONCOLOGY, operation + 30, (struct line_options){ .days = 120 });
        walk_series(walk, GENERATED_BOWEL_CHEMOTHERAPY, operation + 35, draw_between(walk->draws, 4, 8), 21,
                    (struct line_options){ 0 });
    }
}

int32_t path_min_age(enum path path)
{
    return path == PATH_HIP ? 65 : path == PATH_LEG ? 50 : 45;
}

bool path_draw(const struct path_start *start, struct draws *draws, struct drafts *drafts)
{
    static const uint32_t hospitals[] = { 6010101, 6010101, 6010102, 6010102, 6020201,
                                          6020201, 6020202, 6020202, 6020202, 6990001 };
    struct walk walk = { .start = start, .draws = draws, .drafts = drafts, .died_on = DAY_NONE };
    walk.hospital = hospitals[draw_below(draws, COUNT(hospitals))];
    walk.physio = is_north(&walk) ? 4040101 : 4040202;
    walk.trajectory = drafts->numbers + 1;
    switch (start->path) {
    case PATH_HIP: walk_hip(&walk); break;
    case PATH_LEG: walk_leg(&walk); break;
    case PATH_BOWEL: walk_bowel(&walk); break;
    default: must(start->path < PATH_COUNT);
    }
    return walk.died_on != DAY_NONE;
}
