/* yaml_values.c - nodes of a tree as values that can be read in one way only: maps by a table of keys,
 * numbers, days, words, texts. */
#include "book/yaml.h"
#include "book/yaml_types.h"

#include "base/must.h"
#include "engine/calendar.h"

/* --- maps --- */

static const char *kind_text(const struct yaml_node *node, char text[QUOTED_BYTES])
{
    if (node->kind == YAML_LIST)
        return "a list";
    if (node->kind == YAML_MAP)
        return "a map";
    if (yaml_is_null(node))
        return "nothing";
    return quoted(node->text, text);
}

/* `max_age` in messages; a list's items carry the key of the list. */
static const char *key_text(const struct yaml_node *node, char text[QUOTED_BYTES])
{
    if (bytes_is_null(node->key))
        return "the file";
    snprintf(text, QUOTED_BYTES, "%.*s", node->key.length > 48 ? 48 : (int)node->key.length, node->key.data);
    return text;
}

static void report_kind(struct yaml_document *document, const struct yaml_node *node, enum finding_code code,
                        const char *wanted)
{
    char key[QUOTED_BYTES], kind[QUOTED_BYTES];
    yaml_report(document, node, code, "%s must be %s, not %s", key_text(node, key), wanted,
                kind_text(node, kind));
}

static const struct yaml_key *find_key(const struct yaml_key *keys, size_t keys_count, struct bytes name)
{
    for (size_t i = 0; i < keys_count; i++)
        if (bytes_equal(bytes_of(keys[i].name), name))
            return &keys[i];
    return NULL;
}

bool yaml_keys(struct yaml_document *document, const struct yaml_node *node, const char *what,
               const struct yaml_key *keys, size_t keys_count, void *ret_values)
{
    char name[QUOTED_BYTES], meant[SUGGESTION_BYTES];
    for (size_t i = 0; i < keys_count; i++)
        memset((char *)ret_values + keys[i].offset, 0, sizeof(struct yaml_node *));
    if (!node)
        return false;
    if (node->kind != YAML_MAP) {
        yaml_report(document, node, FINDING_TYPE, "%s must be a map of keys, not %s", what,
                    kind_text(node, name));
        return false;
    }
    for (size_t i = 0; i < node->count && !yaml_is_full(document); i++) {
        const struct yaml_node *key = &node->entries[i].key, *value = &node->entries[i].value;
        const struct yaml_key *known = find_key(keys, keys_count, key->text);
        if (known) {
            memcpy((char *)ret_values + known->offset, &value, sizeof(value));
            continue;
        }
        struct suggestion suggestion = suggest_init(key->text);
        for (size_t k = 0; k < keys_count; k++)
            suggest_try(&suggestion, bytes_of(keys[k].name));
        yaml_report(document, key, FINDING_KEY_UNKNOWN, "%s has no key %s%s", what, quoted(key->text, name),
                    suggest_text(&suggestion, meant));
    }
    for (size_t i = 0; i < keys_count; i++) {
        const struct yaml_node *value;
        memcpy(&value, (char *)ret_values + keys[i].offset, sizeof(value));
        if (keys[i].required && !value)
            yaml_report(document, node, FINDING_KEY_MISSING, "%s needs the key \"%s\"", what, keys[i].name);
    }
    return true;
}

/* --- values --- */

bool yaml_is_null(const struct yaml_node *node)
{
    if (node->kind != YAML_SCALAR || node->quoted)
        return false;
    return node->text.length == 0 || bytes_equal(node->text, BYTES("null")) ||
           bytes_equal(node->text, BYTES("~")) || bytes_equal(node->text, BYTES("Null")) ||
           bytes_equal(node->text, BYTES("NULL"));
}

bool whole_from_text(struct bytes text, int64_t *ret_number)
{
    bool minus = text.length > 0 && text.data[0] == '-';
    size_t at = minus, digits = text.length - minus;
    if (digits == 0 || digits > 18 || (text.data[at] == '0' && (digits > 1 || minus)))
        return false;
    int64_t number = 0;
    for (; at < text.length; at++) {
        if (text.data[at] < '0' || text.data[at] > '9')
            return false;
        number = number * 10 + (text.data[at] - '0');
    }
    *ret_number = minus ? -number : number;
    return true;
}

/* What a reader of YAML, old or new, would take for a number: it begins like one and has only what numbers
 * have. */
static bool looks_like_number(struct bytes text)
{
    size_t at = text.length > 0 && (text.data[0] == '-' || text.data[0] == '+');
    if (at < text.length && text.data[at] == '.' && at + 1 < text.length)
        at++;
    if (at >= text.length || text.data[at] < '0' || text.data[at] > '9')
        return false;
    if (text.data[at] == '0' && at + 1 < text.length &&
        (text.data[at + 1] == 'x' || text.data[at + 1] == 'o'))
        return true;
    for (; at < text.length; at++)
        if (!strchr("0123456789.,_eE+-", text.data[at]) || text.data[at] == '\0')
            return false;
    return true;
}

int64_t yaml_whole(struct yaml_document *document, const struct yaml_node *node, int64_t min, int64_t max,
                   int64_t absent)
{
    int64_t number;
    char key[QUOTED_BYTES], text[QUOTED_BYTES], wanted[96];
    if (!node)
        return absent;
    bool only_quotes = node->kind == YAML_SCALAR && node->quoted && whole_from_text(node->text, &number);
    snprintf(wanted, sizeof(wanted), "a whole number from %lld to %lld%s", (long long)min, (long long)max,
             only_quotes ? " without quotes" : "");
    if (node->kind != YAML_SCALAR || node->quoted || yaml_is_null(node)) {
        report_kind(document, node, FINDING_TYPE, wanted);
        return absent;
    }
    if (!whole_from_text(node->text, &number)) {
        bool digits = node->text.length > 0 && strspn(node->text.data, "-0123456789") == node->text.length &&
                      node->text.length > 18;
        report_kind(document, node,
                    digits                          ? FINDING_BOUNDS
                    : looks_like_number(node->text) ? FINDING_NUMBER_FORM
                                                    : FINDING_TYPE,
                    wanted);
        return absent;
    }
    if (number < min || number > max) {
        yaml_report(document, node, FINDING_BOUNDS, "%s must be from %lld to %lld, not %s",
                    key_text(node, key), (long long)min, (long long)max, quoted(node->text, text));
        return absent;
    }
    return number;
}

int64_t yaml_cents(struct yaml_document *document, const struct yaml_node *node, int64_t max, int64_t absent)
{
    int64_t number;
    if (node && node->kind == YAML_SCALAR && !node->quoted && !whole_from_text(node->text, &number) &&
        looks_like_number(node->text)) {
        report_kind(document, node, FINDING_MONEY, "whole cents (1450000 is 14,500 euros)");
        return absent;
    }
    return yaml_whole(document, node, 0, max, absent);
}

bool yaml_boolean(struct yaml_document *document, const struct yaml_node *node, bool absent)
{
    if (!node)
        return absent;
    if (node->kind == YAML_SCALAR && !node->quoted && bytes_equal(node->text, BYTES("true")))
        return true;
    if (node->kind == YAML_SCALAR && !node->quoted && bytes_equal(node->text, BYTES("false")))
        return false;
    bool only_quotes = node->kind == YAML_SCALAR && node->quoted &&
                       (bytes_equal(node->text, BYTES("true")) || bytes_equal(node->text, BYTES("false")));
    report_kind(document, node, FINDING_TYPE, only_quotes ? "true or false without quotes" : "true or false");
    return absent;
}

/* Programs that take a date for a moment write it back as midnight UTC: 2026-03-12T00:00:00Z (Go),
 * 2026-03-12T00:00:00.000Z (js-yaml). That is the date. */
static struct bytes day_written(struct bytes text)
{
    struct bytes behind = { text.data + DAY_TEXT_BYTES, text.length - DAY_TEXT_BYTES };
    if (text.length <= DAY_TEXT_BYTES || !bytes_begin_with(behind, BYTES("T00:00:00")))
        return text;
    size_t at = strlen("T00:00:00");
    if (behind.data[at] == '.' && behind.data[at + 1] == '0')
        at += 1 + strspn(behind.data + at + 1, "0");
    bool midnight = at + 1 == behind.length && behind.data[at] == 'Z';
    return midnight ? (struct bytes){ text.data, DAY_TEXT_BYTES } : text;
}

bool yaml_is_midnight(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && day_written(node->text).length < node->text.length;
}

int32_t yaml_day(struct yaml_document *document, const struct yaml_node *node, int32_t absent)
{
    int32_t day;
    if (!node)
        return absent;
    if (node->kind != YAML_SCALAR || yaml_is_null(node)) {
        report_kind(document, node, FINDING_TYPE, "a date such as 2026-03-12");
        return absent;
    }
    if (day_from_text(day_written(node->text), &day))
        return day;
    char key[QUOTED_BYTES], text[QUOTED_BYTES];
    bool form = node->text.length == DAY_TEXT_BYTES &&
                strspn(node->text.data, "0123456789-") == DAY_TEXT_BYTES && node->text.data[4] == '-';
    yaml_report(document, node, FINDING_DATE,
                form ? "%s: the date %s does not exist" : "%s: a date is written YYYY-MM-DD, not %s",
                key_text(node, key), quoted(node->text, text));
    return absent;
}

int yaml_word(struct yaml_document *document, const struct yaml_node *node, const struct bytes *words,
              size_t words_count, int absent)
{
    char key[QUOTED_BYTES], text[QUOTED_BYTES], meant[SUGGESTION_BYTES], list[320] = "";
    if (!node)
        return absent;
    for (size_t i = 0; node->kind == YAML_SCALAR && i < words_count; i++)
        if (bytes_equal(node->text, words[i]))
            return (int)i;
    for (size_t i = 0, at = 0; i < words_count && at < sizeof(list); i++) {
        int wrote =
            snprintf(list + at, sizeof(list) - at, "%s%.*s", i == 0 ? "" : ", ", BYTES_ARGS(words[i]));
        at += (size_t)wrote;
    }
    struct suggestion suggestion = suggest_init(node->kind == YAML_SCALAR ? node->text : BYTES_NULL);
    for (size_t i = 0; i < words_count; i++)
        suggest_try(&suggestion, words[i]);
    yaml_report(document, node,
                node->kind == YAML_SCALAR && !yaml_is_null(node) ? FINDING_WORD : FINDING_TYPE,
                "%s must be one of %s, not %s%s", key_text(node, key), list, kind_text(node, text),
                suggest_text(&suggestion, meant));
    return absent;
}

/* What some readers of YAML would take for a number is the text that stands there, and worth a word: the next
 * program that writes the book may write the number. */
static struct bytes plain_text(struct yaml_document *document, const struct yaml_node *node)
{
    char key[QUOTED_BYTES], text[QUOTED_BYTES];
    if (!yaml_1_2_is_string(node->text))
        yaml_report(document, node, FINDING_PLAIN_NUMBER,
                    "%s: %s without quotes is a number in YAML 1.2 and JSON",
                    key_text(node, key), quoted(node->text, text));
    return node->text;
}

struct bytes yaml_text(struct yaml_document *document, const struct yaml_node *node)
{
    if (!node)
        return BYTES_NULL;
    if (node->kind == YAML_SCALAR && node->quoted)
        return node->text;
    if (node->kind == YAML_SCALAR && (yaml_1_1_is_string(node->text) || yaml_1_2_is_string(node->text)))
        return plain_text(document, node);
    report_kind(document, node, FINDING_TYPE,
                node->kind == YAML_SCALAR && !yaml_is_null(node) ? "text in quotes" : "text");
    return BYTES_NULL;
}

struct bytes yaml_code(struct yaml_document *document, const struct yaml_node *node)
{
    if (!node)
        return BYTES_NULL;
    if (node->kind == YAML_SCALAR && node->quoted)
        return node->text;
    if (node->kind == YAML_SCALAR && yaml_1_1_is_string(node->text))
        return plain_text(document, node);
    if (node->kind == YAML_SCALAR && !yaml_is_null(node)) {
        char key[QUOTED_BYTES], text[QUOTED_BYTES];
        yaml_report(document, node, FINDING_CODE_QUOTES, "%s: this code needs quotes: %s",
                    key_text(node, key), quoted(node->text, text));
    } else {
        report_kind(document, node, FINDING_TYPE, "a code in quotes");
    }
    return BYTES_NULL;
}

bool yaml_is_list(struct yaml_document *document, const struct yaml_node *node, size_t max)
{
    char key[QUOTED_BYTES];
    if (!node)
        return false;
    if (node->kind != YAML_LIST) {
        report_kind(document, node, FINDING_TYPE, "a list");
        return false;
    }
    if (node->count > max) {
        yaml_report(document, node, FINDING_SIZE, "%s has %zu entries, more than %zu", key_text(node, key),
                    node->count, max);
        return false;
    }
    return true;
}
