"""What the broker tests share: a real broker for as long as the test lives, the program, and what went in and
came out."""
import atexit
import datetime
import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import struct
import sys
import tempfile
import time
import traceback

import avro
import kafka_client

ROOT = pathlib.Path(__file__).resolve().parents[2]
KAFKA_SH = ROOT / "tests/kafka/kafka.sh"
TOPICS = ("decisions", "episodes", "alerts", "dead-letters")
SCHEMA_IDS = {"decisions": 101, "episodes": 102, "alerts": 103}
NULL = b"~null~"
DECLARATION = json.loads((ROOT / "schemas/declaration.avsc").read_text())
NULLABLE = ("birth_date", "start_date", "end_date", "submitted_at")
EPOCH = datetime.date(1970, 1, 1)


class Failed(Exception):
    pass


def expect(holds, what, child=None):
    """`child`: whose last lines are shown with it."""
    if not holds:
        raise Failed(f"{what}:\n{tail(child, 40)}" if child else what)


def say(*words):
    print(*words, flush=True)


def nullable_declaration():
    """The declaration as a careless source would write it: other order, dates that may be null, one field
    more."""
    fields = []
    for field in reversed(DECLARATION["fields"]):
        if field["name"] in NULLABLE:
            field = {"name": field["name"], "type": ["null", field["type"]], "default": None}
        fields.append(field)
    fields.insert(3, {"name": "source_row", "type": "long", "default": 0})
    return {**DECLARATION, "fields": fields}


PLACES = []  # all that were made


class Place:
    """A directory of the test, with brokers in it; all go away at the end, whatever the end is.

    What a test that failed has seen stays, the brokers' data and logs too, and its path is said.
    BW_TEST_KEEP=1 keeps it always."""

    keep = bool(os.environ.get("BW_TEST_KEEP"))

    def __init__(self, broker=True, brokers=1, version=None, **settings):
        """`version` of Kafka, else KAFKA_VERSION or the newest; settings of the brokers with dots,
        **{"log.segment.bytes": 1048576}."""
        if version:
            os.environ["KAFKA_VERSION"] = version
        os.environ.setdefault("KAFKA_JVM", "-XX:TieredStopAtLevel=1")
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="bundelwacht-test-"))
        PLACES.append(self)
        atexit.register(self.leave)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))
        self.children, self.gone = [], False
        self.schemas = self.path / "schemas"
        self.schemas.mkdir()
        shutil.copy(ROOT / "schemas/declaration.avsc", self.schemas / "1.avsc")
        (self.schemas / "2.avsc").write_text(json.dumps(nullable_declaration()))
        if broker:
            options = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
            self.bootstrap = self.kafka("start", "--while", str(os.getpid()), "--brokers", str(brokers),
                                        *options, str(self.path / "broker")).split()[-1]
            self.client = kafka_client.Kafka(self.bootstrap)

    def leave(self, keep=False):
        if self.gone:
            return
        self.gone, keep = True, keep or self.keep
        for child in self.children:
            if child.poll() is None:
                child.kill()
                child.wait()
        if (self.path / "broker").exists():
            if keep:
                (self.path / "broker/keep").touch()
            subprocess.run([KAFKA_SH, "stop", self.path / "broker"], stderr=subprocess.DEVNULL)
        if keep:
            say(f"kept: {self.path}")
        else:
            shutil.rmtree(self.path, ignore_errors=True)

    def kafka(self, *arguments):
        done = subprocess.run([KAFKA_SH, *arguments], stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise Failed(f"kafka.sh {arguments[0]} ended with {done.returncode}")
        return done.stdout

    def broker_path(self, number):
        return self.path / "broker" if number == 1 else self.path / f"broker/{number}"

    def kill_broker(self, number=1):
        self.kafka("kill", str(self.broker_path(number)))

    def resume_broker(self, number=1):
        """Begins it; the child ends when the broker answers again."""
        child = subprocess.Popen([KAFKA_SH, "resume", self.broker_path(number)], stdout=subprocess.DEVNULL)
        self.children.append(child)
        return child

    def consume(self, topic, partitions, wanted=0):
        """What Kafka's own console consumer reads (read_committed), per partition: lists of (headers, key,
        value). It ends when nothing comes for a while, which on a busy machine may be too soon: what is fewer
        than wanted is read once more, with patience."""
        records = self._consume(topic, partitions, {})
        if in_all(records) < wanted:
            records = self._consume(topic, partitions, {"KAFKA_IDLE_MS": "40000"})
        return records

    def _consume(self, topic, partitions, environment):
        records = [[] for _ in range(partitions)]
        reader = subprocess.Popen([KAFKA_SH, "consume", "-d", self.path / "broker", topic],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env={**os.environ, **environment})
        self.children.append(reader)
        last = [-1] * partitions
        for line in reader.stdout:
            partition, offset, headers, key, value = line.rstrip(b"\n").split(b"\t")
            partition, offset = int(partition[10:]), int(offset[7:])
            if offset <= last[partition]:
                raise Failed(f"{topic}/{partition}: offset {offset} came after {last[partition]}")
            last[partition] = offset
            records[partition].append((headers, plain(key), plain(value)))
        errors = reader.stderr.read().decode(errors="replace")
        if reader.wait():
            raise Failed(f"the console consumer of {topic} failed: {errors}")
        return records

    def config(self, name, book, **settings):
        """Settings of `run`; settings with dots, such as **{"transaction.interval": "50ms"}."""
        values = {
            "app": name,
            "workers": 4,
            "input.topic": "declarations",
            "input.group": name,
            "input.schemas": self.schemas,
            "output.prefix": name,
            "rules.book": book,
            "state.directory": self.path / f"state-{name}",
            "ops.listen": "none",
            **settings, }
        (self.path / f"state-{name}").mkdir(exist_ok=True)
        tree = {}
        for key, value in values.items():
            room, _, leaf = key.rpartition(".")
            (tree.setdefault(room, {}) if room else tree)[leaf] = value
        lines = []
        for key, value in tree.items():
            if isinstance(value, dict):
                lines.append(f"{key}:")
                lines += [f"  {leaf}: {value[leaf]}" for leaf in value]
            elif isinstance(value, list):
                lines.append(f"{key}: [{', '.join(value)}]")
            else:
                lines.append(f"{key}: {value}")
        lines += ["kafka:", f"  bootstrap.servers: {self.bootstrap}"]
        path = self.path / f"{name}.yaml"
        path.write_text("\n".join(lines) + "\n")
        return path

    def start(self, program, *arguments, environment=None):
        """A process whose talk goes to a file beside it."""
        log = self.path / f"log-{len(self.children)}"
        with open(log, "wb") as file:
            child = subprocess.Popen([program, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=file,
                                     stderr=file, env={**os.environ, **(environment or {})})
        child.log = log
        self.children.append(child)
        return child

    def run(self, program, *arguments, expected=0, timeout=600):
        child = self.start(program, *arguments)
        try:
            code = child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"{' '.join(map(str, arguments))} did not end in {timeout} s:\n{tail(child)}")
        if code not in (expected if isinstance(expected, tuple) else (expected,)):
            raise Failed(
                f"{' '.join(map(str, arguments))} ended with {code} instead of {expected}:\n{tail(child)}")
        return child

    def generate(self, program, lines, seed, topic="declarations", *more):
        """Declarations of a seed into a topic."""
        self.run(program, "generate", "--lines", lines, "--seed", seed, "--bootstrap-servers", self.bootstrap,
                 "--topic", topic, "--framing", "confluent", "--schema-id", 1, "--timestamps", "submitted",
                 *more)

    def judge(self, program, group, book, partitions, *options):
        """The log as it is now, dumped and replayed; the console consumer must read the same. What was
        expected, and how much of it."""
        dump = self.path / "judged"
        shutil.rmtree(dump, ignore_errors=True)
        self.run(program, "dump", "--bootstrap-servers", self.bootstrap, "--topic", "declarations", "--out",
                 dump)
        for form in ("avro", "jsonl"):
            self.run(program, "replay", "--book", book, "--partitions", partitions, "--as-of", "log",
                     "--format", form, "--force", "--schemas", self.schemas, "--out", self.path / form,
                     *options, *sorted(dump.glob("*.dump")))
        expected = replayed(self.path / "avro", self.path / "jsonl", partitions)
        return expected, {
            topic: compare(topic, group, "declarations",
                           self.consume(f"{group}.{topic}.v1", partitions, in_all(expected[topic])),
                           expected[topic]) for topic in TOPICS}


def in_all(records):
    """Of all partitions."""
    return sum(map(len, records))


def tail(child, lines=15):
    return "\n".join(child.log.read_text(errors="replace").splitlines()[-lines:])


ESCAPED = re.compile(rb"\\x([0-9A-F]{2})")


def plain(text):
    """The bytes behind Kafka's Bytes.toString(), or None."""
    if text == NULL:
        return None
    if b"\\" not in text:
        return text
    return text.decode("unicode_escape").encode("latin-1")


def escaped(data):
    """The other way round, to show a difference."""
    if data is None:
        return "null"
    return "".join(chr(b) if 32 <= b < 127 and b != 92 else f"\\x{b:02X}" for b in data)


def days(text):
    return (datetime.date.fromisoformat(text) - EPOCH).days


def moment(text):
    """2026-03-12T09:00:00.000Z in milliseconds."""
    at = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
    return round(at.timestamp() * 1000)


def declaration_of_json(line):
    """A JSON line as the values of its Avro fields; what it leaves out is left out."""
    values = json.loads(line)
    for name in ("birth_date", "start_date", "end_date"):
        if isinstance(values.get(name), str):
            values[name] = days(values[name])
    if "submitted_at" in values:
        values["submitted_at"] = moment(values["submitted_at"])
    return values


def encode_declaration(values):
    """Confluent framing; schema 2 takes what our own schema cannot say."""
    if all(values.get(name) is not None for name in NULLABLE):
        return avro.confluent(1, avro.encode(DECLARATION, values))
    return avro.confluent(2, avro.encode(nullable_declaration(), {**dict.fromkeys(NULLABLE), **values}))


def load_json_lines(client, topic, partitions, path):
    """Declarations of a file of JSON lines (perhaps gzip) into a topic; the number of lines."""
    opened = gzip.open if str(path).endswith(".gz") else open
    batches = [[] for _ in range(partitions)]
    count = now = 0
    with opened(path, "rt", encoding="utf-8") as file:
        for line in file:
            values = declaration_of_json(line)
            key = values["insured"].encode()
            # a record without its moment has the time of the one before it
            now = values.get("submitted_at", now)
            batches[kafka_client.partition_of(key, partitions)].append((key, encode_declaration(values), now))
            count += 1
    for partition, batch in enumerate(batches):
        if batch:
            client.produce(topic, partition, batch)
    return count


def replayed(directory_avro, directory_json, partitions, partition_of=None):
    """What `replay` wrote, per topic and partition: lists of (reason or None, key, value, the record).
    `partition_of` a key: murmur2's when it is not given."""
    outputs = {}
    known = {}

    def partition(key):
        if key not in known:
            known[key] = partition_of(key.encode()) if partition_of else kafka_client.partition_of(
                key.encode(), partitions)
        return known[key]

    for topic in TOPICS:
        records = [[] for _ in range(partitions)]
        last = 0
        with open(directory_json / f"{topic}.jsonl", encoding="utf-8") as lines:
            for body, record in avro.container(directory_avro / f"{topic}.avro"):
                line = next(lines, None)
                if line is None:
                    raise Failed(f"replay wrote fewer {topic} as JSON lines than as Avro")
                key = json.loads(line)["key"]
                if topic == "dead-letters":
                    number, value = record["partition"], record["value"]
                    entry = (record, None if key is None else key.encode(), value, record)
                else:
                    number = partition(record["insured"])
                    entry = (None, key.encode(), avro.confluent(SCHEMA_IDS[topic], body), record)
                if number < last:
                    raise Failed(f"{topic} of a replay: partition {number} stands behind {last}")
                last = number
                records[number].append(entry)
            if next(lines, None) is not None:
                raise Failed(f"replay wrote more {topic} as JSON lines than as Avro")
        outputs[topic] = records
    return outputs


def dead_letter_headers(topic, record, group):
    """The headers that Kafka must show for a dead letter, but for the stage."""
    return {
        b"__connect.errors.topic": topic.encode(),
        b"__connect.errors.partition": b"%d" % record["partition"],
        b"__connect.errors.offset": b"%d" % record["offset"],
        b"__connect.errors.connector.name": group.encode(),
        b"__connect.errors.task.id": b"%d" % record["partition"],
        b"__connect.errors.exception.class.name": record["reason"].encode(),
        b"__connect.errors.exception.message": record["message"].encode(), }


def parse_headers(headers):
    """`name:value,name:value`; our names hold neither, and a value is cut at a comma only before another
    name."""
    if headers == b"NO_HEADERS":
        return {}
    found = {}
    for part in re.split(rb",(?=__connect\.errors\.)", headers):
        name, _, value = part.partition(b":")
        if name in found:
            raise Failed(f"header {name!r} came twice")
        found[name] = plain(value)
    return found


def compare(topic, group, input_topic, seen, expected):
    """Byte for byte per partition: keys, values, order; the number of records."""
    total = 0
    for partition, (ours, theirs) in enumerate(zip(seen, expected, strict=True)):
        for i, (have, want) in enumerate(zip(ours, theirs)):
            where = f"{topic}/{partition}, record {i} of {len(theirs)}"
            if have[1] != want[1]:
                raise Failed(f"{where}: key {escaped(have[1])} instead of {escaped(want[1])}")
            if have[2] != want[2]:
                raise Failed(f"{where}: value\n  {escaped(have[2])}\ninstead of\n  {escaped(want[2])}")
            headers = parse_headers(have[0])
            if topic == "dead-letters":
                wanted = dead_letter_headers(input_topic, want[0], group)
                if headers.pop(b"__connect.errors.stage", None) not in (b"DECODE", b"VALIDATE"):
                    raise Failed(f"{where}: the stage is missing")
            else:
                wanted = {}
            if headers != wanted:
                raise Failed(f"{where}: headers {headers} instead of {wanted}")
        if len(ours) != len(theirs):
            raise Failed(f"{topic}/{partition}: {len(ours)} records instead of {len(theirs)}")
        total += len(ours)
    return total


STANDING = {"FEE_FOR_SERVICE", "BUNDLED", "SPLIT"}


def conserve(outputs):
    """Accounts of every decision add up; over the last values, standing = cost + payable outside, per insurer
    and in all."""
    decisions, episodes = {}, {}
    for records in outputs["decisions"]:
        for _, key, _, record in records:
            accounts = sum(record[name] for name in ("payable", "covered", "withheld", "refused", "reversed"))
            if accounts != record["amount"]:
                raise Failed(
                    f"decision {escaped(key)}: accounts add up to {accounts}, the amount is"
                    f" {record['amount']}"
                )
            shares = sum(share["cents"] for share in record["shares"])
            if record["status"] in ("BUNDLED", "SPLIT") and shares + record["outside"] != record["amount"]:
                raise Failed(f"decision {escaped(key)}: shares and outside are not its amount")
            decisions[key] = record
    for records in outputs["episodes"]:
        for _, key, _, record in records:
            episodes[key] = record
    standing = outside = 0
    cost, lines = {}, {}
    for record in decisions.values():
        if record["status"] not in STANDING:
            continue
        standing += record["amount"]
        outside += record["amount"] if record["status"] == "FEE_FOR_SERVICE" else record["outside"]
        for share in record["shares"]:
            key = f"{record['insured']}/{record['insurer']}/{share['episode']}".encode()
            cost[key] = cost.get(key, 0) + share["cents"]
            lines[key] = lines.get(key, 0) + 1
    total = 0
    for key, record in episodes.items():
        if record["state"] == "VOID":
            if cost.get(key):
                raise Failed(f"episode {escaped(key)} is VOID and has a share")
            continue
        if record["cost"] != cost.get(key, 0) or record["lines"] != lines.get(key, 0):
            raise Failed(
                f"episode {escaped(key)}: cost {record['cost']} and {record['lines']} lines; its shares say "
                f"{cost.get(key, 0)} and {lines.get(key, 0)}")
        total += record["cost"]
    if set(cost) - set(episodes):
        raise Failed("a share lies in an episode that was never sent")
    if standing != total + outside:
        raise Failed(f"standing {standing} is not cost {total} + payable outside {outside}")
    return {
        "decisions": len(decisions), "episodes": len(episodes), "standing_cents": standing,
        "cost_cents": total}


def passes(test, *arguments):
    """False when it failed, which is said; what it has seen stays, and the next one goes on."""
    kept = len(PLACES)
    try:
        test(*arguments)
        return True
    except (Failed, RuntimeError) as error:
        say(f"failed: {error}")
        for place in PLACES[kept:]:
            place.leave(keep=True)
        return False


def main(test):
    try:
        test()
    except Exception as error:
        Place.keep = True
        say(f"failed: {error}" if isinstance(error, (Failed, RuntimeError)) else traceback.format_exc())
        sys.exit(1)
