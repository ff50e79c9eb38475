#!/usr/bin/python3
"""The table of tests/chaos/README.md, one row for each seed, and its last row, the sums.

    table.py LOG...    writes it anew from what runs of chaos.py said
"""
import json
import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent / "README.md"
BEGIN, END = "<!-- table: chaos.py --table writes it -->", "<!-- end of the table -->"
PHASES = ("random", "transaction", "offsets", "end_txn", "end_txn_sent", "revoke", "restore", "checkpoint",
          "checkpoint_rename", "book_step")
ANSWERS = ("all there", "some missing", "made again")
HEAD = ["seed", "processes", "kill −9"] + [phase.replace("_", " ") for phase in PHASES] + [
    "broker −9", "connections cut", "book changes"] + [f"outputs: {answer}" for answer in ANSWERS] + [
        "outputs", "lost", "doubled", "phantom", "seconds"]


def row_of(result):
    kills = result["kills"]
    return [
        result["seed"], f"{result['processes']}{', one directory' if result['shared'] else ''}",
        sum(kills.values())] + [kills.get(phase, 0) for phase in PHASES] + [
            result["broker_kills"], result["breaks"], result["changes"]
        ] + [result["resolved"].get(answer, 0) for answer in ANSWERS] + [
            result["outputs"], result["lost"], result["doubled"], result["phantom"], result["seconds"]]


def sentence(result):
    return f"seed {result['seed']}: " + json.dumps({
        key: value for key, value in result.items() if key != "seed"})


def lines_of(rows):
    yield "| " + " | ".join(HEAD) + " |"
    yield "|" + "---|" * len(HEAD)
    for row in rows:
        yield "| " + " | ".join(map(str, row)) + " |"
    sums = ["all", ""] + [sum(int(row[i]) for row in rows) for i in range(2, len(HEAD))]
    yield "| " + " | ".join(f"**{cell}**" if cell != "" else "" for cell in sums) + " |"


def rows_of(text):
    rows = [[cell.strip()
             for cell in line.strip("|").split("|")]
            for line in text.splitlines()
            if line.startswith("|")][2:-1]
    return [row for row in rows if len(row) == len(HEAD)]


def write(results, keep=True):
    """Adds the rows of these seeds, or puts them in the place of those before; keep=False: nothing else
    stays."""
    before, _, rest = README.read_text().partition(BEGIN)
    old, _, after = rest.partition(END)
    rows = {row[0]: row for row in (rows_of(old) if keep else [])}
    rows.update((str(result["seed"]), list(map(str, row_of(result)))) for result in results)
    ordered = [rows[seed] for seed in sorted(rows, key=int)]
    README.write_text(before + BEGIN + "\n\n" + "\n".join(lines_of(ordered)) + "\n\n" + END + after)


if __name__ == "__main__":
    said = "".join(Path(name).read_text() for name in sys.argv[1:])
    write([{"seed": int(seed), **json.loads(rest)}
           for seed, rest in re.findall(r"^seed (\d+): (\{.*\})$", said, re.M)], keep=False)
