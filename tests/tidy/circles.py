#!/usr/bin/env python3
"""circles.py ROOT BUILD - no file of a room calls, by way of others of its room, one that calls it; the same
for #include:

    processor/pipeline: fold calls letter (letter_text), letter calls fold (fold_add)

Calls are what the linker sees: a name that one object of lib<room>.a needs and another one defines. Includes
are those of headers; a source file is included by nobody. Circles between rooms are impossible, see rooms.sh.
circles.txt names the circles that are still there. One that is not named fails, and so does a row that is no
longer true: the list can only get shorter. circles.py --self-test CC plants circles, and sees each found."""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def calls(archive):
    """{(from, to): names} between the objects of an archive, without their .o and .c."""
    listing = subprocess.run(["nm", "-A", "-g", archive], check=True, capture_output=True, text=True).stdout
    needs, defined = [], {}
    for line in listing.splitlines():
        where, kind, name = re.fullmatch(r"(.*):\s*(?:[0-9a-f]+\s+)?(\w) (\S+)", line).groups()
        unit = re.sub(r"(\.c)?\.o$", "", where.split(":")[-1])
        if kind == "U":
            needs.append((unit, name))
        elif kind.isupper():
            defined[name] = unit
    edges = {}
    for unit, name in needs:
        if defined.get(name, unit) != unit:
            edges.setdefault((unit, defined[name]), []).append(name)
    return edges


def includes(folder, room):
    """{(from, to): [line]} between the headers of a room."""
    edges = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith((".h", ".def")):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as text:
            for number, line in enumerate(text, 1):
                match = re.match(r'\s*#\s*include\s+"(?:%s/)?([^"/]+)"' % re.escape(room), line)
                if match and match[1] != name:
                    edges.setdefault((name, match[1]), []).append("line %d" % number)
    return edges


def circles(edges):
    """The sets of nodes that reach one another (Tarjan), each of two or more."""
    after = {}
    for start, end in edges:
        after.setdefault(start, []).append(end)
    order, low, stack, found = {}, {}, [], []

    def visit(node):
        order[node] = low[node] = len(order)
        stack.append(node)
        for end in sorted(after.get(node, [])):
            if end not in order:
                visit(end)
                low[node] = min(low[node], low[end])
            elif end in stack:
                low[node] = min(low[node], order[end])
        if low[node] == order[node]:
            at = stack.index(node)
            if len(stack) - at > 1:
                found.append(frozenset(stack[at:]))
            del stack[at:]

    for node in sorted(after):
        if node not in order:
            visit(node)
    return found


def read_known(path):
    """{(room, kind): [sets]}; a row: room, calls or includes, the files."""
    known = {}
    with open(path, encoding="utf-8") as text:
        for line in text:
            words = line.split("#")[0].split()
            if words:
                known.setdefault((words[0], words[1]), []).append(frozenset(words[2:]))
    return known


def shown(edges, circle, kind):
    lines = []
    for (start, end), names in sorted(edges.items()):
        if start in circle and end in circle:
            lines.append("    %s %s %s (%s)" % (start, kind, end, ", ".join(sorted(set(names)))))
    return lines


def judge(room, kind, edges, known):
    """What is to be said of one room's graph: circles that are not known, rows that are not true."""
    complaints = []
    found = circles(edges)
    for circle in found:
        if circle not in known:
            complaints.append("processor/%s: a circle of %d files: %s" %
                              (room, len(circle), " ".join(sorted(circle))))
            complaints += shown(edges, circle, kind)
    for row in known:
        if row not in found:
            complaints.append("circles.txt: no longer true, take it away or write what is left: %s %s %s"
                              % (room, kind, " ".join(sorted(row))))
    return complaints


def check(root, build, known):
    complaints, seen = [], 0
    rooms = sorted(entry for entry in os.listdir(os.path.join(root, "processor"))
                   if os.path.isdir(os.path.join(root, "processor", entry)))
    for room in rooms:
        archive = os.path.join(build, "lib%s.a" % room)
        if not os.path.exists(archive):
            complaints.append("%s is not there" % archive)
            continue
        seen += 1
        complaints += judge(room, "calls", calls(archive), known.pop((room, "calls"), []))
        complaints += judge(room, "includes", includes(os.path.join(root, "processor", room), room),
                            known.pop((room, "includes"), []))
    complaints += ["circles.txt: there is no room or kind %s %s" % key for key in known]
    if not seen:
        complaints.append("no room under %s" % root)
    return complaints


def plant(place, cc, files):
    folder = os.path.join(place, "processor", "engine")
    os.makedirs(folder)
    os.makedirs(os.path.join(place, "build"))
    objects = []
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
        if name.endswith(".c"):
            objects.append(os.path.join(place, "build", name + ".o"))
            subprocess.run([cc, "-c", os.path.join(folder, name), "-o", objects[-1]], check=True)
    subprocess.run(["ar", "rcs", os.path.join(place, "build", "libengine.a")] + objects, check=True)


def self_test(cc):
    a_ring = {"line.c": "void share(void); void line(void) { share(); }\n",
              "share.c": "void side(void); void leaf(void); void share(void) { leaf(); side(); }\n",
              "side.c": "void line(void); void side(void) { line(); }\n",
              "leaf.c": "void leaf(void) { }\n",
              "a.h": '#include "engine/b.h"\n', "b.h": '\n# include "a.h"\n',
              "c.h": '#include "engine/a.h"\n'}
    calls_row, includes_row = frozenset(["line", "share", "side"]), frozenset(["a.h", "b.h"])
    with tempfile.TemporaryDirectory() as place:
        plant(place, cc, a_ring)
        build = os.path.join(place, "build")
        found = check(place, build, {})
        for wanted in ["processor/engine: a circle of 3 files: line share side", "    side calls line (line)",
                       "processor/engine: a circle of 2 files: a.h b.h", "    b.h includes a.h (line 2)"]:
            assert wanted in found, (wanted, found)
        assert len(found) == 7, found
        named = {("engine", "calls"): [calls_row], ("engine", "includes"): [includes_row]}
        assert check(place, build, dict(named)) == [], "circles that are named were refused"
        wider = dict(named)
        wider["engine", "calls"] = [calls_row | {"leaf"}]
        assert any("no longer true" in line
                   for line in check(place, build, wider)), "a shrunk circle was passed"
        stale = dict(named)
        stale["cellar", "calls"] = [frozenset(["a", "b"])]
        assert any("no room or kind" in line
                   for line in check(place, build, stale)), "a row of no room passed"
    with tempfile.TemporaryDirectory() as place:
        a_ring["side.c"] = "void leaf(void); void side(void) { leaf(); }\n"
        a_ring["b.h"] = "\n"
        plant(place, cc, a_ring)
        assert check(place, os.path.join(place, "build"), {}) == [], "files without a circle were refused"
    print("self-test: 2 planted circles and 2 stale rows were found")


def main(arguments):
    if arguments[:1] == ["--self-test"]:
        return self_test(arguments[1])
    complaints = check(arguments[0], arguments[1], read_known(os.path.join(HERE, "circles.txt")))
    print("\n".join(complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
