#!/usr/bin/python3
"""`watch` shows what stands in the output topics: all of it, what is asked for, and nothing of the record of
a dead letter.

    watch.py --program build/release/bundelwacht [--lines 20000]
"""
import argparse
import collections
import json
import os
import subprocess
import time

from harness import *

PARTITIONS, GROUP, SECONDS_MAX = 4, "watched", 120
os.environ["TZ"] = "UTC"


class Watch:
    def __init__(self, program, config):
        self.program, self.config = program, config

    def __call__(self, *words, code=0):
        done = subprocess.run([self.program, "watch", *words, "--config", self.config, "--until-end"],
                              capture_output=True, text=True, timeout=SECONDS_MAX)
        expect(done.returncode == code, f"{words} ended with {done.returncode}: {done.stderr}")
        return done.stdout.splitlines() if code == 0 else done.stderr


def bad_record(place):
    """One whose value has something to hide."""
    key, value = b"p1", b"\x07secret-of-the-record"
    place.client.produce("declarations", kafka_client.partition_of(key, PARTITIONS), [(key, value, 0)])


def check_everything(watch, expected):
    for topic in ("alerts", "episodes", "decisions"):
        records = [record for partition in expected[topic] for _, _, _, record in partition]
        lines = [json.loads(line) for line in watch(topic, "--from", "beginning", "--json")]
        expect(len(lines) == len(records), f"{topic}: {len(lines)} of {len(records)}")
        keys = [[key.decode() for _, key, _, _ in partition] for partition in expected[topic]]
        for partition in keys:
            of_it = set(partition)
            expect([line["key"] for line in lines if line["key"] in of_it] == partition,
                   f"{topic}: other keys, or another order")
        revisions = [sum(line["revision"] for line in some) for some in (lines, records)]
        expect(revisions[0] == revisions[1], f"{topic}: other revisions")
        say(f"{len(lines)} {topic}: all of them, in the order of each partition")


def check_alerts(watch, expected):
    records = [record for partition in expected["alerts"] for _, _, _, record in partition]
    kind, wanted = collections.Counter(record["type"] for record in records).most_common(1)[0]
    lines = watch("--from", "beginning", "--json", "--filter", f"type={kind}", "--filter", "severity=*")
    expect(len(lines) == wanted > 0, f"--filter type={kind}: {len(lines)} of {wanted}")
    lines = watch("alerts", "--from", "beginning", "--filter", f"type={kind}")
    shown = sum(int(words[words.index("times") - 1]) if "times" in (words := line.split()) else kind in line
                for line in lines)
    expect(shown == wanted, f"{shown} of {wanted} {kind} as lines for people:\n" + "\n".join(lines[:20]))
    expect(not any("\033" in line for line in lines), "colours though it is no terminal")
    lines = watch("alerts", "--from", "beginning", "--colour", "always")
    expect(any("\033[" in line for line in lines), "no colours")
    say(f"{wanted} {kind}: filtered, and as {len(lines)} lines for people")
    for line in lines[:4]:
        say("    " + line[:150])


def check_dead_letters(watch):
    for words in ((), ("--json",)):
        lines = watch("dead-letters", "--from", "beginning", *words)
        expect(len(lines) == 1 and "bad_wire_format" in lines[0] and "declarations" in lines[0], lines)
        expect("secret" not in lines[0], "it shows its record")
    expect(not watch("dead-letters", "--from", "beginning", "--filter", "reason=no_value"), "not that reason")


def check_places(watch):
    everything = len(watch("decisions", "--from", "beginning", "--json"))
    for place in ("-1h", "@2020-01-01T00:00:00.000Z"):
        expect(len(watch("decisions", "--from", place, "--json")) == everything, place)
    expect(not watch("decisions", "--from", "now", "--json"), "now there is nothing")
    expect(not watch("decisions", "--from", "@2099-01-01T00:00:00.000Z", "--json"), "a time to come")


def check_border(watch, place):
    said = watch("alerts", "--filter", "colour=red", code=64)
    expect("insured, insurer, type" in said, f"it does not say which fields there are: {said}")
    expect("dead-letters" in watch("alarms", code=64), "it does not say which topics there are")
    watch("alerts", "--from", "yesterday", code=64)
    expect("no topic" in watch("alerts", "--prefix", "nobody", code=66), "no topic")
    # a record that is none of ours is counted, and the others are shown
    place.client.produce(f"{GROUP}.alerts.v1", 0, [(b"x", b"no alert of ours", 0)])
    done = subprocess.run([watch.program, "watch", "--config", watch.config, "--until-end", "--from",
                           "beginning"], capture_output=True, text=True, timeout=SECONDS_MAX)
    expect(done.returncode == 0 and "1 records are not shown" in done.stderr, done.stderr)


def check_live(watch, place, program):
    """It waits, shows what comes, and ends with 0 when it is told to."""
    child = place.start(program, "watch", "decisions", "--config", watch.config, "--json")
    time.sleep(3)
    place.generate(program, 200, 11)
    place.run(program, "run", "--config", watch.config, "--until-end")
    until = time.monotonic() + SECONDS_MAX
    while child.log.read_text().count("\n") < 200:
        expect(time.monotonic() < until, f"nothing comes:\n{tail(child)}")
        time.sleep(0.2)
    child.terminate()
    expect(child.wait(SECONDS_MAX) == 0, f"ended with {child.returncode}")


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--lines", type=int, default=20000)
    arguments = parser.parse_args()
    program, book = arguments.program, ROOT / "config/book.yaml"
    place = Place()
    place.client.create_topic("declarations", PARTITIONS, {"retention.ms": "-1"})
    place.generate(program, arguments.lines, 7)
    bad_record(place)
    config = place.config(GROUP, book, workers=2)
    place.run(program, "run", "--config", config, "--until-end", "--create-topics")
    expected, _ = place.judge(program, GROUP, book, PARTITIONS)
    watch = Watch(program, config)
    check_everything(watch, expected)
    check_alerts(watch, expected)
    check_dead_letters(watch)
    check_places(watch)
    check_live(watch, place, program)
    check_border(watch, place)
    say("places, borders and what comes while it watches: as they should be")


main(test)
