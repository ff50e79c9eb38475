#!/usr/bin/python3
"""What others on the machine see of the program: rights of files, links in the way, arguments, memory.

    trust.py --program build/release/bundelwacht [CASE...]
"""
import os
import resource
import shutil
import stat
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import BOOK, EXISTS, ROOT, Bench, expect, main_of  # noqa: E402

NOBODY = 65534


def mode_of(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


class Running:
    """The program, stopped where it opens a pipe that stands in place of a file: so far it has come."""

    def __init__(self, bench, pipe, *arguments, **options):
        os.mkfifo(pipe)
        os.chmod(pipe, 0o666)
        self.process = subprocess.Popen([bench.program, *arguments], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, **options)
        self.writer = open(pipe, "wb")  # returns when the program has opened it

    def __enter__(self):
        return f"/proc/{self.process.pid}"

    def __exit__(self, *_):
        self.writer.close()
        self.said = self.process.communicate(timeout=60)[1]


def case_outputs_are_read_by_owner_and_group_only(bench):
    os.umask(0)
    lines = bench.generate("lines.jsonl", "--lines", "200", "--seed", "1")
    container = bench.generate("lines.avro", "--lines", "200", "--seed", "1")
    made = [lines, container]
    for form in ("jsonl", "avro"):
        out = bench.replay(lines, form=form)
        expect(mode_of(out) == 0o750, f"the directory of a replay has mode {mode_of(out):o}")
        made += [os.path.join(out, name) for name in os.listdir(out)]
    for path in made:
        expect(mode_of(path) == 0o640, f"{path} has mode {mode_of(path):o}")


def case_links_in_the_way_are_not_followed(bench):
    lines = bench.generate("lines.jsonl", "--lines", "200", "--seed", "1")
    wanted = open(os.path.join(bench.replay(lines), "decisions.jsonl"), "rb").read()
    for link in (os.symlink, os.link):
        outside = bench.write("outside", b"outside")
        out = bench.path(f"out-{link.__name__}")
        os.mkdir(out)
        for topic in ("decisions", "episodes", "alerts", "dead-letters"):
            link(outside, os.path.join(out, f"{topic}.jsonl.part"))
        bench.run("replay", "--book", BOOK, "--out", out, lines)
        kept = open(outside, "rb").read() == b"outside"
        expect(kept, f"a file outside was overwritten through {link.__name__}")
        expect(open(os.path.join(out, "decisions.jsonl"), "rb").read() == wanted, "the output is another one")
        os.unlink(outside)
    os.symlink(bench.path("nowhere"), bench.path("link.jsonl"))
    bench.run("generate", "--lines", "1", "--seed", "1", "--out", bench.path("link.jsonl"), code=EXISTS)
    one_line = ["generate", "--lines", "1", "--seed", "1", "--force", "--out"]
    said = bench.run(*one_line, bench.path("link.jsonl"), code=1)[1]
    expect("symbolic link" in said, said)
    expect(not os.path.exists(bench.path("nowhere")), "a file was made through a link")
    bench.run("generate", "--lines", "1", "--seed", "1", "--out", "/dev/null", "--force")
    expect(bench.run(*one_line, "/dev/stdout")[0].startswith("{"), "nothing came through a pipe")
    expect(stat.S_ISCHR(os.lstat("/dev/null").st_mode), "/dev/null is no device any longer")


def case_arguments_with_secrets_are_not_in_the_list_of_processes(bench):
    pipe = bench.path("lines.jsonl")
    for form in (["--insured", "p-17"], ["--insured=p-17"]):
        running = Running(bench, pipe, "explain", "--book", BOOK, *form, pipe)
        with running as process:
            shown = open(process + "/cmdline", "rb").read()
            expect(b"p-17" not in shown and b"--insured" in shown, f"the list of processes shows {shown}")
        expect(b"p-17" in running.said, f"the person is another one: {running.said}")
        os.unlink(pipe)
    pipe = bench.path("book.yaml")
    for form in (["--kafka", "sasl.password=hush"], ["--kafka=consumer.ssl.key.pem=hush"]):
        with Running(bench, pipe, "run", "--input-topic", "t", "--input-schemas", "s", "--rules-book", pipe,
                     "--kafka", "bootstrap.servers=h:1", *form) as process:
            shown = open(process + "/cmdline", "rb").read()
            expect(b"hush" not in shown and b"=h:1" in shown, f"the list of processes shows {shown}")
        os.unlink(pipe)


def case_a_state_directory_that_others_may_write_is_said(bench):
    schemas, state = bench.path("schemas"), bench.path("state")
    os.mkdir(schemas)
    shutil.copy(os.path.join(ROOT, "schemas/declaration.avsc"), os.path.join(schemas, "1.avsc"))
    os.mkdir(state)
    for mode, said in ((0o777, True), (0o770, True), (0o750, False)):
        os.chmod(state, mode)
        command = [bench.program, "run", "--input-topic", "t", "--input-schemas", schemas, "--rules-book",
                   BOOK, "--state-directory", state, "--kafka", "bootstrap.servers=127.0.0.1:1"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        # What comes behind the sentence about keys: this one, or that no broker is there.
        others = (line for line in process.stderr if b"checkpoints are not signed" not in line)
        first = next(others, b"").decode()
        process.kill()
        process.communicate()
        expect(("others may write the state directory" in first) == said, f"mode {mode:o}: {first}")


def said_at_start(bench, schemas, wanted):
    """Whether a start of `run` says it, before it finds that no broker is there."""
    command = [bench.program, "run", "--input-topic", "t", "--input-schemas", schemas, "--rules-book", BOOK,
               "--state-directory", bench.path("state"), "--kafka", "bootstrap.servers=127.0.0.1:1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    lines = []
    for line in process.stderr:  # the sentence about keys comes behind those about schemas
        lines.append(line.decode())
        if wanted in lines[-1] or "checkpoints are not signed" in lines[-1]:
            break
    process.kill()
    process.communicate()
    expect(lines, "run says nothing")
    return wanted in lines[-1]


def case_a_schema_file_that_is_none_is_said_at_start(bench):
    schemas = bench.path("schemas")
    os.mkdir(schemas)
    shutil.copy(os.path.join(ROOT, "schemas/declaration.avsc"), os.path.join(schemas, "1.avsc"))
    expect(not said_at_start(bench, schemas, "dead letters"), "a schema in order is complained about")
    bench.write("schemas/2.avsc", b"{")
    expect(said_at_start(bench, schemas, "2.avsc"), "run does not say that 2.avsc is no schema")
    lines = bench.write("lines.jsonl", b"")
    _, said = bench.run("replay", "--book", BOOK, "--out", bench.path("out"), "--schemas", schemas, lines)
    expect('"2.avsc"' in said and "bad_schema" in said, f"replay says {said}")


def owner_and_limit(bench, environment):
    pipe = bench.path("lines.jsonl")
    as_nobody = (lambda: os.setuid(NOBODY)) if os.getuid() == 0 else None
    os.chmod(bench.folder, 0o755)
    with Running(bench, pipe, "explain", "--book", BOOK, "--insured", "p", pipe,
                 env={**os.environ, **environment}, preexec_fn=as_nobody) as process:
        limits = open(process + "/limits", encoding="ascii").read()
        owner = os.stat(process + "/status").st_uid
    os.unlink(pipe)
    return owner, next(line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core file"))


def case_no_core_is_left_unless_asked_for(bench):
    """The system gives /proc/PID of a process that is not dumpable to root; the program's user is another."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    user = NOBODY if os.getuid() == 0 else os.getuid()
    owner, limit = owner_and_limit(bench, {})
    expect(limit == ["0", "0"], f"the limit of core files is {limit}")
    expect(owner == 0, f"the process can be dumped: /proc/PID belongs to {owner}")
    owner, limit = owner_and_limit(bench, {"BUNDELWACHT_CORE": "1"})
    expect(owner == user, f"asked for, the process cannot be dumped: /proc/PID belongs to {owner}")
    expect(hard == 0 or limit != ["0", "0"], f"asked for, the limit of core files is {limit}")


if __name__ == "__main__":
    sys.exit(main_of(globals(), Bench))
