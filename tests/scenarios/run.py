#!/usr/bin/python3
"""Runs the acceptance scenarios of this folder against `bundelwacht replay`, as README.md here says.

    run.py --program build/release/bundelwacht [--orders 20] [--seed 1] [--only NAME] [--keep DIR]
    FILE.yaml...

Each scenario runs in the given order, in reverse and in seeded shuffles; records of one person with the same
declaration_id keep their order.
Exit code: 0 all that ran passed, 1 a scenario failed, 2 the runner itself could not work.
`run.py --self-test --program ...` proves that each kind of check can fail.
"""
import argparse
import base64
import concurrent.futures
import copy
import datetime
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
# What says how a state was reached, and is no part of it (README 2, semantics 0). `as_of` is when it was
# sent.
# Of an alert `observed` is of the path too.
PATH_FIELDS = {
    "cause", "revision", "settlement_revision", "settlement_delta", "after_final", "as_of", "message"}
FIELDS = [
    "declaration_id", "kind", "credits_id", "insurer", "insured", "birth_date", "provider", "referrer",
    "specialism", "diagnosis_system", "diagnosis", "care_type", "care_code", "subtype", "trajectory",
    "laterality", "start_date", "end_date", "quantity", "amount", "submitted_at", "serial"]
SHORT = {"id": "declaration_id", "start": "start_date", "end": "end_date", "sent": "submitted_at"}
UNSAID = {
    "kind": "DEBIT", "quantity": 1, "laterality": "NONE", "diagnosis_system": "NONE", "credits_id": None,
    "referrer": None, "specialism": None, "diagnosis": None, "subtype": None, "trajectory": None,
    "serial": None}
ACCOUNTS = ("payable", "covered", "withheld", "refused", "reversed")


# --- YAML 1.2, and back -------------------------------------------------------------------------------------

def value_of(node):
    """A node as plain values; dates stay text (YAML 1.1, which PyYAML speaks, knows too many other types)."""
    if isinstance(node, yaml.MappingNode):
        found = {}
        for key, value in node.value:
            name = value_of(key)
            if name in found:
                raise ValueError(f"line {key.start_mark.line + 1}: {name!r} is given twice")
            found[name] = value_of(value)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [value_of(item) for item in node.value]
    text = node.value
    if node.style is not None:
        return text
    if text in ("null", "~", ""):
        return None
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"[-+]?[0-9]+", text):
        return int(text)
    return text


def key_of(value):
    return str(value)


def text_of(node, depth=0):
    """A node as YAML text again, plain scalars plain and quoted ones quoted, one key a line to depth 3."""
    if isinstance(node, yaml.ScalarNode):
        plain = node.style is None and re.fullmatch(r"[A-Za-z0-9_.+/-]+( [A-Za-z0-9_.+/-]+)*", node.value)
        return node.value if plain else json.dumps(node.value, ensure_ascii=False)
    if isinstance(node, yaml.SequenceNode):
        if not node.value or depth > 5:
            return "[" + ", ".join(text_of(item, 9) for item in node.value) + "]"
        return "".join("\n" + "  " * depth + "- " + text_of(item, 9) for item in node.value)
    pairs = [(text_of(key, 9), value) for key, value in node.value]
    if not pairs or depth > 5:
        return "{" + ", ".join(f"{key}: {text_of(value, 9)}" for key, value in pairs) + "}"
    return "".join("\n" + "  " * depth + f"{key}: {text_of(value, depth + 1)}" for key, value in pairs)


class File:
    """One file of scenarios: its books and references as text, the rest as values."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as stream:
            root = yaml.compose(stream, Loader=yaml.SafeLoader)
        parts = {value_of(key): value for key, value in root.value}
        unknown = set(parts) - {"books", "references", "cares", "defaults", "scenarios"}
        if unknown:
            raise ValueError(f"{path}: unknown keys {sorted(unknown)}")
        self.path = path
        self.books = self._texts(parts.get("books"))
        self.references = self._texts(parts.get("references"))
        self.cares = value_of(parts["cares"]) if "cares" in parts else {}
        self.defaults = value_of(parts["defaults"]) if "defaults" in parts else {}
        self.scenarios = value_of(parts["scenarios"])

    @staticmethod
    def _texts(node):
        return {} if node is None else {
            value_of(key): text_of(value).lstrip("\n") + "\n" for key, value in node.value}


# --- declarations -------------------------------------------------------------------------------------------

def expanded(layer):
    """The short forms of one layer (a declaration, a care, defaults) as fields of section 1."""
    fields = {}
    for name, value in layer.items():
        if name in ("care", "credit_of", "copy_of", "kafka_key", "label"):
            continue
        name = SHORT.get(name, name)
        if name not in FIELDS:
            raise ValueError(f"unknown field {name!r}")
        fields[name] = value
    if "diagnosis" in fields and "diagnosis_system" not in fields:
        if fields["diagnosis"] is None:
            fields["diagnosis_system"] = "NONE"
        else:
            fields["diagnosis_system"], fields["diagnosis"] = fields["diagnosis"].split(":", 1)
    if isinstance(fields.get("submitted_at"), str) and re.fullmatch(r"\d{4}-\d\d-\d\d",
                                                                    fields["submitted_at"]):
        fields["submitted_at"] += "T09:00:00.000Z"
    return fields


def day_after(date):
    return (datetime.date.fromisoformat(date) + datetime.timedelta(days=1)).isoformat()


class Record:
    """One declaration as it is sent: its fields, the line, and the name by which `dead_letters` calls it."""

    def __init__(self, fields, given):
        self.fields = fields
        self.name = key_of(given.get("label", fields.get("declaration_id")))
        self.kafka_key = given.get("kafka_key")
        self.line = json.dumps({name: fields[name] for name in FIELDS if name in fields}, ensure_ascii=False,
                               separators=(",", ":"))

    def person_and_id(self):
        return self.fields.get("insured"), self.fields.get("declaration_id")


def records_of(file, scenario):
    """The declarations in the order of the log, with every short form written out."""
    base = dict(UNSAID)
    base.update(expanded(file.defaults))
    own = scenario.get("defaults", {})
    if "care" in own:
        base.update(expanded(file.cares[own["care"]]))
    base.update(expanded(own))
    given = scenario["declarations"]
    first = {}
    for place, declaration in enumerate(given):
        name = declaration.get("id", declaration.get("copy_of"))
        first.setdefault(key_of(name), place)
    done = {}

    def fields_at(place):
        if place in done:
            return done[place]
        declaration = given[place]
        beside = expanded(declaration)
        source = declaration.get("credit_of", declaration.get("copy_of"))
        if source is not None:
            fields = dict(fields_at(first[key_of(source)]))
        else:
            fields = dict(base)
        if "care" in declaration:
            fields.update(expanded(file.cares[declaration["care"]]))
        fields.update(beside)
        if "credit_of" in declaration:
            fields.update(kind=beside.get("kind", "CREDIT"), credits_id=beside.get("credits_id", source))
            if "submitted_at" not in beside:
                del fields["submitted_at"]
        if "end_date" not in fields and "start_date" in fields:
            fields["end_date"] = fields["start_date"]
        if "submitted_at" not in fields:
            fields["submitted_at"] = day_after(fields["end_date"]) + "T09:00:00.000Z"
        done[place] = fields
        return fields

    return [Record(fields_at(place), declaration) for place, declaration in enumerate(given)]


def order_kept(records, order):
    """The places in `order`, with records of one person and id put back in the order of the log."""
    waiting = {}
    for place in sorted(order):
        waiting.setdefault(records[place].person_and_id(), []).append(place)
    return [waiting[records[place].person_and_id()].pop(0) for place in order]


def orders_of(records, shuffles, seed):
    places = list(range(len(records)))
    yield "given", places
    yield "reversed", order_kept(records, places[::-1])
    for number in range(shuffles):
        shuffled = places[:]
        random.Random(f"{seed}/{number}").shuffle(shuffled)
        yield f"shuffle {number}", order_kept(records, shuffled)


# --- one replay ---------------------------------------------------------------------------------------------

class Broken(Exception):
    """The program did not do what section 12 says, whatever the scenario expects."""


class Outcome:
    """What one replay wrote: every record in order, and the last value of every key."""

    def __init__(self, folder, records, lines_path):
        self.decisions = self._read(folder, "decisions")
        self.episodes = self._read(folder, "episodes")
        self.alerts = self._read(folder, "alerts")
        self.last_decisions = {record["key"]: record for record in self.decisions}
        self.last_episodes = {r["key"]: r for r in self.episodes}
        self.last_episodes = {key: r for key, r in self.last_episodes.items() if r["state"] != "VOID"}
        self.last_alerts = {r["key"]: r for r in self.alerts}
        self.last_alerts = {key: r for key, r in self.last_alerts.items() if r["action"] != "CLEARED"}
        self.dead_letters = []
        for letter in self._read(folder, "dead-letters"):
            record = records[letter["offset"]]
            value = None if letter["value"] is None else base64.b64decode(letter["value"], validate=True)
            if value is not None and value != record.line.encode():
                raise Broken(f"the dead letter of {record.name} does not hold its original bytes")
            if value is None and letter["reason"] != "raw_bsn":
                raise Broken(f"the dead letter of {record.name} ({letter['reason']}) has lost its bytes")
            if letter["key"] is not None or letter["partition"] != 0 or letter["source"] != lines_path:
                raise Broken(f"the dead letter of {record.name} names another place: {letter}")
            self.dead_letters.append((record.name, letter["reason"]))

    @staticmethod
    def _read(folder, topic):
        with open(os.path.join(folder, topic + ".jsonl"), encoding="utf-8") as stream:
            return [json.loads(line) for line in stream]

    def state(self):
        """What must be the same in every order (README 2 and 4)."""
        def bare(records):
            return {key: {name: value for name, value in record.items() if name not in PATH_FIELDS}
                    for key, record in records.items()}

        alerts = {key: {name: value for name, value in record.items() if name != "observed"}
                  for key, record in self.last_alerts.items()
                  if record["type"] != "settlement_changed"}
        return {
            "decisions": bare(self.last_decisions), "episodes": bare(self.last_episodes),
            "alerts": bare(alerts),
            "dead_letters": sorted(self.dead_letters)}


def replay(program, folder, book, reference, records, as_of=None):
    os.makedirs(folder)
    lines_path = os.path.join(folder, "in.jsonl")
    with open(lines_path, "w", encoding="utf-8", newline="") as stream:
        stream.write("".join(record.line + "\n" for record in records))
    command = [
        program, "replay", "--book", book, "--partitions", "1", "--threads", "1", "--out",
        os.path.join(folder, "out")]
    if reference:
        command += ["--reference", reference]
    if as_of:
        command += ["--as-of", as_of]
    done = subprocess.run(command + [lines_path], stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                          check=False)
    said = done.stderr.decode(errors="replace")
    if done.returncode != 0:
        raise Broken(f"exit code {done.returncode} of {' '.join(command)}: {said.strip()[:2000]}")
    return Outcome(os.path.join(folder, "out"), records, lines_path)


# --- checks -------------------------------------------------------------------------------------------------

def check_conservation(outcome):
    """README 5: the accounts of each decision add up to its amount, and axiom 3 holds."""
    wrong = []
    for decision in outcome.decisions:
        accounts = sum(decision[name] for name in ACCOUNTS)
        if accounts != decision["amount"]:
            wrong.append(
                f"decision {decision['key']}: accounts add up to {accounts}, not {decision['amount']}")
        inside = sum(share["cents"] for share in decision["shares"])
        if decision["status"] in ("BUNDLED", "SPLIT") and inside + decision["outside"] != decision["amount"]:
            wrong.append(
                f"decision {decision['key']}: shares and outside add up to {inside + decision['outside']}, "
                f"not {decision['amount']}")
        if any(decision[name] < 0 for name in ACCOUNTS):
            wrong.append(f"decision {decision['key']}: an account is below zero")
    standing = cost = outside = 0
    shares, lines = {}, {}
    for decision in outcome.last_decisions.values():
        if decision["status"] not in ("FEE_FOR_SERVICE", "BUNDLED", "SPLIT"):
            continue
        standing += decision["amount"]
        outside += decision["amount"] if decision["status"] == "FEE_FOR_SERVICE" else decision["outside"]
        for share in decision["shares"]:
            key = f"{decision['insured']}/{decision['insurer']}/{share['episode']}"
            shares[key] = shares.get(key, 0) + share["cents"]
            lines[key] = lines.get(key, 0) + 1
    for key, episode in outcome.last_episodes.items():
        cost += episode["cost"]
        if episode["cost"] != shares.get(key, 0) or episode["lines"] != lines.get(key, 0):
            wrong.append(
                f"episode {key}: cost {episode['cost']} of {episode['lines']} lines, but the shares are "
                f"{shares.get(key, 0)} of {lines.get(key, 0)}")
    for key in shares.keys() - outcome.last_episodes.keys():
        wrong.append(f"episode {key} has shares and does not exist")
    if standing != cost + outside:
        wrong.append(f"standing lines {standing} are not cost {cost} + outside {outside}")
    return wrong


def found_under(expected, actual):
    """The actual keys that an expected key can mean: the key itself, or without insured and insurer."""
    if expected in actual:
        return [expected]
    return [key for key in actual if key.split("/", 2)[-1] == expected]


def check_fields(what, expected, actual):
    wrong = []
    for name, value in expected.items():
        if name not in actual:
            wrong.append(f"{what}: there is no field {name}")
            continue
        seen = actual[name]
        if name == "shares":
            value = [dict((key_of(k), v) for k, v in share.items()) for share in value]
            seen = [{share["episode"]: share["cents"]} for share in seen]
        elif name == "measures":
            seen = {measure["name"]: measure["value"] for measure in seen}
        if type(value) is not type(seen) or value != seen:
            wrong.append(f"{what}: {name} is {json.dumps(seen)}, expected {json.dumps(value)}")
    return wrong


def check_decisions(expected, outcome):
    wrong = []
    by_name = {}
    for key, decision in outcome.last_decisions.items():
        by_name.setdefault(key, []).append(decision)
        by_name.setdefault(key.split("/", 1)[1], []).append(decision)
    for key, fields in expected.items():
        decisions = by_name.get(key_of(key), [])
        if len(decisions) != 1:
            wrong.append(f"decision {key}: {len(decisions)} found")
            continue
        wrong += check_fields(f"decision {key}", fields if isinstance(fields, dict) else {"status": fields},
                              decisions[0])
    return wrong


def check_complete(what, expected, actual):
    """`expected` is a list of (key, fields); nothing else may exist in `actual`."""
    wrong, met = [], set()
    for key, fields in expected:
        keys = found_under(key_of(key), actual)
        if len(keys) != 1:
            wrong.append(f"{what} {key}: {'does not exist' if not keys else 'means several'}")
            continue
        met.add(keys[0])
        wrong += check_fields(f"{what} {key}", fields or {}, actual[keys[0]])
    wrong += [f"{what} {key}: not expected" for key in actual if key not in met]
    return wrong


def check_alerts(expected, only, outcome, in_given_order):
    """What is of the path is compared in the given order only."""
    actual = {key: alert for key, alert in outcome.last_alerts.items()
              if (alert["type"] in only if only is not None else True)}
    entries = [next(iter(entry.items())) if isinstance(entry, dict) else (entry, {}) for entry in expected]
    if not any("settlement_changed" in key_of(key) for key, _ in entries):
        actual = {key: alert for key, alert in actual.items() if alert["type"] != "settlement_changed"}
    path = set() if in_given_order else PATH_FIELDS | {"observed"}
    entries = [(key, {name: value for name, value in fields.items() if name not in path})
               for key, fields in entries]
    return check_complete("alert", entries, actual)


def check_dead_letters(expected, outcome, left_out):
    wrong, rest = [], list(outcome.dead_letters)
    for name, reasons in expected.items():
        name = key_of(name)
        if name in left_out:
            continue
        reasons = reasons if isinstance(reasons, list) else [reasons]
        hit = next((letter for letter in rest if letter[0] == name and letter[1] in reasons), None)
        if hit is None:
            wrong.append(f"dead letter {name}: expected {' or '.join(reasons)}, found "
                         f"{[reason for found, reason in outcome.dead_letters if found == name] or 'none'}")
        else:
            rest.remove(hit)
    return wrong + [f"dead letter {name}: {reason}, not expected" for name, reason in rest]


def check_expected(expect, scenario, outcome, left_out, in_given_order):
    wrong = check_conservation(outcome)
    unknown = set(expect) - {"decisions", "episodes", "alerts", "dead_letters"}
    wrong += [f"expect has the unknown part {name}" for name in sorted(unknown)]
    if "decisions" in expect:
        wrong += check_decisions(expect["decisions"], outcome)
    if "episodes" in expect:
        wrong += check_complete("episode", expect["episodes"].items(), outcome.last_episodes)
    if "alerts" in expect:
        wrong += check_alerts(expect["alerts"], scenario.get("only_alerts_of"), outcome, in_given_order)
    return wrong + check_dead_letters(expect.get("dead_letters", {}), outcome, left_out)


def difference(first, other):
    """What two states do not share, in few words."""
    lines = []
    for part in ("decisions", "episodes", "alerts"):
        for key in sorted(first[part].keys() | other[part].keys()):
            a, b = first[part].get(key), other[part].get(key)
            if a != b:
                names = sorted(n for n in (a or b) if (a or {}).get(n) != (b or {}).get(n))
                lines.append(f"{part[:-1]} {key}: " + ", ".join(
                    f"{n} {json.dumps((a or {}).get(n))} here, {json.dumps((b or {}).get(n))} there"
                    for n in names))
    if first["dead_letters"] != other["dead_letters"]:
        lines.append(f"dead_letters: {first['dead_letters']} here, {other['dead_letters']} there")
    return lines


# --- one scenario -------------------------------------------------------------------------------------------

def run_scenario(program, file, scenario, shuffles, seed, folder):
    """The list of what is wrong."""
    os.makedirs(folder)
    book_name = scenario.get("book") or (list(file.books)[0] if len(file.books) == 1 else None)
    if book_name is None:
        raise ValueError(f"{scenario['name']} names no book")
    book = os.path.join(folder, "book.yaml")
    with open(book, "w", encoding="utf-8") as stream:
        stream.write(file.books[book_name])
    reference = None
    if scenario.get("reference"):
        reference = os.path.join(folder, "reference.yaml")
        with open(reference, "w", encoding="utf-8") as stream:
            stream.write(file.references[scenario["reference"]])

    given = records_of(file, scenario)
    left_out = {record.name for record in given if record.kafka_key is not None}
    in_files = [record for record in given if record.kafka_key is None]
    wrong = []
    first = None
    for number, (name, order) in enumerate(orders_of(in_files, shuffles, seed)):
        records = [in_files[place] for place in order]
        try:
            outcome = replay(program, os.path.join(folder, f"order-{number}"), book, reference, records,
                             scenario.get("as_of"))
            found = check_expected(scenario["expect"], scenario, outcome, left_out, number == 0)
            if first is None:
                first = outcome.state()
            elif not found:
                found += [
                    "the state is not that of the given order: " + line
                    for line in difference(outcome.state(), first)]
        except Broken as broken:
            found = [str(broken)]
        if found:
            wrong += [f"{name} order: {line}" for line in found]
            break  # the other orders would say the same again
    for step in scenario.get("meanwhile", []):
        records = [record for record in given[:step["after"]] if record.kafka_key is None]
        try:
            outcome = replay(program, os.path.join(folder, f"after-{step['after']}"), book, reference,
                             records)
            found = check_expected(step["expect"], scenario, outcome, left_out, True)
        except Broken as broken:
            found = [str(broken)]
        wrong += [f"after {step['after']}: {line}" for line in found]
    return wrong


def run_files(program, paths, shuffles, seed, only, folder, jobs):
    counts = {"passed": 0, "failed": 0}
    work = []
    for path in paths:
        file = File(path)
        for scenario in file.scenarios:
            if only is None or only in scenario["name"]:
                work.append((file, scenario))
    names = [scenario["name"] for _, scenario in work]
    if len(set(names)) != len(names) or not names:
        raise ValueError("no scenarios, or two of one name")
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = [
            pool.submit(run_scenario, program, file, scenario, shuffles, seed,
                        os.path.join(folder, scenario["name"])) for file, scenario in work]
        for (file, scenario), future in zip(work, futures):
            lines = future.result()
            counts["failed" if lines else "passed"] += 1
            if lines:
                print(f"failed: {os.path.basename(file.path)}: {scenario['name']}")
                for line in lines[:20]:
                    print(f"    {line}")
                print("    story: " + scenario["story"])
    print(f"scenarios: {counts['passed']} passed, {counts['failed']} failed ({2 + shuffles} orders each)")
    return counts


# --- that the checks can fail -------------------------------------------------------------------------------

def spoiled(scenario):
    """Copies of a scenario, each wrong in one way that the runner must see."""
    def copy_with(what, change):
        other = copy.deepcopy(scenario)
        change(other)
        return what, other

    def first_decision(other, fields):
        name = next(iter(other["expect"]["decisions"]))
        other["expect"]["decisions"][name] = fields

    def last_step(other):
        other["meanwhile"] = [{"after": 1, "expect": {"episodes": {"nobody/-/2026-01-01": {}}}}]
    yield copy_with("a status", lambda o: first_decision(o, "CREDIT_EXCESS"))
    yield copy_with("an amount", lambda o: first_decision(o, {"payable": -1}))
    yield copy_with("a share", lambda o: first_decision(o, {"shares": [{"x/-/2026-01-01": 1}]}))
    yield copy_with("a decision that does not exist",
                    lambda o: o["expect"]["decisions"].update(nobody="BUNDLED"))
    yield copy_with("an episode too many", lambda o: o["expect"]["episodes"].update({"x/-/2026-01-01": {}}))
    yield copy_with("an episode that was not expected", lambda o: o["expect"].update(episodes={}))
    yield copy_with("an alert that does not come", lambda o: o["expect"].update(alerts=["waiting/nobody"]))
    yield copy_with("a dead letter that does not come",
                    lambda o: o["expect"].update(dead_letters={"x": "bad_amount"}))
    yield copy_with("a dead letter that was not expected",
                    lambda o: o["declarations"].append(dict(o["declarations"][0], id="q", amount=-1)))
    yield copy_with("a step on the way", last_step)


def self_test(program, folder):
    file = File(os.path.join(HERE, "opening.yaml"))
    for scenario in file.scenarios:
        if "decisions" not in scenario["expect"] or not scenario["expect"].get("episodes"):
            continue
        if run_scenario(program, file, scenario, 2, 1, os.path.join(folder, "sound-" + scenario["name"])):
            continue
        missed = []
        for number, (what, other) in enumerate(spoiled(scenario)):
            if not run_scenario(program, file, other, 0, 1, os.path.join(folder, f"spoiled-{number}")):
                missed.append(what)
        outcome = Outcome.__new__(Outcome)
        outcome.decisions = [{
            "key": "p/d", "amount": 3, "payable": 2, "covered": 0, "withheld": 0, "refused": 0, "reversed": 0,
            "shares": [], "outside": 0, "status": "FEE_FOR_SERVICE", "insured": "p", "insurer": 1}]
        outcome.last_decisions, outcome.last_episodes = {"p/d": outcome.decisions[0]}, {
            "p/1/x": {"cost": 1, "lines": 0}}
        if len(check_conservation(outcome)) != 3:
            missed.append("a cent that is lost")
        print(f"self-test on {scenario['name']}: " +
              (f"NOT seen: {', '.join(missed)}" if missed else "every planted mistake was seen"))
        return not missed
    print("self-test: no scenario of opening.yaml passes, so nothing can be planted")
    return False


def main():
    parser = argparse.ArgumentParser(description="runs the acceptance scenarios")
    parser.add_argument("--program", required=True)
    parser.add_argument("--orders", type=int, default=20,
                        help="shuffles beside the given and the reversed order")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", help="scenarios with this in their name")
    parser.add_argument("--keep", help="keep inputs and outputs in this folder (it must not exist)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    paths = options.files or sorted(glob.glob(os.path.join(HERE, "*.yaml")))
    folder = options.keep or tempfile.mkdtemp(prefix="bundelwacht-scenarios-")
    try:
        if options.self_test:
            return 0 if self_test(options.program, folder) else 1
        counts = run_files(options.program, paths, options.orders, options.seed, options.only, folder,
                           options.jobs)
        return 1 if counts["failed"] else 0
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, KeyError, yaml.YAMLError) as error:
        print(f"run.py: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(2)
