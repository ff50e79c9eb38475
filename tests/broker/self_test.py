#!/usr/bin/python3
"""The judges of the broker tests can fail: every planted difference is found. Needs no broker."""
import copy

from harness import *

DECISION = {
    "insured": "p1", "insurer": 1, "amount": 100, "payable": 0, "covered": 100, "withheld": 0, "refused": 0,
    "reversed": 0, "status": "BUNDLED", "shares": [{"episode": "hip/-/2026-01-01",
                                                    "cents": 100}], "outside": 0}
EPISODE = {"state": "OPEN", "cost": 100, "lines": 1}
LETTER = {"partition": 0, "offset": 3, "reason": "bad_avro", "message": "it is not readable"}


def must_fail(what, judge, *arguments):
    try:
        judge(*arguments)
    except Failed:
        return
    raise Failed(f"{what} passed")


def seen_of(expected, group="g"):
    def headers(record):
        if not record:
            return b"NO_HEADERS"
        return b",".join(name + b":" + value for name, value in {
            **dead_letter_headers("in", record, group), b"__connect.errors.stage": b"DECODE"}.items())

    return [[(headers(record), key, value) for record, key, value, _ in records] for records in expected]


def test_compare():
    expected = [[(None, b"a", b"1", {}), (None, b"b", None, {})], [(None, b"c", b"3", {})]]
    seen = seen_of(expected)
    if compare("t", "g", "in", seen, expected) != 3:
        raise Failed("equal records were not counted")
    for what, change in [
        ("a missing record", lambda s: s[0].pop()), ("a record twice", lambda s: s[1].append(s[1][0])),
        ("another order", lambda s: s[0].reverse()), ("another partition", lambda s: s[1].append(s[0].pop())),
        ("another key", lambda s: s[1].__setitem__(0, (b"NO_HEADERS", b"x", b"3"))),
        ("another value", lambda s: s[1].__setitem__(0, (b"NO_HEADERS", b"c", b"4"))),
        ("null for empty", lambda s: s[0].__setitem__(1, (b"NO_HEADERS", b"b", b""))),
        ("a header too many", lambda s: s[1].__setitem__(0, (b"__connect.errors.x:1", b"c", b"3"))),
    ]:
        changed = copy.deepcopy(seen)
        change(changed)
        must_fail(what, compare, "t", "g", "in", changed, expected)
    letters = [[(LETTER, b"k", b"v", LETTER)]]
    compare("dead-letters", "g", "in", seen_of(letters), letters)
    for name in LETTER:
        other = {**LETTER, name: 7 if isinstance(LETTER[name], int) else "other"}
        must_fail(f"another {name}", compare, "dead-letters", "g", "in",
                  seen_of([[(other, b"k", b"v", other)]]), letters)


def test_conserve():
    def outputs(decision=None, episode=None):
        return {"decisions": [[(None, b"p1/d1", b"", {**DECISION, **(decision or {})})]],
                "episodes": [[(None, b"p1/1/hip/-/2026-01-01", b"", {**EPISODE, **(episode or {})})]]}

    conserve(outputs())
    must_fail("a cent too few", conserve, outputs({"covered": 99}))
    must_fail("a share of another size", conserve,
              outputs({"shares": [{"episode": "hip/-/2026-01-01", "cents": 99}]}))
    must_fail("a share of nowhere", conserve,
              outputs({"shares": [{"episode": "hip/-/2026-01-02", "cents": 100}]}))
    must_fail("another cost", conserve, outputs(episode={"cost": 101}))
    must_fail("another number of lines", conserve, outputs(episode={"lines": 2}))
    must_fail("a share in a void episode", conserve, outputs(episode={"state": "VOID"}))


def test_bytes():
    for data in (b"", b"plain", b"\\x41", bytes(range(256)), b"\\", None):
        if plain(escaped(data).encode() if data is not None else NULL) != data:
            raise Failed(f"{data} does not come back")
    known = {
        b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536, b"abc": 479470107}
    for key, hashed in known.items():  # the figures of Kafka's own UtilsTest
        if kafka_client.murmur2(key) != hashed & 0xFFFFFFFF:
            raise Failed(f"murmur2 of {key}")
    if kafka_client.crc32c(b"123456789") != 0xE3069283:
        raise Failed("crc32c")


def test():
    test_compare()
    test_conserve()
    test_bytes()
    say("every planted difference was found")


main(test)
