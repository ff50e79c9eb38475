#!/usr/bin/python3
"""What /metrics, /livez, /readyz and /healthz say of a `run` on a broker is what came out of it.

    figures.py --program build/release/bundelwacht [--lines 20000] [--promtool FILE]

--promtool   Prometheus' own checker of metrics (Debian: prometheus), which must have nothing to say
"""
import argparse
import collections
import http.client
import json
import re
import socket
import subprocess
import time

from harness import *

PARTITIONS, GROUP, WAIT_SECONDS = 4, "figures", 120
SAMPLE = re.compile(r'^([a-z_]+)(?:\{(.*)\})? (-?[0-9.]+)$')
LABEL = re.compile(r'([a-z]+)="([^"]*)"')


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Page:
    def __init__(self, port):
        self.port = port

    def ask(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, body

    def samples(self, **headers):
        """Name and labels to value."""
        status, _, body = self.ask("/metrics", **headers)
        expect(status == 200, f"/metrics answered {status}")
        found = {}
        for line in body.splitlines():
            if line.startswith("#"):
                continue
            match = SAMPLE.match(line)
            expect(match, f"no sample: {line}")
            key = match[1], tuple(LABEL.findall(match[2] or ""))
            expect(key not in found, f"twice: {line}")
            found[key] = float(match[3])
        return found


def wait_for(what, holds):
    until = time.monotonic() + WAIT_SECONDS
    while not holds():
        expect(time.monotonic() < until, f"{what}: not in {WAIT_SECONDS} s")
        time.sleep(0.2)


def answers(page):
    try:
        return page.ask("/readyz")[0] == 200
    except OSError:
        return False


def caught_up(page, lines):
    samples = page.samples()
    return samples["bundelwacht_records_total", ()] == lines and all(
        value == 0 for (name, _), value in samples.items()
        if name in ("bundelwacht_lag_records", "bundelwacht_outputs_unseen"))


def check_counts(samples, expected, records):
    """By status, by type and action, by reason: as a replay of the log writes them."""
    def of(name):
        return {labels: value for (sample, labels), value in samples.items() if sample == name and value}

    decisions = collections.Counter((("status", record["status"]),) for _, _, _, record in
                                    records(expected["decisions"]))
    alerts = collections.Counter((("type", record["type"]), ("action", record["action"]))
                                 for _, _, _, record in records(expected["alerts"]))
    letters = collections.Counter((("reason", record["reason"]),) for _, _, _, record in
                                  records(expected["dead-letters"]))
    for name, counts in (("decisions", decisions), ("alerts", alerts), ("dead_letters", letters)):
        found = of(f"bundelwacht_{name}_total")
        expect(found == counts, f"{name}: {found} instead of {dict(counts)}")
    outputs = sum(in_all(expected[topic]) for topic in expected)
    expect(samples["bundelwacht_outputs_total", ()] == outputs, "outputs")
    buckets = samples["bundelwacht_commit_seconds_bucket", (("le", "+Inf"),)]
    expect(buckets == samples["bundelwacht_transactions_total", ()] > 0, "the histogram of commits")
    served = [value for (name, _), value in samples.items() if name == "bundelwacht_partition_served"]
    expect(served == [1] * PARTITIONS, f"served: {served}")
    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds",
                 "process_open_fds", "process_threads"):
        expect(samples[name, ()] > 0, name)
    expect(abs(samples["process_start_time_seconds", ()] - time.time()) < 3600, "when it started")
    return sum(decisions.values()), sum(alerts.values()), sum(letters.values())


def check_forms(page, promtool):
    _, headers, plain_form = page.ask("/metrics")
    expect(headers["Content-Type"].startswith("text/plain; version=0.0.4"), headers["Content-Type"])
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    _, headers, open_form = page.ask("/metrics", **accept)
    expect(headers["Content-Type"].startswith("application/openmetrics-text"), headers["Content-Type"])
    expect(open_form.endswith("# EOF\n") and "# EOF" not in plain_form, "the end of OpenMetrics")
    expect(page.samples(**accept).keys() == page.samples().keys(), "the two forms have other samples")
    shown = re.search(r'="p\d+"|insured=|\d{9}-', plain_form)
    expect(not shown, f"a person shows: {shown and shown[0]}")
    if promtool:
        done = subprocess.run([promtool, "check", "metrics"], input=plain_form, text=True,
                              capture_output=True)
        expect(done.returncode == 0 and not done.stdout + done.stderr,
               f"promtool: {done.stdout}{done.stderr}")
        say("promtool has nothing to say")


def check_border(page):
    expect(page.ask("/metrics", "POST")[0] == 405, "POST is taken")
    expect(page.ask("/nothing")[0] == 404, "/nothing is there")
    status, _, body = page.ask("/metrics", "HEAD")
    expect((status, body) == (200, ""), "HEAD")
    status, _, body = page.ask("/healthz")
    health = json.loads(body)
    expect(body.count("\n") == 1 and health["ready"] and health["partitions"] == PARTITIONS, body)


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--lines", type=int, default=20000)
    parser.add_argument("--promtool")
    arguments = parser.parse_args()
    book, port = ROOT / "config/book.yaml", free_port()
    place, page = Place(), Page(port)
    place.client.create_topic("declarations", PARTITIONS, {"retention.ms": "-1"})
    place.generate(arguments.program, arguments.lines, 7)
    key = b"p1"
    place.client.produce("declarations", kafka_client.partition_of(key, PARTITIONS), [(key, b"\1", 0)])
    config = place.config(GROUP, book, workers=2, **{"ops.listen": f"127.0.0.1:{port}"})
    child = place.start(arguments.program, "run", "--config", config, "--create-topics")
    wait_for("ready", lambda: answers(page))
    wait_for("caught up", lambda: caught_up(page, arguments.lines + 1))

    expected, _ = place.judge(arguments.program, GROUP, book, PARTITIONS)
    counts = check_counts(page.samples(), expected, lambda topic: (entry for partition in topic
                                                                   for entry in partition))
    say("%d decisions, %d alerts, %d dead letters: counted as a replay writes them" % counts)
    check_forms(page, arguments.promtool)
    check_border(page)

    # a process that waits for a broker lives
    place.kill_broker()
    time.sleep(2)
    expect(page.ask("/livez")[0] == 200, "/livez looks at Kafka")
    place.resume_broker().wait()
    wait_for("ready again", lambda: answers(page))

    # the address is taken: said, and no failure
    other = place.start(arguments.program, "run", "--config",
                        place.config("second", book, workers=1, **{"ops.listen": f"127.0.0.1:{port}"}),
                        "--until-end", "--create-topics")
    expect(other.wait(WAIT_SECONDS) == 0, f"a taken address ends it:\n{tail(other)}")
    expect("cannot listen on" in other.log.read_text(), "a taken address is not said")
    child.terminate()
    expect(child.wait(WAIT_SECONDS) == 0, f"it did not end well:\n{tail(child)}")
    place.run(arguments.program, "run", "--config", config, "--ops-listen", "here", expected=78)
    say("a process without its broker lives; a taken address is said, a wrong one refused")


main(test)
