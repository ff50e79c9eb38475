/* explained.h - the parts of `bundelwacht explain`: what was read of one person, and the pages that are made
 * of it.
 * Owner:   struct explained owns everything it points to but book and reference; a page borrows its arena.
 * Units:   days, cents, columns of a terminal.
 * Threads: the main thread.
 *
 * Nothing is decided here: the reasons come from engine/explain.h. */
#ifndef BUNDELWACHT_EXPLAIN_EXPLAINED_H
#define BUNDELWACHT_EXPLAIN_EXPLAINED_H

#include "engine/engine.h"
#include "engine/explain.h"
#include "explain/explain.h"
#include "explain/sentences.h"
#include "pipeline/replay_input.h"

/* --- what was read --- */

struct explain_options {
    const struct book *book;
    const struct reference *reference; /* or NULL */
    struct bytes insured;
    struct bytes declaration, episode, why_not; /* at most one is not null */
    bool has_as_of;
    int32_t as_of;
    struct replay_input_options input;
    enum partitioner partitioner;
};

/* A record of the person, in the order of the input. */
struct explained_record {
    struct declaration declaration;
    const char *source;
    int64_t offset;
    const char *dead_letter; /* its reason, or NULL */
};

struct explained {
    const struct explain_options *options;
    struct arena arena;
    struct engine *engine;
    struct explained_record *records;
    size_t records_count, records_capacity;
    int64_t read, unreadable; /* records of the inputs; those of which nobody knows whose they are */
    struct output *outputs;   /* all that were sent about the person, in their order */
    size_t outputs_count, outputs_capacity;
    struct history history;
    struct explanation explanation;
    struct line *const *lines; /* that are kept, as the history has them */
    int32_t as_of;
};

enum explain_end explained_read(struct explained *explained, const struct explain_options *options,
                                char *ret_error, size_t error_size);
void explained_release(struct explained *explained);

/* What was sent last under each key, in the order of keys; in the arena. */
const struct output **explained_last(const struct explained *explained, struct arena *arena,
                                     enum output_kind kind, size_t *ret_count);
/* The line of the history with that id, or NULL. */
const struct placed *explained_line(const struct explained *explained, struct bytes declaration_id);
const struct lane *explained_lane(const struct explained *explained, int32_t insurer); /* or NULL */

/* --- how it is printed --- */

enum { PAGE_COLUMNS = 120 };
enum page_colour { PAGE_PLAIN, PAGE_BOLD, PAGE_GREEN, PAGE_YELLOW, PAGE_RED, PAGE_FAINT };

struct page {
    struct arena arena; /* of the texts that are being put together */
    bool colour;
};

struct text page_text(struct page *page);
/* One line as it stands. */
void page_row(struct page *page, enum page_colour colour, struct text *text);
/* A paragraph of at most PAGE_COLUMNS, broken at spaces, with what follows its first line two columns further
 * in. */
void page_say(struct page *page, size_t indent, struct text *text);
void page_say_in(struct page *page, enum page_colour colour, size_t indent, struct text *text);
void page_title(struct page *page, const char *title); /* an empty line and a title in bold */
size_t text_columns(struct bytes bytes);               /* of UTF-8, one for each character */
void text_pad_to(struct text *text, size_t columns);   /* spaces up to that column, none when it is past */
void text_add_status(struct text *text, uint8_t status, uint8_t reason);
/* 14,500.00 without EUR, to the right */
void text_add_amount(struct text *text, int64_t cents, size_t columns);

/* --- pages; false with a sentence on stderr when what they are asked about does not exist --- */

void explain_timeline(const struct explained *explained, struct page *page);
bool explain_declaration(const struct explained *explained, struct page *page);
bool explain_episode(const struct explained *explained, struct page *page);
bool explain_why_not(const struct explained *explained, struct page *page);

/* Of the page of a line: of a credit, and of a debit that is taken back. */
void explain_credit(const struct explained *explained, struct page *page, const struct placed *credit);
void explain_release(const struct explained *explained, struct page *page, const struct placed *release);
void explain_credited(const struct explained *explained, struct page *page, const struct placed *placed);
/* What both pages of a line and of an episode say. */
void explain_opener(const struct explained *explained, struct page *page, size_t indent,
                    const struct opener *opener);
/* the first one under the title */
void explain_alert(struct page *page, bool *any, const char *title, const struct alert *alert);
/* Those raised about an episode, or about a line; null: any. */
void explain_alerts(const struct explained *explained, struct page *page, struct bytes episode,
                    struct bytes declaration_id);
/* The sentence that ends with what there is instead: at most 20 names. */
void explain_say_names(const char *what, struct bytes wanted, const struct bytes names[], size_t count);

#endif
