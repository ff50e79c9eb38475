#!/usr/bin/python3
"""Avro files between the program and other libraries: Java's Avro (Maven Central), fastavro and avro (PyPI).

    interop.py --program PROGRAM java     it reads all of ours whole and in pieces; we read what it writes
    interop.py --program PROGRAM python   the same with fastavro and avro
    interop.py --program PROGRAM self_test

The libraries are fetched once, into build/avro. Where a registry cannot be reached this fails.
"""
import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile

import splits
from split_reader import ROOT, SYNC, Broken, Container
from splits import OUTPUTS, Bench, Failed, expect

HERE = os.path.dirname(os.path.abspath(__file__))
PLACE = os.path.join(ROOT, "build", "avro")
FASTAVRO, AVRO = "1.13.1", "1.12.2"
JAVA_AVRO = os.environ.get("AVRO_VERSION", "1.12.1")
PIECE = 4000  # as splits.py reads every 1000th byte, and Java looks at single bytes from each on


# --- fetched once ---

def once(name, make):
    """A folder that is there whole or not at all, whoever else makes it meanwhile."""
    os.makedirs(PLACE, exist_ok=True)
    folder = os.path.join(PLACE, name)
    with open(os.path.join(PLACE, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(folder, "ready")):
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            with open(os.path.join(folder, "ready"), "w", encoding="utf-8"):
                pass
    return folder


def call(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode(errors="replace")
    expect(done.returncode == 0, f"{' '.join(command)[:300]}: {said[-1500:]}")
    return done.stdout.decode()


def proxy():
    match = re.fullmatch(r"https?://([^:/@]+):(\d+)/?",
                         os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY") or "")
    return [f"-Dhttps.proxyHost={match[1]}", f"-Dhttps.proxyPort={match[2]}"] if match else []


def fetch_java(folder):
    call("mvn", "-B", "-q", "-C", "-f", os.path.join(HERE, "pom.xml"), f"-Davro.version={JAVA_AVRO}",
         f"-Dmaven.repo.local={os.path.join(PLACE, 'repository')}", *proxy(), "dependency:copy-dependencies",
         "-DincludeScope=runtime", f"-DoutputDirectory={folder}/lib")


def fetch_python(folder):
    """With bindings of snappy and zstandard. A network's own authority is in the system's list, not pip's."""
    if os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
        os.environ.setdefault("PIP_CERT", "/etc/ssl/certs/ca-certificates.crt")
    call("/usr/bin/python3", "-m", "venv", folder)
    call(os.path.join(folder, "bin", "python"), "-m", "pip", "-q", "--disable-pip-version-check", "install",
         f"fastavro=={FASTAVRO}", f"avro=={AVRO}", "cramjam==2.11.0", "backports.zstd==1.0.0")


# --- the others ---

class Java:
    codecs = ("null", "deflate", "snappy", "zstandard")

    def __init__(self, folder):
        lib = os.path.join(once(f"java-{JAVA_AVRO}", fetch_java), "lib", "*")
        self.command = ["java", "-cp", f"{folder}/classes:{lib}"]
        call("java", "-cp", lib, "org.eclipse.jdt.internal.compiler.batch.Main", "-11", "-nowarn", "-cp",
             ":".join(os.path.join(lib[:-1], name) for name in os.listdir(lib[:-1])), "-d",
             f"{folder}/classes", os.path.join(HERE, "Pieces.java"))

    def read(self, paths):
        """(records whole, records in pieces, same) for each."""
        lines = call(*self.command, "Pieces", "read", str(PIECE), *paths).split("\n")
        return [(int(whole), int(pieces), same == "same")
                for whole, pieces, same, _ in (line.split(" ", 3) for line in lines if line)]

    def write(self, codec, source, path):
        call(*self.command, "Pieces", "write", codec, source, path)


class Python:
    def __init__(self, module, codecs):
        self.module, self.codecs = module, codecs
        self.python = os.path.join(once(f"python-{FASTAVRO}-{AVRO}", fetch_python), "bin", "python")

    def read(self, paths):
        side = os.path.join(HERE, "python_side.py")
        lines = call(self.python, side, self.module, "read", str(PIECE), *paths).split("\n")
        return [(int(whole), int(pieces), same == "same")
                for whole, pieces, same, _ in (line.split(" ", 3) for line in lines if line)]

    def write(self, codec, source, path):
        call(self.python, os.path.join(HERE, "python_side.py"), self.module, "write", codec, source, path)


# --- the judgement ---

def read_by(other, files, name):
    read = other.read([path for path, _ in files])
    for (path, count), (whole, pieces, same) in zip(files, read, strict=True):
        expect(whole == pieces == count > 0 and same,
               f"{name}: {path} has {count} records, whole {whole}, in pieces {pieces}, same: {same}")
        print(f"{name}: {os.path.basename(path)}: {count} records whole and in pieces of {PIECE} bytes")


def written_by(other, bench, name):
    source = bench.generate(f"{name}-source.avro", "--lines", "6000", "--seed", "8")
    golden = bench.replay(f"{name}-golden", "jsonl", source)
    for codec in other.codecs:
        path = bench.path(f"{name}-{codec}.avro")
        other.write(codec, source, path)
        for ours, theirs in zip(golden, bench.replay(f"{name}-{codec}", "jsonl", path)):
            with open(ours, "rb") as one, open(theirs, "rb") as two:
                expect(one.read() == two.read(),
                       f"{name}, {codec}: a replay decides something else: {theirs}")
        print(f"{name}, {codec}: a replay of its file decides the same")


def sides(case, folder):
    if case == "python":
        return {"fastavro": Python("fastavro", ("null", "deflate", "snappy", "zstandard")),
                "avro": Python("avro", ("null", "deflate"))}
    return {"Java": Java(folder)}


def test(program, folder, case):
    bench = Bench(program, folder)
    files = list(bench.files("large", 6000))
    *_, letters = [path for path, _ in files]
    source = bench.path("misleading.jsonl")
    with open(source, "wb") as stream:
        stream.write(splits.misleading(splits.markers_inside(letters)[1]))
    *_, path = bench.replay("misleading", "avro", source)
    files.append((path, splits.lines_in(source)))
    for name, other in sides(case, folder).items():
        read_by(other, files, name)
        written_by(other, bench, name)


def self_test(program, folder):
    """Files with sixteen zeros as marker, as the program once wrote them."""
    bench = Bench(program, folder)
    path = bench.generate("zeros.avro", "--lines", "3000")
    splits.planted(path, b"\0" * SYNC)
    for case in ("java", "python"):
        for name, other in sides(case, folder).items():
            try:
                read_by(other, [(path, 3000)], name)
            except (Failed, Broken) as why:
                print(f"found out by {name}: {str(why)[:160]}")
                continue
            raise Failed(f"{name} reads zeros as marker in pieces")


def main():
    parser = argparse.ArgumentParser(description="Avro files between libraries")
    parser.add_argument("--program", required=True)
    parser.add_argument("case", choices=("java", "python", "self_test"))
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory(prefix="bundelwacht-interop-") as folder:
        try:
            if options.case == "self_test":
                self_test(program, folder)
            else:
                test(program, folder, options.case)
        except Failed as sentence:
            print(f"failed: {sentence}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
