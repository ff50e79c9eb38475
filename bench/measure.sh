# measure.sh - what the other scripts share; sourced, not run.

say() { printf '%s\n' "$*" >&2; }

# Runs a command quietly; prints its CPU-seconds (user and system) and its wall seconds. Its last words are
# shown when it fails.
cpu_of() {
    local log TIMEFORMAT='%U %S %R' times
    log=$(mktemp)
    times=$({ time "$@" >"$log" 2>&1; } 2>&1) || { tail -n 20 "$log" >&2; rm -f "$log"; return 1; }
    rm -f "$log"
    awk '{printf "%.3f %.3f\n", $1 + $2, $3}' <<<"$times"
}

# The middle one of the numbers on standard input.
median() { sort -g | awk '{v[NR] = $1}
    END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

# lines CPU-seconds -> lines a CPU-second, in millions
millions() { awk -v lines="$1" -v cpu="$2" 'BEGIN {printf "%.2f", lines / cpu / 1e6}'; }

machine() {
    local cpu
    cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
    say "$(date +%F), $(nproc) processors, $cpu, load $(cut -d' ' -f1 /proc/loadavg) before it began"
}
