"""The rules (semantics, sections 2 to 11): from one person's declarations in the order of the log to the
state, from scratch and plainly.

evaluate(book, reference, log, as_of) -> State with decisions, episodes and alerts by key: all fields of
section 11 except cause, revision, as_of, book, message and the three of settlements, which belong to the path
(stream.py)."""
from dataclasses import dataclass, field

from declaration import CARE_TYPES, completed_years, day_text, ms_text

TRAJECTORY_TYPES = {"HOSPITAL_DBC", "HOSPITAL_OTHER", "ADD_ON", "ACTIVITY", "REHABILITATION"}


def utf8(text):
    return text.encode("utf-8")


def half_up(numerator, denominator):
    """Of numbers that are not negative."""
    return (2 * numerator + denominator) // (2 * denominator)


def care_order(line):
    return (line.start_date, line.end_date, CARE_TYPES.index(line.care_type), utf8(line.care_code),
            utf8(line.provider), utf8(line.declaration_id))


def log_order(line):
    return line.submitted_at, utf8(line.declaration_id)


# --- section 5 ----------------------------------------------------------------------------------------------

def text_accepts(pattern, value):
    if value is None:
        return False
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def field_accepts(name, pattern, line):
    if name == "amount_at_least":
        return line.amount >= pattern
    if name == "diagnosis":
        system, code = pattern.split(":", 1)
        return line.diagnosis_system == system and text_accepts(code, line.diagnosis)
    if name in ("care_type", "laterality"):
        return getattr(line, name) == pattern
    return text_accepts(pattern, getattr(line, name))


def accepts(criterion, line):
    return any(
        all(
            any(field_accepts(name, pattern, line)
                for pattern in patterns)
            for name, patterns in clause.items())
        for clause in criterion)


# --- section 2 ----------------------------------------------------------------------------------------------

def out_of_horizon(book, line):
    return line.start_date < line.submitted_day - book.horizon_days


def is_no_rule(book, line):
    """The condition of the reason `no_rule` of section 7: nothing in the book can ever concern this line."""
    by_trajectory = (
        book.any_scope_trajectory and line.trajectory is not None and line.care_type in TRAJECTORY_TYPES
    )
    return not any(accepts(c, line) for c in book.criteria.values()) and not by_trajectory


def own_day_is_past(book, line, as_of):
    return as_of > line.start_date + book.horizon_days + 730


def forgotten(book, originals, as_of):
    """(the ids of the originals that are forgotten at as_of, whether the rest of the person, and so its
    episodes, is among them)."""
    units = []                                     # originals of which one names another count as one
    for line in originals.values():
        names = lambda one, other: one.credits_id == other.declaration_id
        met = [unit for unit in units if any(names(line, x) or names(x, line) for x in unit)]
        units = [unit for unit in units if unit not in met] + [sum(met, [line])]
    past = [unit for unit in units if all(own_day_is_past(book, line, as_of) for line in unit)]
    no_rule = [unit for unit in units if all(is_no_rule(book, line) for line in unit)]
    rest = [unit for unit in units if unit not in no_rule]     # whatever no_rule lines the person has besides
    gone = [unit for unit in no_rule if unit in past]
    rest_is_gone = all(unit in past for unit in rest)
    if rest_is_gone:
        gone = gone + rest
    return {line.declaration_id for unit in gone for line in unit}, rest_is_gone


def identity(log):
    """(originals by id, [(line, original, status)]): the repeats and conflicts that are reported."""
    originals, others, seen = {}, [], set()
    for line in log:
        original = originals.setdefault(line.declaration_id, line)
        if line == original:                       # itself, or a redelivery
            continue
        key = (line.declaration_id, line.submitted_at)
        if key in seen:                            # of several with one submitted_at the first is reported
            continue
        seen.add(key)
        same = all(
            getattr(line, f) == getattr(original, f)
            for f in line.__dataclass_fields__
            if f not in ("submitted_at", "serial"))
        others.append((line, original, "REPEATED" if same else "CONFLICTING"))
    return originals, others


# --- the decision of one line -------------------------------------------------------------------------------

ACCOUNT = {
    "HELD": "withheld", "CONFLICTING": "withheld", "OUT_OF_HORIZON": "withheld", "PRICE_UNPLACED": "withheld",
    "CREDIT_PENDING": "withheld", "CREDIT_MISMATCH": "withheld", "REPEATED": "refused",
    "BUNDLE_PRICE_REPEATED": "refused", "CREDIT_EXCESS": "refused", "CREDITED": "reversed",
    "CREDIT_APPLIED": "reversed", "BUNDLE_PRICE": "payable", "FEE_FOR_SERVICE": "payable",
    "RELEASE_PENDING": "payable", "RELEASE_MISMATCH": "payable", "RELEASE_APPLIED": "payable",
    "RELEASE_EXCESS": "payable"}


@dataclass
class Verdict:
    line: object
    status: str
    evidence: str = None
    reason: str = None
    shares: list = field(default_factory=list)     # [(episode, cents inside)], by rank
    outside: int = 0
    # of a price line: the priced one, or the first that had a price already
    episode: object = None


def decision_record(verdict):
    line = verdict.line
    accounts = dict(payable=0, covered=0, withheld=0, refused=0, reversed=0)
    if verdict.status in ("BUNDLED", "SPLIT"):
        accounts["covered"] = sum(cents for episode, cents in verdict.shares if is_covered(episode, line))
        accounts["payable"] = line.amount - accounts["covered"]
    else:
        accounts[ACCOUNT[verdict.status]] = line.amount
    return {
        "insured": line.insured, "declaration_id": line.declaration_id, "submitted_at": ms_text(
            line.submitted_at), "kind": line.kind, "insurer": line.insurer, "provider": line.provider,
        "care_type": line.care_type, "care_code": line.care_code, "start_date": day_text(line.start_date),
        "amount": line.amount, "status": verdict.status, "reason": verdict.reason,
        **accounts, "shares": [{"episode": episode.key, "cents": cents} for episode, cents in verdict.shares],
        "outside": verdict.outside, "evidence": verdict.evidence}


def repeat_key(line):
    return f"{line.declaration_id}~{line.submitted_at}"


def contract_lists(episode, provider):
    """The contract of the episode, asked at its insurer and on its first day."""
    return episode.book.lists(episode.contract, provider, episode.opening.insurer, episode.opened_on)


def is_covered(episode, line):
    contract = episode.contract
    return contract is not None and contract.prospective and contract_lists(episode, line.provider)


# --- sections 3 and 4 ---------------------------------------------------------------------------------------

def credits(book, originals):
    """{id: Verdict} of the originals out of the horizon, of all credits, and of what is credited."""
    verdicts = {
        i: Verdict(line, "OUT_OF_HORIZON") for i, line in originals.items() if out_of_horizon(book, line)}
    waiting = [c for c in originals.values() if c.kind == "CREDIT" and c.declaration_id not in verdicts]
    for credit in sorted(waiting, key=log_order):
        debit = originals.get(credit.credits_id)
        if debit is None:
            verdicts[credit.declaration_id] = Verdict(credit, "CREDIT_PENDING")
        elif (debit.kind == "CREDIT" or out_of_horizon(book, debit) or debit.amount != credit.amount
              or not book.same_provider(debit.provider, credit.provider)
              or debit.insurer != credit.insurer):
            verdicts[credit.declaration_id] = Verdict(credit, "CREDIT_MISMATCH",
                                                      evidence=debit.declaration_id)
        elif debit.declaration_id not in verdicts:
            verdicts[credit.declaration_id] = Verdict(credit, "CREDIT_APPLIED", evidence=debit.declaration_id)
            verdicts[debit.declaration_id] = Verdict(debit, "CREDITED", evidence=credit.declaration_id)
        else:
            verdicts[credit.declaration_id] = Verdict(credit, "CREDIT_EXCESS", evidence=debit.declaration_id)
    return verdicts


def releases(book, originals, verdicts):
    """{id: Verdict} of the releases that have none yet."""
    found, released = {}, set()
    waiting = [r for r in originals.values() if r.kind == "RELEASE" and r.declaration_id not in verdicts]
    for release in sorted(waiting, key=log_order):
        debit = originals.get(release.credits_id)
        if debit is None:
            status = "RELEASE_PENDING"
        elif debit.kind != "DEBIT" or out_of_horizon(book, debit) or debit.insurer != release.insurer:
            status = "RELEASE_MISMATCH"
        elif debit.declaration_id in released:
            status = "RELEASE_EXCESS"
        else:
            status = "RELEASE_APPLIED"
            released.add(debit.declaration_id)
        found[release.declaration_id] = Verdict(release, status, evidence=debit and debit.declaration_id)
    return found


def share_days(rule, one, other):
    common = min(one.end_date, other.end_date) - max(one.start_date, other.start_date) + 1
    return common >= rule.overlap_days or (
        (one.start_date, one.end_date) == (other.start_date, other.end_date))


def overlap(rule, one, other):
    codes = rule.any_code or (one.care_type, one.care_code) == (other.care_type, other.care_code)
    return share_days(rule, one, other) and meet(SIDE[one.laterality], SIDE[other.laterality]) and codes


def parted_by_serials(book, rule, one, other):
    return (rule.serials and book.same_provider(one.provider, other.provider) and one.serial is not None
            and other.serial is not None and one.serial != other.serial)


def same_care(book, rule, one, other):
    if parted_by_serials(book, rule, one, other):
        return False
    if rule.within == "provider" and not book.same_provider(one.provider, other.provider):
        return False
    if rule.same is None:
        return (one.care_type, one.care_code, one.start_date, one.laterality) == (
            other.care_type, other.care_code, other.start_date, other.laterality)
    if rule.same == "trajectory" and one.trajectory is not None and other.trajectory is not None:
        return (one.care_type, one.trajectory) == (other.care_type, other.trajectory) and (
            book.same_provider(one.provider, other.provider) and share_days(rule, one, other))
    return overlap(rule, one, other)


def seen(book, line):
    """Section 4; what the book cannot see is not asked."""
    return not is_no_rule(book, line)


def end_before(entry, line, lines):
    """The line that ended the care of `line`, or None; lines: the seen active lines in care order."""
    first = None                                   # of the criterion since the last `resumes`
    for other in lines:
        if entry.of == "insurer" and other.insurer != line.insurer:
            continue
        if accepts(entry.criterion, other):
            if other.start_date < line.start_date and first is None:
                first = other
        elif accepts(entry.resumes, other) and other.start_date <= line.start_date:
            first = None
    return first


def after_ends(book, active):
    """[(line, the line that ended its care, entry)], in the order of the book for each line."""
    lines = sorted((line for line in active if seen(book, line)), key=care_order)
    return [
        (line, end, entry)
        for line in lines if not any(accepts(entry.criterion, line) for entry in book.ends_care)
        for entry in book.ends_care
        for end in [end_before(entry, line, lines)] if end is not None]


def surplus(book, active, released):
    """[(line, its evidence, rule)]"""
    not_surplus, result = {}, []                   # by the name of the rule
    for line in sorted(active, key=log_order):
        rule = next((r for r in book.duplicates if accepts(r.criterion, line)), None)
        if rule is None:
            continue
        earlier = not_surplus.setdefault(rule.name, [])
        same = [other for other in earlier if same_care(book, rule, line, other)]
        if len(same) >= rule.allow and line.declaration_id not in released:
            result.append((line, same[0], rule))
        else:
            earlier.append(line)
    return result


# --- section 6 ----------------------------------------------------------------------------------------------

SIDE = {"LEFT": "L", "RIGHT": "R", "BOTH": "B", "NONE": "U"}


def side_of(bundle, line):
    return "-" if bundle.sides == "none" else SIDE[line.laterality]


def meet(one, other):
    return one == other or one in "BU" or other in "BU"


def side_compatible(bundle, side, line):
    """Of a line with an episode or opener of that side."""
    return bundle.sides == "none" or line.laterality in (
        "NONE", "BOTH") or side in "BU" or SIDE[line.laterality] == side


def age_fits(ages, age):
    low, high = ages
    return (low is None or age >= low) and (high is None or age <= high)


def starts_within(line, day, ranged):
    return day + ranged.from_day <= line.start_date <= day + ranged.to_day


class Episode:
    def __init__(self, book, bundle, definition, side, opening, provider, contract):
        self.book = book
        self.bundle, self.definition, self.side, self.opening = bundle, definition, side, opening
        self.provider, self.contract = provider, contract
        self.opened_on = opening.start_date
        self.opens_window = self.closes_on = self.ended_by = None
        self.key = f"{bundle.id}/{side}/{day_text(self.opened_on)}"
        self.absorbed = []                         # lines that meet a and b, in care order
        self.members = []                          # [(line, cents inside)]: the lines with a share
        self.quantity = {}                         # of the lines with a share, by id: what counts of it here
        self.price_lines = []                      # the BUNDLE_PRICE of it, at most one
        self.covered = 0

    @property
    def cost(self):
        return sum(cents for _, cents in self.members)

    @property
    def rank(self):
        return self.opened_on, self.bundle.place, utf8(self.key)

    def compatible(self, line):
        return side_compatible(self.bundle, self.side, line)


def attributed_provider(bundle, definition, line, lines):
    """lines: the standing lines of the line's insurer, in care order."""
    if definition.attribute:
        side = side_of(bundle, line)
        for other in lines:
            if (side_compatible(bundle, side, other) and accepts(definition.attribute.criterion, other)
                    and starts_within(other, line.start_date, definition.attribute)):
                return other.provider
    return line.provider


def fitting_contract(book, bundle, insurer, provider, opened_on):
    fitting = [
        c for c in book.contracts
        if c.bundle == bundle.id and (c.insurers is None or insurer in c.insurers) and
        c.from_ <= opened_on <= c.until and book.lists(c, provider, insurer, opened_on)]
    assert len(fitting) <= 1, "the book is refused"
    return fitting[0] if fitting else None


def is_fresh(book, bundle, definition, o, lines_of_insurer):
    """h"""
    if definition.quiet_days is None:
        return True
    side = side_of(bundle, o)
    for insurer, lines in lines_of_insurer.items():
        for line in lines:
            if line is o or care_order(line) >= care_order(o):
                continue
            if not (side_compatible(bundle, side, line) and accepts(definition.opens, line)):
                continue
            if line.end_date < o.start_date - definition.quiet_days:
                continue
            provider = attributed_provider(bundle, definition, line, lines)
            if not definition.shadow and fitting_contract(book, bundle, o.insurer, provider,
                                                          o.start_date) is None:
                continue
            if (book.same_provider(line.provider, o.provider) and line.trajectory is not None
                    and o.trajectory is not None and line.trajectory != o.trajectory):
                continue
            return False
    return True


def is_excluded(definition, o, lines):
    """g"""
    for entry in definition.excludes:
        low, high = entry.from_day, entry.to_day
        if entry.truncate:
            if not low <= 0 <= high:
                continue
            low = high = 0
        if any(
                accepts(entry.criterion, line) and o.start_date + low <= line.start_date <= o.start_date +
                high for line in lines):
            return True
    return False


def find_episodes(book, insurer, lines_of_insurer):
    """All episodes of one insurer; lines_of_insurer: insurer -> standing lines of the person in care
    order."""
    lines = lines_of_insurer[insurer]
    found = {}
    for bundle in book.bundles_suppressors_first():
        suppressing = [e for s in book.suppressors[bundle.id] for e in found[s]]
        found[bundle.id] = walk(book, bundle, insurer, lines, lines_of_insurer, suppressing)
    return [e for bundle in book.bundles for e in found[bundle.id]]


def walk(book, bundle, insurer, lines, lines_of_insurer, suppressing):
    episodes, excluded = [], []                    # excluded: (opener, definition)
    for o in lines:
        # a
        definition = next((d for d in bundle.definitions if d.from_ <= o.start_date <= d.until), None)
        if definition is None or not accepts(definition.opens, o):
            continue
        # b
        if not age_fits(definition.ages, completed_years(o.birth_date, o.start_date)):
            continue
        # c
        side = side_of(bundle, o)
        absorbing = [
            e for e in episodes
            if meet(e.side, side) and e.opened_on <= o.start_date <= e.closes_on + e.definition.clean_days]
        for e in absorbing:
            e.absorbed.append(o)
        if absorbing or any(
                meet(side_of(bundle, x), side) and 0 <= o.start_date - x.start_date <= d.after_days +
                d.clean_days for x, d in excluded):
            continue
        # d
        if any(e.opened_on <= o.start_date <= e.closes_on for e in suppressing):
            continue
        # h
        if not is_fresh(book, bundle, definition, o, lines_of_insurer):
            continue
        # e
        confirm = definition.confirm
        if confirm and not any(line is not o and accepts(confirm.criterion, line) and side_compatible(
                bundle, side, line) and starts_within(line, o.start_date, confirm) for line in lines):
            continue
        # f
        provider = attributed_provider(bundle, definition, o, lines)
        contract = fitting_contract(book, bundle, insurer, provider, o.start_date)
        if contract is None and not definition.shadow:
            continue
        # g
        if is_excluded(definition, o, lines):
            excluded.append((o, definition))
            continue
        episode = Episode(book, bundle, definition, side, o, provider, contract)
        set_window(book, episode, lines, episodes, suppressing)
        episodes.append(episode)
    return episodes


def set_window(book, episode, lines, earlier, suppressing):
    definition, d0 = episode.definition, episode.opened_on
    # 1 start
    opens = d0 - definition.look_back_days
    for e in earlier:
        if meet(e.side, episode.side):
            opens = max(opens, e.closes_on + 1)
    # 2 end
    closes, ended_by = d0 + definition.after_days, None
    # 3 extend
    extend = definition.extend
    if extend:
        for line in lines:
            if accepts(extend.criterion,
                       line) and episode.compatible(line) and d0 <= line.start_date <= closes:
                closes = max(closes, min(line.start_date + extend.after_days, d0 + extend.max_days))
    # 4 end
    ends = []
    for place, entry in enumerate(definition.ends):
        first = next((line for line in lines if accepts(entry.criterion, line) and episode.compatible(line)
                      and d0 <= line.start_date <= closes), None)
        if first is not None:
            ends.append((first.start_date + entry.after_days, place, entry.name))
    if ends and min(ends)[0] < closes:
        closes, _, ended_by = min(ends)
    # 5 truncate
    for entry in definition.excludes:
        if entry.truncate:
            first = next((line for line in lines if accepts(entry.criterion, line) and
                          d0 < line.start_date <= closes and starts_within(line, d0, entry)), None)
            if first is not None:
                closes, ended_by = first.start_date - 1, entry.name
    # 6 suppression
    later = [e for e in suppressing if d0 < e.opened_on <= closes]
    if later:
        first = min(later, key=lambda e: (e.opened_on, e.bundle.place))
        closes, ended_by = first.opened_on - 1, first.bundle.id
    episode.opens_window, episode.closes_on, episode.ended_by = opens, closes, ended_by


def lines_of_unknown_side(episode):
    """The absorbed lines that raise `side_unknown` for this episode."""
    opening = episode.opening
    first = next((line for line in [opening] + episode.absorbed if line.care_type != "OTHER"), None)
    result = []
    for line in episode.absorbed:
        side = side_of(episode.bundle, line)
        if side != episode.side and "U" in (side, episode.side):
            if opening.care_type != "OTHER":
                result.append(line)
        elif side == "U" and episode.side == "U" and first is not None:
            same = episode.book.same_provider(line.provider, first.provider) and (
                line.specialism, line.diagnosis_system, line.diagnosis) == (
                    first.specialism, first.diagnosis_system, first.diagnosis)
            if (
                same
                and line.trajectory is not None
                and first.trajectory is not None
                and line.trajectory != first.trajectory
            ):
                result.append(line)
    return result


# --- section 7 ----------------------------------------------------------------------------------------------

def price_contracts(book, line):
    return [
        c for c in book.contracts if c.price_criterion is not None and accepts(c.price_criterion, line) and
        book.names_same_provider(c, line.provider)]


def place_price(book, line, episodes):
    """episodes by rank"""
    contracts = price_contracts(book, line)
    fitting = [
        e for e in episodes
        if e.contract in contracts and contract_lists(e, line.provider) and e.compatible(line) and
        e.opened_on <= line.start_date <= e.closes_on]
    free = next((e for e in fitting if not e.price_lines), None)
    if free is not None:
        free.price_lines.append(line)
        return Verdict(line, "BUNDLE_PRICE", episode=free)
    if fitting:
        return Verdict(line, "BUNDLE_PRICE_REPEATED", evidence=fitting[0].price_lines[0].declaration_id,
                       episode=fitting[0])
    return Verdict(line, "PRICE_UNPLACED")


def in_scope(episode, line):
    d, opening = episode.definition, episode.opening
    by_trajectory = (d.scope_trajectory and line.care_type in TRAJECTORY_TYPES and line.trajectory is not None
                     and episode.book.same_provider(line.provider, opening.provider)
                     and line.trajectory == opening.trajectory)
    if not (accepts(d.scope_include, line) or by_trajectory):
        return False
    return d.scope_exclude is None or not accepts(d.scope_exclude, line)


def loses_prefer(book, e, other):
    cell = book.cell(e.bundle.id, other.bundle.id)
    return isinstance(cell, dict) and cell["prefer"] == other.bundle.id


def loses_first(book, e, other):
    return book.cell(e.bundle.id, other.bundle.id) == "first" and other.rank < e.rank


def compete(book, candidates):
    """candidates by rank; those that share the line"""
    left = [e for e in candidates if not any(loses_prefer(book, e, o) for o in candidates if o is not e)]
    return [e for e in left if not any(loses_first(book, e, o) for o in left if o is not e)]


def divide(amount, episodes):
    """Whole cents by weight: floor first, then one each by largest remainder, ties by rank."""
    total = sum(e.definition.weight for e in episodes)
    shares = [amount * e.definition.weight // total for e in episodes]
    remainders = [amount * e.definition.weight % total for e in episodes]
    by_remainder = sorted(range(len(episodes)), key=lambda i: (-remainders[i], i))
    for i in by_remainder[:amount - sum(shares)]:
        shares[i] += 1
    return shares


def meets_period(episode, line):
    return episode.opens_window <= line.end_date and line.start_date <= episode.closes_on


def in_time(episode, line):
    return episode.opens_window <= line.start_date <= episode.closes_on or (
        line.care_type in episode.definition.prorate and meets_period(episode, line))


def slices(line, candidates):
    """[(days, its candidates)] in the order of days; the days without one last, as one."""
    runs, outside = [], 0
    for day in range(line.start_date, line.end_date + 1):
        here = [e for e in candidates if e.opens_window <= day <= e.closes_on]
        if not here:
            outside += 1
            runs.append((0, []))
        elif runs and runs[-1][1] == here:
            runs[-1] = (runs[-1][0] + 1, here)
        else:
            runs.append((1, here))
    return [run for run in runs if run[1]] + ([(outside, [])] if outside else [])


def by_largest_remainder(amount, weights):
    """Whole cents by weight: floor first, then one each by largest remainder, ties to the earlier."""
    parts = [amount * weight // sum(weights) for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % sum(weights)), i))
    for i in order[:amount - sum(parts)]:
        parts[i] += 1
    return parts


def allocate(book, line, episodes):
    """The verdict of a standing line that is no price line; episodes by rank."""
    timely = [e for e in episodes if in_time(e, line)]
    compatible = [e for e in timely if e.compatible(line)]
    candidates = [e for e in compatible if in_scope(e, line)]
    if not candidates:
        reason = ("no_rule" if is_no_rule(book, line) else
                  "no_episode" if not timely else "other_side" if not compatible else "out_of_scope")
        return Verdict(line, "FEE_FOR_SERVICE", reason=reason)
    all_days = line.end_date - line.start_date + 1
    parts = [(all_days, candidates)]
    if any(line.care_type in e.definition.prorate for e in candidates):
        candidates = [
            e for e in episodes if meets_period(e, line) and e.compatible(line) and in_scope(e, line)]
        parts = slices(line, candidates)
    cents_of, days_of = {}, {}
    for (days, bidders), amount in zip(parts, by_largest_remainder(line.amount, [days for days, _ in parts])):
        sharing = compete(book, bidders)
        for e, cents in zip(sharing, divide(amount, sharing) if sharing else []):
            cents_of[e.key] = cents_of.get(e.key, 0) + cents
            days_of[e.key] = days_of.get(e.key, 0) + days
    shares = [(e, cents_of[e.key]) for e in candidates if e.key in cents_of]
    outside = line.amount - sum(cents for _, cents in shares)
    for e, cents in shares:
        e.members.append((line, cents))
        e.quantity[line.declaration_id] = half_up(line.quantity * days_of[e.key], all_days)
        if is_covered(e, line):
            e.covered += cents
    return Verdict(line, "BUNDLED" if len(shares) == 1 and outside == 0 else "SPLIT", shares=shares,
                   outside=outside)


# --- section 8 ----------------------------------------------------------------------------------------------

def budget_of(episode, lines):
    """(stratum label, budget); None without a contract"""
    contract, d0 = episode.contract, episode.opened_on
    if contract is None:
        return None, None
    age = completed_years(episode.opening.birth_date, d0)
    stratum = next(s for s in contract.strata if age_fits(s.ages, age))
    add = permille = 0
    for factor in contract.factors:
        back = episode.definition.look_back_days if factor.look_back_days is None else factor.look_back_days
        if any(accepts(factor.criterion, line) and d0 - back <= line.start_date <= d0 for line in lines):
            add, permille = add + factor.add, permille + factor.permille
    return stratum.label, stratum.amount + add + half_up(stratum.amount * permille, 1000)


def stop_loss_limit(episode):
    rule = episode.contract.stop_loss if episode.contract else None
    if rule is None:
        return None
    return rule.amount if rule.amount is not None else half_up(episode.budget * rule.permille, 1000)


def charged_of(episode):
    limit = stop_loss_limit(episode)
    if limit is None:
        return episode.cost
    excess = max(0, episode.cost - limit)
    return episode.cost - half_up(excess * episode.contract.stop_loss.insurer_permille, 1000)


# --- sections 9 to 11 ---------------------------------------------------------------------------------------

def state_of(episode, as_of):
    if as_of <= episode.closes_on:
        return "OPEN"
    return "RUN_OUT" if as_of <= episode.closes_on + episode.definition.run_out_days else "SETTLED"


def completion(declared, day):
    """Per mille declared by that day; declared: [(day, per mille)] in order of days."""
    if day <= 0:
        return 0
    d0, p0 = 0, 0
    for d1, p1 in declared:
        if day <= d1:
            return p0 + (p1 - p0) * (day - d0) // (d1 - d0)
        d0, p0 = d1, p1
    return 1000


def projected_of(episode, as_of):
    if episode.contract is None or episode.reference is None:
        return None
    if state_of(episode, as_of) == "SETTLED":
        return episode.cost
    c = completion(episode.reference.declared, 7 * ((as_of - episode.opened_on) // 7))
    return episode.cost + half_up(episode.reference.mean * (1000 - c), 1000)


def base_day(episode, after, lines):
    """Of an outcome or measure; None when `after` is given and no line is found."""
    if after is None:
        return episode.opened_on
    return next((line.start_date for line in lines if accepts(after, line) and episode.compatible(line)
                 and episode.opened_on <= line.start_date <= episode.closes_on), None)


def measure_value(episode, measure, lines):
    if measure.take == "quantity":
        return sum(episode.quantity[line.declaration_id] for line, _ in episode.members
                   if accepts(measure.criterion, line))
    if measure.take == "lines":
        return sum(1 for line, _ in episode.members if accepts(measure.criterion, line))
    base = base_day(episode, measure.after, lines)
    if base is None:
        return None
    starts = [
        line.start_date for line in lines if accepts(measure.criterion, line) and episode.compatible(line) and
        base <= line.start_date <= episode.closes_on]
    return min(starts) - base if starts else None


def episode_record(insured, insurer, episode, as_of):
    contract = episode.contract
    charged = charged_of(episode) if contract else None
    return {
        "insured": insured, "insurer": insurer,
        "episode": episode.key, "bundle": episode.bundle.id, "side": episode.side, "state": state_of(
            episode, as_of), "opened_on": day_text(episode.opened_on), "opens_window": day_text(
                episode.opens_window), "closes_on": day_text(episode.closes_on), "ended_by": episode.ended_by,
        "provider": episode.provider, "contract": contract.id if contract else None,
        "contract_version": contract.version if contract else None,
        "contractor": contract.contractor if contract else None, "stratum": episode.stratum,
        "budget": episode.budget, "charged": charged,
        "result": episode.budget - charged if contract else None, "cost": episode.cost,
        "covered": episode.covered, "price": sum(
            line.amount for line in episode.price_lines), "projected": projected_of(
                episode, as_of), "opening_declaration": episode.opening.declaration_id, "known_on": day_text(
                    episode.opening.submitted_day), "lines": len(episode.members), "measures": [
                        {"name": m.name, "value": v} for m, v in episode.measures]}


@dataclass
class State:
    decisions: dict
    episodes: dict
    alerts: dict
    found: list                                    # [(insurer, Episode)], for checks
    verdicts: list


class Alerts:
    def __init__(self, insured):
        self.insured, self.records = insured, {}

    def add(self, type_, insurer, subject, severity, observed, limit, unit, line=None, episode=None,
            bearer=None, prevented=None, evidence=None):
        """line: the declaration in the subject; episode: of the subject or what the table gives; bearer:
        whose provider, else the line's."""
        contract = episode.contract if episode else None
        provider = line.provider if line is not None else bearer.provider
        self.records[f"{self.insured}/{insurer}/{type_}/{subject}"] = {
            "insured": self.insured, "insurer": insurer, "type": type_, "subject": subject,
            "action": "RAISED", "severity": severity, "bundle": episode.bundle.id if episode else None,
            "episode": episode.key if episode else None, "provider": provider,
            "contract": contract.id if contract else None,
            "contractor": contract.contractor if contract else None,
            "declaration_id": line.declaration_id if line is not None else None, "observed": observed,
            "limit": limit, "unit": unit, "prevented": prevented, "evidence": evidence}


def episode_alerts(alerts, insurer, e, lines, as_of):
    d, c, ref, state = e.definition, e.contract, e.reference, state_of(e, as_of)
    add = lambda type_, subject, severity, observed, limit, unit, line=None: alerts.add(
        type_, insurer, subject, severity, observed, limit, unit, line=line, episode=e, bearer=e)
    if c is not None:
        reached = [t for t in c.thresholds if e.cost * 1000 >= e.budget * t.permille]
        if reached:
            top = max(reached, key=lambda t: t.permille)
            add("budget_threshold", f"{e.key}/{top.permille}", top.severity, e.cost,
                half_up(e.budget * top.permille, 1000), "CENTS")
        limit = stop_loss_limit(e)
        if limit is not None and e.cost > limit:
            add("stop_loss", e.key, "CRITICAL", e.cost, limit, "CENTS")
        if state != "SETTLED" and ref is not None and e.cost <= e.budget:
            projected = projected_of(e, as_of)
            if projected * 1000 > e.budget * (1000 + c.projection_margin):
                add("projected_overrun", e.key, "WARNING", projected,
                    half_up(e.budget * (1000 + c.projection_margin), 1000), "CENTS")
        if ref is not None:
            if e.cost > ref.p99:
                add("episode_outlier", f"{e.key}/high", "WARNING", e.cost, ref.p99, "CENTS")
            if state == "SETTLED" and e.ended_by is None and e.cost < ref.p05:
                add("episode_outlier", f"{e.key}/low", "INFO", e.cost, ref.p05, "CENTS")
        elif c.outlier_permille is not None and e.cost * 1000 > e.budget * c.outlier_permille:
            add("episode_outlier", f"{e.key}/high", "WARNING", e.cost,
                half_up(e.budget * c.outlier_permille, 1000), "CENTS")
        if (c.price_criterion is not None and c.price_by_days is not None and not e.price_lines
                and as_of > e.opened_on + c.price_by_days):
            add("price_missing", e.key, "WARNING", None, c.price_by_days, "DAYS")
    for outcome in d.outcomes:
        base = base_day(e, outcome.after, lines)
        for line in lines if base is not None else []:
            if (line is not e.opening and e.compatible(line) and accepts(outcome.criterion, line)
                    and starts_within(line, base, outcome)):
                add("outcome", f"{e.key}/{outcome.name}/{line.declaration_id}", "INFO",
                    line.start_date - base, None, "DAYS", line)
    for expected in d.expects:
        last = e.opened_on + expected.by_day
        if (as_of > last + expected.wait_days and e.closes_on >= last and not any(
                accepts(expected.criterion, line) and e.opened_on <= line.start_date <= last
                for line in lines)):
            add("missing_care", f"{e.key}/{expected.name}", "WARNING", None, expected.by_day, "DAYS")
    for measure, value in e.measures:
        if measure.at_most is not None and value is not None and value > measure.at_most:
            add("measure", f"{e.key}/{measure.name}", "WARNING", value, measure.at_most,
                "DAYS" if measure.take == "first_day" else "COUNT")
    products = [line for line, _ in e.members if line.care_type == "HOSPITAL_DBC"]
    specialisms = {line.specialism for line in products} - {None}
    hospitals = {e.book.last_successor(line.provider) for line in products}
    if d.max_specialisms is not None and len(specialisms) > d.max_specialisms:
        add("fragmentation", e.key, "INFO", len(specialisms), d.max_specialisms, "COUNT")
    if d.max_hospitals is not None and len(hospitals) > d.max_hospitals:
        add("second_hospital", e.key, "INFO", len(hospitals), d.max_hospitals, "COUNT")
    if d.stepped:
        tried = [
            line.start_date for line in lines if e.compatible(line) and accepts(d.stepped.conservative, line)]
        invasive = [
            line.start_date for line in lines if e.compatible(line) and accepts(d.stepped.invasive, line) and
            e.opens_window <= line.start_date <= e.closes_on]
        if any(not any(1 <= day - t <= d.stepped.days for t in tried) for day in invasive):
            add("stepped_care", e.key, "INFO", None, d.stepped.days, "DAYS")
    for line in lines_of_unknown_side(e):
        add("side_unknown", f"{e.key}/{line.declaration_id}", "INFO", None, None, "COUNT", line)


def line_alerts(alerts, book, reference, verdict, as_of):
    line, status = verdict.line, verdict.status
    subject = line.declaration_id
    cents = dict(observed=line.amount, limit=None, unit="CENTS", line=line)
    prevented = line.amount if line.kind == "DEBIT" else 0
    if status == "REPEATED":
        alerts.add("double_payment", line.insurer, f"{repeat_key(line)}/repeated", "INFO", **cents,
                   prevented=prevented, evidence=verdict.evidence)
    if status == "CONFLICTING":
        alerts.add("double_payment", line.insurer, f"{repeat_key(line)}/conflicting", "WARNING", **cents,
                   prevented=0, evidence=verdict.evidence)
    if status == "CREDIT_EXCESS":
        alerts.add("double_payment", line.insurer, f"{subject}/credit_excess", "WARNING", **cents,
                   prevented=0, evidence=verdict.evidence)
    if status == "BUNDLE_PRICE_REPEATED":
        alerts.add("double_payment", line.insurer, f"{subject}/price_repeated", "CRITICAL", **cents,
                   episode=verdict.episode, prevented=prevented, evidence=verdict.evidence)
    loose = [
        (e, share) for e, share in verdict.shares if share > 0 and is_covered(e, line) and e.contract.refused]
    if loose:
        paid = [(e, share) for e, share in loose if e.price_lines]
        alerts.add("double_payment", line.insurer, f"{subject}/covered", "WARNING", **cents,
                   episode=loose[0][0], prevented=sum(share for _, share in paid),
                   evidence=paid[0][0].price_lines[0].declaration_id if paid else None)
    if status in ("BUNDLED", "SPLIT"):
        p999 = reference.p999.get((line.care_type, line.care_code))
        if p999 is not None and line.amount > p999:
            alerts.add("line_outlier", line.insurer, subject, "INFO", line.amount, p999, "CENTS", line=line)
    if status == "BUNDLE_PRICE" and line.amount != verdict.episode.budget:
        alerts.add("price_differs", line.insurer, subject, "WARNING", line.amount, verdict.episode.budget,
                   "CENTS", line=line, episode=verdict.episode)
    if (book.waiting_days is not None and status in (
            "HELD", "CREDIT_PENDING", "PRICE_UNPLACED", "RELEASE_PENDING", "RELEASE_MISMATCH")
            and as_of > line.submitted_day + book.waiting_days):
        alerts.add("waiting", line.insurer, subject, "WARNING", **cents)


def why_not(book, original, status, credit):
    """The why of `credit_mismatch`; status: of the original."""
    if original.kind == "CREDIT":
        return "no_debit"
    if status == "OUT_OF_HORIZON":
        return "out_of_horizon"
    if status == "CREDITED":
        return "taken_back"
    if not book.same_provider(original.provider, credit.provider):
        return "provider"
    return "insurer" if original.insurer != credit.insurer else "amount"


def probably_meant(book, credit, standing):
    """The line that a credit of something that has been taken back may be about, or None."""
    said = lambda line: (line.insurer, line.care_code, line.start_date, line.end_date)
    if is_no_rule(book, credit):
        return None
    lines = [
        line for line in standing if said(line) == said(credit) and not is_no_rule(book, line) and
        book.same_provider(line.provider, credit.provider)]
    return min(lines, key=lambda line: (line.amount != credit.amount, *log_order(line)), default=None)


def credit_alerts(alerts, book, verdict, originals, verdicts, standing):
    credit = verdict.line
    if verdict.status not in ("CREDIT_MISMATCH", "CREDIT_APPLIED"):
        return
    original = originals[credit.credits_id]
    if verdict.status == "CREDIT_MISMATCH":
        status = verdicts[original.declaration_id].status
        why, other = why_not(book, original, status, credit), None
        if why == "taken_back":
            other = probably_meant(book, credit, standing)
        alerts.add("credit_mismatch", credit.insurer, f"{credit.declaration_id}/{why}", "WARNING",
                   credit.amount, original.amount, "CENTS", line=credit,
                   evidence=(other or original).declaration_id)
    elif (credit.care_code, credit.start_date) != (original.care_code, original.start_date):
        alerts.add("credit_differs", credit.insurer, credit.declaration_id, "INFO", credit.amount, None,
                   "CENTS", line=credit, evidence=original.declaration_id)


def birth_date_alerts(alerts, book, active):
    seen = sorted((line for line in active if not is_no_rule(book, line)), key=log_order)
    dates = {line.birth_date for line in seen[:1]}
    for line in seen:
        if line.birth_date not in dates:
            dates.add(line.birth_date)
            alerts.add("birth_date_differs", line.insurer, line.declaration_id, "WARNING", None, None,
                       "COUNT", line=line, evidence=seen[0].declaration_id)


def withdrawn_alerts(alerts, book, originals, verdicts, active, standing):
    for line in standing:
        if (line.care_type not in ("ADD_ON", "ACTIVITY") or line.amount == 0 or line.trajectory is None
                or is_no_rule(book, line)):
            continue
        products = [
            x for x in originals.values()
            if x.kind == "DEBIT" and x.care_type == "HOSPITAL_DBC" and x.insurer == line.insurer and
            x.trajectory == line.trajectory and book.same_provider(x.provider, line.provider) and
            not is_no_rule(book, x)]
        credited = [x for x in products if verdicts[x.declaration_id].status == "CREDITED"]
        if credited and not any(x in active for x in products):
            alerts.add("product_withdrawn", line.insurer, line.declaration_id, "WARNING", line.amount, None,
                       "CENTS", line=line, evidence=min(credited, key=log_order).declaration_id)


def evaluate(book, reference, log, as_of):
    if not log:
        return State({}, {}, {}, [], [])
    insured = log[0].insured
    originals, others = identity(log)
    verdicts = credits(book, originals)
    verdicts.update(releases(book, originals, verdicts))
    released = {v.line.credits_id for v in verdicts.values() if v.status == "RELEASE_APPLIED"}
    active = [line for i, line in originals.items() if i not in verdicts]
    ended = [(line, end, entry) for line, end, entry in after_ends(book, active)
             if line.declaration_id not in released]
    for line, end, entry in reversed(ended):       # the first entry with `hold` is the reason
        if entry.action == "hold":
            verdicts[line.declaration_id] = Verdict(line, "HELD", evidence=end.declaration_id,
                                                    reason="after_end")
    extra = surplus(book, [line for line in active if line.declaration_id not in verdicts], released)
    for line, first, rule in extra:
        if rule.action == "hold":
            verdicts[line.declaration_id] = Verdict(line, "HELD", reason="same_care",
                                                    evidence=first.declaration_id)

    standing = sorted((line for line in active if line.declaration_id not in verdicts), key=care_order)
    lines_of_insurer = {}
    for line in standing:
        lines_of_insurer.setdefault(line.insurer, []).append(line)

    found = []
    for insurer, lines in lines_of_insurer.items():
        episodes = sorted(find_episodes(book, insurer, lines_of_insurer), key=lambda e: e.rank)
        prices = [line for line in lines if price_contracts(book, line)]
        for line in sorted(prices, key=log_order):
            verdicts[line.declaration_id] = place_price(book, line, episodes)
        for line in lines:
            if line.declaration_id not in verdicts:
                verdicts[line.declaration_id] = allocate(book, line, episodes)
        for e in episodes:
            e.stratum, e.budget = budget_of(e, lines)
            e.reference = reference.strata.get((e.bundle.id, e.stratum)) if e.contract else None
            e.measures = [(m, measure_value(e, m, lines)) for m in e.definition.measures]
            found.append((insurer, e))

    decided = {f"{insured}/{i}": v for i, v in verdicts.items()}
    for line, original, status in others:
        decided[f"{insured}/{repeat_key(line)}"] = Verdict(line, status, evidence=original.declaration_id)

    alerts = Alerts(insured)
    for insurer, e in found:
        episode_alerts(alerts, insurer, e, lines_of_insurer[insurer], as_of)
    for verdict in decided.values():
        line_alerts(alerts, book, reference, verdict, as_of)
    for verdict in verdicts.values():
        credit_alerts(alerts, book, verdict, originals, verdicts, standing)
    birth_date_alerts(alerts, book, active)
    withdrawn_alerts(alerts, book, originals, verdicts, active, standing)
    for line, end, entry in ended:
        alerts.add("after_end", line.insurer, f"{line.declaration_id}/{entry.name}", "WARNING", line.amount,
                   None, "CENTS", line=line, evidence=end.declaration_id)
    for line, first, rule in extra:
        alerts.add("double_payment", line.insurer, f"{line.declaration_id}/same_care", "WARNING", line.amount,
                   None, "CENTS", line=line, prevented=line.amount if rule.action == "hold" else 0,
                   evidence=first.declaration_id)

    return State(
        decisions={key: decision_record(v) for key, v in decided.items()}, episodes={
            f"{insured}/{insurer}/{e.key}": episode_record(insured, insurer, e, as_of)
            for insurer, e in found}, alerts=alerts.records, found=found, verdicts=list(verdicts.values()))
