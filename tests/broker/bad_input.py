#!/usr/bin/python3
"""Every kind of bad record becomes a dead letter with its reason and its original bytes, and the rest goes on
(semantics §1, §11).

    bad_input.py --program build/release/bundelwacht
"""
import argparse
import json
import re
import struct

from harness import *

PARTITIONS = 4
NOW = 1_767_225_600_000  # 2026-01-01, the timestamp of every record
DAY = 86_400_000
BSN = "111222333"  # passes the eleven-test; nobody has it

GOOD = {
    "kind": "DEBIT",
    "insurer": 3311,
    "insured": "p1",
    "birth_date": days("1945-05-05"),
    "provider": "06012345",
    "care_type": "GENERAL_PRACTICE",
    "care_code": "12000",
    "start_date": days("2025-12-01"),
    "end_date": days("2025-12-01"),
    "amount": 1100,
    "submitted_at": NOW - DAY, }


def good(number, **changes):
    return {**GOOD, "insured": f"p{number}", "declaration_id": f"06012345-{number}", **changes}


def ours(values):
    return avro.confluent(1, avro.encode(DECLARATION, values))


def cases():
    """(name, key, value, expected reason, whether key and value may be shown, partition or None: where the
    key belongs)."""
    def of(name, reason, value, key=None, shown=True, partition=None):
        return name, (values["insured"].encode() if key is None else key), value, reason, shown, partition

    rows = []
    values = good(1)
    body = avro.encode(DECLARATION, values)
    rows += [
        of("truncated", "bad_avro", ours(values)[:-5]),
        of("a byte too many", "bad_avro", ours(values) + b"\0"),
        of("endless length", "bad_avro", avro.confluent(1, b"\xff" * 20)),
        of("huge length", "bad_avro", avro.confluent(1, avro.zigzag(1 << 40) + b"x" * 50)),
        of("random bytes", "bad_wire_format", bytes((i * 151 + 7) % 251 | 1 for i in range(200))),
        of("empty value", "bad_wire_format", b""),
        of("short header", "bad_wire_format", b"\0\0\0"),
        of("plain Avro", "bad_wire_format", b"\x1f" + body[1:]),
        of("unknown schema id", "unknown_schema", avro.confluent(99, body)),
        of("a schema of another thing", "bad_schema", avro.confluent(3, b"\x06abc")),
        of("a schema that is none", "bad_schema", avro.confluent(4, body)),
        of("a schema without insurer", "bad_schema", avro.confluent(5, body)),
        of("null value", "no_value", None),
        of("2 MB of value", "too_large", avro.confluent(1, body + b"z" * 2_000_000)),
        of("no key", "key_mismatch", ours(values), key=b"~none~"),
        of("another key", "key_mismatch", ours(values), key=b"p2"),
    ]
    home = kafka_client.partition_of(b"p1", PARTITIONS)
    rows.append(of("another partition", "wrong_partition", ours(values), partition=(home + 1) % PARTITIONS))
    for name, reason, changes in [
        ("quantity of nothing", "bad_quantity", {"quantity": 0}),
        ("end before start", "bad_end_date", {"end_date": GOOD["start_date"] - 1}),
        ("negative amount", "bad_amount", {"amount": -1}),
        ("too much money", "bad_amount", {"amount": 10 ** 12 + 1}),
        ("insurer of five digits", "bad_insurer", {"insurer": 10000}),
        ("provider of three digits", "bad_provider", {"provider": "123"}),
        ("no code", "bad_care_code", {"care_code": ""}),
        ("tilde in the id", "bad_declaration_id", {"declaration_id": "a~b"}),
        ("line end in the trajectory", "bad_trajectory", {"trajectory": "a\nb"}),
        ("system without diagnosis", "bad_diagnosis", {"diagnosis_system": "DBC"}),
        ("debit that takes back", "bad_credits_id", {"credits_id": "06012345-7"}),
        ("credit of nothing", "bad_credits_id", {"kind": "CREDIT"}),
        ("a start before there were computers", "bad_start_date", {
            "start_date": days("1900-01-01"), "birth_date": days("1899-01-01")}),
        ("unborn", "bad_birth_date", {"birth_date": days("2026-06-01")}),
        ("from next week", "bad_submitted_at", {"submitted_at": NOW + 7 * DAY}), ]:
        values = good(1, **changes)
        rows.append(of(name, reason, ours(values)))
    values = good(1, insured="p/1")
    rows.append(of("a slash in insured", "bad_insured", ours(values)))
    values = good(1)
    nullable = nullable_declaration()
    rows.append(
        of("null birth date", "bad_birth_date",
           avro.confluent(2, avro.encode(nullable, {**values, "birth_date": None}))))
    rows.append(
        of("null start date", "bad_start_date",
           avro.confluent(2, avro.encode(nullable, {**values, "start_date": None}))))
    rows.append(
        of("unknown care type", "bad_care_type",
           avro.confluent(6, avro.encode(spaceships(), {**values, "care_type": "SPACESHIP"}))))
    values = good(1, insured=BSN)
    rows.append(of("insured is a BSN", "raw_bsn", ours(values), shown=False))
    values = good(1)
    rows.append(of("the key is a BSN", "raw_bsn", ours(values), key=BSN.encode(), shown=False))
    rows.append(of("BSN with damaged bytes", "bad_wire_format", b"\7\7", key=BSN.encode(), shown=False))
    values = good(1, trajectory=f"t{BSN}", quantity=0)
    rows.append(of("a BSN in the value", "bad_quantity", ours(values), shown=False))
    return rows


def spaceships():
    """Our schema with a care type that we do not know."""
    schema = json.loads(json.dumps(DECLARATION))
    for field in schema["fields"]:
        if field["name"] == "care_type":
            field["type"]["symbols"].append("SPACESHIP")
    return schema


def without_insurer():
    return {**DECLARATION, "fields": [field for field in DECLARATION["fields"] if field["name"] != "insurer"]}


def load(place):
    """Good and bad records in turn; returns per partition what was put there: (name, key, value, reason or
    None, shown)."""
    placed = [[] for _ in range(PARTITIONS)]
    # The clock of its partition leaps at the next good record.
    early = good(998, submitted_at=NOW - 100 * 86_400_000)
    key = early["insured"].encode()
    placed[kafka_client.partition_of(key, PARTITIONS)].append(("early", key, ours(early), None, True))
    number = 100
    for name, key, value, reason, shown, partition in cases():
        key = None if key == b"~none~" else key
        if partition is None:
            partition = kafka_client.partition_of(key or b"p1", PARTITIONS)
        placed[partition].append((name, key, value, reason, shown))
        number += 1
        fine = good(number)
        fine_key = fine["insured"].encode()
        placed[kafka_client.partition_of(fine_key, PARTITIONS)].append(
            ("fine", fine_key, ours(fine), None, True))
    # A good record that the operator has put into quarantine.
    last = good(999)
    key = last["insured"].encode()
    partition = kafka_client.partition_of(key, PARTITIONS)
    placed[partition].append(("in quarantine", key, ours(last), "quarantined", True))
    for number, records in enumerate(placed):
        place.client.produce("declarations", number, [(key, value, NOW) for _, key, value, _, _ in records])
    return placed, f"declarations/{partition}/{len(placed[partition]) - 1}"


def check_dead_letters(seen, placed, group):
    count = 0
    for partition, records in enumerate(placed):
        wanted = [(offset, *record) for offset, record in enumerate(records) if record[3]]
        if len(seen[partition]) != len(wanted):
            raise Failed(
                f"partition {partition} has {len(seen[partition])} dead letters instead of {len(wanted)}: " +
                str([plain_reason(headers) for headers, _, _ in seen[partition]]) + " for " +
                str([(name, reason) for _, name, _, _, reason, _ in wanted]))
        for (headers, key, value), (offset, name, sent_key, sent_value, reason, shown) in zip(
                seen[partition], wanted):
            headers = parse_headers(headers)
            message = headers.get(b"__connect.errors.exception.message", b"").decode()
            record = {"partition": partition, "offset": offset, "reason": reason, "message": message}
            stage = headers.pop(b"__connect.errors.stage", None)
            if headers != dead_letter_headers("declarations", record, group):
                raise Failed(
                    f"\"{name}\": headers {headers} instead of"
                    f" {dead_letter_headers('declarations', record, group)}"
                )
            if stage not in (b"DECODE", b"VALIDATE") or not message or BSN in message:
                raise Failed(f"\"{name}\": stage {stage}, message \"{message}\"")
            if (key, value) != ((sent_key, sent_value) if shown else (None, None)):
                raise Failed(
                    f"\"{name}\": {escaped(key)[:200]} and {escaped(value)[:200]} instead of the original"
                    if shown else f"\"{name}\" shows a BSN")
            count += 1
    return count


def plain_reason(headers):
    return parse_headers(headers).get(b"__connect.errors.exception.class.name", b"").decode()


def check_decisions(seen, placed):
    count = 0
    for partition, records in enumerate(placed):
        wanted = [key for _, key, _, reason, _ in records if not reason]
        found = [key.split(b"/")[0] for _, key, _ in seen[partition]]
        if found != wanted:
            raise Failed(f"partition {partition}: decisions about {found} instead of {wanted}")
        count += len(found)
    return count


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--book", default=ROOT / "config/book.yaml")
    arguments = parser.parse_args()
    program, book = arguments.program, arguments.book
    place = Place()
    (place.schemas / "3.avsc").write_text('{"type": "string"}')
    (place.schemas / "4.avsc").write_text('{"type": "recor')
    (place.schemas / "5.avsc").write_text(json.dumps(without_insurer()))
    (place.schemas / "6.avsc").write_text(json.dumps(spaceships()))
    place.client.create_topic("declarations", PARTITIONS,
                              {"retention.ms": "-1", "max.message.bytes": "4194304",
                               "message.timestamp.after.max.ms": str(2 ** 63 - 1)})
    placed, quarantine = load(place)

    config = place.config("strict", book, workers=2, quarantine=["declarations/99/1"])
    child = place.run(program, "run", "--config", config, "--until-end", "--create-topics", expected=78)
    if "declarations/99/1" not in tail(child) or f"the topic has {PARTITIONS}, from 0" not in tail(child):
        raise Failed(f"a partition that is not there is not named: {tail(child)}")
    config = place.config("strict", book, workers=2, quarantine=[quarantine])
    child = place.run(program, "run", "--config", config, "--until-end", "--create-topics")
    said = tail(child, 200)
    leap = re.search(r'at \\"declarations\\" partition \d+ offset \d+ moves as_of by (\d+) days', said)
    if not leap or "lets producers write any time" not in said:
        raise Failed(f"neither the leap of the clock nor the free timestamps are said: {said}")
    say(f"a clock that leaps by {leap[1]} days is said, and that producers may write any time")
    dead = check_dead_letters(place.consume("strict.dead-letters.v1", PARTITIONS), placed, "strict")
    decided = check_decisions(place.consume("strict.decisions.v1", PARTITIONS), placed)
    say(f"{dead} bad records became dead letters with their reason and bytes; {decided} others were decided")

    # The same of files: a replay of the dump says of every record what run says (but for the quarantine,
    # which files do not have).
    config = place.config("again", book, workers=2)
    place.run(program, "run", "--config", config, "--until-end", "--create-topics")
    dump = place.path / "dump"
    place.run(program, "dump", "--bootstrap-servers", place.bootstrap, "--topic", "declarations", "--out",
              dump)
    for form in ("avro", "jsonl"):
        place.run(program, "replay", "--book", book, "--partitions", PARTITIONS, "--as-of", "log", "--format",
                  form, "--schemas", place.schemas, "--out", place.path / form, *sorted(dump.glob("*.dump")))
    expected = replayed(place.path / "avro", place.path / "jsonl", PARTITIONS)
    conserve(expected)
    for topic in ("decisions", "dead-letters"):
        compare(topic, "again", "declarations", place.consume(f"again.{topic}.v1", PARTITIONS),
                expected[topic])
    say("replay of the dump says the same")


main(test)
