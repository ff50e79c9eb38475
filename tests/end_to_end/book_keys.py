#!/usr/bin/python3
"""No rule of a book is silently ignored: for every key of the grammar a small book and a few declarations
where changing just that key, or leaving it out, changes what `bundelwacht replay` writes (semantics, section
13).

    book_keys.py --program build/release/bundelwacht [TABLE.KEY...] book_keys.py --program
    build/release/bundelwacht --self-test      a key whose change shows nowhere must be found

The keys are those of the reader's own tables (YAML_NEEDS and YAML_MAY in processor/book), so that none can be
forgotten.
"""
import argparse
import copy
import datetime
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOPICS = ("decisions", "episodes", "alerts", "dead-letters")

# Keys that are words for people, with the reason.
EXEMPT = {
    "bundle.name": "a title for people; outputs name the bundle by its id",
    "factor.label": "says which factor it is in messages of `check`; outputs have the budget",
    "duplicate.name": "says which rule it is in messages of `check` and in `explain`",
    "reference.reference": "the file's own name; its hash is in the metadata of every commit",
    "episode.p01": "for people who read the file; no rule of section 10 asks it",
    "episode.p50": "for people who read the file; no rule of section 10 asks it",
    "episode.p95": "for people who read the file; no rule of section 10 asks it",
    "bundle.cares": (
        "part of examples, which `bundelwacht test` runs and the engine never sees"
        " (tests/end_to_end/book_tools.py)"
    ),
    "bundle.examples": "as above",
}

DELETE = object()
D, C = ("bundles", 0, "definitions", 0), ("contracts", 0)
O = D + ("opens",)
W = D + ("closes",)


def reader_keys():
    """TABLE.KEY for every row of the reader's tables."""
    keys = set()
    for path in sorted(glob.glob(os.path.join(ROOT, "processor", "book", "*.c"))):
        if os.path.basename(path) in ("book_examples.c", "example_declarations.c", "example_expect.c"):
            continue  # what examples are made of
        with open(path, encoding="utf-8") as stream:
            for table, key in re.findall(r"YAML_(?:NEEDS|MAY)\((\w+)_keys,\s*(\w+)\)", stream.read()):
                keys.add(f"{table}.{key}")
    return keys


def the_book():
    return {
        "book": "keys",
        "horizon_days": 1826,
        "waiting_days": 90,
        "criteria": {
            "opens": [{"care_code": "A1"}], "care": [{"care_code": "A*"}], "two": [{"care_code": "A2"}],
            "three": [{"care_code": "A3"}], "price": [{"care_code": "P1"}], "none": [{"care_code": "Z9"}],
            "leg.opens": [{"care_code": "B1"}], "leg.care": [{"care_code": "B*"}]},
        "bundles": [{
            "id": "hip", "name": "Hip", "definitions": [{
                "from": "2025-01-01", "until": "2027-12-31", "sides": "separate",
                "opens": {"criterion": "opens", "look_back_days": 5}, "closes": {"after_days": 30},
                "scope": {"include": "care"}, "run_out_days": 100}]}, {
                    "id": "leg", "name": "Leg", "definitions": [{
                        "from": "2025-01-01", "until": "2027-12-31", "opens": {"criterion": "leg.opens"},
                        "closes": {"after_days": 30}, "scope": {"include": "leg.care"}, "run_out_days": 100,
                        "uncontracted": "shadow"}]}],
        "contracts": [{
            "id": "c1", "version": 1, "bundle": "hip", "from": "2025-01-01", "until": "2027-12-31",
            "payment": "prospective", "budget": {"strata": [{"label": "all", "amount": 100000}]}}], }


def the_reference():
    return {
        "reference": "keys", "episodes": [{
            "bundle": "hip", "stratum": "all", "count": 100, "mean": 200000, "p01": 10, "p05": 5000,
            "p50": 20000, "p95": 90000, "p99": 95000, "declared_permille": {7: 10, 365: 1000}}],
        "lines": [{"care_type": "HOSPITAL_DBC", "care_code": "A1", "p999": 9000}]}


def line(name, code, start, end=None, sent=None, **fields):
    end = end or start
    sent = sent or (datetime.date.fromisoformat(end) + datetime.timedelta(days=1)).isoformat()
    record = {
        "declaration_id": name, "kind": "DEBIT", "insurer": 3311, "insured": "p1", "birth_date": "1950-01-01",
        "provider": "06010101", "care_type": "HOSPITAL_DBC", "care_code": code, "start_date": start,
        "end_date": end, "amount": 10000, "submitted_at": sent + "T09:00:00.000Z"}
    record.update(fields)
    return record


OPEN = line("o", "A1", "2026-03-10")
A2 = line("a2", "A2", "2026-03-15", amount=4000)
A3 = line("a3", "A3", "2026-03-12", amount=3000)
FULL = line("o", "A1", "2026-03-10", subtype="11", specialism="0303", referrer="01010101",
            diagnosis_system="DBC", diagnosis="218", laterality="LEFT")
CLAUSE = {
    "care_type": "HOSPITAL_DBC", "care_code": "A1", "subtype": "11", "specialism": "0303",
    "provider": "0601*", "referrer": "01*", "diagnosis": "DBC:218", "laterality": ["LEFT", "RIGHT"],
    "amount_at_least": 100}


class Case:
    """What is set in the small book, the lines, and for each TABLE.KEY what is changed then."""

    def __init__(self, lines, changes, setup=(), as_of="2026-06-30", reference=False):
        self.lines, self.changes, self.setup, self.as_of, self.reference = (
            lines,
            changes,
            setup,
            as_of,
            reference,
        )


LEG_TOO = [(("criteria", "leg.opens"), [{"care_code": "A1"}]),
           (("criteria", "leg.care"), [{"care_code": "A*"}])]
SPLIT = {"pair": ["hip", "leg"], "lines": "split"}
TWO_SIDES = [
    line("l", "A1", "2026-03-10", laterality="LEFT"),
    line("r", "A1", "2026-03-12", laterality="RIGHT"), A2]
TWICE = {"name": "twice", "criterion": "care", "within": "person", "allow": 1, "action": "hold"}
ENDED = {"name": "ended", "criterion": "three", "of": "person", "action": "hold"}
NEAR = {"criterion": "two", "from_day": 0, "to_day": 20}
EXTEND = {"criterion": "two", "after_days": 30, "max_days": 60}
A2_LATE = line("a2", "A2", "2026-03-30", amount=4000)
END = {"name": "end", "criterion": "two", "after_days": 3}
EXCLUDE = {"name": "not", "criterion": "two", "from_day": 0, "to_day": 10, "effect": "void"}
EXPECT = {"name": "care", "criterion": "none", "by_day": 7, "wait_days": 10}
OUTCOME = {"name": "again", "criterion": "two", "after": "three", "from_day": 1, "to_day": 20}
MEASURE = {"name": "days", "criterion": "two", "after": "three", "take": "first_day", "at_most": 1}
STEPPED = {"invasive": "two", "conservative": "three", "days": 10}
NURSED = line("n", "A2", "2026-02-20", amount=4000)
FACTOR = {"label": "nursed", "criterion": "two", "look_back_days": 30, "add": 500, "permille": 100}
PAIR_OF_AGES = [{"label": "young", "min_age": 70, "max_age": 80, "amount": 90000},
                {"label": "all", "amount": 100000}]
SIGNALS = {"max_specialisms": 0, "max_hospitals": 0, "stepped": STEPPED}
SECOND_PROVIDER = [line("o", "A1", "2026-03-10"), line("o2", "A1", "2026-03-10", provider="06020202")]
PRICE = line("p", "P1", "2026-03-11", care_type="OTHER", amount=100000)

CASES = [
    Case(
        [OPEN], {
            "book.book": [(("book", ), "others")], "book.criteria": [
                (("criteria", "opens"), [{"care_code": "Z9"}])], "book.contracts": [
                    (("contracts", ), DELETE)], "book.bundles": [
                        (("bundles", ), []), (("contracts", ), DELETE), (("criteria", ), {})], "bundle.id": [
                            (("bundles", 0, "id"), "hop"), (C + ("bundle", ), "hop")], "bundle.definitions": [
                                (D + ("from", ), "2026-04-01")], "definition.from": [
                                    (D + ("from", ), "2026-04-01")], "definition.until": [
                                        (D + ("until", ), "2026-03-01")], "definition.sides": [
                                            (D + ("sides", ), DELETE)], "definition.opens": [
                                                (O, {"criterion": "two"})], "opens.criterion": [
                                                    (O + ("criterion", ), "two")], "definition.closes": [
                                                        (W, {"after_days": 31})], "closes.after_days": [
                                                            (W + ("after_days", ), 31)],
            "definition.scope": [(D + ("scope", ), {"include": "two"})], "scope.include": [
                (D + ("scope", "include"), "two")], "contract.id": [
                    (C + ("id", ), "c2")], "contract.version": [(C + ("version", ), 2)], "contract.bundle": [
                        (C + ("bundle", ), "leg")], "contract.from": [(C + ("from", ), "2026-04-01")],
            "contract.until": [(C + ("until", ), "2026-03-01")], "contract.payment": [
                (C + ("payment", ), "retrospective")], "contract.budget": [
                    (C + ("budget", ), {"strata": [{"label": "all", "amount": 5}]})], "budget.strata": [
                        (C + ("budget", "strata"), [{"label": "all", "amount": 5}])], "stratum.label": [
                            (C + ("budget", "strata", 0, "label"), "some")], "stratum.amount": [
                                (C + ("budget", "strata", 0, "amount"), 5)]}),
    Case([OPEN], {"definition.run_out_days": [(D + ("run_out_days", ), 1)]}),
    Case([line("o", "A1", "2026-03-10", sent="2026-05-01")],
         {"book.horizon_days": [(("horizon_days", ), 10)]}),
    Case([line("x", "A1", "2026-03-10", kind="CREDIT", credits_id="nobody")],
         {"book.waiting_days": [(("waiting_days", ), DELETE)]}),
    # --- clauses ---
    Case(
        [FULL], {
            f"clause.{key}": [(("criteria", "opens", 0, key), value)]
            for key, value in (("care_type", "PARAMEDICAL"), ("care_code", "A3"), ("subtype", "21"),
                               ("specialism", "0305"), ("provider", "0602*"), ("referrer", "02*"),
                               ("diagnosis", "DBC:219"), ("laterality", "RIGHT"),
                               ("amount_at_least", 10001))}, setup=[(("criteria", "opens"), [CLAUSE])]),
    # --- patients and openings ---
    Case(
        [OPEN], {
            "definition.patient": [(D + ("patient", ), DELETE)], "patient.min_age": [
                (D + ("patient", "min_age"), 50)]}, setup=[(D + ("patient", ), {"min_age": 90})]),
    Case([OPEN], {"patient.max_age": [(D + ("patient", "max_age"), 80)]},
         setup=[(D + ("patient", ), {"max_age": 60})]),
    Case([OPEN], {"opens.confirm": [(O + ("confirm", ), DELETE)]}, setup=[(O + ("confirm", ), NEAR)]),
    Case(
        [OPEN, A2], {
            "near.criterion": [(O + ("confirm", "criterion"), "none")], "near.from_day": [
                (O + ("confirm", "from_day"), 6)], "near.to_day": [(O + ("confirm", "to_day"), 4)]},
        setup=[(O + ("confirm", ), NEAR)]),
    Case(
        [OPEN, dict(A2, provider="06020202")], {
            "opens.attribute": [(O + ("attribute", ), DELETE)], "near.criterion": [
                (O + ("attribute", "criterion"), "none")], "near.from_day": [
                    (O + ("attribute", "from_day"), 6)], "near.to_day": [(O + ("attribute", "to_day"), 4)]},
        setup=[(O + ("attribute", ), NEAR), (C + ("providers", ), ["06020202"])]),
    Case([OPEN, line("before", "A2", "2026-03-07")],
         {"opens.look_back_days": [(O + ("look_back_days", ), 1)]}),
    Case([line("old", "A1", "2025-12-01", "2026-02-20"), OPEN],
         {"opens.quiet_days": [(O + ("quiet_days", ), DELETE)]}, setup=[(O + ("quiet_days", ), 60)]),
    # --- windows ---
    Case(
        [OPEN, A2_LATE], {
            "closes.extend": [(W + ("extend", ), DELETE)], "extend.criterion": [
                (W + ("extend", "criterion"), "none")], "extend.after_days": [
                    (W + ("extend", "after_days"), 20)], "extend.max_days": [
                        (W + ("extend", "max_days"), 40)]}, setup=[(W + ("extend", ), EXTEND)]),
    Case(
        [OPEN, A2], {
            "closes.end": [(W + ("end", ), DELETE)], "end.name": [
                (W + ("end", 0, "name"), "died")], "end.criterion": [
                    (W + ("end", 0, "criterion"), "none")], "end.after_days": [
                        (W + ("end", 0, "after_days"), 4)]}, setup=[(W + ("end", ), [END])]),
    Case([OPEN, line("o2", "A1", "2026-04-20")], {"definition.clean_days": [(D + ("clean_days", ), DELETE)]},
         setup=[(D + ("clean_days", ), 20)]),
    Case([OPEN], {"definition.uncontracted": [(D + ("uncontracted", ), DELETE)]},
         setup=[(D + ("uncontracted", ), "shadow"), (C + ("providers", ), ["06020202"])]),
    Case(
        [OPEN, A2], {
            "definition.excludes": [(D + ("excludes", ), DELETE)], "exclude.criterion": [
                (D + ("excludes", 0, "criterion"), "none")], "exclude.from_day": [
                    (D + ("excludes", 0, "from_day"), 6)], "exclude.to_day": [
                        (D + ("excludes", 0, "to_day"), 4)], "exclude.effect": [
                            (D + ("excludes", 0, "effect"), "truncate")]},
        setup=[(D + ("excludes", ), [EXCLUDE])]),
    Case([OPEN, A2], {"exclude.name": [(D + ("excludes", 0, "name"), "other")]},
         setup=[(D + ("excludes", ), [dict(EXCLUDE, effect="truncate")])]),
    Case([line("l", "A1", "2026-03-10", "2026-06-10")],
         {"scope.prorate": [(D + ("scope", "prorate"), DELETE)]}, setup=[
             (D + ("scope", "prorate"), ["HOSPITAL_DBC"])]),
    Case([OPEN, A2], {"scope.exclude": [(D + ("scope", "exclude"), DELETE)]},
         setup=[(D + ("scope", "exclude"), "two")]),
    Case([dict(OPEN, trajectory="T1"),
          line("t", "C7", "2026-03-12", trajectory="T1")],
         {"scope.trajectory": [(D + ("scope", "trajectory"), DELETE)]}, setup=[
             (D + ("scope", "trajectory"), True), (("bundles", 1), DELETE)]),
    Case([
        OPEN,
        dict(A2, start_date="2026-03-12", end_date="2026-03-12", submitted_at="2026-06-10T09:00:00.000Z"),
        line("clock", "X", "2026-05-31", insured="p2")],
         {"definition.true_up_days": [(D + ("true_up_days", ), 3660)]}, setup=[(D + ("run_out_days", ), 10),
                                                                               (D + ("true_up_days", ), 0)]),
    # --- what is expected, measured, signalled ---
    Case(
        [OPEN], {
            "definition.expects": [(D + ("expects", ), DELETE)], "expect.name": [
                (D + ("expects", 0, "name"), "other")], "expect.criterion": [
                    (D + ("expects", 0, "criterion"), "opens")], "expect.by_day": [
                        (D + ("expects", 0, "by_day"), 8)], "expect.wait_days": [
                            (D + ("expects", 0, "wait_days"), 1000)]}, setup=[(D + ("expects", ), [EXPECT])]),
    Case(
        [OPEN, A3, A2], {
            "definition.outcomes": [(D + ("outcomes", ), DELETE)], "outcome.name": [
                (D + ("outcomes", 0, "name"), "other")], "outcome.criterion": [
                    (D + ("outcomes", 0, "criterion"), "none")], "outcome.after": [
                        (D + ("outcomes", 0, "after"), DELETE)], "outcome.from_day": [
                            (D + ("outcomes", 0, "from_day"), 4)], "outcome.to_day": [
                                (D + ("outcomes", 0, "to_day"), 2)]},
        setup=[(D + ("outcomes", ), [OUTCOME])]),
    Case(
        [OPEN, A3, A2], {
            "definition.measures": [(D + ("measures", ), DELETE)], "measure.name": [
                (D + ("measures", 0, "name"), "other")], "measure.criterion": [
                    (D + ("measures", 0, "criterion"), "none")], "measure.after": [
                        (D + ("measures", 0, "after"), DELETE)], "measure.take": [
                            (D + ("measures", 0, "take"), "lines")], "measure.at_most": [
                                (D + ("measures", 0, "at_most"), 50)]},
        setup=[(D + ("measures", ), [MEASURE])]),
    Case(
        [dict(OPEN, specialism="0303"), A2], {
            "definition.signals": [(D + ("signals", ), DELETE)], "signals.max_specialisms": [
                (D + ("signals", "max_specialisms"), DELETE)], "signals.max_hospitals": [
                    (D + ("signals", "max_hospitals"), 1)], "signals.stepped": [
                        (D + ("signals", "stepped"), DELETE)], "stepped.invasive": [
                            (D + ("signals", "stepped", "invasive"), "none")]},
        setup=[(D + ("signals", ), SIGNALS)]),
    Case(
        [OPEN, A3, A2], {
            "stepped.conservative": [(D + ("signals", "stepped", "conservative"), "none")], "stepped.days": [
                (D + ("signals", "stepped", "days"), 1)]}, setup=[(D + ("signals", ), SIGNALS)]),
    # --- where bundles meet ---
    Case(
        [OPEN, A2], {
            "book.overlaps": [(("overlaps", ), [dict(SPLIT, lines="first")])], "cell.lines": [
                (("overlaps", 0, "lines"), "first")], "definition.weight": [(D + ("weight", ), 3)]},
        setup=LEG_TOO + [(("overlaps", ), [SPLIT])]),
    Case([OPEN, A2], {"lines.prefer": [(("overlaps", 0, "lines", "prefer"), "leg")]},
         setup=LEG_TOO + [(("overlaps", ), [dict(SPLIT, lines={"prefer": "hip"})])]),
    Case([OPEN, A2], {"cell.suppress": [(("overlaps", 0, "suppress"), DELETE)]},
         setup=LEG_TOO + [(("overlaps", ), [dict(SPLIT, suppress="leg")])]),
    Case(TWO_SIDES, {"cell.pair": [(("overlaps", 0, "pair"), ["leg", "leg"])]},
         setup=[(("overlaps", ), [{"pair": ["hip", "hip"], "lines": "first"}])]),
    # --- the same care twice ---
    Case(
        SECOND_PROVIDER, {
            "book.duplicates": [(("duplicates", ), DELETE)], "duplicate.criterion": [
                (("duplicates", 0, "criterion"), "none")], "duplicate.within": [
                    (("duplicates", 0, "within"), "provider")], "duplicate.allow": [
                        (("duplicates", 0, "allow"), 2)], "duplicate.action": [
                            (("duplicates", 0, "action"), "flag")]}, setup=[(("duplicates", ), [TWICE])]),
    Case([dict(OPEN, trajectory="T1"),
          line("o2", "A2", "2026-03-10", trajectory="T1")],
         {"duplicate.same": [(("duplicates", 0, "same"), DELETE)]}, setup=[
             (("duplicates", ), [dict(TWICE, same="trajectory")])]),
    Case(
        [OPEN, A3, line("t", "A1", "2026-03-20"), line("u", "A1", "2026-03-20", insurer=3312)], {
            "book.ends_care": [(("ends_care", ), DELETE)], "end_of_care.name": [
                (("ends_care", 0, "name"), "gone")], "end_of_care.criterion": [
                    (("ends_care", 0, "criterion"), "none")], "end_of_care.of": [
                        (("ends_care", 0, "of"), "insurer")], "end_of_care.action": [
                            (("ends_care", 0, "action"), "flag")]}, setup=[(("ends_care", ), [ENDED])]),
    Case([A3, A2, line("t", "A1", "2026-03-20")],
         {"end_of_care.resumes": [(("ends_care", 0, "resumes"), DELETE)]}, setup=[
             (("ends_care", ), [dict(ENDED, resumes="two")])]),
    Case(
        [OPEN, line("c", "A1", "2026-03-10", kind="CREDIT", credits_id="o", provider="06020202")], {
            "book.successors": [(("successors", ), DELETE)], "successor.old": [
                (("successors", 0, "old"), "06030303")], "successor.new": [
                    (("successors", 0, "new"), "06030303")]}, setup=[
                        (("successors", ), [{"old": "06010101", "new": "06020202"}])]),
    Case([dict(OPEN, serial=1), dict(OPEN, declaration_id="o2", serial=2)],
         {"duplicate.serials": [(("duplicates", 0, "serials"), DELETE)]}, setup=[
             (("duplicates", ), [dict(TWICE, serials=True)])]),
    Case([dict(OPEN, end_date="2026-03-20"),
          line("o2", "A2", "2026-03-20")],
         {"duplicate.codes": [(("duplicates", 0, "codes"), DELETE)],
          "duplicate.overlap_days": [(("duplicates", 0, "overlap_days"), 2)]}, setup=[
              (("duplicates", ), [dict(TWICE, same="overlap", codes="any", overlap_days=1)])]),
    # --- contracts ---
    Case(
        [OPEN], {
            "contract.insurers": [(C + ("insurers", ), [3312])], "contract.providers": [
                (C + ("providers", ), ["06020202"])], "contract.contractor": [
                    (C + ("contractor", ), DELETE)], "contract.loose": [
                        (C + ("loose", ), DELETE)], "contract.outlier_permille": [
                            (C + ("outlier_permille", ), DELETE)], "contract.thresholds": [
                                (C + ("thresholds", ), DELETE)],
            "threshold.permille": [(C + ("thresholds", 0, "permille"), 90)], "threshold.severity": [
                (C + ("thresholds", 0, "severity"), "critical")], "contract.stop_loss": [
                    (C + ("stop_loss", ), DELETE)], "stop_loss.permille": [
                        (C + ("stop_loss", "permille"), 60)], "stop_loss.amount": [(C + ("stop_loss", ), {
                            "amount": 60, "insurer_permille": 800})], "stop_loss.insurer_permille": [
                                (C + ("stop_loss", "insurer_permille"), 900)]}, setup=[
                                    (C + ("insurers", ), [3311]), (C + ("providers", ), ["06010101"]),
                                    (C + ("contractor", ), "06010101"), (C + ("loose", ), "refused"),
                                    (C + ("outlier_permille", ), 50),
                                    (C + ("thresholds", ), [{"permille": 80, "severity": "info"}]),
                                    (C + ("stop_loss", ), {"permille": 50, "insurer_permille": 800})]),
    Case([OPEN], {"stop_loss.amount": [(C + ("stop_loss", "amount"), 600)]},
         setup=[(C + ("stop_loss", ), {"amount": 60, "insurer_permille": 800})]),
    Case([OPEN, PRICE], {"contract.price_criterion": [(C + ("price_criterion", ), DELETE)]},
         setup=[(C + ("price_criterion", ), "price")]),
    Case([OPEN], {"contract.price_by_days": [(C + ("price_by_days", ), DELETE)]},
         setup=[(C + ("price_criterion", ), "price"), (C + ("price_by_days", ), 10)]),
    Case(
        [OPEN], {
            "stratum.min_age": [(C + ("budget", "strata", 0, "min_age"), 78)], "stratum.max_age": [
                (C + ("budget", "strata", 0, "max_age"), 72)]},
        setup=[(C + ("budget", "strata"), PAIR_OF_AGES)]),
    Case(
        [NURSED, OPEN], {
            "budget.factors": [(C + ("budget", "factors"), DELETE)], "factor.criterion": [
                (C + ("budget", "factors", 0, "criterion"), "none")], "factor.look_back_days": [
                    (C + ("budget", "factors", 0, "look_back_days"), DELETE)], "factor.add": [
                        (C + ("budget", "factors", 0, "add"), DELETE)], "factor.permille": [
                            (C + ("budget", "factors", 0, "permille"), DELETE)]},
        setup=[(C + ("budget", "factors"), [FACTOR])]),
    # --- with a reference ---
    Case([OPEN], {"contract.projection_margin": [(C + ("projection_margin", ), DELETE)]},
         setup=[(C + ("projection_margin", ), 5000)], as_of="2026-03-20", reference=True),
    Case(
        [OPEN], {
            "reference.episodes": [(("reference", "episodes"), DELETE)], "reference.lines": [
                (("reference", "lines"), DELETE)], "episode.bundle": [
                    (("reference", "episodes", 0, "bundle"), "leg")], "episode.stratum": [
                        (("reference", "episodes", 0, "stratum"), "some")], "episode.count": [
                            (("reference", "episodes", 0, "count"), 29)], "episode.mean": [
                                (("reference", "episodes", 0, "mean"), 200001)], "episode.p99": [
                                    (("reference", "episodes", 0, "p99"), 9000),
                                    (("reference", "episodes", 0, "p95"), 8000),
                                    (("reference", "episodes", 0, "p50"), 7000)],
            "episode.declared_permille": [
                (("reference", "episodes", 0, "declared_permille"), {7: 20, 365: 1000})], "line.care_type": [
                    (("reference", "lines", 0, "care_type"), "OTHER")], "line.care_code": [
                        (("reference", "lines", 0, "care_code"), "A2")], "line.p999": [
                            (("reference", "lines", 0, "p999"), 10000)]}, as_of="2026-03-20", reference=True),
    Case([OPEN], {"episode.p05": [(("reference", "episodes", 0, "p05"), 15000)]}, as_of="2026-12-31",
         reference=True), ]


# --- changes and replays ------------------------------------------------------------------------------------

def changed(documents, changes):
    documents = copy.deepcopy(documents)
    for path, value in changes:
        at = documents["reference"] if path[0] == "reference" else documents["book"]
        path = path[1:] if path[0] == "reference" else path
        for part in path[:-1]:
            at = at[part]
        if value is DELETE:
            del at[path[-1]]
        else:
            at[path[-1]] = copy.deepcopy(value)
    return documents


class Bench:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def replay(self, documents, case):
        """What the four files hold, as one text; the book's own words included."""
        book, lines, reference = (os.path.join(self.folder, name)
                                  for name in ("book.yaml", "in.jsonl", "reference.yaml"))
        with open(book, "w", encoding="utf-8") as stream:
            json.dump(documents["book"], stream, indent=1)
        with open(reference, "w", encoding="utf-8") as stream:
            # a day is a number
            stream.write(re.sub(r'"([0-9]+)":', r"\1:", json.dumps(documents["reference"], indent=1)))
        with open(lines, "w", encoding="utf-8") as stream:
            stream.write("".join(
                json.dumps(record) + "\n" for record in sorted(case.lines, key=lambda r: r["submitted_at"])))
        command = [
            self.program, "replay", "--book", book, "--partitions", "1", "--threads", "1", "--as-of",
            case.as_of, "--force", "--out", self.folder
        ] + (["--reference", reference] if case.reference else []) + [lines]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise SystemExit(
                f"a book of this test is refused:\n{done.stderr.decode(errors='replace')[:2000]}\n"
                f"{json.dumps(documents['book'], indent=1)}")
        texts = []
        for topic in TOPICS:
            with open(os.path.join(self.folder, topic + ".jsonl"), encoding="utf-8") as stream:
                texts.append(stream.read())
        return texts


def walk(bench, only=()):
    """The keys that show somewhere, and those whose change shows nowhere."""
    shown, silent = set(), []
    for case in CASES:
        wanted = {key: change for key, change in case.changes.items() if not only or key in only}
        if not wanted:
            continue
        base = changed({"book": the_book(), "reference": the_reference()}, case.setup)
        before = bench.replay(base, case)
        for key, change in wanted.items():
            if bench.replay(changed(base, change), case) == before:
                silent.append(key)
            else:
                shown.add(key)
    return shown, silent


def self_test(bench):
    """A change of a key that is only words must be found silent, and a key that no case has must be
    missed."""
    CASES.append(Case([OPEN], {"bundle.name": [(("bundles", 0, "name"), "Other")]}))
    _, silent = walk(bench, ("bundle.name", "contract.id"))
    missing = reader_keys() - set(EXEMPT) - {key for case in CASES[1:] for key in case.changes}
    if silent != ["bundle.name"] or "contract.id" not in missing:
        print(f"self-test: silent {silent}, missing {sorted(missing)}")
        return 1
    print("self-test: a silent key and a forgotten key were found")
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("keys", nargs="*")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(os.path.abspath(arguments.program), folder)
        if arguments.self_test:
            return self_test(bench)
        shown, silent = walk(bench, arguments.keys)
    known = reader_keys()
    wrong = [f"{key}: its change shows nowhere" for key in silent]
    if not arguments.keys:
        wrong += [
            f"{key}: no case changes it, and it is not exempt" for key in sorted(known - shown - set(EXEMPT) -
                                                                                 set(silent))]
        wrong += [f"{key}: not a key of the reader" for key in sorted((shown | set(EXEMPT)) - known)]
    for sentence in wrong:
        print(sentence)
    print(
        f"{len(shown)} keys of {len(known)} change an output, {len(EXEMPT)} are words, {len(wrong)} findings")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
