"""The bundle book and the reference as plain objects (semantics, section 13), defaults filled in. No lint:
the book is taken to be good."""
import re
from types import SimpleNamespace

from declaration import day_of


def _list(value):
    return value if isinstance(value, list) else [value]


def _code(value):
    """A code counts as it is written, also where YAML 1.2 takes it for a number (0880)."""
    return getattr(value, "written", value)


def _codes(values):
    return values and [_code(value) for value in values]


def _day(text):
    """2026-03-12, or its midnight in UTC as programs write it."""
    return day_of(re.sub(r"(?<=^.{10})T00:00:00(\.0+)?Z$", "", text))


def _criterion(clauses):
    return [{field: _list(patterns) if field == "amount_at_least" else _codes(_list(patterns))
             for field, patterns in clause.items()} for clause in clauses]


def _ages(entry):
    return entry.get("min_age"), entry.get("max_age")


class Book:
    def __init__(self, raw):
        self.name = raw["book"]
        self.horizon_days = raw["horizon_days"]
        self.waiting_days = raw.get("waiting_days")
        self.criteria = {name: _criterion(clauses) for name, clauses in raw["criteria"].items()}
        self.bundles = [self._bundle(place, b) for place, b in enumerate(raw["bundles"])]
        self.bundle = {b.id: b for b in self.bundles}
        self.cells = {}
        self.suppressors = {b.id: [] for b in self.bundles}        # bundle -> the bundles that suppress it
        for cell in raw.get("overlaps") or []:
            self._cell(cell)
        self.contracts = [self._contract(c) for c in raw.get("contracts") or []]
        self.duplicates = [
            SimpleNamespace(name=d["name"], criterion=self.criteria[d["criterion"]], within=d["within"],
                            same=d.get("same"), any_code=d.get("codes") == "any",
                            overlap_days=d.get("overlap_days", 1),
                            serials=d.get("serials", False), allow=d["allow"], action=d["action"])
            for d in raw.get("duplicates") or []]
        self.ends_care = [
            SimpleNamespace(name=e["name"], criterion=self.criteria[e["criterion"]], of=e["of"],
                            resumes=self.criteria[e["resumes"]] if "resumes" in e else [],
                            action=e["action"])
            for e in raw.get("ends_care") or []]
        self.any_scope_trajectory = any(d.scope_trajectory for b in self.bundles for d in b.definitions)
        self.successor = {s["old"]: s["new"] for s in raw.get("successors") or []}

    def last_successor(self, provider):
        """Section 1: two codes are the same provider when this is equal."""
        while provider in self.successor:
            provider = self.successor[provider]
        return provider

    def same_provider(self, one, other):
        return self.last_successor(one) == self.last_successor(other)

    def lists(self, contract, provider, insurer, day):
        """Section 8: the contract lists the provider at that insurer on that day."""
        if contract.providers is None or provider in contract.providers:
            return True
        named = any(
            c.bundle == contract.bundle and (c.insurers is None or insurer in c.insurers)
            and c.from_ <= day <= c.until and provider in (c.providers or []) for c in self.contracts)
        return not named and self.names_same_provider(contract, provider)

    def names_same_provider(self, contract, provider):
        """Or it names none."""
        return contract.providers is None or any(
            self.same_provider(named, provider) for named in contract.providers)

    def _named(self, name):
        return None if name is None else self.criteria[name]

    def _bundle(self, place, raw):
        definitions = [self._definition(d) for d in raw["definitions"]]
        return SimpleNamespace(id=raw["id"], place=place, definitions=definitions, sides=definitions[0].sides)

    def _definition(self, raw):
        opens, closes, scope, signals = raw["opens"], raw["closes"], raw["scope"], raw.get("signals") or {}
        confirm, attribute, extend, stepped = opens.get("confirm"), opens.get("attribute"), closes.get(
            "extend"), signals.get("stepped")
        ranged = lambda e: e and SimpleNamespace(criterion=self.criteria[e["criterion"]], from_day=e[
            "from_day"], to_day=e["to_day"])
        return SimpleNamespace(
            from_=_day(raw["from"]), until=_day(raw["until"]), sides=raw.get("sides", "none"), ages=_ages(
                raw.get("patient") or {}), opens=self.criteria[opens["criterion"]], confirm=ranged(confirm),
            attribute=ranged(attribute), look_back_days=opens.get("look_back_days", 0),
            quiet_days=opens.get("quiet_days"), after_days=closes["after_days"], extend=extend and
            SimpleNamespace(criterion=self.criteria[extend["criterion"]], after_days=extend["after_days"],
                            max_days=extend["max_days"]), ends=[
                                SimpleNamespace(name=e["name"], criterion=self.criteria[e["criterion"]],
                                                after_days=e["after_days"])
                                for e in closes.get("end") or []], clean_days=raw.get("clean_days", 0),
            shadow=raw.get("uncontracted", "ignore") == "shadow", excludes=[
                SimpleNamespace(name=e["name"], criterion=self.criteria[e["criterion"]],
                                from_day=e["from_day"], to_day=e["to_day"],
                                truncate=e["effect"] == "truncate")
                for e in raw.get("excludes") or []], scope_include=self.criteria[scope["include"]],
            scope_exclude=self._named(scope.get("exclude")), prorate=_list(
                scope.get("prorate") or []), scope_trajectory=scope.get("trajectory", False), weight=raw.get(
                    "weight",
                    1), run_out_days=raw["run_out_days"], true_up_days=raw.get("true_up_days", 0), expects=[
                        SimpleNamespace(name=e["name"], criterion=self.criteria[e["criterion"]],
                                        by_day=e["by_day"], wait_days=e.get("wait_days", 0))
                        for e in raw.get("expects") or []],
            outcomes=[
                SimpleNamespace(name=o["name"], criterion=self.criteria[o["criterion"]],
                                after=self._named(o.get("after")), from_day=o["from_day"], to_day=o["to_day"])
                for o in raw.get("outcomes") or []], measures=[
                    SimpleNamespace(name=m["name"], criterion=self.criteria[m["criterion"]], take=m["take"],
                                    after=self._named(m.get("after")), at_most=m.get("at_most"))
                    for m in raw.get("measures") or []], max_specialisms=signals.get("max_specialisms"),
            max_hospitals=signals.get("max_hospitals"), stepped=stepped and
            SimpleNamespace(invasive=self.criteria[stepped["invasive"]],
                            conservative=self.criteria[stepped["conservative"]], days=stepped["days"]))

    def _cell(self, raw):
        one, other = raw["pair"]
        lines = raw.get("lines")
        if "suppress" in raw:
            suppressed = raw["suppress"]
            suppressor = other if suppressed == one else one
            self.suppressors[suppressed].append(suppressor)
            if lines is None:
                lines = {"prefer": suppressor}
        self.cells[frozenset((one, other))] = lines

    def cell(self, one, other):
        """`split`, `first` or {prefer: bundle}."""
        if one == other:
            return self.cells.get(frozenset((one,)), "split")
        return self.cells[frozenset((one, other))]

    def _contract(self, raw):
        budget = raw["budget"]
        stop_loss = raw.get("stop_loss")
        return SimpleNamespace(
            id=raw["id"], version=raw["version"], bundle=raw["bundle"], insurers=raw.get("insurers"),
            providers=_codes(raw.get("providers")), contractor=_code(raw.get("contractor")),
            from_=_day(raw["from"]), until=_day(raw["until"]), prospective=raw["payment"] == "prospective",
            refused=raw["payment"] == "prospective" and
            raw.get("loose", "registration") == "refused", price_criterion=self._named(
                raw.get("price_criterion")), price_by_days=raw.get("price_by_days"), strata=[
                    SimpleNamespace(label=s["label"], ages=_ages(s), amount=s["amount"])
                    for s in budget["strata"]], factors=[
                        SimpleNamespace(criterion=self.criteria[f["criterion"]], add=f.get("add", 0),
                                        permille=f.get("permille", 0), look_back_days=f.get("look_back_days"))
                        for f in budget.get("factors") or []], thresholds=[
                            SimpleNamespace(permille=t["permille"], severity=t["severity"].upper())
                            for t in raw.get("thresholds") or []], projection_margin=raw.get(
                                "projection_margin",
                                0), outlier_permille=raw.get("outlier_permille"), stop_loss=stop_loss and
            SimpleNamespace(permille=stop_loss.get("permille"), amount=stop_loss.get("amount"),
                            insurer_permille=stop_loss["insurer_permille"]))

    def bundles_suppressors_first(self):
        """A suppressor before what it suppresses, otherwise the order of the book."""
        done, order = set(), []
        while len(order) < len(self.bundles):
            bundle = next(b for b in self.bundles
                          if b.id not in done and all(s in done for s in self.suppressors[b.id]))
            done.add(bundle.id)
            order.append(bundle)
        return order


class Reference:
    def __init__(self, raw):
        raw = raw or {}
        self.strata = {}
        for e in raw.get("episodes") or []:
            if e["count"] >= 30:
                days = sorted((int(d), p) for d, p in e["declared_permille"].items())
                self.strata[(e["bundle"], e["stratum"])] = SimpleNamespace(mean=e["mean"], p05=e["p05"],
                                                                           p99=e["p99"], declared=days)
        self.p999 = {(e["care_type"], _code(e["care_code"])): e["p999"] for e in raw.get("lines") or []}
