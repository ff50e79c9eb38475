#!/usr/bin/python3
"""The broker is killed and stays away, for longer than the session, or than a step of a commit may take (its
producer is replaced meanwhile), or not: the service goes on when it is back, nothing is lost and nothing
comes twice. Lines come until the broker goes, and when it is back.

A process may end meanwhile, with 69 (the broker is not reached) or 75 (the group has forgotten it); it is
started again at once, as a supervisor does (config of systemd: Restart=on-failure). Nobody ends a transaction
for it.

    outage.py --program build/release/bundelwacht [--seconds 10,30]
    outage.py --program build/release/bundelwacht --runs 40 --seed 1 [--outages 1]

With --runs each run has a broker of its own and outages that are log-uniform between 1 s and 3 minutes;
without, one run with those of --seconds.
"""
import argparse
import math
import random

from harness import *
from lines import Lines, Mover
from service import Service, judge, wait_until_done

PARTITIONS, GROUP = 4, "out"
SHORTEST, LONGEST = 1, 180  # seconds
SESSION = [
    "--kafka", "consumer.session.timeout.ms=3000", "--kafka", "consumer.heartbeat.interval.ms=500", "--kafka",
    "producer.transaction.timeout.ms=4000"]


def outage(place, lines, service, seconds):
    """Killed between two batches, in the middle of a transaction or of its commit."""
    lines.move(kafka_client.Kafka(place.bootstrap), 20)
    wait_until_done(place, service, GROUP, PARTITIONS, 60, "before the outage")
    mover = Mover(lines, place.bootstrap)
    time.sleep(0.5)
    place.kill_broker()
    mover.stop()
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        service.look()
        time.sleep(0.2)
    if place.resume_broker().wait():
        raise Failed("the broker did not come back")
    lines.move(kafka_client.Kafka(place.bootstrap), 20)
    took = wait_until_done(place, service, GROUP, PARTITIONS, 90, "after the outage")
    say(
        f"away for {seconds:.1f} s: {took:.1f} s after its return all is committed; ended by itself with"
        f" {service.ends or 'nothing'}"
    )


def one_run(arguments, outages):
    program, place = arguments.program, Place(version=arguments.kafka_version)
    book = ROOT / "config/book.yaml"
    place.client.create_topic("declarations", PARTITIONS, {"retention.ms": "-1"})
    lines = Lines(program, place, PARTITIONS, arguments.lines)
    lines.move(place.client)
    config = place.config(GROUP, book,
                          **{"workers": 2, "transaction.interval": "50ms", "transaction.records_max": 200})
    service = Service(place, [program, "run", "--config", config, "--create-topics", *SESSION])
    wait_until_done(place, service, GROUP, PARTITIONS, 60, "after the start")
    for seconds in outages:
        outage(place, lines, service, seconds)
    if service.end() != 0:
        raise Failed(
            f"run ended with {service.child.returncode} when it was told to:\n{tail(service.child, 40)}")
    place.run(program, "run", "--config", config, "--until-end", *SESSION)
    judge(place, program, GROUP, book, PARTITIONS)
    place.leave()


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--seconds", default="10,30")
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--outages", type=int, default=1, help="of a run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=int, default=20_000)
    parser.add_argument("--kafka-version")
    arguments = parser.parse_args()
    if not arguments.runs:
        one_run(arguments, [float(text) for text in arguments.seconds.split(",")])
        return
    failed = 0
    for number in range(arguments.runs):
        chance = random.Random(f"{arguments.seed}/{number}")
        outages = [
            math.exp(chance.uniform(math.log(SHORTEST), math.log(LONGEST))) for _ in range(arguments.outages)]
        say(f"run {number + 1} of {arguments.runs}: " + ", ".join(f"{seconds:.1f} s" for seconds in outages))
        failed += not passes(one_run, arguments, outages)
    say(f"{arguments.runs - failed} of {arguments.runs} runs are equal to a replay")
    if failed:
        raise Failed(f"{failed} runs differ")


main(test)
