#!/usr/bin/python3
"""Books that ruamel.yaml (PyPI), js-yaml (npm) and Go's yaml.v3 (Go's module proxy) write of a book that they
have read: each loads and decides the same, as PyYAML's do in tests/end_to_end/book_programs.py.

    others.py --program build/release/bundelwacht [ruamel|js-yaml|go ...]

Of the book whose codes and names are what readers of YAML disagree about (NO, 12:30, 0880), a writer of YAML
1.2 may leave quotes out that YAML 1.1 wants: that is refused with the code's place (E017), and never decided
otherwise. What is fetched goes into a directory that goes away. Not part of `./dev test`: it needs the
registries."""
import argparse
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "end_to_end"))
from book_programs import decided, write_odd  # noqa: E402
from cases import BOOK, REFERENCE, Bench, expect, expect_same  # noqa: E402

RUAMEL = """
import sys
from ruamel.yaml import YAML
for path in sys.argv[2:]:
    for kind in ("rt", "safe"):
        yaml = YAML(typ=kind, pure=True)
        with open(path, encoding="utf-8") as stream:
            value = yaml.load(stream)
        with open(f"{sys.argv[1]}/{kind}-" + path.split("/")[-1], "w", encoding="utf-8") as stream:
            yaml.dump(value, stream)
"""
JS = """
const fs = require("fs"), path = require("path"), yaml = require("js-yaml");
for (const file of process.argv.slice(3))
    for (const [name, options] of [["plain", {}], ["quoted", {forceQuotes: true}], ["flow", {flowLevel: 3}]])
        fs.writeFileSync(path.join(process.argv[2], name + "-" + path.basename(file)),
                         yaml.dump(yaml.load(fs.readFileSync(file, "utf8")), options));
"""
GO = """package main

import (
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	for _, path := range os.Args[2:] {
		text, err := os.ReadFile(path)
		must(err)
		var value map[string]interface{}
		must(yaml.Unmarshal(text, &value))
		again, err := yaml.Marshal(value)
		must(err)
		must(os.WriteFile(filepath.Join(os.Args[1], "map-"+filepath.Base(path)), again, 0o644))
	}
}
"""


def run(*words, folder):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    expect(done.returncode == 0, f"{' '.join(words)}: {done.stdout}{done.stderr}")


def written(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    return path


def by_ruamel(folder, out, books):
    run(sys.executable, "-m", "venv", "venv", folder=folder)
    run("venv/bin/pip", "install", "--quiet", "ruamel.yaml==0.18.16", folder=folder)
    run("venv/bin/python", written(folder, "dump.py", RUAMEL), out, *books, folder=folder)


def by_js_yaml(folder, out, books):
    written(folder, "package.json", '{"private": true}')
    run("npm", "install", "--silent", "--no-audit", "--no-fund", "js-yaml@4.1.0", folder=folder)
    run("node", written(folder, "dump.js", JS), out, *books, folder=folder)


def by_go(folder, out, books):
    written(folder, "main.go", GO)
    written(folder, "go.mod", "module dump\n\ngo 1.20\n\nrequire gopkg.in/yaml.v3 v3.0.1\n")
    run("go", "mod", "tidy", folder=folder)
    run("go", "run", ".", out, *books, folder=folder)


WRITERS = {"ruamel": by_ruamel, "js-yaml": by_js_yaml, "go": by_go}


def judge(bench, name, out, lines, odd, odd_in):
    wanted, wanted_odd = decided(bench, BOOK, lines, REFERENCE), decided(bench, odd, odd_in)
    for outputs in (wanted, wanted_odd):
        expect(b'"BUNDLED"' in outputs["decisions"], "nothing was decided")
    forms = sorted(re.findall(r"^(\w+)-book\.yaml$", "\n".join(os.listdir(out)), re.M))
    expect(forms, f"{name} wrote nothing")
    for form in forms:
        book, reference, strange = (os.path.join(out, f"{form}-{file}.yaml")
                                    for file in ("book", "reference", "odd"))
        bench.run("test", book)
        expect_same(wanted, decided(bench, book, lines, reference), f"{name} {form}")
        done = subprocess.run([bench.program, "check", strange], capture_output=True, text=True, check=False)
        codes = set(re.findall(r"error: .*\[(E\d+)\]", done.stdout))
        if codes:
            expect(codes <= {"E012", "E017"}, f"{name} {form}: {done.stdout}")
        else:
            expect_same(wanted_odd, decided(bench, strange, odd_in), f"{name} {form}, odd codes")
        said = "refused, " + ", ".join(sorted(codes)) if codes else "the same"
        print(f"{name} {form}: the same; odd codes: {said}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("writers", nargs="*", default=list(WRITERS))
    arguments = parser.parse_args()
    program = os.path.abspath(arguments.program)
    for name in arguments.writers:
        with tempfile.TemporaryDirectory(prefix="bundelwacht-books-") as folder:
            bench, out = Bench(program, folder), os.path.join(folder, "written")
            os.mkdir(out)
            lines = bench.generate("in.jsonl", "--lines", "20000", "--seed", "3")
            odd, odd_in = write_odd(bench)
            WRITERS[name](folder, out, [BOOK, REFERENCE, odd])
            judge(bench, name, out, lines, odd, odd_in)


if __name__ == "__main__":
    sys.exit(main())
