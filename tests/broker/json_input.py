#!/usr/bin/python3
"""JSON on Kafka, put there by a client of another language: `run` reads it, and says when its keys are where
another partitioner puts them.

    json_input.py --program build/release/bundelwacht [--lines 20000]
"""
import argparse
import math

from harness import *

PARTITIONS = 6


def fnv1a(key):
    """Sarama's and kafka-go's: the remainder of a signed number, without its sign."""
    number = 2166136261
    for byte in key:
        number = (number ^ byte) * 16777619 % 2**32
    number -= 2**32 if number >= 2**31 else 0
    return int(abs(math.fmod(number, PARTITIONS)))


def load(place, path):
    records = [[] for _ in range(PARTITIONS)]
    with open(path, "rb") as lines:
        for line in lines:
            values = json.loads(line)
            key = values["insured"].encode()
            values["not_ours"] = {"anything": [1, None]}
            records[fnv1a(key)].append((key, json.dumps(values).encode(), moment(values["submitted_at"])))
    records[0].append((b"p1", b"{no json}", records[0][-1][2]))
    for number, some in enumerate(records):
        for at in range(0, len(some), 1000):
            place.client.produce("declarations", number, some[at:at + 1000])
    return sum(map(len, records))


def replay(place, program, book):
    dump = place.path / "dump"
    place.run(program, "dump", "--bootstrap-servers", place.bootstrap, "--topic", "declarations", "--out",
              dump)
    for form in ("avro", "jsonl"):
        place.run(program, "replay", "--book", book, "--partitions", PARTITIONS, "--as-of", "log", "--format",
                  form, "--framing", "json", "--partitioner", "fnv1a", "--out", place.path / form,
                  *sorted(dump.glob("*.dump")))
    return place.path / "avro", place.path / "jsonl"


def count_reason(place, group, reason):
    letters = place.consume(f"{group}.dead-letters.v1", PARTITIONS)
    return sum(reason in headers for partition in letters for headers, _, _ in partition)


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--lines", type=int, default=20000)
    arguments = parser.parse_args()
    program, book = arguments.program, ROOT / "config/book.yaml"
    place = Place()
    place.client.create_topic("declarations", PARTITIONS, {"retention.ms": "-1"})
    place.run(program, "generate", "--lines", arguments.lines, "--seed", 5, "--out", place.path / "in.jsonl")
    records = load(place, place.path / "in.jsonl")

    # under the default nearly everything is in the wrong place, and that is said by name
    config = place.config("wrong", book, workers=2, **{"input.framing": "json"})
    child = place.run(program, "run", "--config", config, "--until-end", "--create-topics")
    said = child.log.read_text()
    if "set input.partitioner: fnv1a" not in said:
        raise Failed(f"it is not said whose partitioner it was:\n{tail(child)}")
    wrong = count_reason(place, "wrong", b"wrong_partition")
    if wrong < records // 2:
        raise Failed(f"{wrong} of {records} are wrong_partition")
    say(f"{wrong} of {records} in another client's partitions: said, with the setting")

    config = place.config("right", book, workers=2, **{"input.framing": "json", "input.partitioner": "fnv1a"})
    child = place.run(program, "run", "--config", config, "--until-end", "--create-topics")
    if "input.partitioner" in child.log.read_text():
        raise Failed("the right partitioner is doubted")
    expected = replayed(*replay(place, program, book), PARTITIONS, partition_of=fnv1a)
    seen = {topic: compare(topic, "right", "declarations",
                           place.consume(f"right.{topic}.v1", PARTITIONS, in_all(expected[topic])),
                           expected[topic]) for topic in TOPICS}
    if count_reason(place, "right", b"bad_json") != 1:
        raise Failed("a value that is no JSON is not one dead letter, bad_json")
    say(f"JSON on Kafka: {seen}, equal to a replay of the dump")


main(test)
