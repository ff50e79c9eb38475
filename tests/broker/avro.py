"""Avro in plain Python: as much as our schemas and container files need. Slow, simple, and shares no code
with the program."""
import json
import struct
import zlib

from kafka_client import zigzag


def read_long(data, at):
    shift = value = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value >> 1 ^ -(value & 1), at
        shift += 7


def reader(schema):
    """A function (data, at) -> (value, at behind it)."""
    if isinstance(schema, list):
        branches = [reader(branch) for branch in schema]

        def read_union(data, at):
            index, at = read_long(data, at)
            return branches[index](data, at)

        return read_union
    kind = schema["type"] if isinstance(schema, dict) else schema
    if isinstance(kind, (dict, list)):
        return reader(kind)
    if kind == "record":
        fields = [(field["name"], reader(field["type"])) for field in schema["fields"]]

        def read_record(data, at):
            record = {}
            for name, read in fields:
                record[name], at = read(data, at)
            return record, at

        return read_record
    if kind == "array":
        item = reader(schema["items"])

        def read_array(data, at):
            items = []
            while True:
                count, at = read_long(data, at)
                if count == 0:
                    return items, at
                if count < 0:
                    _, at = read_long(data, at)
                    count = -count
                for _ in range(count):
                    value, at = item(data, at)
                    items.append(value)

        return read_array
    if kind == "enum":
        symbols = schema["symbols"]

        def read_enum(data, at):
            index, at = read_long(data, at)
            return symbols[index], at

        return read_enum
    if kind in ("int", "long"):
        return read_long
    if kind == "null":
        return lambda data, at: (None, at)
    if kind == "boolean":
        return lambda data, at: (data[at] == 1, at + 1)
    if kind in ("string", "bytes"):

        def read_span(data, at):
            length, at = read_long(data, at)
            if length < 0 or at + length > len(data):
                raise ValueError("a span runs past its end")
            span = data[at : at + length]
            return (span.decode() if kind == "string" else span), at + length

        return read_span
    raise ValueError(f"no reader for {schema}")


def encode(schema, value):
    if isinstance(schema, list):
        index = schema.index("null") if value is None else next(i for i, s in enumerate(schema)
                                                                if s != "null")
        return zigzag(index) + encode(schema[index], value)
    kind = schema["type"] if isinstance(schema, dict) else schema
    if isinstance(kind, (dict, list)):
        return encode(kind, value)
    if kind == "record":
        return b"".join(
            encode(f["type"], value[f["name"]] if f["name"] in value else f["default"])
            for f in schema["fields"])
    if kind == "enum":
        return zigzag(schema["symbols"].index(value))
    if kind in ("int", "long"):
        return zigzag(value)
    if kind == "null":
        return b""
    if kind == "string":
        data = value.encode()
        return zigzag(len(data)) + data
    raise ValueError(f"no encoding for {schema}")


def header(data):
    """(the metadata of a container file, where its sync marker stands)"""
    if data[:4] != b"Obj\1":
        raise ValueError("is no container file")
    meta, at = reader({"type": "array", "items": {"type": "record", "fields": [
        {"name": "key", "type": "string"}, {"name": "value", "type": "bytes"}]}})(data, 4)
    return {item["key"]: item["value"] for item in meta}, at


def container(path):
    """Yields (bytes of the record, the record) of a container file."""
    with open(path, "rb") as file:
        data = file.read()
    meta, at = header(data)
    sync = data[at : at + 16]
    at += 16
    read = reader(json.loads(meta["avro.schema"]))
    while at < len(data):
        count, at = read_long(data, at)
        size, at = read_long(data, at)
        block = data[at : at + size]
        at += size
        if data[at : at + 16] != sync:
            raise ValueError(f"{path} has a damaged block before byte {at}")
        at += 16
        if meta.get("avro.codec") == b"deflate":
            block = zlib.decompress(block, -15)
        position = 0
        for _ in range(count):
            record, end = read(block, position)
            yield block[position:end], record
            position = end
        if position != len(block):
            raise ValueError(f"{path} has bytes behind the last record of a block")


def confluent(schema_id, body):
    return struct.pack(">bI", 0, schema_id) + body
