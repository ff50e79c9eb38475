#!/bin/bash
# librdkafka gives a batch that was aborted before its answer came the sequence numbers of the next batch of that partition, in the same
# epoch of the producer. Inside a transaction a batch reaches the broker and is appended, but the answer is lost with the connection;
# librdkafka puts the batch back into its queue, to be sent again. The application aborts meanwhile: the batch is taken out of the queue,
# abort_transaction succeeds, the epoch stays. The next transaction's batch begins at the same sequence number, and when it is as long as
# the first the broker takes it for the repetition of what it has: it answers with success and appends nothing. commit_transaction
# succeeds, the delivery reports say so too, and no read_committed reader ever sees the committed records.
#
# Seen with librdkafka 2.16.0 (in the wheel confluent-kafka 2.16.1) and 2.12.1 on Apache Kafka 4.1.1; first seen with 2.0.2 on 4.4.0, when
# brokers were killed at random. The sources of 2.0.2 and 2.15.0 move the base of the epoch's numbers by what was purged, whether or not
# it had been appended. Where it matters: read, process, write with transactions, where an abort is followed by the same outputs again.
# A new producer (init_transactions of another handle) after such an abort begins to count anew. Needs java and mvn.
#
#     findings/librdkafka-gives-an-aborted-batchs-numbers-to-the-next.sh      0: still so; 1: it behaves otherwise now
set -euo pipefail
kafka_version=4.1.1
place=$(mktemp -d)
broker=
stop() {
    [[ -z $broker ]] || { kill -9 "$broker" && wait "$broker"; } 2>/dev/null || true
    rm -rf "$place"
}
trap stop EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check confluent-kafka==2.16.1
cat >"$place/pom.xml" <<XML
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>finding</groupId><artifactId>broker</artifactId><version>1</version><packaging>pom</packaging><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$kafka_version</version></dependency>
</dependencies></project>
XML
flags=()
if [[ ${https_proxy:-${HTTPS_PROXY:-}} =~ ^https?://([^:/@]+):([0-9]+)/?$ ]]; then
    flags=("-Dhttps.proxyHost=${BASH_REMATCH[1]}" "-Dhttps.proxyPort=${BASH_REMATCH[2]}")
fi
mvn -B -q -f "$place/pom.xml" "${flags[@]}" "-Dmaven.repo.local=${MAVEN_REPOSITORY:-$place/repository}" \
    dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$place/lib" >"$place/mvn.log" 2>&1 </dev/null ||
    { tail -n 20 "$place/mvn.log" >&2; exit 2; }
read -r real controller front < <("$place/venv/bin/python" - <<'PYTHON'
import socket
held = [socket.socket() for _ in range(3)]
for one in held:
    one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in held])
PYTHON
)
cat >"$place/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$real,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$front
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$place/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
END
id=$(java -cp "$place/lib/*" kafka.tools.StorageTool random-uuid 2>/dev/null)
java -cp "$place/lib/*" kafka.tools.StorageTool format -t "$id" -c "$place/server.properties" >"$place/format.log" 2>&1
# The broker reaches itself by its advertised address too, so the way in front of it stands first.
cat >"$place/try.py" <<'PYTHON'
import os
import socket
import subprocess
import sys
import threading
import time

import confluent_kafka
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

place, real, front = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
TOPIC, COUNT, PATIENCE = "outputs", 3, 60


class Way:
    """Between the clients and the broker. muted: what the broker answers is dropped; closed: there is no way."""

    def __init__(self):
        self.muted = self.closed = False
        self.sockets = set()
        self.door = socket.create_server(("127.0.0.1", front), reuse_port=False)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.door.accept()
            if self.closed:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", real))
            except OSError:
                client.close()
                continue
            self.sockets |= {client, server}
            threading.Thread(target=self.carry, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self.carry, args=(server, client, True), daemon=True).start()

    def carry(self, here, there, is_answer):
        try:
            while data := here.recv(65536):
                if not (is_answer and self.muted):
                    there.sendall(data)
        except OSError:
            pass
        for one in (here, there):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.closed = True
        for one in list(self.sockets):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.sockets.clear()

    def open(self):
        self.closed = self.muted = False


def until(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"did not happen within {PATIENCE} s: {what}")
        time.sleep(0.02)  # between two looks at a condition


def again(call, *arguments):
    """A call that says that it may be repeated is."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return call(*arguments)
        except KafkaException as error:
            if not error.args[0].retriable() or time.monotonic() > end:
                raise


def appended():
    """Bytes in the topic's log."""
    path = os.path.join(place, "data", TOPIC + "-0", "00000000000000000000.log")
    return os.path.getsize(path) if os.path.exists(path) else -1


way = Way()
address = {"bootstrap.servers": f"127.0.0.1:{front}", "log_level": 0}
admin = AdminClient(address)
until("the broker answers", lambda: list(admin.create_topics([NewTopic(TOPIC, 1, 1)]).values())[0].exception() is None
      or TOPIC in admin.list_topics(timeout=5).topics)
reports = []
producer = Producer({**address, "transactional.id": "finding", "linger.ms": 50, "message.timeout.ms": 60000, "retry.backoff.ms": 1000})


def send(name, count):
    for number in range(count):
        producer.produce(TOPIC, f"{name}-{number}", partition=0, on_delivery=lambda error, message: reports.append((message.value().decode(), error)))


producer.init_transactions(PATIENCE)
producer.begin_transaction()
send("opening", 1)
producer.flush(PATIENCE)
way.muted = True
before = appended()
send("aborted", COUNT)
until("the batch is appended", lambda: producer.poll(0) is not None and appended() > before)
way.close()
aborting = threading.Thread(target=again, args=(producer.abort_transaction, PATIENCE))
aborting.start()
until("the batch is purged", lambda: sum(value.startswith("aborted") for value, _ in reports) == COUNT)
way.open()
aborting.join()
producer.begin_transaction()
send("committed", COUNT)
again(producer.commit_transaction, PATIENCE)
end = None
reader = Consumer({**address, "group.id": "reader", "isolation.level": "read_committed", "enable.partition.eof": True})
reader.assign([TopicPartition(TOPIC, 0, 0)])
seen = []
while end is None:
    message = reader.poll(PATIENCE)
    if message is None:
        sys.exit("the reader hears nothing")
    if message.error():
        end = message.error()
    else:
        seen.append(message.value().decode())
reader.close()
said = [value for value, error in reports if value.startswith("committed") and error is None]
print("librdkafka", confluent_kafka.libversion()[0])
print("aborted batch, said to the application:", {str(error.name()) for value, error in reports if value.startswith("aborted")})
print("delivered, as the reports say:", len(said), "of", COUNT, "- commit_transaction: success")
print("seen by a read_committed reader:", len(seen), "of", COUNT)
so = len(said) == COUNT and seen == []
print("as described" if so else "NOT as described")
sys.stdout.flush()
os._exit(0 if so else 1)
PYTHON
java -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$place/lib/*" kafka.Kafka "$place/server.properties" >"$place/broker.log" 2>&1 &
broker=$!
"$place/venv/bin/python" "$place/try.py" "$place" "$real" "$front"
