#!/usr/bin/env python3
"""Plants bugs in the program, one at a time, and sees that the simulation finds each.

    plant.py --build DIRECTORY [--seeds N] [--jobs J] [--table FILE] [NAME ...]

DIRECTORY is a built release. A plant changes words in a copy of a source file; its object is linked in front of the archives, so that
nothing in processor/ knows of it. Each runs from seed 1 until a seed fails, at most N. --table writes what was found into that file,
between its two marks. The exit code is 1 when a bug was not found, or when a text that a plant changes is no longer there.
"""
import argparse
import concurrent.futures
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
WORKERS = ("partition", "worker", "commit", "membership", "placing", "restoring", "checkpointing", "checkpoint_thread", "rule_change")
BEGIN, END = "<!-- plants begin -->", "<!-- plants end -->"

# name, what is wrong then, [(file in processor/pipeline or a path, old words, new words)]
PLANTS = [
    ("no_judge", "a transaction whose end nobody knows is taken for not committed", [
        ("commit.c", "strcmp(found->metadata, ours->metadata) == 0)\n        return JUDGED_COMMITTED;",
         "strcmp(found->metadata, ours->metadata) == 0)\n        return JUDGED_NOT_COMMITTED;")]),
    ("no_judge_lost", "an aborted transaction is taken for committed", [
        ("commit.c", "{ step_abort,    COMMIT_SWEEP, ", "{ step_abort,    COMMIT_DONE,  ")]),
    ("judge_by_offset", "the judge looks at the offset alone, not at the metadata", [
        ("commit.c", "if (found->offset == ours->offset && strcmp(found->metadata, ours->metadata) == 0)",
         "if (found->offset == ours->offset)")]),
    ("checkpoint_ahead", "a checkpoint is taken of what is not committed yet, and taken back by a start", [
        ("checkpointing.c", "must(partition_is_settled(partition) && !partition->job);", "must(!partition->job);"),
        ("checkpointing.c", "partition->job || !partition_is_settled(partition))",
         "partition->job || !partition->fold || partition->change.under_way)"),
        ("restoring.c", "if (file->offset > restoring->place.offset)", "if (file->offset < 0)")]),
    ("guarded_checkpoint_ahead", "the same, and a start leaves it out: then the log has no beginning any more", [
        ("checkpointing.c", "must(partition_is_settled(partition) && !partition->job);", "must(!partition->job);"),
        ("checkpointing.c", "partition->job || !partition_is_settled(partition))",
         "partition->job || !partition->fold || partition->change.under_way)")]),
    ("position_committed", "the position of the consumer is committed, not the record that is folded next", [
        ("commit.c", "        write_note(worker->shared, partition, place);",
         "        const struct message *taken = consumer_messages(worker->consumer);\n"
         "        if (worker->batch_at < worker->batch_count && taken[worker->batch_count - 1].partition == p)\n"
         "            place->offset = taken[worker->batch_count - 1].offset + 1;\n"
         "        write_note(worker->shared, partition, place);")]),
    ("last_committed", "the last record is committed, not the next one", [
        ("commit.c", ".offset = partition->next };", ".offset = partition->next > 0 ? partition->next - 1 : 0 };")]),
    ("old_book_wins", "a process with an older book takes the partition back to it", [
        ("placing.c", "if (!same_rules && serial_compare(ours->serial, theirs->serial) < 0) {", "if (false) {"),
        ("placing.c", "if (!same_rules && !serial_is_higher(ours, theirs)) {", "if (false) {")]),
    ("no_abort", "after a failure it is sent again without an abort", [
        ("commit.c", "{ step_commit,   COMMIT_DONE,     COMMIT_ABORT, ", "{ step_commit,   COMMIT_DONE,     COMMIT_KEPT, ")]),
    ("cleared_early", "what is kept is cleared before the commit is known", [
        ("commit.c", "    if (!transaction_commit(worker->producer, failure)) {",
         "    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {\n"
         "        kept_clear(&worker->partitions[p].kept);\n"
         "        partition_unsend(&worker->partitions[p]);\n"
         "    }\n"
         "    if (!transaction_commit(worker->producer, failure)) {")]),
    ("unsend_forgotten", "a new transaction does not begin at the first record that is kept", [
        ("commit.c", "        partition_unsend(&worker->partitions[p]);\n    return transaction_begin",
         "        (void)p;\n    return transaction_begin")]),
    ("doubt_ignored", "a commit that had to be repeated is followed by the next one of the same producer", [
        ("commit.c", "if (!commit->doubtful && producer_breaks_count", "if (producer_breaks_count")]),
    ("not_verified", "the record before the checkpoint is not compared", [
        ("worker.c", "    partition->verifies = false;\n    if (", "    partition->verifies = false;\n    if (message || ")]),
    ("any_book_fits", "a checkpoint is taken whatever book it was made under", [
        ("restoring.c", "    if (!same && !before)\n        return FITS_NOT;", "    same = true;")]),
    ("ordinary_for_more", "any checkpoint at the change will do for a book that sees more, and a late process may write one", [
        ("checkpoint_thread.c", "    if (is_outdone(job)) {", "    if (false && is_outdone(job)) {"),
        ("restoring.c", "(!note->sees_more || taken.also == note->constants.book)", "true")]),
    ("outdone_written", "a late process writes its checkpoint over a newer one's", [
        ("checkpoint_thread.c", "    if (is_outdone(job)) {", "    if (false && is_outdone(job)) {")]),
    ("change_not_finished", "a checkpoint from before the change is loaded, and nobody decided anew", [
        ("restoring.c", "    while (!restoring->restored.change_is_open && fold_recompute(fold, \"book\", NULL))\n        ;",
         "    (void)fold;")]),
    ("change_doubles", "after a crash within a change its first outputs are sent again", [
        ("placing.c", ".skip = note->sent,", ".skip = 0,")]),
    ("change_skips_more", "after a crash within a change one output too many is left out", [
        ("placing.c", ".skip = note->sent,", ".skip = note->sent + 1,")]),
    ("since_not_written", "a commit does not say since when its book holds", [
        ("placing.c", "    note.since = partition->next;\n", "")]),
    ("change_at_wrong_place", "a book takes over before what was committed is folded", [
        ("placing.c", "    if (partition->next < partition->committed) {\n        partition->rules_wait",
         "    if (false) {\n        partition->rules_wait")]),
    ("checkpoint_in_change", "a checkpoint is taken between two steps of a change", [
        ("partition.h", "partition->kept.count == 0 && !partition->change.under_way;", "partition->kept.count == 0;")]),
    ("lost_keeps", "partitions that were lost are kept with what was not committed", [
        ("membership.c", "        commit_abandon(worker);\n        drop_all(worker);", "        commit_abandon(worker);")]),
    ("unsettled_stays_warm", "partitions whose last commit is unknown stay warm", [
        ("membership.c", "        if (!settled && (partition->next > partition->committed || partition->kept.count > 0))\n"
         "            partition_drop(partition);",
         "        if (false)\n            partition_drop(partition);"),
        ("membership.c", "    bool settled = commit_finish(worker, MICROSECONDS_OF_S(GIVE_UP_SECONDS_MAX));",
         "    bool settled = commit_finish(worker, 5000);")]),
    ("silent_too_far", "a restore folds one record too many silently", [
        ("worker.c", "bool silent = message->offset < partition->committed;", "bool silent = message->offset <= partition->committed;")]),
    ("silent_too_short", "a restore sends the outputs of its last record again", [
        ("worker.c", "bool silent = message->offset < partition->committed;",
         "bool silent = message->offset + 1 < partition->committed;")]),
    ("loaded_while_open", "a state that was loaded is placed while a transaction is open", [
        ("membership.c", "    if (commit_has_uncommitted(worker))\n", "    if (false)\n")]),
    ("older_checkpoint_counts", "a checkpoint from before a change is taken for one of the state after it", [
        ("commit.c", "    partition->checkpoint_offset = OFFSET_NONE; /*", "    /*"),
        ("restoring.c", "how == FITS ? head->offset : OFFSET_NONE;", "head->offset;")]),
    ("change_at_zero_refused", "a change of book before the first record is no beginning", [
        ("restoring.c", "else if (note->since > 0)", "else if (note->since != SINCE_EVER)")]),
    ("picture_torn", "a person who changes while the picture is taken is taken as he is afterwards", [
        ("processor/engine/engine.c", "    picture_person_touch(engine, person);", "    (void)person;")]),
    ("restoring_commits", "a partition that still restores is committed where it is", [
        ("partition.h", "return partition->next > partition->committed || rule_change",
         "return partition->next != partition->committed || rule_change")]),
    ("seen_lines_not_kept", "a book that sees more goes on from a state that did not keep what it sees", [
        ("restoring.c", "return comes && criteria_see_more(ours->book, edition->book) ? ours->book : NULL;",
         "(void)comes;\n    return NULL;"),
        ("placing.c", "if (partition->also != ours->book && criteria_see_more", "if (false && criteria_see_more")]),
    ("last_record_forgotten", "a checkpoint names an earlier record as its last", [
        ("checkpointing.c", "    partition_note_last(partition);\n", ""),
        ("worker.c", "        partition_note_last(&worker->partitions[p]);", "        worker->partitions[p].last_message = NULL;")]),
    ("batch_outlives_close", "records of the batch at hand are looked at after the library has them back", [
        ("worker.c", "    if (worker->consumer)\n        drop_batch(worker);", "    if (false)\n        drop_batch(worker);")]),
    ("warm_after_retention", "a warm state is gone on with though the log no longer has what follows it", [
        ("placing.c", "is_known(partition, place, note) && begin <= partition->next", "is_known(partition, place, note)")]),
]

# Against brokers that lose markers, to be planted where a pipeline withstands them: name, what is wrong then, worlds in which it shows.
TO_COME = [
    ("touch_without_comparison", "what hangs is ended, and nobody looks afterwards what of it is visible", ["deaths=12"]),
    ("commit_after_abort", "a commit follows an abort at once, before what it touched is stable", ["deaths=12", "late=200"]),
    ("lower_offset_believed", "a committed offset that went back is taken for how far the outputs are", ["deaths=12"]),
    ("output_before_stable_end", "outputs are sent to a partition in which something hangs", ["deaths=12", "late=200"]),
    ("checkpoint_before_seen", "a checkpoint is taken of what nobody has seen yet", ["deaths=12", "checkpoints=1"]),
    ("change_without_claim", "a book takes over without a commit of offsets alone that was read back", ["deaths=12", "change=1"]),
    ("debts_dropped", "a revoke forgets the partitions that were written to and not seen", ["deaths=12", "gone=0"]),
    ("all_sent_again", "everything is sent again when the last record is missing, whatever of it is there", ["deaths=12"]),
]

# Worlds in which a bug has a chance at all, where those are few.
ONLY_IN = {
    "ordinary_for_more": ["change=3", "checkpoints=1", "kept=60"],
    "outdone_written": ["change=3", "checkpoints=1"],
    "warm_after_retention": ["retention=1"],
}

# What the simulation does not find, or hardly, and why; run for the table only.
BEHIND_TWO_LOCKS = [
    ("warm_ahead", "a warm state that is ahead of the committed offset is gone on with", [
        ("placing.c", "return partition->next <= place->offset && constants_equal", "return constants_equal")],
     "only what its own commit made true stays warm, and the group never goes back: a second lock on the same door"),
    ("somebody_else_overruled", "what somebody else has committed meanwhile is sent over", [
        ("commit.c", "return is_before ? JUDGED_NOT_COMMITTED : JUDGED_SOMEBODY_ELSE;",
         "(void)is_before;\n    return JUDGED_NOT_COMMITTED;")],
     "the group refuses the offsets of a member of an earlier generation, and a lost partition is dropped before it is sent again"),
    ("warm_other_book", "a warm state is gone on with though another process changed the book", [
        ("placing.c", "return partition->next <= place->offset && constants_equal(&partition->note.constants, &note->constants) &&\n"
                      "           partition->note.since == note->since;", "return partition->next <= place->offset;")],
     "what is warm comes back with the very next assignment or is dropped; it takes a zombie whose twin changed the book in between"),
]


class Planter:
    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        entries = json.loads((self.build / "compile_commands.json").read_text())
        self.compile = {str(pathlib.Path(e["file"]).resolve()): e["command"] for e in entries}
        ask = ["ninja", "-C", self.build, "-t", "commands", "sim_worker_faults"]
        commands = subprocess.run(ask, check=True, capture_output=True, text=True)
        self.link = [line for line in commands.stdout.splitlines() if " -o tests/sim/sim_worker_faults " in line][-1]

    def sources(self, edits):
        """Changed texts by path; a header is changed for every file of the room that includes it."""
        texts = {}
        for name, old, new in edits:
            path = ROOT / (name if "/" in name else ROOM + name)
            text = texts.get(path, path.read_text())
            if old not in text:
                raise LookupError(f"{name} has no {old!r} any more")
            texts[path] = text.replace(old, new).replace("ADVANCE_STEP_PERSONS = 64", "ADVANCE_STEP_PERSONS = 1")
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
            words = [w for i, w in enumerate(words) if w not in ("-MD", "-MT", "-MF") and words[i - 1] not in ("-MT", "-MF")]
            words[1:1] = [f"-I{include}", "-w"]
            subprocess.run(words, check=True, cwd=self.build, capture_output=True, text=True)
            objects.append(str(source.with_suffix(".o")))
        program = directory / "planted"
        link = self.link.replace(" -o tests/sim/sim_worker_faults ", f" -o {program} {' '.join(objects)} ")
        if any(path.name == "engine.c" for path in texts):
            link = link.replace("tests/sim/CMakeFiles/sim_worker_faults.dir/engine_small_steps.c.o", "")
        subprocess.run(link, check=True, shell=True, cwd=self.build, capture_output=True, text=True)
        return program


def run(planter, plant, seeds):
    name, _, edits = plant[:3]
    with tempfile.TemporaryDirectory(prefix="plant-") as directory:
        try:
            program = planter.make(edits, pathlib.Path(directory))
        except LookupError as error:
            return {"name": name, "stale": str(error)}
        except subprocess.CalledProcessError as error:
            return {"name": name, "stale": f"does not build: {error.stderr[-800:]}"}
        ended = subprocess.run([program, "--seeds", str(seeds), "--jobs", "1", *ONLY_IN.get(name, [])], capture_output=True, text=True)
    found = re.search(r"^seed (\d+): (.*)$", ended.stderr, re.M)
    shrunk = re.search(r"^shrunk: .*\n.*--seeds 1 (.*)$", ended.stderr, re.M)
    if ended.returncode == 0:
        return {"name": name, "seed": None}
    if not found:
        return {"name": name, "stale": f"ended with {ended.returncode}: {ended.stderr[-400:]}"}
    return {"name": name, "seed": int(found[1]), "said": found[2], "shrunk": shrunk[1].strip() if shrunk else ""}


def cut(text):
    text = re.sub(r'"/[^"]*/(checkpoint-[^"]*)"', r"\1", text).replace("|", "/")
    text = re.sub(r"/\S*/(processor|tests)/", r"\1/", text)
    return text if len(text) <= 130 else text[:127] + "..."


def small(shrunk):
    """The parameters that are worth a word."""
    words = dict(word.split("=") for word in shrunk.split())
    trouble = ("disk_faults", "change", "retention", "twins", "slow")
    return " ".join(f"{k}={v}" for k, v in words.items() if k in ("lines", "turns", "faults") or (v != "0" and k in trouble))


def table(results, seeds):
    lines = ["", f"Each from seed 1, at most {seeds} seeds; written by `tests/sim/plant.py --table`.", "",
             "| planted | what is wrong then | found at seed | what the judge said | shrunk to |", "|---|---|---|---|---|"]
    by_name = {result["name"]: result for result in results}
    for name, what, _ in PLANTS:
        result = by_name.get(name)
        only = f" (worlds with {' '.join(ONLY_IN[name])})" if name in ONLY_IN else ""
        if result and result.get("seed"):
            lines.append(f"| `{name}` | {what} | {result['seed']}{only} | {cut(result['said'])} | `{small(result['shrunk'])}` |")
        elif result:
            lines.append(f"| `{name}` | {what} | **not found** | | |")
    lines += ["", "Not to be found, or hardly:", "", "| planted | what is wrong then | why nothing, or seldom anything, comes of it |",
              "|---|---|---|"]
    for name, what, _, why in BEHIND_TWO_LOCKS:
        result = by_name.get(name)
        but = f" (but found at seed {result['seed']}: {cut(result['said'])})" if result and result.get("seed") else ""
        lines.append(f"| `{name}` | {what} | {why}{but} |")
    return "\n".join(lines + [""])


def write_table(path, text):
    old = path.read_text()
    begin, end = old.index(BEGIN) + len(BEGIN), old.index(END)
    path.write_text(old[:begin] + "\n" + text + old[end:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--seeds", type=int, default=10000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--table", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    wish = parser.parse_args()
    plants = [plant for plant in PLANTS + BEHIND_TWO_LOCKS if not wish.names or plant[0] in wish.names]
    if not wish.names and not wish.table:
        plants = [plant for plant in plants if len(plant) == 3]
    planter = Planter(wish.build)
    results, bad = [], 0
    with concurrent.futures.ThreadPoolExecutor(wish.jobs) as pool:
        for plant, result in zip(plants, pool.map(lambda plant: run(planter, plant, wish.seeds), plants)):
            results.append(result)
            if "stale" in result:
                print(f"{result['name']}: {result['stale']}")
            elif result["seed"]:
                print(f"{result['name']}: found at seed {result['seed']}: {result['said']}\n    {result['shrunk']}")
            else:
                print(f"{result['name']}: not found in {wish.seeds} seeds" + (f" ({plant[3]})" if len(plant) == 4 else ""))
            sys.stdout.flush()
            bad += "stale" in result or (result["seed"] is None and len(plant) == 3)
    print(f"{sum(1 for r in results if r.get('seed'))} of {len(plants)} planted bugs found")
    if wish.table:
        write_table(wish.table, table(results, wish.seeds))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
