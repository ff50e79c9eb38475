#!/usr/bin/python3
"""The program from outside, without Kafka: files in, files out, exit codes and sentences.

    cases.py --program build/release/bundelwacht [CASE...]
    cases.py --program build/release/bundelwacht --self-test     each case must fail with a program that lies

A case is a function named case_…; CTest runs each by itself. The first thing that is not as it should be ends
it with a sentence.
"""
import argparse
import base64
import gzip
import hashlib
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "scenarios"))
sys.path.insert(0, os.path.join(ROOT, "tests", "broker"))
import alert_sentences  # noqa: E402
import avro  # noqa: E402
import run as scenarios  # noqa: E402

BOOK = os.path.join(ROOT, "config", "book.yaml")
REFERENCE = os.path.join(ROOT, "config", "reference.yaml")
TOPICS = ("decisions", "episodes", "alerts", "dead-letters")
DONE, FAILED, FINDINGS, USAGE, DATA, NO_INPUT, EXISTS, CONFIG = 0, 1, 2, 64, 65, 66, 73, 78


class Failed(Exception):
    pass


def expect(holds, sentence):
    if not holds:
        raise Failed(sentence)


class Bench:
    """The program, and a folder for what it reads and writes."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.numbers = itertools.count()

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *arguments, code=DONE, stdin=None):
        done = subprocess.run([self.program, *arguments], input=stdin, capture_output=True, timeout=300,
                              check=False, stdin=None if stdin is not None else subprocess.DEVNULL)
        said = done.stderr.decode(errors="replace")
        expect(done.returncode == code,
               f"exit code {done.returncode}, not {code}, of {' '.join(arguments)}: {said.strip()[:1500]}")
        return done.stdout.decode(errors="replace"), said

    def generate(self, name, *arguments):
        self.run("generate", "--out", self.path(name), *arguments)
        return self.path(name)

    def replay(self, *inputs, form="jsonl", book=BOOK, options=(), stdin=None):
        """The folder of the four files."""
        out = self.path(f"out-{next(self.numbers)}")
        self.run("replay", "--book", book, "--out", out, "--format", form, *options, *inputs, stdin=stdin)
        return out

    def write(self, name, data):
        with open(self.path(name), "wb") as stream:
            stream.write(data)
        return self.path(name)


def bytes_of(folder, form, topics=TOPICS):
    return {topic: open(os.path.join(folder, f"{topic}.{form}"), "rb").read() for topic in topics}


def lines_of(folder, topic):
    with open(os.path.join(folder, topic + ".jsonl"), "rb") as stream:
        return [json.loads(line) for line in stream]


def expect_same(first, second, what, topics=TOPICS):
    for topic in topics:
        expect(first[topic] == second[topic], f"{what}: {topic} differ")


# --- the same bytes -----------------------------------------------------------------------------------------

def case_a_clock_that_leaps_is_said_with_its_place(bench):
    """31 days are none; a record out of its horizon moves nothing (s07 of the field's cases)."""
    def line(number, start, submitted):
        return {"declaration_id": f"d{number}", "kind": "DEBIT", "credits_id": None, "insurer": 3311,
                "insured": "p1", "birth_date": "1950-01-01", "provider": "06010101",
                "care_type": "PARAMEDICAL", "care_code": "1", "start_date": start, "end_date": start,
                "amount": 100, "submitted_at": f"{submitted}T09:00:00.000Z"}
    lines = [line(1, "2026-01-01", "2026-02-01"), line(2, "2026-02-02", "2026-03-04"),
             line(3, "2026-03-12", "2036-01-01"), line(4, "2026-04-01", "2026-04-05"),
             line(5, "2026-05-01", "2026-04-06")]
    path = bench.write("leaps.jsonl", "".join(json.dumps(record) + "\n" for record in lines).encode())
    out = bench.path("leaps")
    _, said = bench.run("replay", "--book", BOOK, "--partitions", "1", "--out", out, path)
    leaps = [sentence for sentence in said.splitlines() if "moves as_of" in sentence]
    expect(leaps == [f'replay: the record at "{path}" partition 0 offset 3 moves as_of by 32 days, from '
                     "2026-03-04 to 2026-04-05: all that waits for the clock there happens at once; if its "
                     "submitted_at is wrong, correct the source"], f"{said}")
    decisions = {record["declaration_id"]: (record["status"], record["as_of"], record["payable"])
                 for record in lines_of(out, "decisions")}
    expect(decisions["d3"] == ("OUT_OF_HORIZON", "2026-03-04", 0), f"{decisions}")
    expect(decisions["d5"] == ("FEE_FOR_SERVICE", "2026-04-06", 100), f"{decisions}")
    # Alone it has no day to stand on but the first of all.
    path = bench.write("alone.jsonl", json.dumps(lines[2]).encode())
    out = bench.path("alone")
    bench.run("replay", "--book", BOOK, "--partitions", "1", "--as-of", "log", "--out", out, path)
    alone = lines_of(out, "decisions")
    expect([record["as_of"] for record in alone] == ["1970-01-01"], f"{alone}")


def case_a_dead_letter_says_how_to_mend_it(bench):
    """Missing, type, symbol and bound are told apart; of Avro the field of the schema is named."""
    good = {"declaration_id": "d1", "kind": "DEBIT", "insurer": 3311, "insured": "p1",
            "birth_date": "1950-01-01", "provider": "06010101", "care_type": "PARAMEDICAL", "care_code": "1",
            "start_date": "2026-01-01", "end_date": "2026-01-01", "amount": 100,
            "submitted_at": "2026-01-02T09:00:00.000Z"}
    rows = (({"provider": "0601010101"}, "provider: 10 digits, wants 8 digits"),
            ({"provider": 6010101}, "provider: of another type or form, wants 8 digits"),
            ({"provider": ...}, "provider: missing, wants 8 digits"),
            ({"care_type": "SPACESHIP"}, "care_type: an unknown symbol, wants a care type of §1"),
            ({"care_type": 3}, "care_type: of another type or form, wants a care type of §1"),
            ({"insurer": 0}, "insurer: below its bound, wants 1 to 9999"))
    lines = [{key: value for key, value in {**good, **change}.items() if value is not ...}
             for change, _ in rows]
    path = bench.write("wrong.jsonl", "".join(json.dumps(line) + "\n" for line in lines).encode())
    found = [letter["message"] for letter in lines_of(bench.replay(path), "dead-letters")]
    expect(found == [text for _, text in rows], f"{found}")
    schema = {"type": "record", "name": "D", "fields": [{"name": "insurer", "type": "string"}]}
    text = json.dumps(schema).encode()
    head = avro.zigzag(1) + avro.zigzag(11) + b"avro.schema" + avro.zigzag(len(text)) + text + b"\0"
    block = avro.zigzag(1) + avro.zigzag(2) + b"\x02x" + b"s" * 16
    container = b"Obj\x01" + head + b"s" * 16 + block
    letters = lines_of(bench.replay(bench.write("schema.avro", container)), "dead-letters")
    expect(len(letters) == 1 and letters[0]["reason"] == "bad_schema" and
           letters[0]["message"].startswith('the field "insurer" is a string, where an int is read'),
           f"{letters}")


def case_any_number_of_threads_gives_the_same_bytes(bench):
    """1, 2 and 7 threads, JSON lines and Avro, in and out (issue 3, point 3)."""
    for source in ("jsonl", "avro"):
        path = bench.generate(f"in.{source}", "--lines", "60000", "--seed", "11", "--bad-per-mille", "3")
        for form in ("jsonl", "avro"):
            options = ("--reference", REFERENCE)
            golden = bytes_of(bench.replay(path, form=form, options=options + ("--threads", "1")), form)
            expect(all(len(golden[topic]) > 20000 for topic in TOPICS),
                   f"{source} to {form}: too little was decided to compare")
            for threads in ("2", "7"):
                again = bytes_of(bench.replay(path, form=form, options=options + ("--threads", threads)),
                                 form)
                expect_same(golden, again, f"{source} to {form}, {threads} threads against one")


def case_every_input_form_decides_the_same(bench):
    """JSON lines, Avro with and without compression, standard input, and one file cut into three."""
    arguments = ("--lines", "30000", "--seed", "5")
    lines = bench.generate("in.jsonl", *arguments)
    golden = bytes_of(bench.replay(lines), "jsonl")
    expect(len(golden["alerts"]) > 10000, "no alerts to compare")
    with open(lines, "rb") as stream:
        data = stream.read()
    cuts = [0, data.index(b"\n", len(data) // 5) + 1, data.index(b"\n", len(data) // 2) + 1, len(data)]
    parts = [bench.write(f"part-{n}.jsonl", data[a:b]) for n, (a, b) in enumerate(zip(cuts, cuts[1:]))]
    for what, out in (("Avro", bench.replay(bench.generate(
            "in.avro",
            *arguments))), ("deflated Avro",
                            bench.replay(bench.generate("deflated.avro", *arguments, "--codec", "deflate"))),
                      ("standard input", bench.replay("-",
                                                      stdin=data)), ("three parts", bench.replay(*parts)),
                      ("no line end at the end", bench.replay(bench.write("open.jsonl", data[:-1]))),
                      ("empty lines between",
                       bench.replay(bench.write("gaps.jsonl", data.replace(b"\n", b"\n\n")))),
                      ("CR LF", bench.replay(bench.write("crlf.jsonl", data.replace(b"\n", b"\r\n"))))):
        expect_same(golden, bytes_of(out, "jsonl"), what)


DATES = {"as_of", "start_date", "opened_on", "opens_window", "closes_on", "known_on"}


def case_avro_files_say_what_json_lines_say(bench):
    path = bench.generate("in.jsonl", "--lines", "20000", "--seed", "2", "--bad-per-mille", "5")
    lines, container = bench.replay(path), bench.replay(path, form="avro")

    def plain(name, value):
        if name in DATES:
            return (scenarios.datetime.date(1970, 1, 1) +
                    scenarios.datetime.timedelta(days=value)).isoformat()
        if name == "submitted_at":
            moment = scenarios.datetime.datetime(1970, 1,
                                                 1) + scenarios.datetime.timedelta(milliseconds=value)
            return moment.isoformat(timespec="milliseconds") + "Z"
        return base64.b64encode(value).decode() if isinstance(value, bytes) else value

    for topic in TOPICS:
        expected = lines_of(lines, topic)
        if topic != "dead-letters":
            for record in expected:
                del record["key"]
        records = [{name: plain(name, value) for name, value in record.items()}
                   for _, record in avro.container(os.path.join(container, topic + ".avro"))]
        expect(
            len(records) == len(expected) > 20,
            f"{topic}: {len(records)} records in Avro, {len(expected)} in JSON")
        for record, other in zip(records, expected):
            expect(record == other, f"{topic}: {record} in Avro, {other} in JSON")


def case_bundles_leave_out_only_plain_decisions(bench):
    path = bench.generate("in.avro", "--lines", "30000", "--seed", "9")
    everything, few = bench.replay(path), bench.replay(path, options=("--decisions", "bundles"))
    expect_same(bytes_of(everything, "jsonl"), bytes_of(few, "jsonl"), "--decisions bundles",
                ("episodes", "alerts", "dead-letters"))
    seen_other, kept = set(), []
    for record in lines_of(everything, "decisions"):
        if record["status"] != "FEE_FOR_SERVICE":
            seen_other.add(record["key"])
        if record["key"] in seen_other:
            kept.append(record)
    expect(len(kept) > 500, "too few decisions to compare")

    def bare(records):  # a revision counts what was sent
        return [{name: value for name, value in record.items() if name != "revision"} for record in records]

    expect(
        bare(kept) == bare(lines_of(few, "decisions")),
        "--decisions bundles writes other decisions than the rule says")


# --- the money, and the order -------------------------------------------------------------------------------

class Folder(scenarios.Outcome):
    """An outcome as the scenarios' checks want it, without their dead letters."""

    def __init__(self, folder):
        with open(os.path.join(folder, "dead-letters.jsonl"), "rb") as stream:
            letters = stream.read()
        os.truncate(os.path.join(folder, "dead-letters.jsonl"), 0)
        super().__init__(folder, [], None)
        with open(os.path.join(folder, "dead-letters.jsonl"), "wb") as stream:
            stream.write(letters)


def case_not_one_cent_is_lost(bench):
    path = bench.generate("in.avro", "--lines", "60000", "--seed", "21", "--persons", "1500")
    outcome = Folder(bench.replay(path, options=("--reference", REFERENCE)))
    wrong = scenarios.check_conservation(outcome)
    expect(not wrong, "; ".join(wrong[:5]))
    expect(len(outcome.last_episodes) > 50, f"only {len(outcome.last_episodes)} episodes")


def case_the_order_of_arrival_does_not_matter(bench):
    """Axiom 1, on generated lines: any order ends in the same state."""
    path = bench.generate("in.jsonl", "--lines", "12000", "--seed", "4", "--persons", "400")
    with open(path, encoding="utf-8") as stream:
        lines = stream.readlines()
    records = []
    for line in lines:
        record = scenarios.Record.__new__(scenarios.Record)
        record.fields, record.line = json.loads(line), line
        records.append(record)
    golden = Folder(bench.replay(path)).state()
    expect(len(golden["episodes"]) > 10, "too few episodes to compare")
    for seed in (1, 2):
        order = list(range(len(records)))
        random.Random(seed).shuffle(order)
        shuffled = "".join(records[place].line for place in scenarios.order_kept(records, order))
        state = Folder(bench.replay(bench.write(f"shuffled-{seed}.jsonl", shuffled.encode()))).state()
        expect(state == golden, f"shuffle {seed}: " + "; ".join(scenarios.difference(state, golden)[:5]))


# --- what is wrong in the input -----------------------------------------------------------------------------

GOOD = {
    "declaration_id": "06010101-1", "kind": "DEBIT", "insurer": 3311, "insured": "p1",
    "birth_date": "1945-05-05", "provider": "06010101", "care_type": "GENERAL_PRACTICE", "care_code": "12000",
    "start_date": "2025-12-01", "end_date": "2025-12-01", "amount": 1100,
    "submitted_at": "2025-12-31T09:00:00.000Z"}


def line_of(**changes):
    fields = dict(GOOD, **changes)
    return json.dumps({name: value for name, value in fields.items() if value is not ...},
                      separators=(",", ":")).encode()


def bad_lines():
    """(line, reason, whether its bytes may be shown)."""
    yield line_of(amount=-1), "bad_amount", True
    yield line_of(amount=1.5), "bad_amount", True
    yield line_of(amount="1100"), "bad_amount", True
    yield line_of(amount=...), "bad_amount", True
    yield line_of(quantity=None), "bad_quantity", True
    yield line_of(insurer=99999999999999999999), "bad_insurer", True
    yield line_of(start_date="2025-02-30"), "bad_start_date", True
    yield line_of(submitted_at="2025-12-31T09:00:00Z"), "bad_submitted_at", True
    yield line_of(care_type="DENTIST"), "bad_care_type", True
    yield line_of(care_code="a\tb"), "bad_care_code", True
    yield line_of(insured="p/1"), "bad_insured", True
    yield line_of(insured=7), "bad_insured", True
    yield line_of(insured="123456782"), "raw_bsn", False
    yield line_of(insured="123456782", amount=-1), "raw_bsn", False
    yield line_of(amount=-1, care_code="123456782"), "bad_amount", False
    yield line_of(amount=-1, care_code="123456789"), "bad_amount", True
    yield b"[]", "bad_json", True
    yield b"{", "bad_json", True
    yield b"not a declaration", "bad_json", True
    yield line_of() + b" x", "bad_json", True
    yield line_of()[:-1] + b',"amount":1}', "bad_json", True
    yield line_of()[:-1] + b',"unknown":1,"unknown":2}', "bad_json", True
    yield line_of().replace(b'"p1"', b'"\xff\xfe"'), "bad_json", True
    yield line_of(note="x" * (1 << 21)), "too_large", True


def case_each_bad_line_is_a_dead_letter_and_the_rest_goes_on(bench):
    rows = list(bad_lines())
    data = line_of() + b"\n\n" + b"".join(
        line + b"\n" for line, _, _ in rows) + line_of(declaration_id="06010101-2") + b"\n"
    path = bench.write("bad.jsonl", data)
    out = bench.replay(path, options=("--partitions", "1"))
    decisions = lines_of(out, "decisions")
    expect([record["key"] for record in decisions] == ["p1/06010101-1", "p1/06010101-2"],
           f"the good lines came to {decisions}")
    letters = lines_of(out, "dead-letters")
    expect(len(letters) == len(rows), f"{len(letters)} dead letters of {len(rows)} bad lines")
    for offset, (letter, (line, reason, shown)) in enumerate(zip(letters, rows), 1):
        where = f"bad line {offset} {line[:60]!r}"
        expect(letter["reason"] == reason, f"{where}: {letter['reason']}, not {reason}")
        expect(
            list(letter) == ["key", "source", "partition", "offset", "reason", "message", "value"],
            f"{where}: fields {list(letter)}")
        place = (letter["key"], letter["source"], letter["partition"], letter["offset"])
        expect(place == (None, path, 0, offset), f"{where}: its place is {place}")
        value = None if letter["value"] is None else base64.b64decode(letter["value"], validate=True)
        expect(value == (line if shown else None), f"{where}: its bytes are {str(value)[:80]}")
        expect("p1" not in letter["message"] and "123456782" not in letter["message"],
               f"{where}: says {letter['message']!r}")


def case_a_line_that_names_nobody_counts_for_partition_0(bench):
    path = bench.write(
        "in.jsonl",
        b"\n".join([line_of(),
                    line_of(insured="p2"), b"{}", b"x",
                    line_of(insured="p3", amount=-1)]))
    letters = lines_of(bench.replay(path, options=("--partitions", "7")), "dead-letters")
    nobody = [letter for letter in letters if letter["reason"] in ("bad_json", "bad_declaration_id")]
    expect(len(letters) == 3 and len(nobody) == 2, f"dead letters {letters}")
    expect(all(letter["partition"] == 0 for letter in nobody), f"places {nobody}")


def case_damaged_files_end_with_65(bench):
    path = bench.generate("in.avro", "--lines", "5000")
    with open(path, "rb") as stream:
        data = stream.read()
    middle = bytearray(data)
    middle[-1] ^= 1
    for name, damaged in (("empty", b""), ("no container", b"x" * 1000), ("cut in the head", data[:50]),
                          ("cut in a block", data[:-1000]), ("another sync marker", bytes(middle))):
        _, said = bench.run("replay", "--book", BOOK, "--out", bench.path("out-" + name),
                            bench.write("damaged.avro", damaged), code=DATA)
        expect("damaged.avro" in said, f"{name}: the sentence does not name the file: {said}")


def container_of(schema, records):
    """A file as anybody may write it, in one block."""
    body = b"".join(avro.encode(schema, record) for record in records)
    span = lambda data: avro.zigzag(len(data)) + data
    text = json.dumps(schema).encode()
    return (b"Obj\1" + avro.zigzag(1) + span(b"avro.schema") + span(text) + avro.zigzag(0) +
            b"0123456789abcdef" + avro.zigzag(len(records)) + span(body) + b"0123456789abcdef")


def case_why_no_record_of_a_file_can_be_read_is_said_once(bench):
    """From the header: Spark and polars write enums as strings and moments as microseconds."""
    with open(os.path.join(ROOT, "schemas", "declaration.avsc"), encoding="utf-8") as stream:
        schema = json.load(stream)
    source = bench.generate("in.avro", "--lines", "50")
    records = [record for _, record in avro.container(source)]
    kind, moment = (next(field
                         for field in schema["fields"]
                         if field["name"] == name)
                    for name in ("kind", "submitted_at"))
    enum, plain = kind["type"], moment["type"]
    for change, why in (
        (
            lambda: kind.update(type=["null", "string"]),
            'the field "kind" is a union of a null and a string, where an enum is read',
        ),
        (
            lambda: moment.update(type={"type": "long", "logicalType": "timestamp-micros"}),
            (
                'the field "submitted_at" is a long of a time in another unit, where a long, the milliseconds'
                ' since 1970 is read'
            ),
        ),
        (lambda: schema["fields"].remove(kind), 'the schema lacks the field "kind", which has no default'),
    ):
        kind.update(type=enum)
        moment.update(type=plain)
        change()
        name = bench.write("other.avro", container_of(schema, records))
        out = bench.path(f"out-{next(bench.numbers)}")
        _, said = bench.run("replay", "--book", BOOK, "--out", out, name)
        sentence = f'no record of "{name}" is a declaration, bad_schema: {why}'
        expect(said.count("bad_schema") == 2 and sentence in said, f"not once: {sentence}: {said}")
        expect("dead letters: 50 bad_schema\n" in said, f"no count of the reason: {said}")
        expect([letter["reason"] for letter in lines_of(out, "dead-letters")] == ["bad_schema"] * 50,
               "not fifty dead letters")


def case_the_reasons_of_dead_letters_are_counted(bench):
    lines = [b"{}", line_of(), b"[]", line_of(insurer=0), b"{", line_of(amount=-1), b"no"]
    out = bench.path(f"out-{next(bench.numbers)}")
    _, said = bench.run("replay", "--book", BOOK, "--out", out,
                        bench.write("in.jsonl", b"\n".join(lines) + b"\n"))
    reasons = [letter["reason"] for letter in lines_of(out, "dead-letters")]
    counts = sorted({reason: reasons.count(reason) for reason in reasons}.items(),
                    key=lambda count: -count[1])
    line = next((line for line in said.split("\n") if line.startswith("dead letters: ")), "")
    expect(
        len(counts) > 2 and counts[0][1] > counts[1][1],
        f"the lines give too few reasons to see an order: {counts}")
    expect(
        sorted(line[len("dead letters: "):].split(", ")) == sorted(
            f"{count} {reason}" for reason, count in counts), f"{counts}: {said}")
    expect(line.startswith(f"dead letters: {counts[0][1]} {counts[0][0]}"),
           f"the most frequent is not first: {said}")


# --- sentences and exit codes -------------------------------------------------------------------------------

def case_exit_codes_and_sentences(bench):
    path = bench.write("in.jsonl", line_of() + b"\n")
    out = bench.path("out")
    replay = ("replay", "--book", BOOK, "--out", out)
    bench.run(*replay, path)
    _, said = bench.run(*replay, path, code=EXISTS)
    expect("--force" in said, f"73 does not say how to go on: {said}")
    bench.run(*replay, "--force", path)
    _, said = bench.run(*replay, "--force", bench.path("nowhere.jsonl"), code=NO_INPUT)
    expect("nowhere.jsonl" in said, f"66 does not name the file: {said}")
    bench.run("replay", "--book", BOOK, "--out", bench.path("out-suffix"), bench.write("in.txt", b""),
              code=USAGE)
    bench.run("replay", "--out", bench.path("out-no-book"), path, code=USAGE)
    bench.run("replay", "--book", BOOK, path, code=USAGE)
    bench.run("replay", "--book", BOOK, "--out", bench.path("out-no-input"), code=USAGE)
    bench.run(*replay, "--force", "--threads", "0", path, code=USAGE)
    bench.run(*replay, "--force", "--decisions", "some", path, code=USAGE)
    bench.run(*replay, "--force", "--as-of", "2026-02-30", path, code=USAGE)
    bench.run(*replay, "--force", "--as-of", "2025-12-30", path, code=USAGE)
    bench.run(*replay, "--force", "--as-of", "2025-12-31", path)
    bench.run(*replay, "--force", "--as-of", "log", path)
    with open(BOOK, encoding="utf-8") as stream:
        book = stream.read()
    wrong = bench.write("book.yaml", book.replace("horizon_days: 1826", "horizon_dais: 1826").encode())
    _, said = bench.run("replay", "--book", wrong, "--out", bench.path("out-book"), path, code=CONFIG)
    expect(re.search(r"book\.yaml:\d+:\d+: error: .*horizon_days", said, re.S),
           f"78 does not show the place: {said}")
    expect(not os.path.exists(bench.path("out-book")), "a refused book leaves an output folder behind")
    # A book or reference that is not there is no input, for every command; one that is there and wrong is a
    # bad configuration.
    nowhere, odd = bench.path("nowhere.yaml"), bench.path("out-nowhere")
    lines = ("--out", odd, path)
    for words in (("replay", "--book", nowhere, *lines), ("replay", "--book", BOOK, "--reference", nowhere,
                                                          *lines), ("replay", "--book", bench.folder, *lines),
                  ("check", nowhere), ("check", BOOK, "--reference", nowhere), ("check", bench.folder),
                  ("check", "--against", nowhere, BOOK), ("test", nowhere), ("test", BOOK, "--reference",
                                                                             nowhere),
                  ("demo", "--book", nowhere), ("explain", "--book", nowhere, "--insured", "p1", path),
                  ("explain", "--book", BOOK, "--reference", nowhere, "--insured", "p1", path)):
        _, said = bench.run(*words, code=NO_INPUT)
        expect(
            re.fullmatch(
                rf'bundelwacht {words[0]}: could not read "[^"]+": (No such file or|Is a) directory\n', said),
            f"66 does not name the file: {said}")
    expect(not os.path.exists(odd), "a book that is not there leaves an output folder behind")
    said, _ = bench.run("check", wrong, code=FINDINGS)
    expect("horizon_dais" in said, f"check says {said}")
    bench.run("check", BOOK)
    for words, code in ((("--version", ), DONE), (("--help", ), DONE), (("replay", "--help"), DONE),
                        (("generate", "--help"), DONE), (("demo", "--help"), DONE), (("run", "--help"), DONE),
                        (("dump", "--help"), DONE), ((), USAGE)):
        bench.run(*words, code=code)
    _, said = bench.run("repley", code=USAGE)
    expect('"replay"' in said, f"an unknown command is not helped: {said}")


def case_a_sum_that_leaves_64_bits_stops_at_its_record(bench):
    """Semantics 0, axiom 2. No real book gets there: twenty factors of a thousand times an amount of ten
    thousand million euros."""
    factors = ", ".join(f"{{label: f{number}, criterion: a, permille: 1000000}}" for number in range(20))
    book = bench.write(
        "large.yaml",
        f"""book: "large"
horizon_days: 1000
criteria:
  a: [{{care_code: "A"}}]
bundles:
  - {{id: a, name: A, definitions: [{{from: 2020-01-01, until: 2029-12-31, sides: none,
     opens: {{criterion: a}}, closes: {{after_days: 30}},
      scope: {{include: a}}, run_out_days: 10}}]}}
contracts:
  - {{id: k, version: 1, bundle: a, from: 2020-01-01, until: 2029-12-31, payment: retrospective,
     budget: {{strata: [{{label: all, amount: 1000000000000}}], factors: [{factors}]}},
      stop_loss: {{permille: 1000000, insurer_permille: 0}}}}
""".encode(),
    )
    lines = line_of(insured="nobody", declaration_id="d1", care_code="B") + b"\n" + line_of(
        insured="somebody", care_code="A") + b"\n"
    path = bench.write("in.jsonl", lines)
    _, said = bench.run("replay", "--book", book, "--partitions", "1", "--out", bench.path("out"), path,
                        code=70)
    expect("does not hold" in said and f'record 1 of partition 0, which came from "{path}"' in said,
           f"70 does not say where: {said}")


def case_generate_says_what_is_wrong(bench):
    path = bench.generate("in.jsonl", "--lines", "10")
    for arguments, code, word in ((("--out", path), EXISTS, "--force"), ((), USAGE, "--out"),
                                  (("--out", path, "--lines", "0"), USAGE,
                                   "--lines"), (("--out", path, "--mix", "all"), USAGE,
                                                "--mix"), (("--topic", "t"), USAGE, "--bootstrap-servers"),
                                  (("--out", path, "--start", "2025-13-01"), USAGE,
                                   "--start"), (("--from", bench.path("nowhere"), "--out",
                                                 bench.path("x.jsonl")), NO_INPUT, "nowhere"),
                                  (("--out", path, "--bad-per-mille", "1001"), USAGE, "--bad-per-mille")):
        _, said = bench.run("generate", *arguments, code=code)
        expect(word in said, f"generate {arguments}: {said}")
    first, second = (bench.run("generate", "--lines", "500", "--seed", "3", "--out", "-")[0]
                     for _ in range(2))
    expect(first == second and first.count("\n") == 500, "the same seed gives other lines")
    expect(first != bench.run("generate", "--lines", "500", "--seed", "4", "--out", "-")[0],
           "another seed gives the same lines")


def case_a_file_that_may_not_grow_is_a_sentence_and_no_signal(bench):
    """SIGXFSZ ended the program without a word, where a full disk does not."""
    path = bench.generate("in.jsonl", "--lines", "5000")
    limited = bench.write("limited", b'#!/bin/sh\nulimit -f 20\nexec "$BW_PROGRAM" "$@"\n')
    os.chmod(limited, 0o755)
    os.environ["BW_PROGRAM"] = bench.program
    cramped = Bench(limited, bench.folder)
    for arguments in (("generate", "--out", bench.path("x.jsonl"), "--lines", "5000"),
                      ("replay", "--book", BOOK, "--out", bench.path("out-x"), path)):
        _, said = cramped.run(*arguments, code=FAILED)
        expect("write" in said, f"{arguments[0]}: {said}")


def case_generate_turns_lines_into_avro(bench):
    lines = bench.generate("in.jsonl", "--lines", "4000", "--seed", "8")
    bench.run("generate", "--from", lines, "--out", bench.path("from.avro"))
    direct = bench.generate("direct.avro", "--lines", "4000", "--seed", "8")
    with open(bench.path("from.avro"), "rb") as one, open(direct, "rb") as other:
        expect(one.read() == other.read(), "lines turned into Avro differ from those written as Avro")


# --- real claims --------------------------------------------------------------------------------------------

CMS_BOOK = os.path.join(ROOT, "config", "examples", "cms.yaml")
SAMPLE = os.path.join(ROOT, "tests", "data", "cms_sample.jsonl.gz")


def case_the_cms_sample_is_decided(bench):
    with gzip.open(SAMPLE) as stream:
        data = stream.read()
    out = bench.replay(bench.write("cms.jsonl", data), book=CMS_BOOK)
    reasons = {}
    for letter in lines_of(out, "dead-letters"):
        reasons[letter["reason"]] = reasons.get(letter["reason"], 0) + 1
    expect(reasons == {"bad_amount": 102, "bad_start_date": 92}, f"dead letters: {reasons}")
    outcome = Folder(out)
    wrong = scenarios.check_conservation(outcome)
    expect(not wrong, "; ".join(wrong[:5]))
    expect(len(outcome.last_decisions) == data.count(b"\n") - 194, f"{len(outcome.last_decisions)} decisions")
    bundles = {episode["bundle"] for episode in outcome.last_episodes.values()}
    expect(
        len(outcome.last_episodes) > 1500 and len(bundles) >= 2,
        f"{len(outcome.last_episodes)} episodes of {bundles}")


def case_the_cms_sample_is_what_the_converter_makes(bench):
    shared = os.path.join(ROOT, "..", "shared", "data", "cms_desynpuf")
    if not os.path.isdir(shared):
        print("skipped: ../shared is not there")
        sys.exit(77)
    subprocess.run([
        "/usr/bin/python3",
        os.path.join(ROOT, "tests", "data", "cms_to_declarations.py"), "--data", shared, "--sample", "--out",
        bench.path("sample.jsonl")], check=True, timeout=200, stderr=subprocess.DEVNULL)
    with gzip.open(SAMPLE) as one, open(bench.path("sample.jsonl"), "rb") as other:
        expect(
            hashlib.sha256(one.read()).digest() == hashlib.sha256(other.read()).digest(),
            "the sample is not what the converter makes")


# --- the demo -----------------------------------------------------------------------------------------------

def case_the_demo_decides_what_a_replay_decides(bench):
    """Through the embedded broker and the workers: as many episodes, alerts and dead letters as a replay of
    the same lines."""
    said, _ = bench.run("demo", "--lines", "20000", "--seed", "6", "--workers", "2", "--book", BOOK)
    found = re.search(
        r"([\d,]+) episodes, ([\d,]+) alerts stand \(([\d,]+) were raised\), ([\d,]+) dead letters\s+"
        r"prevented double payment ([\d,.]+) euro\s+alerts by type", said)
    expect(found, f"no summary: {said[-1500:]}")
    shown = [int(text.replace(",", "").replace(".", "")) for text in found.groups()]
    path = bench.generate("in.avro", "--lines", "20000", "--seed", "6", "--bad-per-mille", "1")
    outcome = Folder(bench.replay(path, options=("--partitions", "8", "--as-of", "log")))
    raised = [alert for alert in outcome.alerts if alert["action"] == "RAISED"]
    prevented = sum(alert["prevented"] or 0 for alert in outcome.last_alerts.values())
    with open(os.path.join(bench.path(f"out-{next(bench.numbers) - 1}"), "dead-letters.jsonl"),
              "rb") as stream:
        letters = stream.read().count(b"\n")
    replayed = [len(outcome.last_episodes), len(outcome.last_alerts), len(raised), letters, prevented]
    expect(
        shown == replayed,
        f"episodes, standing, raised, dead letters, prevented: {shown} in the demo, {replayed} in a replay")
    expect(
        said.count("\n  WARNING") + said.count("\n  CRITICAL") + said.count("\n  INFO") == 3,
        "not three examples")
    expect("exactly once" in said, "it does not say what it cannot show")


# --- alerts as sentences ------------------------------------------------------------------------------------

def alerts_of(bench, file, name):
    """What a replay of a scenario raises, with the book and reference of that scenario."""
    scenario = next(each for each in file.scenarios if each["name"] == name)
    book = bench.write("book.yaml", file.books[scenario.get("book") or list(file.books)[0]].encode())
    options = ("--as-of", scenario["as_of"]) if "as_of" in scenario else ()
    if scenario.get("reference"):
        options += ("--reference",
                    bench.write("reference.yaml", file.references[scenario["reference"]].encode()))
    lines = "".join(record.line + "\n"
                    for record in scenarios.records_of(file, scenario)
                    if record.kafka_key is None)
    folder = bench.replay(bench.write("in.jsonl", lines.encode()), book=book,
                          options=("--partitions", "1", *options))
    return lines_of(folder, "alerts")


def case_every_alert_is_a_sentence_that_one_understands(bench):
    """Issue 4, point 7: every type of the engine and every sentence of its source, through replay, to the
    letter."""
    rows = alert_sentences.ROWS
    for what, known, wanted in (("type", {alert_sentences.type_of_row(row)
                                          for row in rows}, alert_sentences.types_of_the_engine(ROOT)),
                                ("sentence", {row[0] for row in rows}
                                 | {"episode_outlier", "double_payment", "settlement_changed"},
                                 alert_sentences.sentences_of_the_source(ROOT))):
        expect(len(wanted) >= 17, f"found only {wanted} in the source")
        expect(not set(wanted) - known, f"no row for the {what} {', '.join(sorted(set(wanted) - known))}")
    more = scenarios.File(bench.write("more.yaml", alert_sentences.MORE.encode()))
    seen = {}
    for _, file, name, key, sentence in rows:
        if (file, name) not in seen:
            path = os.path.join(ROOT, "tests", "scenarios", f"{file}.yaml")
            seen[file, name] = alerts_of(bench, scenarios.File(path) if file else more, name)
        said = [
            alert["message"]
            for alert in seen[file, name]
            if alert["key"] == key and alert["action"] == "RAISED"]
        expect(sentence in said, f"{key} of {name}: {said} instead of {sentence!r}")
    for (_, name), alerts in seen.items():
        for alert in alerts:
            expect(not alert_sentences.flaws(alert),
                   f"{alert['key']} of {name}: {alert_sentences.flaws(alert)}: {alert['message']!r}")


# --- that the cases can fail --------------------------------------------------------------------------------

def lie(program, arguments):
    """Runs the program, then spoils what it wrote, in every run a little differently; errors end with another
    code."""
    code = subprocess.run([program, *arguments], check=False).returncode
    folder = arguments[arguments.index("--out") + 1] if "--out" in arguments else ""
    if code != 0:
        return code + 1
    if arguments[:1] != ["replay"] or not os.path.isdir(folder):
        return code
    number = int(re.findall(r"\d+", os.path.basename(folder) + "0")[0]) % 8 + 1
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        with open(path, "rb") as stream:
            data = stream.read()
        if name == "decisions.jsonl":
            head, tail = data.rsplit(b'"payable":', 1)
            data = head + b'"payable":%d' % number + tail
        elif name == "alerts.jsonl":
            data = data[:data.rfind(b"\n", 0, -1) + 1]
        elif name == "dead-letters.jsonl":
            data = data.replace(b'"reason":"bad_', b'"reason":"sad_')
        else:
            data = data[:-number]
        with open(path, "wb") as stream:
            stream.write(data)
    return code


NOT_ABOUT_REPLAY = {"generate_turns_lines_into_avro", "the_cms_sample_is_what_the_converter_makes"}


def self_test(program, folder):
    liar = os.path.join(folder, "liar")
    with open(liar, "w", encoding="utf-8") as stream:
        stream.write(
            f"#!/bin/sh\nexec /usr/bin/python3 {os.path.abspath(__file__)} --program {program} --lie --"
            " \"$@\"\n"
        )
    os.chmod(liar, 0o755)
    blind = []
    for name, case in CASES.items():
        if name in NOT_ABOUT_REPLAY:
            continue
        own = tempfile.mkdtemp(dir=folder)
        try:
            case(Bench(liar, own))
            blind.append(name)
        except (Failed, ValueError, KeyError, IndexError, AssertionError):
            pass
        shutil.rmtree(own)
    print("self-test: " + (f"believed a lie: {', '.join(blind)}" if blind else "no case believed the lies"))
    return 1 if blind else 0


CASES = {name[len("case_"):]: value for name, value in list(globals().items()) if name.startswith("case_")}


def run_cases(names, cases, bench, program):
    """Each in a folder of its own that goes afterwards; the exit code says whether all were as they should
    be."""
    failed = 0
    for name in names:
        with tempfile.TemporaryDirectory(prefix="bundelwacht-end-to-end-",
                                         ignore_cleanup_errors=True) as folder:
            try:
                cases[name](bench(program, folder))
                print(f"passed: {name}")
            except Failed as sentence:
                print(f"failed: {name}: {sentence}")
                failed += 1
    return 1 if failed else 0


def main_of(names, bench):
    """The main of a file of cases: `names` are its globals()."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    cases = {name[len("case_"):]: case for name, case in names.items() if name.startswith("case_")}
    return run_cases(options.cases or cases, cases, bench, os.path.abspath(options.program))


def main():
    parser = argparse.ArgumentParser(description="end-to-end cases")
    parser.add_argument("--program", required=True)
    parser.add_argument("--list", action="store_true", help="the names of the cases")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--lie", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    if options.list:
        print("\n".join(CASES))
        return 0
    program = os.path.abspath(options.program)
    if options.lie:
        return lie(program, options.cases)
    if options.self_test:
        with tempfile.TemporaryDirectory(prefix="bundelwacht-end-to-end-") as folder:
            return self_test(program, folder)
    return run_cases(options.cases or CASES, CASES, Bench, program)


if __name__ == "__main__":
    sys.exit(main())
