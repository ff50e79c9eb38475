#!/usr/bin/python3
"""What a commit costs the broker: requests by kind, from the broker's own request log, and bytes, from the
kernel's counts of the program's connections; of a steady stream with the default interval, while it runs.

    requests_per_commit.py --program build/release/bundelwacht [--seconds 30] [--partitions 8] [--workers 1]
"""
import argparse
import collections

from harness import *
from lines import Lines
from service import Service, wait_until_done

GROUP = "cost"
BATCHES_A_SECOND = 10
COMPLETED = b"kafka.request.logger - Completed request:"
PER_COMMIT = ("PRODUCE", "ADD_PARTITIONS_TO_TXN", "ADD_OFFSETS_TO_TXN", "TXN_OFFSET_COMMIT", "END_TXN",
              "LIST_OFFSETS", "OFFSET_FETCH", "FETCH")


def bytes_of(process, port):
    """Sent and received by the process's connections to the broker."""
    sent = received = 0
    told = subprocess.run(["ss", "-tinpH", "dport", "=", f":{port}"], capture_output=True, text=True).stdout
    ours = False
    for line in told.splitlines():
        if not line.startswith(("\t", " ")):
            ours = f"pid={process.pid}," in line
        elif ours:
            sent += int((re.search(r"bytes_sent:(\d+)", line) or [0, 0])[1])
            received += int((re.search(r"bytes_received:(\d+)", line) or [0, 0])[1])
    return sent, received


def requests_of(path, begin):
    """By kind, of the program's clients only: our own call themselves `test`. And the bytes of records and of
    metadata in them."""
    counts, sizes = collections.Counter(), collections.Counter()
    with open(path, "rb") as log:
        log.seek(begin)
        for line in log:
            at = line.find(COMPLETED)
            if at < 0:
                continue
            told = json.loads(line[at + len(COMPLETED):])
            header, request = told["requestHeader"], told["request"]
            if told["isForwarded"] or header["clientId"] == "test" or "127.0.0.1" not in told[
                    "connection"] or header["requestApiKeyName"] not in PER_COMMIT:
                continue
            kind = header["requestApiKeyName"]
            counts[kind] += 1
            if kind == "PRODUCE":
                sizes["bytes of records"] += sum(part["recordsSizeInBytes"]
                                                 for topic in request["topicData"]
                                                 for part in topic["partitionData"])
            elif kind == "TXN_OFFSET_COMMIT":
                sizes["bytes of metadata"] += sum(
                    len(part["committedMetadata"] or "")
                    for topic in request["topics"]
                    for part in topic["partitions"])
                sizes["offsets"] += sum(len(topic["partitions"]) for topic in request["topics"])
    return counts, sizes


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--kafka-version")
    arguments = parser.parse_args()
    os.environ["KAFKA_LOGGER"] = "kafka.request.logger"
    place = Place(version=arguments.kafka_version)
    place.client.create_topic("declarations", arguments.partitions, {"retention.ms": "-1"})
    lines = Lines(arguments.program, place, arguments.partitions,
                  50 * BATCHES_A_SECOND * (arguments.seconds + 10))
    lines.move(place.client, 20)
    config = place.config(GROUP, ROOT / "config/book.yaml", workers=arguments.workers)
    service = Service(place, [arguments.program, "run", "--config", config, "--create-topics"])
    wait_until_done(place, service, GROUP, arguments.partitions, 60, "after the start")
    log, port = place.broker_path(1) / "broker.log", place.bootstrap.rpartition(":")[2]
    begin, before, since = log.stat().st_size, bytes_of(service.child, port), time.monotonic()
    for number in range(arguments.seconds * BATCHES_A_SECOND):
        lines.move(place.client)
        time.sleep(max(0, since + (number + 1) / BATCHES_A_SECOND - time.monotonic()))
    wait_until_done(place, service, GROUP, arguments.partitions, 60, "at the end")
    seconds, after = time.monotonic() - since, bytes_of(service.child, port)
    counts, sizes = requests_of(log, begin)
    commits = counts["END_TXN"]
    service.end()
    if not commits or after == before:
        raise Failed(f"nothing was counted: {counts}, {before}, {after}")
    say(
        f"{commits} commits in {seconds:.0f} s, {arguments.partitions} partitions, {arguments.workers}"
        " workers; of each, on average:"
    )
    for kind in PER_COMMIT:
        say(f"  {counts[kind] / commits:7.2f} {kind}")
    for name, size in sizes.items():
        say(f"  {size / commits:7.0f} {name}")
    say(
        f"  {(after[0] - before[0]) / commits:7.0f} bytes sent, {(after[1] - before[1]) / commits:.0f}"
        " received"
    )


main(test)
