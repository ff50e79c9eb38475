/* book_reader.h - the bundle book and the reference file as plain structs, or every mistake with its place
 * (§13).
 * Owner:   the returned struct owns everything it points to (one arena); free it with its _free.
 * Errors:  NULL, and the sink got at least one finding with severity ERROR.
 * Threads: reading: one at a time; what was read is constant. */
#ifndef BUNDELWACHT_BOOK_BOOK_READER_H
#define BUNDELWACHT_BOOK_BOOK_READER_H

#include "engine/book.h"
#include "engine/reference.h"

/* By the letter of the code: E, W, N. A note says what the book means, and is nothing to mend. */
enum finding_severity { FINDING_ERROR, FINDING_WARNING, FINDING_NOTE };
struct finding {
    enum finding_severity severity;
    const char *file;
    int32_t line, column; /* from 1; 0 when the file as a whole is meant */
    const char *code;     /* such as "E012"; explained by `bundelwacht help CODE` */
    const char *message;  /* lower case, no full stop */
    const char *source;   /* the line of the file, or NULL */
};
typedef void finding_sink(void *context, const struct finding *finding);
/* file:line:column: error: message [code], the source line and a caret below it. */
void finding_print(void *stream, const struct finding *finding); /* a finding_sink; stream is a FILE * */
/* What a code means and what to do, some sentences; NULL for a code that does not exist. */
const char *finding_explanation(const char *code);
/* All codes in order, for a list; NULL past the last. */
const char *finding_code_at(size_t index);

const struct book *book_read(const char *path, finding_sink *sink, void *context); /* errors only */
/* warnings too, of what is merely odd */
const struct book *book_check(const char *path, finding_sink *sink, void *context);
const struct book *book_read_text(const char *name, struct bytes text, finding_sink *sink, void *context);
void book_free(const struct book *book);
struct bytes book_source(const struct book *book); /* as it was read; as long as the book */
uint64_t book_hash(const struct book *book); /* of its text; part of the commit metadata (design §2) */

const struct reference *reference_read(const char *path, finding_sink *sink, void *context);
/* warnings too, of what does not fit the book; without one (NULL) there are none */
const struct reference *reference_check(const char *path, const struct book *book, finding_sink *sink,
                                        void *context);
const struct reference *reference_read_text(const char *name, struct bytes text, finding_sink *sink,
                                            void *context);
void reference_free(const struct reference *reference);
struct bytes reference_source(const struct reference *reference); /* null for NULL */
uint64_t reference_hash(const struct reference *reference); /* 0 for NULL */

#endif
