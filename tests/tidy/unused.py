#!/usr/bin/env python3
"""unused.py BUILD - every function and every table of a room is called from another file of the program:

    processor/engine: calendar.c: day_from_civil is called by nobody outside

Calls are what the linker sees: a name that one object defines, and none of the rooms' other objects, nor
main.c's, needs. Such a name is private (static), or gone. unused.txt lists those that are there for tests or
for a table of their own file, each with its reason; a row that is no longer true fails as well.
unused.py --self-test CC plants both, and sees each found."""
import glob
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def names(path):
    """(object, kind, name) of an archive or an object; the object without its .o and .c."""
    listing = subprocess.run(["nm", "-A", "-g", path], check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        where, kind, name = re.fullmatch(r"(.*):\s*(?:[0-9a-f]+\s+)?(\w) (\S+)", line).groups()
        yield re.sub(r"(\.c)?\.o$", "", where.split(":")[-1]), kind, name


def unused(build):
    """{name: room and file} of what only its own file knows."""
    defined, needed = {}, set()
    archives = sorted(glob.glob(os.path.join(build, "lib*.a")))
    for archive in archives:
        room = os.path.basename(archive)[3:-2]
        for unit, kind, name in names(archive):
            if kind == "U":
                needed.add(name)
            elif kind in "TDRB":
                defined[name] = "processor/%s: %s.c" % (room, unit)
    for main in glob.glob(os.path.join(build, "CMakeFiles", "bundelwacht.dir", "processor", "main.c.o")):
        needed.update(name for _, kind, name in names(main) if kind == "U")
    return {name: where for name, where in defined.items() if name not in needed}, len(archives)


def read_known(path):
    """{name: reason}; a row: the name, and why it is there."""
    known = {}
    with open(path, encoding="utf-8") as text:
        for line in text:
            words = line.split("#")[0].split(None, 1)
            if words:
                known[words[0]] = words[1].strip() if len(words) > 1 else ""
    return known


def check(build, known):
    found, archives = unused(build)
    complaints = ["%s: %s is called by nobody outside" % (where, name)
                  for name, where in sorted(found.items(), key=lambda item: (item[1], item[0]))
                  if name not in known]
    complaints += ["unused.txt: %s is called, or is not there: take the row away" % name
                   for name in known if name not in found]
    complaints += ["unused.txt: %s has no reason" % name for name, reason in known.items() if not reason]
    if archives == 0:
        complaints.append("no archive in %s" % build)
    return complaints


def self_test(cc):
    files = {"line.c": "void share(void); void line(void) { share(); }\n",
             "share.c": "int shares[3] = { 1 }; void forgotten(void) { } static void own(void) { }\n"
                        "void share(void) { own(); forgotten(); }\n"}
    main = "void line(void); int main(void) { line(); return 0; }\n"
    with tempfile.TemporaryDirectory() as place:
        objects = os.path.join(place, "CMakeFiles", "bundelwacht.dir", "processor")
        os.makedirs(objects)
        for name, text in {**files, "main.c": main}.items():
            path = os.path.join(objects, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            subprocess.run([cc, "-c", path, "-o", path + ".o"], check=True)
        subprocess.run(["ar", "rcs", os.path.join(place, "libengine.a")] +
                       [os.path.join(objects, name + ".o") for name in files], check=True)
        planted = ["processor/engine: share.c: forgotten is called by nobody outside",
                   "processor/engine: share.c: shares is called by nobody outside"]
        assert check(place, {}) == planted, check(place, {})
        listed = {"forgotten": "a test", "shares": "a test"}
        assert check(place, listed) == [], "what is listed was refused"
        assert any("has no reason" in line for line in check(place, {**listed, "shares": ""}))
        assert any("take the row away" in line for line in check(place, {**listed, "line": "a test"}))
        assert any("no archive" in line for line in check(objects, {}))
    print("self-test: 2 planted names and 2 wrong rows were found")


def main(arguments):
    if arguments[:1] == ["--self-test"]:
        return self_test(arguments[1])
    complaints = check(arguments[0], read_known(os.path.join(HERE, "unused.txt")))
    print("\n".join(complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
