"""Seeded random histories that hit the hard rules of a book, as JSON lines.

    /usr/bin/python3 tests/model/histories.py --book BOOK.yaml --seed 7 [--persons 4] [--lines 12] >
in.jsonl"""
import argparse
import json
import random
import sys

import plain_yaml
from declaration import CARE_TYPES, DAY_MS, FIELDS, day_of, day_text, ms_text

LOW, HIGH = day_of("1990-01-01"), day_of("2099-12-31")
SYSTEMS = ["DBC", "DCSPH", "ICD9", "ICD10", "ICPC"]


def listed(value):
    return value if isinstance(value, list) else [value]


def collect(value, name, out):
    """All values under that key, anywhere."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name:
                out.extend(listed(inner))
            collect(inner, name, out)
    elif isinstance(value, list):
        for inner in value:
            collect(inner, name, out)
    return out


class Vocabulary:
    """What of a book is worth saying in a declaration."""

    def __init__(self, raw, reference=None):
        self.raw = raw
        self.clauses = {name: clauses for name, clauses in raw["criteria"].items()}
        self.openers = sorted({d["opens"]["criterion"] for b in raw["bundles"] for d in b["definitions"]})
        self.spans = [
            (day_of(d["from"]), day_of(d["until"])) for b in raw["bundles"] for d in b["definitions"]]
        days = set()
        for name in ("from_day", "to_day", "after_days", "look_back_days", "max_days", "by_day", "days",
                     "quiet_days", "clean_days", "run_out_days"):
            days.update(v for v in collect(raw, name, []) if isinstance(v, int) and abs(v) <= 800)
        for b in raw["bundles"]:
            for d in b["definitions"]:
                days.add(d["closes"]["after_days"] + d.get("clean_days", 0))
        self.offsets = sorted({v + e for v in days for e in (-1, 0, 1)} | {0, 1, 2})
        contracts = raw.get("contracts") or []
        self.providers = sorted({p for c in contracts
                                 for p in c.get("providers") or []} | {"06010101", "06099999"})
        self.renamed = {s["old"]: s["new"] for s in raw.get("successors") or []}
        self.renamed.update({s["new"]: s["old"] for s in raw.get("successors") or []})
        self.providers = sorted(set(self.providers) | set(self.renamed))
        self.insurers = sorted({i for c in contracts for i in c.get("insurers") or []}) or [3311]
        self.insurers = self.insurers[:2] + [3399]
        self.ages = sorted(
            {a for a in collect(raw, "min_age", []) + collect(raw, "max_age", []) if isinstance(a, int)}
            | {70})
        amounts = {0, 1, 99, 4000, 4001, 950000}
        for budget in (c["budget"] for c in contracts):
            for stratum in budget["strata"]:
                for permille in [1000] + collect(contracts, "permille", []):
                    amounts.update(max(0, stratum["amount"] * permille // 1000 + e) for e in (-1, 0, 1))
        for least in collect(raw["criteria"], "amount_at_least", []):
            amounts.update((least - 1, least))
        for entry in (reference or {}).get("lines") or []:
            amounts.update((entry["p999"], entry["p999"] + 1))
        if max((s["amount"] for c in contracts for s in c["budget"]["strata"]), default=0) < 100000:
            amounts -= {950000}
            amounts |= {2000, 2001, 8001, 10000}
        self.amounts = sorted(a for a in amounts if a <= 10 ** 12)
        self.small = max(self.amounts) < 100000
        self.homes = []                            # (bundle, contract or None): where a person may belong
        for b in raw["bundles"]:
            self.homes += [(b, c) for c in contracts if c["bundle"] == b["id"]] or [(b, None)]
        self.codes = [(e["care_type"], e["care_code"]) for e in (reference or {}).get("lines") or []]
        self.horizon = raw["horizon_days"]


    def related(self, bundle):
        """The criteria that the bundle, its contracts and the bundles that it meets name."""
        pairs = [c["pair"] for c in self.raw.get("overlaps") or [] if bundle["id"] in c["pair"]]
        ids = {bundle["id"]} | {i for pair in pairs for i in pair}
        parts = [b for b in self.raw["bundles"] if b["id"] in ids] + [
            c for c in self.raw.get("contracts") or [] if c["bundle"] in ids]
        words = set()
        parts += self.raw.get("ends_care") or []
        for name in ("criterion", "resumes", "include", "exclude", "invasive", "conservative",
                     "price_criterion", "after"):
            words.update(w for w in collect(parts, name, []) if isinstance(w, str))
        openers = [
            d["opens"]["criterion"] for b in self.raw["bundles"] if b["id"] in ids for d in b["definitions"]]
        return openers, sorted(w for w in words if w in self.clauses)


class History:
    def __init__(self, raw_book, seed, persons=4, lines=12, reference=None):
        self.random = random.Random(seed)
        self.v = Vocabulary(raw_book, reference)
        self.next_id = 0
        # nothing comes in years later, so that episodes are seen while they run
        self.calm = self.random.random() < 0.6
        # of dicts with days and milliseconds, in the order they were made
        self.records = []
        for n in range(persons):
            self.person(f"p{seed}-{n}", lines)

    # --- good lines ---

    def name(self):
        self.next_id += 1
        return f"d{self.next_id}"

    def pattern(self, text, digits=0):
        if not text.endswith("*"):
            return text
        if digits:
            return text[:-1] + "".join(self.random.choice("01") for _ in range(digits - len(text) + 1))
        return (text[:-1] + self.random.choice(["", "1", "01", "11"])) or "1"

    def by_clause(self, clause):
        pick, line = self.random.choice, {}
        for name, patterns in clause.items():
            value = pick(listed(patterns))
            if name == "diagnosis":
                line["diagnosis_system"], code = value.split(":", 1)
                line["diagnosis"] = self.pattern(code)
            elif name == "amount_at_least":
                line["amount"] = value + pick([-1, 0, 1, 1000])
            elif name in ("care_type", "laterality"):
                line[name] = value
            else:
                line[name] = self.pattern(value, {"specialism": 4, "provider": 8, "referrer": 8}.get(name, 0))
        return line

    def anything(self):
        pick = self.random.choice
        line = {"care_type": pick(CARE_TYPES), "care_code": pick(["B01AC06", "9", "199299015"])}
        if self.random.random() < 0.3:
            line["diagnosis_system"], line["diagnosis"] = pick(SYSTEMS), pick(["218", "6202", "1"])
        return line

    def offset(self, person, opener):
        """Days from an anchor: near the edges that the book names, or anywhere near."""
        r, pick = self.random, self.random.choice
        if opener:
            return pick([0, 0, 1, -1, 2]) if r.random() < 0.75 else pick(person["edges"]) + pick([-1, 0, 1])
        kind = r.random()
        if kind < 0.4:
            return r.randint(-4, pick(person["lengths"]) + 3)
        return pick(self.v.offsets) if kind < 0.85 else r.randint(-40, 120)

    def line(self, person, opener):
        r, pick = self.random, self.random.choice
        if opener:
            line = self.by_clause(pick(self.v.clauses[pick(person["openers"])]))
        elif r.random() < 0.9:
            line = self.by_clause(
                pick(self.v.clauses[pick(person["words"] if r.random() < 0.8 else sorted(self.v.clauses))]))
        else:
            line = self.anything()
        if r.random() < 0.06:                      # near misses
            line.pop(pick(sorted(line)), None)
            if "diagnosis" not in line or "diagnosis_system" not in line:
                line.pop("diagnosis", None)
                line.pop("diagnosis_system", None)
        start = pick(person["anchors"]) + self.offset(person, opener)
        start = min(max(start, LOW), HIGH - 900)
        length = pick([0, 0, 0, 0, 1, 5, 29, 42, 90, abs(pick(self.v.offsets))])
        full = {
            "declaration_id": self.name(), "kind": "DEBIT", "credits_id": None, "insurer": pick(
                person["insurers"]), "insured": person["insured"], "birth_date": pick(person["births"]),
            "provider": pick(person["providers"]), "referrer": pick([None, None, "01010101", "06010101"]),
            "specialism": pick([None, "0303", "0305"]), "diagnosis_system": "NONE", "diagnosis": None,
            "care_type": pick(CARE_TYPES), "care_code": pick(["1000", "199299015", "X1"]), "subtype": pick([
                None, None, "11", "21",
                "009"]), "trajectory": pick([None, None, "T1", "T1", "T2",
                                             "T3"]), "laterality": pick(person["sides"]), "start_date": start,
            "end_date": min(start + length, HIGH), "quantity": pick([1, 1, 1, 2, 10, 99999]), "amount": pick(
                self.v.amounts) if r.random() < 0.7 else r.randint(0, 9000 if self.v.small else 400000),
            "serial": pick([None, None, 1, 1, 2])}
        if self.v.codes and r.random() < 0.2:
            line.update(zip(("care_type", "care_code"), pick(self.v.codes)))
        full.update(line)
        if opener and r.random() < 0.2:            # quiet days from an end to a start
            quiet = pick(person["quiet"])
            ends = pick(person["anchors"]) + pick(person["edges"]) - quiet + pick([-1, 0, 0, 1])
            full["end_date"] = max(full["start_date"], ends)
        full["birth_date"] = min(full["birth_date"], full["end_date"])
        full["submitted_at"] = self.sent(full["end_date"], full["start_date"])
        return full

    def sent(self, day, start):
        r, pick = self.random, self.random.choice
        if not self.calm and r.random() < 0.03:
            return min(start + self.v.horizon + pick([-1, 0, 1]), HIGH) * DAY_MS + pick([0, DAY_MS - 1])
        day += pick([1, 1, 7, 30, 60, 90, 120, 200]) + r.randint(
            -1, 3) if self.calm or r.random() < 0.9 else r.randint(200, self.v.horizon + 100)
        day = min(max(day, day_of("2000-01-01")), HIGH)
        return day * DAY_MS + pick([0, 1, 32400000, 32400000, 32400000, DAY_MS - 1])

    def person(self, insured, count):
        r, pick = self.random, self.random.choice
        bundle, contract = pick(self.v.homes)
        openers, words = self.v.related(bundle)
        at_home = r.random() < 0.75
        spans = [(day_of(d["from"]), day_of(d["until"])) for d in bundle["definitions"]]
        if contract and at_home:
            spans = [(max(low, day_of(contract["from"])), min(high, day_of(contract["until"])))
                     for low, high in spans]
            spans = [span for span in spans if span[0] <= span[1]] or self.v.spans
        anchors = []
        for _ in range(pick([1, 1, 2, 3])):
            low, high = pick(spans)
            anchors.append(pick([low, high, low - 1, high + 1]) if r.random() < 0.1 else r.randint(low, high))
        if len(anchors) > 1 and r.random() < 0.7:  # near enough to meet
            anchors[1] = anchors[0] + pick(self.v.offsets)
        ages, births = self.v.ages, []
        if at_home and r.random() < 0.8:           # mostly of an age that the bundle admits
            bounds = [d.get("patient") or {} for d in bundle["definitions"]][0]
            ages = [
                a for a in ages + [40, 68, 80] if bounds.get("min_age", 0) <= a <= bounds.get("max_age", 150)
            ] or ages
        for _ in range(pick([1, 1, 1, 2])):
            year = max(1850, int(day_text(anchors[0])[:4]) - pick(ages) - pick([0, 0, 1]))
            births.append(
                pick([
                    day_of(f"{year}-{day_text(anchors[0])[5:]}".replace("-02-29", "-02-28")) +
                    pick([-1, 0, 1]),
                    day_of(f"{year}-05-17"),
                    day_of(f"{year // 4 * 4}-02-29") if year > 1904 else day_of("1940-05-17")]))
        providers = r.sample(self.v.providers, min(len(self.v.providers), pick([1, 2, 3])))
        insurers = self.v.insurers if r.random() < 0.3 else [pick(self.v.insurers[:-1] or self.v.insurers)]
        if contract and at_home:
            known = contract.get("providers") or self.v.providers
            known = known + [self.v.renamed[p] for p in known if p in self.v.renamed]
            providers = r.sample(known, min(len(known), 2)) * 2 + providers[:1]
            known = contract.get("insurers") or self.v.insurers
            insurers = [pick(known)] * pick([1, 4]) + insurers[:pick([0, 0, 1])]
        definitions = [
            d for b in self.v.raw["bundles"] for d in b["definitions"] if d["opens"]["criterion"] in openers]
        edges = sorted(
            {0}
            | {d["closes"]["after_days"] + d.get("clean_days", 0) + e for d in definitions for e in (0, 1)})
        quiet = sorted({d["opens"].get("quiet_days", 0) for d in definitions})
        lengths = [d["closes"]["after_days"] for d in bundle["definitions"]]
        person = {
            "edges": edges, "quiet": quiet, "lengths": lengths, "openers": openers, "words": words,
            "insured": insured, "anchors": anchors, "births": births, "insurers": insurers,
            "providers": providers, "sides": pick([["NONE"], ["LEFT", "RIGHT"],
                                                   ["NONE", "LEFT", "RIGHT", "BOTH"],
                                                   ["LEFT", "LEFT", "NONE", "BOTH"]])}
        made = [self.line(person, n < 2 or r.random() < 0.15) for n in range(r.randint(3, count))]
        for _ in range(r.randint(0, count // 2)):
            made += self.again(pick(made), made)
        if not self.calm and r.random() < 0.3:
            made += self.years_later(made)
            made += self.again(pick(made), made) + self.again(pick(made), made)
        order = pick(["sent", "sent", "nearly", "made", "shuffled"])
        if order == "sent":
            made.sort(key=lambda x: x["submitted_at"])
        elif order == "nearly":
            made.sort(key=lambda x: x["submitted_at"] + r.randint(0, 60) * DAY_MS)
        elif order == "shuffled":
            r.shuffle(made)
        self.records.append(made)

    # --- the same line again, taken back, taken back wrongly ---

    def again(self, line, made):
        r, pick = self.random, self.random.choice
        later = line["submitted_at"] + pick([0, 1, DAY_MS, 30 * DAY_MS, 90 * DAY_MS, 400 * DAY_MS])
        later = min(later, (HIGH + 1) * DAY_MS - 1)
        changed = {pick(["amount", "amount", "quantity"]): r.randint(1, 90000)}
        if r.random() < 0.4:
            changed = pick([{"laterality": pick(["LEFT", "RIGHT", "NONE"])},
                            {"provider": pick(self.v.providers)}, {"trajectory": "T9"}, {"care_code": "X9"},
                            {"serial": pick([None, 1, 2, 999999])},
                            {"insurer": pick(self.v.insurers)}, {"submitted_at": later, "subtype": "x"}])
        credit = {
            **line, "declaration_id": self.name(), "kind": "CREDIT", "credits_id": line["declaration_id"],
            "submitted_at": later}
        kind = pick([
            "copy", "copy", "copy-other", "redelivery", "repeat", "repeat", "conflict", "conflict-same-time",
            "credit", "credit", "credit", "credit-twice", "credit-wrong", "credit-unknown", "credit-and-anew",
            "credit-self", "release", "release", "release-wrong", "credit-of-credit", "credit-of-the-first"])
        copy = {**line, "declaration_id": self.name(), "submitted_at": later}
        if line["provider"] in self.v.renamed and r.random() < 0.5:    # a merger in between
            copy["provider"] = credit["provider"] = self.v.renamed[line["provider"]]
        if kind == "copy":
            return [copy]
        if kind == "copy-other":
            return [{**copy, **changed}]
        if kind == "redelivery":
            return [dict(line)]
        if kind == "repeat":
            again = {**line, "submitted_at": later}
            return [again] * pick([1, 1, 2])
        if kind == "conflict":
            return [{**line, "submitted_at": later, **changed}]
        if kind == "conflict-same-time":
            return [{**line, **changed}, {**line, "submitted_at": later, **changed},
                    {**line, "submitted_at": later, "quantity": 77}]
        if kind == "credit":
            return [credit]
        if kind == "release":
            return [{**credit, "kind": "RELEASE", "amount": 0}] * pick([1, 1, 2])
        if kind == "release-wrong":
            return [{**credit, "kind": "RELEASE", "amount": 0,
                     **pick([{"amount": 1}, {"insurer": 3398}, {"credits_id": "nobody"}])}]
        if kind == "credit-twice":
            return [
                credit, {
                    **credit, "declaration_id": self.name(),
                    "submitted_at": line["submitted_at"] + pick([0, -DAY_MS, DAY_MS])}]
        if kind == "credit-wrong":
            return [{
                **credit,
                **pick([{"amount": line["amount"] + 1}, {"amount": 0}, {"provider": "09999999"},
                        {"insurer": 3398}, {"care_code": "X8"}, {
                            "start_date": max(LOW, line["start_date"] - self.v.horizon - 400)}])}]
        if kind == "credit-unknown":
            return [{**credit, "credits_id": pick(["nobody", self.name()])}]
        if kind == "credit-self":
            return [{**credit, "credits_id": credit["declaration_id"]}]
        if kind == "credit-of-credit":
            again = {
                **credit, "declaration_id": self.name(), "credits_id": credit["declaration_id"],
                "start_date": pick([line["start_date"], min(line["start_date"] + 400, HIGH)])}
            return [credit, {**again, "end_date": max(again["start_date"], line["end_date"])}]
        if kind == "credit-of-the-first":          # every correction names the first claim
            anew = {**copy, "amount": line["amount"] + pick([-1, 0, 1])}
            second = {**credit, "declaration_id": self.name(), "amount": pick([anew["amount"], 7])}
            return [credit, anew, {**second, "submitted_at": min(later + 1, (HIGH + 1) * DAY_MS - 1)}] + (
                [{**anew, "declaration_id": self.name()}] if r.random() < 0.3 else [])
        return [credit, copy]

    def years_later(self, made):
        """Records of long after, so that the clock passes the days on which things are forgotten; then old
        ones again."""
        pick, out = self.random.choice, []
        for _ in range(self.random.randint(1, 3)):
            old = pick(made)
            day = old["start_date"] + self.v.horizon + 730 + pick([-1, 0, 1, 2, 400])
            if day > HIGH:
                continue
            sent = day * DAY_MS + 1000
            start = pick([day - 5, day - 5, old["start_date"] + 1, old["start_date"]])
            out.append({
                **old, "declaration_id": pick([self.name(), self.name(),
                                               old["declaration_id"]]), "kind": "DEBIT", "credits_id": None,
                "submitted_at": sent, "start_date": start, "end_date": max(start, min(start + 10, HIGH))})
            if self.random.random() < 0.5:
                out.append({**pick(made), "declaration_id": self.name(), "kind": "DEBIT", "credits_id": None})
            if self.random.random() < 0.5:
                out.append({**pick(made), "submitted_at": sent})
        return out

    # --- as lines of a file ---

    def merged(self):
        """One order of the log: the persons' own orders kept, interleaved."""
        queues = [list(q) for q in self.records if q]
        by_time = self.random.random() < 0.5
        out = []
        while queues:
            queue = min(queues, key=lambda q: q[0]["submitted_at"]) if by_time else self.random.choice(queues)
            out.append(queue.pop(0))
            queues = [q for q in queues if q]
        return out

    def written(self, record):
        r, fields = self.random, {}
        for name in FIELDS:
            value = record[name]
            if name in ("birth_date", "start_date", "end_date"):
                value = day_text(value)
            elif name == "submitted_at":
                value = ms_text(value)
            absent = {"diagnosis_system": "NONE", "laterality": "NONE", "quantity": 1}.get(name)
            optional = name in ("credits_id", "referrer", "specialism", "diagnosis", "subtype", "trajectory",
                                "diagnosis_system", "laterality", "quantity", "serial")
            if optional and value == absent and r.random() < 0.5:
                continue
            fields[name] = value
        return fields

    def lines(self, bad=0.05):
        r, out = self.random, []
        for record in self.merged():
            fields = self.written(record)
            while r.random() < bad:
                out.append(self.bad(dict(fields)))
            if r.random() < 0.03:
                fields["note"] = r.choice(["x", None, 1.5, [1, {"a": None}], "é"])
            if r.random() < 0.05:
                items = list(fields.items())
                r.shuffle(items)
                fields = dict(items)
            out.append(dumped(fields, r.random() < 0.05))
            if r.random() < 0.01:
                out.append(b"")
        return out

    def bad(self, fields):
        """A line that is mostly a dead letter."""
        r, pick = self.random, self.random.choice
        kind = r.random()
        if kind < 0.12:
            raw = dumped(fields, False)
            return pick([
                raw[:r.randint(0,
                               len(raw) - 1)], b"[" + raw + b"]", raw + raw, b"null", b"{}", b"\xff" + raw,
                raw[:-1] + b',"insured":"p1"}', raw[:-1] + b',"x":1,"x":2}', raw[:-1] + b',"x":01}',
                raw[:-1] + b',}', b" ",
                raw.replace(b'"amount":', b'"amount":NaN,"a2":')])
        if kind < 0.2:
            fields["insured"] = pick([
                "123456782", "900000752", "123456789", "000000012", "12345678", "1234567820"])
            if r.random() < 0.3:
                fields["kind"] = "?"
            return dumped(fields, False)
        if kind < 0.3:
            fields[pick(["declaration_id", "credits_id", "note", "trajectory",
                         "care_code"])] = pick(["900000752", "x900000752y", "1900000752", "000000000"])
            fields["amount"] = -1
            return dumped(fields, False)
        for _ in range(pick([1, 1, 1, 2, 3])):
            name = pick(FIELDS)
            fields[name] = pick(self.wrong(name))
            if r.random() < 0.1:
                del fields[name]
        return dumped(fields, False)

    def wrong(self, name):
        text = [
            "", "x" * 65, "a\tb", "a\x7fb", "a\x85b", "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9", 5, True,
            ["x"], {}, None, "a~b", "a/b", "a b"]
        number = [
            -1, 0, 10 ** 12, 10 ** 12 + 1, 100000, 99999, 9999, 10000, 2 ** 63, 2 ** 64, 10 ** 25, 1.5, 1e2,
            "1", None, True, []]
        a_date = [
            "2026-02-29", "2024-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "1989-12-31", "1990-01-01",
            "2099-12-31", "2100-01-01", "1849-12-31", "1850-01-01", "26-01-01", "2026-1-1",
            "2026-01-01T00:00:00.000Z", " 2026-01-01", "", 20000, None, "20260101", "+026-01-01"]
        stamp = [
            "1999-12-31T23:59:59.999Z", "2000-01-01T00:00:00.000Z", "2100-01-01T00:00:00.000Z",
            "2026-01-01T24:00:00.000Z", "2026-01-01T23:60:00.000Z", "2026-01-01T23:59:60.000Z",
            "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000+00:00", "2026-01-01 00:00:00.000Z",
            "2026-02-30T00:00:00.000Z", "2026-01-01", 1700000000000, None, "2026-01-01T00:00:00.0000Z"]
        code = [
            "0601010", "060101011", "0601010A", "", "\u0660\u0661\u0662\u0663", "030", "03031", " 303", 303,
            None, "0303", "06010101"]
        symbol = ["RELEASE", "debit", "", "BOTH ", "UNKNOWN", 0, None, "CREDIT", "DBC", "RIGHT", "ADD_ON"]
        return {
            "insurer": number, "quantity": number, "amount": number,
            "serial": number + [999999, 1000000], "birth_date": a_date,
            "start_date": a_date, "end_date": a_date, "submitted_at": stamp, "provider": code,
            "referrer": code, "specialism": code, "kind": symbol, "diagnosis_system": symbol,
            "care_type": symbol, "laterality": symbol}.get(name, text)


def dumped(fields, spaced):
    text = json.dumps(fields, ensure_ascii=False) if spaced else json.dumps(fields, ensure_ascii=False,
                                                                            separators=(",", ":"))
    return text.encode("utf-8")


def history(raw_book, seed, persons=4, lines=12, reference=None, bad=0.05):
    """-> [bytes], the lines of one file"""
    return History(raw_book, seed, persons, lines, reference).lines(bad)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--book", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--persons", type=int, default=4)
    parser.add_argument("--lines", type=int, default=12)
    parser.add_argument("--bad", type=float, default=0.05)
    options = parser.parse_args()
    for line in history(plain_yaml.load(options.book), options.seed, options.persons, options.lines, None,
                        options.bad):
        sys.stdout.buffer.write(line + b"\n")


if __name__ == "__main__":
    main()
