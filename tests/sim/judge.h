/* judge.h - what must come out: each partition folded undisturbed, under the book that the group's commits
 * say; and what a read_committed reader sees, compared with it.
 * Owner:   one judge per process, judge_begin to judge_end.
 * Errors:  none returned: what is wrong ends the process with a sentence (sim_fail).
 * Threads: one.
 *
 * The judge takes from the commits that became true only what the design says that they decide: which book,
 * and since which offset. What is visible it takes from the reader, who may see outputs whose offsets never
 * became true.
 *
 * What it may assume when markers get lost, and what not:
 * - What has become true stays true: of the commits whose marker came, none is before an earlier one, and
 * none names an older book. The
 *   group "goes back" only for whoever thought of a commit as done whose marker never came; the judge hears
 *   of that one only if it does.
 * - A commit can be passed over: its offsets are replaced by the next ones of the same producer before any
 * marker. So the first commit that
 *   names a book may be behind `since`, and that a change was done need not be said by a commit of its own.
 * - The claim cannot be passed over: nothing is sent before it was read back. So what is visible was decided
 * under a book that a commit
 *   has named before, at the latest when it is seen; and no book holds since an offset before what is
 *   visible under the one before it.
 * - The offset that a commit names says nothing of which outputs are visible: the reader may be behind it
 * (they hang) or ahead of it. But
 *   at rest both are complete.
 * Without lost markers no commit is passed over, and the judge is as strict as that (markers_get_lost). */
#ifndef BUNDELWACHT_TESTS_SIM_JUDGE_H
#define BUNDELWACHT_TESTS_SIM_JUDGE_H

#include "base/hash.h"
#include "codec/decoder.h"
#include "engine/book.h"
#include "stream/consumer.h"

#define JUDGE_BOOKS_MAX 4

struct judge_options {
    /* the older first; a partition never goes back to an older one */
    const struct book *books[JUDGE_BOOKS_MAX];
    size_t books_count;
    const struct schema_set *schemas;
    bool last_sees_more; /* the last book could accept lines that the one before would not keep */
    bool markers_get_lost;
};

void judge_begin(const struct judge_options *options);
void judge_end(void);
/* For sim_on_commit. */
void judge_commit(int32_t partition, const struct position *position);
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
