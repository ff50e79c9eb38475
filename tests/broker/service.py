"""`bundelwacht run` under a supervisor, as systemd would be (Restart=on-failure, but not for what a restart
cannot help); until when it has work to do, and whether what came out is right."""
import pathlib
import signal
import struct
import sys
import time

from harness import ROOT, Failed, kafka_client, say, tail

sys.path.insert(0, str(ROOT / "tests/chaos"))
import verdict  # noqa: E402

# librdkafka 2.0.2 ends the process by an assertion of its own, seldom, when a broker goes away under a
# question
LIBRARYS_OWN = "rdkafka_queue.h"
COMES_AGAIN = (69, 75)  # the broker is not reached; the group has forgotten us, or another had our place


class Service:
    """One process at a time. `look` starts it again when it has ended; a code that no restart helps is a
    failure."""

    def __init__(self, place, command, environment=None):
        self.place, self.command, self.environment = place, list(map(str, command)), dict(environment or {})
        self.starts, self.ends, self.lives = 0, [], []
        self.start()

    def start(self):
        self.child = self.place.start(*self.command, environment=self.environment)
        self.lives.append(self.child)
        self.starts += 1

    def look(self):
        """True when it had ended, and was started again."""
        code = self.child.poll()
        if code is None:
            return False
        if code not in COMES_AGAIN and not (code == -signal.SIGABRT and LIBRARYS_OWN in tail(self.child, 3)):
            raise Failed(f"run ended by itself with {code}:\n{tail(self.child, 40)}")
        self.ends.append(code)
        time.sleep(0.2)
        self.start()
        return True

    def is_stopped(self):
        """By a SIGSTOP; here that is a failpoint (BUNDELWACHT_FAILPOINT_STOP)."""
        try:
            return pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(
                ")")[2].split()[0] == "T"
        except FileNotFoundError:
            return False

    def go_on(self):
        self.child.send_signal(signal.SIGCONT)

    def kill(self):
        self.child.kill()
        self.child.wait()

    def end(self, seconds=60):
        """In order; whatever it is stopped at is passed."""
        self.child.send_signal(signal.SIGTERM)
        until = time.monotonic() + seconds
        while self.child.poll() is None and time.monotonic() < until:
            if self.is_stopped():
                self.go_on()
            time.sleep(0.05)
        if self.child.poll() is None:
            raise Failed(f"run did not end in {seconds} s:\n{tail(self.child, 40)}")
        return self.child.returncode

    def said(self, words):
        """How often, in all lives."""
        return sum(child.log.read_text(errors="replace").count(words) for child in self.lives)


def left(place, group, partitions):
    """Records that are in the topic of declarations, and not committed by the group."""
    client = kafka_client.Kafka(place.bootstrap)
    ends, places = client.ends("declarations", partitions), client.committed(group, "declarations",
                                                                             partitions)
    client.close()
    if -1 in ends:
        raise RuntimeError("a partition has no leader")
    return sum(ends) - sum(max(0, offset) for offset, _ in places)


def wait_until_done(place, service, group, partitions, seconds, words):
    """Until everything is committed; how long it took."""
    begin = time.monotonic()
    while True:
        service.look()
        try:
            count = left(place, group, partitions)
        except (OSError, RuntimeError, AssertionError, struct.error) as error:
            count = error  # the coordinator is not there yet
        if count == 0:
            return time.monotonic() - begin
        if time.monotonic() - begin > seconds:
            raise Failed(f"{count} records are not committed {seconds} s {words}:\n{tail(service.child, 40)}")
        time.sleep(0.05)


def judge(place, program, group, book, partitions, *more):
    """What readers see against one replay of the log: the tally, and a failure when they differ."""
    dump = place.path / "judged"
    place.run(program, "dump", "--bootstrap-servers", place.bootstrap, "--topic", "declarations", "--out",
              dump)
    expected = verdict.replay(place, program, "golden", book, sorted(dump.glob("*.dump")), partitions, *more)
    tally = verdict.compare_all(place, group, "declarations", partitions, expected)
    say("against replay:", dict(tally))
    if any(tally[name] for name in ("lost", "doubled", "phantom", "moved")):
        raise Failed("what a reader sees is not what replay writes")
    return tally
