#!/usr/bin/python3
"""The command line of every command, from outside: what its own help says is asked of it, row by row.

    command_line.py --program build/release/bundelwacht [CASE...]"""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import BOOK, REFERENCE, ROOT, Bench, expect, main_of  # noqa: E402
from cases import CONFIG, DONE, FINDINGS, NO_INPUT, USAGE  # noqa: E402

COMMANDS = ("run", "replay", "watch", "dump", "check", "test", "explain", "demo", "generate", "help",
            "version")
ROW = re.compile(r"^  --([a-z-]+)(?: (\S+))?(?:  |$)", re.MULTILINE)


def rows_of(bench, command):
    """(name, what its value is called or "", is it required) of each row of the help."""
    text, _ = bench.run(command, "--help")
    starts = [match.start() for match in ROW.finditer(text)] + [len(text)]
    return [(match[1], match[2] or "", "(required)" in text[match.start():end])
            for match, end in zip(ROW.finditer(text), starts[1:])]


def refused(bench, *words):
    """What is said: two lines, and nothing on stdout."""
    out, said = bench.run(*words, code=USAGE)
    lines = said.splitlines()
    expect(out == "" and len(lines) == 2, f"{words}: {out} {said}")
    expect(lines[1] == f"bundelwacht {words[0]} --help tells the options", f"{words}: {said}")
    expect(lines[0].startswith(f"bundelwacht {words[0]}: "), f"{words}: {said}")
    return lines[0].removeprefix(f"bundelwacht {words[0]}: ")


def distance(one, other):
    above = list(range(len(other) + 1))
    for i, letter in enumerate(one):
        now = [i + 1]
        for j, theirs in enumerate(other):
            now.append(min(above[j] + (letter != theirs), above[j + 1] + 1, now[j] + 1))
        above = now
    return above[-1]


def case_every_command_answers_help_alike(bench):
    listed = re.findall(r"^  ([a-z]+) +\S", bench.run("help")[0], re.MULTILINE)
    expect(tuple(listed) == COMMANDS, f"help lists {listed}")
    for command in COMMANDS:
        text, said = bench.run(command, "--help")
        alike = said == "" and text.startswith(f"usage: bundelwacht {command}")
        expect(alike, f"{command} --help: {text} {said}")
        expect(max(map(len, text.splitlines())) <= 125, f"{command} --help has a line that is too long")
        for words in ((command, "-h"), ("help", command), (command, "--hel")):
            expect(bench.run(*words) == (text, ""), f"{words} is not {command} --help")


def case_every_command_refuses_what_it_does_not_know(bench):
    for command in COMMANDS:
        for word, meant in (("--nothing-of-ours", ""), ("-q", ""), ("--hepl", ', did you mean "--help"?')):
            expect(refused(bench, command, word) == f'there is no option "{word}"{meant}', command)
        names = [name for name, _, _ in rows_of(bench, command)]
        for name in names:  # what is behind the = may be a secret
            sentence = refused(bench, command, f"--{name}q=hush")
            meant = re.fullmatch(rf'there is no option "--{name}q", did you mean "--([a-z-]+)"\?', sentence)
            good = meant and meant[1] in names and distance(meant[1], name + "q") == 1
            expect(good, f"{command}: {sentence}")


def case_every_value_that_is_missing_or_too_much_is_said(bench):
    rows_seen = 0
    for command in COMMANDS:
        for name, value, _ in rows_of(bench, command):
            rows_seen += 1
            if value == "true|false":
                continue  # alone it is true
            wanted = f"--{name} needs a value: --{name} {value}" if value else f"--{name} takes no value"
            words = (f"--{name}",) if value else (f"--{name}=1",)
            expect(refused(bench, command, *words) == wanted, f"{command} {words}")
    expect(rows_seen > 90, f"only {rows_seen} rows in all helps")


def case_every_required_option_is_asked_for(bench):
    asked = 0
    for command in ("replay", "dump", "explain"):
        required = [(name, value) for name, value, is_required in rows_of(bench, command) if is_required]
        for left_out, value in required:
            others = [word for name, _ in required if name != left_out for word in (f"--{name}", "x")]
            words = (command, *others, *([] if command == "dump" else ["in.jsonl"]))
            expect(refused(bench, *words) == f"--{left_out} {value} is missing", f"{words}")
            asked += 1
    expect(asked == 5, f"{asked} required options")


def case_values_and_arguments_are_refused_with_what_is_right(bench):
    replay = ("replay", "--book", BOOK, "--out", bench.path("out"))
    for words, sentence in (
            (("check",), "BOOK is missing"),
            (("check", BOOK, BOOK), f'it takes at most 1 of BOOK, but got "{BOOK}" too'),
            (("check", "--allow-redefinition", BOOK), "--allow-redefinition goes with --against OLD"),
            (("check", "--strict", "--against", BOOK, BOOK),
             "--against compares two books: leave --strict and --reference out"),
            (("test",), "BOOK is missing"),
            (("demo", "--workers", "17"),
             '"17" is no value of --workers: it takes a whole number from 1 to 16'),
            (("demo", "more"), 'it takes no argument, but got "more"'),
            (("dump", "--out", "x"), "it needs --config, or --bootstrap-servers and --topic"),
            (("watch",), "it needs --config, or --bootstrap-servers and --prefix"),
            (("watch", "alarms"),
             'there is no topic "alarms" to watch; there are alerts, episodes, decisions and dead-letters'),
            (("dump", "--out", "x", "--property", "hush"),
             "the value of --property is wrong: it takes NAME=VALUE"),
            (("explain", "--book", BOOK, "--insured", "p"), "INPUT ... is missing"),
            (("explain", "--book", BOOK, "--insured", "p", "--as-of", "2026-02-30", "x.jsonl"),
             '"2026-02-30" is no value of --as-of: it takes a day, as 2026-03-12'),
            (("explain", "--book", BOOK, "--insured", "p", "--episode", "e", "--why-not", "b", "x.jsonl"),
             "--declaration, --episode and --why-not are one question each: ask one"),
            (("generate",), "either --out, or --bootstrap-servers and --topic"),
            (("generate", "--topic", "t"), "--bootstrap-servers and --topic go together"),
            (("generate", "--mix", "some"),
             '"some" is no value of --mix: it takes one of national|identity'),
            (("generate", "--days", "0"),
             '"0" is no value of --days: it takes a whole number from 1 to 20000'),
            (("help", "E999"), '"E999" is neither a command nor the code of a finding'),
            (("help", "run", "replay"), 'it takes at most 1 of COMMAND|CODE|settings, but got "replay" too'),
            (replay, "INPUT ... is missing"),
            ((*replay, "--as-of", "lug", "x.jsonl"), '"lug" is no value of --as-of: it takes DATE|log'),
            ((*replay, "--format", "xml", "x.jsonl"),
             '"xml" is no value of --format: it takes one of jsonl|avro'),
            ((*replay, "--threads", "65", "x.jsonl"),
             '"65" is no value of --threads: it takes a whole number from 1 to 64'),
            (("replay", "--book", BOOK, "--out", "-", "x.jsonl"),
             "--out is a directory for four files, and - is none: write --out DIR, then for example "
             "cat DIR/alerts.jsonl"),
            (("dump", "--bootstrap-servers", "h:1", "--topic", "t", "--out", "-"),
             "--out is a directory, one file a partition, and - is none: write --out DIR"),
            (("run", "--accept-outputs", "topic"),
             '"topic" is no value of --accept-outputs: it takes TOPIC/PARTITION'),
            (("run", "--kafka", "hush"), "the value of --kafka is wrong: it takes NAME=VALUE"),
            (("run", "--state"), '"--state" could be --state-directory and --state-memory-max: write it out'),
            (("run", "settings.yaml"), 'it takes no argument, but got "settings.yaml"'),
            (("version", "2"), 'it takes no argument, but got "2"')):
        expect(refused(bench, *words) == sentence, f"{words}: {refused(bench, *words)}")
    expect(not os.path.exists(bench.path("out")), "a refused command line leaves a folder behind")


def case_a_reader_who_has_had_enough_hears_nothing(bench):
    """`bundelwacht … | head`: the pipe's other end is closed before anything is written, and nobody
    complains. A disk that is full is still told (/dev/full)."""
    lines = bench.generate("in.jsonl", "--lines", "2000", "--seed", "5")
    with open(lines, encoding="utf-8") as stream:
        person = json.loads(stream.readline())["insured"]
    printing = (("explain", "--book", BOOK, "--insured", person, lines), ("help",), ("help", "settings"),
                ("run", "--help"), ("check", BOOK), ("test", BOOK), ("version",),
                ("generate", "--lines", "20000", "--out", "-"))
    for words in printing:
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([bench.program, *words], stdout=writer, stderr=subprocess.PIPE, timeout=60,
                              check=False)
        os.close(writer)
        said = re.sub(rb"[0-9]+ records in .*\n", b"", done.stderr)
        expect((done.returncode, said) == (0, b""), f"{words}: {done.returncode} {done.stderr}")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([bench.program, *words], stdout=full, stderr=subprocess.PIPE, timeout=60,
                                  check=False)
        expect(done.returncode == 1 and b"could not write" in done.stderr,
               f"{words} on a full disk: {done.returncode} {done.stderr}")


def case_help_knows_a_code_in_small_letters(bench):
    expect(bench.run("help", "e034") == bench.run("help", "E034"), "help e034")


def case_schemas_that_are_broken_are_said(bench):
    os.mkdir(bench.path("schemas"))
    with open(os.path.join(ROOT, "schemas", "declaration.avsc"), "rb") as stream:
        bench.write("schemas/1.avsc", stream.read())
    bench.write("schemas/2.avsc", b'{"type": "recor')
    dump = bench.write("declarations-0.dump", b"")
    for command in (("explain", "--insured", "p"), ("replay", "--out", bench.path("out"))):
        done = subprocess.run([bench.program, *command, "--book", BOOK, "--schemas", bench.path("schemas"),
                               dump], capture_output=True, timeout=60, check=False)
        said = done.stderr.decode()
        expect("2.avsc" in said and "bad_schema" in said and "1.avsc" not in said, f"{command}: {said}")


def case_what_is_said_twice_counts_as_it_was_said_last(bench):
    """Of each command with options: the first saying alone would end otherwise."""
    nowhere, lines = bench.path("nowhere.yaml"), bench.generate("in.jsonl", "--lines", "3", "--lines", "200")
    with open(lines, encoding="utf-8") as stream:
        expect(len(stream.readlines()) == 200, "the first --lines counts")
    person = ("explain", "--insured", "nobody", "--insured", "nobody else", lines)
    for words, code, says in (
            (("check", BOOK, "--reference", nowhere, "--reference", REFERENCE), DONE, "reference read"),
            (("check", BOOK, "--reference", REFERENCE, "--reference", nowhere), NO_INPUT, nowhere),
            (("test", BOOK, "--reference", nowhere, "--reference", REFERENCE), DONE, "as expected"),
            (("replay", "--book", nowhere, "--book", BOOK, "--out", bench.path("a"), "--out", bench.path("b"),
              lines), DONE, "200 records"),
            ((*person, "--book", nowhere, "--book", BOOK), 1, "nobody else"),
            (("demo", "--lines", "200", "--book", nowhere, "--book", BOOK), DONE, "200 lines in"),
            (("dump", "--out", "x", "--config", BOOK, "--config", nowhere), CONFIG, nowhere),
            (("run", "--config", nowhere, "--workers", "1", "--workers", "0"), CONFIG, 'not "0"')):
        told = "".join(bench.run(*words, code=code))
        expect(says in told, f"{words}: {told}")
    expect(os.path.exists(bench.path("b")) and not os.path.exists(bench.path("a")), "the first --out counts")
    bench.run("check", "--strict", "--strict", BOOK)
    bench.run("check", bench.write("no-book.yaml", b"a: 1\n"), code=FINDINGS)


if __name__ == "__main__":
    sys.exit(main_of(globals(), Bench))
