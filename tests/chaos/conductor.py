"""The seeded schedule of a run: whose life ends how, and what happens to the broker, the disk and the group
meanwhile.

Every life has a fate, drawn from a deck so that each phase has its share. The seed decides the cards; what a
card meets is up to the machine."""
import collections
import re
import shutil
import signal
import struct
import subprocess
import time

from harness import Failed, say
from instance import Disk, Fate, Life, Tally

FATES = (["random"] * 5 + ["transaction"] * 3 + ["offsets"] * 3 + ["end_txn"] * 3 + ["end_txn_sent"] * 3 +
         ["revoke"] * 3 + ["restore"] * 3 + ["checkpoint"] * 2 + ["checkpoint_rename"] * 2 +
         ["book_step"] * 3)
EVENTS = (["breaks"] * 20 + ["freeze"] * 11 + ["zombie"] * 3 + ["broker kill"] * 2 + ["broker outage"] +
          ["full disk"] * 4 + ["damage"] * 6 + ["away"] * 5 + ["term"] * 4)
STALLED_SECONDS = 90
CHANGE_SECONDS = 12  # between two changes of book
GHOST_SECONDS = 60
LIFE_SECONDS_MAX = 40
# What a process may end with by itself, and why; anything else is a failure of the run.
KNOWN_ENDS = [
    (
        75,
        "fenced",
        re.compile(
            r"another process has our place|fenced|is held by another process|newer producer|same"
            r" transactional|locked|PRODUCER_FENCED",
            re.I,
        ),
    ),
    (69, "broker away", re.compile(r"")),
    (78, "full disk", re.compile(r"none could be written|No space left|File too large")),
    (1, "full disk", re.compile(r"No space left|File too large|none could be written")),
    (1, "stopped in an upload", re.compile(r"told to stop.*stopped while a checkpoint was on its way", re.S)),
]


class Deck:
    def __init__(self, cards, chance):
        self.cards, self.chance, self.left = cards, chance, []

    def draw(self, fits=lambda card: True):
        for _ in range(2):
            for i, card in enumerate(self.left):
                if fits(card):
                    return self.left.pop(i)
            more = list(self.cards)
            self.chance.shuffle(more)
            self.left += more
        raise Failed("no card fits")


class Instance:
    def __init__(self, number, directory):
        self.number, self.directory = number, directory
        self.life = None
        self.ghosts = []
        self.start_at = 0.0
        self.successors = 0
        self.successor_directory = None  # while a ghost holds the lock of the other


class Conductor:
    def __init__(self, stage, chance, cycles, more_events=()):
        self.stage, self.chance, self.cycles = stage, chance, cycles
        self.place, self.broker = stage.place, stage.broker
        self.tally = Tally()
        self.kills, self.events, self.ends = collections.Counter(), collections.Counter(
        ), collections.Counter()
        self.fates, self.event_deck = Deck([card for card in FATES if card in stage.phases],
                                           chance), Deck(EVENTS + list(more_events) * len(EVENTS), chance)
        self.began = time.monotonic()
        self.disk = Disk(self.place.path / "states", 48)
        self.instances = [
            Instance(i, self.disk.path / ("shared" if stage.shared else f"own-{i}"))
            for i in range(stage.processes)]
        self.books = 0
        self.book_at = 0.0
        self.book = stage.book_of(0)
        self.changes = {}  # (partition, offset): serial
        self.progress, self.progress_at = None, time.monotonic()
        self.damaged = {}
        self.damage_wanted = 0
        self.next_event_at = self.began + 3
        self.next_look_at = 0.0
        self.client = None
        self.outage_until = None

    def say(self, *words):
        if self.stage.verbose:
            say(f"{time.monotonic() - self.began:7.2f}", *words)

    def lives(self):
        return [instance.life for instance in self.instances if instance.life]

    # --- lives ---

    def draw_fate(self, instance):
        now = time.monotonic()
        may_change = (
            self.stage.may_change_book and now - self.book_at > CHANGE_SECONDS and not self.disk.full_until
        )
        fate = Fate(self.fates.draw(lambda card: card != "book_step" or may_change), self.chance)
        if fate.phase == "book_step":
            self.books += 1
            self.book_at = now
            self.book = self.stage.book_of(self.books)
        return fate

    def start(self, instance, fate=None, *more):
        directory = instance.successor_directory if instance.ghosts else instance.directory
        directory.mkdir(parents=True, exist_ok=True)
        arguments = self.stage.arguments(instance.number, directory, self.book) + list(more)
        instance.life = Life(self.stage.program, arguments, fate,
                             self.place.path / f"instance-{instance.number}.log", self.tally)
        self.place.children.append(instance.life.child)
        self.say(f"process {instance.number} starts ({instance.life.child.pid}), to end by {fate}")

    def note_end(self, instance):
        life = instance.life
        code = life.end()
        instance.life = None
        pause = self.chance.choice((0, 0, self.chance.uniform(0, 1.5), self.chance.uniform(0, 5)))
        instance.start_at = time.monotonic() + (life.stays_away_seconds or pause)
        if code == -signal.SIGKILL:
            phase = life.fate.phase if life.fate and life.fate.place and not life.ghost else "random"
            self.kills[phase] += 1
            self.say(f"process {instance.number}: kill -9, {phase}, after {life.age():.1f} s")
            self.maybe_damage(instance)
            return
        self.explain_end(instance.number, life, code, instance)

    def explain_end(self, number, life, code, instance=None):
        if code == 0:
            self.ends["stopped"] += 1
            return
        for known, name, pattern in KNOWN_ENDS:
            if code == known and pattern.search(life.talk()):
                self.ends[name] += 1
                if instance:
                    instance.start_at = time.monotonic() + 1
                self.say(f"process {number} ended with {code} ({name}): {life.talk().splitlines()[-2:]}")
                return
        raise Failed(f"process {number} ended by itself with {code}:\n{life.talk()[-4000:]}")

    def look_after(self, instance, now):
        life = instance.life
        if life is None:
            if now >= instance.start_at:
                self.start(instance, self.draw_fate(instance))
            return
        if life.has_ended():
            self.note_end(instance)
        elif life.frozen_until is not None:
            if now >= life.frozen_until:
                life.thaw()
        elif (
            life.fate.phase == "revoke"
            and not life.revoked
            and life.live
            and now > life.live_at + life.fate.after_live
        ):
            self.bring_about_a_revoke(instance)
        elif self.is_over(life, now):
            life.fate.place = None  # it did not come to that: a kill at a moment of the clock
            life.kill()

    def is_over(self, life, now):
        if life.fate.place is None or life.age() > LIFE_SECONDS_MAX:
            return life.age() > life.fate.after
        return life.live and not self.broker.away and now > life.live_at + life.fate.after

    def bring_about_a_revoke(self, instance):
        instance.life.revoked = True
        others = [
            other for other in self.instances
            if other is not instance and other.life and other.life.frozen_until is None]
        if others and self.chance.random() < 0.5:
            self.send_away(self.chance.choice(others))
        else:
            instance.life.child.send_signal(signal.SIGTERM)

    def send_away(self, instance):
        """Stopped for longer than the session: the others get its partitions, and give them back later."""
        instance.life.child.send_signal(signal.SIGTERM)
        instance.life.stays_away_seconds = self.stage.session_seconds + self.chance.uniform(0, 4)

    def look_after_ghosts(self, instance):
        for ghost in list(instance.ghosts):
            if ghost.frozen_until is not None and time.monotonic() >= ghost.frozen_until:
                ghost.thaw()
            if ghost.has_ended():
                self.ends["ghost"] += 1
                code = ghost.end()
                if code not in (75, -signal.SIGKILL, 0):
                    self.explain_end(f"{instance.number} (ghost)", ghost, code)
                instance.ghosts.remove(ghost)
            elif ghost.age() > ghost.ghost_age + GHOST_SECONDS:
                raise Failed(f"the ghost of process {instance.number} lives:\n{ghost.talk()[-4000:]}")

    # --- damage while it is down ---

    def maybe_damage(self, instance):
        if self.damage_wanted == 0:
            return
        newest = collections.defaultdict(list)
        for path in instance.directory.glob("checkpoint-*.bwc"):
            _, partition, offset, *_ = path.name.split("-")
            newest[int(partition)].append((int(offset), path))
        for partition, files in newest.items():
            files.sort()
            since = max((offset for p, offset in self.changes if p == partition), default=-1)
            whole = [
                path for offset, path in files
                if offset >= since and self.damaged.get(path) != path.stat().st_mtime_ns]
            if len(whole) >= 2 and (self.stage.shared is False or not self.others_live(instance)):
                self.damage(whole[-1])
        self.damage_wanted -= 1

    def others_live(self, instance):
        return any(other.life for other in self.instances if other is not instance)

    def damage(self, path):
        data = bytearray(path.read_bytes())
        kind = self.chance.choice(("torn", "flipped", "empty", "gone"))
        if kind == "torn":
            path.write_bytes(data[: self.chance.randrange(len(data) or 1)])
        elif kind == "flipped" and data:
            data[self.chance.randrange(len(data))] ^= 1 << self.chance.randrange(8)
            path.write_bytes(data)
        elif kind == "empty":
            path.write_bytes(b"")
        else:
            path.unlink()
        if kind != "gone":
            self.damaged[path] = path.stat().st_mtime_ns
        self.events["files damaged"] += 1
        self.say(f"{path.name} is {kind}")

    # --- events ---

    def event(self, now):
        if now < self.next_event_at:
            return
        self.next_event_at = now + self.chance.uniform(0.8, 4)
        card = self.event_deck.draw()
        running = [
            instance for instance in self.instances if instance.life and not instance.life.has_ended() and
            instance.life.frozen_until is None and instance.life.live]
        instance = self.chance.choice(running) if running else None
        if card == "breaks":
            for _ in range(self.chance.randint(2, 8)):
                if not self.broker.away and self.broker.break_connections():
                    self.events["connections broken"] += 1
                time.sleep(self.chance.uniform(0.02, 0.15))
            return
        if card == "full disk":
            if not self.disk.full_until:
                self.disk.fill(self.chance.uniform(2, 6), self.lives())
        elif card == "damage":
            self.damage_wanted += 1
            return
        elif card in ("broker kill", "broker outage"):
            if self.outage_until or self.broker.away:
                return
            self.broker.kill()
            self.outage_until = now + (self.chance.uniform(0, 2) if card == "broker kill" else
                                       self.stage.session_seconds + self.chance.uniform(2, 5))
        elif instance is None:
            return
        elif card == "freeze":
            instance.life.freeze(self.freeze_seconds())
        elif card == "zombie" and instance.ghosts:
            return
        elif card == "zombie":
            self.replace_by_successor(instance)
        elif card == "away":
            self.send_away(instance)
        elif card == "term":
            instance.life.child.send_signal(signal.SIGTERM)
        self.events[card] += 1
        self.say(card, instance.number if instance else "")

    def freeze_seconds(self):
        """Past the session: a zombie. Past the transaction only: the coordinator aborts it, the partitions
        stay. Or neither."""
        draw = self.chance.random()
        if draw < 0.1:
            return self.chance.uniform(0.3, 2)
        if draw < 0.6 and self.stage.transaction_seconds < self.stage.session_seconds:
            return self.chance.uniform(self.stage.transaction_seconds + 1, self.stage.session_seconds - 0.5)
        return self.stage.session_seconds + self.chance.uniform(1.5, 4)

    def replace_by_successor(self, instance):
        """The machine seemed dead, another took its place with a copy of its disk, and then it wakes."""
        ghost = instance.life
        ghost.ghost = True
        ghost.freeze(self.stage.session_seconds + self.chance.uniform(0, 3))
        ghost.ghost_age = ghost.age()
        instance.ghosts.append(ghost)
        instance.successors += 1
        instance.successor_directory = self.place.path / f"successor-{instance.number}-{instance.successors}"
        shutil.copytree(instance.directory, instance.successor_directory,
                        ignore=shutil.ignore_patterns("filler", "*.lock", "*.part"), dirs_exist_ok=True,
                        ignore_dangling_symlinks=True, copy_function=copy_if_there)
        instance.life = None
        instance.start_at = 0

    def mend(self, now):
        if self.outage_until and now >= self.outage_until:
            self.outage_until = None
            self.broker.resume()
        if self.disk.full_until and now >= self.disk.full_until:
            self.disk.drain(self.lives())

    # --- progress ---

    def look(self, now):
        """What the group has committed: does it move, and since when does a book hold?"""
        if now < self.next_look_at:
            return
        self.next_look_at = now + 0.5
        if self.broker.away:
            self.client = None
            self.progress_at = now
            return
        try:
            self.client = self.client or self.broker.client()
            places = self.client.committed(self.stage.group, self.stage.topic, self.stage.partitions)
        except (OSError, RuntimeError, AssertionError, struct.error):  # it starts, or it broke off
            self.client = None
            return
        self.note_changes(places)
        if places != self.progress:
            self.progress, self.progress_at = places, now
        elif now - self.progress_at > STALLED_SECONDS:
            raise Failed(f"nothing was committed for {STALLED_SECONDS} s:\n" +
                         "\n".join(life.talk()[-2000:] for life in self.lives()))

    def note_changes(self, places):
        for partition, (_, metadata) in enumerate(places):
            note = dict(part.partition("=")[::2] for part in metadata.split(";"))
            if "since" not in note:
                continue
            # A partition that began under a later book than the first: as if it were changed before there was
            # anything.
            serials = self.changes.setdefault((partition, max(0, int(note["since"]))), [])
            if note["serial"] not in serials and self.stage.number_of(note["serial"]) > 0:
                serials.append(note["serial"])

    def all_changes(self):
        """(partition, offset, serial) in the order in which they were committed: as the commits say, and the
        processes."""
        for (partition, offset), said in self.tally.changed.items():
            serials = self.changes.setdefault((partition, offset), [])
            for serial in said:
                if serial not in serials:
                    self.say(f"a change at {partition}/{offset} to {serial} was not seen in the commits")
                    serials.append(serial)
        rows = [(*place, serial) for place, serials in self.changes.items() for serial in serials]
        return sorted(rows, key=lambda row: (row[0], row[1], self.stage.number_of(row[2])))

    # --- the whole ---

    def run(self):
        while sum(self.kills.values()) < self.cycles:
            now = time.monotonic()
            for instance in self.instances:
                self.look_after(instance, now)
                self.look_after_ghosts(instance)
            self.event(now)
            self.mend(now)
            self.look(now)
            time.sleep(0.02)

    def calm_down(self):
        """Everybody awake, stopped and gone; the broker and the disk are well again."""
        if self.outage_until:
            self.outage_until = None
            self.broker.resume()
        self.broker.wait()
        self.disk.drain(self.lives())
        for instance in self.instances:
            for life in [instance.life] + instance.ghosts:
                if not life:
                    continue
                if life.frozen_until is not None:
                    life.thaw()
                life.child.send_signal(signal.SIGTERM)
        for instance in self.instances:
            for life in [instance.life] + instance.ghosts:
                if life:
                    self.wait_end(instance, life, 120)
            instance.life, instance.ghosts = None, []

    def wait_end(self, instance, life, seconds):
        try:
            life.child.wait(seconds)
        except Exception:
            raise Failed(
                f"process {instance.number} did not end in {seconds}"
                f" s:\n{backtraces(life.child.pid)}\n{life.talk()[-4000:]}"
            )
        code = life.end()
        if code == -signal.SIGKILL:
            self.kills[life.fate.phase] += 1  # its fate caught up with it
        else:
            self.explain_end(instance.number, life, code)

    def drain(self):
        """All instances to the end of the log, until the group is there."""
        for attempt in range(1, 6):
            time.sleep(self.stage.session_seconds if attempt == 1 else 1)
            for instance in self.instances:
                self.start(instance, None, "--until-end")
            for instance in self.instances:
                life = instance.life
                self.wait_end(instance, life, 180)
                instance.life = None
            client = self.broker.client()
            ends = client.ends(self.stage.topic, self.stage.partitions)
            places = client.committed(self.stage.group, self.stage.topic, self.stage.partitions)
            client.close()
            self.note_changes(places)
            left = sum(end - max(0, offset) for end, (offset, _) in zip(ends, places))
            if left == 0:
                return attempt
            self.say(f"{left} records are left after {attempt} times --until-end")
        raise Failed(f"{left} records are not committed after {attempt} times --until-end:\n" + f"{places}")

    def leave(self):
        self.disk.leave()


def backtraces(pid):
    try:
        return subprocess.run(["gdb", "-p", str(pid), "-batch", "-ex", "thread apply all bt 12"],
                              capture_output=True, text=True, timeout=60).stdout[-8000:]
    except (OSError, subprocess.TimeoutExpired):
        return ""


def copy_if_there(source, target, **_):
    try:
        shutil.copyfile(source, target)
    except FileNotFoundError:
        pass
