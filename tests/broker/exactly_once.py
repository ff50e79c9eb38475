#!/usr/bin/python3
"""What `run` sends on a real broker is what `replay` writes, byte for byte, undisturbed and with kill -9 in the middle.

8 partitions, 4 workers, generated lines and a sample of the CMS claims. Kafka's own console consumer reads (read_committed).

    exactly_once.py --program build/release/bundelwacht [--lines 100000] [--kills 3] [--claims FILE] [--seed 1]

The full size: --lines 1000000 --claims with all claims (tests/data/cms_to_declarations.py makes them).
"""
import argparse
import random
import time

import yaml

from harness import *

PARTITIONS = 8


def quoted_book(paths, place):
    """One book out of several: the bundles of ours beside those of the claims. All texts quoted, as codes have to be."""
    book = None
    for path in paths:
        tree = yaml.safe_load(path.read_text())
        if book is None:
            book = tree
            continue
        for key, value in tree.items():
            if isinstance(value, dict):
                for name, entry in value.items():
                    if name in book.setdefault(key, {}):
                        raise Failed(f"{path.name}: {key}.{name} is in both books")
                    book[key][name] = entry
            elif isinstance(value, list):
                book.setdefault(key, []).extend(value)
    path = place.path / "book.yaml"

    class Quoted(yaml.SafeDumper):
        pass

    Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
    Quoted.ignore_aliases = lambda *_: True
    path.write_text(yaml.dump(book, Dumper=Quoted, sort_keys=False, allow_unicode=True))
    return path


def sent(place, prefix):
    """How much of all outputs a read_committed reader sees now, in offsets."""
    return sum(max(0, end) for topic in TOPICS for end in place.client.ends(f"{prefix}.{topic}.v1", PARTITIONS, committed=True))


def run_undisturbed(program, place, config):
    begin = time.monotonic()
    child = place.run(program, "run", "--config", config, "--until-end", "--create-topics")
    say(f"run: {time.monotonic() - begin:.1f} s from start to exit")
    return child


def run_with_kills(program, place, config, prefix, expected, kills, seed):
    """kill -9 when a share of the outputs is there, at a moment that the seed chooses; then to the end."""
    chance = random.Random(seed)
    for kill in range(kills):
        wanted = expected * (kill + chance.uniform(0.3, 0.9)) / (kills + 1)
        child = place.start(program, "run", "--config", config, "--create-topics")
        begin = time.monotonic()
        while (now := sent(place, prefix)) < wanted:
            if child.poll() is not None:
                raise Failed(f"run ended by itself with {child.returncode}:\n{tail(child)}")
            if time.monotonic() - begin > 300:
                raise Failed(f"run sent {now} of {wanted:.0f} in 300 s:\n{tail(child)}")
        child.kill()
        child.wait()
        say(f"kill -9 with about {now} of {expected} sent")
        if now >= expected:
            raise Failed("the kill came too late to prove anything; give more lines")
    run_undisturbed(program, place, config)


def judge(place, prefix, expected):
    counts = {}
    for topic in TOPICS:
        seen = place.consume(f"{prefix}.{topic}.v1", PARTITIONS)
        counts[topic] = compare(topic, prefix, "declarations", seen, expected[topic])
    say(f"{prefix}: the console consumer reads what replay writes: " + ", ".join(f"{n} {t}" for t, n in counts.items()))


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--claims", default=ROOT / "tests/data/cms_sample.jsonl.gz")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    program = arguments.program
    place = Place()
    book = quoted_book([ROOT / "config/book.yaml", ROOT / "config/examples/cms.yaml"], place)
    place.client.create_topic("declarations", PARTITIONS, {"retention.ms": "-1"})

    # The claims are older than what is generated, and as_of follows the log: claims first.
    claims = load_json_lines(place.client, "declarations", PARTITIONS, arguments.claims)
    place.run(program, "generate", "--lines", arguments.lines, "--seed", arguments.seed, "--bad-per-mille", 2,
              "--bootstrap-servers", place.bootstrap, "--topic", "declarations", "--framing", "confluent", "--schema-id", 1, "--timestamps", "submitted")
    ends = place.client.ends("declarations", PARTITIONS)
    say(f"loaded {claims} claims and {arguments.lines} generated lines, by partition: {ends}")
    if sum(ends) != claims + arguments.lines or 0 in ends:
        raise Failed("not every line is in the topic")

    run_undisturbed(program, place, place.config("calm", book))

    dump = place.path / "dump"
    place.run(program, "dump", "--bootstrap-servers", place.bootstrap, "--topic", "declarations", "--out", dump)
    files = sorted(dump.glob("*.dump"))
    for form in ("avro", "jsonl"):
        place.run(program, "replay", "--book", book, "--partitions", PARTITIONS, "--as-of", "log", "--format", form,
                  "--schemas", place.schemas, "--out", place.path / form, *files)
    expected = replayed(place.path / "avro", place.path / "jsonl", PARTITIONS)
    total = sum(len(records) for topic in TOPICS for records in expected[topic])
    say("conserved:", conserve(expected))
    if not all(any(expected[topic]) for topic in TOPICS):
        raise Failed("a topic stayed empty, so nothing was compared there")
    judge(place, "calm", expected)

    if arguments.kills:
        # Small transactions, so that there is a middle to be killed in.
        config = place.config("killed", book, **{"transaction.interval": "50ms", "transaction.records_max": 1000})
        run_with_kills(program, place, config, "killed", total, arguments.kills, arguments.seed)
        judge(place, "killed", expected)


main(test)
