"""A few requests of Kafka's protocol, in plain Python: enough to put records of every kind where a test wants
them.

It shares no code with the program that is tested: neither librdkafka nor its partitioner.
"""
import socket
import struct
import time


def murmur2(key):
    """As Kafka's Java client counts (org.apache.kafka.common.utils.Utils.murmur2)."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = (0x9747B28C ^ len(key)) & mask
    whole = len(key) // 4 * 4
    for (k,) in struct.iter_unpack("<I", key[:whole]):
        k = k * m & mask
        k ^= k >> 24
        h = (h * m & mask) ^ (k * m & mask)
    tail = key[whole:]
    if len(tail) == 3:
        h ^= tail[2] << 16
    if len(tail) >= 2:
        h ^= tail[1] << 8
    if tail:
        h = (h ^ tail[0]) * m & mask
    h ^= h >> 13
    h = h * m & mask
    return h ^ h >> 15


def partition_of(key, partitions):
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def _crc32c_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


_CRC = _crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    table = _CRC
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def zigzag(number):
    number = number << 1 ^ number >> 63
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _span(data):
    return zigzag(-1) if data is None else zigzag(len(data)) + data


def record_batch(records):
    """Of (key, value, timestamp in ms); key and value may be None."""
    first = records[0][2]
    body = bytearray()
    for i, (key, value, timestamp) in enumerate(records):
        record = b"\0" + zigzag(timestamp - first) + zigzag(i) + _span(key) + _span(value) + zigzag(0)
        body += zigzag(len(record)) + record
    tail = struct.pack(">hiqqqhii", 0,
                       len(records) - 1, first, max(r[2] for r in records), -1, -1, -1, len(records)) + body
    return struct.pack(">qiibI", 0, len(tail) + 9, 0, 2, crc32c(tail)) + tail


def _text(text):
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def _compact(text):
    data = text.encode()
    return bytes([len(data) + 1]) + data


class Connection:
    """To one broker."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        self.correlation = 0

    def close(self):
        self.socket.close()

    def _read(self, length):
        data = bytearray()
        while len(data) < length:
            more = self.socket.recv(min(1 << 20, length - len(data)))
            if not more:
                raise ConnectionError("the broker closed the connection")
            data += more
        return bytes(data)

    def ask(self, key, version, body, tagged=False):
        """`tagged`: the request and its answer have flexible headers."""
        self.correlation += 1
        request = struct.pack(">hhi", key, version,
                              self.correlation) + _text("test") + (b"\0" if tagged else b"") + body
        self.socket.sendall(struct.pack(">i", len(request)) + request)
        (length,) = struct.unpack(">i", self._read(4))
        answer = self._read(length)
        assert struct.unpack_from(">i", answer)[0] == self.correlation
        return answer[5 if tagged else 4 :]


class Kafka:
    """A cluster, through the first of its brokers that answers; another one is asked where that one leads."""

    def __init__(self, bootstrap):
        for address in bootstrap.split(","):
            try:
                self.first = Connection(address)
                break
            except OSError as error:
                self.first, trouble = None, error
        if not self.first:
            raise trouble
        self.address = address
        self.others = {}  # address: Connection
        self.leaders_known = {}  # topic: what leaders() said

    def close(self):
        for connection in [self.first, *self.others.values()]:
            connection.close()

    def _ask(self, key, version, body):
        return self.first.ask(key, version, body)

    def _at(self, address):
        if address == self.address:
            return self.first
        if address not in self.others:
            self.others[address] = Connection(address)
        return self.others[address]

    def _ask_at(self, address, key, version, body):
        try:
            return self._at(address).ask(key, version, body)
        except OSError:
            self.others.pop(address, None)  # it may be another process there the next time
            raise

    def leaders(self, topic):
        """The address of each partition's leader; None where there is none."""
        return [leader for leader, _ in self._partitions(topic)]

    def in_sync(self, topic):
        """How many replicas are in sync in the partition that has the fewest; 0 where one has no leader."""
        return min(in_sync if leader else 0 for leader, in_sync in self._partitions(topic))

    def _partitions(self, topic):
        """Of each: (the leader's address or None, the number of replicas in sync)."""
        answer = self._ask(3, 1, struct.pack(">i", 1) + _text(topic))
        addresses, at = {}, 4
        for _ in range(struct.unpack_from(">i", answer)[0]):
            node, length = struct.unpack_from(">ih", answer, at)
            host = answer[at + 6 : at + 6 + length].decode()
            at += 6 + length
            port, rack = struct.unpack_from(">ih", answer, at)
            at += 6 + max(0, rack)
            addresses[node] = f"{host}:{port}"
        # behind the controller and the count of topics
        error, length = struct.unpack_from(">hh", answer, at + 8)
        if error:
            raise RuntimeError(f"topic {topic}: error {error}")
        at += 12 + length + 1
        (count,) = struct.unpack_from(">i", answer, at)
        found, at = [(None, 0)] * count, at + 4
        for _ in range(count):
            _, partition, leader, replicas = struct.unpack_from(">hiii", answer, at)
            at += 14 + 4 * replicas
            (in_sync,) = struct.unpack_from(">i", answer, at)
            at += 4 + 4 * in_sync
            found[partition] = addresses.get(leader), in_sync
        return found

    def create_topic(self, name, partitions, configs=None, brokers=None):
        """`brokers`: of each partition the list of its replicas."""
        configs = configs or {}
        if brokers:
            body = struct.pack(">ihi", -1, -1, len(brokers))
            for partition, replicas in enumerate(brokers):
                body += struct.pack(f">ii{len(replicas)}i", partition, len(replicas), *replicas)
        else:
            body = struct.pack(">ihi", partitions, -1, 0)
        body = struct.pack(">i", 1) + _text(name) + body + struct.pack(">i", len(configs))
        for key, value in configs.items():
            body += _text(key) + _text(value)
        answer = self._ask(19, 4, body + struct.pack(">ib", 30000, 0))
        (length,) = struct.unpack_from(">h", answer, 8)
        (error,) = struct.unpack_from(">h", answer, 10 + length)
        if error:
            raise RuntimeError(f"could not create topic {name}: error {error}")

    def delete_topic(self, name):
        answer = self._ask(20, 1, struct.pack(">i", 1) + _text(name) + struct.pack(">i", 30000))
        (error,) = struct.unpack_from(">h", answer, 4 + 4 + 2 + len(name.encode()))
        if error:
            raise RuntimeError(f"could not delete topic {name}: error {error}")

    def transaction(self, name):
        """The coordinator's word on a transactional id: (state, when it began in ms)."""
        answer = self._coordinator(name, 1).ask(65, 0, b"\x02" + _compact(name) + b"\0", tagged=True)
        (error,) = struct.unpack_from(">h", answer, 5)
        if error:
            raise RuntimeError(f"transactional id {name}: error {error}")
        at = 7 + len(_compact(name))
        length = answer[at] - 1
        state = answer[at + 1 : at + 1 + length].decode()
        return state, struct.unpack_from(">q", answer, at + 1 + length + 4)[0]

    def _coordinator(self, name, kind):
        """Of a group (kind 0) or of a transactional id (1)."""
        answer = self._ask(10, 1, _text(name) + struct.pack(">b", kind))
        error, length = struct.unpack_from(">hh", answer, 4)
        if error:
            raise RuntimeError(f"no coordinator of {name}: error {error}")
        at = 8 + max(0, length) + 4
        (length,) = struct.unpack_from(">h", answer, at)
        host = answer[at + 2 : at + 2 + length].decode()
        return self._at(f"{host}:{struct.unpack_from('>i', answer, at + 2 + length)[0]}")

    def produce(self, topic, partition, records):
        """Appends the records, in batches of at most 500 records or 4 MB, and returns the offset of the
        first."""
        first = None
        while records:
            size = count = 0
            while count < len(records) and count < 500 and size < 4_000_000:
                size += len(records[count][0] or b"") + len(records[count][1] or b"")
                count += 1
            batch = record_batch(records[:count])
            records = records[count:]
            body = struct.pack(">hhii", -1, -1, 30000, 1) + _text(topic) + struct.pack(
                ">iii", 1, partition, len(batch)) + batch
            for attempt in range(300):
                error, offset = 5, None
                leader = self._leader(topic, partition)
                if leader:
                    answer = self._ask_at(leader, 0, 7, body)
                    _, error, offset = struct.unpack_from(">ihq", answer, 4 + 2 + len(topic.encode()) + 4)
                if error not in (3, 5, 6):  # a new topic has no leader yet
                    break
                self.leaders_known.pop(topic, None)
                time.sleep(0.1)
            if error:
                raise RuntimeError(f"could not produce to {topic}/{partition}: error {error}")
            if first is None:
                first = offset
        return first

    def _leader(self, topic, partition):
        if topic not in self.leaders_known:
            try:
                self.leaders_known[topic] = self.leaders(topic)
            except RuntimeError:
                return None  # it is being made
        known = self.leaders_known[topic]
        return known[partition] if partition < len(known) else None

    def ends(self, topic, partitions, committed=False):
        """The offset after the last record of each partition, -1 where nobody leads; with committed=True the
        last stable offset."""
        led = {}
        try:
            for partition, leader in enumerate(self.leaders(topic)[:partitions]):
                led.setdefault(leader, []).append(partition)
        except RuntimeError:
            pass  # it is being made
        led.pop(None, None)
        ends = [-1] * partitions
        for leader, theirs in led.items():
            body = struct.pack(">ibi", -1, 1 if committed else 0, 1) + _text(topic) + struct.pack(
                ">i", len(theirs))
            body += b"".join(struct.pack(">iq", partition, -1) for partition in theirs)
            answer = self._ask_at(leader, 2, 2, body)
            at = 4 + 4 + 2 + len(topic.encode()) + 4
            for _ in theirs:
                partition, error, _, offset = struct.unpack_from(">ihqq", answer, at)
                at += 22
                ends[partition] = -1 if error else offset
        return ends

    def committed(self, group, topic, partitions):
        """What a group has committed: (offset, metadata) of each partition; (-1, "") where nothing is."""
        body = _text(group) + struct.pack(">i", 1) + _text(topic) + struct.pack(">i", partitions)
        body += b"".join(struct.pack(">i", partition) for partition in range(partitions))
        answer = self._coordinator(group, 0).ask(9, 3, body)
        at = 4 + 4 + 2 + len(topic.encode())
        (count,) = struct.unpack_from(">i", answer, at)
        at += 4
        found = [(-1, "")] * partitions
        for _ in range(count):
            partition, offset, length = struct.unpack_from(">iqh", answer, at)
            at += 14
            metadata = answer[at : at + max(0, length)].decode()
            at += max(0, length)
            (error,) = struct.unpack_from(">h", answer, at)
            at += 2
            if error:
                raise RuntimeError(f"the committed offset of {topic}/{partition} is not told: error {error}")
            found[partition] = (offset, metadata)
        return found
