#!/usr/bin/python3
"""How long it takes to go on: from exec to the first new commit after kill -9, the pause of a rebalance, and
what a checkpoint costs its partition.

    recovery.py --program build/release/bundelwacht [--lines 1000000] [--kills 30]

Lines come at an even pace meanwhile. The committed offsets of the group are asked for every few milliseconds,
so a pause is what a reader of the outputs sees, its commit interval (50 ms here) included.
"""
import argparse
import os
import random
import re
import statistics
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "broker"))

import broker as brokers  # noqa: E402
from harness import ROOT, Failed, Place, main, say, tail  # noqa: E402
from pump import Pump  # noqa: E402

PARTITIONS = 8
LOADED = re.compile(r"loaded the checkpoint at offset (\d+), ([0-9.]+) MB in ([0-9.]+) s")


class Watch(threading.Thread):
    """When which partition was committed anew: (seconds, partition, offset)."""

    def __init__(self, broker):
        super().__init__(daemon=True)
        self.client, self.seen, self.stop_it = broker.client(), [], threading.Event()
        self.last = [-1] * PARTITIONS

    def run(self):
        while not self.stop_it.is_set():
            try:
                places = self.client.committed("r", "declarations", PARTITIONS)
            except RuntimeError:
                continue  # a pending transaction has none to tell
            now = time.monotonic()
            for partition, (offset, _) in enumerate(places):
                if offset > self.last[partition]:
                    self.last[partition] = offset
                    self.seen.append((now, partition, offset))
            time.sleep(0.003)

    def finish(self):
        self.stop_it.set()
        self.join()

    def first_after(self, moment, seconds=120):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.seen and self.seen[-1][0] > moment:
                return next(at for at, _, _ in self.seen if at > moment)
            time.sleep(0.002)
        raise Failed(f"nothing was committed in {seconds} s")

    def longest_gap(self, begin, end):
        """Per partition the longest time without a commit that touches begin .. end."""
        gaps = []
        for partition in range(PARTITIONS):
            moments = [at for at, p, _ in self.seen if p == partition]
            inside = [b - a for a, b in zip(moments, moments[1:]) if b > begin and a < end]
            gaps.append(max(inside, default=0.0))
        return gaps


def percentiles(values):
    ordered = sorted(values)
    return (
        f"p50 {statistics.median(ordered):.2f} s, p99"
        f" {ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]:.2f} s of {len(ordered)}"
    )


class Run:
    def __init__(self, arguments):
        self.program, self.place = os.path.abspath(arguments.program), Place()
        self.broker = brokers.Broker(self.place)
        self.lines = arguments.lines
        self.config = self.place.config("r", ROOT / "config/book.yaml",
                                        **{"workers": 2, "transaction.interval": "50ms"})
        for topic in ("declarations", "source"):
            self.place.client.create_topic(topic, PARTITIONS, {"retention.ms": "-1"})
            while -1 in self.place.client.ends(topic, PARTITIONS):
                time.sleep(0.05)

    def generate(self, topic, lines, seed, *more):
        self.place.run(self.program, "generate", "--lines", lines, "--seed", seed, "--bootstrap-servers",
                       self.place.bootstrap, "--topic", topic, "--timestamps", "submitted", *more)

    def start(self, number, *more):
        return self.place.start(self.program, "run", "--config", self.config, "--create-topics", "--process",
                                number, "--state-directory", self.place.path / f"state-{number}", "--kafka",
                                "consumer.session.timeout.ms=6000", *more)

    def fill(self):
        self.generate("declarations", self.lines, 1, "--mix", "identity", "--days", 300)
        begin = time.monotonic()
        child = self.start(0, "--until-end")
        if child.wait(1800) != 0:
            raise Failed(tail(child))
        say(
            f"{self.lines} lines folded and committed in {time.monotonic() - begin:.1f} s, with a clean stop;"
            " checkpoints:"
            f" {sum(f.stat().st_size for f in (self.place.path / 'state-0').glob('*.bwc')) / 1e6:.0f} MB"
        )
        self.generate("source", 300_000, 2, "--start", "2026-03-01", "--days", 100)
        out = self.place.path / "source"
        self.place.run(self.program, "dump", "--bootstrap-servers", self.place.bootstrap, "--topic", "source",
                       "--out", out)
        return Pump(self.broker, "declarations", sorted(out.glob("*.dump")), 1000)


def recover(run, watch, kills, chance):
    took, loads = [], []
    for _ in range(kills):
        begin = time.monotonic()
        child = run.start(0)
        took.append(watch.first_after(begin) - begin)
        time.sleep(chance.uniform(0.5, 1.5))
        child.kill()
        child.wait()
        time.sleep(0.3)  # what it had on its way to the broker has arrived
        loads += [(int(o), float(m), float(s)) for o, m, s in LOADED.findall(child.log.read_text())]
    say(
        f"kill -9, from exec to the first new commit: {percentiles(took)}, {run.lines} lines remembered,"
        f" {PARTITIONS} partitions, 2 workers"
    )
    seconds = sum(s for _, _, s in loads) or 1e-9
    say(
        f"checkpoints loaded: {len(loads)}, {sum(m for _, m, _ in loads) / seconds:.0f} MB/s and"
        f" {sum(o for o, _, _ in loads) / seconds / 1e6:.2f} M lines/s a core (of the file as it is on the"
        " disk)"
    )


def pause(run, watch):
    """A second process comes and goes: everybody's partitions are asked back (eager), most come back to the
    one that had them."""
    child = run.start(0)
    watch.first_after(time.monotonic())
    time.sleep(8)
    calm = max(watch.longest_gap(time.monotonic() - 5, time.monotonic()))
    begin = time.monotonic()
    other = run.start(1, "--leave")
    time.sleep(12)
    come = watch.longest_gap(begin, time.monotonic())
    begin = time.monotonic()
    other.send_signal(15)
    other.wait(60)
    time.sleep(8)
    gone = watch.longest_gap(begin, time.monotonic())
    say(
        f"longest time without a commit, by partition: calm at most {calm:.2f} s; a second process joins:"
        f" {min(come):.2f} to {max(come):.2f} s; it leaves (--leave): {min(gone):.2f} to {max(gone):.2f} s"
        " (the longer ones change hands)"
    )
    child.send_signal(15)
    child.wait(60)


def checkpoints(run, watch):
    child = run.start(0, "--state-checkpoint-after", "1ms")
    watch.first_after(time.monotonic())
    time.sleep(3)
    begin = time.monotonic()
    time.sleep(15)
    gaps = watch.longest_gap(begin, time.monotonic())
    written = child.log.read_text().count("checkpoint of partition")
    say(
        f"{written} checkpoints in 18 s beside the work: longest time without a commit {max(gaps):.2f} s (any"
        " partition)"
    )
    child.send_signal(15)
    child.wait(60)


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=30)
    arguments = parser.parse_args()
    run = Run(arguments)
    pump = run.fill()
    watch = Watch(run.broker)
    pump.start()
    watch.start()
    recover(run, watch, arguments.kills, random.Random(1))
    pause(run, watch)
    checkpoints(run, watch)
    pump.finish()
    watch.finish()


main(test)
