#!/usr/bin/python3
"""How long a start takes that loads what it remembers: two programs in turns on one broker, each with a group
and outputs of its own, so that each reads what it wrote itself. Beforehand each folds the whole input once.
Nothing new is there at a start: it ends when it has caught up.

    start_time.py --program build/release/bundelwacht --before OLD [--lines 1000000] [--rounds 5] [--decisions
    bundles]
"""
import argparse
import datetime
import resource
import statistics

from harness import *

PARTITIONS = 4


def config_of(place, name, decisions):
    return place.config(name, ROOT / "config/book.yaml", **{"workers": 2, "output.decisions": decisions})


def moment(line):
    return datetime.datetime.fromisoformat(json.loads(line)["at"].replace("Z", "+00:00")).timestamp()


def start(place, program, config):
    """Seconds until all partitions are read, until the end, and of processor time."""
    began, before = time.time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    child = place.run(program, "run", "--config", config, "--until-end", timeout=1800)
    ended, after = time.time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    reads = max(
        moment(line)
        for line in child.log.read_text().splitlines()
        if " partitions" in line and ": has " in line)
    return reads - began, ended - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--before", required=True)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--decisions", default="bundles")
    arguments = parser.parse_args()
    place = Place()
    place.client.create_topic("declarations", PARTITIONS, {"retention.ms": "-1"})
    place.generate(arguments.program, arguments.lines, 1)
    programs = {"before": arguments.before, "now": arguments.program}
    for name, program in programs.items():
        place.run(program, "run", "--config", config_of(place, name, arguments.decisions), "--create-topics",
                  "--until-end", timeout=3600)
        say(f"{name}: {arguments.lines} lines are folded")
    figures = {name: [] for name in programs}
    for _ in range(arguments.rounds):
        for name, program in programs.items():
            figures[name].append(start(place, program, config_of(place, name, arguments.decisions)))
    for column, what in enumerate(("until it reads", "until it has ended", "processor time")):
        middle = {name: statistics.median(row[column] for row in rows) for name, rows in figures.items()}
        ratio = statistics.median(now[column] / before[column]
                                  for now, before in zip(figures["now"], figures["before"]))
        say(
            f"{what}: before {middle['before']:.2f} s, now {middle['now']:.2f} s (medians of"
            f" {arguments.rounds}), {ratio:.2f} times in pairs"
        )
    place.leave()


main(test)
