#!/usr/bin/python3
"""Apache Spark counts every Avro file that the program writes, with its own splits and with splits of 64 KiB,
and writes files that `replay` must read. Needs Java 17, mvn, PyPI and Maven Central; some minutes the first
time; not part of ./dev test.

    spark.py --program build/release/bundelwacht [--lines 60000]

It installs pyspark into build/spark and runs itself there again.
"""
import argparse
import glob
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PLACE = os.path.join(ROOT, "build", "spark")
VERSION = "4.2.0"
BOOK = os.path.join(ROOT, "config", "book.yaml")
OUTPUTS = ("decisions", "episodes", "alerts", "dead-letters")


def install():
    python = os.path.join(PLACE, "venv", "bin", "python")
    asked = [python, "-c", "import pyspark"]
    if not os.path.exists(python) or subprocess.run(asked, check=False, capture_output=True).returncode != 0:
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", os.path.join(PLACE, "venv")], check=True)
        subprocess.run([python, "-m", "pip", "-q", "install", f"pyspark=={VERSION}"], check=True)
    jar = os.path.join(PLACE, f"spark-avro_2.13-{VERSION}.jar")
    if not os.path.exists(jar):
        copy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
        artifact = f"-Dartifact=org.apache.spark:spark-avro_2.13:{VERSION}"
        subprocess.run(["mvn", "-B", "-q", copy, artifact, f"-DoutputDirectory={PLACE}"], check=True)
    return python, jar


def run(*command):
    done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.decode(errors='replace')[:1000]}")


def replay(program, out, form, *paths):
    run(program, "replay", "--book", BOOK, "--out", out, "--format", form, *paths)
    return {name: os.path.join(out, f"{name}.{form}") for name in OUTPUTS}


def lines_in(path):
    with open(path, "rb") as stream:
        return sum(1 for _ in stream)


def read(path):
    with open(path, "rb") as stream:
        return stream.read()


def session(jar):
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.jars", jar)
    for name, value in {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
                        "spark.driver.memory": "1g", "spark.sql.session.timeZone": "UTC"}.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def seen(spark, path, split):
    """(records, pieces, a sum over all fields of all records)"""
    spark.conf.set("spark.sql.files.maxPartitionBytes", split)
    frame = spark.read.format("avro").load(path)
    count, total = frame.selectExpr("count(*)", "sum(cast(xxhash64(*) as decimal(38, 0)))").first()
    return count, frame.rdd.getNumPartitions(), total


def read_all(spark, files):
    failed = 0
    print(f"{'file':<22} {'written':>8} {'default':>8} {'pieces':>7} {'64 KiB':>8} {'pieces':>7}")
    for path, written in files:
        default, small = seen(spark, path, "128MB"), seen(spark, path, "64KB")
        good = written == default[0] == small[0] and default[2] == small[2]
        failed += not good
        print(f"{os.path.basename(path):<22} {written:>8} {default[0]:>8} {default[1]:>7} {small[0]:>8} "
              f"{small[1]:>7}{'' if good else '  WRONG'}")
    return failed


def written_back(spark, program, folder, source, golden):
    """Spark's own files of the same declarations, with our schema, must be decided as ours are."""
    failed = 0
    spark.conf.set("spark.sql.files.maxPartitionBytes", "128MB")
    with open(os.path.join(ROOT, "schemas", "declaration.avsc"), encoding="utf-8") as stream:
        schema = stream.read()
    for codec in ("uncompressed", "deflate", "snappy", "zstandard"):
        out = os.path.join(folder, "spark-" + codec)
        writer = spark.read.format("avro").load(source).coalesce(1).write.format("avro")
        writer.option("avroSchema", schema).option("compression", codec).save(out)
        paths = sorted(glob.glob(os.path.join(out, "part-*.avro")))
        decided = replay(program, out + "-out", "jsonl", *paths)
        good = all(read(decided[name]) == read(golden[name]) for name in OUTPUTS)
        failed += not good
        print(f"written by Spark, {codec}: replay decides {'the same' if good else 'something else: WRONG'} "
              f"({sum(map(os.path.getsize, paths))} bytes)")
    return failed


def inside(program, lines, jar):
    with tempfile.TemporaryDirectory(prefix="bundelwacht-spark-") as folder:
        names = "declarations.avro", "deflate.avro", "bad.jsonl"
        plain, packed, source = (os.path.join(folder, name) for name in names)
        run(program, "generate", "--lines", str(lines), "--out", plain)
        run(program, "generate", "--lines", str(lines), "--out", packed, "--codec", "deflate")
        run(program, "generate", "--lines", str(lines), "--out", source, "--bad-per-mille", "10")
        texts = replay(program, os.path.join(folder, "lines"), "jsonl", source)
        counts = {name: lines_in(path) for name, path in texts.items()}
        outputs = replay(program, os.path.join(folder, "avro"), "avro", source)
        spark = session(jar)
        print(f"Apache Spark {spark.version}, spark-avro from Maven Central, {lines} lines")
        files = [(plain, lines), (packed, lines)] + [(outputs[name], counts[name]) for name in OUTPUTS]
        failed = read_all(spark, files)
        golden = replay(program, os.path.join(folder, "golden"), "jsonl", plain)
        failed += written_back(spark, program, folder, plain, golden)
        spark.stop()
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description="Spark reads the program's Avro files")
    parser.add_argument("--program", required=True)
    parser.add_argument("--lines", type=int, default=60000)
    parser.add_argument("--jar", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.jar:
        return inside(os.path.abspath(options.program), options.lines, options.jar)
    os.makedirs(PLACE, exist_ok=True)
    python, jar = install()
    command = [python, os.path.abspath(__file__), "--program", options.program]
    return subprocess.run([*command, "--lines", str(options.lines), "--jar", jar], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
