/* yaml_findings.c - where in a text something stands, and findings about it. At most FINDINGS_MAX of a file
 * are passed on, and nothing of it that could move a terminal's cursor. */
#include "book/yaml.h"

#include <stdarg.h>

static struct bytes line_at(struct bytes text, size_t position)
{
    size_t from = position < text.length ? position : text.length, until = from;
    while (from > 0 && text.data[from - 1] != '\n')
        from--;
    while (until < text.length && text.data[until] != '\n' && text.data[until] != '\r')
        until++;
    return (struct bytes){ text.data + from, until - from };
}

static int32_t line_number(struct bytes text, size_t position)
{
    int32_t line = 1;
    for (size_t i = 0; i < position && i < text.length; i++)
        line += text.data[i] == '\n';
    return line;
}

static int32_t column_number(struct bytes line, size_t bytes_before)
{
    int32_t column = 1;
    for (size_t i = 0; i < bytes_before && i < line.length; i++)
        column += ((unsigned char)line.data[i] & 0xC0) != 0x80;
    return column;
}

/* Nothing of a file may move a terminal's cursor. */
void yaml_make_printable(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at; at++) {
        bool second_set = at[0] == 0xC2 && at[1] >= 0x80 && at[1] < 0xA0; /* U+0080..009F */
        if ((*at < 0x20 && *at != '\t') || *at == 0x7F)
            *at = '?';
        else if (second_set)
            at[0] = at[1] = '?';
    }
}

static void pass(struct yaml_document *document, bool has_place, size_t position, enum finding_code code,
                 const char *message)
{
    const char *text = finding_code_at((size_t)code);
    bool error = text[0] == 'E';
    enum finding_severity severity = error ? FINDING_ERROR : text[0] == 'W' ? FINDING_WARNING : FINDING_NOTE;
    if (!error && !document->wants_warnings)
        return;
    int32_t *count = error ? &document->errors_count : &document->warnings_count;
    if (++*count > FINDINGS_MAX + 1)
        return;
    if (*count == FINDINGS_MAX + 1) {
        struct finding many = { error ? FINDING_ERROR : FINDING_WARNING,
                                document->name,
                                0,
                                0,
                                finding_code_at(FINDING_MANY),
                                "there are more, which are not shown",
                                NULL };
        document->sink(document->context, &many);
        return;
    }
    struct finding finding = { .severity = severity,
                               .file = document->name,
                               .code = text,
                               .message = message };
    char source[1024];
    if (has_place) {
        struct bytes line = line_at(document->text, position);
        snprintf(source, sizeof(source), "%.*s", BYTES_ARGS(line));
        yaml_make_printable(source);
        finding.line = line_number(document->text, position);
        finding.column = column_number(line, (size_t)(document->text.data + position - line.data));
        finding.source = source;
    }
    document->sink(document->context, &finding);
}

void yaml_report(struct yaml_document *document, const struct yaml_node *node, enum finding_code code,
                 const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    yaml_make_printable(message);
    pass(document, node != NULL, node ? node->position : 0, code, message);
}

void yaml_report_at(struct yaml_document *document, size_t position, enum finding_code code,
                    const char *message)
{
    pass(document, true, position, code, message);
}

int32_t yaml_line(const struct yaml_document *document, const struct yaml_node *node)
{
    if (!node || yaml_is_full(document)) /* counting lines takes time */
        return 0;
    return line_number(document->text, node->position);
}

void yaml_place(struct yaml_document *document, const struct yaml_node *node, int32_t *ret_line,
                int32_t *ret_column)
{
    struct bytes line = line_at(document->text, node->position);
    if (node->position < document->counted_until)
        document->counted_until = 0, document->counted_lines = 0;
    for (; document->counted_until < node->position; document->counted_until++)
        document->counted_lines += document->text.data[document->counted_until] == '\n';
    *ret_line = document->counted_lines + 1;
    *ret_column = column_number(line, (size_t)(document->text.data + node->position - line.data));
}
