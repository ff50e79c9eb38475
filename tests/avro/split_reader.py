"""An Avro container file in pieces, as Spark, Flink and Hadoop read it: from any byte slide on until sixteen
bytes equal the marker, believe what follows, and end with the block that begins behind the piece. Slow,
simple, and shares no code with the program."""
import json
import os
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "broker"))
import avro  # noqa: E402

SYNC = 16
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Broken(Exception):
    pass


class Container:
    """A file whose blocks may be asked for from any byte; records come as bytes."""

    def __init__(self, path, read=None):
        with open(path, "rb") as stream:
            self.data = stream.read()
        meta, at = avro.header(self.data)
        self.schema = json.loads(meta["avro.schema"])
        self.codec = meta.get("avro.codec", b"null")
        self.marker = self.data[at : at + SYNC]
        self.read = read or avro.reader(self.schema)
        self.known = {}
        self.blocks_at = at + SYNC

    def sync(self, position):
        """Where the block behind the first marker at or behind `position` begins; the header is searched."""
        found = self.data.find(self.marker, position)
        return len(self.data) if found < 0 else found + SYNC

    def block(self, at):
        """(the records of the block that begins here, where the next one begins); remembered."""
        if at not in self.known:
            self.known[at] = self._block(at)
        return self.known[at]

    def _block(self, at):
        try:
            count, at = avro.read_long(self.data, at)
            size, at = avro.read_long(self.data, at)
            block, end = self.data[at : at + size], at + size + SYNC
            if count < 0 or size < 0 or self.data[at + size : end] != self.marker:
                raise Broken("no marker behind a block")
            if self.codec == b"deflate":
                block = zlib.decompressobj(-15).decompress(block)
            records, position = [], 0
            for _ in range(count):
                _, behind = self.read(block, position)
                records.append(block[position:behind])
                position = behind
        except (IndexError, ValueError, zlib.error, UnicodeDecodeError) as why:
            raise Broken(f"what stands behind a marker is no block: {why}") from None
        if position != len(block):
            raise Broken("a block has bytes behind its last record")
        return records, end

    def piece(self, begin, end):
        """The records of the bytes begin..end: those of the blocks whose marker in front begins there."""
        records, at = [], self.sync(begin)
        while at < len(self.data) and at < end + SYNC:
            found, at = self.block(at)
            records += found
        return records

    def whole(self):
        records, at = [], self.blocks_at
        while at < len(self.data):
            found, at = self.block(at)
            records += found
        return records

    def pieces(self, size):
        return [record for begin in range(0, len(self.data), size)
                for record in self.piece(begin, begin + size)]
