"""The engine's `bundelwacht replay` against the model on random histories: all four files, line by line, all
fields but `message`.

    /usr/bin/python3 tests/model/compare.py [--engine build/release/bundelwacht] [--seeds 1-50] [--only BOOK]
                                            [--plain | --both] [--keep DIR] [--persons N] [--lines N]
                                            [--go-on] [--random-books A-B] [--seconds S]

The books are those of the scenarios and of config/, or random ones; a book that the engine refuses is named
and passed over. At the first difference the input is made as small as it gets (records are left out while any
difference stays), and the records and both outputs are shown."""
import argparse
import glob
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

import plain_yaml
from book import Book, Reference
from declaration import day_of, day_text
from histories import history
from plain_book import plain
from random_books import random_book
from stream import ALERT_FIELDS, DEAD_LETTER_FIELDS, DECISION_FIELDS, EPISODE_FIELDS, replay

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILES = {
    "decisions": ["key"] + DECISION_FIELDS, "episodes": ["key"] + EPISODE_FIELDS,
    "alerts": ["key"] + ALERT_FIELDS, "dead-letters": DEAD_LETTER_FIELDS}


def canonical(value):
    """Section 11: no spaces, only quote, backslash and control characters escaped, the latter as \\u00xx."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{canonical(k)}:{canonical(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(v) for v in value) + "]"
    if isinstance(value, str):
        escape = lambda m: "\\" + m.group() if m.group() in '"\\' else f"\\u{ord(m.group()):04x}"
        return '"' + re.sub(r'["\\\x00-\x1f]', escape, value) + '"'
    return json.dumps(value)


class Options:
    """How one replay is called, chosen by a seed."""

    def __init__(self, seed, source):
        r = random.Random(f"options {seed}")
        self.partitions = r.choice([1, 2, 3, 16, None])
        self.as_of = r.choice([None, None, "log", r.choice([0, 1, 30, 200, 400, 1000, 3000])])
        self.only_bundles = r.random() < 0.25
        self.threads = r.choice([None, 1, 2, 7])
        self.files = r.choice([1, 1, 2, 3])
        self.stdin = self.files == 1 and r.random() < 0.2
        self.source = source


class Case:
    def __init__(self, engine, raw_book, raw_reference, options, directory):
        self.engine, self.options, self.directory = engine, options, directory
        self.book, self.reference = Book(raw_book), Reference(raw_reference)
        self.book_path = os.path.join(directory, "book.yaml")
        plain_yaml.dump(raw_book, self.book_path)
        self.reference_path = None
        if raw_reference:
            self.reference_path = os.path.join(directory, "reference.yaml")
            plain_yaml.dump(raw_reference, self.reference_path)

    def inputs(self, lines):
        """[(name, bytes)]"""
        if self.options.stdin:
            return [("-", b"".join(line + b"\n" for line in lines))]
        n, result = self.options.files, []
        for i in range(n):
            part = lines[len(lines) * i // n:len(lines) * (i + 1) // n]
            result.append((os.path.join(self.directory,
                                        f"in{i}.jsonl"), b"".join(line + b"\n" for line in part)))
        return result

    def run_model(self, inputs):
        o = self.options
        as_of, partitions = o.as_of, o.partitions or 16
        # days after the latest; an option of the command line is a date
        if isinstance(as_of, int):
            base = replay(inputs, self.book, self.reference, 1, "log")
            latest = max((day_of(r["as_of"]) for r in base["decisions"]), default=day_of("2026-01-01"))
            as_of = min(latest + as_of, day_of("2150-12-31"))
        return as_of, replay(inputs, self.book, self.reference, partitions, as_of, o.only_bundles)

    def command(self, inputs, as_of, out):
        o = self.options
        args = [self.engine, "replay", "--book", self.book_path]
        args += ["--reference", self.reference_path] if self.reference_path else []
        args += ["--as-of", as_of if as_of == "log" else day_text(as_of)] if as_of is not None else []
        args += ["--decisions", "bundles"] if o.only_bundles else []
        args += ["--partitions", str(o.partitions)] if o.partitions else []
        args += ["--threads", str(o.threads)] if o.threads else []
        return args + ["--out", out] + [name for name, _ in inputs]

    def difference(self, lines):
        """None, or text that says how engine and model differ on these records."""
        inputs = self.inputs(lines)
        as_of, wanted = self.run_model(inputs)
        out = os.path.join(self.directory, "out")
        os.makedirs(out, exist_ok=True)
        for name in FILES:
            path = os.path.join(out, name + ".jsonl")
            if os.path.exists(path):
                os.remove(path)
        for name, data in inputs:
            if name != "-":
                with open(name, "wb") as stream:
                    stream.write(data)
        self.last_command = self.command(inputs, as_of, out)
        done = subprocess.run(self.last_command, input=inputs[0][1] if self.options.stdin else b"",
                              capture_output=True, timeout=120)
        if done.returncode != 0:
            return f"exit {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}"
        for name, fields in FILES.items():
            found = self.compare_file(os.path.join(out, name + ".jsonl"), fields, wanted[name])
            if found:
                return f"{name}: {found}"
        return None

    @staticmethod
    def compare_file(path, fields, wanted):
        if not os.path.exists(path):
            return "the file is not written"
        with open(path, "rb") as stream:
            data = stream.read()
        if data and not data.endswith(b"\n"):
            return "the last line has no end"
        got = data.split(b"\n")[:-1]
        for n, raw in enumerate(got):
            try:
                record = json.loads(raw.decode("utf-8"))
            except ValueError as error:
                return f"line {n + 1} is no JSON: {error}: {raw!r}"
            if list(record) != fields:
                return f"line {n + 1} has the fields {list(record)}\n  wanted {fields}"
            if canonical(record) != raw.decode("utf-8"):
                return f"line {n + 1} is not written plainly: {raw.decode()}"
            if not isinstance(record.pop("message", ""), str):
                return f"line {n + 1}: message is no text"
            if n >= len(wanted):
                return f"line {n + 1} is not wanted:\n  engine {canonical(record)}"
            if record != wanted[n]:
                names = [k for k in record if record[k] != wanted[n].get(k)]
                shown = "\n".join(f"    {k}: engine {record[k]!r}, model {wanted[n].get(k)!r}" for k in names)
                return (
                    f"line {n + 1} differs\n{shown}\n  engine {canonical(record)}\n  model "
                    f" {canonical(wanted[n])}"
                )
        if len(got) < len(wanted):
            return f"line {len(got) + 1} is missing:\n  model  {canonical(wanted[len(got)])}"
        return None


def smallest(differs, records):
    """Delta debugging: leaves out records while the difference stays."""
    chunk = max(1, len(records) // 2)
    while True:
        i, changed = 0, False
        while i < len(records):
            fewer = records[:i] + records[i + chunk:]
            if fewer and differs(fewer):
                records, changed = fewer, True
            else:
                i += chunk
        if chunk == 1 and not changed:
            return records
        chunk = max(1, chunk // 2)


def books():
    """(name, book, reference)"""
    found = [("config", plain_yaml.load(f"{ROOT}/config/book.yaml"),
              plain_yaml.load(f"{ROOT}/config/reference.yaml"))]
    for path in sorted(glob.glob(f"{ROOT}/tests/scenarios/*.yaml")):
        file = plain_yaml.load(path)
        for name, raw in file["books"].items():
            used = {
                s["reference"]
                for s in file["scenarios"]
                if s.get("book", name) == name and s.get("reference")}
            for reference in sorted(used) or [None]:
                label = f"{os.path.basename(path)[:-5]}:{name}" + (f"+{reference}" if reference else "")
                found.append((label, raw, file["references"][reference] if reference else None))
    return found


def refusal(engine, raw_book, raw_reference):
    """Why the engine does not take the book, or None."""
    with tempfile.TemporaryDirectory() as directory:
        case = Case(engine, raw_book, raw_reference, Options(0, ""), directory)
        case.options.as_of, case.options.stdin, case.options.files = None, False, 1
        inputs = case.inputs([])
        open(inputs[0][0], "wb").close()
        done = subprocess.run(case.command(inputs, None, directory), capture_output=True, timeout=60)
        return None if done.returncode == 0 else f"exit {done.returncode}: " + done.stderr.decode(
            errors="replace").strip()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", default="build/release/bundelwacht")
    parser.add_argument("--seeds", default="1-20")
    parser.add_argument("--only", default="")
    parser.add_argument("--random-books", default="",
                        help="A-B: random books with these seeds instead of the given ones")
    parser.add_argument("--plain", action="store_true", help="books without the rules of later issues")
    parser.add_argument("--both", action="store_true",
                        help="the books as they are and without the rules of later issues")
    parser.add_argument("--keep", default="/tmp/model-differences")
    parser.add_argument("--persons", type=int, default=4)
    parser.add_argument("--lines", type=int, default=12)
    parser.add_argument("--seconds", type=int, default=10 ** 9, help="stop then, and say how far it came")
    parser.add_argument("--go-on", action="store_true", help="one difference per book, not only the first")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    low, _, high = options.seeds.partition("-")
    seeds = range(int(low), int(high or low) + 1)
    engine = os.path.abspath(options.engine)

    if options.random_books:
        low, _, high = options.random_books.partition("-")
        todo = [(f"random:{n}", *random_book(n)) for n in range(int(low), int(high or low) + 1)]
    else:
        todo = [entry for entry in books() if options.only in entry[0]]
    if options.plain or options.both:
        kept = todo if options.both else []
        todo = kept + [(name + " (plain)", plain(raw), reference) for name, raw, reference in todo]
    runs = records = refused = differ = 0
    stop = time.monotonic() + options.seconds
    for name, raw, reference in todo:
        if time.monotonic() > stop:
            print(f"stopped before {name}")
            break
        why = refusal(engine, raw, reference)
        if why:
            refused += 1
            print(f"{name}: refused: {why[:300]}")
            continue
        for seed in seeds:
            rates = random.Random(seed)
            lines = history(raw, seed, options.persons, options.lines, reference,
                            rates.choice([0, 0.05, 0.05, 0.5]))
            with tempfile.TemporaryDirectory() as directory:
                case = Case(engine, raw, reference, Options(seed, name), directory)
                runs, records = runs + 1, records + len(lines)
                found = case.difference(lines)
                if not found:
                    continue
                differ += 1
                few = smallest(lambda some: case.difference(some) is not None,
                               [line for line in lines if line])
                found = case.difference(few)
                keep = os.path.join(options.keep, re.sub(r"[^a-z0-9+-]+", "_", f"{name}-{seed}"))
                os.makedirs(keep, exist_ok=True)
                case = Case(engine, raw, reference, Options(seed, name), keep)
                case.difference(few)               # leaves book, reference, input and output there
                print(f"\n{name}, seed {seed}: {found}\n{len(few)} records of {len(lines)}, kept in {keep}:")
                for line in few:
                    print("  " + line.decode("utf-8", errors="backslashreplace"))
                print("  " + " ".join(case.last_command))
            if not options.go_on:
                print(f"{runs} runs, {records} records, {refused} books refused, {differ} differ")
                return 1
            break
    print(f"{runs} runs, {records} records, {refused} books refused, {differ} differ")
    return 1 if differ or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
