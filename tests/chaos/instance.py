"""One process of the group: its instance, what is to become of it, and what it says."""
import collections
import os
import random
import re
import resource
import signal
import subprocess
import threading
import time

RESOLVED = re.compile(r"of \d+ outputs at hand (\d+) are missing|(they are made again)")
CHANGED = re.compile(r"book changed at (\d+)/(\d+)")
BEGUN = re.compile(r'book changes at (\d+)/(\d+): \\?"[^"\\]*\\?" to \\?"([^"\\]*)')
NOTED = {
    "in doubt": "is looked up in the log",
    "lost": "given to somebody else",
    "hanging": "did not become visible",
    "borrowed": "is no longer in the group",
    "changes begun": "book changes at",
    "checkpoints": "checkpoint of partition",
    "checkpoints loaded": "loaded the checkpoint",
    "checkpoints not written": "no checkpoint of",
    "older book": "was started with the older", }


def answer_of(found):
    """What the program saw in its output topics of one partition."""
    return "made again" if found[2] else "all there" if found[1] == "0" else "some missing"


class Tally:
    """What all processes of a run said, counted by threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.resolved = collections.Counter()
        self.noted = collections.Counter()
        self.changed = {}  # (partition, offset): the serials that were changed to, once it was committed

    def hear(self, line, begun):
        """`begun`: what the same life began to change, (partition, offset): serial."""
        resolved, changed, begins = RESOLVED.search(line), CHANGED.search(line), BEGUN.search(line)
        if begins:
            begun[int(begins[1]), int(begins[2])] = begins[3]
        with self.lock:
            if resolved:
                self.resolved[answer_of(resolved)] += 1
            place = (int(changed[1]), int(changed[2])) if changed else None
            if place in begun:
                self.changed.setdefault(place, []).append(begun[place])
            for name, words in NOTED.items():
                if words in line:
                    self.noted[name] += 1


class Life:
    """One start of a process until its end."""

    def __init__(self, program, arguments, fate, log_path, tally):
        self.fate, self.log_path, self.tally = fate, log_path, tally
        environment = {key: value for key, value in os.environ.items() if not key.startswith("BUNDELWACHT_")}
        if fate and fate.place:
            environment["BUNDELWACHT_FAILPOINT_KILL"] = f"{fate.place}:{fate.count}"
        self.began = time.monotonic()
        self.live_at = 0.0
        self.live = self.ghost = self.revoked = False
        self.stays_away_seconds = 0.0
        self.frozen_until = None
        self.tail = collections.deque(maxlen=60)
        self.begun = {}
        # A full disk, where nothing can be mounted, is a limit on the size of files (Disk): an error, not a
        # signal.
        self.child = subprocess.Popen([program, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
                                      preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        with open(self.log_path, "a", encoding="utf-8") as log:
            log.write(f"--- {time.monotonic():.2f} start of {self.child.pid}, to end by {self.fate}\n")
            for raw in self.child.stdout:
                line = raw.decode(errors="replace")
                log.write(f"{time.monotonic():.2f} {line}")
                log.flush()
                self.tail.append(line)
                self.tally.hear(line, self.begun)
                if not self.live and ": has " in line and " partitions" in line:
                    self.live, self.live_at = True, time.monotonic()

    def age(self):
        return time.monotonic() - self.began

    def has_ended(self):
        return self.child.poll() is not None

    def freeze(self, seconds):
        self.child.send_signal(signal.SIGSTOP)
        self.frozen_until = time.monotonic() + seconds

    def thaw(self):
        self.child.send_signal(signal.SIGCONT)
        self.frozen_until = None

    def kill(self):
        self.child.kill()
        self.child.wait()

    def end(self):
        """What is said is heard to its end."""
        self.reader.join(5)
        return self.child.returncode

    def talk(self):
        return "".join(self.tail)


class Fate:
    """How a life is to end: at a named place of the program, the n-th time, or (place None) at a moment of
    the clock."""

    PLACES = {  # the phase of the table: the place in the program, and how late it may be
        "transaction": 14,
        "offsets": 14,
        "end_txn": 14,
        "end_txn_sent": 14,
        "revoke": 2,
        "restore": 3,
        "checkpoint": 8,
        "checkpoint_rename": 8,
        "book_step": 14,
    }

    def __init__(self, phase, chance: random.Random):
        self.phase = phase
        self.place = phase if phase in self.PLACES else None
        self.count = chance.randint(1, self.PLACES.get(phase, 1))
        self.after = chance.uniform(0.1, 4.0) if self.place is None else 9.0
        self.after_live = chance.uniform(0.2, 2.5)  # then a revoke is brought about

    def __str__(self):
        return f"{self.phase}:{self.count}" if self.place else f"{self.phase} after {self.after:.1f} s"


class Disk:
    """The disk below the state directories: full, where root may mount one; else files that may not grow (one
    process at a time)."""

    def __init__(self, path, megabytes):
        self.path = path
        path.mkdir(exist_ok=True)
        self.mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", path],
            stderr=subprocess.DEVNULL).returncode == 0
        self.full_until = None
        self.times = 0

    def fill(self, seconds, lives):
        self.full_until = time.monotonic() + seconds
        self.times += 1
        if self.mounted:
            try:
                with open(self.path / "filler", "wb", buffering=0) as file:
                    while file.write(b"\0" * 65536):
                        pass
            except OSError:
                pass
            return
        for life in lives:
            limit(life, 4096)

    def drain(self, lives):
        self.full_until = None
        if self.mounted:
            (self.path / "filler").unlink(missing_ok=True)
            return
        for life in lives:
            limit(life, resource.RLIM_INFINITY)

    def leave(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.path], stderr=subprocess.DEVNULL)


def limit(life, size):
    try:
        _, hard = resource.prlimit(life.child.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(life.child.pid, resource.RLIMIT_FSIZE, (size, hard))
    except (ProcessLookupError, ValueError, PermissionError):
        pass
