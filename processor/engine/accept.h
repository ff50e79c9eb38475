/* accept.h - one declaration: known or new, remembered by its identity alone or kept with its person (§2).
 * Owner:   nothing of the declaration is borrowed afterwards; outputs as in engine.h.
 * Errors:  none; declaration_check has been asked.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_ACCEPT_H
#define BUNDELWACHT_ENGINE_ACCEPT_H

#include "engine/engine.h"

/* The clock has been moved, and has sent what it changes. `as_of_before`: of the record before, when what is
 * known was decided. */
void declaration_accept(struct engine *engine, const struct declaration *declaration, int32_t as_of_before,
                        struct outputs *outputs);

#endif
