#!/usr/bin/env python3
"""Plants bugs in the program, one at a time, and sees that the simulation finds each.

    plant.py --build DIRECTORY [--seeds N] [--jobs J] [--table FILE] [NAME ...]

DIRECTORY is a built release. A plant changes words in a copy of a source file; its object is linked in front
of the archives, so that nothing in processor/ knows of it. Each runs from seed 1 until a seed fails, at most
N. --table writes what was found into that file, between its two marks; only then, and with names, what fails
is shrunk. The exit code is 1 when a bug was not found, or when a text that a plant changes is no longer
there.
"""
import argparse
import concurrent.futures
import functools
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOM = "processor/pipeline/"
# What a worker is made of: the files that a changed header is compiled into.
WORKERS = ("partition", "worker", "commit", "assignment", "takeover", "restoring", "checkpointing",
"checkpoint_thread",
           "book_change", "window", "unconfirmed", "visible", "hanging", "touching", "resolve", "same_log")
BEGIN, END = "<!-- plants begin -->", "<!-- plants end -->"

# name, what is wrong then, [(file in processor/pipeline or a path, old words, new words)]
PLANTS = [
    # --- markers that are lost, or late (the names of EXACTLY-ONCE.md) ---
    ("touch_without_comparison", "what hangs is ended, and nobody looks afterwards what of it is visible", [
        ("takeover.c", "    unconfirmed_take_back(&partition->unconfirmed, &partition->outbox);\n",
         "    if (partition->outbox.count == 0 && position->offset == partition->next) {\n"
         "        unconfirmed_release(&partition->unconfirmed);\n"
         "        found_release(&partition->found);\n"
         "        for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {\n"
         "            partition->window.topics[topic].seen = partition->rest.end[topic];\n"
         "            partition->window.topics[topic].have = partition->window.made.counts[topic];\n"
         "        }\n"
         "        return TAKEN_OVER;\n"
         "    }\n"
         "    unconfirmed_take_back(&partition->unconfirmed, &partition->outbox);\n")]),
    ("abort_keeps_producer", "after an abort the same producer sends again", [
        ("commit.c", "{ step_abort,    COMMIT_REPLACE,  COMMIT_REPLACE,",
         "{ step_abort,    COMMIT_DOUBT,    COMMIT_REPLACE,")]),
    ("commit_after_abort", "a commit follows the abort of a touch at once, before what it touched is stable",
     [("hanging.c", "        rest->end[end->topic] = end->end;",
       "        rest->end[end->topic] = rest->is_wanted && rest->tries > 0 ? end->stable : end->end;")]),
    ("output_before_rest", "outputs are sent to a partition in which something hangs", [
        ("hanging.c", "        rest->end[end->topic] = end->end;",
         "        rest->end[end->topic] = rest->is_wanted ? end->stable : end->end;")]),
    ("lower_offset_believed",
     "the committed offset is taken for how far the outputs are, though more of them is visible", [
         ("unconfirmed.c", "        return wanted == 0 && of->count == 0;", "        return true;"),
         ("unconfirmed.c",
          "    return (int64_t)of->count <= wanted && of->records[of->count - 1].hash.low == topic->last;",
          "    return (int64_t)of->count > wanted || of->records[of->count - 1].hash.low == topic->last;")]),
    ("have_believed", "a takeover of which the window says that all was seen reads nothing", [
        ("takeover.c", "    enum resolved resolved = resolve_read(worker, partition);\n"
         "    if (resolved == RESOLVED_NOT)\n        return TAKEN_OVER_NOT;\n    struct found found",
         "    enum resolved resolved = window_is_seen(window) ? RESOLVED_COMPLETE : resolve_read(worker, "
         "partition);\n"
         "    if (window_is_seen(window))\n        found_release(&partition->found);\n"
         "    if (resolved == RESOLVED_NOT)\n        return TAKEN_OVER_NOT;\n    struct found found")]),
    ("takeover_without_reading", "a takeover believes that all is visible that the window says was made", [
        ("resolve.c", "    if (found_is_complete(&partition->found, &partition->window)) {",
         "    if (true) {")]),
    ("all_sent_again", "everything is sent again when the last record is missing, whatever of it is there", [
        ("unconfirmed.c", "    if (of->at == of->count)\n        return MATCH_MISSING;",
         "    (void)comes_later;\n    return of->at++, MATCH_MISSING;")]),
    ("unseen_dropped", "outputs stop being unconfirmed when they are committed, not when they are seen", [
        ("unconfirmed.c", "    list->outbox = *outbox;",
         "    outbox_clear(outbox);\n    list->outbox = (struct outbox){ 0 };")]),
    ("seen_too_early", "outputs count as seen before they are stable", [
        ("visible.c", "    if (end->stable < mark->end[end->topic])\n        return false;", "")]),
    ("checkpoint_before_seen", "a checkpoint is completed before its outputs were seen", [
        ("checkpointing.c", "partition_is_in_doubt(partition) || !is_seen(partition) ||",
         "partition_is_in_doubt(partition) || (false && !is_seen(partition)) ||")]),
    ("checkpoint_before_stable", "a checkpoint is completed before the group's offset is stable",
     [("checkpointing.c", "    if (is_stable(worker, partition))", "    (void)is_stable;\n    if (worker)")]),
    ("change_without_claim", "a book takes over without a commit of offsets alone", [
        ("commit.c", "(!is_ours || (change->under_way && change->step == 0));", "(!is_ours && change);")]),
    ("claim_not_read_back", "a claim is taken for true when the commit succeeded", [
        ("assignment.c", "    } else if (is_read_back(worker)) {",
         "    } else if ((void)is_read_back, true) {")]),
    ("debts_dropped", "a revoke forgets the partitions that were written to and not seen",
     [("assignment.c", "    hanging_owe(partition);\n", "    partition->rest.is_debt = false;\n"),
      ("assignment.c", "            hanging_owe(&worker->partitions[p]);\n", "            ;\n"),
      ("partition.c",
       "    rest.is_debt = rest.is_debt || partition->unconfirmed.count > 0 || partition->outbox.count > 0;",
       "    rest.is_debt = false;")]),
    ("never_ended", "what hangs under our own id is not ended", [
        ("hanging.c", "    if (any)\n        fine = touch(", "    if (false)\n        fine = touch(")]),
    ("never_borrowed", "what hangs under the id of an instance that is gone is not ended", [
        ("hanging.c", "            touch_borrowed(worker, &worker->partitions[p]);",
         "            (void)touch_borrowed;")]),
    ("compacted_refused", "a record that compaction took away is missed", [
        ("unconfirmed.c", "(of->is_cut && of->at == 0) || comes_later(of, key);",
         "((void)comes_later, of->is_cut && of->at == 0);")]),
    # --- what was always there to be done ---
    ("doubt_sent_again", "a transaction whose end nobody knows is taken for not committed", [
        ("commit.c", "            partition_enter(&worker->partitions[p], PARTITION_IN_DOUBT);",
         "            partition_unsend(&worker->partitions[p]);"),
        ("worker.c", "    case COMMIT_IN_DOUBT:\n        assignment_doubt(worker);\n",
         "    case COMMIT_IN_DOUBT:\n")]),
    ("abort_taken_for_commit", "an aborted transaction is taken for committed", [
        ("commit.c", "{ step_abort,    COMMIT_REPLACE,  COMMIT_REPLACE,",
         "{ step_abort,    COMMIT_DONE,     COMMIT_REPLACE,")]),
    ("checkpoint_ahead", "a checkpoint is taken of what is not committed yet, and taken back by a start", [
        ("checkpointing.c", "must(partition_is_committed(partition) && !partition->job);",
         "must(!partition->job);"),
        ("checkpointing.c", "partition->job || !partition_is_committed(partition))",
         "partition->job || !partition->fold || partition->book_change.under_way)"),
        ("checkpointing.c", "    if (is_stable(worker, partition))", "    (void)is_stable;\n    if (worker)"),
        ("restoring.c", "if (file->offset > restoring->position.offset)", "if (file->offset < 0)")]),
    ("guarded_checkpoint_ahead",
     "the same, and a start leaves it out: then the log has no beginning any more",
     [("checkpointing.c", "must(partition_is_committed(partition) && !partition->job);",
       "must(!partition->job);"),
      ("checkpointing.c", "partition->job || !partition_is_committed(partition))",
       "partition->job || !partition->fold || partition->book_change.under_way)"),
      ("checkpointing.c", "    if (is_stable(worker, partition))", "    (void)is_stable;\n    if (worker)")]),
    ("position_committed", "the position of the consumer is committed, not the record that is folded next", [
        ("commit.c", "        write_position(worker, partition, position,",
         "        const struct message *taken = consumer_messages(worker->consumer);\n"
         "        if (!commit->claims_only && worker->batch_at < worker->batch_count &&\n"
         "            taken[worker->batch_count - 1].partition == p)\n"
         "            position->offset = taken[worker->batch_count - 1].offset + 1;\n"
         "        write_position(worker, partition, position,")]),
    ("last_committed", "the last record is committed, not the next one", [
        ("commit.c", "claimed_offset(partition) : partition->next };",
         "claimed_offset(partition) : partition->next > 0 ? partition->next - 1 : 0 };")]),
    ("old_book_wins", "a process with an older book takes the partition back to it", [
        ("takeover.c", "if (!same_rules && serial_compare(ours->serial, theirs->serial) < 0) {",
         "if (false) {"),
        ("takeover.c", "if (!same_rules && !serial_is_higher(ours, theirs)) {", "if (false) {")]),
    ("no_abort", "after a failure it is sent again without an abort", [
        ("commit.c", "{ step_commit,   COMMIT_DONE,     COMMIT_ABORT, ",
         "{ step_commit,   COMMIT_DONE,     COMMIT_READY, ")]),
    ("cleared_early", "what the outbox has is cleared before the commit is known", [
        ("commit.c", "    if (!transaction_commit(worker->producer, failure)) {",
         "    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {\n"
         "        outbox_clear(&worker->partitions[p].outbox);\n"
         "        partition_unsend(&worker->partitions[p]);\n"
         "    }\n"
         "    if (!transaction_commit(worker->producer, failure)) {")]),
    ("unsend_forgotten", "a new transaction does not begin at the first record of the outbox", [
        ("commit.c", "        partition_unsend(&worker->partitions[p]);\n    return transaction_begin",
         "        (void)p;\n    return transaction_begin"),
        ("takeover.c", "    partition_unsend(partition);\n    return TAKEN_OVER;",
         "    return TAKEN_OVER;")]),
    ("doubt_ignored", "a commit that had to be repeated is followed by the next one of the same producer", [
        ("commit.c", "if (!commit->doubtful && producer_breaks_count", "if (producer_breaks_count")]),
    ("not_verified", "the record before the checkpoint is not compared", [
        ("worker.c", "    partition->verifies = false;\n    if (",
         "    partition->verifies = false;\n    if (message || ")]),
    ("any_book_fits", "a checkpoint is taken whatever book it was made under", [
        ("restoring.c", "    if (!same && !before)\n        return FITS_NOT;", "    same = true;")]),
    ("ordinary_for_more",
     "any checkpoint at the change will do for a book that sees more, and a late process may write one", [
         ("checkpoint_thread.c", "    if (is_outdone(job)) {", "    if (false && is_outdone(job)) {"),
         ("restoring.c", "(!metadata->sees_more || taken.also == metadata->versions.book)", "true")]),
    ("change_not_finished", "a checkpoint from before the change is loaded, and nobody decided anew",
     [("restoring.c",
       "    bool more = restoring->metadata.step == 0;\n    restoring->restored.book_change_is_open = !more;",
       "    bool more = false;\n    restoring->restored.book_change_is_open = restoring->metadata.step > 0;")
      ]),
    ("change_doubles", "after a crash within a change its outputs are sent again without a comparison", [
        ("assignment.c",
         "    if (partition->phase == PARTITION_RESOLVING)\n"
         "        resolve_take(worker, partition, records, &before);",
         "    (void)records, (void)before;")]),
    ("since_not_written", "a commit does not say since when its book holds", [
        ("takeover.c", "    metadata.since = partition->next;\n", "")]),
    ("change_at_wrong_position", "a book takes over before what was committed is folded", [
        ("takeover.c",
         "bool is_through = partition_is_committed(partition) && window_is_seen(&partition->window);",
         "bool is_through = true;"),
        ("checkpointing.c",
         "must(partition_is_committed(partition) && !partition->job);", "must(!partition->job);"),
        ("checkpointing.c", "    must(window_is_seen(&partition->window));\n", "")]),
    ("lost_keeps", "partitions that were lost are kept with what was not committed", [
        ("assignment.c", "        commit_abandon(worker);\n    }\n    drop_all(worker);",
         "        commit_abandon(worker);\n    }")]),
    ("restores_too_far", "a restore folds one record too many", [
        ("worker.c", "bool is_back = message->offset < partition->committed,",
         "bool is_back = message->offset <= partition->committed,")]),
    ("restores_too_short", "a restore sends the outputs of its last record again", [
        ("worker.c", "bool is_back = message->offset < partition->committed,",
         "bool is_back = message->offset + 1 < partition->committed,")]),
    ("loaded_while_open", "a state that was loaded is taken over while a transaction is open", [
        ("assignment.c",
         "    if (commit_has_uncommitted(worker))\n        /* what the others have decided first: asking",
         "    if (false)\n        /* what the others have decided first: asking")]),
    ("older_checkpoint_counts", "a checkpoint from before a change is taken for one of the state after it", [
        ("commit.c", "    partition->checkpoint_offset = OFFSET_NONE;\n}", "}"),
        ("restoring.c", "how == FITS ? head->offset : OFFSET_NONE;", "head->offset;")]),
    ("change_at_zero_refused", "a change of book before the first record is no beginning", [
        ("restoring.c", "else if (metadata->since > 0)", "else if (metadata->since != SINCE_EVER)")]),
    ("snapshot_torn", "a person who changes while the snapshot is taken is taken as he is afterwards", [
        ("processor/engine/change.c", "    snapshot_person_touch(engine, person);", "    (void)person;")]),
    ("restoring_commits", "a partition that still restores is committed where it is",
     [("partition.h",
       "!partition->fold || partition->next < partition->committed)\n", "!partition->fold)\n"),
      ("partition.h", "return partition->next > partition->committed ||",
       "return partition->next != partition->committed ||")]),
    ("seen_lines_not_kept", "a book that sees more goes on from a state that did not keep what it sees", [
        ("restoring.c",
         "return comes && criteria_see_more(ours->book, book_version->book) ? ours->book : NULL;",
         "(void)comes;\n    return NULL;"),
        ("takeover.c", "if (partition->also != ours->book && criteria_see_more",
         "if (false && criteria_see_more")]), ]

# Worlds in which a bug has a chance at all, where those are few.
ONLY_IN = {
    "ordinary_for_more": ["change=3", "checkpoints=1", "outbox=60"],
    "outdone_written": ["change=3", "checkpoints=1"],
    "warm_after_retention": ["retention=1"],
    "claim_not_read_back": ["change=1", "deaths=20"],
    "compacted_refused": ["ageing=1", "deaths=20"],
    "cut_sent_again": ["ageing=1", "deaths=0", "faults=90"],
}

# What the simulation does not find, or hardly, and why; run for the table only.
BEHIND_TWO_LOCKS = [
    ("cut_sent_again", "records that retention took away are sent again", [
        ("unconfirmed.c",
         "    if (of->count == 0 && of->is_cut && ordinal <= window->made.counts[topic])\n        return "
         "MATCH_THERE;\n", ""),
        ("unconfirmed.c", "        return of->is_cut; /*", "        return false; /*")],
     "retention takes what the window of the last true commit says was seen, so it takes a process that has "
     "forgotten that and has to compare at that very moment; one of 800 such worlds had it before a new "
     "producer followed each abort, none of 12,000 since"),
    ("uncommitted_stays_warm", "partitions whose last commit is unknown stay warm", [
        ("assignment.c", "    if (!finished || !is_known ||", "    (void)finished;\n    if (!is_known ||"),
        ("assignment.c", "clock_us() + MICROSECONDS_OF_S(LEAVE_SECONDS_MAX);", "clock_us() + 5000;")],
     "what a commit left unknown is in doubt before its partition is let go, and what is in doubt is "
     "compared when it comes back, warm or not"),
    ("last_record_forgotten", "a checkpoint names an earlier record as its last", [
        ("checkpointing.c", "    partition_note_last(partition);\n", ""),
        ("worker_outbox.c", "        partition_note_last(&worker->partitions[p]);",
         "        worker->partitions[p].last_message = NULL;")],
     "a commit notes the last record itself (same_log_remember), and a checkpoint begins only when all is "
     "committed"),
    ("change_before_seen", "a book takes over before all outputs of the one before were seen", [
        ("takeover.c", "partition_is_committed(partition) && window_is_seen(&partition->window);",
         "partition_is_committed(partition);"),
        ("checkpointing.c", "    must(window_is_seen(&partition->window));\n", "")],
     "a takeover finds its window seen or has to compare first; it takes a partition that is only asked "
     "again, a lost marker and the end of the process within the same second, and no older checkpoint"),
    ("outdone_written", "a late process writes its checkpoint over a newer one's", [
        ("checkpoint_thread.c", "    if (is_outdone(job)) {", "    if (false && is_outdone(job)) {")],
     "a checkpoint is completed only when the group was just seen under its own book: it takes a process "
     "that freezes between that and the write, and here a checkpoint is written at once"),
    ("checkpoint_in_change", "a checkpoint is taken between two steps of a change", [
        ("partition.h", "partition->outbox.count == 0 &&\n           !partition->book_change.under_way &&",
         "partition->outbox.count == 0 &&")],
     "a change has its checkpoint before it begins, and one that goes on after a start is compared until it "
     "is done, which is not committed either"),
    ("warm_after_retention", "a warm state is gone on with though the log no longer has what follows it", [
        ("takeover.c", "is_known(partition, position, metadata) && begin <= partition->next",
         "is_known(partition, position, metadata)")],
     "what is warm comes back with the very next assignment or is dropped; it takes a rebalance that was "
     "missed, and retention of what somebody else committed in it"),
    ("warm_ahead", "a warm state that is ahead of the committed offset is gone on with", [
        ("takeover.c", "return partition->next <= position->offset &&\n           versions_equal",
         "return versions_equal")],
     "what is ahead of the committed offset is compared, or dropped before anybody asks (find_outputs): a "
     "second lock"),
    ("warm_other_book", "a warm state is gone on with though another process changed the book", [
        ("takeover.c", "return partition->next <= position->offset &&\n"
         "           versions_equal(&partition->metadata.versions, &metadata->versions) &&\n"
         "           partition->metadata.since == metadata->since;",
         "return partition->next <= position->offset;")],
     "what is warm comes back with the very next assignment or is dropped; it takes a zombie whose successor "
     "changed the book in between"), ]


class Planter:
    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        entries = json.loads((self.build / "compile_commands.json").read_text())
        self.compile = {str(pathlib.Path(e["file"]).resolve()): e["command"] for e in entries}
        ask = ["ninja", "-C", self.build, "-t", "commands", "sim_worker_faults"]
        commands = subprocess.run(ask, check=True, capture_output=True, text=True)
        self.link = [
            line for line in commands.stdout.splitlines() if " -o tests/sim/sim_worker_faults " in line][-1]

    def sources(self, edits):
        """Changed texts by path; a header is changed for every file of the room that includes it."""
        texts = {}
        for name, old, new in edits:
            path = ROOT / (name if "/" in name else ROOM + name)
            text = texts.get(path, path.read_text())
            if old not in text:
                raise LookupError(f"{name} has no {old!r} any more")
            texts[path] = text.replace(old, new).replace("ADVANCE_STEP_PERSONS = 64",
                                                         "ADVANCE_STEP_PERSONS = 1")
        return texts

    def make(self, edits, directory):
        texts = self.sources(edits)
        headers = {path: text for path, text in texts.items() if path.suffix == ".h"}
        include = directory / "include"
        for path, text in headers.items():
            copy = include / path.relative_to(ROOT / "processor")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text)
        for path in (ROOT / ROOM).glob("*.c") if headers else []:
            if f"{ROOM}{path.name}" in self.compile or str(path) in self.compile:
                texts.setdefault(path, path.read_text())
        objects = []
        for path, text in texts.items():
            if path.suffix == ".h" or (path.stem not in WORKERS and "/pipeline/" in str(path)):
                continue
            source = directory / path.name
            source.write_text(text)
            words = shlex.split(self.compile[str(path)])
            words[words.index("-c") + 1] = str(source)
            words[words.index("-o") + 1] = str(source.with_suffix(".o"))
            words = [
                w for i, w in enumerate(words)
                if w not in ("-MD", "-MT", "-MF") and words[i - 1] not in ("-MT", "-MF")]
            words[1:1] = [f"-I{include}", "-w"]
            subprocess.run(words, check=True, cwd=self.build, capture_output=True, text=True)
            objects.append(str(source.with_suffix(".o")))
        program = directory / "planted"
        link = self.link.replace(" -o tests/sim/sim_worker_faults ", f" -o {program} {' '.join(objects)} ")
        if any(path.name == "engine.c" for path in texts):
            link = link.replace("tests/sim/CMakeFiles/sim_worker_faults.dir/engine_small_steps.c.o", "")
        subprocess.run(link, check=True, shell=True, cwd=self.build, capture_output=True, text=True)
        return program


def try_plant(planter, seeds, shrinks, plant):
    name, _, edits = plant[:3]
    with tempfile.TemporaryDirectory(prefix="plant-") as directory:
        try:
            program = planter.make(edits, pathlib.Path(directory))
        except LookupError as error:
            return {"name": name, "stale": str(error)}
        except subprocess.CalledProcessError as error:
            return {"name": name, "stale": f"does not build: {error.stderr[-800:]}"}
        words = ["--seeds", str(seeds), "--jobs", "1", *ONLY_IN.get(name, [])]
        words += [] if shrinks else ["--no-shrink"]
        ended = subprocess.run([program, *words], capture_output=True, text=True)
    found = re.search(r"^seed (\d+): (.*)$", ended.stderr, re.M)
    shrunk = re.search(r"^shrunk: .*\n.*--seeds 1 (.*)$", ended.stderr, re.M)
    if ended.returncode == 0:
        return {"name": name, "seed": None}
    if not found:
        return {"name": name, "stale": f"ended with {ended.returncode}: {ended.stderr[-400:]}"}
    return {
        "name": name, "seed": int(found[1]), "said": found[2], "shrunk": shrunk[1].strip() if shrunk else ""}


def cut(text):
    text = re.sub(r'"/[^"]*/(checkpoint-[^"]*)"', r"\1", text).replace("|", "/")
    text = re.sub(r"\S*/(processor|tests)/", r"\1/", text)
    return text if len(text) <= 130 else text[:127] + "..."


def small(shrunk):
    """The parameters that are worth a word."""
    words = dict(word.split("=") for word in shrunk.split())
    trouble = ("disk_faults", "change", "retention", "zombies", "slow", "late", "deaths", "expiry", "foreign",
               "ageing", "gone")
    return " ".join(f"{k}={v}" for k, v in words.items()
                    if k in ("lines", "turns", "faults") or (v != "0" and k in trouble))


def table(results, seeds):
    lines = [
        "", f"Each from seed 1, at most {seeds} seeds; written by `tests/sim/plant.py --table`.", "",
        "| planted | what is wrong then | found at seed | what the judge said | shrunk to |",
        "|---|---|---|---|---|"]
    by_name = {result["name"]: result for result in results}
    for name, what, _ in PLANTS:
        result = by_name.get(name)
        only = f" (worlds with {' '.join(ONLY_IN[name])})" if name in ONLY_IN else ""
        if result and result.get("seed"):
            lines.append(
                f"| `{name}` | {what} | {result['seed']}{only} | {cut(result['said'])} |"
                f" `{small(result['shrunk'])}` |"
            )
        elif result:
            lines.append(f"| `{name}` | {what} | **not found** | | |")
    lines += [
        "", "Not to be found, or hardly:", "",
        "| planted | what is wrong then | why nothing, or seldom anything, comes of it |", "|---|---|---|"]
    for name, what, _, why in BEHIND_TWO_LOCKS:
        result = by_name.get(name)
        but = f" (but found at seed {result['seed']}: {cut(result['said'])})" if result and result.get(
            "seed") else ""
        lines.append(f"| `{name}` | {what} | {why}{but} |")
    return "\n".join(lines + [""])


def write_table(path, text):
    old = path.read_text()
    begin, end = old.index(BEGIN) + len(BEGIN), old.index(END)
    path.write_text(old[:begin] + "\n" + text + old[end:])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--seeds", type=int, default=3000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--table", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    wish = parser.parse_args()
    plants = [plant for plant in PLANTS + BEHIND_TWO_LOCKS if not wish.names or plant[0] in wish.names]
    if not wish.names and not wish.table:
        plants = [plant for plant in plants if len(plant) == 3]
    planter = Planter(wish.build)
    run = functools.partial(try_plant, planter, wish.seeds, bool(wish.table or wish.names))
    results, bad = [], 0
    with concurrent.futures.ThreadPoolExecutor(wish.jobs) as pool:
        for plant, result in zip(plants, pool.map(run, plants)):
            results.append(result)
            if "stale" in result:
                print(f"{result['name']}: {result['stale']}")
            elif result["seed"]:
                print(f"{result['name']}: found at seed {result['seed']}: {result['said']}" +
                      (f"\n    {result['shrunk']}" if result["shrunk"] else ""))
            else:
                print(f"{result['name']}: not found in {wish.seeds} seeds" +
                      (f" ({plant[3]})" if len(plant) == 4 else ""))
            sys.stdout.flush()
            bad += "stale" in result or (result["seed"] is None and len(plant) == 3)
    print(f"{sum(1 for r in results if r.get('seed'))} of {len(plants)} planted bugs found")
    if wish.table:
        write_table(wish.table, table(results, wish.seeds))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
