#!/usr/bin/python3
"""What `run` sends on a real broker is what `replay` writes, byte for byte, undisturbed and with kill -9 in
the middle.

8 partitions, 4 workers, generated lines and a sample of the CMS claims. Kafka's own console consumer reads
(read_committed).

    exactly_once.py --program build/release/bundelwacht [--lines 100000] [--kills 3] [--claims FILE] [--seed
                    1] [--kafka-version 3.9.2]

The full size: --lines 1000000 --claims with all claims (tests/data/cms_to_declarations.py makes them).
"""
import argparse
import concurrent.futures
import random
import time

from harness import *

PARTITIONS = 8


def sent(place, prefix):
    """How much of all outputs a read_committed reader sees now, in offsets."""
    return sum(
        max(0, end)
        for topic in TOPICS
        for end in place.client.ends(f"{prefix}.{topic}.v1", PARTITIONS, committed=True))


def run_to_the_end(program, place, config):
    begin = time.monotonic()
    child = place.run(program, "run", "--config", config, "--until-end", "--create-topics")
    say(f"run: {time.monotonic() - begin:.1f} s from start to exit; {tail(child, 1)}")


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
    run_to_the_end(program, place, config)


def judge(place, prefix, expected):
    def compared(topic):
        return compare(topic, prefix, "declarations",
                       place.consume(f"{prefix}.{topic}.v1", PARTITIONS, in_all(expected[topic])),
                       expected[topic])

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        counts = dict(zip(TOPICS, pool.map(compared, TOPICS)))
    say(f"{prefix}: the console consumer reads what replay writes: " +
        ", ".join(f"{n} {t}" for t, n in counts.items()))


def replay(program, place, name, book, files):
    """What replay writes of the dump, both as Avro and as JSON lines, read back."""
    for form in ("avro", "jsonl"):
        place.run(program, "replay", "--book", book, "--partitions", PARTITIONS, "--as-of", "log", "--format",
                  form, "--schemas", place.schemas, "--out", place.path / f"{name}-{form}", *files)
    expected = replayed(place.path / f"{name}-avro", place.path / f"{name}-jsonl", PARTITIONS)
    say(f"{name}: conserved", conserve(expected))
    if not all(any(expected[topic]) for topic in TOPICS):
        raise Failed("a topic stayed empty, so nothing would be compared there")
    return expected


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--claims", default=ROOT / "tests/data/cms_sample.jsonl.gz")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kafka-version", help="such as 3.9.2; else KAFKA_VERSION, or the newest")
    arguments = parser.parse_args()
    program = arguments.program
    place = Place(version=arguments.kafka_version)
    place.client.create_topic("declarations", PARTITIONS, {"retention.ms": "-1"})

    # The claims are older than what is generated, and as_of follows the log: claims first.
    claims = load_json_lines(place.client, "declarations", PARTITIONS, arguments.claims)
    place.run(program, "generate", "--lines", arguments.lines, "--seed", arguments.seed, "--bad-per-mille", 2,
              "--bootstrap-servers", place.bootstrap, "--topic", "declarations", "--framing", "confluent",
              "--schema-id", 1, "--timestamps", "submitted")
    ends = place.client.ends("declarations", PARTITIONS)
    say(f"loaded {claims} claims and {arguments.lines} generated lines, by partition: {ends}")
    if sum(ends) != claims + arguments.lines or 0 in ends:
        raise Failed("not every line is in the topic")
    dump = place.path / "dump"
    place.run(program, "dump", "--bootstrap-servers", place.bootstrap, "--topic", "declarations", "--out",
              dump)
    files = sorted(dump.glob("*.dump"))

    # The same log under two books: ours, whose bundles the generated lines are about, and that of the claims.
    for name, path in (("claims", "config/examples/cms.yaml"), ("calm", "config/book.yaml")):
        book = ROOT / path
        run_to_the_end(program, place, place.config(name, book))
        expected = replay(program, place, name, book, files)
        judge(place, name, expected)

    if arguments.kills:
        # Small transactions, so that there is a middle to be killed in.
        total = sum(len(records) for topic in TOPICS for records in expected[topic])
        config = place.config("killed", book,
                              **{"transaction.interval": "50ms", "transaction.records_max": 1000})
        run_with_kills(program, place, config, "killed", total, arguments.kills, arguments.seed)
        judge(place, "killed", expected)


main(test)
