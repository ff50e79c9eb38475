"""YAML 1.2 core values only: null, true/false, whole numbers, floats; everything else, dates and `no` too, is
text."""
import re

import yaml


class PlainLoader(yaml.SafeLoader):
    yaml_implicit_resolvers = {}


def _int(loader, node):
    text = node.value.replace("_", "x")
    return int(text,
               16) if text.startswith("0x") else int(text, 8) if text.startswith("0o") else int(text, 10)


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


def load(path):
    with open(path, encoding="utf-8") as stream:
        return yaml.load(stream, Loader=PlainLoader)


def dump(value, path):
    """Writes values so that both YAML 1.1 and 1.2 readers see the same: every text is quoted. Dates are
    unquoted text."""
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
    if re.match(r"^\d{4}-\d\d-\d\d$", value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
