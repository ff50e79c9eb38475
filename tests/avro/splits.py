#!/usr/bin/python3
"""Every Avro file that the program writes, read in pieces: each record exactly once, wherever a piece begins.

    splits.py --program PROGRAM               the five kinds of file, null and deflate; records that mislead
    splits.py --program PROGRAM --self-test   markers that can be matched elsewhere must be found out
"""
import argparse
import os
import subprocess
import sys
import tempfile

from split_reader import ROOT, SYNC, Broken, Container

BOOK = os.path.join(ROOT, "config", "book.yaml")
OUTPUTS = ("decisions", "episodes", "alerts", "dead-letters")


class Failed(Exception):
    pass


def expect(holds, sentence):
    if not holds:
        raise Failed(sentence)


def run(*command):
    done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    expect(done.returncode == 0, f"{' '.join(command)}: {done.stderr.decode(errors='replace')[:1000]}")


def lines_in(path):
    with open(path, "rb") as stream:
        return sum(1 for _ in stream)


class Bench:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def generate(self, name, *arguments):
        run(self.program, "generate", "--out", self.path(name), *arguments)
        return self.path(name)

    def replay(self, name, form, path):
        run(self.program, "replay", "--book", BOOK, "--out", self.path(name), "--format", form, path)
        return [self.path(name, f"{output}.{form}") for output in OUTPUTS]

    def files(self, prefix, lines):
        """(path, records that it must have) of the five kinds; the numbers are those of its JSON lines."""
        seed = ("--lines", str(lines), "--persons", str(max(lines // 20, 20)), "--seed", "3")
        yield self.generate(f"{prefix}.avro", *seed), lines
        yield self.generate(f"{prefix}-deflate.avro", *seed, "--codec", "deflate"), lines
        source = self.generate(f"{prefix}.jsonl", *seed, "--bad-per-mille", "20")
        counts = [lines_in(path) for path in self.replay(prefix + "-lines", "jsonl", source)]
        yield from zip(self.replay(prefix + "-avro", "avro", source), counts)


def expect_whole(container, path, count):
    whole = container.whole()
    expect(len(whole) == count > 0, f"{path} has {len(whole)} records, not {count}")
    return whole


def expect_pieces(path, count, size):
    container = Container(path)
    whole = expect_whole(container, path, count)
    expect(container.pieces(size) == whole, f"{path} in pieces of {size} bytes gives other records")
    return len(container.data)


def expect_cuts(path, count):
    """Cut in two at every single byte."""
    container = Container(path)
    whole, length = expect_whole(container, path, count), len(container.data)
    for cut in range(length + 1):
        both = container.piece(0, cut) + container.piece(cut, length)
        expect(both == whole, f"{path} cut at byte {cut} gives other records")
    return length


def misleading(marker):
    """Lines that no declaration is: the first marker of the letters' file, zeros, a block to be believed."""
    block = marker + b"\x02\x02x" + marker
    lines = [b"\0" * SYNC * 4, marker, block * 2, b"a" * 70000 + marker, marker[1:] + marker, b"{}"]
    return b"\n".join(lines * 80) + b"\n"


def markers_inside(path):
    with open(path, "rb") as stream:
        data = stream.read()
    container = Container(path)
    return data.count(container.marker), container.marker


def test_misleading(bench, letters):
    _, first = markers_inside(letters)
    source = bench.path("misleading.jsonl")
    with open(source, "wb") as stream:
        stream.write(misleading(first))
    *_, path = bench.replay("misleading", "avro", source)
    *_, again = bench.replay("misleading-again", "avro", source)
    with open(path, "rb") as one, open(again, "rb") as two:
        expect(one.read() == two.read(), "the letters that hold the marker are not the same bytes again")
    count = lines_in(source)
    _, second = markers_inside(path)
    expect(first != second, "a file whose records hold its marker has kept it")
    for size in (1000, 4096, 65536):
        expect_pieces(path, count, size)
    return count


def test(program, folder):
    bench = Bench(program, folder)
    files = list(bench.files("large", 30000))
    for path, count in files:
        length = expect_pieces(path, count, 1000)
        print(f"{os.path.relpath(path, folder)}: {count} records, {length} bytes in pieces of 1000")
    for path, count in bench.files("small", 900):
        length = expect_cuts(path, count)
        print(f"{os.path.relpath(path, folder)}: {count} records, cut at each of its {length} bytes")
    print(f"letters made to mislead: {test_misleading(bench, files[-1][0])} records")


def planted(path, marker, change=lambda data: data):
    """The same file with another marker, and with `change` made to its bytes."""
    container = Container(path)
    with open(path, "wb") as stream:
        stream.write(change(container.data.replace(container.marker, marker)))


def must_fail(what, *arguments):
    try:
        expect_pieces(*arguments)
    except (Failed, Broken) as why:
        print(f"found out: {what}: {why}")
        return
    raise Failed(f"{what} passed")


def self_test(program, folder):
    bench = Bench(program, folder)
    lost = b"\x91" * 15 + b"\x92"
    path = bench.generate("zeros.avro", "--lines", "3000", "--seed", "3")
    planted(path, b"\0" * SYNC)
    must_fail("zeros as marker", path, 3000, 1000)
    path = bench.generate("lost.avro", "--lines", "3000", "--seed", "3")
    planted(path, lost, lambda data: data[: data.rindex(lost, 0, -SYNC) + SYNC])
    must_fail("a lost block", path, 3000, 1000)
    source = bench.path("misleading.jsonl")
    source = bench.generate("in.jsonl", "--lines", "2000", "--bad-per-mille", "50")
    *_, letters = bench.replay("one", "avro", source)
    _, first = markers_inside(letters)
    with open(source, "wb") as stream:
        stream.write(misleading(first))
    *_, path = bench.replay("misleading", "avro", source)
    data = Container(path)
    with open(path, "wb") as stream:
        stream.write(data.data.replace(data.marker, first))
    must_fail("letters that hold the marker", path, lines_in(source), 1000)


def main():
    parser = argparse.ArgumentParser(description="Avro files in pieces")
    parser.add_argument("--program", required=True)
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bundelwacht-avro-") as folder:
        try:
            (self_test if options.self_test else test)(os.path.abspath(options.program), folder)
        except (Failed, Broken) as sentence:
            print(f"failed: {sentence}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
