"""What the conductor does to the broker: kill -9 and resume, connections that break."""
import os
import signal
import subprocess
import threading

import kafka_client
from harness import KAFKA_SH, say


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
                if subprocess.run([KAFKA_SH, "resume", self.directory], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL).returncode == 0:
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
            done = subprocess.run(["ss", "-K", "-n", "state", "established", "dport", "=", port],
                                  capture_output=True, text=True)
        except FileNotFoundError:
            return False
        if "ESTAB" in done.stdout or done.stdout.count("\n") > 1:
            self.breaks += 1
        return os.geteuid() == 0 and done.returncode == 0
