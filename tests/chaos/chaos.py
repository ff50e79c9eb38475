#!/usr/bin/python3
"""Chaos on a real broker: one to three processes that are killed, frozen, replaced and cut off by a seeded
schedule while declarations keep coming; then Kafka's own console consumer reads what one undisturbed `replay`
of the log writes, byte for byte.

    chaos.py --program build/release/bundelwacht [--cycles 60] [--seed 1] [--processes 1-3] [--more freeze]
             [--kafka-version 3.9.2] [--table]

--cycles   kill -9 of a process, in all; at most 60 of them belong to one seed (and one broker)
--table    puts a row for each seed into tests/chaos/README.md Kept for a look afterwards when it failed, or
with BW_TEST_KEEP=1: the directory with the processes' talk and the broker's data and log. README.md says what
is tried.
"""
import argparse
import os
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "broker"))

import broker as brokers  # noqa: E402
import table  # noqa: E402
import verdict  # noqa: E402
from conductor import Conductor  # noqa: E402
from harness import ROOT, Failed, Place, main, say  # noqa: E402
from pump import Pump  # noqa: E402
from instance import Fate  # noqa: E402

PARTITIONS = 8
CYCLES_OF_A_SEED = 60
TOPIC, SOURCE, GROUP = "declarations", "source", "c"
SERIAL = "2026.%d-demo"
RUN = {
    "workers": 2, "transaction.interval": "50ms", "transaction.records_max": 300,
    "state.checkpoint_after": "1ms"}
# seconds of a session and of a transaction: which of them a freeze or an outage outlasts first
TIMEOUTS = ((3, 4), (6, 2))


class Stage:
    """What a run is about: the program, the place, and how many processes, with which directories."""

    topic, group, partitions = TOPIC, GROUP, PARTITIONS

    def __init__(self, arguments, seed, chance):
        self.program, self.verbose = os.path.abspath(arguments.program), arguments.verbose
        low, _, high = arguments.processes.partition("-")
        self.processes = chance.randint(int(low), int(high or low))
        self.shared = chance.random() < 0.4
        self.session_seconds, self.transaction_seconds = chance.choice(TIMEOUTS)
        self.place = Place(version=arguments.kafka_version)
        self.broker = brokers.Broker(self.place)
        self.config = self.place.config(GROUP, ROOT / "config/book.yaml", **RUN)
        code = Path(self.program).read_bytes()
        self.phases = {"random"} | {phase for phase in Fate.PLACES if phase.encode() + b"\0" in code}
        can_compare = b"book-changes" in code
        self.may_change_book = can_compare and not arguments.no_book_changes
        self.books_path = self.place.path / "books"
        self.books_path.mkdir()

    def arguments(self, number, directory, book):
        more = [
            "--kafka", f"consumer.session.timeout.ms={self.session_seconds * 1000}", "--kafka",
            "consumer.heartbeat.interval.ms=500", "--kafka",
            f"producer.transaction.timeout.ms={self.transaction_seconds * 1000}"]
        return [
            "run", "--config", self.config, "--create-topics", "--process", number, "--state-directory",
            directory, "--rules-book", book, "--allow-redefinition", *more]

    def book_of(self, number):
        """Other budgets, other thresholds, a higher serial each time."""
        text = (ROOT / "config/book.yaml").read_text()
        for old, new in ((SERIAL % 1, SERIAL % (number + 1)), ("amount: 1450000",
                                                               f"amount: {1450000 - 20000 * number}"),
                         ("{permille: 800, severity: info}",
                          f"{{permille: {800 - number}, severity: info}}")):
            if old not in text:
                raise Failed(f"config/book.yaml does not hold {old!r} any more")
            text = text.replace(old, new)
        path = self.books_path / f"book-{number}.yaml"
        path.write_text(text)
        return path

    def number_of(self, serial):
        return int(serial.partition(".")[2].partition("-")[0]) - 1

    def load(self, lines, seed):
        """Lines in a topic of their own, from where the pump takes them."""
        place = self.place
        for topic in (TOPIC, SOURCE):
            place.client.create_topic(topic, PARTITIONS, {"retention.ms": "-1"})
            while -1 in place.client.ends(topic, PARTITIONS):
                time.sleep(0.05)  # it has no leader yet
        place.run(self.program, "generate", "--lines", lines, "--seed", seed, "--bad-per-mille", 2,
                  "--bootstrap-servers", place.bootstrap, "--topic", SOURCE, "--timestamps", "submitted")
        return self.dump(SOURCE)

    def dump(self, topic):
        out = self.place.path / f"dump-{topic}"
        self.place.run(self.program, "dump", "--bootstrap-servers", self.place.bootstrap, "--topic", topic,
                       "--out", out)
        return sorted(out.glob("*.dump"))


def expected_of(stage, changes):
    files = stage.dump(TOPIC)
    if not changes:
        return verdict.replay(stage.place, stage.program, "golden", stage.book_of(0), files, PARTITIONS)
    path = stage.place.path / "book-changes"
    path.write_text("".join(f"{partition} {offset} {stage.book_of(stage.number_of(serial))}\n"
                            for partition, offset, serial in changes))
    return verdict.replay(stage.place, stage.program, "golden", stage.book_of(0), files, PARTITIONS,
                          "--book-changes", path)


def run_seed(arguments, seed, cycles):
    chance = random.Random(seed)
    stage = Stage(arguments, seed, chance)
    lines = arguments.lines or cycles * 7 * arguments.pace
    pump = Pump(stage.broker, TOPIC, stage.load(lines, seed), arguments.pace)
    say(
        f"seed {seed}: {stage.processes} processes,"
        f" {'one state directory' if stage.shared else 'a state directory each'}, {cycles} kills, session"
        f" {stage.session_seconds} s, transaction {stage.transaction_seconds} s, {arguments.pace} lines a"
        f" second{', changes of book' if stage.may_change_book else ''}; {stage.place.path}"
    )
    began = time.monotonic()
    conductor = Conductor(stage, chance, cycles, arguments.more)
    pump.start()
    try:
        conductor.run()
        pump.finish()
        conductor.calm_down()
        rounds = conductor.drain()
        seconds = time.monotonic() - began
        changes = conductor.all_changes()
        tally = verdict.compare_all(stage.place, GROUP, TOPIC, PARTITIONS, expected_of(stage, changes))
    finally:
        conductor.leave()
    if rounds > 1:
        conductor.events["--until-end again"] += rounds - 1
    result = {
        "seed": seed,
        "processes": stage.processes,
        "shared": stage.shared,
        "lines": pump.at,
        "seconds": round(seconds),
        "kills": dict(conductor.kills),
        "resolved": dict(conductor.tally.resolved),
        "changes": len(changes),
        "outputs": tally["outputs"],
        "lost": tally["lost"],
        "doubled": tally["doubled"],
        "phantom": tally["phantom"],
        "moved": tally["moved"],
        "broker_kills": stage.broker.kills,
        "breaks": stage.broker.breaks,
        "events": dict(conductor.events),
        "ends": dict(conductor.ends),
        "noted": dict(conductor.tally.noted), }
    say(table.sentence(result))
    if arguments.table:
        table.write([result])
    if any(result[name] for name in ("lost", "doubled", "phantom", "moved")):
        raise Failed(f"seed {result['seed']}: what a reader sees is not what replay writes")
    stage.place.leave()
    return result


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--cycles", type=int, default=CYCLES_OF_A_SEED)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", default="1-3")
    parser.add_argument("--pace", type=int, default=700, help="lines a second")
    parser.add_argument("--lines", type=int, default=0, help="at most; 0: enough")
    parser.add_argument("--no-book-changes", action="store_true")
    parser.add_argument("--more", action="append", default=[],
                        help="an event that is to come more often: freeze, breaks, …")
    parser.add_argument("--kafka-version", help="such as 3.9.2; else KAFKA_VERSION, or the newest")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    own_mounts()
    results, left, seed = [], arguments.cycles, arguments.seed
    while left > 0:
        cycles = min(left, CYCLES_OF_A_SEED)
        result = run_seed(arguments, seed, cycles)
        results.append(result)
        left -= cycles
        seed += 1
    say(
        f"{sum(sum(r['kills'].values()) for r in results)} kill -9 in {len(results)} seeds: nothing lost,"
        " nothing doubled, no phantom"
    )


def own_mounts():
    """As root: mounts of our own, which go away with us whatever ends us."""
    if os.geteuid() == 0 and not os.environ.get("BW_CHAOS_MOUNTS"):
        os.environ["BW_CHAOS_MOUNTS"] = "1"
        try:
            os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])
        except OSError:
            pass


main(test)
