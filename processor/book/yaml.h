/* yaml.h - a strict reading of YAML 1.2: plain trees with the place of every node, and values that can be
 * read in one way only.
 * Owner:   everything lives in the arena of the document; nodes and their texts until it is released.
 * Units:   positions in bytes from the start of the text; lines and columns (characters) from 1.
 * Errors:  whatever is wrong goes to the sink as a finding, and a value that cannot be read comes back as its
 * default, so that one
 *          reading finds all mistakes. Ask document->errors_count in the end. Anchors, aliases, tags, a key
 *          given twice, a second
 *          document, bytes that are not UTF-8 are refused.
 * Threads: one. */
#ifndef BUNDELWACHT_BOOK_YAML_H
#define BUNDELWACHT_BOOK_YAML_H

#include "base/arena.h"
#include "base/limits.h"
#include "book/book_reader.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    bool quoted;         /* or a block scalar: its text is text whatever it looks like */
    struct bytes text;   /* of a scalar; in UTF-8, terminated by a zero behind its length */
    struct bytes key;    /* under which it stands, or its list does; for messages */
    size_t position;
    size_t count;
    const struct yaml_entry *entries; /* of a map, in the order of the file */
    const struct yaml_node *items;    /* of a list */
};
struct yaml_entry {
    struct yaml_node key, value;
};

/* The codes of finding.def. */
enum finding_code {
#define FINDING(name, code, explanation) FINDING_##name,
#include "book/finding.def"
#undef FINDING
    FINDING_CODES_COUNT
};

struct yaml_document {
    const char *name; /* of the file */
    struct bytes text;
    struct arena *arena;
    finding_sink *sink;
    void *context;
    bool wants_warnings; /* else only errors are passed on */
    int32_t errors_count, warnings_count;
    size_t counted_until; /* where yaml_place stopped counting lines, */
    int32_t counted_lines; /* and how many ended before */
};

#define FINDINGS_MAX 50 /* shown of one file */

/* Enough errors were found: a loop over many entries may end, since nobody will see more. */
static inline bool yaml_is_full(const struct yaml_document *document)
{
    return document->errors_count > FINDINGS_MAX;
}

/* The root, always a map; NULL when the text is not one document of YAML. `document` has name, arena, sink
 * and context. */
const struct yaml_node *yaml_parse(struct yaml_document *document, struct bytes text);
/* The text of a file into the document's arena; false after a finding. */
bool yaml_read_file(struct yaml_document *document, const char *path, struct bytes *ret_text);

/* A finding at a node (NULL: the file as a whole). The severity is that of the code's first letter. */
__attribute__((format(printf, 4, 5))) void yaml_report(struct yaml_document *document,
                                                       const struct yaml_node *node, enum finding_code code,
                                                       const char *format, ...);
/* The same at a byte of the text. */
void yaml_report_at(struct yaml_document *document, size_t position, enum finding_code code,
                    const char *message);
/* In place: control characters of a file become question marks. */
void yaml_make_printable(char *text);
/* The line and column of a node. Quick when asked in the order of the text. */
void yaml_place(struct yaml_document *document, const struct yaml_node *node, int32_t *ret_line,
                int32_t *ret_column);
/* The line of a node, for messages that name a second place; 0 for NULL. */
int32_t yaml_line(const struct yaml_document *document, const struct yaml_node *node);

/* --- maps: a table of keys, and a struct of node pointers that it fills --- */

struct yaml_key {
    const char *name;
    bool required;
    size_t offset; /* of a `const struct yaml_node *` in the struct of values */
};
#define YAML_NEEDS(type, key) { #key, true, offsetof(struct type, key) }
#define YAML_MAY(type, key) { #key, false, offsetof(struct type, key) }
/* Sets the value of every key that is there, NULL for the others; reports a node that is no map, unknown keys
 * ("did you mean") and missing ones. `what` names the map in messages. False when it is no map. */
bool yaml_keys(struct yaml_document *document, const struct yaml_node *node, const char *what,
               const struct yaml_key *keys, size_t keys_count, void *ret_values);

/* --- values. A NULL node is an absent key, whose default comes back without a finding. --- */

int64_t yaml_whole(struct yaml_document *document, const struct yaml_node *node, int64_t min, int64_t max,
                   int64_t absent);
/* Cents, with a message that speaks of money. */
int64_t yaml_cents(struct yaml_document *document, const struct yaml_node *node, int64_t max, int64_t absent);
bool yaml_boolean(struct yaml_document *document, const struct yaml_node *node, bool absent);
/* 2026-03-12, in quotes or not, or its midnight in UTC. */
int32_t yaml_day(struct yaml_document *document, const struct yaml_node *node, int32_t absent);
/* A date that a program has written as its midnight in UTC. */
bool yaml_is_midnight(const struct yaml_node *node);
/* One of the words; its index. */
int yaml_word(struct yaml_document *document, const struct yaml_node *node, const struct bytes *words,
              size_t words_count, int absent);
/* Text as it is written, unless it is plain and both YAML 1.1 and 1.2 take it for something else; BYTES_NULL
 * otherwise. A warning when only 1.2 does. */
struct bytes yaml_text(struct yaml_document *document, const struct yaml_node *node);
/* Text as it is written, unless it is plain and YAML 1.1 takes it for something else. A warning as above. */
struct bytes yaml_code(struct yaml_document *document, const struct yaml_node *node);
/* An explicit or empty null. */
bool yaml_is_null(const struct yaml_node *node);
/* False after a finding when the node is not a list, or has more than `max` items. NULL is false, without a
 * finding. */
bool yaml_is_list(struct yaml_document *document, const struct yaml_node *node, size_t max);

/* --- words --- */

/* A whole number as the strict form of E013 has it. */
bool whole_from_text(struct bytes text, int64_t *ret_number);
/* The nearest of some names in `best`, null when none is near enough to be meant: suggest_init, then
 * suggest_try with each name. */
struct suggestion {
    struct bytes wanted, best;
    unsigned distance;
};
struct suggestion suggest_init(struct bytes wanted);
void suggest_try(struct suggestion *suggestion, struct bytes name);
/* `, did you mean "x"?` or an empty text, into a buffer of the caller. */
#define SUGGESTION_BYTES 112
const char *suggest_text(const struct suggestion *suggestion, char text[SUGGESTION_BYTES]);

/* A text for a message: at most 48 bytes of it, in quotes. */
#define QUOTED_BYTES 64
const char *quoted(struct bytes text, char ret_text[QUOTED_BYTES]);

#endif
