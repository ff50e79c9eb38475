"""`bundelwacht run` under a supervisor, as systemd would be (Restart=on-failure, but not for what a restart cannot help)."""
import os
import pathlib
import signal
import time

from harness import Failed, tail

COMES_AGAIN = (69, 75)  # the broker is not reached; the group has forgotten us, or another had our place


class Service:
    """One process at a time. `look` starts it again when it has ended; a code that no restart helps is a failure."""

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
        if code not in COMES_AGAIN:
            raise Failed(f"run ended by itself with {code}:\n{tail(self.child, 40)}")
        self.ends.append(code)
        time.sleep(0.2)
        self.start()
        return True

    def is_stopped(self):
        """By a SIGSTOP; here that is a failpoint (BUNDELWACHT_STOP_AT)."""
        try:
            return pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
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
