#!/usr/bin/python3
"""Mutation tests of the rules: small seeded changes to processor/engine, and which tests notice each.

    mutate.py                                    600 changes; table in build/mutation/table.tsv, summary on
    standard output mutate.py --count 200 --seed 2 --jobs 1      other changes, one at a time mutate.py --file
    allocation.c --count 100    of one file only mutate.py --layers model,unit                a first look;
    the rest of the layers is for what survives, with --again mutate.py --again TABLE
    what survived in that table once more; a new table of all mutate.py --report TABLE                     the
    summary of a table, nothing is run mutate.py --quick --build build/release      a self-test of seconds
    mutate.py --self-test                        changes that must be caught, one by each layer alone, and one
    that cannot be

Each change is compiled (one file, -O1), linked before the unchanged engine and run through the layers of
tests below, until one notices. A crash, an exit code or a time-out counts as noticed; a change that makes the
same object code, or none, is not counted. README.md here says what came out, and explained.yaml why each
survivor lives."""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import random
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

import yaml

import mutants

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MODEL = os.path.join(ROOT, "tests", "model")
ENGINE = os.path.join(ROOT, "processor", "engine")
# Rules only. Left out: words for people (alert_message, explain*, text), rows of names (outputs), and headers
# without a rule.
RULES = """accept alert allocation append calendar change clause contract credit criterion decision
    declaration dead_letter
    duplicate engine episode forget identity lane line person persons recompute reference sending settlement
    share side
    window""".split()
HEADERS = ["money.h"]
TOPICS = ("decisions", "episodes", "alerts", "dead-letters")
LAYERS = ("model", "unit", "model_rest", "histories", "scenarios", "end_to_end") # fast ones first
MODEL_FIRST = 150
COLUMNS = ("file", "line", "kind", "before", "after", "verdict", "by", "seconds")


def rule_files():
    return [name + ".c" for name in RULES] + HEADERS


def shell(command, directory=ROOT, **more):
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, errors="replace",
                          check=False, **more)


# --- the build ----------------------------------------------------------------------------------------------

class Build:
    """The unchanged program and tests, and the commands that made them."""

    def __init__(self, directory):
        self.directory = directory
        self.programs = {
            "bundelwacht": "bundelwacht", "test_engine": "tests/test_engine",
            "test_pipeline": "tests/test_pipeline"}
        self.compile, self.link = {}, {}

    def make(self):
        for command in ([
                "cmake", "-S", ROOT, "-B", self.directory, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=None",
                "-DCMAKE_C_FLAGS=-O1"], ["ninja", "-C", self.directory, "-j", "2", *self.programs]):
            done = shell(command)
            if done.returncode:
                sys.exit(f"mutate.py: {shlex.join(command)}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")

    def read(self):
        with open(os.path.join(self.directory, "compile_commands.json"), encoding="utf-8") as stream:
            for entry in json.load(stream):
                folder, name = os.path.split(entry["file"])
                if folder == ENGINE:
                    words = shlex.split(entry["command"])
                    self.compile[name] = [
                        w for w in words[:words.index("-o")] if not w.startswith("-W") and w not in ("-MD", )]
        for name, target in self.programs.items():
            line = shell(["ninja", "-C", self.directory, "-t", "commands", target]).stdout.splitlines()[-1]
            self.link[name] = shlex.split(line.removeprefix(": && ").removesuffix(" && :"))

    def path(self, name):
        return os.path.join(self.directory, self.programs[name])


# --- the model's outputs, made once -------------------------------------------------------------------------

def fingerprint(build):
    """Of all that the model's outputs depend on."""
    paths = [
        build.path("bundelwacht"),
        *(os.path.join(MODEL, name) for name in sorted(os.listdir(MODEL)) if name.endswith(".py"))]
    whole = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as stream:
            whole.update(hashlib.sha256(stream.read()).digest())
    return whole.hexdigest()


def model_runs(build):
    """Those of the last time, when nothing has changed since."""
    directory, mark = os.path.join(build.directory, "runs"), fingerprint(build)
    done = os.path.join(directory, "runs.json")
    if os.path.exists(done):
        with open(done, encoding="utf-8") as stream:
            kept = json.load(stream)
        if kept["fingerprint"] == mark:
            return kept["runs"]
    shutil.rmtree(directory, ignore_errors=True)
    runs = make_runs(build, directory)
    with open(done, "w", encoding="utf-8") as stream:
        json.dump({"fingerprint": mark, "runs": runs}, stream)
    return runs


def make_runs(build, directory):
    """What tests/model/CMakeLists.txt compares: each run's command, inputs and outputs, as the model wants
    them."""
    sys.path.insert(0, MODEL)
    import compare
    from histories import history
    from random_books import random_book
    engine = build.path("bundelwacht")
    todo = [(name, raw, reference, range(1, 6)) for name, raw, reference in compare.books()]
    todo += [(f"random:{n}", *random_book(n), range(1, 4)) for n in range(121)]
    runs = []
    for name, raw, reference, seeds in todo:
        if compare.refusal(engine, raw, reference):
            continue
        for seed in seeds:
            lines = history(raw, seed, 4, 12, reference, random.Random(seed).choice([0, 0.05, 0.05, 0.5]))
            place = os.path.join(directory, str(len(runs)))
            os.makedirs(place)
            case = compare.Case(engine, raw, reference, compare.Options(seed, name), place)
            found = case.difference(lines)
            if found:
                sys.exit(
                    f"mutate.py: engine and model differ without any change, {name} seed {seed}: {found}")
            if case.options.stdin:
                with open(os.path.join(place, "stdin"), "wb") as stream:
                    stream.write(case.inputs(lines)[0][1])
            runs.append({"name": f"{name} seed {seed}", "place": place, "command": case.last_command[1:]})
    return runs


def without_messages(data):
    """Wording is free (§11); a line that is no JSON is none of ours."""
    lines = []
    for line in data.split(b"\n"):
        record = json.loads(line) if line else {}
        record.pop("message", None)
        lines.append(record)
    return lines


def same_output(wanted_path, got_path):
    try:
        with open(wanted_path, "rb") as wanted, open(got_path, "rb") as got:
            a, b = wanted.read(), got.read()
        return a == b or without_messages(a) == without_messages(b)
    except (OSError, ValueError):
        return False


# --- the layers: None, or what noticed ----------------------------------------------------------------------

class Bench:
    """A place to build and run one change after another."""

    def __init__(self, build, runs, directory, layers):
        self.build, self.runs, self.directory, self.layers = build, list(runs), directory, layers
        self.out = os.path.join(directory, "out")
        self.unchanged, self.made = {}, {}
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(self.out)
        os.makedirs(os.path.join(directory, "engine"))
        random.Random(0).shuffle(self.runs)

    def run(self, command, seconds, **more):
        """Exit code; -1 for a time-out."""
        try:
            return subprocess.run(command, cwd=self.directory, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=seconds, check=False, **more)
        except subprocess.TimeoutExpired:
            return None

    def object_of(self, name, text, objects):
        """Compiles `text` as the engine's file; None when it does not compile. Places are those of the copy,
        also of the unchanged file."""
        source, target = os.path.join(self.directory, "engine",
                                      name), os.path.join(self.directory, objects + name + ".o")
        with open(source, "w", encoding="utf-8") as stream:
            stream.write(text)
        strict = [
            "-w", "-Werror=incompatible-pointer-types", "-Werror=int-conversion",
            "-Werror=implicit-function-declaration", "-Werror=return-type"]
        compiler, *arguments = self.build.compile[name]
        done = self.run([compiler, "-I", self.directory, *arguments, *strict, "-o", target, "-c", source], 60)
        return target if done and done.returncode == 0 else None

    def text_of(self, name):
        with open(os.path.join(ENGINE, name), encoding="utf-8") as stream:
            return stream.read()

    def bytes_of(self, path):
        with open(path, "rb") as stream:
            return stream.read()

    def compiled(self, change):
        """Objects with the change; a verdict instead when there is nothing to test."""
        if change.path.endswith(".h"):
            return self.compiled_header(change)
        if change.path not in self.unchanged:
            self.unchanged[change.path] = self.bytes_of(
                self.object_of(change.path, self.text_of(change.path), "plain-"))
        made = self.object_of(change.path, change.apply(self.text_of(change.path)), "")
        if not made:
            return "does not compile"
        return [made] if self.bytes_of(made) != self.unchanged[change.path] else "same code"

    def compiled_header(self, change):
        """Every file of the engine, with the header found before the unchanged one."""
        header = os.path.join(self.directory, "engine", change.path)
        objects, differs = [], False
        try:
            for name in sorted(self.build.compile):
                if f"p:{name}" not in self.unchanged:
                    self.unchanged[f"p:{name}"] = self.bytes_of(
                        self.object_of(name, self.text_of(name), "plain-"))
            with open(header, "w", encoding="utf-8") as stream:
                stream.write(change.apply(self.text_of(change.path)))
            for name in sorted(self.build.compile):
                made = self.object_of(name, self.text_of(name), "")
                if not made:
                    return "does not compile"
                objects.append(made)
                differs = differs or self.bytes_of(made) != self.unchanged[f"p:{name}"]
        finally:
            if os.path.exists(header):
                os.remove(header)
        return objects if differs else "same code"

    def linked(self, name, objects):
        """Once for a change; layers that only run the program share it."""
        if name not in self.made:
            self.made[name] = self.link(name, objects)
        return self.made[name]

    def link(self, name, objects):
        words = list(self.build.link[name])
        at = words.index("-o")
        path = os.path.join(self.directory, name)
        words[at + 1:at + 2] = [path, *objects]
        done = subprocess.run(words, cwd=self.build.directory, capture_output=True, check=False)
        return path if done.returncode == 0 else None

    def layer_model(self, objects):
        """The first of the runs, which find nearly all that any of them finds; `model_rest` are the
        others."""
        return self.model(objects, self.runs[:MODEL_FIRST])

    def layer_model_rest(self, objects):
        return self.model(objects, self.runs[MODEL_FIRST:])

    def model(self, objects, runs):
        program = self.linked("bundelwacht", objects)
        for run in runs:
            for topic in TOPICS:
                path = os.path.join(self.out, topic + ".jsonl")
                if os.path.exists(path):
                    os.remove(path)
            wanted = os.path.join(run["place"], "out")
            command = [program] + [self.out if word == wanted else word for word in run["command"]]
            stdin = os.path.join(run["place"], "stdin")
            with open(stdin if os.path.exists(stdin) else os.devnull, "rb") as stream:
                done = self.run(command, 20, stdin=stream)
            if not done or done.returncode:
                return f"{run['name']} ({f'exit {done.returncode}' if done else 'does not end'})"
            for topic in TOPICS:
                if not same_output(os.path.join(wanted, topic + ".jsonl"),
                                   os.path.join(self.out, topic + ".jsonl")):
                    return f"{run['name']}, {topic}"
        return None

    def layer_scenarios(self, objects):
        done = self.run([sys.executable, os.path.join(ROOT, "tests/scenarios/run.py"), "--program",
                         self.linked("bundelwacht", objects), "--orders", "3", "--jobs", "1"], 300)
        return None if done and done.returncode == 0 else self.first_words(done, rb"FAIL\w*:? (.*)")

    def layer_unit(self, objects):
        return self.criterion("test_engine", objects, 300)

    def layer_histories(self, objects):
        """Random histories, cut into batches, and as snapshots that a checkpoint is made of."""
        return self.criterion("test_pipeline", objects, 600)

    def criterion(self, name, objects, seconds):
        program = self.linked(name, objects)
        done = self.run([program, "-j1"], seconds, env={**os.environ, "CHOICE_RUNS": "10000"})
        if done and done.returncode == 0 and b"Tested: 0" in done.stdout:
            sys.exit(f"mutate.py: {name} has run no test")
        return None if done and done.returncode == 0 else self.first_words(
            done, rb"\[FAIL\] (\S+?):? |\[----\] .*?(\w+::\w+)")

    def layer_end_to_end(self, objects):
        program = self.linked("bundelwacht", objects)
        for words in (["book_keys.py"], ["cases.py"], ["book_tools.py"], ["explain.py"]):
            if words[0] == "book_keys.py":
                cases = [[]]
            else:
                text = open(os.path.join(ROOT, "tests/end_to_end", words[0]), encoding="utf-8").read()
                cases = [[name] for name in re.findall(r"^def case_(\w+)", text, re.MULTILINE)]
                cases = cases or [[name] for name in ("scenarios", "sentences", "what_does_not_exist")]
            for case in cases:
                done = self.run([
                    sys.executable,
                    os.path.join(ROOT, "tests/end_to_end", words[0]), "--program", program, *case], 300)
                if not done or done.returncode not in (0, 77):
                    return f"{words[0]} {' '.join(case)}".strip()
        return None

    @staticmethod
    def first_words(done, pattern):
        if not done:
            return "does not end"
        found = re.search(pattern, done.stdout)
        return next(g for g in found.groups()
                    if g).decode(errors="replace")[:100] if found else f"exit {done.returncode}"

    def verdict(self, change):
        objects = self.compiled(change)
        if isinstance(objects, str):
            return objects, ""
        return self.notice(objects)

    def notice(self, objects):
        self.made = {}
        for layer in self.layers:
            found = getattr(self, "layer_" + layer)(objects)
            if found:
                return layer, found.replace("\t", " ").replace("\n", " ")
        return "survived", ""


# --- a run over all of them ---------------------------------------------------------------------------------

bench = None


def worker_begin(build, runs, directory, layers):
    global bench
    os.nice(19)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 28, 1 << 28))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    bench = Bench(build, runs, tempfile.mkdtemp(dir=directory), layers)


def worker_do(change):
    begin = time.monotonic()
    return change, (*bench.verdict(change), f"{time.monotonic() - begin:.1f}")


def worker_layers(_):
    """What each layer alone says of a change that none can overlook."""
    objects, bench.made = bench.compiled(planted(*KNOWN[0])), {}
    return {layer: getattr(bench, "layer_" + layer)(objects) for layer in LAYERS}


def worker_unchanged(_):
    plain = [bench.object_of("share.c", bench.text_of("share.c"), "plain-")]
    return bench.notice(plain)


def chosen(options):
    """The queue of each file, and how many of it are wanted."""
    queues, sizes = {}, {}
    for name in [options.file] if options.file else rule_files():
        with open(os.path.join(ENGINE, name), encoding="utf-8") as stream:
            text = stream.read()
        queues[name] = mutants.ordered(mutants.candidates(name, text), options.seed, name)
        sizes[name] = mutants.code_lines(text)
    return queues, mutants.quotas(sizes, options.count)


def row_of(change, verdict, by, seconds):
    return dict(
        zip(COLUMNS,
            (change.path, str(change.line), change.kind, change.before, change.after, verdict, by, seconds)))


def run_all(pool, queues, wanted, jobs, table):
    """Takes from each queue until as many as wanted were counted; what does not compile or changes no code is
    not counted."""
    rows, counted, under_way = [], collections.Counter(), collections.Counter()
    running = set()
    begin = time.monotonic()

    def next_change():
        """Of the file that is furthest behind, so that a run cut short is still spread by size."""
        open_files = [
            name for name, queue in queues.items()
            if queue and counted[name] + under_way[name] < wanted[name]]
        return queues[min(open_files, key=lambda name:
                          (counted[name] + under_way[name]) / wanted[name])].pop(0) if open_files else None

    while True:
        while len(running) < jobs + 1:
            change = next_change()
            if not change:
                break
            under_way[change.path] += 1
            running.add(pool.submit(worker_do, change))
        if not running:
            return rows
        done, running = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
        for future in done:
            change, (verdict, by, seconds) = future.result()
            under_way[change.path] -= 1
            counted[change.path] += verdict not in ("does not compile", "same code")
            row = row_of(change, verdict, by, seconds)
            rows.append(row)
            print("\t".join(row.values()), file=table, flush=True)
            if verdict == "survived":
                print(
                    f"[{time.monotonic() - begin:.0f} s, {sum(counted.values())}] survived"
                    f" {change.path}:{change.line} {change.kind}\n    {change.before}\n    {change.after}",
                    flush=True,
                )


def read_table(path):
    with open(path, encoding="utf-8") as stream:
        return [
            dict(zip(COLUMNS,
                     line.rstrip("\n").split("\t"))) for line in stream if not line.startswith("file\t")]


def explanations():
    path = os.path.join(HERE, "explained.yaml")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as stream:
        return {(e["file"], e["before"], e["after"]): e for e in yaml.safe_load(stream) or []}


def report(rows):
    """The summary; False when fewer than 95 % were caught or a survivor has no explanation."""
    counted = [r for r in rows if r["verdict"] not in ("does not compile", "same code")]
    layers = collections.Counter(r["verdict"] for r in counted)
    survivors = [r for r in counted if r["verdict"] == "survived"]
    why = explanations()
    caught = len(counted) - len(survivors)
    same, bad = (sum(r["verdict"] == verdict for r in rows) for verdict in ("same code", "does not compile"))
    print(f"{len(counted)} changes, {caught} caught ({100 * caught / max(1, len(counted)):.1f} %); "
          f"not counted: {same} with the same code, {bad} that do not compile")
    print("by layer: " + ", ".join(f"{name} {layers[name]}" for name in LAYERS))
    print("\n| file | changes | caught | survived |\n|---|---|---|---|")
    for name in rule_files():
        of = [r for r in counted if r["file"] == name]
        lost = sum(r["verdict"] == "survived" for r in of)
        if of:
            print(f"| {name} | {len(of)} | {len(of) - lost} | {lost} |")
    print("\n| kind | changes | survived |\n|---|---|---|")
    for kind in sorted({r["kind"] for r in counted}):
        of = [r for r in counted if r["kind"] == kind]
        print(f"| {kind} | {len(of)} | {sum(r['verdict'] == 'survived' for r in of)} |")
    missing = 0
    for r in survivors:
        entry = why.get((r["file"], r["before"], r["after"]))
        missing += entry is None
        print(f"\n{r['file']}:{r['line']} {r['kind']}\n    {r['before']}\n    {r['after']}")
        print(f"    {entry['why'] if entry else 'NOT EXPLAINED'}")
    print(f"\n{len(survivors)} survivors, {missing} without an explanation")
    return bool(counted) and caught * 100 >= len(counted) * 95 and not missing


def again(path):
    """What was caught in a table stays; its survivors are found again by what they change, also when the
    lines have moved. What is no change of ours any more, since the code or what counts as a rule has changed,
    leaves the table, caught or not."""
    rows, stay, queues, wanted = read_table(path), [], {}, {}
    for name in rule_files():
        with open(os.path.join(ENGINE, name), encoding="utf-8") as stream:
            left = mutants.candidates(name, stream.read())
        queues[name] = []
        for row in (r for r in rows if r["file"] == name):
            same = [
                c for c in left if (c.kind, c.before, c.after) == (row["kind"], row["before"], row["after"])]
            if not same:
                print(f"not there any more, was {row['verdict']}: {name}:{row['line']} {row['before']}")
                continue
            change = min(same, key=lambda c: abs(c.line - int(row["line"])))
            left.remove(change)
            if row["verdict"] == "survived":
                queues[name].append(change)
            else:
                stay.append(row)
        wanted[name] = len(queues[name])
    return stay, queues, wanted


KNOWN = [("credit.c", "CREDIT_MATCHES", "CREDIT_OF_NO_DEBIT"),
         ("share.c", "remainders[i] > remainders[best]", "remainders[i] < remainders[best]"),
         ("window.c", "episode->closes_on", "episode->opened_on"), ("money.h", " + ", " - "),
         ("decision.c", "episode->lines++", "episode->lines--"),
         ("criterion.c", "return true;", "for (;;);"), ("calendar.c", "return", "__builtin_trap(); return")]


def planted(name, before, after):
    with open(os.path.join(ENGINE, name), encoding="utf-8") as stream:
        text = stream.read()
    at = mutants.blanked(text).index(before)
    return mutants.Change(name, text, "planted", at, at + len(before), after)


def self_test(pool):
    """Changes that must be caught, and one that changes nothing."""
    wrong = 0
    for name, before, after in KNOWN:
        verdict, by, _ = pool.submit(worker_do, planted(name, before, after)).result()[1]
        print(f"{name}: {before} -> {after}: {verdict} {by}")
        wrong += verdict not in LAYERS
    verdict, *_ = pool.submit(worker_do, planted("share.c", "share", "share")).result()[1]
    print(f"share.c, nothing changed: {verdict}")
    wrong += verdict != "same code"
    for layer, found in pool.submit(worker_layers, None).result().items():
        print(f"no credit takes anything back, {layer} alone: {found}")
        wrong += not found
    return not wrong


def quick_self_test(pool):
    wrong = mutants.self_test() + changes_that_are_none()
    for known in KNOWN[:2]:
        verdict, by, _ = pool.submit(worker_do, planted(*known)).result()[1]
        print(f"{known[0]}: {known[1]} -> {known[2]}: {verdict} {by}")
        wrong += verdict != "unit"
    verdict, *_ = pool.submit(worker_do, planted("share.c", "share", "share")).result()[1]
    print(f"share.c, nothing changed: {verdict}")
    return not wrong and verdict == "same code"


def changes_that_are_none():
    """Of all changes of all files, those that are not on one line of code, or that nothing chooses."""
    wrong = total = 0
    for name in rule_files():
        with open(os.path.join(ENGINE, name), encoding="utf-8") as stream:
            text = stream.read()
        code = mutants.blanked(text).splitlines()
        changes = mutants.candidates(name, text)
        for change in changes:
            here, there = text.splitlines(), change.apply(text).splitlines()
            differ = [i for i, (a, b) in enumerate(zip(here, there)) if a != b]
            good = len(here) == len(there) and differ == [change.line - 1] and code[change.line - 1].strip()
            if not good:
                print(f"{change.name()}: no change of one line of code")
            wrong += not good
        chosen_ones = mutants.ordered(changes, "1", name)
        again_ones = mutants.ordered(mutants.candidates(name, text), "1", name)
        wrong += [c.name() for c in chosen_ones] != [c.name() for c in again_ones
                                                     ] or len(chosen_ones) != len(changes) or not changes
        total += len(changes)
    print(f"{total} changes are possible, {wrong} mistakes")
    return wrong


def main():
    parser = argparse.ArgumentParser(description="mutation tests of the rules")
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--file")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "mutation"))
    parser.add_argument("--table", help="where the table goes; default: table.tsv in the build")
    parser.add_argument("--layers", default=",".join(LAYERS))
    parser.add_argument("--again")
    parser.add_argument("--report")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--quick", action="store_true",
                        help="a self-test of seconds, with --build of a build that is there")
    options = parser.parse_args()
    if options.report:
        return 0 if report(read_table(options.report)) else 1
    os.nice(10)
    build = Build(os.path.abspath(options.build))
    if not options.quick:
        build.make()
    build.read()
    work = tempfile.mkdtemp(prefix="bundelwacht-mutation-")
    try:
        layers = ["unit"] if options.quick else options.layers.split(",")
        runs = model_runs(build) if {"model", "model_rest"} & set(layers) else []
        print(f"{len(runs)} runs of the model", flush=True)
        with concurrent.futures.ProcessPoolExecutor(options.jobs, initializer=worker_begin,
                                                    initargs=(build, runs, work, layers)) as pool:
            verdict, by = pool.submit(worker_unchanged, None).result()
            if verdict != "survived":
                sys.exit(f"mutate.py: {verdict} fails without any change: {by}")
            if options.quick:
                return 0 if quick_self_test(pool) else 1
            if options.self_test:
                return 0 if self_test(pool) else 1
            rows, queues, wanted = again(options.again) if options.again else ([], *chosen(options))
            with open(options.table or os.path.join(options.build, "table.tsv"), "w",
                      encoding="utf-8") as table:
                print("\t".join(COLUMNS), file=table)
                for row in rows:
                    print("\t".join(row.values()), file=table)
                rows += run_all(pool, queues, wanted, options.jobs, table)
        return 0 if report(rows) else 1
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
