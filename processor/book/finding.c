/* finding.c - findings on their way to a person: codes and what they mean, the printed form, and "did you
 * mean". */
#include "book/yaml.h"

#include "base/edit_distance.h"
#include "base/limits.h"

enum { SURE_LETTERS = 4 };

static const struct {
    const char *code, *explanation;
} findings[FINDING_CODES_COUNT] = {
#define FINDING(name, code, explanation) [FINDING_##name] = { code, explanation },
#include "book/finding.def"
#undef FINDING
};

const char *finding_code_at(size_t index)
{
    return index < FINDING_CODES_COUNT ? findings[index].code : NULL;
}

const char *finding_explanation(const char *code)
{
    for (size_t i = 0; i < FINDING_CODES_COUNT; i++)
        if (strcmp(findings[i].code, code) == 0)
            return findings[i].explanation;
    return NULL;
}

/* As wide as the text before the column, so that the caret stands below what is meant; a tab stays a tab. */
static void print_caret(FILE *stream, const char *source, int32_t column)
{
    fputs("    ", stream);
    int32_t at = 1;
    for (const char *c = source; *c && at < column; c++) {
        if (((unsigned char)*c & 0xC0) == 0x80)
            continue; /* inside a character */
        fputc(*c == '\t' ? '\t' : ' ', stream);
        at++;
    }
    fputs("^\n", stream);
}

void finding_print(void *stream, const struct finding *finding)
{
    FILE *out = stream;
    fputs(finding->file, out);
    if (finding->line > 0)
        fprintf(out, ":%d:%d", (int)finding->line, (int)finding->column);
    static const char *const words[] = {
        [FINDING_ERROR] = "error", [FINDING_WARNING] = "warning", [FINDING_NOTE] = "note"
    };
    fprintf(out, ": %s: %s [%s]\n", words[finding->severity], finding->message, finding->code);
    if (!finding->source || finding->line <= 0)
        return;
    fprintf(out, "    %s\n", finding->source);
    print_caret(out, finding->source, finding->column);
}

struct suggestion suggest_init(struct bytes wanted)
{
    /* A third of the letters may be wrong, at most three. */
    unsigned allowed = wanted.length < 3 ? 1 : wanted.length < 6 ? 2 : 3;
    return (struct suggestion){ .wanted = wanted, .best = BYTES_NULL, .distance = allowed + 1 };
}

void suggest_try(struct suggestion *suggestion, struct bytes name)
{
    if (bytes_is_null(name) || bytes_is_null(suggestion->wanted))
        return;
    if (name.length > NAME_BYTES_MAX || suggestion->wanted.length > NAME_BYTES_MAX)
        return;
    /* Who begins a word right means it, however it goes on: one letter more may be wrong (frame, framing). */
    bool begins = suggestion->wanted.length >= SURE_LETTERS && name.length >= SURE_LETTERS &&
                  memcmp(suggestion->wanted.data, name.data, SURE_LETTERS) == 0;
    unsigned limit = suggestion->distance + (begins && bytes_is_null(suggestion->best));
    unsigned distance = edit_distance(suggestion->wanted, name, limit);
    if (distance < limit && distance < name.length) {
        suggestion->distance = distance;
        suggestion->best = name;
    }
}

const char *suggest_text(const struct suggestion *suggestion, char text[SUGGESTION_BYTES])
{
    char name[QUOTED_BYTES];
    text[0] = '\0';
    if (!bytes_is_null(suggestion->best))
        snprintf(text, SUGGESTION_BYTES, ", did you mean %s?", quoted(suggestion->best, name));
    return text;
}

const char *quoted(struct bytes text, char ret_text[QUOTED_BYTES])
{
    size_t shown = text.length;
    if (shown > 48) {
        shown = 45;
        while (shown > 0 && ((unsigned char)text.data[shown] & 0xC0) == 0x80)
            shown--; /* not inside a character */
    }
    snprintf(ret_text, QUOTED_BYTES, "\"%.*s%s\"", (int)shown, text.data ? text.data : "",
             shown < text.length ? "..." : "");
    return ret_text;
}
