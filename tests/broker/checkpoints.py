#!/usr/bin/python3
"""Checkpoints on a real broker: a restart loads the newest that leads to the committed offset and folds only
what came after it; damaged ones, and those of another topic, are passed over or refused; what comes out stays
what `replay` writes of the whole log.

    checkpoints.py --program build/release/bundelwacht --lie build/release/tests/broker/lie [--lines 20000]
"""
import argparse
import re
import shutil

from harness import *

PARTITIONS = 4


def figures(child):
    """records folded, records restored, of the last line."""
    found = re.search(r"(\d+) records folded, (\d+) restored", child.log.read_text())
    if not found:
        raise Failed("run did not say what it did:\n" + tail(child))
    return int(found[1]), int(found[2])


class Stream:
    def __init__(self, program, place, lines):
        self.program, self.place, self.lines, self.seed, self.loaded = program, place, lines, 0, 0
        self.state = place.path / "state-it"

    def load(self):
        self.seed += 1
        self.loaded += self.lines
        self.place.generate(self.program, self.lines, self.seed, "declarations", "--bad-per-mille", 2)

    def config(self, **settings):
        return self.place.config("it", ROOT / "config/book.yaml",
                                 **{"workers": 2, "state.checkpoint_after": "24h", **settings})

    def run(self, expected=0, **settings):
        return self.place.run(self.program, "run", "--config", self.config(**settings), "--until-end",
                              "--create-topics", expected=expected)

    def checkpoints(self):
        return sorted(self.state.glob("checkpoint-*.bwc"))

    def judge(self):
        say("as replay:", self.place.judge(self.program, "it", ROOT / "config/book.yaml", PARTITIONS)[1])


def clean_stop(stream):
    stream.load()
    child = stream.run()
    expect(
        len(stream.checkpoints()) == PARTITIONS, "a clean stop leaves a checkpoint of every partition", child)
    stream.load()
    child = stream.run()
    expect(
        figures(child) == (stream.lines, 0), "the next start folds what came after it, and restores nothing",
        child)
    say("a clean stop, a start:", tail(child, 1))


def kill(stream):
    """Checkpoints all the time; kill -9; what is folded again is what came after the newest."""
    stream.load()
    config = stream.config(
        **{"state.checkpoint_after": "1ms", "transaction.interval": "50ms", "transaction.records_max": 500})
    before = stream.checkpoints()
    child = stream.place.start(stream.program, "run", "--config", config)
    begin = time.monotonic()
    while stream.checkpoints() == before:
        if child.poll() is not None or time.monotonic() - begin > 120:
            raise Failed("no checkpoint was taken while it ran:\n" + tail(child))
        time.sleep(0.01)
    child.kill()
    child.wait()
    child = stream.run()
    folded, restored = figures(child)
    expect(folded + restored < stream.loaded, "a start after kill -9 begins at a checkpoint", child)
    say("kill -9, a start:", tail(child, 1))


def damage(stream):
    """The newest of each partition is torn, another has a flipped bit: the one before is taken, and the
    sentence says so."""
    files = stream.checkpoints()
    newest = {}
    for path in files:
        newest[path.name.split("-")[1]] = path
    for i, path in enumerate(newest.values()):
        data = bytearray(path.read_bytes())
        if i % 2:
            data[len(data) // 2] ^= 4
        path.write_bytes(data if i % 2 else data[:-5])
    stream.load()
    child = stream.run()
    folded, restored = figures(child)
    expect(folded == stream.lines and 0 < restored < stream.loaded - stream.lines,
           "the next best checkpoint is taken", child)
    expect("is not taken" in child.log.read_text() or "passed over" in child.log.read_text(),
           "and why is said", child)
    say("damaged checkpoints, a start:", tail(child, 1))


def lies(stream, lie):
    """The newest of each partition says what no declarations have led to, with all hashes right: the one
    before is taken, and why is said."""
    newest = {}
    for path in stream.checkpoints():
        newest[path.name.split("-")[1]] = path
    for path in newest.values():
        subprocess.run([lie, path], check=True)
    stream.load()
    child = stream.run()
    folded, restored = figures(child)
    expect(folded == stream.lines and 0 < restored < stream.loaded - stream.lines,
           "the next best checkpoint is taken", child)
    expect(child.log.read_text().count("no state that declarations can have led to") == PARTITIONS,
           "and why is said of each", child)
    say("checkpoints that lie, a start:", tail(child, 1))


def lost_disk(stream):
    shutil.rmtree(stream.state)
    stream.load()
    child = stream.run()
    expect(
        figures(child) == (stream.lines, stream.loaded - stream.lines),
        "without a checkpoint the whole log is folded", child)
    say("no checkpoint, a start:", tail(child, 1))


def the_key(stream):
    """Where there is a key, checkpoints that are not signed are passed over; those that are, are read with it
    and without."""
    key = stream.place.path / "keys"
    key.write_text("k" * 40 + "\n")
    key.chmod(0o600)
    signed = {"state.key_file": key}
    stream.load()
    child = stream.run(**signed)
    expect(
        figures(child) == (stream.lines, stream.loaded - stream.lines), "what is not signed is not taken",
        child)
    expect("is not signed, and state.key_file asks for it" in child.log.read_text(), "and why is said", child)
    stream.load()
    child = stream.run(**signed)
    expect(figures(child) == (stream.lines, 0), "what is signed is taken", child)
    say("with a key, a start:", tail(child, 1))
    key.chmod(0o640)
    child = stream.run(expected=78, **signed)
    expect("chmod 0600" in child.log.read_text(), "a key that others can read is refused", child)
    stream.load()
    child = stream.run()
    expect(figures(child) == (stream.lines, 0), "without a key the signature is only not asked for", child)
    expect("checkpoints are not signed (state.key_file)" in child.log.read_text(),
           "who could make a state is said", child)


def another_topic(stream):
    """The topic is made anew with other records under the same offsets. Kafka forgets the group's offsets
    with it: the outputs tell."""
    place = stream.place
    place.client.create_topic("other", PARTITIONS, {"retention.ms": "-1"})
    place.generate(stream.program, stream.lines, 101, "other")
    config = place.config("other", ROOT / "config/book.yaml",
                          **{"input.topic": "other", "state.directory": stream.state})
    child = place.run(stream.program, "run", "--config", config, "--until-end", "--create-topics")
    expect(len(stream.checkpoints()) >= PARTITIONS, "a checkpoint each", child)
    place.client.delete_topic("other")
    while True:  # deleting goes on behind the answer
        try:
            place.client.create_topic("other", PARTITIONS, {"retention.ms": "-1"})
            break
        except RuntimeError:
            time.sleep(0.1)
    while -1 in place.client.ends("other", PARTITIONS):
        time.sleep(0.1)
    place.generate(stream.program, 2 * stream.lines, 102, "other")
    child = place.run(stream.program, "run", "--config", config, "--until-end", expected=78)
    expect("use the group that wrote them, or new output topics" in child.log.read_text(),
           "refused, with what to do", child)
    say("a topic made anew:", tail(child, 1)[:200])


def test():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--lie", required=True, help="lie.c")
    parser.add_argument("--lines", type=int, default=20_000)
    arguments = parser.parse_args()
    place = Place()
    place.client.create_topic("declarations", PARTITIONS, {"retention.ms": "-1"})
    stream = Stream(arguments.program, place, arguments.lines)
    clean_stop(stream)
    kill(stream)
    damage(stream)
    lies(stream, arguments.lie)
    lost_disk(stream)
    the_key(stream)
    stream.judge()
    another_topic(stream)


main(test)
