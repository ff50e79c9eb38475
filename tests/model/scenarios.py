"""Runs the acceptance scenarios against the model, as scenarios/README.md asks.

    /usr/bin/python3 tests/model/scenarios.py [--dir DIR] [--shuffles 20] [--only NAME] [FILE...]"""
import argparse
import glob
import os
import random
import sys

import plain_yaml
from book import Book, Reference
from declaration import day_of, FIELDS
from model import evaluate
from stream import NEVER_CLEARED, Partition
from validate import check

SHORT = {"id": "declaration_id", "start": "start_date", "end": "end_date", "sent": "submitted_at"}
NOT_FIELDS = {"care", "credit_of", "copy_of", "kafka_key", "label"}
ALERT_PATH = {"cause", "revision", "as_of", "book", "observed"}
NOBODY_SAYS = {
    "kind": "DEBIT", "quantity": 1, "laterality": "NONE", "diagnosis_system": "NONE", "credits_id": None,
    "referrer": None, "specialism": None, "diagnosis": None, "subtype": None, "trajectory": None,
    "serial": None}


def layer(raw):
    """The fields that one place (a line, a care, defaults) says, by their names."""
    fields = {SHORT.get(name, name): value for name, value in raw.items() if name not in NOT_FIELDS}
    if "diagnosis" in fields and "diagnosis_system" not in fields:
        text = fields["diagnosis"]
        fields["diagnosis_system"], fields["diagnosis"] = text.split(":", 1) if text is not None else ("NONE",
                                                                                                       None)
    return fields


class Builder:
    def __init__(self, file, scenario):
        self.cares = file.get("cares") or {}
        self.base = {
            **NOBODY_SAYS, **layer(file.get("defaults") or {}), **layer(scenario.get("defaults") or {})}
        self.raw = scenario["declarations"]

    def first(self, declaration_id):
        return next(r for r in self.raw if r.get("id") == declaration_id)

    def build(self, raw):
        fields = dict(self.base)
        if "care" in raw:
            fields.update(layer(self.cares[raw["care"]]))
        if "copy_of" in raw:
            fields.update(self.build(self.first(raw["copy_of"])))
        if "credit_of" in raw:
            debit = self.build(self.first(raw["credit_of"]))
            del debit["submitted_at"]
            fields.update(debit, kind="CREDIT", credits_id=raw["credit_of"])
        said = layer(raw)
        if "copy_of" in raw and "start_date" in said and "end_date" not in said and "end" not in self.first(
                raw["copy_of"]):
            said["end_date"] = said["start_date"]
        fields.update(said)
        fields.setdefault("end_date", fields["start_date"])
        sent = fields.get("submitted_at")
        if sent is None:
            sent = day_text_after(fields["end_date"])
        fields["submitted_at"] = sent if "T" in sent else sent + "T09:00:00.000Z"
        return fields


def day_text_after(text):
    from declaration import day_text
    return day_text(day_of(text) + 1)


class Record:
    def __init__(self, fields, raw):
        self.line, self.reason = check(fields, raw.get("kafka_key", fields["insured"]))
        self.identity = (fields["insured"], fields["declaration_id"])
        self.label = raw.get("label", fields["declaration_id"])


class Run:
    """One pass over records in one order."""

    def __init__(self, book, reference, records, as_of):
        self.dead = {}
        fold = Partition(book, reference)
        for record in records:
            if record.line is None:
                self.dead[record.label] = record.reason
            else:
                fold.feed(record.line)
        if as_of is not None:
            fold.advance(as_of)
        self.as_of = fold.as_of
        self.decisions = {r["key"]: r for r in fold.out["decisions"]}
        self.episodes = {r["key"]: r for r in fold.out["episodes"]}
        self.episodes = {k: r for k, r in self.episodes.items() if r["state"] != "VOID"}
        self.alerts = {r["key"]: r for r in fold.out["alerts"]}
        self.alerts = {k: r for k, r in self.alerts.items() if r["action"] == "RAISED"}
        self.persons = {(r.line.insured, r.line.insurer) for r in records if r.line}

    def state(self):
        path = ("cause", "revision", "as_of", "book", "settlement_revision", "settlement_delta",
                "after_final")
        cut = lambda records: {k: {n: v for n, v in r.items() if n not in path} for k, r in records.items()}
        alerts = {k: {n: v for n, v in r.items() if n not in ALERT_PATH}
                  for k, r in self.alerts.items()
                  if r["type"] != NEVER_CLEARED}
        return cut(self.decisions), cut(self.episodes), alerts

    def prefix(self):
        if len(self.persons) == 1:
            insured, insurer = next(iter(self.persons))
            return f"{insured}/{insurer}/"
        return ""


def conservation(book, reference, records, as_of):
    """Axiom 3 and section 7, on the state computed at once."""
    problems, logs = [], {}
    for record in records:
        if record.line:
            logs.setdefault(record.line.insured, []).append(record.line)
    for insured, log in logs.items():
        state = evaluate(book, reference, log, as_of)
        for key, d in state.decisions.items():
            if sum(d[a] for a in ("payable", "covered", "withheld", "refused", "reversed")) != d["amount"]:
                problems.append(f"{key}: accounts do not add up")
        standing = [v for v in state.verdicts if v.status in ("FEE_FOR_SERVICE", "BUNDLED", "SPLIT")]
        outside = sum(v.outside if v.status != "FEE_FOR_SERVICE" else v.line.amount for v in standing)
        if sum(e.cost for _, e in state.found) + outside != sum(v.line.amount for v in standing):
            problems.append(f"{insured}: conservation broken")
    return problems


def compare_fields(what, record, wanted, problems):
    for name, value in wanted.items():
        got = record[name]
        if name == "shares":
            got = [{s["episode"]: s["cents"]} for s in got]
        if name == "measures":
            got = {m["name"]: m["value"] for m in got}
        if got != value:
            problems.append(f"{what}: {name} is {got!r}, wanted {value!r}")


def compare(expect, run, in_given_order, only_alerts_of, check_dead):
    problems, prefix = [], run.prefix()
    for key, wanted in (expect.get("decisions") or {}).items():
        found = [r for k, r in run.decisions.items() if k == key] or [
            r for k, r in run.decisions.items() if k.split("/", 1)[1] == key]
        if len(found) != 1:
            problems.append(f"decision {key}: {len(found)} found")
            continue
        compare_fields(f"decision {key}", found[0],
                       wanted if isinstance(wanted, dict) else {"status": wanted}, problems)
    if "episodes" in expect:
        wanted = {prefix + k: v for k, v in (expect["episodes"] or {}).items()}
        for key in set(wanted) ^ set(run.episodes):
            problems.append(f"episode {key}: {'missing' if key in wanted else 'not wanted'}")
        for key in set(wanted) & set(run.episodes):
            compare_fields(f"episode {key}", run.episodes[key], wanted[key] or {}, problems)
    if "alerts" in expect:
        wanted = {}
        for entry in expect["alerts"] or []:
            for key, fields in (entry.items() if isinstance(entry, dict) else [(entry, {})]):
                wanted[prefix + key] = fields
        of_path = any(NEVER_CLEARED in key for key in wanted)
        got = {k for k, r in run.alerts.items()
               if (of_path or r["type"] != NEVER_CLEARED)
               and (only_alerts_of is None or r["type"] in only_alerts_of)}
        for key in set(wanted) ^ got:
            problems.append(f"alert {key}: {'missing' if key in wanted else 'not wanted'}")
        for key in set(wanted) & got:
            fields = {n: v for n, v in wanted[key].items() if in_given_order or n not in ALERT_PATH}
            compare_fields(f"alert {key}", run.alerts[key], fields, problems)
    if check_dead or "dead_letters" in expect:
        wanted = expect.get("dead_letters") or {}
        for label in set(wanted) | set(run.dead):
            reasons = wanted.get(label)
            if run.dead.get(label) not in (reasons if isinstance(reasons, list) else [reasons]):
                problems.append(f"dead letter {label}: {run.dead.get(label)}, wanted {reasons}")
    return problems


def keep_order_of_same_id(original, shuffled):
    queues = {}
    for record in original:
        queues.setdefault(record.identity, []).append(record)
    return [queues[record.identity].pop(0) for record in shuffled]


def run_scenario(file, scenario, shuffles):
    books, references = file["books"], file.get("references") or {}
    book = Book(books[scenario["book"]] if "book" in scenario else next(iter(books.values())))
    reference = Reference(references[scenario["reference"]] if scenario.get("reference") else None)
    builder = Builder(file, scenario)
    records = [Record(builder.build(raw), raw) for raw in scenario["declarations"]]
    as_of = day_of(scenario["as_of"]) if "as_of" in scenario else None
    only = scenario.get("only_alerts_of")
    problems = []

    given = Run(book, reference, records, as_of)
    problems += [f"given order: {p}" for p in compare(scenario["expect"], given, True, only, True)]
    if given.as_of is not None:
        problems += conservation(book, reference, records, given.as_of)
    for step in scenario.get("meanwhile") or []:
        run = Run(book, reference, records[:step["after"]], None)
        problems += [f"after {step['after']}: {p}" for p in compare(step["expect"], run, True, only, False)]

    orders = [("reversed", records[::-1])]
    for seed in range(shuffles):
        shuffled = records[:]
        random.Random(seed).shuffle(shuffled)
        orders.append((f"shuffle {seed}", shuffled))
    for name, order in orders:
        run = Run(book, reference, keep_order_of_same_id(records, order), as_of)
        problems += [f"{name}: {p}" for p in compare(scenario["expect"], run, False, only, True)]
        if run.state() != given.state():
            problems.append(f"{name}: the final state is not that of the given order")
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--dir", default=os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                      "scenarios"))
    parser.add_argument("--shuffles", type=int, default=20)
    parser.add_argument("--only")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    count = failed = 0
    for path in options.files or sorted(glob.glob(os.path.join(options.dir, "*.yaml"))):
        file = plain_yaml.load(path)
        for scenario in file["scenarios"]:
            if options.only and options.only not in scenario["name"]:
                continue
            count += 1
            problems = run_scenario(file, scenario, options.shuffles)
            if problems:
                failed += 1
                print(f"{os.path.basename(path)}: {scenario['name']}")
                for problem in problems[:12]:
                    print(f"    {problem}")
    print(f"{count} scenarios, {failed} differ")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
