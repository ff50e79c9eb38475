#!/usr/bin/python3
"""Small Avro files that say much: none of at most 1 MB costs more than a second of CPU, 100 MB of memory or
100 times its size on disk.

    bombs.py --program build/release/bundelwacht
"""
import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import zlib

from split_reader import ROOT, avro

zigzag = avro.zigzag
MARKER = b"0123456789abcdef"
NOTHING = b'{"type":"record","name":"N","fields":[]}'
NULLS = b'{"type":"record","name":"N","fields":[{"name":"a","type":"null"}]}'
FLAG = b'{"type":"record","name":"F","fields":[{"name":"a","type":"boolean"}]}'
MIB = 1 << 20
CPU_SECONDS, MEMORY, TIMES, DISK_FREE = 1.0, 100 * MIB, 100, 2 * MIB


def span(data):
    return zigzag(len(data)) + data


def header(schema, codec):
    entries = span(b"avro.schema") + span(schema) + span(b"avro.codec") + span(codec)
    return b"Obj\1" + zigzag(2) + entries + zigzag(0) + MARKER


def block(count, packed):
    return zigzag(count) + span(packed) + MARKER


def pieces_of_zeros(length):
    """In pieces: what is forked from this process counts as large as it is."""
    for at in range(0, length, 1 << 16):
        yield b"\0" * min(1 << 16, length - at)


def deflate_zeros(length):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"".join(map(packer.compress, pieces_of_zeros(length))) + packer.flush()


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def snappy_zeros(length):
    """One literal zero, then copies of 64 from one byte back."""
    body = b"\0\0" + b"\xfe\x01\x00" * ((length - 1) // 64)
    length = 1 + (length - 1) // 64 * 64
    checksum = 0
    for piece in pieces_of_zeros(length):
        checksum = zlib.crc32(piece, checksum)
    return length, varint(length) + body + checksum.to_bytes(4, "big")


def zstandard_zeros(length, window=10):
    """A frame without its size, of blocks that repeat one byte."""
    frame, room = b"\x28\xb5\x2f\xfd\x00" + bytes([(window - 10) << 3]), min(1 << 17, 1 << window)
    for left in range(length, 0, -room):
        frame += ((left <= room) | 1 << 1 | min(left, room) << 3).to_bytes(3, "little") + b"\0"
    return frame


def filled(schema, codec, one, size):
    """As many of a block as fit into `size` bytes."""
    head = header(schema, codec)
    return head + one * max(1, (size - len(head)) // len(one))


def counts(schema, length):
    """As many records as that many zeros are."""
    return length if schema == FLAG else length // 21


def bombs():
    with open(os.path.join(ROOT, "schemas", "declaration.avsc"), "rb") as stream:
        declaration = stream.read()
    yield "records without bytes", filled(NOTHING, b"null", block(65536, b""), 1000)
    yield "records of nulls", filled(NULLS, b"null", block(1 << 62, b""), 1000)
    yield "records of nulls behind one byte", filled(NULLS, b"null", block(65536, b"\0"), MIB)
    yield "records of one byte", filled(FLAG, b"null", block(60000, b"\0" * 60000), MIB)
    yield "letters of one byte each", filled(FLAG, b"null", block(0, b"\0"), MIB)
    yield "empty blocks", filled(declaration, b"null", block(0, b""), MIB)
    for schema, what in ((declaration, "declarations"), (FLAG, "flags")):
        for unpacked in (16000, MIB, 8 * MIB, 60 * MIB, 70 * MIB):
            packed = {b"deflate": deflate_zeros(unpacked), b"zstandard": zstandard_zeros(unpacked, 17)}
            for codec in packed:
                one = block(counts(schema, unpacked), packed[codec])
                yield f"{codec.decode()} to {unpacked}, {what}", filled(schema, codec, one, MIB)
            length, packed = snappy_zeros(min(unpacked, 20 * MIB))
            one = block(counts(schema, length), packed)
            yield f"snappy to {length}, {what}", filled(schema, b"snappy", one, MIB)
    yield "deflate behind no record", filled(declaration, b"deflate", block(0, deflate_zeros(8 * MIB)), MIB)
    endless = block(1, zstandard_zeros(60 * MIB, 17))
    yield "zstandard without end", filled(declaration, b"zstandard", endless, 1000)
    yield "a window of 16 MiB", filled(declaration, b"zstandard", block(1, zstandard_zeros(100, 24)), MIB)
    yield "a window of 1 GiB", filled(declaration, b"zstandard", block(1, zstandard_zeros(100, 30)), MIB)
    claim = block(1, varint(2**32 - 1) + b"\0\0\0\0\0\0")
    yield "snappy that claims 4 GB", filled(declaration, b"snappy", claim, 1000)
    yield "metadata without end", b"Obj\1" + (zigzag(1 << 60) + b"\0\0" * (MIB // 2))


def cost(program, out, path):
    book = os.path.join(ROOT, "config", "book.yaml")
    command = [program, "replay", "--book", book, "--out", out, "--partitions", "2", path]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        said = child.stderr.read().decode(errors="replace")
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    written = [os.path.join(out, name) for name in os.listdir(out)] if os.path.isdir(out) else []
    seconds, disk = usage.ru_utime + usage.ru_stime, sum(map(os.path.getsize, written))
    return child.returncode, said.strip().split("\n")[-1], seconds, usage.ru_maxrss * 1024, disk


def main():
    parser = argparse.ArgumentParser(description="Avro files that say much")
    parser.add_argument("--program", required=True)
    program = os.path.abspath(parser.parse_args().program)
    failed = 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    with tempfile.TemporaryDirectory(prefix="bundelwacht-bombs-") as folder:
        for what, data in bombs():
            path, out = os.path.join(folder, "bomb.avro"), os.path.join(folder, "out")
            with open(path, "wb") as stream:
                stream.write(data)
            code, said, seconds, memory, disk = cost(program, out, path)
            shutil.rmtree(out, ignore_errors=True)
            good = (code in (0, 65) and seconds <= CPU_SECONDS and memory <= MEMORY
                    and disk <= TIMES * len(data) + DISK_FREE)
            failed += not good
            print(f"{'' if good else 'FAILED '}{what}: {len(data)} bytes, exit {code}, {seconds:.2f} s, "
                  f"{memory // MIB} MiB, {disk} on disk: {said[-110:]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
