"""fastavro or avro, in their own environment; interop.py calls it.

    python_side.py MODULE read SIZE FILE...       records whole by the library; in pieces: the marker searched
                                                  as a split reader does, each block by the library
    python_side.py MODULE write CODEC FROM TO     the same records, in order
"""
import io
import json
import sys

from split_reader import Container


def fastavro_side():
    import fastavro

    def whole(path):
        with open(path, "rb") as stream:
            return list(fastavro.reader(stream))

    def write(codec, source, path):
        with open(path, "wb") as stream:
            fastavro.writer(stream, schema_of(source), whole(source), codec=codec)

    def one(schema, stream):
        return fastavro.schemaless_reader(stream, schema, None)

    return whole, write, fastavro.parse_schema, one


def avro_side():
    import avro.io
    import avro.schema
    from avro.datafile import DataFileReader, DataFileWriter

    def whole(path):
        with open(path, "rb") as stream, DataFileReader(stream, avro.io.DatumReader()) as reader:
            return list(reader)

    def write(codec, source, path):
        schema = avro.schema.parse(json.dumps(schema_of(source)))
        datums = avro.io.DatumWriter()
        with open(path, "wb") as stream, DataFileWriter(stream, datums, schema, codec=codec) as writer:
            for record in whole(source):
                writer.append(record)

    def one(schema, stream):
        return avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(stream))

    return whole, write, lambda schema: avro.schema.parse(json.dumps(schema)), one


def schema_of(path):
    return Container(path).schema


def pieces(path, size, parse, one):
    schema = parse(schema_of(path))

    def read(block, position):
        stream = io.BytesIO(block)
        stream.seek(position)
        return one(schema, stream), stream.tell()

    container = Container(path, read)
    values = []
    for begin in range(0, len(container.data), size):
        values += [one(schema, io.BytesIO(body)) for body in container.piece(begin, begin + size)]
    return values


def main():
    sides = {"fastavro": fastavro_side, "avro": avro_side}
    # The folder of split_reader.py must not hide the library avro: avro.py of tests/broker is loaded by then.
    module, what, *words = sys.argv[1:]
    sys.path = [folder for folder in sys.path if not folder.endswith("broker")]
    sys.modules.pop("avro", None)
    whole, write, parse, one = sides[module]()
    if what == "write":
        write(*words)
        return
    for path in words[1:]:
        expected, found = whole(path), pieces(path, int(words[0]), parse, one)
        print(len(expected), len(found), "same" if expected == found else "other", path)


main()
