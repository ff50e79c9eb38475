/* judge.h - what must come out: each partition folded undisturbed, under the book that the group's commits say; and what a read_committed
 * reader sees, compared with it.
 * Owner:   one judge per process, judge_begin to judge_end.
 * Errors:  none returned: what is wrong ends the process with a sentence (sim_fail).
 * Threads: one.
 *
 * The judge takes from the commits only what the design says that they decide: which book, and up to which offset. From the first commit
 * that names another book, the rules changed at the offset that was committed before it. */
#ifndef BUNDELWACHT_TESTS_SIM_JUDGE_H
#define BUNDELWACHT_TESTS_SIM_JUDGE_H

#include "base/hash.h"
#include "codec/decoder.h"
#include "engine/book.h"
#include "stream/consumer.h"

#define JUDGE_BOOKS_MAX 4

struct judge_options {
    const struct book *books[JUDGE_BOOKS_MAX]; /* the older first; a partition never goes back to an older one */
    size_t books_count;
    const struct schema_set *schemas;
    bool last_sees_more; /* the last book could accept lines that the one before would not keep */
};

void judge_begin(const struct judge_options *options);
void judge_end(void);
/* For sim_on_commit. */
void judge_commit(int32_t partition, const struct place *place);
/* A prefix so far? */
void judge_look(void);
/* Everything is committed, under the last book, and everything that must come out was seen. */
bool judge_is_satisfied(void);
/* What is still missing, as a sentence. */
void judge_say_missing(char *text, size_t size);
/* At rest: the state of that partition has this digest. */
void judge_digest(int32_t partition, struct hash128 digest);
int64_t judge_changes_count(void); /* of rules, in all worlds */
int64_t judge_outputs_count(void);

#endif
