#!/usr/bin/python3
"""The judge of the chaos can fail: what is lost, doubled, phantom or moved is seen as such; and the seed
alone deals the cards."""
import collections
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "broker"))

import verdict  # noqa: E402
from conductor import FATES, Deck  # noqa: E402
from harness import Failed, main, say  # noqa: E402
from instance import BEGUN, CHANGED, RESOLVED, Fate, answer_of  # noqa: E402

A, B, C = (b"a", b"1", ()), (b"b", b"2", ()), (b"c", b"3", ())


def judged(seen, wanted):
    tally = collections.Counter(lost=0, doubled=0, phantom=0, moved=0)
    verdict.count_partition("a planted difference", seen, wanted, tally)
    return tuple(tally[name] for name in ("lost", "doubled", "phantom", "moved"))


def must(condition, words):
    if not condition:
        raise Failed(words)


def cards(seed):
    deck = Deck(FATES, random.Random(seed))
    return [deck.draw() for _ in range(50)]


def test():
    for seen, wanted, tally in (([A, B, C], [A, B, C], (0, 0, 0, 0)), ([A, C], [A, B, C], (1, 0, 0, 0)), ([
            A, B, B, C], [A, B, C], (0, 1, 0, 0)), ([A, B, C], [A, C], (0, 0, 1, 0)), ([B, A, C], [
                A, B, C], (0, 0, 0, 1)), ([], [A, A], (2, 0, 0, 0)), ([(b"a", b"1", ((b"x", b"y"), )),
                                                                       B], [A, B], (1, 0, 1, 0))):
        must(
            judged(seen, wanted) == tally,
            f"{seen} against {wanted}: {judged(seen, wanted)} instead of {tally}")
    must(cards(3) == cards(3) and cards(3) != cards(4), "the seed does not decide the cards")
    must(
        set(cards(1)) == set(FATES) and set(Fate.PLACES) | {"random"} == set(FATES), "a phase is never drawn")
    line = '{"level":"info","message":"book changes at 3/1200: \\"2026.1-demo\\" to \\"2026.2-demo\\""}'
    must(BEGUN.search(line).groups() == ("3", "1200", "2026.2-demo"), "a change of book is not heard")
    must(
        CHANGED.search("book changed at 3/1200: 7 outputs").groups() == ("3", "1200"),
        "the end of a change is not heard")
    for line, answer in (
        (
            "partition 3: the group is at offset 12; of 7 outputs at hand 0 are missing in their topics",
            "all there",
        ),
        (
            "partition 3: the group is at offset 12; of 7 outputs at hand 2 are missing in their topics",
            "some missing",
        ),
        (
            (
                "partition 3: not all outputs before offset 12 became visible, or some behind it: they are"
                " made again from offset 0 on and compared"
            ),
            "made again",
        ),
    ):
        must(answer_of(RESOLVED.search(line)) == answer, f"{line}: not heard")
    say("the judge sees what is planted")


main(test)
