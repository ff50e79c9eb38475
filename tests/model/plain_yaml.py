"""YAML 1.2 core values only: null, true/false, whole numbers, floats; everything else, dates and `no` too, is
text. What is written without quotes where a code is meant, book.py takes as it is written."""
import re
import zlib

import yaml


class PlainLoader(yaml.SafeLoader):
    yaml_implicit_resolvers = {}


class Whole(int):
    """A whole number that knows how it was written: as a code it counts as that (semantics, section 13)."""


def _int(loader, node):
    text = node.value.replace("_", "x")
    number = Whole(int(text, 16) if text.startswith("0x") else int(text, 8) if text.startswith("0o")
                   else int(text, 10))
    number.written = node.value
    return number


PlainLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"),
                                  ["~", "n", "N", ""])
PlainLoader.add_implicit_resolver("tag:yaml.org,2002:bool",
                                  re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
PlainLoader.add_implicit_resolver("tag:yaml.org,2002:int",
                                  re.compile(r"^[-+]?[0-9]+$|^0x[0-9a-fA-F]+$|^0o[0-7]+$"),
                                  list("-+0123456789"))
PlainLoader.add_implicit_resolver("tag:yaml.org,2002:float",
                                  re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$"),
                                  list("-+.0123456789"))
PlainLoader.add_constructor("tag:yaml.org,2002:int", _int)


_STRING = "tag:yaml.org,2002:str"


def load(path):
    with open(path, encoding="utf-8") as stream:
        return yaml.load(stream, Loader=PlainLoader)


def dump(value, path):
    """Writes values as people and programs do: a text in quotes, or as it stands where YAML 1.1 takes it for
    one; a date as it stands, or as its midnight in UTC. Which one is drawn by the text."""
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(_flow(value) + "\n")


def _flow(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(v) for v in value) + "]"
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    drawn = zlib.crc32(value.encode()) % 2
    if re.match(r"^\d{4}-\d\d-\d\d$", value):
        return value + drawn * "T00:00:00Z"
    plain = re.fullmatch(r"\w[\w.:*-]*", value, re.ASCII) and not value.endswith(":")
    if drawn and plain and yaml.SafeLoader("").resolve(yaml.ScalarNode, value, (True, False)) == _STRING:
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
