#!/usr/bin/python3
"""What a replay found, in a few lines: summary.py OUT (JSON lines of `bundelwacht replay`). The last value of
every key counts."""
import collections
import json
import os
import sys


def lines_of(folder, topic):
    with open(os.path.join(folder, topic + ".jsonl"), "rb") as stream:
        yield from map(json.loads, stream)


def euros(cents):
    return f"{cents / 100:,.0f} euro"


def main(folder):
    decisions = {record["key"]: record for record in lines_of(folder, "decisions")}
    episodes = {record["key"]: record for record in lines_of(folder, "episodes")}
    alerts = {record["key"]: record for record in lines_of(folder, "alerts")}
    statuses = collections.Counter(record["status"] for record in decisions.values())
    print(f"{len(decisions):,} decisions: " +
          ", ".join(f"{number:,} {name}" for name, number in statuses.most_common()))
    reasons = collections.Counter(record["reason"] for record in lines_of(folder, "dead-letters"))
    print(f"{sum(reasons.values()):,} dead letters: " +
          ", ".join(f"{number} {name}" for name, number in reasons.most_common()))
    by_bundle = collections.defaultdict(list)
    for record in episodes.values():
        if record["state"] != "VOID":
            by_bundle[record["bundle"]].append(record)
    for bundle, found in sorted(by_bundle.items()):
        costs = sorted(record["cost"] for record in found)
        over = sum(1 for record in found
                   if record["budget"] is not None and record["cost"] > record["budget"])
        print(
            f"{bundle}: {len(found):,} episodes, {sum(record['lines'] for record in found):,} lines, cost"
            f" {euros(sum(costs))}, median {euros(costs[len(costs) // 2])}, {over:,} above budget"
        )
    standing = [record for record in alerts.values() if record["action"] == "RAISED"]
    types = collections.Counter(record["type"] for record in standing)
    print(f"{len(standing):,} alerts: " +
          ", ".join(f"{number:,} {name}" for name, number in types.most_common()))
    print(f"prevented double payment: {euros(sum(record['prevented'] or 0 for record in standing))}")


if __name__ == "__main__":
    main(sys.argv[1])
