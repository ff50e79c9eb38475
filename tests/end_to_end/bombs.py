#!/usr/bin/python3
"""Inputs of at most 1 MB, made to cost as much as they can: none takes more than a second of CPU, 100 MB of
memory or 100 times its size on disk.

    bombs.py --program build/release/bundelwacht [CASE...]

Each stood for a fault once, or is the worst of its kind that was found; what it cost before is said where it
was more. Seconds are of CPU, so other work on the machine does not count; memory is the peak of the process.
"""
import json
import os
import resource
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import BOOK, ROOT, expect, main_of  # noqa: E402

BYTES, SECONDS, MEMORY, TIMES = 1_000_000, 1.0, 100 << 20, 100
SCHEMA = json.load(open(os.path.join(ROOT, "schemas/declaration.avsc"), encoding="utf-8"))


class Bench:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(data if isinstance(data, bytes) else data.encode())
        size = os.path.getsize(path)
        expect(size <= 1.1 * BYTES, f"{name} has {size} bytes: this bomb is none of the rule's")
        return path

    def cost(self, what, *arguments, says=None, records=False):
        """`records`: so many come in that what comes out may be more than a hundred times its size."""
        out = self.path("out")
        process = subprocess.Popen([self.program, *arguments], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (60, 60)))
        said = process.stdout.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
        written = [os.path.join(out, name) for name in os.listdir(out)] if os.path.isdir(out) else []
        disk, last = sum(map(os.path.getsize, written)), said.strip().splitlines()[-1][:100] if said else ""
        print(f"{what}: {seconds:.2f} s, {memory >> 20} MB, {disk / BYTES:.1f} MB written; {last}")
        code = process.returncode
        expect(code in (0, 2, 64, 65, 78), f"{what}: exit code {code}: {said[-500:]}")
        expect(says is None or says in said, f"{what}: it does not say \"{says}\": {said[-500:]}")
        expect(seconds <= SECONDS, f"{what}: {seconds:.2f} s of CPU")
        expect(memory <= MEMORY, f"{what}: {memory >> 20} MB of memory")
        expect(records or disk <= TIMES * BYTES, f"{what}: {disk / 1e6:.0f} MB written")

    def check(self, what, book, says=None):
        self.cost(what, "check", self.write("book.yaml", book), says=says)

    def replay(self, what, name, data, *options, records=False):
        self.cost(what, "replay", "--book", BOOK, "--out", self.path("out"), "--force", *options,
                  self.write(name, data), records=records)


# --- books ---

def definition(scope, more="", year=2000):
    return (f"      - {{from: {year}-01-01, until: {year}-12-31, opens: {{criterion: {scope}}}, "
            f"closes: {{after_days: 9}}, scope: {{include: {scope}}}, run_out_days: 9{more}}}\n")


def book(criteria, bundles=(), contracts="contracts: []\n", duplicates="duplicates: []\n"):
    text = 'book: "bomb"\nhorizon_days: 400\nwaiting_days: 90\ncriteria:\n'
    for name, clauses in criteria.items():
        text += f"  {name}: [{', '.join('{' + clause + '}' for clause in clauses)}]\n"
    text += "bundles:\n" if bundles else "bundles: []\n"
    for at, definitions in enumerate(bundles):
        text += f"  - id: b{at}\n    name: B\n    definitions:\n{''.join(definitions)}"
    return text + "overlaps: []\n" + contracts + duplicates


def scopes(bundles, definitions, clauses, clause):
    """Every definition with a scope of its own."""
    criteria, all_bundles = {}, []
    for bundle in range(bundles):
        names = [f"s{bundle}.{number}" for number in range(definitions)]
        for name in names:
            first = len(criteria) * clauses
            criteria[name] = [clause(first + number) for number in range(clauses)]
        all_bundles.append([definition(name, year=2000 + number) for number, name in enumerate(names)])
    return book(criteria, all_bundles)


def case_scopes_of_books(bench):
    """256 bundles x 4 definitions x 100 clauses: 280 s; this much of it 15 s."""
    bench.check("scopes of codes", scopes(96, 4, 80, lambda n: f'care_code: "{n:x}"'))
    bench.check("scopes that only two fields tell apart",
                scopes(90, 4, 50, lambda n: f'care_code: "{n % 331}", subtype: "{n // 331}"'))
    bench.check("scopes of prefixes of prefixes",
                scopes(80, 4, 50, lambda n: f'care_code: "{"a" * (n % 12)}*", subtype: "{n:x}"'))

    def codes(n):
        return ", ".join(f'"{(n * 7 + k * k * 31) % 4093:x}"' for k in range(80))
    bench.check("scopes of lists", scopes(60, 2, 10, lambda n: f"care_code: [{codes(n)}]"))


def measures(criterion):
    each = ", ".join(f"{{name: m{n}, criterion: {criterion(n)}, take: lines}}" for n in range(1000))
    return f", measures: [{each}]"


def contract_with_providers(n):
    providers = ", ".join(f'"{k * 4096 + n:08d}"' for k in range(15))
    return (f"  - {{id: c{n}, version: 1, bundle: b0, providers: [{providers}], from: 2000-01-01, "
            'until: 2000-12-31, payment: prospective, contractor: "00000001", '
            "budget: {strata: [{label: all, amount: 1}]}}\n")


def case_what_is_odd_in_books(bench):
    many = {letter: [f'care_code: "{letter}{n:x}"' for n in range(3000)] for letter in "ab"}
    bench.check("measures against their scope", book(  # minutes
        many, [[definition("a", measures(lambda n: "b"), 2000 + year) for year in range(20)]]), says="W015")
    alike = {f"c{k}": [f'care_code: "{n:x}"' for n in range(4096)] for k in range(9)}
    bench.check("clauses that may cover each other", book(alike), says="W015")  # 2.6 s
    names = {f"criterion-with-a-long-name-{n:04d}-and-more": ['care_code: "1"'] for n in range(4096)}
    uses = measures(lambda n: f"criterion-with-a-long-nbme-{n:04d}-and-mora")
    bench.check("names that do not exist", book(names, [[
        definition("criterion-with-a-long-name-0001-and-more", uses, 2000 + year) for year in range(6)]]))
    contracts = "contracts:\n" + "".join(contract_with_providers(n) for n in range(2700))
    bench.check("contracts with many providers",
                book({"a": ['care_code: "1"']}, [[definition("a")]], contracts))
    criteria = {f"c{k}": [f'care_code: "{k:x}-{n:x}"' for n in range(20)] for k in range(1000)}
    rules = "".join(f"  - {{name: d{k}, criterion: c{k}, within: person, allow: 1, action: flag}}\n"
                    for k in range(1000))
    bench.check("rules of duplicates", book(criteria, duplicates="duplicates:\n" + rules))


def case_books_for_the_engine(bench):
    """Clauses without a care type stood twelve times in the index of every partition: 210 MB."""
    criteria = {f"c{k}": [f'care_code: "{n:x}"' for n in range(4096)] for k in range(10)}
    path = bench.write("book.yaml", book(criteria))
    bench.cost("clauses of any care type", "replay", "--book", path, "--out", bench.path("out"),
               bench.write("lines.jsonl", ""))


def case_examples_in_books(bench):
    """A thousand lines of one person: 6.7 s for 85 kB, 80 s for 1 MB. Now their number is bounded, and orders
    are fewer when there are thousands."""
    text = open(BOOK, encoding="utf-8").read()
    mark = "    examples:\n      - name: operated before"
    expect(mark in text, "the book has other examples")

    def with_examples(examples, lines):
        walks = "".join(f'          - {{id: "a{n}", care: walking, start: 2026-03-10}}\n'
                        for n in range(lines))
        made = "".join(f"      - name: e{k}\n        defaults: {{care: man-of-66}}\n        declarations:\n"
                       '          - {id: "06020201-1", care: product, start: 2026-02-02, end: 2026-04-30}\n'
                       + walks + "        expect: {decisions: {}}\n" for k in range(examples))
        first = "      - name: operated before"
        return bench.write("book.yaml", text.replace(mark, "    examples:\n" + made + first, 1))
    bench.cost("an example of a thousand lines", "test", with_examples(1, 1000), says="E003")
    bench.cost("many small examples", "test", with_examples(200, 60), says="orders: all as expected")


# --- YAML ---

def case_shapes_of_yaml(bench):
    """What libfyaml takes a time for that grows with its square: 14 s for 100 kB; and 250 bytes a value."""
    for what, text in {
            "blank lines in a block": "a: |\n x\n" + "\n" * BYTES,
            "blank lines that are kept": "a: >+\n x\n" + "\n" * BYTES,
            "lines of blanks": "a: |\n x\n" + " \n" * (BYTES // 2) + " x\n",
            "lines of blanks in a plain text": "a: x" + "   \n" * (BYTES // 4) + " y\n",
            "as many blank lines as there may be": "a: |\n x\n" + ("\n" * 100 + " x\n") * (BYTES // 103),
            "escapes in a tag": "a: !<" + "%41" * (BYTES // 3) + "> 1\n",
            "tags in a word": "a: " + "!a" * (BYTES // 2) + " 1\n",
            "directives": "".join(f"%TAG !a{n}! x\n" for n in range(BYTES // 16)) + "---\na: 1\n",
            "a list of ones": "a: [" + "1," * (BYTES // 2) + "]\n",
            "nothing but colons": ":\n" * (BYTES // 2),
            "questions in a list": "a: [" + "? a," * (BYTES // 4) + "]\n",
            "brackets": "[" * BYTES,
            "keys": "".join(f"k{n}: 1\n" for n in range(BYTES // 11)),
            "keys that are one": "a: 1\n" * (BYTES // 5),
            "escaped quotes": "a: '" + "''" * (BYTES // 2) + "'\n",
            "a text without its end": 'a: "' + "\\n" * (BYTES // 2)}.items():
        bench.check(what, text)


def case_settings(bench):
    for what, text in {
            "unknown keys": "".join(f"unknown-key-number-{n:06d}: 1\n" for n in range(BYTES // 30)),
            "unknown keys in a section": "input:\n" + "".join(f"  topik{n}: x\n" for n in range(BYTES // 16)),
            "properties": "kafka:\n" + "".join(f"  k{n}: 1\n" for n in range(BYTES // 12)),
            "a list of quarantined records": f"quarantine: [{','.join(f't/1/{n}' for n in range(65000))}]\n",
            "a list of what is none": "quarantine:\n" + "  - t\n" * 65000,
            "a setting again and again": "workers: 1\n" * (BYTES // 11)}.items():
        bench.cost(what, "run", "--config", bench.write("settings.yaml", text))


def case_references(bench):
    text = open(os.path.join(ROOT, "config/reference.yaml"), encoding="utf-8").read()
    for what, more in {"unknown keys": "".join(f"unknown{n}: 1\n" for n in range(BYTES // 20)),
                       "one key again and again": "reference: x\n" * (BYTES // 14)}.items():
        path = bench.write("reference.yaml", text + more)
        bench.cost(f"a reference with {what}", "check", BOOK, "--reference", path)


# --- records ---

def case_lines_of_json(bench):
    unknown = ",".join(f'"n{n}":1' for n in range(BYTES // 12))
    for what, text in {
            "names nobody knows": '{"insured":"p",' + unknown + "}\n",
            "a name again and again": "{" + ",".join(['"insured":"p"'] * (BYTES // 15)) + "}\n",
            "brackets": ('{"x":' + "[" * 31 + "]" * 31 + "}\n") * (BYTES // 70),
            "escapes": '{"insured":"' + "\\u0041" * (BYTES // 6) + '"}\n',
            "a name of escapes": '{"' + "\\u0041" * (BYTES // 6) + '":1}\n',
            "a number": '{"amount":' + "9" * (BYTES - 20) + "}\n"}.items():
        bench.replay(what, "lines.jsonl", text)
    bench.replay("empty objects", "lines.jsonl", "{}\n" * (BYTES // 3), records=True)


def dump(partitions, records):
    out = b"BWDUMP01" + struct.pack("<III", 0, partitions, 1) + b"t"
    for offset, (key, value) in enumerate(records):
        out += b"R" + struct.pack("<qqII", offset, 0, len(key), len(value)) + key + value
    return out + b"E" + struct.pack("<Q", len(records))


def case_dumps_and_schemas(bench):
    def replay(what, data, schema, partitions=1):
        bench.write("schemas/1.avsc", json.dumps(schema, separators=(",", ":")))
        bench.replay(what, "t-0000.dump", data, "--schemas", bench.path("schemas"),
                     "--partitions", str(partitions), "--as-of", "log")

    def with_fields(*fields):
        return {**SCHEMA, "fields": SCHEMA["fields"] + list(fields)}
    one = dump(1, [(b"k", b"\0\0\0\0\1x")])
    replay("4096 partitions", dump(4096, [(b"", b"\0\0\0\0\1")] * 30000), SCHEMA, 4096)
    head = b"BWDUMP01" + struct.pack("<III", 0, 1, 1) + b"t"
    lengths = struct.pack("<qqII", 0, 0, 200_000_000, 200_000_000)
    replay("lengths that nothing follows", head + b"R" + lengths, SCHEMA)
    symbols = [f"s{n}" for n in range(4096)]
    replay("enums", one, with_fields(*(  # 0.8 s
        {"name": f"e{k}", "type": {"type": "enum", "name": f"E{k}", "symbols": symbols}} for k in range(30))))
    names = ["n" * 200 + f"{n:04d}" for n in range(900)]
    replay("references to long names", one, with_fields(
        *({"name": f"t{n}", "type": {"type": "fixed", "name": names[n], "size": 1}} for n in range(900)),
        *({"name": f"r{n}", "type": names[n % 900]} for n in range(3000))))
    fields = [{"name": f"f{n}", "type": "null"} for n in range(4000)]
    nulls = {"type": "record", "name": "N", "fields": fields}
    body = bodies_of(bench)
    count = b"\x80\xf4\x03\x00"  # 32,000 records in an array, and its end: 0.35 s for each of these records
    replay("arrays of records of nulls", dump(1, [(b"p", b"\0\0\0\0\1" + body + count)] * 2000), with_fields(
        {"name": "x", "type": {"type": "array", "items": nulls}}))
    record = b"\0\0\0\0\1" + body + b"\x80\x80\x08\x00"
    replay("arrays of nulls", dump(1, [(b"p", record)] * 5000), with_fields(
        {"name": "x", "type": {"type": "array", "items": "null"}}))


def bodies_of(bench):
    """The Avro body of one declaration that is fine."""
    sys.path.insert(0, os.path.join(ROOT, "tests/broker"))
    import avro
    return avro.encode(SCHEMA, {
        "kind": "DEBIT", "insurer": 3311, "insured": "p", "birth_date": -9000, "provider": "06012345",
        "care_type": "GENERAL_PRACTICE", "declaration_id": "06012345-1", "care_code": "12000",
        "start_date": 20454, "end_date": 20454, "amount": 1100, "submitted_at": 1767312000000})


if __name__ == "__main__":
    sys.exit(main_of(globals(), Bench))
