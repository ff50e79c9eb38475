#!/usr/bin/python3
"""`bundelwacht explain` from outside.

    explain.py --program build/release/bundelwacht scenarios    every person, line, episode and bundle of
                                                                every scenario: what explain says is what
                                                                replay has decided
    explain.py --program build/release/bundelwacht sentences    each reason once, word for word
    explain.py --program build/release/bundelwacht --self-test  a program that lies is not believed
"""
import argparse
import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SCENARIOS = os.path.join(os.path.dirname(HERE), "scenarios")
sys.path.insert(0, SCENARIOS)
import run as scenarios  # noqa: E402

COLUMNS = 120


class Failed(Exception):
    pass


def expect(holds, sentence):
    if not holds:
        raise Failed(sentence)


def euros(cents):
    sign = "-" if cents < 0 else ""
    return f"EUR {sign}{abs(cents) // 100:,}.{abs(cents) % 100:02}"


def flat(text):
    """Without the line breaks of a paragraph."""
    return re.sub(r"\s+", " ", text)


def part(text, title):
    """The lines below a title, or nothing."""
    lines = text.split("\n")
    if title not in lines:
        return []
    below = lines[lines.index(title) + 1:]
    return below[:below.index("")] if "" in below else below


class Person:
    def __init__(self, program, base, insured):
        self.program, self.base, self.insured = program, base, insured

    def ask(self, *question, code=0):
        command = [
            self.program, "explain", *self.base[:-1], "--insured", self.insured, *question, self.base[-1]]
        done = subprocess.run(command, capture_output=True, timeout=120, check=False,
                              stdin=subprocess.DEVNULL)
        text, said = done.stdout.decode(), done.stderr.decode(errors="replace")
        where = f"{self.insured} {' '.join(question)}"
        expect(done.returncode == code,
               f"{where}: exit code {done.returncode}, not {code}: {said.strip()[:1000]}")
        if code == 0:
            expect(said == "", f"{where}: {said.strip()[:1000]}")
            wide = [line for line in text.split("\n") if len(line) > COLUMNS and len(line.split()) > 1]
            expect(not wide, f"{where}: more than {COLUMNS} columns: {wide[:1]}")
            expect("\033" not in text, f"{where}: colours where there is no terminal")
        return text if code == 0 else said


# --- against replay -----------------------------------------------------------------------------------------

def check_timeline(person, outcome):
    text = person.ask()
    for episode in outcome.last_episodes.values():
        if episode["insured"] != person.insured:
            continue
        head = f"\n{episode['episode']}  {episode['state']}  cost {euros(episode['cost'])}"
        expect(head in text, f"{person.insured}: the timeline has no {head.strip()!r}:\n{text}")
        expect(f"window {episode['opens_window']}..{episode['closes_on']}" in text,
               f"{episode['episode']}: another window")
    plain = [
        d for d in outcome.last_decisions.values()
        if d["insured"] == person.insured and d["reason"] == "no_rule"]
    if plain:
        expect(
            re.search(
                rf"^{len(plain)} lines? that no rule .*:"
                rf" {re.escape(euros(sum(d['amount'] for d in plain)))}$",
                text,
                re.M,
            ),
            f"{person.insured}: not {len(plain)} lines of no_rule",
        )


def check_declaration(person, outcome, declaration):
    text = person.ask("--declaration", declaration)
    last = outcome.last_decisions.get(f"{person.insured}/{declaration}")
    sent = sum(d["insured"] == person.insured and d["declaration_id"] == declaration
               for d in outcome.decisions)
    expect(
        len(re.findall(r"^  \d{4}-\d\d-\d\d revision ", text, re.M)) == sent,
        f"{declaration}: {sent} decisions were sent:\n{text}")
    if last is None:
        return
    title = f"{declaration}: {last['status']}" + (f" {last['reason']}" if last["reason"] else "")
    for account in scenarios.ACCOUNTS:
        title += f", {account} {euros(last[account])}" if last[account] else ""
    expect(flat(text).startswith(title), f"{declaration} is {title}:\n{text}")
    candidates = flat(" ".join(part(text, "Candidates")))
    if last["reason"] == "no_episode":
        expect(not re.search("a candidate|laterality|out of scope", candidates),
               f"{declaration}: no_episode:\n{text}")
    if last["reason"] == "other_side":
        expect("laterality" in candidates and "out of scope" not in candidates,
               f"{declaration}: other_side:\n{text}")
    if last["reason"] == "out_of_scope":
        expect("out of scope" in candidates and "a candidate" not in candidates,
               f"{declaration}: out_of_scope:\n{text}")
    for share in last["shares"]:
        expect(
            re.search(
                rf"{share['episode']}: a candidate: [^;]*; its share is {re.escape(euros(share['cents']))}",
                candidates), f"{declaration}: no share of {share['episode']}:\n{text}")
    expect(
        candidates.count("its share is") == len(last["shares"]),
        f"{declaration}: {len(last['shares'])} shares:\n{text}")
    expect(
        candidates.count("a candidate") == candidates.count("its share is") + candidates.count("loses it to"),
        f"{declaration}: a candidate that neither has a share nor loses it:\n{text}")


def check_episode(person, episode):
    text = person.ask("--episode", f"{person.insured}/{episode['insurer']}/{episode['episode']}")
    window = "\n".join(part(text, "Window"))
    for day in ("opens_window", "closes_on"):
        expect(
            re.findall(rf"^  {day} (\S+):", window, re.M)[-1] == episode[day],
            f"{episode['episode']}: another {day}:\n{text}")
    ended = re.findall(r'(?:ended|truncated) by "([^"]*)"|the day before ([^/\s]*)/\S* opens', flat(window))
    found = "".join(ended[-1]) if ended else None
    expect(found == episode["ended_by"], f"{episode['episode']}: ended by {episode['ended_by']}:\n{text}")
    for name in ("budget", "charged"):
        if episode[name] is not None:
            expect(f"\n  {name} {euros(episode[name])}\n" in text,
                   f"{episode['episode']}: another {name}:\n{text}")
    expect(f"\n  cost {euros(episode['cost'])}\n" in text, f"{episode['episode']}: another cost:\n{text}")
    expect(f"\n  {episode['state']} on {episode['as_of_end']}" in text,
           f"{episode['episode']}: another state:\n{text}")
    rows = [
        line for line in part(text, "Cost")
        if re.match(r"  \d{4}-\d\d-\d\d ", line) and not line.endswith("(the bundle price)")]
    expect(len(rows) == episode["lines"], f"{episode['episode']}: not {episode['lines']} lines:\n{text}")


def check_bundle(person, outcome, bundle):
    text = person.ask("--why-not", bundle)
    opened = sorted(re.findall(r"^    opens (\S+)$", text, re.M))
    found = sorted(e["episode"]
                   for e in outcome.last_episodes.values()
                   if e["insured"] == person.insured and e["bundle"] == bundle)
    expect(opened == found,
           f"{person.insured}: --why-not {bundle} says that {opened} open, and there are {found}:\n{text}")
    lines = len(re.findall(r"^  line ", text, re.M))
    reasons = len(re.findall(r"^    (?:[a-h]: |opens |it does not stand)", text, re.M))
    expect(lines == reasons, f"{person.insured}: {lines} lines and {reasons} reasons:\n{text}")


def check_scenario(program, file, scenario, folder):
    os.makedirs(folder)
    book_name = scenario.get("book") or list(file.books)[0]
    book = os.path.join(folder, "book.yaml")
    base = ["--book", book, "--partitions", "1"]
    with open(book, "w", encoding="utf-8") as stream:
        stream.write(file.books[book_name])
    reference = None
    if scenario.get("reference"):
        reference = os.path.join(folder, "reference.yaml")
        base += ["--reference", reference]
        with open(reference, "w", encoding="utf-8") as stream:
            stream.write(file.references[scenario["reference"]])
    as_of = scenario.get("as_of")
    if as_of:
        base += ["--as-of", str(as_of)]
    records = [record for record in scenarios.records_of(file, scenario) if record.kafka_key is None]
    outcome = scenarios.replay(program, os.path.join(folder, "replay"), book, reference, records, as_of)
    base.append(os.path.join(folder, "replay", "in.jsonl"))
    end = str(as_of) if as_of else max((d["as_of"] for d in outcome.decisions), default="")
    ids = {}
    for decision in outcome.decisions:
        ids.setdefault(decision["insured"], set()).add(decision["declaration_id"])
    asked = 0
    for insured, declarations in sorted(ids.items()):
        person = Person(program, base, insured)
        check_timeline(person, outcome)
        for declaration in sorted(declarations):
            check_declaration(person, outcome, declaration)
        mine = [e for e in outcome.last_episodes.values() if e["insured"] == insured]
        for episode in mine:
            check_episode(person, {**episode, "as_of_end": end})
        bundles = re.findall(r"^  - id: (\S+)|^\s+- id: \"?([a-z0-9.-]+)\"?$", file.books[book_name], re.M)
        bundles = {e["bundle"] for e in outcome.episodes} or {a or b for a, b in bundles[:1]}
        for bundle in bundles:
            check_bundle(person, outcome, bundle)
        asked += 1 + len(declarations) + len(mine) + len(bundles)
    return asked


def case_scenarios(program, folder):
    asked, failed = 0, []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        waiting = {}
        for path in sorted(glob.glob(os.path.join(SCENARIOS, "*.yaml"))):
            file = scenarios.File(path)
            for number, scenario in enumerate(file.scenarios):
                own = os.path.join(folder, f"{os.path.basename(path)}-{number}")
                waiting[pool.submit(check_scenario, program, file, scenario, own)] = scenario["name"]
        for done in concurrent.futures.as_completed(waiting):
            try:
                asked += done.result()
            except Failed as sentence:
                failed.append(f"{waiting[done]}: {sentence}")
    expect(not failed, f"{len(failed)} scenarios:\n" + "\n".join(failed[:3]))
    expect(asked > 800, f"only {asked} pages")
    return f"{asked} pages of {len(waiting)} scenarios"


# --- word for word ------------------------------------------------------------------------------------------

BOOK = """
book: "why"
horizon_days: 1826
criteria:
  hip.dbc: [{care_type: HOSPITAL_DBC, care_code: "HIP*"}]
  hip.operation: [{care_type: ACTIVITY, care_code: "OP"}]
  hip.care: [{care_type: [HOSPITAL_DBC, ACTIVITY, PARAMEDICAL, DISTRICT_NURSING]}]
  hip.trauma: [{care_type: HOSPITAL_DBC, care_code: "TRAUMA"}]
  hip.moved: [{care_type: OTHER, care_code: "MOVED"}]
  hip.again: [{care_type: ACTIVITY, care_code: "AGAIN"}]
  leg.dbc: [{care_type: HOSPITAL_DBC, care_code: "LEG"}]
  leg.care: [{care_type: [HOSPITAL_DBC, PARAMEDICAL, DISTRICT_NURSING]}]
  leg.dear: [{care_type: DISTRICT_NURSING, amount_at_least: 100000}]
  hip.price: [{care_type: OTHER, care_code: "PRICE"}]
  person.died: [{care_type: OTHER, care_code: "DIED"}]
  nursed: [{care_type: DISTRICT_NURSING}]
bundles:
  - id: hip
    name: Hip
    definitions:
      - {from: 2026-01-01, until: 2026-12-31, sides: separate, patient: {min_age: 65, max_age: 99},
         opens: {criterion: hip.dbc, look_back_days: 3, quiet_days: 30, confirm: {criterion: hip.operation,
          from_day: 0, to_day: 5}},
         closes: {after_days: 90, extend: {criterion: hip.again, after_days: 60, max_days: 120},
                  end: [{name: died, criterion: person.died, after_days: 0}]},
         clean_days: 10, uncontracted: ignore,
         excludes: [{name: trauma, criterion: hip.trauma, from_day: -1, to_day: 30, effect: void},
                    {name: moved, criterion: hip.moved, from_day: 0, to_day: 90, effect: truncate}],
         scope: {include: hip.care, prorate: [DISTRICT_NURSING]}, run_out_days: 30}
  - id: leg
    name: Leg
    definitions:
      - {from: 2026-01-01, until: 2026-12-31, sides: none, patient: {}, opens: {criterion: leg.dbc,
         look_back_days: 0},
         closes: {after_days: 30}, uncontracted: shadow, scope: {include: leg.care, exclude: leg.dear},
          run_out_days: 30}
overlaps:
  - {pair: [hip, leg], suppress: leg, lines: {prefer: hip}}
contracts:
  - {id: north, version: 1, bundle: hip, insurers: [1], providers: ["01010101"], from: 2026-01-01,
     until: 2026-06-30,
     payment: retrospective,
     budget: {strata: [{label: all, amount: 100000}],
              factors: [{label: nursed before, criterion: nursed, look_back_days: 30, add: 5000,
               permille: 100}]},
     stop_loss: {permille: 1500, insurer_permille: 900}}
duplicates:
  - {name: session, criterion: hip.care, within: person, allow: 1, action: hold}
"""


def line(name, care_type, code, start, **more):
    fields = {
        "declaration_id": name, "kind": "DEBIT", "insurer": 1, "insured": "p", "birth_date": "1940-05-01",
        "provider": "01010101", "care_type": care_type, "care_code": code, "start_date": start,
        "end_date": start, "amount": 10000, "submitted_at": "2026-11-01T09:00:00.000Z"}
    fields.update(more)
    return fields


def hip(name, start, **more):
    return [
        line(name, "HOSPITAL_DBC", more.pop("code", "HIP1"), start, laterality="LEFT", **more),
        line(name + ".op", "ACTIVITY", "OP", start, amount=0, laterality="LEFT",
             provider=more.get("provider", "01010101"), insurer=more.get("insurer", 1))]


def sentences():
    """Name, lines, question, what must be said (flat); and what is different in the book."""
    why, opening = ("--why-not", "hip"), hip("d1", "2026-03-12")
    yield "a, no definition", hip("d1", "2027-01-02"), why, [
        'line "d1" of 2027-01-02, insurer 1 a: no definition of the bundle holds on 2027-01-02']
    yield "a, no such line", [line("d1", "PHARMACY", "X", "2026-01-05")], why, [
        'a: none of the person\'s lines is accepted by opens.criterion: "hip.dbc"']
    yield "b", hip("d1", "2026-03-12", birth_date="1961-03-13"), why, [
        "b: the person is 64 years old on 2026-03-12, the bundle is for 65 to 99"]
    yield "c, in the window", opening + hip("d2", "2026-04-12"), why, [
        "c: absorbed by hip/L/2026-03-12, which lasts from 2026-03-12 to 2026-06-10"]
    yield (
        "c, clean days",
        opening + hip("d2", "2026-06-12"),
        why,
        [
            "c: absorbed by hip/L/2026-03-12, which lasts from 2026-03-12 to 2026-06-10; 2026-06-12 is 2 days"
            " later, within clean_days, which are 10"
        ],
    )
    yield (
        "c, after an exclusion",
        opening + hip("d2", "2026-05-01") + [line("t", "HOSPITAL_DBC", "TRAUMA", "2026-03-20")],
        why,
        [
            'g: excluded by "trauma": line "t" of 2026-03-20 starts on day 8',
            (
                'c: the opening of line "d1" of 2026-03-12 was excluded, and this is no new one: it starts 50'
                ' days later, within the 100 days of closes.after_days and clean_days'
            ),
        ],
    )
    yield "d", opening + [line("d2", "HOSPITAL_DBC", "LEG", "2026-04-01")], ("--why-not", "leg"), [
        "d: suppressed by hip/L/2026-03-12, which lasts from 2026-03-12 to 2026-06-10"]
    yield (
        "h",
        hip("d1", "2026-02-20", birth_date="1980-01-01") + hip("d2", "2026-03-12"),
        why,
        [
            'h: not fresh: line "d1" of 2026-02-20, which "hip.dbc" accepts too, ends on 2026-02-20, 20 days'
            ' before the start; quiet_days are 30'
        ],
    )
    yield "h, another insurer", hip("d1", "2026-02-20", insurer=2) + hip("d2", "2026-03-12"), why, [
        'h: not fresh: line "d1" of 2026-02-20 at insurer 2, which "hip.dbc" accepts too',
        'contract "north" does not list insurer 2']
    yield (
        "e",
        opening[:1],
        why,
        [
            'e: not confirmed: no other line of this side that "hip.operation" accepts starts from 2026-03-12'
            ' to 2026-03-17'
        ],
    )
    yield "f, provider", hip("d1", "2026-03-12", provider="02020202"), why, [
        "f: no contract fits provider 02020202 and insurer 1 on 2026-03-12",
        'contract "north" does not list provider 02020202']
    yield "f, day", hip("d1",
                        "2026-07-12"), why, ['contract "north" is in force from 2026-01-01 to 2026-06-30']
    yield "g, day 0 of an entry that truncates", opening + [line("m", "OTHER", "MOVED", "2026-03-12")], why, [
        'g: excluded by "moved": line "m" of 2026-03-12 starts on day 0']
    yield "it does not stand", opening + [
        line("x", "HOSPITAL_DBC", "HIP1", "2026-03-12", kind="CREDIT", credits_id="d1")], why, [
            'it does not stand: it is CREDITED, evidence "x"']
    yield "too late", opening + [line("s", "PARAMEDICAL", "P", "2026-06-12")], ("--declaration", "s"), [
        "s: FEE_FOR_SERVICE no_episode, payable EUR 100.00",
        "hip/L/2026-03-12: start 2026-06-12 is 2 days after closes_on 2026-06-10"]
    yield "too early", opening + [line("s", "PARAMEDICAL", "P", "2026-03-08")], ("--declaration", "s"), [
        "hip/L/2026-03-12: start 2026-03-08 is 1 day before opens_window 2026-03-09"]
    yield "another side", opening + [line("s", "PARAMEDICAL", "P", "2026-04-08", laterality="RIGHT")], (
        "--declaration", "s"), ["s: FEE_FOR_SERVICE other_side", "laterality RIGHT does not go with side L"]
    yield "not in scope", opening + [line("s", "OTHER", "DIED", "2026-04-08")], ("--declaration", "s"), [
        's: FEE_FOR_SERVICE out_of_scope', 'out of scope: scope.include "hip.care" does not accept it',
        'hip/L/2026-03-12: closes_on 2026-04-08: ended by "died", line "s" of 2026-04-08']
    leg = [line("l", "HOSPITAL_DBC", "LEG", "2026-02-20")]
    yield "excluded from scope", leg + [line("s", "DISTRICT_NURSING", "N", "2026-03-01", amount=100000)], (
        "--declaration", "s"), ['leg/-/2026-02-20: out of scope: scope.exclude "leg.dear" accepts it']
    yield (
        "prefer",
        leg + opening + [line("s", "PARAMEDICAL", "P", "2026-03-10")],
        ("--declaration", "s"),
        [
            (
                "hip/L/2026-03-12: a candidate: in its window, 2026-03-09 to 2026-06-10, and in scope; its"
                " share is EUR 100.00"
            ),
            (
                "leg/-/2026-02-20: a candidate: in its window, 2026-02-20 to 2026-03-11, and in scope, but"
                " loses it to hip/L/2026-03-12: the cell of leg and hip prefers hip"
            ),
        ],
    )
    between = leg + opening + [line("s", "PARAMEDICAL", "P", "2026-03-10", amount=101)]
    yield (
        "split",
        between,
        ("--declaration", "s"),
        [
            (
                "hip/L/2026-03-12: a candidate: in its window, 2026-03-09 to 2026-06-10, and in scope; its"
                " share is EUR 0.50, by weight 1"
            ),
            (
                "leg/-/2026-02-20: a candidate: in its window, 2026-02-20 to 2026-03-11, and in scope; its"
                " share is EUR 0.51, by weight 1"
            ),
            "the cell of leg and hip says split: they share it",
        ],
        ("lines: {prefer: hip}", "lines: split"),
    )
    yield (
        "first",
        between,
        ("--declaration", "s"),
        [
            "hip/L/2026-03-12: a candidate: in its window, 2026-03-09 to 2026-06-10, and in scope, but loses"
            " it to leg/-/2026-02-20: the cell of hip and leg says first, and the other opened earlier"
        ],
        ("lines: {prefer: hip}", "lines: first"),
    )
    prices = opening + [
        line("p1", "OTHER", "MOVED", "2026-09-12"),
        line("p2", "OTHER", "PRICE", "2026-03-13", amount=110000),
        line("p3", "OTHER", "PRICE", "2026-03-14", amount=110000),
        line("p4", "OTHER", "PRICE", "2026-06-12", amount=110000)]
    priced = ("payment: retrospective", "payment: prospective, price_criterion: hip.price")
    yield "a price", prices, ("--declaration", "p2"), [
        "p2: BUNDLE_PRICE, payable EUR 1,100.00", "hip/L/2026-03-12: its price: it had none"], priced
    yield "a price again", prices, ("--declaration", "p3"), [
        "p3: BUNDLE_PRICE_REPEATED, refused EUR 1,100.00",
        'hip/L/2026-03-12: has a price, line "p2" of 2026-03-13'], priced
    yield "a price out of the window", prices, ("--declaration", "p4"), [
        "p4: PRICE_UNPLACED, withheld EUR 1,100.00",
        "hip/L/2026-03-12: start 2026-06-12 is 2 days after closes_on 2026-06-10"], priced
    yield "covered", prices, ("--declaration", "d1"), [
        "its share is EUR 100.00, covered by the bundle price"], priced
    yield (
        "suppressed window",
        leg + opening,
        ("--episode", "leg/-/2026-02-20"),
        [
            (
                "closes_on 2026-03-22: 30 days after opened_on closes_on 2026-03-11: the day before"
                " hip/L/2026-03-12 opens, which suppresses it"
            ),
            "no contract fits, so it is a shadow episode without a budget",
        ],
    )
    yield "prorated", opening + [line("s", "DISTRICT_NURSING", "N", "2026-06-09", end_date="2026-06-12")], (
        "--declaration", "s"), [
            "its share is EUR 50.00, for 2 of its 4 days"]
    moved = opening + [
        line("a", "ACTIVITY", "AGAIN", "2026-05-30"),
        line("m", "OTHER", "MOVED", "2026-06-01"),
        line("n", "DISTRICT_NURSING", "N", "2026-03-01", amount=0)]
    yield (
        "a window step by step, and a budget",
        moved,
        ("--episode", "hip/L/2026-03-12"),
        [
            (
                "opens_window 2026-03-09: opened_on less look_back_days, which are 3 closes_on 2026-06-10: 90"
                " days after opened_on"
            ),
            (
                'closes_on 2026-07-10: extended by line "a" of 2026-05-30, to 60 days after its start, but at'
                ' most 120 days after opened_on'
            ),
            'closes_on 2026-05-31: truncated by "moved", the day before line "m" of 2026-06-01',
            'confirmed by line "d1.op" of 2026-03-12',
            "provider 01010101: north version 1, retrospective",
            (
                'stratum "all", the person is 85: EUR 1,000.00 factor "nursed before" by line "n" of'
                ' 2026-03-01: + EUR 50.00 + 10% of the stratum budget EUR 1,150.00'
            ),
            "SETTLED on 2026-11-01: OPEN to 2026-05-31, from 2026-06-01 RUN_OUT, from 2026-07-01 SETTLED",
            "stop-loss limit EUR 1,725.00: the cost is not above it",
        ],
    )
    yield "extended to the very last day", opening + [line("a", "ACTIVITY", "AGAIN", "2026-05-11")], (
        "--episode", "hip/L/2026-03-12"), [
            'closes_on 2026-07-10: extended by line "a" of 2026-05-11, to 60 days after its start Contract']
    yield (
        "stop-loss",
        hip("d1", "2026-03-12", amount=250000),
        ("--episode", "hip/L/2026-03-12"),
        [
            "stop-loss limit EUR 1,500.00: of the cost above it the insurer bears 90%, EUR 900.00 charged EUR"
            " 1,600.00 result (budget less charged) EUR -600.00"
        ],
    )
    twice = opening + [
        line("s", "PARAMEDICAL", "P", "2026-04-01"),
        line("t", "PARAMEDICAL", "P", "2026-04-01", submitted_at="2026-11-02T09:00:00.000Z")]
    yield (
        "held",
        twice,
        ("--declaration", "t"),
        [
            't: HELD same_care, withheld EUR 100.00, evidence "s"',
            (
                'rule "session" lets 1 of the same care stand, and line "s" of 2026-04-01 was first: it is'
                ' surplus and held'
            ),
        ],
    )
    credit = line("x", "HOSPITAL_DBC", "HIP1", "2026-03-12", kind="CREDIT", credits_id="d1",
                  laterality="LEFT")
    yield (
        "what a credit changed",
        opening + [line("s", "PARAMEDICAL", "P", "2026-04-01"), credit],
        ("--declaration", "x"),
        [
            'it takes back "d1": amount, provider and insurer are those of the debit',
            (
                'line "s" of 2026-04-01 would be BUNDLED, hip/L/2026-03-12 EUR 100.00; it is FEE_FOR_SERVICE'
                ' no_episode'
            ),
            "hip/L/2026-03-12 would be there, at a cost of EUR 200.00",
        ],
    )
    ended = (
        "duplicates:",
        "ends_care: [{name: dead, criterion: person.died, of: person, action: hold}]\nduplicates:")
    yield "after an end of care", opening + [
        line("t", "OTHER", "DIED", "2026-04-01"),
        line("s", "PARAMEDICAL", "P", "2026-04-02")], ("--declaration", "s"), [
            "s: HELD after_end, withheld EUR 100.00, evidence \"t\"",
            '"dead" by line "t" of 2026-04-01: it is held'], ended
    merged = ("duplicates:", 'successors: [{old: "01010101", new: "09090909"}]\nduplicates:')
    yield "a credit of the successor", opening + [dict(credit, provider="09090909")
                                                  ], ("--declaration", "x"), [
            "provider and insurer are those of the debit (the same provider as 01010101)"], merged
    yield "a contract that names the predecessor", hip("d1", "2026-03-12", provider="09090909"), (
        "--episode", "hip/L/2026-03-12"), [
            "provider 09090909 (the same provider as 01010101): north version 1"], merged
    yield "a credit of another amount", opening + [dict(credit, amount=1)], ("--declaration", "x"), [
        "x: CREDIT_MISMATCH", "its amount is EUR 0.01, that of the debit EUR 100.00"]
    yield "a credit of nothing", [dict(credit, credits_id="zzz")], ("--declaration", "x"), [
        'x: CREDIT_PENDING', 'it takes back "zzz", which has not come (yet)']
    yield "a second credit", opening + [credit, dict(credit, declaration_id="y")], ("--declaration", "y"), [
        'y: CREDIT_EXCESS', 'but "x" had taken it back already']
    yield "an episode that is gone", opening + [credit], ("--episode", "hip/L/2026-03-12"), [
        "hip/L/2026-03-12: VOID since 2026-11-01, caused by x",
        'it was opened by "d1", which is CREDITED now']
    yield "the same again, and something else under its id", [
        opening[0], opening[0],
        dict(opening[0], submitted_at="2026-11-03T09:00:00.000Z"),
        dict(opening[0], amount=2)], ("--declaration", "d1"), [
            ": the original", "the same again, nothing is sent for it", "REPEATED, refused EUR 100.00",
            "CONFLICTING, withheld EUR 0.02"]
    yield "a dead letter", [dict(opening[0],
                                 provider="1")], ("--declaration", "d1"), ["dead letter bad_provider"]
    yield "no rule", [line("d1", "PHARMACY", "X", "2026-01-05")], ("--declaration", "d1"), [
        "no criterion of the book accepts the line"]
    yield "out of the horizon", hip("d1", "2020-01-01"), ("--declaration", "d1"), [
        "d1: OUT_OF_HORIZON, withheld EUR 100.00",
        "its start, 2020-01-01, lies 2496 days before its submission; horizon_days are 1826"]


def case_sentences(program, folder):
    book, lines, failed, count = os.path.join(folder, "book.yaml"), os.path.join(folder, "in.jsonl"), [], 0
    for name, records, question, said, *different in sentences():
        with open(book, "w", encoding="utf-8") as stream:
            stream.write(BOOK.replace(*different[0]) if different else BOOK)
        with open(lines, "w", encoding="utf-8") as stream:
            stream.write("".join(json.dumps(record) + "\n" for record in records))
        try:
            text = Person(program, ["--book", book, lines], "p").ask(*question)
            count += 1
        except Failed as sentence:
            failed.append(f"{name}: {sentence}")
            continue
        missing = [sentence for sentence in said if sentence not in flat(text)]
        if missing:
            failed.append(f"{name}: does not say {missing[0]!r}:\n{text}")
    expect(not failed, "\n".join(failed[:3]) + f"\n{len(failed)} failed")
    return f"{count} stories"


def case_what_does_not_exist(program, folder):
    """Exit codes, and what there is instead."""
    book, lines = os.path.join(folder, "book.yaml"), os.path.join(folder, "in.jsonl")
    with open(book, "w", encoding="utf-8") as stream:
        stream.write(BOOK)
    with open(lines, "w", encoding="utf-8") as stream:
        stream.write("".join(json.dumps(record) + "\n" for record in hip("d1", "2026-03-12")))
    base = ["--book", book, lines]
    person = Person(program, base, "p")
    for question, code, said in ((("--declaration", "d9"), 1,
                                  'there is no declaration "d9"; there are: d1, d1.op'),
                                 (("--episode", "hip/R/2026-03-12"), 1,
                                  'there is no episode "hip/R/2026-03-12"; there are: hip/L/2026-03-12'),
                                 (("--why-not", "knee"), 1, 'there is no bundle "knee"; there are: hip, leg'),
                                 (("--as-of", "2026-10-31"), 64,
                                  "--as-of is earlier than the latest submission, which is of 2026-11-01"),
                                 (("--as-of", "2026-02-30"), 64, '"2026-02-30" is no value of --as-of'),
                                 (("--episode", "x", "--why-not", "hip"), 64, "ask one")):
        found = person.ask(*question, code=code)
        expect(said in found, f"{question} says {found!r}, not {said!r}")
    # Two definitions that open with one criterion name it once.
    said = Person(program, ["--book", os.path.join(HERE, "..", "..", "config", "book.yaml"), lines],
                  "p").ask("--why-not", "colorectal")
    expect('accepted by opens.criterion: "colorectal.opens"\n' in said, said)
    said = Person(program, base, "q").ask(code=1)
    expect('no record of "q" among the 2 of the inputs' in said, said)
    said = Person(program, base, "900000752").ask(code=64)
    expect("900000752" not in said, "a BSN is repeated")
    expect("could not open" in Person(program, ["--book", book, lines + ".not.jsonl"], "p").ask(code=66),
           "a missing input")
    return "10 questions"


# --- that this can fail -------------------------------------------------------------------------------------

LIES = {
    "scenarios": [(r"BUNDLED", "SPLIT"), (r"(closes_on \d{4}-\d\d-)\d\d", r"\g<1>00"),
                  (r"(its share is EUR )\d", r"\g<1>0"), (r"^    opens ", "    might open "),
                  (r"cost EUR", "cost USD")], "sentences": [(r"days", "weeks")],
    "what_does_not_exist": [(r"there is no", "there is a")]}


def lie(program, pattern, instead, arguments):
    done = subprocess.run([program, *arguments], capture_output=True, check=False)
    for stream, data in ((sys.stdout, done.stdout), (sys.stderr, done.stderr)):
        text = data.decode()
        stream.write(re.sub(pattern, instead, text, flags=re.M) if arguments[0] == "explain" else text)
    return done.returncode


def self_test(program, folder):
    blind = []
    for name, lies in LIES.items():
        for number, (pattern, instead) in enumerate(lies):
            own = os.path.join(folder, f"{name}-{number}")
            os.makedirs(own)
            liar = os.path.join(own, "liar")
            with open(liar, "w", encoding="utf-8") as stream:
                stream.write(
                    f"#!/bin/sh\nexec /usr/bin/python3 '{os.path.abspath(__file__)}' --program '{program}'"
                    f" --lie '{pattern}' '{instead}' -- \"$@\"\n"
                )
            os.chmod(liar, 0o755)
            try:
                (few_scenarios if name == "scenarios" else CASES[name])(liar, own)
                blind.append(f"{name} ({pattern})")
            except Failed:
                pass
    print("self-test: " + (f"believed a lie: {', '.join(blind)}" if blind else "no case believed the lies"))
    return 1 if blind else 0


def few_scenarios(program, folder):
    """Enough for every lie, and quick."""
    file = scenarios.File(os.path.join(SCENARIOS, "overlaps.yaml"))
    for number, scenario in enumerate(file.scenarios[:3]):
        check_scenario(program, file, scenario, os.path.join(folder, str(number)))


CASES = {name[len("case_"):]: value for name, value in list(globals().items()) if name.startswith("case_")}


def main():
    parser = argparse.ArgumentParser(description="explain from outside")
    parser.add_argument("--program", required=True)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--lie", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    if options.lie:
        return lie(program, *options.lie, options.cases)
    with tempfile.TemporaryDirectory(prefix="bundelwacht-explain-") as folder:
        if options.self_test:
            return self_test(program, folder)
        for name in options.cases or CASES:
            own = os.path.join(folder, name)
            os.makedirs(own)
            try:
                print(f"passed: {name}: {CASES[name](program, own)}")
            except Failed as sentence:
                print(f"failed: {name}: {sentence}")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
