#!/usr/bin/python3
"""Three brokers, replication 3, two in-sync replicas wanted: one is killed -9 at random, or all at once,
while lines come; what a reader sees at the end is what one replay writes. One broker's death leaves no
partition without a leader for long; the death of all does, and who wrote last is then one of three logs.

    three_brokers.py --program build/release/bundelwacht [--one 20] [--all 5] [--seed 1] [--kafka-version
    4.4.0]
"""
import argparse
import random

from harness import *
from lines import Lines, Mover
from service import Service, judge, wait_until_done

PARTITIONS, GROUP, BROKERS = 6, "three", (1, 2, 3)
AWAY_SECONDS = (0.5, 8)
CAUGHT_UP_SECONDS = 120
TIMES = [
    "--kafka", "consumer.session.timeout.ms=4000", "--kafka", "consumer.heartbeat.interval.ms=500", "--kafka",
    "producer.transaction.timeout.ms=6000", "--kafka", "reconnect.backoff.max.ms=500"]


def all_in_sync(place):
    """Each partition has a leader again, the internal topics' too."""
    try:
        client = kafka_client.Kafka(place.bootstrap)
        topics = [
            "declarations", "__consumer_offsets", "__transaction_state",
            *(f"{GROUP}.{topic}.v1" for topic in TOPICS)]
        whole = all(client.in_sync(topic) == len(BROKERS) for topic in topics)
        client.close()
        return whole
    except (OSError, RuntimeError, AssertionError, struct.error):
        return False


def wait_for_all(place, service):
    until = time.monotonic() + CAUGHT_UP_SECONDS
    while not all_in_sync(place):
        service.look()
        if time.monotonic() > until:
            raise Failed("the replicas are not in sync again")
        time.sleep(0.2)


def misfortune(place, lines, service, numbers, chance):
    mover = Mover(lines, place.bootstrap)
    time.sleep(chance.uniform(0.2, 1.5))
    for number in numbers:
        os.kill(int((place.broker_path(number) / "pid").read_text()), signal.SIGKILL)
    seconds = chance.uniform(*AWAY_SECONDS)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        service.look()
        time.sleep(0.1)
    mover.stop()
    since = time.monotonic()
    if any([child.wait() for child in [place.resume_broker(number) for number in numbers]]):
        raise Failed("a broker did not come back")
    wait_for_all(place, service)
    lines.move(kafka_client.Kafka(place.bootstrap), 4)
    wait_until_done(place, service, GROUP, PARTITIONS, CAUGHT_UP_SECONDS, "after the death of a broker")
    say(
        f"{'all brokers' if len(numbers) > 1 else f'broker {numbers[0]}'} away for {seconds:.1f} s; all is"
        f" committed {time.monotonic() - since:.1f} s after the return began; ended by itself with"
        f" {service.ends or 'nothing'}"
    )


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--one", type=int, default=20)
    parser.add_argument("--all", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--kafka-version")
    arguments = parser.parse_args()
    os.environ.setdefault("KAFKA_SESSION_MS", "4000")  # three of them on a busy machine
    program, place, chance = arguments.program, Place(
        brokers=3, version=arguments.kafka_version), random.Random(arguments.seed)
    book = ROOT / "config/book.yaml"
    place.client.create_topic("declarations", PARTITIONS, {"retention.ms": "-1"})
    lines = Lines(program, place, PARTITIONS, arguments.lines, arguments.seed, batch=25)
    lines.move(place.client, 20)
    config = place.config(GROUP, book,
                          **{"workers": 2, "transaction.interval": "50ms", "transaction.records_max": 200})
    service = Service(place, [program, "run", "--config", config, "--create-topics", *TIMES])
    wait_until_done(place, service, GROUP, PARTITIONS, 60, "after the start")
    events = [[chance.choice(BROKERS)] for _ in range(arguments.one)] + [list(BROKERS)] * arguments.all
    chance.shuffle(events)
    for numbers in events:
        misfortune(place, lines, service, numbers, chance)
    if service.end() != 0:
        raise Failed(
            f"run ended with {service.child.returncode} when it was told to:\n{tail(service.child, 40)}")
    place.run(program, "run", "--config", config, "--until-end", *TIMES)
    judge(place, program, GROUP, book, PARTITIONS)


main(test)
