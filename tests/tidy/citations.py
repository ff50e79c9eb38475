#!/usr/bin/env python3
"""Whether what code and pages cite exists.

    citations.py ROOT          every citation, link and file named under ROOT
    citations.py --self-test   plants some that lead nowhere, and sees that each is found

* A citation is "§3", alone or behind the name of a page: "design §3", "DESIGN.md §3", "SEMANTICS.md §3, §4",
  "LIBRARIES.md §2.4". Alone it is of SEMANTICS.md. That page must have a heading "## 3. …" or "### 2.4 …".
* A link in a page, [text](place): something must stand at that place, seen from the page.
* A file that a page names with its folder, `engine/line.c`: it must stand there, seen from the page, from
  ROOT, from ROOT/processor or from ROOT/tests. Each section of SEMANTICS.md names one at least: where it is
  built."""
import os
import re
import sys
import tempfile

PAGES = {"semantics": "processor/engine/SEMANTICS.md", "design": "processor/DESIGN.md",
         "libraries": "processor/LIBRARIES.md"}
LEFT_OUT = {".git", "build", "corpus", "__pycache__"}
NUMBER = r"§\d+(?:\.\d+)?"
GAP = r"\s+(?:\* |# )?\s*"  # a citation may go on in the next line of a comment
CITED = re.compile(r"(?:\b(semantics|design|libraries)(?:\.md)?`?(?:\]\([^)\s]*\))?" + GAP + ")?"
                   "(" + NUMBER + "(?:(?:,| and| or| to)" + GAP + NUMBER + ")*)", re.IGNORECASE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NAMED = re.compile(r"`([\w.-]+(?:/[\w.-]+)+\.(?:avsc|c|def|h|md|py|sh|txt|yaml))`")


def texts(root):
    """Of every file that is text: its name below ROOT, and what stands in it."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in sorted(names):
            path = os.path.join(folder, name)
            try:
                with open(path, encoding="utf-8") as file:
                    yield os.path.relpath(path, root), file.read()
            except (UnicodeDecodeError, OSError):
                continue


def sections(root, page):
    """The numbers of the headings of a page."""
    with open(os.path.join(root, page), encoding="utf-8") as file:
        return set(re.findall(r"^###? (\d+(?:\.\d+)?)\.? ", file.read(), re.MULTILINE))


def at(name, text, place):
    return f"{name}:{text.count(chr(10), 0, place) + 1}"


def wrong_citations(name, text, known):
    for match in CITED.finditer(text):
        page = (match[1] or "semantics").lower()
        for number in re.findall(NUMBER, match[2]):
            if number[1:] not in known[page]:
                yield f"{at(name, text, match.start(2))}: {PAGES[page]} has no section {number[1:]}"


def is_there(root, *places):
    return any(os.path.exists(os.path.join(root, place)) for place in places)


def wrong_names(root, name, text):
    here = os.path.dirname(name)
    for match in LINK.finditer(text):
        target = match[1].split("#")[0]
        if target and "://" not in target and not is_there(root, os.path.join(here, target)):
            yield f"{at(name, text, match.start())}: there is no {match[1]}"
    for match in NAMED.finditer(text):
        file = match[1]
        if not is_there(root, file, os.path.join(here, file), f"processor/{file}", f"tests/{file}"):
            yield f"{at(name, text, match.start())}: there is no file {file}"


def sections_without_files(root):
    with open(os.path.join(root, PAGES["semantics"]), encoding="utf-8") as file:
        for section in re.split(r"^(?=## )", file.read(), flags=re.MULTILINE)[1:]:
            if not NAMED.search(section):
                yield f"{PAGES['semantics']}: the section \"{section.splitlines()[0][3:]}\" names no file"


def check(root):
    known = {page: sections(root, path) for page, path in PAGES.items()}
    found, cited = list(sections_without_files(root)), 0
    for name, text in texts(root):
        if name.endswith(os.path.basename(__file__)):
            continue  # what it plants leads nowhere
        cited += len(CITED.findall(text))
        found += wrong_citations(name, text, known)
        if name.endswith(".md"):
            found += wrong_names(root, name, text)
    if not cited:
        found.append("nothing is cited: is this the root of the project?")
    return found


PLANTED = {
    "processor/engine/SEMANTICS.md": (
        "# Rules\n\n## 0. Axioms\n\n## 1. A line\n\n`engine/line.c`, `engine/lane.c`\n"
    ),
    "processor/DESIGN.md": (
        "## 2. The idea\n\nSee [the rules](engine/SEMANTICS.md) §1 and [nothing](engine/GONE.md).\n"
    ),
    "processor/LIBRARIES.md": "## 1. Kafka\n\n### 1.2 Threads\n",
    "processor/engine/line.c": (
        "/* A line (§1, design §2).\n * Also SEMANTICS.md §0, §7; design\n * §3. */\n"
        "int a; /* LIBRARIES.md §1, §1.2 and §1.3 */\n"
    ),
}
WANTED = {
    "processor/DESIGN.md:3: there is no engine/GONE.md",
    "processor/engine/SEMANTICS.md:7: there is no file engine/lane.c",
    'processor/engine/SEMANTICS.md: the section "0. Axioms" names no file',
    "processor/engine/line.c:2: processor/engine/SEMANTICS.md has no section 7",
    "processor/engine/line.c:3: processor/DESIGN.md has no section 3",
    "processor/engine/line.c:4: processor/LIBRARIES.md has no section 1.3",
}


def self_test():
    with tempfile.TemporaryDirectory() as root:
        for name, text in PLANTED.items():
            os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write(text)
        found = set(check(root))
    if found != WANTED:
        return [f"self-test: {line}" for line in sorted(found ^ WANTED)]
    print(f"self-test: {len(WANTED)} planted, {len(WANTED)} found")
    return []


if __name__ == "__main__":
    answers = self_test() if sys.argv[1:] == ["--self-test"] else check(sys.argv[1])
    if answers:
        print("\n".join(answers))
    sys.exit(bool(answers))
