#!/usr/bin/python3
"""Books that programs have written: what PyYAML dumps of a book that it has read loads, and decides the same;
and what it takes for a string needs no quotes (semantics, section 13). Others: tests/books/others.py.

    book_programs.py --program build/release/bundelwacht [CASE...]"""
import itertools
import json
import os
import random
import re
import sys

import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import BOOK, FINDINGS, REFERENCE, Bench, Failed  # noqa: E402
from cases import bytes_of, expect, expect_same, main_of  # noqa: E402

# Codes that some reader of YAML takes for something else than text.
ODD = [
    "0303", "0880", "06380199", "12", "-3", "+5", "1e3", "1E5", "1.5e3", "1.5e+3", ".5", "1.", "0o17", "0x1F",
    "0b101", "1_000", "12:30", "1:2:3.5", "NO", "off", "y", "true", "Null", "~", "=", "<<", ".inf", "-.INF",
    ".NaN", "2026-01-01", "2026-1-1", "2026-1-1 1:00:00", "DBC:218", "0385*", "P*", "*", "&a", "!a", "- a",
    "a: b", "a #b", " a", "a ", "'", '"', "é", "0 ", "?"]


def odd_book():
    """Each code and each name is one of those, and every line is of one of them."""
    codes = [code for code in ODD if code.strip() == code and len(code.encode()) <= 12 and code != "*"]
    names = [name for name in ODD if "/" not in name and "~" not in name][:len(codes)]
    bundles = [{
        "id": f"b{place}", "name": name, "definitions": [{
            "from": "2025-01-01", "until": "2025-12-31", "opens": {"criterion": name},
            "closes": {"after_days": 9}, "scope": {"include": name}, "run_out_days": 9,
            "uncontracted": "shadow"}]}
        for place, name in enumerate(names)]
    return {
        "book": "1e3", "horizon_days": 400, "waiting_days": 90, "criteria": {
            name: [{"care_code": code}] for name, code in zip(names, codes)}, "bundles": bundles,
        "overlaps": [{"pair": [f"b{a}", f"b{b}"], "lines": "split"}
                     for a, b in itertools.combinations(range(len(names)), 2)]}, codes


def odd_lines(codes):
    for number, code in enumerate(codes):
        yield {"declaration_id": f"d{number}", "kind": "DEBIT", "credits_id": None, "insurer": 3311,
               "insured": f"p{number}", "birth_date": "1950-01-01", "provider": "06010101", "referrer": None,
               "specialism": None, "diagnosis_system": "NONE", "diagnosis": None, "care_type": "OTHER",
               "care_code": code.removesuffix("*") or "x", "subtype": None, "trajectory": None,
               "laterality": "NONE", "start_date": "2025-03-01", "end_date": "2025-03-01", "quantity": 1,
               "amount": 100, "submitted_at": "2025-03-02T09:00:00.000Z"}


def write_odd(bench):
    """The odd book as JSON, which quotes all that is text; and its lines."""
    book, codes = odd_book()
    lines = bench.write("odd.jsonl", "".join(json.dumps(line) + "\n" for line in odd_lines(codes)).encode())
    return bench.write("odd.yaml", json.dumps(book).encode()), lines


def decided(bench, book, lines, reference=None):
    return bytes_of(bench.replay(lines, book=book, options=("--reference", reference) if reference else ()),
                    "jsonl")


def case_what_pyyaml_dumps_decides_the_same(bench):
    lines = bench.generate("in.jsonl", "--lines", "20000", "--seed", "3")
    odd, odd_in = write_odd(bench)
    for book, reference, given in ((BOOK, REFERENCE, lines), (odd, None, odd_in)):
        wanted = decided(bench, book, given, reference)
        expect(b'"BUNDLED"' in wanted["decisions"], "nothing was decided")
        for flow, sort in ((None, True), (False, False), (True, False)):
            def dumped(path):
                with open(path, encoding="utf-8") as stream:
                    text = yaml.safe_dump(yaml.safe_load(stream), default_flow_style=flow, sort_keys=sort)
                return bench.write(os.path.basename(path), text.encode())
            again = dumped(book)
            if book == BOOK:
                bench.run("test", again)
            expect_same(wanted, decided(bench, again, given, reference and dumped(reference)),
                        f"{os.path.basename(book)}, flow {flow}")


def case_plain_codes_are_refused_as_pyyaml_reads_them(bench):
    """Thousands of texts of the characters that numbers, dates and words are made of."""
    core = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+|"
                      r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
    loader, seed = yaml.SafeLoader(""), random.Random(1)
    numbers = ["0", "1", "7", "8", "9", "60", "59", "2026", "e", ".", "-", ":"]
    words = ["_", "+", "E", "x", "b", "o", "T", "t", "Z", " ", "01", "12", "inf", "NaN", "no", "N", "y",
             "True", "a", "=", "<", ":00", "2026-01-01"]
    plain = r"[\w.+=<-]([\w.+:=< -]*[\w.+=<-])?"
    texts = set()
    while len(texts) < 4000:
        text = seed.choice(ODD) if seed.random() < 0.1 else ""
        pieces = seed.choice((numbers, numbers + words))
        text = text or "".join(seed.choice(pieces) for _ in range(seed.randint(1, 6)))
        good = re.fullmatch(plain, text) and not re.search(r": |^- |^-$|^--", text)
        if good and text != "Null" and len(text) <= 40:
            texts.add(text)
    wrong, kinds = [], {"E017": 0, "W019": 0, None: 0}
    texts = sorted(texts)
    for at in range(0, len(texts), 15):  # no more than 50 findings of a file are shown
        some = texts[at:at + 15]
        criteria = "".join(f"  c{i}:\n    - care_code: {text}\n" for i, text in enumerate(some))
        head = "book: b\nhorizon_days: 9\nwaiting_days: 9\nbundles: []\ncriteria:\n"
        path = bench.write("plain.yaml", (head + criteria).encode())
        said = bench.run_any("check", path)
        expect("[E004]" not in said and "[E090]" not in said, f"{some}: {said[:500]}")
        found = {(int(line) - 7) // 2: code
                 for line, code in re.findall(r"plain\.yaml:(\d+):\d+: .*\[(E017|W019)\]", said)}
        for i, text in enumerate(some):
            tag = loader.resolve(yaml.ScalarNode, text, (True, False))
            wanted = ("E017" if tag != "tag:yaml.org,2002:str" else "W019" if core.fullmatch(text) else None)
            kinds[wanted] += 1
            if found.get(i) != wanted:
                wrong.append(f"{text!r}: {found.get(i)}, not {wanted} ({tag})")
    expect(not wrong, f"{len(wrong)} of {len(texts)}: " + "; ".join(wrong[:10]))
    expect(min(kinds.values()) > 50, f"{kinds}")


class Asking(Bench):
    def run_any(self, *arguments):
        try:
            return self.run(*arguments)[0]
        except Failed:
            return self.run(*arguments, code=FINDINGS)[0]


if __name__ == "__main__":
    sys.exit(main_of(globals(), Asking))
