#!/usr/bin/env python3
"""Whether lines fit on a page.

    columns.py ROOT ENDING...   every line of more than 110 columns in files with these endings
    columns.py --self-test      plants some, and sees that they are found

In a page the lines between two <!-- marks --> are left out: a script writes what stands there. Books and
scenarios are not asked (a row of theirs is a line), nor are findings, which are run and not maintained."""
import os
import sys
import tempfile

COLUMNS_MAX = 110
LEFT_OUT = {".git", "build", "corpus", "__pycache__", "findings"}


def files(root, endings):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
        yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(endings))


def lines_of(path):
    """Number and line, but for what a script writes."""
    is_page, is_left_out = path.endswith(".md"), False
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            is_left_out ^= is_page and line.startswith("<!--")
            if not is_left_out:
                yield number, line.rstrip("\n")


def check(root, endings):
    seen = 0
    for path in files(root, endings):
        seen += 1
        for number, line in lines_of(path):
            if len(line) > COLUMNS_MAX:
                yield f"{os.path.relpath(path, root)}:{number}: {len(line)} columns"
    if not seen:
        yield f"there is no file that ends in {' or '.join(endings)}"


def self_test():
    fits, too_long = "é" * 110, "x" * 111
    with tempfile.TemporaryDirectory() as root:
        for name, text in {
            "page.md": f"{fits}\n{too_long}\n<!-- by a script -->\n{too_long}\n<!-- end -->\n{too_long}\n",
            "line.c": f"/* {fits} */\n", "line.txt": f"{too_long}\n",
        }.items():
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write(text)
        found = list(check(root, (".md", ".c"))) + list(check(root, (".h",)))
    wanted = ["line.c:1: 116 columns", "page.md:2: 111 columns", "page.md:6: 111 columns",
              "there is no file that ends in .h"]
    if found != wanted:
        return [f"self-test: found {found}"]
    print(f"self-test: {len(wanted)} planted, {len(wanted)} found")
    return []


if __name__ == "__main__":
    answers = self_test() if sys.argv[1:] == ["--self-test"] else list(check(sys.argv[1], tuple(
        sys.argv[2:])))
    if answers:
        print("\n".join(answers))
    sys.exit(bool(answers))
