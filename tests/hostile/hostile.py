#!/usr/bin/python3
"""Framing single-object, headers of originals, records of 1 byte and 1 MB, quarantine, and leaving the group:
on a real broker.

    hostile.py --program build/release/bundelwacht framing_and_headers|sizes|leaving
"""
import argparse
import json
import pathlib
import re
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "broker"))
from harness import *  # noqa: E402

NOW = 1_767_225_600_000  # 2026-01-01, the timestamp of every record
BSN = "111222333"  # passes the eleven-test; nobody has it
BOOK = ROOT / "config/book.yaml"
GOOD = {
    "kind": "DEBIT",
    "insurer": 3311,
    "birth_date": days("1945-05-05"),
    "provider": "06012345",
    "care_type": "GENERAL_PRACTICE",
    "care_code": "12000",
    "start_date": days("2025-12-01"),
    "end_date": days("2025-12-01"),
    "amount": 1100,
    "submitted_at": NOW - 86_400_000, }


def good(number, **changes):
    return {**GOOD, "insured": f"p{number}", "declaration_id": f"06012345-{number}", **changes}


# --- a fingerprint of our own making: the parsing canonical form and CRC-64-AVRO, as specified ---

def canonical(schema, space=""):
    if isinstance(schema, str):
        return json.dumps(
            schema if schema in PRIMITIVES or "." in schema or not space else f"{space}.{schema}")
    if isinstance(schema, list):
        return "[" + ",".join(canonical(branch, space) for branch in schema) + "]"
    kind = schema["type"]
    if kind in PRIMITIVES or isinstance(kind, (dict, list)):
        return canonical(kind, space)
    if kind == "array":
        return '{"type":"array","items":' + canonical(schema["items"], space) + "}"
    space = schema.get("namespace", space)
    name = schema["name"] if "." in schema["name"] or not space else f"{space}.{schema['name']}"
    if kind == "enum":
        return (
            f'{{"name":{json.dumps(name)},"type":"enum",'
            f'"symbols":{json.dumps(schema["symbols"], separators=(",", ":"))}}}'
        )
    fields = ",".join(f'{{"name":"{field["name"]}","type":{canonical(field["type"], space)}}}'
                      for field in schema["fields"])
    return f'{{"name":{json.dumps(name)},"type":"record","fields":[{fields}]}}'


PRIMITIVES = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}
EMPTY = 0xC15D213AA4D7A795


def fingerprint(schema):
    crc = EMPTY
    for byte in canonical(schema).encode():
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (EMPTY if crc & 1 else 0)
    return crc


# --- records with headers, as the broker's protocol has them ---

def batch_with_headers(records):
    """Of (key, value, headers): headers are (name, value or None)."""
    body = bytearray()
    for i, (key, value, headers) in enumerate(records):
        record = b"\0" + kafka_client.zigzag(0) + kafka_client.zigzag(i) + kafka_client._span(
            key) + kafka_client._span(value) + kafka_client.zigzag(len(headers))
        for name, content in headers:
            record += kafka_client.zigzag(len(name.encode())) + name.encode() + kafka_client._span(content)
        body += kafka_client.zigzag(len(record)) + record
    tail = struct.pack(">hiqqqhii", 0, len(records) - 1, NOW, NOW, -1, -1, -1, len(records)) + body
    return struct.pack(">qiibI", 0, len(tail) + 9, 0, 2, kafka_client.crc32c(tail)) + tail


def produce_with_headers(place, records):
    """Into partition 0 of declarations; a client of its own, since it answers with a batch of its own."""
    plain_batch = kafka_client.record_batch
    kafka_client.record_batch = lambda batch: batch_with_headers([
        (key, value, headers) for key, (value, headers), _ in batch])
    try:
        for key, value, headers in records:
            place.client.produce("declarations", 0, [(key, Carrier(value, headers), NOW)])
    finally:
        kafka_client.record_batch = plain_batch


class Carrier(tuple):
    """A value with its headers, which has the value's length."""

    def __new__(cls, value, headers):
        return tuple.__new__(cls, (value, headers))


def expect(what, found, wanted):
    if found != wanted:
        raise Failed(f"{what}: {found!r} instead of {wanted!r}")


def split_headers(text):
    """The console consumer's name:value,name:value; names and values of this test hold neither sign."""
    return [] if text == b"NO_HEADERS" else [tuple(part.split(b":", 1)) for part in text.split(b",")]


def framing_and_headers(program):
    place = Place()
    place.client.create_topic("declarations", 1, {"retention.ms": "-1"})
    bad = avro.confluent(99, b"x")
    many = [(f"h{i}", b"%d" % i) for i in range(100)]
    cases = [
        ("none", [], []),
        ("two", [("source", b"vecozo"), ("batch", b"7")], [(b"source", b"vecozo"), (b"batch", b"7")]),
        ("null and empty", [("a", None), ("b", b"")], [(b"a", b"~null~"), (b"b", b"")]),
        ("the same name twice", [("a", b"1"), ("a", b"2")], [(b"a", b"1"), (b"a", b"2")]),
        ("a BSN is not passed on", [("a", b"1"), ("who", BSN.encode()), ("b", b"2")], [(b"a", b"1"),
                                                                                       (b"b", b"2")]),
        ("of an earlier letter", [("__connect.errors.offset", b"9"), ("a", b"1")], [(b"a", b"1")]),
        ("too many", many, [(name.encode(), value) for name, value in many[:64]]),
        ("too large", [("a", b"1"), ("big", b"z" * 70_000), ("c", b"1")], [(b"a", b"1")]), ]
    records = [(b"p1", bad, headers) for _, headers, _ in cases]
    records.append((BSN.encode(), bad, [("a", b"1")]))  # neither key nor value nor headers
    records.append((b"p5", avro.confluent(1, avro.encode(DECLARATION, good(5))), [("a", b"1")]))
    # in quarantine
    records.append((b"p6", avro.confluent(1, avro.encode(DECLARATION, good(6))), [("trace", b"t")]))
    produce_with_headers(place, records)
    config = place.config("one", BOOK, workers=1, quarantine=[f"declarations/0/{len(records) - 1}"],
                          **{"output.framing": "single-object"})
    place.run(program, "run", "--config", config, "--until-end", "--create-topics")
    letters = place.consume("one.dead-letters.v1", 1)[0]
    expect("dead letters", len(letters), len(records) - 1)
    for (label, _, wanted), (headers, key, value) in zip(cases, letters):
        found = split_headers(headers)
        ours = [name for name, _ in found if name.startswith(b"__connect.errors.")]
        expect(f"{label}: our headers", len(ours), 8)
        expect(f"{label}: ours come first", [name for name, _ in found[:8]], ours)
        expect(f"{label}: the original's", found[8:], wanted)
        expect(f"{label}: key and value", (key, value), (b"p1", bad))
    headers, key, value = letters[len(cases)]
    expect("a key that is a BSN", (key, value, len(split_headers(headers))), (None, None, 8))
    headers, key, value = letters[-1]
    found = dict(split_headers(headers))
    expect("quarantined", (found[b"__connect.errors.exception.class.name"], found[b"trace"], key),
           (b"quarantined", b"t", b"p6"))
    say(f"{len(letters)} dead letters carry the headers of their originals, as far as they may")
    decisions = place.consume("one.decisions.v1", 1)[0]
    expect("decisions", [key for _, key, _ in decisions], [b"p5/06012345-5"])
    head = b"\xc3\x01" + struct.pack("<Q",
                                     fingerprint(json.loads((ROOT / "schemas/decision.avsc").read_text())))
    expect("the head of a single object", decisions[0][2][:10], head)
    dump = place.path / "dump"
    place.run(program, "dump", "--bootstrap-servers", place.bootstrap, "--topic", "declarations", "--out",
              dump)
    for form in ("avro", "jsonl"):
        place.run(program, "replay", "--book", BOOK, "--partitions", 1, "--as-of", "log", "--format", form,
                  "--schemas", place.schemas, "--out", place.path / form, *sorted(dump.glob("*.dump")))
    expected = replayed(place.path / "avro", place.path / "jsonl", 1)["decisions"][0]
    expect("the body of a single object", decisions[0][2][10:], expected[0][2][5:])
    say("outputs are single objects with the fingerprint of their schema")


def sizes(program):
    """Records of one byte up to some bytes above the limit, one of a schema with a field that is only there
    to be long."""
    place = Place()
    long_schema = {**DECLARATION, "fields": DECLARATION["fields"] + [{"name": "scan", "type": "string"}]}
    (place.schemas / "3.avsc").write_text(json.dumps(long_schema))
    place.client.create_topic("declarations", 1, {"retention.ms": "-1", "max.message.bytes": "8388608"})

    def of_size(number, size):
        values = good(number)
        empty = len(avro.confluent(3, avro.encode(long_schema, {**values, "scan": ""})))
        scan = size - empty
        while len(
                value := avro.confluent(3, avro.encode(long_schema, {**values, "scan": "s" * scan}))) > size:
            scan -= 1
        expect("a record of this test", len(value), size)
        return value

    def load(limit):
        records = [(b"p0", bytes([byte]), "bad_wire_format") for byte in (0, 1, 0xC3, 0xFF)]
        for number, (size, reason) in enumerate([(limit - 1, None), (limit, None), (limit + 1, "too_large"),
                                                 (limit + 1000, "too_large")], 10):
            records.append((b"p%d" % number, of_size(number, size), reason))
        records.append((b"p20", avro.confluent(1, avro.encode(DECLARATION, good(20))), None))
        return records

    sent = []
    for name, limit in (("small", 5000), ("default", 1 << 20)):
        records = load(limit)
        begin = len(sent)
        sent += records
        place.client.produce("declarations", 0, [(key, value, NOW) for key, value, _ in records])
        extra = {"input.value_bytes_max": limit} if name == "small" else {}
        place.run(program, "run", "--config", place.config(name, BOOK, workers=1, **extra), "--until-end",
                  "--create-topics")
        letters = [
            dict(split_headers(headers)) for headers, _, _ in place.consume(f"{name}.dead-letters.v1", 1)[0]]
        reasons = {
            int(letter[b"__connect.errors.offset"]): letter[b"__connect.errors.exception.class.name"].decode(
            ) for letter in letters}
        for offset in range(begin, len(sent)):
            expect(f"{name}: a value of {len(sent[offset][1])} bytes", reasons.get(offset), sent[offset][2])
        dump = place.path / f"dump-{name}"
        place.run(program, "dump", "--bootstrap-servers", place.bootstrap, "--topic", "declarations", "--out",
                  dump)
        out = place.path / f"replay-{name}"
        place.run(program, "replay", "--book", BOOK, "--partitions", 1, "--as-of", "log", "--schemas",
                  place.schemas, "--out", out, "--value-bytes-max", limit, *dump.glob("*.dump"))
        replayed_reasons = {}
        for line in (out / "dead-letters.jsonl").read_text().splitlines():
            letter = json.loads(line)
            replayed_reasons[letter["offset"]] = letter["reason"]
        expect(f"{name}: a replay of the dump", replayed_reasons, reasons)
        say(f"with a limit of {limit} bytes: 1 byte, the limit, and one byte more")


def served_after(program, place, name, leaves, patience):
    """Two processes; the first is told to stop; how long until the second has decided what comes then. None:
    not within `patience` seconds."""
    topic, wanted = f"{name}.decisions.v1", 8
    place.config(name, BOOK, workers=1, **{"input.group": name, "input.topic": "declarations"})
    flags = [
        "run", "--config", place.path / f"{name}.yaml", "--create-topics", "--kafka",
        "consumer.session.timeout.ms=45000"]
    (place.path / f"state-{name}-2").mkdir()
    first = place.start(program, *flags, *(["--leave"] if leaves else []))
    second = place.start(program, *flags, "--process", "1", "--state-directory",
                         place.path / f"state-{name}-2")
    send(place, 0)
    until(lambda: sum(place.client.ends(topic, 8, committed=True)) >= wanted, 60,
          "the first lines are decided")
    time.sleep(4)  # so that both have their partitions
    before = place.client.ends(topic, 8, committed=True)
    first.terminate()
    expect("SIGTERM", first.wait(30), 0)
    send(place, 1)
    began = time.time()
    try:
        until(lambda: all(a > b for a, b in zip(place.client.ends(topic, 8, committed=True), before)),
              patience, "all partitions are served")
        return time.time() - began
    except Failed:
        return None
    finally:
        second.terminate()
        second.wait(30)


def send(place, round_):
    """A line for every partition."""
    found = {}
    number = 1000 * send.calls
    send.calls += 1
    while len(found) < 8:
        number += 1
        key = f"p{number}".encode()
        found.setdefault(kafka_client.partition_of(key, 8),
                         (key, avro.confluent(1, avro.encode(DECLARATION, good(number))), NOW))
    for partition, record in found.items():
        place.client.produce("declarations", partition, [record])


send.calls = 1


def until(condition, seconds, what):
    end = time.time() + seconds
    while time.time() < end:
        try:
            if condition():
                return
        except RuntimeError:
            pass
        time.sleep(0.1)
    raise Failed(f"not within {seconds} s: {what}")


def leaving(program):
    place = Place()
    place.client.create_topic("declarations", 8, {"retention.ms": "-1"})
    took = served_after(program, place, "leaves", True, 25)
    if took is None:
        raise Failed("25 s after --leave nobody serves the partitions; the session is 45 s")
    say(f"{took:.1f} s after a process left with --leave the other serves its partitions")
    if served_after(program, place, "stays", False, 12) is not None:
        raise Failed("without --leave the partitions were served at once: this test shows nothing")
    say("without --leave they wait for the session to end")


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("case", choices=["framing_and_headers", "sizes", "leaving"])
    arguments = parser.parse_args()
    globals()[arguments.case](arguments.program)


main(test)
