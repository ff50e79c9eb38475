"""What the conductor does to the broker: kill -9 and resume, connections that break, transactions that only an operator can end."""
import os
import signal
import subprocess
import threading
import time

import kafka_client
from harness import KAFKA_SH, Failed, say


class Broker:
    """The one broker of a run. Several threads: `client` makes a connection for each caller."""

    def __init__(self, place):
        self.place, self.bootstrap = place, place.bootstrap
        self.directory = place.path / "broker"
        self.away = False
        self.resuming = None
        self.kills = self.breaks = 0

    def client(self):
        return kafka_client.Kafka(self.bootstrap)

    def kill(self):
        self.away = True
        self.kills += 1
        os.kill(int((self.directory / "pid").read_text()), signal.SIGKILL)

    def resume(self):
        """In a thread of its own: it takes seconds, and the processes live and die meanwhile."""

        def go():
            for _ in range(3):
                if subprocess.run([KAFKA_SH, "resume", self.directory], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
                    self.away = False
                    return
            say("the broker did not come back")

        self.resuming = threading.Thread(target=go, daemon=True)
        self.resuming.start()

    def wait(self):
        if self.resuming:
            self.resuming.join()

    def break_connections(self):
        """All of them, at once; needs root and a kernel that lets `ss` do it. False where it cannot."""
        port = self.bootstrap.rsplit(":", 1)[1]
        try:
            done = subprocess.run(["ss", "-K", "-n", "state", "established", "dport", "=", port], capture_output=True, text=True)
        except FileNotFoundError:
            return False
        if "ESTAB" in done.stdout or done.stdout.count("\n") > 1:
            self.breaks += 1
        return os.geteuid() == 0 and done.returncode == 0


def hanging(place, topics, partitions):
    """Output partitions in which a read_committed reader is held up by a transaction that nobody ends any more."""
    client = kafka_client.Kafka(place.bootstrap)
    found = []
    for topic in topics:
        stable, high = client.ends(topic, partitions, committed=True), client.ends(topic, partitions)
        found += [(topic, p) for p in range(partitions) if 0 <= stable[p] < high[p]]
    client.close()
    return found


def play_operator(place, topic, partition):
    """kafka-transactions.sh abort, for each transaction that is open there."""
    tool = "org.apache.kafka.tools.TransactionsCommand"
    told = place.kafka("java", tool, "--bootstrap-server", place.bootstrap, "describe-producers", "--topic", topic, "--partition", str(partition))
    ended = 0
    for line in told.splitlines()[1:]:
        columns = line.split()
        if len(columns) >= 6 and columns[5] != "None":
            place.kafka("java", tool, "--bootstrap-server", place.bootstrap, "abort", "--topic", topic, "--partition", str(partition),
                        "--start-offset", columns[5])
            ended += 1
    return ended


def end_what_hangs(place, topics, partitions):
    """A transaction of a slot that lost its partition in the same moment as the broker its markers (processor/stream/README.md): the number ended."""
    until = time.monotonic() + 15  # the coordinator ends what has timed out
    while (left := hanging(place, topics, partitions)) and time.monotonic() < until:
        time.sleep(0.5)
    ended = sum(play_operator(place, topic, partition) for topic, partition in left)
    if left and not ended:
        raise Failed(f"transactions hang in {left}, and nobody can end them")
    return ended
