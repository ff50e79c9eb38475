/* What the linter finds quickly is what comparing each with each finds. */
#include "base/buffer.h"
#include "book/book_parts.h"
#include "book/collected.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <unistd.h>

TestSuite(book_lint, .timeout = 60);

enum { CONTRACTS = 8, NUMBERS = 6 };

static uint64_t state;

static unsigned below(unsigned bound)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % bound;
}

struct drawn {
    unsigned bundle, insurers, providers, from, until; /* bits of 0 to NUMBERS - 1, 0: all; years */
};

__attribute__((format(printf, 2, 3))) static void add(struct buffer *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text->length += (size_t)vsnprintf(buffer_reserve(text, 512), 512, format, arguments);
    va_end(arguments);
}

static void add_numbers(struct buffer *text, const char *key, const char *format, unsigned bits)
{
    if (bits == 0)
        return;
    add(text, ", %s: [", key);
    for (unsigned i = 0, first = 1; i < NUMBERS; i++)
        if (bits & 1u << i) {
            add(text, "%s", first ? "" : ", ");
            text->length += (size_t)snprintf(buffer_reserve(text, 16), 16,
                                             strcmp(format, "agb") == 0 ? "\"%08u\"" : "%u", i + 1);
            first = 0;
        }
    add(text, "]");
}

static void draw_book(struct buffer *text, struct drawn contracts[CONTRACTS])
{
    buffer_clear(text);
    add(text, "book: \"drawn\"\nhorizon_days: 400\nwaiting_days: 90\ncriteria:\n"
              "  a:\n    - {care_code: \"1\"}\n  b:\n    - {care_code: \"2\"}\nbundles:\n");
    for (int i = 0; i < 2; i++)
        add(text,
            "  - {id: %c, name: X, definitions: [{from: 2000-01-01, until: 2030-12-31,\n"
            "     opens: {criterion: %c}, closes: {after_days: 9},\n"
            "     scope: {include: %c}, run_out_days: 9}]}\n",
            "ab"[i], "ab"[i], "ab"[i]);
    add(text, "overlaps: []\ncontracts:\n");
    for (int i = 0; i < CONTRACTS; i++) {
        struct drawn *drawn = &contracts[i];
        *drawn = (struct drawn){ below(2), below(4) ? 1u << below(NUMBERS) | 1u << below(NUMBERS) : 0, 0,
                                 2000 + below(20), 0 };
        drawn->providers = below(4) ? 1u << below(NUMBERS) | 1u << below(NUMBERS) | 1u << below(NUMBERS) : 0;
        drawn->until = drawn->from + below(10);
        add(text,
            "  - {id: c%d, version: 1, bundle: %c, contractor: \"00000001\",\n"
            "     from: %u-01-01, until: %u-12-31, payment: prospective,\n"
            "     budget: {strata: [{label: all, amount: 1}]}",
            i, "ab"[drawn->bundle], drawn -> from, drawn -> until);
        add_numbers(text, "insurers", "number", drawn->insurers);
        add_numbers(text, "providers", "agb", drawn->providers);
        add(text, "}\n");
    }
    add(text, "duplicates: []\n");
}

static bool bits_share(unsigned a, unsigned b)
{
    return a == 0 || b == 0 || (a & b);
}

static size_t each_with_each(const struct drawn contracts[CONTRACTS],
                             char sentences[CONTRACTS * CONTRACTS][64])
{
    size_t count = 0;
    for (int i = 0; i < CONTRACTS; i++)
        for (int k = 0; k < i; k++) {
            const struct drawn *a = &contracts[k], *b = &contracts[i];
            if (a->bundle == b->bundle && a->from <= b->until && b->from <= a->until &&
                bits_share(a->insurers, b->insurers) && bits_share(a->providers, b->providers))
                snprintf(sentences[count++], 64, "contracts \"c%d\" and \"c%d\" both fit one opening", k, i);
        }
    return count;
}

Test(book_lint, finds_the_contracts_that_meet_in_their_order)
{
    static char sentences[CONTRACTS * CONTRACTS][64];
    struct drawn contracts[CONTRACTS];
    struct buffer text = { 0 };
    size_t none = 0, some = 0;
    for (unsigned drawn = 0; drawn < 500; drawn++) {
        struct collected found = { 0 };
        state = drawn + 1;
        draw_book(&text, contracts);
        size_t count = each_with_each(contracts, sentences);
        const struct book *book = book_read_text("book", buffer_bytes(&text), collect, &found);
        bool same = found.count == count && (book != NULL) == (count == 0);
        for (size_t i = 0; i < count && same; i++)
            same = strcmp(found.items[i].message, sentences[i]) == 0;
        if (!same)
            cr_assert(false, "seed %u: %zu expected, found%s", drawn, count, collected_text(&found));
        *(count ? &some : &none) += 1;
        book_free(book);
    }
    cr_expect(none > 10 && some > 100, "%zu without, %zu with", none, some);
    buffer_release(&text);
}

/* --- contracts at a code that nobody names --- */

enum { CODES = NUMBERS + 2, YEARS = 32 };

/* Each may go on under a higher one, so there is no ring. */
static void draw_successors(struct buffer *text, unsigned last[CODES + 1])
{
    for (unsigned code = CODES; code >= 1; code--) {
        bool goes_on = code < CODES && below(3) == 0;
        unsigned next = goes_on ? code + 1 + below(CODES - code) : code;
        last[code] = goes_on ? last[next] : code;
        if (goes_on)
            add(text, "%s{old: \"%08u\", new: \"%08u\"}", text->data[text->length - 1] == '[' ? "" : ", ",
                code, next);
    }
    add(text, "]\n");
}

static bool holds(const struct drawn *contract, unsigned insurer, unsigned year)
{
    return contract->from <= year && year <= contract->until &&
           (contract->insurers == 0 || (insurer < NUMBERS && contract->insurers >> insurer & 1));
}

static bool names(const struct drawn *contract, unsigned code)
{
    return code <= NUMBERS && (contract->providers >> (code - 1) & 1);
}

/* §8, word by word. */
static bool lists(const struct drawn contracts[CONTRACTS], const struct drawn *contract, unsigned code,
                  unsigned insurer, unsigned year, const unsigned last[CODES + 1])
{
    if (contract->providers == 0 || names(contract, code))
        return true;
    for (int i = 0; i < CONTRACTS; i++)
        if (contracts[i].bundle == contract->bundle && holds(&contracts[i], insurer, year) &&
            names(&contracts[i], code))
            return false;
    for (unsigned other = 1; other <= NUMBERS; other++)
        if (names(contract, other) && last[other] == last[code])
            return true;
    return false;
}

static bool two_fit(const struct drawn contracts[CONTRACTS], const unsigned last[CODES + 1])
{
    for (unsigned bundle = 0; bundle < 2; bundle++)
        for (unsigned insurer = 0; insurer <= NUMBERS; insurer++)
            for (unsigned year = 2000; year < 2000 + YEARS; year++)
                for (unsigned code = 1; code <= CODES; code++) {
                    int fitting = 0;
                    for (int i = 0; i < CONTRACTS; i++)
                        fitting += contracts[i].bundle == bundle && holds(&contracts[i], insurer, year) &&
                                   lists(contracts, &contracts[i], code, insurer, year, last);
                    if (fitting > 1)
                        return true;
                }
    return false;
}

Test(book_lint, refuses_two_contracts_at_a_code_of_their_provider_and_no_others)
{
    static char sentences[CONTRACTS * CONTRACTS][64];
    struct drawn contracts[CONTRACTS];
    unsigned last[CODES + 1];
    struct buffer text = { 0 };
    size_t none = 0, some = 0;
    for (unsigned drawn = 0; drawn < 20000; drawn++) {
        struct collected found = { 0 };
        state = drawn + 1;
        draw_book(&text, contracts);
        if (each_with_each(contracts, sentences) > 0)
            continue; /* refused already */
        add(&text, "successors: [");
        draw_successors(&text, last);
        bool both = two_fit(contracts, last);
        const struct book *book = book_read_text("book", buffer_bytes(&text), collect, &found);
        if ((book == NULL) != both)
            cr_assert(false, "seed %u: %d expected, found%s\n%.*s", drawn, both, collected_text(&found),
                      (int)text.length, text.data);
        *(both ? &some : &none) += 1;
        book_free(book);
    }
    cr_expect(none > 100 && some > 20, "%zu without, %zu with", none, some);
    buffer_release(&text);
}

/* Walks up from min_age, each time to behind the stratum that reaches furthest. */
static int32_t walk_up(const struct contract *contract, const struct definition *definition)
{
    int32_t age = definition->min_age;
    while (age <= definition->max_age) {
        int32_t reached = ABSENT;
        for (size_t i = 0; i < contract->strata_count; i++)
            if (contract->strata[i].min_age <= age && age <= contract->strata[i].max_age &&
                contract->strata[i].max_age > reached)
                reached = contract->strata[i].max_age;
        if (reached == ABSENT)
            return age;
        age = reached + 1;
    }
    return ABSENT;
}

Test(book_lint, finds_the_first_age_that_no_stratum_holds)
{
    for (unsigned drawn = 0; drawn < 20000; drawn++) {
        struct stratum strata[6];
        state = drawn + 1;
        struct contract contract = { .strata = strata, .strata_count = below(7) };
        for (size_t i = 0; i < contract.strata_count; i++) {
            strata[i] = (struct stratum){ .min_age = (int32_t)below(12) };
            strata[i].max_age = below(8) ? strata[i].min_age + (int32_t)below(6) : AGE_UNBOUNDED;
        }
        struct definition definition = { .min_age = (int32_t)below(6), .max_age = AGE_UNBOUNDED };
        definition.max_age = below(3) ? definition.min_age + (int32_t)below(12) : AGE_UNBOUNDED;
        if (age_left_out(&contract, &definition) != walk_up(&contract, &definition))
            cr_assert(false, "seed %u: %d, not %d", drawn, age_left_out(&contract, &definition),
                      walk_up(&contract, &definition));
    }
}

Test(book_lint, says_when_it_has_not_looked_for_all_that_is_odd)
{
    struct buffer text = { 0 };
    struct collected found = { 0 };
    add(&text, "book: \"large\"\nhorizon_days: 400\nwaiting_days: 90\ncriteria:\n");
    for (int criterion = 0; criterion < 4; criterion++) {
        add(&text, "  c%d:\n", criterion);
        for (int clause = 0; clause < 4000; clause++)
            add(&text, "    - {care_code: \"%d\"}\n", clause);
    }
    add(&text, "bundles: []\noverlaps: []\ncontracts: []\nduplicates: []\n");
    char path[64];
    snprintf(path, sizeof(path), "large-%d.yaml", (int)getpid());
    FILE *file = fopen(path, "w");
    cr_assert(file && fwrite(text.data, 1, text.length, file) == text.length);
    fclose(file);
    const struct book *book = book_check(path, collect, &found);
    remove(path);
    cr_assert(book != NULL && found.errors == 0, "found%s", collected_text(&found));
    cr_expect_str_eq(found.items[found.count - 1].code, "W015");
    book_free(book);
    buffer_release(&text);
}
