#!/usr/bin/python3
"""`bundelwacht replay` of the model, JSON lines only: writes the four files, with an empty `message`. Takes
the engine's options, so that compare.py can be tried on the model itself, and a difference be looked at by
hand."""
import argparse
import os
import sys

from book import Book, Reference
from compare import FILES, canonical
from declaration import day_of
import plain_yaml
from stream import replay


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["replay"])
    parser.add_argument("--book", required=True)
    parser.add_argument("--reference")
    parser.add_argument("--as-of")
    parser.add_argument("--decisions", choices=["all", "bundles"], default="all")
    parser.add_argument("--partitions", type=int, default=16)
    parser.add_argument("--threads")
    parser.add_argument("--out", required=True)
    parser.add_argument("inputs", nargs="+")
    o = parser.parse_args()
    inputs = [
        (name, sys.stdin.buffer.read() if name == "-" else open(name, "rb").read()) for name in o.inputs]
    as_of = o.as_of if o.as_of in (None, "log") else day_of(o.as_of)
    reference = Reference(plain_yaml.load(o.reference)) if o.reference else Reference(None)
    out = replay(inputs, Book(plain_yaml.load(o.book)), reference, o.partitions, as_of,
                 o.decisions == "bundles")
    os.makedirs(o.out, exist_ok=True)
    for name, fields in FILES.items():
        with open(os.path.join(o.out, name + ".jsonl"), "w", encoding="utf-8", newline="\n") as stream:
            for record in out[name]:
                stream.write(canonical({f: record.get(f, "") for f in fields}) + "\n")


if __name__ == "__main__":
    main()
