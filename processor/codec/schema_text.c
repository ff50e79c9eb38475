#include "codec/output_codec.h"

#include "base/must.h"

/* The files as they stand, byte for byte: the text that consumers and registries get is the text in
 * schemas/. */
#define HIDDEN __attribute__((visibility("hidden")))
#define EMBED(symbol, file)                            \
    __asm__(".section .rodata\n"                       \
            #symbol "_begin:\n"                        \
            ".incbin \"" SCHEMAS_DIR "/" file "\"\n"   \
            #symbol "_end:\n"                          \
            ".previous\n");                            \
    extern const char symbol##_begin[] HIDDEN, symbol##_end[] HIDDEN

EMBED(schema_text_declaration, "declaration.avsc");
EMBED(schema_text_decision, "decision.avsc");
EMBED(schema_text_episode, "episode.avsc");
EMBED(schema_text_alert, "alert.avsc");
EMBED(schema_text_dead_letter, "dead-letter.avsc");

struct bytes schema_text(enum schema_name name)
{
#define TEXT_OF(symbol) { symbol##_begin, (size_t)(symbol##_end - symbol##_begin) }
    const struct bytes texts[SCHEMA_COUNT] = {
        [SCHEMA_DECLARATION] = TEXT_OF(schema_text_declaration),
        [SCHEMA_DECISION] = TEXT_OF(schema_text_decision),
        [SCHEMA_EPISODE] = TEXT_OF(schema_text_episode),
        [SCHEMA_ALERT] = TEXT_OF(schema_text_alert),
        [SCHEMA_DEAD_LETTER] = TEXT_OF(schema_text_dead_letter),
    };
    must(name < SCHEMA_COUNT);
    return texts[name];
}
