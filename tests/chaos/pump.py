"""Declarations into the topic at an even pace for as long as the chaos lasts, so that there is always
something under way.

A batch whose answer was lost is produced again: the topic, whatever came of it, is the truth, and doubles are
what semantics §2 is about."""
import struct
import threading
import time

from harness import Failed


def read_dump(path):
    """(timestamp, partition, key, value) of a file that `dump` wrote (pipeline/dump_file.h)."""
    data = path.read_bytes()
    if data[:8] != b"BWDUMP01":
        raise Failed(f"{path} is no dump")
    partition, _, length = struct.unpack_from("<III", data, 8)
    at = 20 + length
    while data[at : at + 1] == b"R":
        _, timestamp, key_length, value_length = struct.unpack_from("<qqII", data, at + 1)
        at += 25
        key = value = None
        if key_length != 0xFFFFFFFF:
            key, at = data[at : at + key_length], at + key_length
        if value_length != 0xFFFFFFFF:
            value, at = data[at : at + value_length], at + value_length
        yield timestamp, partition, key, value


class Pump(threading.Thread):
    def __init__(self, broker, topic, files, pace):
        super().__init__(daemon=True)
        self.broker, self.topic, self.pace = broker, topic, pace
        self.records = sorted((record for path in files for record in read_dump(path)),
                              key=lambda record: record[0])
        self.at = self.again = 0
        self.stop_it = threading.Event()
        self.client = None

    def run(self):
        began = time.monotonic()
        sent = 0  # by the clock: what an outage held up is not caught up with
        while not self.stop_it.wait(0.05) and self.at < len(self.records):
            if self.broker.away:
                began, sent = time.monotonic(), 0
                self.client = None
                continue
            count = min(int((time.monotonic() - began) * self.pace) - sent, 2000)
            if count > 0 and self.produce(self.records[self.at : self.at + count]):
                self.at += count
                sent += count

    def produce(self, records):
        batches = {}
        for timestamp, partition, key, value in records:
            batches.setdefault(partition, []).append((key, value, timestamp))
        try:
            self.client = self.client or self.broker.client()
            for partition, batch in batches.items():
                self.client.produce(self.topic, partition, batch)
            return True
        except (OSError, RuntimeError, AssertionError, struct.error):
            self.client = None
            self.again += 1
            return False

    def finish(self):
        self.stop_it.set()
        self.join()
