#!/usr/bin/python3
"""The broker is away for longer than the session, and for longer than a step of a commit may take (its producer is replaced meanwhile): the
service goes on when it is back, nothing is lost and nothing comes twice. Lines come until the broker goes, and when it is back.

A process may end meanwhile, with 69 (the broker is not reached) or 75 (the group has forgotten it); it is started again at once, as a
supervisor does (config of systemd: Restart=on-failure).

    outage.py --program build/release/bundelwacht [--seconds 10,30]
"""
import argparse
import struct
import threading

from harness import *

sys.path.insert(0, str(ROOT / "tests/chaos"))
import broker as brokers  # noqa: E402
import verdict  # noqa: E402

PARTITIONS = 4
SESSION = ["--kafka", "consumer.session.timeout.ms=3000", "--kafka", "consumer.heartbeat.interval.ms=500", "--kafka", "producer.transaction.timeout.ms=4000"]


class Lines:
    """Batches of a topic of their own, moved into the topic of declarations one after the other."""

    def __init__(self, program, place, lines):
        self.place, self.at = place, 0
        place.run(program, "generate", "--lines", lines, "--bad-per-mille", 2, "--out", place.path / "lines.jsonl")
        rows = []
        for line in open(place.path / "lines.jsonl", encoding="utf-8", errors="replace"):
            try:
                values = declaration_of_json(line)
                rows.append((values["insured"].encode(), encode_declaration(values), values["submitted_at"]))
            except (ValueError, KeyError, TypeError, StopIteration):
                continue  # a bad one; bad_input.py is about those
        self.batches = [rows[i : i + 50] for i in range(0, len(rows), 50)]

    def move(self, client, count=1):
        for batch in self.batches[self.at : self.at + count]:
            parts = {}
            for record in batch:
                parts.setdefault(kafka_client.partition_of(record[0], PARTITIONS), []).append(record)
            for partition, records in parts.items():
                client.produce("declarations", partition, records)
            self.at += 1


def left(place):
    """Records that are in the log, and not committed by the group."""
    client = kafka_client.Kafka(place.bootstrap)
    ends, places = client.ends("declarations", PARTITIONS), client.committed("out", "declarations", PARTITIONS)
    client.close()
    return sum(ends) - sum(max(0, offset) for offset, _ in places)


class Service:
    """The program, and its supervisor."""

    def __init__(self, place, program, config):
        self.place, self.command = place, [program, "run", "--config", config, "--create-topics", *SESSION]
        self.starts, self.ends = 0, []
        self.start()

    def start(self):
        self.child = self.place.start(*self.command)
        self.starts += 1

    def look(self):
        code = self.child.poll()
        if code is None:
            return
        if code not in (69, 75):
            raise Failed(f"run ended by itself with {code}:\n{tail(self.child, 40)}")
        self.ends.append(code)
        time.sleep(0.2)
        self.start()


def wait_until_done(place, service, seconds, words):
    begin = time.monotonic()
    while True:
        service.look()
        try:
            count = left(place)
        except (OSError, RuntimeError, struct.error):
            count = -1  # the coordinator is not there yet
        if count == 0:
            return time.monotonic() - begin
        if time.monotonic() - begin > seconds:
            raise Failed(f"{count} records are not committed {seconds} s {words}:\n{tail(service.child, 40)}")
        time.sleep(0.05)


def outage(place, lines, service, seconds):
    """Killed between two batches, in the middle of a transaction or of its commit."""
    client = kafka_client.Kafka(place.bootstrap)
    lines.move(client, 20)
    wait_until_done(place, service, 60, "before the outage")
    stop = threading.Event()

    def go_on():
        try:
            while not stop.is_set():
                lines.move(client)
        except (OSError, RuntimeError, AssertionError):
            pass  # the broker is gone; the batch comes again

    mover = threading.Thread(target=go_on)
    mover.start()
    time.sleep(0.5)
    place.kafka("kill", str(place.path / "broker"))
    stop.set()
    mover.join()
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        service.look()
        time.sleep(0.2)
    place.kafka("resume", str(place.path / "broker"))
    client = kafka_client.Kafka(place.bootstrap)
    lines.move(client, 20)
    took = wait_until_done(place, service, 90, "after the outage")
    text = "".join(child.log.read_text() for child in place.children if hasattr(child, "log"))
    say(f"away for {seconds} s: {took:.1f} s after its return all is committed; so far {text.count('judge: ')} answers of the "
        f"judge, {text.count('given to somebody else')} times lost, ended by itself with {service.ends or 'nothing'}")


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--seconds", default="10,30")
    parser.add_argument("--lines", type=int, default=20_000)
    arguments = parser.parse_args()
    program, place = arguments.program, Place()
    book = ROOT / "config/book.yaml"
    place.client.create_topic("declarations", PARTITIONS, {"retention.ms": "-1"})
    lines = Lines(program, place, arguments.lines)
    lines.move(place.client)
    config = place.config("out", book, **{"workers": 2, "transaction.interval": "50ms", "transaction.records_max": 200})
    service = Service(place, program, config)
    wait_until_done(place, service, 60, "after the start")
    for seconds in map(int, arguments.seconds.split(",")):
        outage(place, lines, service, seconds)
    child = service.child
    child.send_signal(signal.SIGTERM)
    if child.wait(60) != 0:
        raise Failed(f"run ended with {child.returncode} when it was told to:\n{tail(child, 40)}")
    place.run(program, "run", "--config", config, "--until-end", *SESSION)

    ended = brokers.end_what_hangs(place, [f"out.{topic}.v1" for topic in TOPICS], PARTITIONS)
    say(f"{ended} transactions were left for an operator to end (processor/stream/README.md)")
    dump = place.path / "dump"
    place.run(program, "dump", "--bootstrap-servers", place.bootstrap, "--topic", "declarations", "--out", dump)
    for form in ("avro", "jsonl"):
        place.run(program, "replay", "--book", book, "--partitions", PARTITIONS, "--as-of", "log", "--format", form, "--schemas", place.schemas,
                  "--out", place.path / form, *sorted(dump.glob("*.dump")))
    expected = replayed(place.path / "avro", place.path / "jsonl", PARTITIONS)
    tally = verdict.compare_all(place, "out", "declarations", PARTITIONS, expected)
    say("against replay:", dict(tally))
    if any(tally[name] for name in ("lost", "doubled", "phantom", "moved")):
        raise Failed("what a reader sees is not what replay writes")


main(test)
