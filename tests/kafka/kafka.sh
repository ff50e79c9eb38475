#!/bin/bash
# kafka.sh - a real Apache Kafka for tests, one to three brokers on loopback, in a directory that goes away
# with it.
#
#   kafka.sh fetch                      the jars, from Maven Central, once, into
#   build/kafka/{lib,tools}-<version> kafka.sh start [--while PID] [--brokers N] [--set NAME=VALUE]... [DIR]
#   formats DIR, starts the broker, waits until it answers, prints its address; with --while it is also
#   stopped when that process has ended (a test that was killed). Brokers 2 and 3 live in DIR/2 and DIR/3, and
#   their addresses are printed behind a comma; of two only the first is a controller, of three each. --set: a
#   line of server.properties.
#   kafka.sh stop [DIR]                 stops all of them and removes DIR, unless there is a file DIR/keep
#   kafka.sh end [DIR]                  stops the broker of DIR (or DIR/2, DIR/3) in order; DIR stays,
#   `resume` starts it again kafka.sh kill [DIR]                 the same with kill -9 kafka.sh resume [DIR]
#   on the same ports and data; returns when it answers kafka.sh status [DIR]               says whether it
#   answers; exit code 0 when it does kafka.sh bootstrap [DIR]            prints host:port (also in
#   DIR/bootstrap) kafka.sh topics [-d DIR] ARGS...    Kafka's own TopicCommand against it, such as: --create
#   --topic t --partitions 8 kafka.sh consume [-d DIR] TOPIC [ARGS...] Kafka's own console consumer,
#   read_committed, from the beginning until nothing comes for KAFKA_IDLE_MS. A line a record, exact whatever
#   the bytes: Partition:P TAB Offset:N TAB headers TAB key TAB value; bytes outside of printable ASCII and
#   the backslash are \xHH, null is ~null~. ARGS go to the console consumer (--isolation-level
#   read_uncommitted, --partition 3).
#   kafka.sh java CLASS ARGS...         any other class of Kafka's tools
#
# DIR is build/kafka/broker when not given; it must not exist before start. Environment: KAFKA_VERSION
#   of the server: 4.4.0; 3.9.2, 4.0.1, 4.1.1, 4.2.0 and 4.3.1 work as well KAFKA_TOOLS_VERSION  of the
#   command-line tools: 4.3.1 (kafka-tools 4.4.0 is not on Maven Central) KAFKA_REBALANCE_MS
#   group.initial.rebalance.delay.ms, 500: all workers of a process join in one round KAFKA_SESSION_MS
#   broker.session.timeout.ms: how long after a death partitions have no leader; 9000, of several brokers 2000
#   KAFKA_JVM            more flags of the broker's java: -XX:TieredStopAtLevel=1 starts sooner, and is slower
#   later KAFKA_LOGGER         one logger of the broker at debug, such as kafka.request.logger; it goes to
#   DIR/broker.log KAFKA_IDLE_MS        6000
# Needs java and mvn (the first time). When Maven Central cannot be reached this fails, and so does the test
# that called it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${BW_BUILD:-$(cd "$here/../.." && pwd)/build}/kafka
version=${KAFKA_VERSION:-4.4.0}
lib=$build/lib-$version
tools_version=${KAFKA_TOOLS_VERSION:-4.3.1}
tools=$build/tools-$tools_version
java_quiet=(-XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn)

say() { printf 'kafka: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Maven asks no environment for a proxy; hand it over.
proxy_flags() {
    local url=${https_proxy:-${HTTPS_PROXY:-}}
    [[ $url =~ ^https?://([^:/@]+):([0-9]+)/?$ ]] || return 0
    printf -- '-Dhttps.proxyHost=%s\n-Dhttps.proxyPort=%s\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
}

# The jars of one artifact and version, fetched once.
fetch() {
    local artifact=$1 wanted=$2 into=$3 flags
    [[ -d $into ]] && return 0
    command -v mvn >/dev/null || die "Apache Kafka is fetched by mvn, which is not installed"
    mkdir -p "$build"
    exec 9>"$build/fetch.lock"
    flock 9
    if [[ ! -d $into ]]; then
        say "fetching $artifact $wanted from Maven Central into $into"
        mapfile -t flags < <(proxy_flags)
        rm -rf "$into.part"
        mvn -B -q -C -f "$here/pom.xml" "-Dkafka.artifact=$artifact" "-Dkafka.version=$wanted" \
            "-Dmaven.repo.local=$build/repository" "${flags[@]}" dependency:copy-dependencies \
                -DincludeScope=runtime \
            "-DoutputDirectory=$into.part" >"$build/fetch.log" 2>&1 </dev/null 9>&- || {
            tail -n 20 "$build/fetch.log" >&2
            die "could not fetch $artifact $wanted from Maven Central; the broker tests need it"
        }
        mv "$into.part" "$into"
    fi
    exec 9>&-
}

fetch_server() {
    fetch kafka_2.13 "$version" "$lib"
    [[ -e $lib/classes.jsa ]] || archive_classes
}
fetch_tools() { fetch kafka-tools "$tools_version" "$tools"; }

# Below the range that the kernel gives to outgoing connections; a port is free when nothing answers there.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# A Metadata request, version 1, for no topics; the answer must name one broker at least.
answers() {
    local port=$1 reply
    reply=$(
        exec 2>/dev/null
        exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
        printf '\0\0\0\016\0\3\0\1\0\0\0\1\377\377\0\0\0\0' >&3
        timeout 5 head -c 12 <&3 | od -An -v -tu1
    ) || return 1
    # shellcheck disable=SC2086
    set -- $reply
    [[ $# -eq 12 && ${12} -ge 1 ]]
}

# A process that has ended may stay in the table for ever where nobody waits for it: state Z.
alive() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1 # not $(<…): when that finds no file, bash leaves
    [[ ${stat##*) } != [ZX]* ]]
}

running() {
    local pid
    [[ -f $dir/pid ]] || return 1
    pid=$(<"$dir/pid")
    [[ -r /proc/$pid/cmdline ]] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$dir/server.properties"
}

# Of broker $1 of $2, in $dir. ports[n] and controllers[n] are those of broker n.
write_properties() {
    local number=$1 count=$2 roles=broker voters='' safe=1 i
    ((count < 3)) || safe=2
    for ((i = 1; i <= (count == 3 ? 3 : 1); i++)); do
        voters+=${voters:+,}$i@127.0.0.1:${controllers[i]}
        ((i != number)) || roles=broker,controller
    done
    cat >"$dir/server.properties" <<END
process.roles=$roles
node.id=$number
controller.quorum.voters=$voters
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:${ports[number]}$([[ $roles == broker ]] ||
        echo ",CONTROLLER://127.0.0.1:${controllers[number]}")
advertised.listeners=PLAINTEXT://127.0.0.1:${ports[number]}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=$dir/data
num.partitions=8
auto.create.topics.enable=false
default.replication.factor=$((count == 3 ? 3 : 1))
min.insync.replicas=$safe
offsets.topic.replication.factor=$((count == 3 ? 3 : 1))
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=$((count == 3 ? 3 : 1))
transaction.state.log.min.isr=$safe
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=${KAFKA_REBALANCE_MS:-500}
group.min.session.timeout.ms=1000
broker.session.timeout.ms=${KAFKA_SESSION_MS:-$((count == 1 ? 9000 : 2000))}
broker.heartbeat.interval.ms=200
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
log.retention.ms=-1
log.message.timestamp.after.max.ms=9223372036854775807
END
    printf '%s\n' "${settings[@]}" >>"$dir/server.properties"
}

cluster_id() {
    local id=-
    while [[ $id == -* ]]; do
        id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c1-22)
    done
    echo "$id"
}

format() {
    java "${java_quiet[@]}" -cp "$lib/*" kafka.tools.StorageTool format -t "$1" -c "$dir/server.properties" \
        >"$dir/format.log" 2>&1 || { cat "$dir/format.log" >&2; die "could not format $dir/data"; }
}

# The classes of a broker that has started once, in the form in which java maps them into memory: a start
# takes a third of the CPU with it. Where it cannot be made, or does not fit this java, a broker starts
# without.
archive_classes() {
    local made=$lib/classes.jsa
    say "keeping the loaded classes of Apache Kafka $version in $made"
    (
        KAFKA_JVM="-XX:ArchiveClassesAtExit=$made.$$" settings=() ports=() controllers=()
        cluster=$(mktemp -d "$build/archive-XXXXXX")
        dir=$cluster
        try_to_start 1 && end_process TERM
        mv "$made.$$" "$made"
        rm -rf "$cluster"
    ) >/dev/null 2>&1 || : >"$made"
}

# Starts what $dir/server.properties describes, in a session of its own.
ignite() {
    local archive=()
    [[ ! -s $lib/classes.jsa ]] || archive=(-XX:SharedArchiveFile="$lib/classes.jsa")
    # shellcheck disable=SC2086
    setsid nohup java ${KAFKA_JVM:-} "${archive[@]}" -Xms256m -Xmx512m -XX:+UseG1GC \
        -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
        ${KAFKA_LOGGER:+"-Dorg.slf4j.simpleLogger.log.$KAFKA_LOGGER=debug"} -cp "$lib/*" kafka.Kafka \
        "$dir/server.properties" >>"$dir/broker.log" 2>&1 </dev/null &
    echo $! >"$dir/pid"
}

await() {
    local port=$1 i
    for ((i = 0; i < 600; i++)); do
        answers "$port" && return 0
        alive "$(<"$dir/pid")" || return 1
        sleep 0.1
    done
    return 1
}

launch() {
    ignite
    await "$1"
}

# Stops the broker when the given process has ended, whatever ended it.
watch_over() {
    local watched=$1
    setsid nohup "$here/kafka.sh" watch "$watched" "$dir" >/dev/null 2>&1 </dev/null &
}

watch() {
    place "$2"
    while alive "$1"; do
        sleep 1
        [[ -d $dir ]] || return 0
    done
    stop "$dir"
}

# Another broker's directory becomes $dir: broker 1 has that of the cluster, the others one inside it.
turn_to() {
    dir=$cluster
    [[ $1 -eq 1 ]] || dir=$cluster/$1
}

# All brokers of the cluster on new ports; false when one of them does not come up.
try_to_start() {
    local count=$1 id number
    id=$(cluster_id)
    for ((number = 1; number <= count; number++)); do
        ports[number]=$(free_port)
        controllers[number]=$(free_port)
    done
    [[ $(printf '%s\n' "${ports[@]}" "${controllers[@]}" | sort | uniq -d) == '' ]] || return 1
    for ((number = 1; number <= count; number++)); do
        turn_to "$number"
        mkdir -p "$dir"
        rm -rf "$dir/data"
        write_properties "$number" "$count"
        format "$id"
        echo "127.0.0.1:${ports[number]}" >"$dir/bootstrap"
        echo "$version" >"$dir/version"
        ignite
    done
    for ((number = 1; number <= count; number++)); do
        turn_to "$number"
        await "${ports[number]}" || return 1
    done
    turn_to 1
}

start() {
    local watched='' attempt count=1 cluster settings=() ports=() controllers=() addresses
    while [[ ${1:-} == --* ]]; do
        case $1 in
            --while) watched=$2 ;;
            --brokers) count=$2 ;;
            --set) settings+=("$2") ;;
            *) die "unknown option $1" ;;
        esac
        shift 2
    done
    [[ $count == [123] ]] || die "one to three brokers"
    place "${1:-}"
    if running; then die "a broker is running in $dir"; fi
    [[ ! -e $dir ]] || die "$dir exists; kafka.sh stop $dir removes it"
    fetch_server
    mkdir -p "$dir"
    cluster=$(cd "$dir" && pwd)
    for attempt in 1 2 3; do # a port may be taken between the look and the start
        if try_to_start "$count"; then
            [[ -z $watched ]] || watch_over "$watched"
            addresses=$(printf '127.0.0.1:%s,' "${ports[@]}")
            say "Apache Kafka $version answers on ${addresses%,}, in $dir"
            echo "${addresses%,}"
            return 0
        fi
        turn_to 1
        end_all KILL
        say "attempt $attempt to start the broker failed:"
        tail -n 20 "$dir/broker.log" >&2
    done
    rm -rf "$dir"
    die "could not start Apache Kafka $version"
}

end_process() {
    local signal=$1 pid i
    running || return 0
    pid=$(<"$dir/pid")
    kill "-$signal" "$pid" 2>/dev/null || true
    for ((i = 0; i < 150; i++)); do
        running || return 0
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    for ((i = 0; i < 50; i++)); do
        running || return 0
        sleep 0.1
    done
}

# The brokers of $dir, the others before the first: it may be the only controller.
end_all() {
    local cluster=$dir number
    for number in 3 2 1; do
        turn_to "$number"
        end_process "$1"
    done
}

stop() {
    place "${1:-}"
    [[ -e $dir ]] || { say "nothing to stop in $dir"; return 0; }
    [[ -f $dir/server.properties ]] || die "$dir is not a broker's directory"
    end_all TERM
    if [[ -e $dir/keep ]]; then
        say "stopped, $dir kept"
        return 0
    fi
    rm -rf "$dir"
    say "stopped, $dir removed"
}

resume() {
    place "${1:-}"
    [[ -f $dir/bootstrap ]] || die "no broker was started in $dir"
    version=$(<"$dir/version")
    lib=$build/lib-$version
    local address
    address=$(<"$dir/bootstrap")
    running || launch "${address##*:}" ||
        { tail -n 20 "$dir/broker.log" >&2; die "could not start the broker again"; }
    echo "$address"
}

status() {
    place "${1:-}"
    if [[ -f $dir/bootstrap ]] && running; then
        local address
        address=$(<"$dir/bootstrap")
        answers "${address##*:}" || die "the broker in $dir runs and does not answer on $address"
        echo "Apache Kafka $(<"$dir/version") answers on $address, in $dir"
    else
        echo "no broker in $dir"
        return 1
    fi
}

place() {
    dir=${1:-$build/broker}
    [[ $dir == /* ]] || dir=$PWD/$dir
}

# Sets `dir` from -d DIR, and the bootstrap address.
reach() {
    place ''
    if [[ ${1:-} == -d ]]; then
        place "$2"
        reached=2
    else
        reached=0
    fi
    [[ -f $dir/bootstrap ]] || die "no broker in $dir"
    bootstrap=$(<"$dir/bootstrap")
}

tool() {
    fetch_tools
    java -Xmx512m "${java_quiet[@]}" -cp "$tools/*" "$@"
}

consume() {
    reach "$@"
    shift "$reached"
    local topic=$1 log
    shift
    log=$(mktemp)
    # Without a partition it subscribes, and prints the partition of each record. All deserializers turn bytes
    # into text that loses nothing (org.apache.kafka.common.utils.Bytes).
    local bytes=org.apache.kafka.common.serialization.BytesDeserializer start=(--from-beginning)
    [[ " $* " != *' --partition '* ]] || start=(--offset earliest)
    tool org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server "$bootstrap" --topic "$topic" \
        "${start[@]}" \
        --isolation-level read_committed --timeout-ms "${KAFKA_IDLE_MS:-6000}" \
        --formatter org.apache.kafka.tools.consumer.DefaultMessageFormatter \
        --formatter-property print.partition=true --formatter-property print.offset=true \
            --formatter-property print.headers=true --formatter-property print.key=true \
        --formatter-property 'null.literal=~null~' --formatter-property key.deserializer=$bytes \
            --formatter-property value.deserializer=$bytes \
        --formatter-property headers.deserializer=$bytes "$@" 2>"$log" ||
            { cat "$log" >&2; rm -f "$log"; return 1; }
    grep -o 'Processed a total of .*' "$log" >&2 || { cat "$log" >&2; rm -f "$log"; return 1; }
    rm -f "$log"
}

command=${1:-help}
shift || true
case $command in
    fetch) fetch_server; fetch_tools ;;
    start) start "$@" ;;
    stop) stop "$@" ;;
    end) place "${1:-}"; end_process TERM ;;
    kill) place "${1:-}"; end_process KILL ;;
    resume) resume "$@" ;;
    status) status "$@" ;;
    bootstrap) place "${1:-}"; cat "$dir/bootstrap" ;;
    topics) reach "$@"; shift "$reached"; tool org.apache.kafka.tools.TopicCommand --bootstrap-server \
        "$bootstrap" "$@" ;;
    consume) consume "$@" ;;
    watch) watch "$@" ;; # start --while calls this
    java) tool "$@" ;;
    *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$here/kafka.sh"; [[ $command == help ]] || exit 64 ;;
esac
