#!/usr/bin/python3
"""A change of book on a real broker: steps at one offset, repeated without a doubled or lost output after
kill -9 in between; an older book flips nothing back; what would revise budgets in force is refused; all
equals `replay` with the same books at the same offsets.

    book_change.py --program build/release/bundelwacht [--lines 20000]
"""
import argparse
import re

from harness import *

PARTITIONS = 4
FIRST = ROOT / "config/examples/cms.yaml"
SLOW = {"transaction.records_max": 40, "transaction.interval": "50ms"}  # many steps


class Stream:
    def __init__(self, program, place, lines):
        self.program, self.place, self.lines, self.seed = program, place, lines, 0
        self.changes = {}  # (partition, offset): book

    def book(self, serial, *replaced):
        text = FIRST.read_text().replace('book: "cms-2008-2010"', f'book: "{serial}"')
        for old, new in replaced:
            if old not in text:
                raise Failed(f"the book has no {old!r} any more")
            text = text.replace(old, new)
        path = self.place.path / f"book-{serial}.yaml"
        path.write_text(text)
        return path

    def load(self):
        self.seed += 1
        self.place.generate(self.program, self.lines, self.seed, "declarations", "--bad-per-mille", 2)

    def run(self, book, *flags, expected=0, env=None, **settings):
        config = self.place.config("it", book, **{"workers": 2, "state.checkpoint_after": "24h", **settings})
        if env:
            os.environ["BUNDELWACHT_FAILPOINT_KILL"] = env
        try:
            child = self.place.run(self.program, "run", "--config", config, "--until-end", "--create-topics",
                                   *flags, expected=expected)
        finally:
            os.environ.pop("BUNDELWACHT_FAILPOINT_KILL", None)
        for partition, offset in re.findall(r"book changes at (\d+)/(\d+)", child.log.read_text()):
            self.changes[int(partition), int(offset)] = book
        return child

    def judge(self, first_book):
        changes = self.place.path / "changes.txt"
        changes.write_text("".join(f"{p} {o} {book}\n" for (p, o), book in sorted(self.changes.items())))
        expected, counts = self.place.judge(self.program, "it", first_book, PARTITIONS, "--book-changes",
                                            changes)
        by_book = sum(record["cause"] == "book"
                      for records in expected["episodes"] + expected["alerts"] + expected["decisions"]
                      for *_, record in records)
        say(f"as replay with {len(self.changes)} changes: {counts}, {by_book} with cause book")
        return by_book


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--lines", type=int, default=4_000)
    arguments = parser.parse_args()
    place = Place()
    place.client.create_topic("declarations", PARTITIONS, {"retention.ms": "-1"})
    stream = Stream(arguments.program, place, arguments.lines)
    budgets = ("amount: 1500000}", "amount: 1400000}"), ("amount: 1350000}",
                                                         "amount: 1300000}"), ("amount: 2000000}",
                                                                               "amount: 2100000}")
    second = stream.book("cms-2008-2011", *budgets)
    third = stream.book("cms-2008-2101", *budgets,
                        ("{permille: 1000, severity: info}", "{permille: 300, severity: info}"))
    same_name = stream.book("cms-2008-02011", *budgets,
                            ("{permille: 1000, severity: info}", "{permille: 700, severity: info}"))

    load_json_lines(place.client, "declarations", PARTITIONS, ROOT / "tests/data/cms_sample.jsonl.gz")
    stream.run(FIRST)
    child = stream.run(second, expected=78)
    expect("--allow-redefinition" in child.log.read_text(), "a changed budget is refused", child)
    say("refused:", tail(child, 2)[:400])
    # Killed in every step; each start computes the change again and leaves out what was committed.
    kills = 0
    for place_of_death in ("book_step:1", "book_step:3", "end_txn_sent:2", "offsets:3", "book_step:6",
                           "transaction:4", "end_txn_sent:3", "book_step:9"):
        kills += stream.run(second, "--allow-redefinition", env=place_of_death, expected=(0, -9),
                            **SLOW).returncode == -9
    child = stream.run(second, "--allow-redefinition", **SLOW)
    expect(len(stream.changes) == PARTITIONS, "each partition changed at one offset", child)
    say(f"{kills} times killed in the steps of the change")
    if stream.judge(FIRST) < 100 or kills < 5:
        raise Failed("the change was too small to be killed in: give more lines")
    # No flip-back, and no second book of one name.
    stream.load()
    child = stream.run(FIRST)
    expect("takes the newer one" in child.log.read_text() and len(stream.changes) == PARTITIONS,
           "an older book flips nothing back", child)
    child = stream.run(same_name, expected=78)
    expect("two different books are called" in child.log.read_text(), "two books of one name are refused",
           child)
    child = stream.run(third, **SLOW)
    expect(len(stream.changes) == 2 * PARTITIONS, "other thresholds revise no budget, and are taken", child)
    stream.judge(FIRST)


main(test)
