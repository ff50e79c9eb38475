#!/usr/bin/python3
"""Brokers that forget the end of a transaction: exactly once all the same.

Two brokers. The coordinator of transactions, the input and the only controller are on the first, the only
replica of some outputs on the second: partition k of the outputs has its own subset of {decisions, episodes,
alerts, dead letters} there, and the group's offsets are there too or are not, so that one death leaves 15 or
16 of the 31 subsets without markers. `run` stops itself between its offsets and EndTxn
(BUNDELWACHT_FAILPOINT_STOP), with outputs in every topic of every partition; the second broker is killed -9;
when its partitions have no leader, `run` goes on, and its commit is told to succeed. Kafka 4.3.1 and 4.4.0
skip the markers of partitions without a leader then (KAFKA-20734), the others send them when the broker is
back. It comes back, and the service must heal. Nobody else ends a transaction.

With one broker (place `one`) it is killed when some of the markers stand in the logs' files and others do
not: the same happens when it starts again, by chance.

At the end Kafka's own console consumer must read what one undisturbed replay of the log writes, with keys,
values and headers.

    lost_markers.py --program build/release/bundelwacht [--deaths 5] [--places away,here,one] [--fates
                    commit,abort,kill,takeover,book] [--points clear,resolve,claim,heal_send] [--decisions
                    all] [--kafka-version 4.4.0] [--seed 1]

--places   where the group's offsets are: on the broker that dies, on the other, or on the only one there is
--fates    what happens to the process at a death, one after the other: `commit` nothing; `abort` killed
           before it could commit, so that the ABORT of its successor loses markers; `kill` killed within 3 s
           of its commit, the same instance is started again; `takeover` the same, and another process takes
           its place for good; `book` the death is in a step of a change of book
--points   named places at which lives that come after a kill may end themselves (BUNDELWACHT_FAILPOINT_KILL):
           those of healing
"""
import argparse
import collections
import contextlib
import random
import struct

from harness import *
from service import Service

sys.path.insert(0, str(ROOT / "tests/chaos"))
import verdict  # noqa: E402

PARTITIONS, GROUP, INPUT = 16, "lost", "declarations"
FIRST, AWAY = 1, 2  # the brokers
HEAL_SECONDS, KILL_SECONDS, SLICE_SECONDS = 90, 3, 0.0002
# The reconnects are only for the sake of the clock: by default librdkafka waits up to 10 s after a broker's
# return.
TIMES = [
    "--kafka", "consumer.session.timeout.ms=4000", "--kafka", "consumer.heartbeat.interval.ms=500", "--kafka",
    "reconnect.backoff.max.ms=500"]
COMPACTED = {"cleanup.policy": "compact", "compression.type": "producer", "segment.bytes": "104857600"}
WRONG = ("lost", "doubled", "phantom", "moved", "not healed", "stuck")
BSN = b"111222333"  # passes the eleven-test; nobody has it
LINE = {
    "kind": "DEBIT", "credits_id": None, "insurer": 3312, "birth_date": days("1947-05-20"),
    "provider": "06010101", "referrer": None, "specialism": "0303", "diagnosis_system": "DBC",
    "diagnosis": "218", "care_type": "HOSPITAL_DBC", "care_code": "15A001", "subtype": "11",
    "trajectory": "T1", "laterality": "LEFT", "start_date": days("2025-07-01"),
    "end_date": days("2025-07-20"), "quantity": 1}


def topic_name(topic):
    return f"{GROUP}.{topic}.v1"


def subset_of(partition):
    """The output topics of this partition whose only replica is on the broker that dies."""
    return [topic for i, topic in enumerate(TOPICS) if partition >> i & 1]


@contextlib.contextmanager
def before_all_others():
    """The scheduler takes us first, where it may (root): else a busy machine makes a slice of it, and all
    markers are there."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


HOLD_TRIES, HOLD_SECONDS = 12, 20


class Stuck(Exception):
    """No transaction comes any more that has outputs in all topics of all partitions."""


class Lines:
    """Records that bring outputs to all topics of all partitions: of each person a line with a decision, an
    episode and an alert, or one without a bundle; and bad ones, some with a BSN, whose key and value nobody
    may see."""

    def __init__(self):
        self.persons = [[] for _ in range(PARTITIONS)]
        self.named = self.batches = 0

    def person(self, partition):
        while not self.persons[partition]:
            name = f"p{self.named:07}"
            self.named += 1
            self.persons[kafka_client.partition_of(name.encode(), PARTITIONS)].append(name)
        return self.persons[partition].pop()

    def line(self, partition, now, **values):
        name = self.person(partition)
        values = {
            **LINE, "declaration_id": f"06010101-{name}", "insured": name, "amount": 1600000,
            "submitted_at": now, **values}
        return name.encode(), encode_declaration(values), now

    def batch(self):
        """Of each partition its records."""
        self.batches += 1
        now = moment("2025-08-02T00:00:00.000Z") + 60000 * self.batches
        records = []
        for partition in range(PARTITIONS):
            bad = self.person(partition).encode()
            records.append([
                self.line(partition, now), (bad, b"\7 " + (BSN if self.batches % 2 else b"nothing"), now),
                self.line(partition, now, diagnosis="999", amount=4200)])
        return records


class Trial:
    def __init__(self, arguments, name, chance):
        self.arguments, self.name, self.chance = arguments, name, chance
        self.offsets_away, self.dying = name == "away", FIRST if name == "one" else AWAY
        self.program = os.path.abspath(arguments.program)
        self.place = Place(brokers=self.dying, version=arguments.kafka_version)
        self.fates, self.points = arguments.fates.split(","), [
            point for point in arguments.points.split(",") if point]
        self.lines, self.tally = Lines(), collections.Counter()
        self.subsets, self.heals, self.changes = collections.Counter(), [], {}
        self.process, self.books, self.kill_at, self.armed = 0, 0, None, 2
        self.service, self.transactional = None, None
        self.make_topics()

    # --- topics, the process ---

    def make_topics(self):
        client, here = self.place.client, [[FIRST]] * PARTITIONS
        group = [[AWAY if self.offsets_away else FIRST]] * 4
        client.create_topic("__transaction_state", 4, COMPACTED, [[FIRST]] * 4)
        client.create_topic("__consumer_offsets", 4, COMPACTED, group)
        client.create_topic(INPUT, PARTITIONS, {"retention.ms": "-1"}, here)
        client.create_topic(f"{GROUP}.checkpoint.v1", PARTITIONS, {"cleanup.policy": "compact"}, here)
        for topic in TOPICS:
            brokers = [[self.dying] if topic in subset_of(partition) else [FIRST]
                       for partition in range(PARTITIONS)]
            client.create_topic(topic_name(topic), PARTITIONS, {"retention.ms": "-1"}, brokers)
        while any(-1 in client.ends(name, PARTITIONS)
                  for name in (INPUT, f"{GROUP}.checkpoint.v1", *map(topic_name, TOPICS))):
            time.sleep(0.1)

    def book(self):
        """Other budgets and a higher serial each time."""
        text = (ROOT / "config/book.yaml").read_text()
        for old, new in (("2026.1-demo", f"2026.{self.books + 1}-demo"),
                         ("amount: 1520000", f"amount: {1520000 - 10000 * self.books}")):
            if old not in text:
                raise Failed(f"config/book.yaml does not hold {old!r} any more")
            text = text.replace(old, new)
        path = self.place.path / f"book-{self.books}.yaml"
        path.write_text(text)
        return path

    def start(self):
        """A life; after a kill it may be armed to end itself in the middle of healing."""
        environment = {"BUNDELWACHT_FAILPOINT_STOP": "offsets:1"}
        if self.armed < 2 and self.points:
            environment["BUNDELWACHT_FAILPOINT_KILL"] = (
                f"{self.chance.choice(self.points)}:{self.chance.randint(1, 2)}"
            )
        directory = self.place.path / f"state-{GROUP}-{self.process}"
        directory.mkdir(exist_ok=True)
        config = self.place.config(
            GROUP, self.book(), **{
                "workers": 1, "transaction.interval": "300ms", "transaction.records_max": 150,
                "output.decisions": self.arguments.decisions})
        self.service = Service(self.place, [
            self.program, "run", "--config", config, "--process", self.process, "--state-directory",
            directory, "--allow-redefinition", *TIMES], environment)
        self.transactional = f"{GROUP}-{self.process:03}-00"

    def after_a_kill(self, name, takeover):
        self.tally[name] += 1
        self.hear_changes()
        if takeover:
            self.process += 1
            self.tally["takeovers"] += 1
        self.start()

    def tick(self):
        """Supervises: what has ended is started again, what is stopped and not wanted so goes on, what is to
        be killed is."""
        service = self.service
        if self.kill_at and time.monotonic() > self.kill_at[0]:
            takeover, self.kill_at = self.kill_at[1], None
            service.kill()
            self.armed = 0
            self.after_a_kill("killed while healing", takeover)
        elif service.child.poll() == -signal.SIGKILL:
            self.armed += 1
            self.after_a_kill(
                "killed at " + service.environment.get("BUNDELWACHT_FAILPOINT_KILL", "?").partition(":")[0],
                False)
        else:
            self.tally["ended by itself"] += service.look()

    def wait(self, seconds, condition, hold=False):
        """Until the condition holds; `hold`: the process stays stopped where it stops. False: it did not come
        to that."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.tick()
            try:
                if condition():
                    return True
            except (OSError, RuntimeError, AssertionError, struct.error):
                self.place.client = kafka_client.Kafka(self.place.bootstrap)
            if not hold and self.service.is_stopped():
                self.service.go_on()
            time.sleep(0.02)
        return False

    # --- what is seen ---

    def ends(self, committed=False):
        return {topic: self.place.client.ends(topic_name(topic), PARTITIONS, committed) for topic in TOPICS}

    def is_quiet(self):
        """Everything is committed, and a read_committed reader is held up nowhere."""
        client = self.place.client
        committed = client.committed(GROUP, INPUT, PARTITIONS)
        if any(f"2026.{self.books + 1}-demo" not in note or ";step=0;" not in note for _, note in committed):
            return False  # a change of book is not done yet, and it moves no offset
        if [offset for offset, _ in committed] != client.ends(INPUT, PARTITIONS):
            return False
        stable = self.ends(committed=True)
        return -1 not in sum(stable.values(), []) and stable == self.ends()

    def has_no_leader(self):
        client = self.place.client
        away = [
            client.leaders(topic_name(topic))[partition]
            for partition in range(PARTITIONS)
            for topic in subset_of(partition)]
        return not any(away + (client.leaders("__consumer_offsets") if self.offsets_away else []))

    def note_subsets(self, offsets, topics_of):
        """Which topics of which partitions were left without a marker."""
        for partition in range(PARTITIONS):
            names = (["offsets"] if offsets else []) + topics_of(partition)
            if names:
                self.subsets["+".join(names)] += 1

    def hear_changes(self):
        for child in self.service.lives:
            for partition, offset, serial in re.findall(
                    r'book changes at (\d+)/(\d+): \\?"[^"\\]*\\?" to \\?"2026\.(\d+)-demo',
                    child.log.read_text()):
                self.changes.setdefault((int(partition), int(offset)), int(serial) - 1)

    # --- one death ---

    def produce(self):
        for partition, records in enumerate(self.lines.batch()):
            self.place.client.produce(INPUT, partition, records)

    def stop_in_a_full_transaction(self):
        """With outputs in every topic of every partition; a transaction that took less goes on, and another
        batch comes."""
        for _ in range(HOLD_TRIES):
            before = self.ends()
            self.service.child.send_signal(signal.SIGSTOP)
            self.produce()
            self.service.go_on()
            if not self.wait(HOLD_SECONDS, self.service.is_stopped, hold=True):
                continue
            stable, ends = self.ends(committed=True), self.ends()
            if all(ends[topic][p] > max(before[topic][p], stable[topic][p])
                   for topic in TOPICS
                   for p in range(PARTITIONS)):
                return
            self.wait(HEAL_SECONDS, self.is_quiet)
        raise Stuck

    def stop_in_a_change_of_book(self):
        self.service.end()
        self.hear_changes()
        self.books += 1
        self.start()
        for _ in range(self.chance.randint(1, 3)):
            if self.service.is_stopped():
                self.service.go_on()
                time.sleep(0.01)
            if not self.wait(60, self.service.is_stopped, hold=True):
                raise Failed(f"no step of a change of book was seen:\n{tail(self.service.child, 30)}")

    def let_go(self, fate):
        """Into its commit; or, for an abort, its successor into its init."""
        if fate == "abort":
            self.service.kill()
            self.tally["aborts"] += 1
            self.start()
            return
        self.service.go_on()
        if fate in ("kill", "takeover"):
            self.kill_at = time.monotonic() + self.chance.uniform(0, KILL_SECONDS), fate == "takeover"

    def leave_without_leaders(self, fate):
        """The broker dies before the end of the transaction is asked for."""
        if fate != "book":
            self.note_subsets(self.offsets_away, subset_of)
        self.place.kill_broker(self.dying)
        self.tally["deaths"] += 1
        if not self.wait(30, self.has_no_leader, hold=True):
            raise Failed("the dead broker still leads after 30 s")
        was = self.place.client.transaction(self.transactional)
        self.let_go(fate)
        self.tally["ended while nobody led"] += self.wait(6 if fate == "abort" else 3,
                                                          lambda: self.is_ended(was))

    def leave_between_markers(self, fate):
        """The broker dies when some of the markers are in its logs: they grow by nothing else now."""
        data, files = self.place.broker_path(self.dying) / "data", {}
        for path in [*data.glob(f"{GROUP}.*.v1-*/*.log"), *data.glob("__consumer_offsets-*/*.log")]:
            if ".checkpoint." not in path.parent.name:
                files[path.parent.name] = os.open(path, os.O_RDONLY)
        before = {name: os.fstat(file).st_size for name, file in files.items()}
        pid = int((self.place.broker_path(self.dying) / "pid").read_text())
        wanted = self.chance.randint(1, PARTITIONS * len(TOPICS) * 3 // 4)
        self.let_go(fate)
        until = time.monotonic() + 10
        # The markers follow each other within microseconds; so the broker runs in slices, and between them we
        # look.
        with before_all_others():
            while sum(os.fstat(file).st_size > before[name]
                      for name, file in files.items()) < wanted and time.monotonic() < until:
                os.kill(pid, signal.SIGCONT)
                time.sleep(SLICE_SECONDS)
                os.kill(pid, signal.SIGSTOP)
            os.kill(pid, signal.SIGKILL)
        self.place.kill_broker(self.dying)  # waits for it
        marked = {name for name, file in files.items() if os.fstat(file).st_size > before[name]}
        for file in files.values():
            os.close(file)
        self.tally["deaths"] += 1
        offsets = not any(name.startswith("__consumer") for name in marked)
        lacking = [[topic
                    for topic in TOPICS
                    if f"{topic_name(topic)}-{partition}" not in marked]
                   for partition in range(PARTITIONS)]
        say(f"{len(marked)} of {len(files)} logs have a marker, {wanted} were waited for")
        if marked and (offsets or any(lacking)):
            self.tally["deaths between markers"] += 1
            self.note_subsets(offsets, lambda partition: lacking[partition])

    def death(self, fate):
        began, self.armed = time.monotonic(), 2
        if fate == "book":
            self.stop_in_a_change_of_book()
        else:
            self.stop_in_a_full_transaction()
        if self.dying == FIRST:
            self.leave_between_markers(fate)
        else:
            self.leave_without_leaders(fate)
        back, since = self.place.resume_broker(self.dying), time.monotonic()
        if not self.wait(60, lambda: back.poll() is not None) or back.returncode:
            raise Failed("the broker did not come back")
        healed = self.wait(HEAL_SECONDS, lambda: not self.kill_at and self.is_quiet())
        self.tally["not healed"] += not healed
        self.heals.append(time.monotonic() - since)
        say(
            f"death {self.tally['deaths']} ({fate}): {self.heals[-1]:.1f} s after the broker began to come"
            f" back {'all is committed and visible' if healed else 'NOT HEALED'};"
            f" {time.monotonic() - began:.1f} s in all"
        )

    def is_ended(self, was):
        """The coordinator has put its last word on the transaction, though nobody leads some of its
        partitions."""
        state, began = self.place.client.transaction(self.transactional)
        return state.startswith("Complete") or (state, began) != was and state not in ("PrepareCommit",
                                                                                       "PrepareAbort")

    # --- the whole ---

    def run(self, deaths):
        self.start()
        if not self.wait(30, lambda: self.service.said("has 16 partitions")):
            raise Failed(f"run did not start:\n{tail(self.service.child)}")
        try:
            for number in range(deaths):
                self.death(self.fates[number % len(self.fates)])
        except Stuck:
            self.tally["stuck"] += 1
        self.end_healed()
        self.tally.update({name: count for name, count in self.judge().items() if name != "outputs"})

    def has_healed(self):
        """This life knows what had become visible before it; what is missing goes out at its stop at the
        latest."""
        said = self.service.child.log.read_text()
        return ('has 16 partitions"' in said or
                "folded up to the committed offsets" in said) and self.is_quiet()

    def end_healed(self):
        """What hung may have been ended and not sent again yet, when a reader is held up nowhere: a last life
        has the time for it."""
        self.service.end()
        self.armed = 2
        self.start()
        self.tally["not healed"] += not self.wait(HEAL_SECONDS, self.has_healed)
        self.service.end()
        self.hear_changes()

    def judge(self):
        dump = self.place.path / "judged"
        self.place.run(self.program, "dump", "--bootstrap-servers", self.place.bootstrap, "--topic", INPUT,
                       "--out", dump)
        books = self.place.path / "book-changes"
        lines = []
        last = self.books
        for (partition, offset), self.books in sorted(self.changes.items()):
            lines.append(f"{partition} {offset} {self.book()}\n")
        self.books = 0
        first, self.books = self.book(), last
        books.write_text("".join(lines))
        expected = verdict.replay(self.place, self.program, "golden", first, sorted(dump.glob("*.dump")),
                                  PARTITIONS, "--decisions", self.arguments.decisions,
                                  *(["--book-changes", books] if lines else []))
        return verdict.compare_all(self.place, GROUP, INPUT, PARTITIONS, expected)


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--deaths", type=int, default=5, help="for each place of the offsets")
    parser.add_argument("--places", default="away,here")
    parser.add_argument("--fates", default="commit")
    parser.add_argument("--points", default="")
    parser.add_argument("--decisions", default="all")
    parser.add_argument("--kafka-version")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    total, subsets, heals = collections.Counter(), collections.Counter(), []
    for name in arguments.places.split(","):
        trial = Trial(arguments, name, random.Random(arguments.seed))
        trial.run(arguments.deaths)
        total.update(trial.tally)
        subsets.update(trial.subsets)
        heals += trial.heals
        say(f"offsets {name}: {dict(trial.tally)}")
        if not any(trial.tally[name] for name in WRONG):
            trial.place.leave()
    heals.sort()
    if not heals:
        raise Failed("no commit could be held with outputs in every partition: the machine is too busy")
    say(
        f"{len(subsets)} subsets, each {min(subsets.values(), default=0)} times or more; healed in"
        f" {heals[len(heals) // 2]:.1f} s (median), {heals[-1]:.1f} s at most, the broker's start included"
    )
    say("against replay:", {name: total[name] for name in ("deaths", *WRONG)})
    if any(total[name] for name in WRONG):
        raise Failed("what a reader sees is not what replay writes")


main(test)
