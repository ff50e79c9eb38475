"""Declarations of a seed, put into the topic batch by batch while something happens to the brokers."""
import threading

from harness import declaration_of_json, encode_declaration, kafka_client


class Lines:
    """Generated, the bad ones as the bytes they are; `move` sends the next batches. One thread at a time."""

    def __init__(self, program, place, partitions, lines, seed=1, batch=50):
        self.place, self.partitions, self.at = place, partitions, 0
        path = place.path / "lines.jsonl"
        place.run(program, "generate", "--lines", lines, "--seed", seed, "--bad-per-mille", 4, "--out", path)
        rows = []
        for line in open(path, "rb"):
            try:
                values = declaration_of_json(line)
                rows.append((values["insured"].encode(), encode_declaration(values), values["submitted_at"]))
            except (ValueError, KeyError, TypeError, StopIteration):
                if rows:
                    rows.append((rows[-1][0], line, rows[-1][2]))
        self.batches = [rows[i : i + batch] for i in range(0, len(rows), batch)]

    def move(self, client, count=1):
        for batch in self.batches[self.at : self.at + count]:
            parts = {}
            for record in batch:
                parts.setdefault(kafka_client.partition_of(record[0], self.partitions), []).append(record)
            for partition, records in parts.items():
                client.produce("declarations", partition, records)
            self.at += 1


class Mover:
    """Moves batches in a thread until it is told to stop, or until the broker is gone; what was on its way
    comes again."""

    def __init__(self, lines, bootstrap):
        self.lines, self.bootstrap, self.over = lines, bootstrap, threading.Event()
        self.thread = threading.Thread(target=self.go, daemon=True)
        self.thread.start()

    def go(self):
        try:
            client = kafka_client.Kafka(self.bootstrap)
            while not self.over.is_set() and self.lines.at < len(self.lines.batches):
                self.lines.move(client)
                self.over.wait(0.005)
            client.close()
        except (OSError, RuntimeError, AssertionError):
            pass

    def stop(self):
        self.over.set()
        self.thread.join()
