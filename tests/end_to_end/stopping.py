#!/usr/bin/python3
"""`run` where no broker answers: how it ends.

    stopping.py --program build/release/bundelwacht [CASE...]
"""
import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import BOOK, ROOT, Bench, expect, main_of  # noqa: E402

UNREACHABLE, SECONDS_MAX = 69, 120


def nobody_there():
    """An address that refuses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def start(bench):
    schemas = bench.path("schemas")
    os.mkdir(schemas)
    with open(os.path.join(ROOT, "schemas/declaration.avsc"), encoding="utf-8") as text:
        bench.write("schemas/1.avsc", text.read().encode())
    os.mkdir(bench.path("state"))
    config = bench.write("run.yaml", (
        f"input: {{topic: declarations, schemas: {schemas}}}\nrules: {{book: {BOOK}}}\n"
        f"state: {{directory: {bench.path('state')}}}\nops: {{listen: none}}\n"
        f"kafka: {{bootstrap.servers: \"{nobody_there()}\"}}\n").encode())
    child = subprocess.Popen([bench.program, "run", "--config", config], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True)
    said = ""
    while "librdkafka" not in said:  # from here on it hears signals
        line = child.stderr.readline()
        expect(line, f"it ended: {said}")
        said += line
    return child


def case_without_a_broker_it_is_unreachable(bench):
    child = start(bench)
    said = child.communicate(timeout=SECONDS_MAX)[1]
    expect(child.returncode == UNREACHABLE, f"it ended with {child.returncode}: {said}")


def case_told_to_stop_before_a_broker_answers_it_has_not_failed(bench):
    for number, code in ((signal.SIGTERM, 0), (signal.SIGINT, 130)):
        bench.folder = bench.path(number.name)
        os.mkdir(bench.folder)
        child = start(bench)
        child.send_signal(number)
        said = child.communicate(timeout=SECONDS_MAX)[1]
        expect(child.returncode == code, f"{number.name}: it ended with {child.returncode}: {said}")
        expect('"error"' not in said, f"{number.name}: it says an error: {said}")


if __name__ == "__main__":
    sys.exit(main_of(globals(), Bench))
