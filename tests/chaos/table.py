"""The table of tests/chaos/README.md, one row for each seed, and its last row, the sums."""
import json
from pathlib import Path

README = Path(__file__).resolve().parent / "README.md"
BEGIN, END = "<!-- table: chaos.py --table writes it -->", "<!-- end of the table -->"
PHASES = ("random", "transaction", "offsets", "end_txn", "end_txn_sent", "revoke", "restore", "checkpoint", "checkpoint_rename", "book_step")
ANSWERS = ("committed", "not committed", "somebody else")
HEAD = ["seed", "processes", "kill −9"] + [phase.replace("_", " ") for phase in PHASES] + ["broker −9", "connections cut", "book changes"] + [
    f"judge: {answer}" for answer in ANSWERS] + ["outputs", "lost", "doubled", "phantom", "seconds"]


def row_of(result):
    kills = result["kills"]
    return [result["seed"], f"{result['processes']}{', one directory' if result['shared'] else ''}", sum(kills.values())] + [
        kills.get(phase, 0) for phase in PHASES] + [result["broker_kills"], result["breaks"], result["changes"]] + [
        result["judged"].get(answer, 0) for answer in ANSWERS] + [result["outputs"], result["lost"], result["doubled"], result["phantom"], result["seconds"]]


def sentence(result):
    return f"seed {result['seed']}: " + json.dumps({key: value for key, value in result.items() if key != "seed"})


def lines_of(rows):
    yield "| " + " | ".join(HEAD) + " |"
    yield "|" + "---|" * len(HEAD)
    for row in rows:
        yield "| " + " | ".join(map(str, row)) + " |"
    sums = ["all", ""] + [sum(int(row[i]) for row in rows) for i in range(2, len(HEAD))]
    yield "| " + " | ".join(f"**{cell}**" if cell != "" else "" for cell in sums) + " |"


def write(result, program):
    """Adds the row of a seed, or puts it in the place of the one before."""
    before, _, rest = README.read_text().partition(BEGIN)
    old, _, after = rest.partition(END)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in old.splitlines() if line.startswith("|")][2:-1]
    row = list(map(str, row_of(result)))
    rows = [other for other in rows if other[0] != row[0] and len(other) == len(HEAD)] + [row]
    rows.sort(key=lambda other: int(other[0]))
    README.write_text(before + BEGIN + "\n\n" + "\n".join(lines_of(rows)) + "\n\n" + END + after)
