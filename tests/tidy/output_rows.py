#!/usr/bin/env python3
"""output_rows.py ROOT CC - every field of an output is one row of engine/outputs.def, and nothing is left of
a row that is taken away.

What is made from the rows (ARTEFACTS) is preprocessed three times: with all rows, without every first of two,
without every second. A field must be in each artefact that its role and type ask for exactly when its row is
there. Then a source that fills the structs is compiled without a row of each record, which must fail for that
member. A spelling that names a field by hand is found, since it stays; an artefact that has lost its rows is
found, since it names nothing.

output_rows.py --self-test ROOT CC - the same with artefacts that are written by hand or name nothing, and
sees that they are found."""

import os
import re
import subprocess
import sys
import tempfile

ROW = re.compile(r"^(DECISION|EPISODE|ALERT|LETTER)_FIELD\((\w+), (\w+), (\w+), (\w+)\)$", re.M)
ALL = {"GIVEN", "KEY", "STATE", "PAST", "STAMP"}
REMEMBERED = {"KEY", "STATE", "PAST"}
STATE = {"STATE"}
OWNED = {"TEXT", "PIECE", "SHARES", "MEASURES"}  # what a copy has to copy
# record, what it is for, symbol, roles, types (None: all)
ARTEFACTS = [
    ("DECISION", "struct", "struct decision", ALL, None),
    ("EPISODE", "struct", "struct episode_output", ALL, None),
    ("ALERT", "struct", "struct alert", ALL, None),
    ("LETTER", "struct", "struct dead_letter", ALL, None),
    ("DECISION", "what was sent", "struct sent_decision", STATE, None),
    ("DECISION", "equality", "decision_was_sent", STATE, None),
    ("EPISODE", "equality", "episode_state_equal", STATE, None),
    ("DECISION", "what was sent", "decision_remember", STATE, None),
    ("DECISION", "copy, explain", "decision_own", ALL, OWNED),
    ("EPISODE", "copy, explain", "episode_own", ALL, OWNED),
    ("ALERT", "copy, explain", "alert_own", ALL, OWNED),
    ("DECISION", "Avro", "decision_to_avro", ALL, None),
    ("EPISODE", "Avro", "episode_to_avro", ALL, None),
    ("ALERT", "Avro", "alert_to_avro", ALL, None),
    ("LETTER", "Avro", "dead_letter_to_avro", ALL, None),
    ("DECISION", "JSON", "decision_to_json", ALL, None),
    ("EPISODE", "JSON", "episode_to_json", ALL, None),
    ("ALERT", "JSON", "alert_to_json", ALL, None),
    ("LETTER", "JSON", "dead_letter_to_json", ALL, None),
    ("DECISION", "examples", "decision_fields[]", ALL, None),
    ("EPISODE", "examples", "episode_fields[]", ALL, None),
    ("ALERT", "examples", "alert_fields[]", ALL, None),
    ("DECISION", "read back", "decision_rows[]", ALL, None),
    ("EPISODE", "read back", "episode_rows[]", ALL, None),
    ("ALERT", "read back", "alert_rows[]", ALL, None),
    ("LETTER", "read back", "letter_rows[]", ALL, None),
    ("DECISION", "snapshot", "pack_sent_decision", STATE, None),
    ("EPISODE", "snapshot", "pack_sent_episode", REMEMBERED, None),
    ("ALERT", "snapshot", "pack_sent_alert", REMEMBERED, None),
    ("DECISION", "snapshot", "unpack_sent_decision", STATE, None),
    ("EPISODE", "snapshot", "unpack_sent_episode", REMEMBERED, None),
    ("ALERT", "snapshot", "unpack_sent_alert", REMEMBERED, None),
]
# A member of each record that this function fills by hand: without its row the file must not compile.
FILLED = [("DECISION", "amount", "decision_fill"), ("EPISODE", "cost", "episode_fill"),
          ("ALERT", "prevented", "double_payment"), ("LETTER", "offset", "put_dead_letter")]


def definition_of(symbol):
    if symbol.startswith("struct "):
        return re.escape(symbol) + r"\s*\{"
    if symbol.endswith("[]"):
        return r"\b" + re.escape(symbol) + r"\s*=\s*\{"
    return r"\b" + re.escape(symbol) + r"\s*\([^;{}]*\)\s*\{"


def body_of(symbol, text):
    """From the first brace of its definition to the last, or None."""
    found = re.search(definition_of(symbol), text)
    if not found:
        return None
    depth = 0
    for at in range(found.end() - 1, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[found.start():at + 1]
    return None


def names(row, body):
    """Whether it names the field; of a list also by a function that is called after it (pack_shares)."""
    edge = "[a-z]" if row[2] in ("SHARES", "MEASURES") else r"\w"
    return re.search(rf"(?<!{edge}){row[1]}(?!{edge})", body) is not None


class House:
    def __init__(self, root, cc):
        self.root, self.cc = root, cc
        self.texts = {}
        for folder, _, names in os.walk(os.path.join(root, "processor")):
            for name in names:
                if name.endswith((".c", ".h")):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8") as stream:
                        self.texts[path] = stream.read()
        with open(os.path.join(root, "processor", "engine", "outputs.def"), encoding="utf-8") as stream:
            self.rows_text = stream.read()
        self.rows = [match.groups() for match in ROW.finditer(self.rows_text)]

    def file_of(self, symbol):
        pattern = re.compile(r"^[\w*\[\] ]*?" + definition_of(symbol), re.M)
        files = [path for path, text in self.texts.items() if pattern.search(text)]
        if len(files) != 1:
            raise SystemExit(f"{symbol} is defined in {files or 'no file'}")
        return files[0]

    def run(self, path, without, options):
        """The compiler over a file as if these rows were not there."""
        with tempfile.TemporaryDirectory() as place:
            os.mkdir(os.path.join(place, "engine"))
            with open(os.path.join(place, "engine", "outputs.def"), "w", encoding="utf-8") as stream:
                stream.write(ROW.sub(lambda row: "" if row.groups() in without else row[0], self.rows_text))
            folders = ["-I", place, "-I", os.path.join(self.root, "processor")]
            return subprocess.run([self.cc, "-std=gnu17", *folders, *options, path],
                                  capture_output=True, text=True, check=False)

    def preprocessed(self, path, without):
        result = self.run(path, without, ["-E", "-P"])
        if result.returncode != 0:
            raise SystemExit(f"{path}: {result.stderr}")
        return result.stdout


def mistakes_of(house, artefacts):
    found = []
    halves = [set(), set(house.rows[0::2]), set(house.rows[1::2])]
    texts = {}
    for record, purpose, symbol, roles, types in artefacts:
        path = house.file_of(symbol)
        wanted = [row for row in house.rows
                  if row[0] == record and row[4] in roles and (not types or row[2] in types)]
        if not wanted:
            found.append(f"{symbol}: no row of {record} is for it")
        for turn, without in enumerate(halves):
            if (path, turn) not in texts:
                texts[path, turn] = house.preprocessed(path, without)
            body = body_of(symbol, texts[path, turn])
            if body is None:
                raise SystemExit(f"{symbol} is not in the preprocessed {path}")
            for row in wanted:
                has = names(row, body)
                if has and row in without:
                    found.append(f"{symbol} ({purpose}) keeps {row[1]} although its row is gone")
                if not has and row not in without:
                    found.append(f"{symbol} ({purpose}) has no {row[1]} although there is a row")
    return found


def compiles_without(house):
    found = []
    for record, name, symbol in FILLED:
        path = house.file_of(symbol)
        row = next(row for row in house.rows if row[:2] == (record, name))
        with_it, without_it = (house.run(path, without, ["-fsyntax-only"]) for without in (set(), {row}))
        if with_it.returncode != 0:
            found.append(f"{path} does not compile: {with_it.stderr}")
        errors = re.findall(r"error: .*", without_it.stderr)
        if not errors or not re.search(rf"no member named .{name}.", without_it.stderr):
            found.append(f"{path} does not miss the {name} of {record}: {errors}")
    return found


def explain_mistakes(house):
    """Explain keeps what was sent by the copy that is made from the rows."""
    calls = [path for path, text in house.texts.items()
             if "explain" in path and re.search(r"\boutput_copy\(", text)]
    return [] if calls else ["no file of explain copies outputs with output_copy"]


def self_test(house):
    by_hand = mistakes_of(house, [("EPISODE", "by hand", "episode_fill", STATE, {"LONG"})])
    nothing = mistakes_of(house, [("EPISODE", "nothing", "episode_was_sent", STATE, None)])
    if not any("keeps cost although" in mistake for mistake in by_hand):
        raise SystemExit(f"self-test: what is written by hand was not found: {by_hand}")
    if not any("has no cost although" in mistake for mistake in nothing):
        raise SystemExit(f"self-test: what names nothing was not found: {nothing}")
    print("self-test: an artefact by hand and one without rows were found")


def main():
    arguments = sys.argv[1:]
    testing = arguments[:1] == ["--self-test"]
    house = House(*arguments[testing:])
    for record in ("DECISION", "EPISODE", "ALERT", "LETTER"):
        if not any(row[0] == record for row in house.rows):
            raise SystemExit(f"no row of {record} was found")
    if testing:
        return self_test(house)
    found = mistakes_of(house, ARTEFACTS) + compiles_without(house) + explain_mistakes(house)
    print("\n".join(found) or f"{len(house.rows)} rows, {len(ARTEFACTS)} artefacts")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
