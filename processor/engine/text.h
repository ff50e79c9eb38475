/* text.h - text put together in an arena: keys, subjects and the sentences of alerts.
 * Owner:   the arena.
 * Threads: with its arena. */
#ifndef BUNDELWACHT_ENGINE_TEXT_H
#define BUNDELWACHT_ENGINE_TEXT_H

#include "base/arena.h"

struct text {
    struct arena *arena;
    char *data;
    size_t length, capacity;
};

struct text text_begin(struct arena *arena);
void text_add(struct text *text, struct bytes bytes); /* null adds nothing */
void text_add_number(struct text *text, int64_t number);
void text_add_day(struct text *text, int32_t day);
void text_add_euros(struct text *text, int64_t cents);      /* EUR 14,500.00 */
void text_add_permille(struct text *text, int64_t permille); /* 80%, 102.5% */
struct bytes text_end(struct text *text);

#define TEXT_ADD(text, literal) text_add((text), BYTES(literal))

#endif
