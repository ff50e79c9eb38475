"""Seeded random books, good by section 13, small numbers and few codes, so that rules meet and ties happen.

    /usr/bin/python3 tests/model/random_books.py SEED > book.yaml"""
import random
import sys

import plain_yaml
from declaration import day_of, day_text

CODES = ["A1", "A2", "B1", "C1"]
PROVIDERS = ["06010101", "06010102", "06020201"]
INSURERS = [3311, 3312]
TYPES = ["HOSPITAL_DBC", "ACTIVITY", "PARAMEDICAL", "REHABILITATION", "OTHER", "SHORT_STAY"]


class Maker:
    def __init__(self, seed):
        self.r = random.Random(f"book {seed}")
        self.seed = seed
        self.some = lambda p: self.r.random() < p

    def pick(self, *values):
        return self.r.choice(values)

    def few(self, values, low=1):
        return self.r.sample(values, self.r.randint(low, min(len(values), low + 2)))

    def patterns(self, values):
        """One pattern may stand without its list."""
        chosen = self.few(values)
        return chosen[0] if len(chosen) == 1 and self.some(0.5) else chosen

    def clause(self):
        clause = {}
        if self.some(0.6):
            clause["care_type"] = self.patterns(TYPES)
        if self.some(0.5):
            clause["care_code"] = self.patterns(CODES + ["A*", "C*"])
        if self.some(0.2):
            clause["specialism"] = self.patterns(["0303", "0305", "03*"])
        if self.some(0.25):
            clause["diagnosis"] = self.patterns(["DBC:218", "DBC:21*", "DCSPH:6202", "ICD10:S72*"])
        if self.some(0.12):
            clause["subtype"] = self.patterns(["11", "21", "1*"])
        if self.some(0.08):
            clause["laterality"] = self.patterns(["NONE", "LEFT", "RIGHT", "BOTH"])
        if self.some(0.08):
            clause["provider"] = self.patterns(PROVIDERS + ["0601*"])
        if self.some(0.05):
            clause["referrer"] = self.patterns(["01010101", "0601*"])
        if self.some(0.08):
            clause["amount_at_least"] = self.pick(1, 100, 4001)
        return clause or {"care_type": "HOSPITAL_DBC"}

    def opener(self, n):
        clauses = [{
            "care_type": self.pick("HOSPITAL_DBC", "HOSPITAL_DBC", ["HOSPITAL_DBC", "OTHER"]),
            "care_code": f"D{n}*"}]
        if self.some(0.4):
            clauses.append({"care_type": "OTHER", "care_code": f"N{n}"})
        if self.some(0.15):
            clauses.append(self.clause())
        return clauses

    def book(self):
        r = self.r
        self.criteria = {f"c{i}": [self.clause() for _ in range(self.pick(1, 1, 2, 3))] for i in range(8)}
        self.criteria["wide"] = [{"care_type": TYPES}]
        self.criteria["price"] = [{"care_type": "OTHER", "care_code": self.pick("PRICE", "PR*")}]
        for fact in ("died", "ended", "began"):
            self.criteria[fact] = [{"care_type": "OTHER", "care_code": fact.upper()}]
        count = self.pick(1, 1, 2, 3, 4)
        for n in range(count):
            self.criteria[f"open{n}"] = self.opener(n)
        raw = {"book": f"random {self.seed}", "horizon_days": self.pick(300, 500, 1826, 1826)}
        if self.some(0.6):
            raw["waiting_days"] = self.pick(0, 30, 90)
        raw["criteria"] = self.criteria
        raw["bundles"] = [self.bundle(n) for n in range(count)]
        raw["overlaps"] = self.overlaps(raw["bundles"])
        raw["contracts"] = [c for b in raw["bundles"] for c in self.contracts(b)]
        if self.some(0.4):
            raw["successors"] = self.successors()
        if self.some(0.5):
            raw["ends_care"] = [self.ends_care(i) for i in range(self.pick(1, 1, 2))]
        if self.some(0.8):
            raw["duplicates"] = [self.duplicate(i) for i in range(self.pick(1, 2, 3))]
        for name in ("overlaps", "contracts"):
            if not raw[name] and self.some(0.5):
                del raw[name]
        return raw

    def ends_care(self, i):
        """Mostly of facts; sometimes of care, so that much is after an end and ends resume each other."""
        entry = {
            "name": f"end {i}", "criterion": self.pick("ended", "ended", "died", self.name()),
            "of": self.pick("person", "insurer", "insurer"), "action": self.pick("hold", "hold", "flag")}
        if self.some(0.6):
            entry["resumes"] = self.pick("began", "began", "ended", self.name())
        return entry

    def successors(self):
        """A merger, two into one, or one after another; also of codes that no contract names."""
        one, other, third = self.r.sample(PROVIDERS + ["06010109", "06099999"], 3)
        pairs = self.pick([(one, other)], [(one, other)], [(one, third), (other, third)],
                          [(one, other), (other, third)])
        return [{"old": old, "new": new} for old, new in pairs]

    def name(self):
        return f"c{self.r.randint(0, 7)}" if self.some(0.85) else "wide"

    def ranged(self, low, high):
        one, other = self.r.randint(low, high), self.r.randint(low, high)
        return {"from_day": min(one, other), "to_day": max(one, other)}

    def bundle(self, n):
        sides = self.pick("none", "separate", "separate")
        spans = [("2025-01-01", "2027-12-31")]
        if self.some(0.4):
            spans = [("2025-01-01", "2026-06-30"), (self.pick("2026-07-01", "2026-07-05"), "2027-12-31")]
        ages = self.pick({}, {"min_age": 65}, {"min_age": 18, "max_age": 70}, None)
        self.ages = ages or {}
        return {
            "id": f"b{n}", "name": f"Bundle {n}",
            "definitions": [self.definition(n, sides, ages, *span) for span in spans]}

    def definition(self, n, sides, ages, low, high):
        some, pick = self.some, self.pick
        d = {"from": low, "until": high}
        if sides != "none" or some(0.5):
            d["sides"] = sides
        if ages is not None:
            d["patient"] = ages
        opens = {"criterion": f"open{n}"}
        if some(0.8):
            opens["look_back_days"] = pick(0, 1, 3, 10)
        if some(0.12):
            opens["confirm"] = {"criterion": self.pick("wide", self.name()), **self.ranged(-10, 10)}
        if some(0.25):
            opens["attribute"] = {"criterion": self.name(), **self.ranged(-3, 20)}
        if some(0.25):
            opens["quiet_days"] = pick(0, 1, 10, 100)
        d["opens"] = opens
        closes = {"after_days": pick(0, 5, 10, 20, 90)}
        if some(0.3):
            closes["extend"] = {
                "criterion": self.name(), "after_days": pick(0, 5, 20, 30),
                "max_days": closes["after_days"] + pick(0, 1, 10, 30)}
        if some(0.4):
            closes["end"] = [{"name": f"end{i}", "criterion": self.name(), "after_days": pick(0, 0, 1, 5)}
                             for i in range(pick(1, 2, 3))]
        d["closes"] = closes
        if some(0.4):
            d["clean_days"] = pick(0, 1, 5, 30)
        if some(0.85):
            d["uncontracted"] = pick("shadow", "shadow", "ignore")
        if some(0.3):
            d["excludes"] = [{
                "name": f"ex{i}", "criterion": self.name(),
                **self.ranged(-10, 20), "effect": pick("void", "truncate", "truncate")}
                             for i in range(pick(1, 2))]
        d["scope"] = {"include": pick("wide", self.name())}
        if some(0.3):
            d["scope"]["exclude"] = self.name()
        if some(0.4):
            d["scope"]["prorate"] = self.few(TYPES)
        if some(0.4):
            d["scope"]["trajectory"] = pick(True, True, False)
        if some(0.4):
            d["weight"] = pick(1, 2, 3, 7)
        d["run_out_days"] = pick(0, 10, 30, 365)
        if some(0.8):
            d["true_up_days"] = pick(0, 1, 30, 180)
        if some(0.4):
            d["expects"] = [{
                "name": f"expect {i}", "criterion": self.name(), "by_day": pick(0, 1, 7, 20),
                **({"wait_days": 10} if some(0.5) else {})} for i in range(pick(1, 2))]
        if some(0.4):
            d["outcomes"] = [{
                "name": f"outcome {i}", "criterion": self.name(),
                **({"after": self.name()} if some(0.5) else {}), **self.ranged(-5, 40)}
                             for i in range(pick(1, 2))]
        if some(0.5):
            d["measures"] = [{
                "name": f"measure {i}", "criterion": self.name(),
                "take": pick("quantity", "lines", "first_day",
                             "first_day"), **({"after": self.name()} if some(0.4) else {}),
                **({"at_most": pick(0, 1, 5)} if some(0.6) else {})} for i in range(pick(1, 2, 3))]
        if some(0.5):
            signals = {}
            if some(0.6):
                signals["max_specialisms"] = pick(0, 1)
            if some(0.6):
                signals["max_hospitals"] = pick(0, 1)
            if some(0.6):
                signals["stepped"] = {
                    "invasive": self.name(), "conservative": self.name(), "days": pick(1, 5, 30)}
            d["signals"] = signals
        return d

    def overlaps(self, bundles):
        """Every pair has a cell; preference and suppression go by one order of the bundles, so there is no
        ring."""
        ids = [b["id"] for b in bundles]
        self.r.shuffle(ids)
        cells = [{"pair": [i, i], "lines": self.pick("first", "split")} for i in ids if self.some(0.4)]
        for n, winner in enumerate(ids):
            for loser in ids[n + 1:]:
                pair = [winner, loser]
                self.r.shuffle(pair)
                lines = self.pick("split", "split", "first", {"prefer": winner}, None, None)
                cell = {"pair": pair}
                if lines is not None:
                    cell["lines"] = lines
                if lines is None or self.some(0.2):
                    cell["suppress"] = loser
                cells.append(cell)
        self.r.shuffle(cells)
        return cells

    def contracts(self, bundle):
        """Contracts of one bundle that never fit one opening together: parted by insurer, by provider or by
        date."""
        parted = self.pick("none", "all", "all", "insurers", "providers", "dates")
        if parted == "none":
            return []
        parts = {
            "all": [{}], "insurers": [{"insurers": [i]} for i in INSURERS],
            "providers": [{"providers": PROVIDERS[:1]}, {"providers": PROVIDERS[1:2]}],
            "dates": [{"until": "2026-03-31"}, {"from": "2026-04-01"}]}[parted]
        return [self.contract(bundle, n, part) for n, part in enumerate(parts)]

    def contract(self, bundle, n, part):
        some, pick = self.some, self.pick
        c = {"id": f"{bundle['id']}-k{n}", "version": pick(1, 2, 7), "bundle": bundle["id"]}
        if "insurers" in part or some(0.2):
            c["insurers"] = part.get("insurers", INSURERS)
        if "providers" in part or some(0.3):
            c["providers"] = part.get("providers", PROVIDERS[:2])
        if some(0.5):
            c["contractor"] = pick(*PROVIDERS)
        c["from"], c["until"] = part.get("from", "2025-01-01"), part.get("until", "2027-12-31")
        c["payment"] = pick("prospective", "prospective", "retrospective")
        if c["payment"] == "prospective":
            if some(0.7):
                c["loose"] = pick("registration", "refused", "refused")
            if some(0.7):
                c["price_criterion"] = "price" if some(0.8) else self.name()
                if some(0.7):
                    c["price_by_days"] = pick(0, 10, 60)
        ages = [d.get("patient") or {} for d in bundle["definitions"]][0]
        strata = pick([{"label": "all", "amount": pick(0, 1, 8001, 10000, 12345)}],
                      [{"label": "young", "max_age": 66, "amount": 4001}, {
                          "label": "old", "min_age": 67, "amount": 10003}],
                      [{"label": "old", "min_age": ages.get("min_age", 0), "amount": pick(8001, 10000)}])
        c["budget"] = {"strata": strata}
        if some(0.5):
            c["budget"]["factors"] = [{
                "label": f"factor {i}", "criterion": self.name(),
                **pick({"add": 500}, {"permille": 83}, {"permille": 250, "add": 1}),
                **({"look_back_days": pick(0, 5, 100)} if some(0.5) else {})} for i in range(pick(1, 2, 3))]
        if some(0.8):
            c["thresholds"] = [{"permille": p, "severity": pick("info", "warning", "critical")}
                               for p in self.few([0, 333, 500, 800, 1000, 1500, 2001])]
        if some(0.7):
            c["projection_margin"] = pick(0, 100, 333)
        if some(0.7):
            c["outlier_permille"] = pick(500, 1000, 1333, 2500)
        if some(0.6):
            c["stop_loss"] = {
                **pick({"permille": pick(500, 1001, 1500)}, {
                           "amount": pick(0, 5000, 12000)}), "insurer_permille": pick(0, 333, 500, 801, 1000)}
        return c

    def duplicate(self, i):
        rule = {
            "name": f"rule {i}", "criterion": self.name(), "within": self.pick("person", "provider"),
            "allow": self.pick(1, 1, 2, 3), "action": self.pick("hold", "hold", "flag")}
        if self.some(0.4):
            rule["serials"] = self.pick(True, True, False)
        if self.some(0.6):
            rule["same"] = self.pick("trajectory", "overlap")
            if self.some(0.4):
                rule["codes"] = "any"
            if self.some(0.4):
                rule["overlap_days"] = self.pick(1, 2, 3, 30)
        return rule

    def reference(self, raw):
        """Sometimes none."""
        if self.some(0.3):
            return None
        entries = []
        for c in raw.get("contracts") or []:
            for s in c["budget"]["strata"]:
                if self.some(0.8) and (c["bundle"], s["label"]) not in [
                    (e["bundle"], e["stratum"]) for e in entries]:
                    days = sorted(self.r.sample([1, 7, 10, 14, 30, 60, 365], self.r.randint(1, 4)))
                    parts = sorted(self.r.randint(0, 1000) for _ in days)
                    p01, p05, p50, p95, p99 = sorted(
                        self.pick(100, 4000, 4001, 8000, 8001, 9999, 10000, 12345) for _ in range(5))
                    entries.append({
                        "bundle": c["bundle"], "stratum": s["label"], "count": self.pick(29, 30, 500, 500),
                        "mean": self.pick(0, 4001, 9999), "p01": p01, "p05": p05, "p50": p50, "p95": p95,
                        "p99": p99, "declared_permille": dict(zip(days, parts))})
        lines = [{"care_type": self.pick(*TYPES), "care_code": code, "p999": self.pick(0, 99, 4000)}
                 for code in CODES
                 if self.some(0.5)]
        return {"reference": f"random {self.seed}", "episodes": entries, "lines": lines}


def random_book(seed):
    """(book, reference or None)"""
    maker = Maker(seed)
    raw = maker.book()
    return raw, maker.reference(raw)


if __name__ == "__main__":
    plain_yaml.dump(random_book(int(sys.argv[1]))[0], "/dev/stdout")
