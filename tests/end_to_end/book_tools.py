#!/usr/bin/python3
"""What the people who write bundles use: `check`, `check --against`, `test` and `help CODE`, from outside.

    book_tools.py --program build/release/bundelwacht [CASE...]"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import book_keys  # noqa: E402
from cases import BOOK, REFERENCE, ROOT, Failed, main_of  # noqa: E402
from cases import CONFIG, DONE, FINDINGS, NO_INPUT, USAGE  # noqa: E402


SMALL = """book: small
horizon_days: 400
waiting_days: 90
criteria:
  a: [{care_code: "1"}]
bundles:
  - {id: a, name: A, definitions: [{from: 2025-01-01, until: 2025-12-31, opens: {criterion: a},
     closes: {after_days: 9}, scope: {include: a}, run_out_days: 9}]}
contracts:
  - {id: c, version: 1, bundle: a, from: 2025-01-01, until: 2025-12-31, payment: retrospective,
     budget: {strata: [{label: all, amount: 1}]}}
"""


class Bench:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        with open(BOOK, encoding="utf-8") as stream:
            self.book = stream.read()

    def run(self, *arguments, code=DONE, says=()):
        done = subprocess.run([self.program, *arguments], capture_output=True, timeout=120, check=False,
                              stdin=subprocess.DEVNULL)
        said = (done.stdout + done.stderr).decode(errors="replace")
        if done.returncode != code:
            raise Failed(f"exit code {done.returncode}, not {code}, of {' '.join(arguments)}: {said[:2000]}")
        for sentence in [says] if isinstance(says, str) else says:
            if sentence not in said:
                raise Failed(f"{' '.join(arguments)} does not say {sentence!r} but: {said[:2000]}")
        return said

    def changed(self, *pairs):
        """The path of config/book.yaml with the first of each pair replaced by the second; and the line of
        the first change."""
        text = self.book
        for old, new in pairs:
            if old not in text:
                raise Failed(f"config/book.yaml has no {old!r}")
            text = text.replace(old, new, 1)
        path = os.path.join(self.folder, "book.yaml")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        return path

    def line_of(self, text):
        return self.book[:self.book.index(text)].count("\n") + 1


def case_every_code_is_explained(bench):
    with open(os.path.join(ROOT, "processor", "book", "finding.def"), encoding="utf-8") as stream:
        codes = re.findall(r'^FINDING\(\s*\w+, "([EW]\d{3})"', stream.read(), re.M)
    if len(codes) < 55 or len(set(codes)) != len(codes):
        raise Failed(f"{len(codes)} codes, {len(set(codes))} different ones")
    for code in codes:
        said = bench.run("help", code)
        if not re.fullmatch(code + r": .{40,}[.?]\n", said):
            raise Failed(f"help {code} says {said!r}")
    bench.run("help", "E999", code=USAGE)


def case_warnings_are_findings_when_strict(bench):
    bench.run("check", "--strict", BOOK)
    odd = bench.changed(("opens: {criterion: hip.opens, look_back_days: 3,",
                         "opens: {criterion: hip.opens, look_back_days: 1900,"))
    place = f":{bench.line_of('opens: {criterion: hip.opens')}:"
    said = bench.run("check", odd, says=["[W005]", place, "0 errors, 1 warning"])
    if not re.search(r"\n +opens: .*\n +\^\n", said):
        raise Failed(f"no caret: {said}")
    bench.run("check", "--strict", odd, code=FINDINGS, says="[W005]")
    wrong = bench.changed(("uncontracted: ignore", "uncontracted: ignor"))
    bench.run("check", wrong, code=FINDINGS, says=["[E018]", 'did you mean "ignore"?'])


def case_the_books_that_we_ship_show_every_key(bench):
    """But for the two that section 13 names."""
    with open(REFERENCE, encoding="utf-8") as stream:
        shown = set(re.findall(r"(?:^|[\s{,])(\w+):", bench.book + stream.read()))
    hidden = {key for key in book_keys.reader_keys() if key.split(".", 1)[1] not in shown}
    if hidden != {"clause.referrer", "cell.suppress"}:
        raise Failed(f"keys that neither file shows: {sorted(hidden)}")


def case_one_is_no_plural_and_quotes_are_named(bench):
    small = os.path.join(bench.folder, "small.yaml")
    with open(small, "w", encoding="utf-8") as stream:
        stream.write(SMALL)
    bench.run("check", small, says=": 1 bundle, 1 contract, 1 criterion\n")
    with open(small, "w", encoding="utf-8") as stream:
        stream.write(SMALL.replace("amount: 1}", 'amount: "1"}'))
    bench.run("check", small, code=FINDINGS,
              says='amount must be a whole number from 0 to 1000000000000 without quotes, not "1" [E012]')


def case_a_reference_of_another_book_is_warned_of(bench):
    small = os.path.join(bench.folder, "small.yaml")
    with open(small, "w", encoding="utf-8") as stream:
        stream.write(SMALL)
    bench.run("check", "--strict", BOOK, "--reference", REFERENCE)
    bench.run("check", "--strict", small, "--reference", REFERENCE, code=FINDINGS,
              says=["the reference names none of the book's bundles [W018]", "0 errors, 1 warning"])


def case_what_is_odd_in_a_list_of_codes(bench):
    for old, new, code, says in (('care_code: "0385*"}', 'care_code: "03*5"}', "W008",
                                  'the * inside of "03*5" stands for itself'),
                                 ('{care_type: ACTIVITY, care_code: "0385*"}', '{care_code: "*"}', "W014",
                                  'the care_code "*" accepts every line'),
                                 ('provider: "9999*"}', 'provider: "*"}', "W014",
                                  'the provider "*" accepts every line'),
                                 ("insurers: [3311, 3313]", "insurers: [3311, 3313, 3311]", "W007",
                                  "the insurer 3311 is listed twice"),
                                 ('"73730101", "04040101"]', '"73730101", "04040101", "06010101"]', "W007",
                                  'the provider "06010101" is listed twice'),
                                 ("[SHORT_STAY, DISTRICT_NURSING]",
                                  "[SHORT_STAY, DISTRICT_NURSING, SHORT_STAY]", "W007",
                                  "the care type SHORT_STAY is listed twice"),
                                 ('["0385*", "1900*"]', '["1900*", "0385*", "03851"]', "W007",
                                  'the care_code "03851" is needless beside "0385*"'),
                                 ('["0385*", "1900*"]', '["03851*", "0385", "0385*"]', "W007",
                                  'the care_code "0385" is needless beside "0385*"'),
                                 ('["DBC:204", "DBC:273"', '["DBC:27*", "DBC:273"', "W007",
                                  'the diagnosis "273" is needless beside "27*"')):
        place = f":{bench.line_of(old)}:"
        bench.run("check", "--strict", bench.changed((old, new)), code=FINDINGS,
                  says=[f"[{code}]", place, says, "0 errors, 1 warning"])
    # A * alone says something of a field that may be null; equal codes of two systems are two; a prefix
    # covers nothing that is shorter.
    for old, new in (('{care_type: ACTIVITY, care_code: "0385*"}',
                      '{care_type: ACTIVITY, care_code: "0385*", referrer: "*"}'),
                     ('["DBC:204", "DBC:273"', '["ICD9:273", "DBC:273"'), ('["0385*", "1900*"]',
                                                                           '["0385*", "038", "1900*"]')):
        bench.run("check", "--strict", bench.changed((old, new)))


def case_a_book_that_changes_what_is_in_force_is_refused(bench):
    def refused(says, *pairs):
        path = bench.changed(*pairs)
        bench.run("check", "--against", BOOK, path, code=CONFIG, says=says)
        bench.run("check", "--against", BOOK, path, "--allow-redefinition",
                  says=[says] if isinstance(says, str) else says)

    def allowed(*pairs, says="nothing that is in force changes"):
        bench.run("check", "--against", BOOK, bench.changed(*pairs), says=says)

    allowed()
    for key, old, new in (("budget", "amount: 1725000}",
                           "amount: 1725001}"), ("providers", '"73730101", "04040101"]', '"73730101"]'),
                          ("insurers", "insurers: [3311, 3313]", "insurers: [3311]"),
                          ("payment, loose or price_criterion", "loose: refused", "loose: registration"),
                          ("stop_loss", "stop_loss: {permille: 1500,", "stop_loss: {permille: 1501,"),
                          ("none any more", "- id: hip-north",
                           "- id: hip-south"), ("budget", "permille: 80, look_back_days: 365",
                                                "permille: 80, look_back_days: 364")):
        refused(f"in force: contract hip-north, openings from 2025-01-01 until 2026-12-31: {key}", (old, new))
    refused("in force: contract hip-north, openings from 2026-07-01 until 2026-12-31: none any more",
            ("    until: 2026-12-31\n    payment: prospective",
             "    until: 2026-06-30\n    payment: prospective"))
    for key, old, new in (("closes", "after_days: 90, end:",
                           "after_days: 91, end:"), ("sides", "sides: separate", "sides: none"),
                          ("patient", "patient: {min_age: 65}",
                           "patient: {min_age: 60}"), ("opens", "quiet_days: 120", "quiet_days: 121"),
                          ("excludes", "from_day: -1, to_day: 30", "from_day: -1, to_day: 31"),
                          ("uncontracted", "uncontracted: ignore", "uncontracted: shadow")):
        pairs = [(old, new)]
        if key == "patient":  # else the strata leave out ages
            pairs += [('{label: "65-79", min_age: 65', '{label: "65-79", min_age: 60'),
                      ("{label: all, min_age: 65,", "{label: all,")]
        refused(f"in force: bundle hip-fracture, openings from 2025-01-01 until 2027-12-31: {key}", *pairs)
    refused("in force: bundle claudication, openings from 2025-01-01 until 2027-12-31: clean_days",
            ("clean_days: 90", "clean_days: 9"))
    # What holds for more than one bundle.
    refused("in force: the book: horizon_days differs", ("horizon_days: 1826", "horizon_days: 1825"))
    allowed(("waiting_days: 90 ", "waiting_days: 91 "), says="note: the book: waiting_days differs")
    allowed(("waiting_days: 90 ", "# none "), says="note: the book: waiting_days differs")
    rule = (
        '{name: hospital product, criterion: twice.hospital-product, within: provider, same: trajectory,'
        ' allow: 1, action: hold}'
    )
    for key, old, new in (("allow", "allow: 1", "allow: 2"), ("within", "within: provider", "within: person"),
                          ("same", " same: trajectory,", ""), ("criterion", "twice.hospital-product",
                                                               "hip.opens"), ("action", "action: hold",
                                                                              "action: flag")):
        refused(f'in force: rule "hospital product" of duplicates: {key} differs',
                (rule, rule.replace(old, new)))
    flags = "  - {name: district nursing, criterion: twice.nursing, within: person, allow: 1, action: flag}\n"
    allowed((flags, ""), says='note: rule "district nursing" of duplicates: none any more')
    allowed((flags, flags.replace("allow: 1", "allow: 3")),
            says='note: rule "district nursing" of duplicates: allow differs')
    add_on = "criterion: twice.add-on, within: provider, serials: true,"
    refused('in force: rule "add-on" of duplicates: serials differs',
            (add_on, add_on.replace("true", "false")))
    stay = "same: overlap, codes: any, overlap_days: 2,"
    for key, old, new in (("codes", " codes: any,", ""), ("overlap_days", "days: 2", "days: 3")):
        refused(f'in force: rule "short stay" of duplicates: {key} differs', (stay, stay.replace(old, new)))
    refused('in force: rule "district nursing" of duplicates: action differs',
            (flags, flags.replace("flag", "hold")))
    refused('in force: rule "more" of duplicates: new',
            (flags, flags + flags.replace("district nursing", "more").replace("flag", "hold")))
    allowed((flags, flags + flags.replace("district nursing", "more")),
            says='note: rule "more" of duplicates: new')
    allowed((rule, rule.replace("hospital product", "product")))  # a name alone decides nothing
    for old, new, pair in (("[claudication, colorectal], lines: first",
                            "[claudication, colorectal], lines: split", "claudication and colorectal"),
                           ("[hip-fracture, hip-fracture], lines: split",
                            "[hip-fracture, hip-fracture], lines: first", "hip-fracture and hip-fracture"),
                           ("lines: {prefer: hip-fracture}", "lines: {prefer: claudication}",
                            "hip-fracture and claudication")):
        allowed((old, new), says=f"note: overlap of {pair}: lines differs")
    # which is what it means to say nothing
    allowed(("  - {pair: [hip-fracture, hip-fracture], lines: split}\n", ""))
    allowed(("[claudication, colorectal], lines: first", "[colorectal, claudication], lines: first"))
    refused("in force: bundle claudication, openings from 2025-01-01 until 2027-12-31: suppress differs",
            ("lines: {prefer: hip-fracture}", "lines: {prefer: hip-fracture}, suppress: claudication"))
    for key, old, new in (("expects", "by_day: 21, wait_days: 150",
                           "by_day: 21, wait_days: 151"), ("measures", "at_most: 42", "at_most: 43"),
                          ("outcomes", "from_day: 1, to_day: 365}",
                           "from_day: 1, to_day: 364}"), ("signals", "max_hospitals: 1", "max_hospitals: 2")):
        allowed((old, new),
                says=f"note: bundle hip-fracture, openings from 2025-01-01 until 2027-12-31: {key} differs")
    allowed(("version: 2                          #", "version: 3 #"),
            says="note: contract hip-north, openings from 2025-01-01 until 2026-12-31: version")
    moved = bench.book[bench.book.index("  - id: claudication\n"):bench.book.index("  - id: colorectal\n")]
    allowed((moved, ""), ("\noverlaps:", "\n" + moved + "overlaps:"),
            says="note: the book: the order of the bundles differs")
    # What a criterion accepts counts, not its name or how it is written.
    refused("hip-fracture, openings from 2025-01-01 until 2027-12-31: opens",
            ('diagnosis: "DBC:3019", subtype: "11"}', 'diagnosis: "DBC:3019"}'))
    allowed(('["DBC:204", "DBC:273"', '["DBC:273", "DBC:204"'))
    renamed = bench.changed()
    with open(renamed, "w", encoding="utf-8") as stream:
        stream.write(bench.book.replace("hip.opens", "hip.opener"))
    bench.run("check", "--against", BOOK, renamed, says="nothing that is in force changes")
    # A definition cut in two that says the same, and days that only the new book has, change nothing that is
    # in force.
    first = bench.book.index("      - from: 2025-01-01                # dates of opening")
    end = bench.book.index("    cares:", first)
    definition = bench.book[first:end]
    halves = definition.replace("until: 2027-12-31", "until: 2026-05-31") + definition.replace(
        "from: 2025-01-01", "from: 2026-06-01")
    allowed((definition, halves))
    allowed(("    until: 2026-12-31\n    payment: prospective",
             "    until: 2027-06-30\n    payment: prospective"))
    allowed(("{permille: 800, severity: info}", "{permille: 801, severity: info}"),
            says="note: contract hip-north")
    allowed(("weight: 2 ", "weight: 3 "), says="note: bundle hip-fracture")
    bench.run("check", "--against", BOOK, os.path.join(bench.folder, "nowhere.yaml"), code=NO_INPUT)
    bench.run("check", "--allow-redefinition", BOOK, code=USAGE)


def case_examples_hold_and_say_what_differs(bench):
    bench.run("test", BOOK, says="all as expected")
    for old, new, says in (("amount: 150001}", "amount: 150003}",
                            "cost: expected 1275001, got 1275002"), ("state: RUN_OUT", "state: OPEN",
                                                                     "state: expected OPEN, got RUN_OUT"),
                           ("closes_on: 2026-06-10", "closes_on: 2026-06-11",
                            "closes_on: expected 2026-06-11, got 2026-06-10"),
                           ("wrong-bed days: 0,", "wrong-bed days: null,",
                            "wrong-bed days: null"), ('"06020201-2C": CREDIT_APPLIED',
                                                      '"06020201-2C": CREDIT_EXCESS',
                                                      "status: expected CREDIT_EXCESS, got CREDIT_APPLIED"),
                           ("- stepped_care/claudication/-/2026-02-02", "- waiting/claudication/-/2026-02-02",
                            "not expected, got it"),
                           ("          alerts:\n            - stepped_care/claudication/-/2026-02-02",
                            "          alerts: []", "stepped_care/"),
                           ("          episodes: {}", "          episodes: {claudication/-/2026-02-02: {}}",
                            "expected, got none"), ("ended_by: critical ischaemia later", "ended_by: null",
                                                    "ended_by: expected null, got critical ischaemia later"),
                           ("{hip-fracture/R/2026-05-02: 75000}]", "{hip-fracture/R/2026-05-02: 75001}]",
                            "shares: expected ")):
        said = bench.run("test", bench.changed((old, new)), code=FINDINGS,
                         says=[says, "yaml: 1 of "])
        if not re.search(r"book.yaml:\d+:\d+: [a-z-]+: the example \".*\" differs in the given order\n",
                         said):
            raise Failed(f"no place: {said}")
    # The place is that of the expectation.
    line = bench.line_of("hip-fracture/L/2026-03-12: {cost: 1275001")
    bench.run("test", bench.changed(("{cost: 1275001,", "{cost: 1,")), code=FINDINGS,
              says=f"book.yaml:{line}:13: episode hip-fracture/L")
    bench.run("test", bench.changed(("as_of: 2026-08-01", "as_of: 2026-03-01")), code=CONFIG, says="[E062]")
    bench.run("test", os.path.join(bench.folder, "nowhere.yaml"), code=NO_INPUT)


def case_examples_depend_on_the_rules(bench):
    """A rule that is changed is noticed by an example of its bundle."""
    for old, new in (("after_days: 90, end:", "after_days: 89, end:"), ("quiet_days: 120", "quiet_days: 1"),
                     ("criterion: claudication.laboratory, from_day: -30, to_day: 60",
                      "criterion: claudication.laboratory, from_day: 4, to_day: 60"),
                     ("attribute: {criterion: colorectal.operation, from_day: 0, to_day: 180}",
                      "attribute: {criterion: colorectal.operation, from_day: 0, to_day: 20}"),
                     ("exclude: colorectal.expensive-drug",
                      "exclude: colorectal.other-cancer"), ("sides: separate", "sides: none")):
        bench.run("test", bench.changed((old, new)), code=FINDINGS, says="differ")


def case_records_of_one_id_keep_their_order(bench):
    """Two records of one id keep their order, so only ids of their own are shuffled: what the log alone
    decides stays as given."""
    repeated = '          - {copy_of: "06010101-2", sent: 2026-06-15}\n'
    twice = repeated + '          - {copy_of: "06010101-2", sent: 2026-06-15, amount: 1}\n'
    path = bench.changed((repeated, twice))
    bench.run("test", path, says="all as expected")


if __name__ == "__main__":
    sys.exit(main_of(globals(), Bench))
