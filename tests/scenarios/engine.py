#!/usr/bin/python3
"""Runs the acceptance scenarios directly on the engine: each becomes an example inside its own book, and
`bundelwacht test` runs it there in the given order, reversed and in 20 shuffles, without a file, a codec or a
fold between.

    engine.py --program build/release/bundelwacht [--only NAME] FILE.yaml...

The examples machinery reads the declarations, compares the states and asks that every order ends the same; it
shares no code with run.py. A step on the way (`meanwhile`) is an example of its own. What must be a dead
letter never reaches an engine and is left out here. Exit code: 0 all passed, 1 a scenario failed, 2 the
runner itself could not work. `engine.py --self-test --program ...` proves that each kind of check can fail.
"""
import argparse
import copy
import json
import os
import re
import subprocess
import sys
import tempfile

import yaml

from run import HERE, File, key_of, records_of, value_of

ORDERS = 22  # given, reversed, 20 shuffles: EXAMPLE_SHUFFLES
OF_THE_PATH = ("settlement_revision", "settlement_delta", "after_final", "revision", "cause")
PARTS = ("decisions", "episodes", "alerts")


def books_of(path):
    """The books of a file as plain values. JSON is YAML, and quotes every text."""
    with open(path, encoding="utf-8") as stream:
        root = yaml.compose(stream, Loader=yaml.SafeLoader)
    return next(value_of(node) for key, node in root.value if key.value == "books")


def declarations_of(file, scenario, count, letters):
    """The first `count` records as declarations of an example, whole, less dead letters and those whose place
    is under another key."""
    records = records_of(file, scenario)[:count]
    return [record.fields for record in records if record.kafka_key is None and record.name not in letters]


def example_of(file, scenario, name, count, expect, letters):
    example = {"name": name, "declarations": declarations_of(file, scenario, count, letters)}
    example["expect"] = {part: expect[part] for part in PARTS if part in expect}
    if "only_alerts_of" in scenario:
        example["only_alerts_of"] = scenario["only_alerts_of"]
    leave_out_the_path(example)
    return example


def leave_out_the_path(example):
    """In other orders other settlements are changed (§0); the given order is for run.py."""
    path = "settlement_changed"
    for key, fields in example["expect"].get("episodes", {}).items():
        example["expect"]["episodes"][key] = {
            name: value for name, value in fields.items() if name not in OF_THE_PATH}
    if "alerts" not in example["expect"]:
        return
    alerts = [alert for alert in example["expect"]["alerts"]
              if path not in key_of(next(iter(alert)) if isinstance(alert, dict) else alert)]
    types = [kind for kind in example.get("only_alerts_of", []) if kind != path]
    example["expect"]["alerts"] = alerts
    if "only_alerts_of" in example and not types:
        del example["expect"]["alerts"], example["only_alerts_of"]
    elif types:
        example["only_alerts_of"] = types


def examples_of(file, scenario):
    """The scenario, and each step on the way; what expects nothing but dead letters has nothing to ask an
    engine."""
    letters = {key_of(name) for name in scenario["expect"].get("dead_letters", {})}
    for step in scenario.get("meanwhile", []):
        letters |= {key_of(name) for name in step["expect"].get("dead_letters", {})}
    examples = [example_of(file, scenario, "at the end", None, scenario["expect"], letters)]
    if "as_of" in scenario:
        examples[0]["as_of"] = scenario["as_of"]
    for step in scenario.get("meanwhile", []):
        examples.append(
            example_of(file, scenario, f"after {step['after']}", step["after"], step["expect"], letters))
    return [example for example in examples if example["expect"] and example["declarations"]]


def run_scenario(program, path, file, scenario, folder):
    """The number of examples that ran, and what the program said when it was not content."""
    books = books_of(path)
    name = scenario.get("book") or (list(books)[0] if len(books) == 1 else None)
    book = copy.deepcopy(books[name])
    examples = examples_of(file, scenario)
    if not examples:
        return 0, None
    book["bundles"][0]["examples"] = examples
    command = [program, "test", os.path.join(folder, "book.yaml")]
    with open(command[-1], "w", encoding="utf-8") as stream:
        json.dump(book, stream, indent=1, ensure_ascii=False)
    if scenario.get("reference"):
        command += ["--reference", os.path.join(folder, "reference.yaml")]
        with open(command[-1], "w", encoding="utf-8") as stream:
            stream.write(file.references[scenario["reference"]])
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
                          check=False)
    said = done.stdout + done.stderr
    content = re.search(
        rf": {len(examples)} examples of \d+ declarations, each in {ORDERS} orders: all as expected\n$", said)
    return len(examples), None if done.returncode == 0 and content else said


def run_files(program, paths, only, folder):
    scenarios = ran = failed = nothing = 0
    for path in paths:
        file = File(path)
        for scenario in file.scenarios:
            if only is not None and only not in scenario["name"]:
                continue
            examples, said = run_scenario(program, path, file, scenario, folder)
            scenarios, ran, nothing, failed = scenarios + 1, ran + examples, nothing + (
                examples == 0), failed + (said is not None)
            if said is not None:
                print(
                    f"failed: {os.path.basename(path)}: {scenario['name']}\n{said[:3000]}    story:"
                    f" {scenario['story']}"
                )
    print(
        f"scenarios on the engine: {scenarios - nothing - failed} passed, {failed} failed, {nothing} are"
        f" about dead letters only; {ran} examples in {ORDERS} orders each"
    )
    return 1 if failed or scenarios == nothing else 0


# --- that the checks can fail -------------------------------------------------------------------------------

def spoiled(scenario):
    """Copies of a scenario, each wrong in one way that must be seen."""
    def copy_with(what, change):
        other = copy.deepcopy(scenario)
        change(other)
        return what, other

    def first_decision(other, fields):
        other["expect"]["decisions"][next(iter(other["expect"]["decisions"]))] = fields

    yield copy_with("a status", lambda o: first_decision(o, "CREDIT_EXCESS"))
    yield copy_with("an amount", lambda o: first_decision(o, {"payable": -1}))
    yield copy_with("a share", lambda o: first_decision(o, {"shares": [{"x/-/2026-01-01": 1}]}))
    yield copy_with("a decision that does not exist",
                    lambda o: o["expect"]["decisions"].update(nobody="BUNDLED"))
    yield copy_with("an episode too many", lambda o: o["expect"]["episodes"].update({"x/-/2026-01-01": {}}))
    yield copy_with("an episode that was not expected", lambda o: o["expect"].update(episodes={}))
    yield copy_with("an alert that does not come", lambda o: o["expect"].update(alerts=["waiting/nobody"]))
    yield copy_with("a dead letter among the declarations",
                    lambda o: o["declarations"].append(dict(o["declarations"][0], id="q", amount=-1)))
    yield copy_with(
        "a step on the way",
        lambda o: o.update(meanwhile=[{"after": 1, "expect": {"episodes": {"nobody/-/2026-01-01": {}}}}]))


def self_test(program, folder):
    path = os.path.join(HERE, "opening.yaml")
    file = File(path)
    scenario = next(s for s in file.scenarios if "decisions" in s["expect"] and s["expect"].get("episodes"))
    missed = [] if run_scenario(program, path, file, scenario, folder)[1] is None else [
        "(the sound one fails)"]
    missed += [
        what for what, other in spoiled(scenario)
        if run_scenario(program, path, file, other, folder)[1] is None]
    print(f"self-test on {scenario['name']}: " +
          (f"NOT seen: {', '.join(missed)}" if missed else "every planted mistake was seen"))
    return 1 if missed else 0


def main():
    parser = argparse.ArgumentParser(description="runs the acceptance scenarios directly on the engine")
    parser.add_argument("--program", required=True)
    parser.add_argument("--only", help="scenarios with this in their name")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    paths = options.files or sorted(
        os.path.join(HERE, name) for name in os.listdir(HERE) if name.endswith(".yaml"))
    with tempfile.TemporaryDirectory(prefix="bundelwacht-engine-") as folder:
        return self_test(program, folder) if options.self_test else run_files(
            program, paths, options.only, folder)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, KeyError, yaml.YAMLError) as error:
        print(f"engine.py: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(2)
