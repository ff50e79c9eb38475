#!/usr/bin/python3
"""A soak on a real broker: a steady stream for as long as wanted, with checkpoints all the while; resident
memory may not grow beyond what the state grows, no partition may stand still for long, and at the end
everything is as `replay` writes it.

    soak.py --program build/release/bundelwacht [--minutes 30] [--rate 1000]

Not part of `./dev test`. What came out is in README.md here."""
import argparse
import pathlib
import re
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "broker"))
from harness import *

PARTITIONS = 8
SAMPLE_SECONDS = 5


def resident_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def state_mb(state):
    """What the last checkpoint of every partition says that its state is, packed; and in how many records."""
    return sum(path.stat().st_size for path in newest(state).values()) / 1e6


def newest(state):
    files = {}
    for path in sorted(state.glob("checkpoint-*.bwc")):
        files[path.name.split("-")[1]] = path
    return files


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=int, default=1000)
    arguments = parser.parse_args()
    place = Place()
    place.client.create_topic("declarations", PARTITIONS, {"retention.ms": "-1"})
    config = place.config("soak", ROOT / "config/book.yaml",
                          **{"workers": 2, "state.checkpoint_after": "20ms"})
    child = place.start(arguments.program, "run", "--config", config, "--create-topics")
    begin, seed, loaded, samples = time.monotonic(), 0, 0, []
    chunk = arguments.rate * SAMPLE_SECONDS
    while time.monotonic() - begin < 60 * arguments.minutes:
        seed += 1
        tick = time.monotonic()
        place.generate(arguments.program, chunk, seed, "declarations", "--persons", 20000)
        loaded += chunk
        place.children = [c for c in place.children if c.poll() is None]
        time.sleep(max(0, SAMPLE_SECONDS - (time.monotonic() - tick)))
        if child.poll() is not None:
            raise Failed("run ended by itself:\n" + tail(child))
        samples.append(
            (time.monotonic() - begin, loaded, resident_mb(child.pid), state_mb(place.path / "state-soak")))
        if seed % 12 == 1:
            say("%5.0f s  %9d lines  resident %7.1f MB  checkpoints %6.1f MB" % samples[-1])
    child.send_signal(signal.SIGTERM)
    if child.wait(120):
        raise Failed("run did not end well:\n" + tail(child))
    say(tail(child, 2))
    longest = [
        float(ms) for ms in re.findall(
            r"a batch ([\d.]+) ms, a commit ([\d.]+) ms, a slice of a checkpoint ([\d.]+) ms",
            child.log.read_text())[-1]]
    half = samples[len(samples) // 2]
    end = samples[-1]
    grown, lines = end[2] - half[2], end[1] - half[1]
    say(
        f"second half: {lines} lines, resident memory grew by {grown:.1f} MB, {grown * 1e6 / lines:.0f} bytes"
        f" a line; the longest batch {longest[0]} ms, commit {longest[1]} ms, slice of a checkpoint"
        f" {longest[2]} ms"
    )
    # 56 bytes an identity-only line in tables that double, 250 and what was sent for one of six that is kept.
    if grown * 1e6 / lines > 400:
        raise Failed("memory grew beyond what the state needs")
    say("as replay:", place.judge(arguments.program, "soak", ROOT / "config/book.yaml", PARTITIONS)[1])


main(test)
