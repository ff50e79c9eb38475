"""What Kafka's own console consumer reads against what one undisturbed replay writes: lost, doubled, phantom,
out of order."""
import collections
import concurrent.futures

from harness import TOPICS, dead_letter_headers, escaped, in_all, parse_headers, replayed, say


def identity(topic, record, expected_headers=None):
    headers = expected_headers if expected_headers is not None else parse_headers(record[0])
    headers.pop(b"__connect.errors.stage", None)
    return record[1], record[2], tuple(sorted(headers.items()))


def wanted_of(topic, group, input_topic, record):
    headers = dead_letter_headers(input_topic, record[0], group) if topic == "dead-letters" else {}
    return identity(topic, record, headers)


def count_partition(where, seen, wanted, tally):
    """Identities in order; what differs is counted, and the first difference said."""
    if seen == wanted:
        return
    have, want = collections.Counter(seen), collections.Counter(wanted)
    lost = sum((want - have).values())
    doubled = sum(count - want[key] for key, count in have.items() if key in want and count > want[key])
    phantom = sum(count for key, count in have.items() if key not in want)
    tally["lost"] += lost
    tally["doubled"] += doubled
    tally["phantom"] += phantom
    if not (lost or doubled or phantom):
        tally["moved"] += 1
    at = next((i for i, (a, b) in enumerate(zip(seen, wanted)) if a != b), min(len(seen), len(wanted)))
    say(
        f"{where}: {lost} lost, {doubled} doubled, {phantom} phantom; {len(seen)} records instead of"
        f" {len(wanted)}, first difference at {at}:"
    )
    for name, records in (("is", seen), ("should be", wanted)):
        say(f"  {name}: " + (escaped(records[at][0]) + " = " +
                             escaped(records[at][1])[:300] if at < len(records) else "nothing"))


def compare_all(place, group, input_topic, partitions, expected):
    """The tally of all four topics."""
    tally = collections.Counter(lost=0, doubled=0, phantom=0, moved=0, outputs=0)

    def read(topic):
        return place.consume(f"{group}.{topic}.v1", partitions, in_all(expected[topic]))

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for topic, records in zip(TOPICS, pool.map(read, TOPICS)):
            for partition in range(partitions):
                seen = [identity(topic, record) for record in records[partition]]
                wanted = [
                    wanted_of(topic, group, input_topic, record) for record in expected[topic][partition]]
                tally["outputs"] += len(wanted)
                count_partition(f"{topic}/{partition}", seen, wanted, tally)
    return tally


def replay(place, program, name, book, files, partitions, *more):
    for form in ("avro", "jsonl"):
        place.run(program, "replay", "--book", book, "--partitions", partitions, "--as-of", "log", "--format",
                  form, "--schemas", place.schemas, "--out", place.path / f"{name}-{form}", *more, *files)
    return replayed(place.path / f"{name}-avro", place.path / f"{name}-jsonl", partitions)
