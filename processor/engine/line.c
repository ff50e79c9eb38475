#include "engine/line.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/must.h"

static char *put(char *at, const void *data, size_t length)
{
    if (length)
        memcpy(at, data, length);
    return at + length;
}

static char *put_span(char *at, struct bytes span)
{
    *at++ = (char)(bytes_is_null(span) ? 255 : span.length); /* all are shorter than 255 */
    return put(at, span.data, bytes_is_null(span) ? 0 : span.length);
}

uint64_t declaration_content(const struct declaration *d)
{
    char text[640];
    char *at = text;
    const int64_t numbers[] = { d->amount,   d->insurer, d->birth_date,       d->start_date, d->end_date,
                                d->quantity, d->kind,    d->diagnosis_system, d->care_type,  d->laterality };
    at = put(at, numbers, sizeof(numbers));
    for (size_t i = 0; i < DECLARATION_TEXTS; i++)
        if (&d->texts[i] != &d->declaration_id)
            at = put_span(at, d->texts[i]);
    return hash64(text, (size_t)(at - text), 0);
}

/* Writes the string at `at`, points the span there and returns what follows. Null stays null, empty becomes
 * an address. */
static char *span_move(struct bytes *span, char *at)
{
    if (bytes_is_null(*span))
        return at;
    char *next = put(at, span->data, span->length);
    span->data = at;
    return next;
}

struct line *line_new(struct pool *pool, const struct declaration *declaration, const uint64_t criteria[],
                      size_t words)
{
    struct declaration copy = *declaration;
    size_t text = 1;
    copy.insured = BYTES_NULL; /* the person has it */
    for (size_t i = 0; i < DECLARATION_TEXTS; i++)
        text += copy.texts[i].length;
    size_t size = sizeof(struct line) + words * sizeof(uint64_t) + text;
    struct line *line = pool_alloc(pool, size);
    *line = (struct line){ .size = size, .content = declaration_content(declaration) };
    memcpy(line->criteria, criteria, words * sizeof(uint64_t));
    char *at = (char *)(line->criteria + words);
    for (size_t i = 0; i < DECLARATION_TEXTS; i++)
        at = span_move(&copy.texts[i], at);
    line->declaration = copy;
    return line;
}

void line_free(struct pool *pool, struct line *line)
{
    for (struct repeat *repeat = line->repeats; repeat;) {
        struct repeat *next = repeat->next;
        pool_free(pool, repeat, repeat->size);
        repeat = next;
    }
    pool_free(pool, line->sent.shares, line->sent.shares_count * sizeof(*line->sent.shares));
    pool_free(pool, line, line->size);
}

struct bytes repeat_id(struct bytes declaration_id, int64_t submitted_at, char *text)
{
    char digits[20];
    size_t count = 0;
    must(submitted_at > 0);
    for (int64_t rest = submitted_at; rest > 0; rest /= 10)
        digits[count++] = (char)('0' + rest % 10);
    char *at = put(text, declaration_id.data, declaration_id.length);
    *at++ = '~';
    while (count > 0)
        *at++ = digits[--count];
    return (struct bytes){ text, (size_t)(at - text) };
}

struct repeat *repeat_new(struct pool *pool, const struct declaration *d, bool conflicting)
{
    char text[DECLARATION_ID_BYTES_MAX + 24];
    struct bytes id = repeat_id(d->declaration_id, d->submitted_at, text);
    size_t size = sizeof(struct repeat) + id.length + d->provider.length + d->care_code.length;
    struct repeat *repeat = pool_alloc(pool, size);
    *repeat = (struct repeat){ .size = size,
                               .id = id,
                               .provider = d->provider,
                               .care_code = d->care_code,
                               .submitted_at = d->submitted_at,
                               .amount = d->amount,
                               .insurer = d->insurer,
                               .start_date = d->start_date,
                               .kind = d->kind,
                               .care_type = d->care_type,
                               .conflicting = conflicting };
    char *at = (char *)(repeat + 1);
    at = span_move(&repeat->id, at);
    at = span_move(&repeat->provider, at);
    span_move(&repeat->care_code, at);
    return repeat;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int line_care_compare(const struct line *a, const struct line *b)
{
    const struct declaration *x = &a->declaration, *y = &b->declaration;
    int order = compare_numbers(x->start_date, y->start_date);
    if (order == 0)
        order = compare_numbers(x->end_date, y->end_date);
    if (order == 0)
        order = compare_numbers(x->care_type, y->care_type);
    if (order == 0)
        order = bytes_compare(x->care_code, y->care_code);
    if (order == 0)
        order = bytes_compare(x->provider, y->provider);
    return order ? order : bytes_compare(x->declaration_id, y->declaration_id);
}

int line_submitted_compare(const struct line *a, const struct line *b)
{
    int order = compare_numbers(a->declaration.submitted_at, b->declaration.submitted_at);
    return order ? order : bytes_compare(a->declaration.declaration_id, b->declaration.declaration_id);
}
