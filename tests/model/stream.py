"""Records one after another (semantics, sections 2, 9, 11, 12): after each record the whole person is
computed from scratch by model.py, and what differs from what was sent last is sent. replay() gives the lines
of the four files of `bundelwacht replay`, all but `message`."""
import base64

from declaration import day_text
from model import (Verdict, decision_record, evaluate, forgotten, identity, meet, own_day_is_past,
                   repeat_key, utf8)
from validate import check, holds_bsn, parse_json, readable_insured

DECISION_FIELDS = [
    "insured", "declaration_id", "submitted_at", "kind", "insurer", "provider", "care_type", "care_code",
    "start_date", "amount", "status", "reason", "payable", "covered", "withheld", "refused", "reversed",
    "shares", "outside", "evidence", "cause", "revision", "as_of", "book"]
EPISODE_FIELDS = [
    "insured", "insurer", "episode", "bundle", "side", "state", "opened_on", "opens_window", "closes_on",
    "ended_by", "provider", "contract", "contract_version", "contractor", "stratum", "budget", "charged",
    "result", "cost", "covered", "price", "projected", "opening_declaration", "known_on", "lines", "measures",
    "settlement_revision", "settlement_delta", "after_final", "cause", "revision", "as_of", "book"]
ALERT_FIELDS = [
    "insured", "insurer", "type", "subject", "action", "severity", "bundle", "episode", "provider",
    "contract", "contractor", "declaration_id", "observed", "limit", "unit", "prevented", "evidence",
    "message", "cause", "revision", "as_of", "book"]
DEAD_LETTER_FIELDS = ["key", "source", "partition", "offset", "reason", "message", "value"]
NEVER_CLEARED = "settlement_changed"
# Section 10: an alert of the set is sent again when one of these differs from what was sent last.
SENT_AGAIN = ["severity", "bundle", "episode", "provider", "contract", "contractor", "limit", "prevented",
              "evidence"]


def murmur2(data):
    """As the Java client of Kafka counts, made positive."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = 0x9747B28C ^ len(data)
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = h * m & mask ^ k
    if len(data) > whole:
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return (h ^ h >> 15) & 0x7FFFFFFF


def clock_day(book, line):
    """The day that a record brings as_of to; one that is out of horizon by itself counts as 1970-01-01."""
    return 0 if line.start_date < line.submitted_day - book.horizon_days else line.submitted_day


class Sent:
    """What was sent last under one key: content is the state's part of it."""

    def __init__(self):
        self.content = None
        self.revision = 0
        self.record = None
        self.raised = False                        # alerts
        self.was_other = False                     # decisions: ever anything but FEE_FOR_SERVICE
        self.settlement_revision = 0               # episodes
        self.settlement_value = None
        self.voided = 0                            # when: counts what was published of the person
        # closes_on + run_out_days + true_up_days of the last that was not VOID
        self.final_day = None


class Person:
    def __init__(self):
        self.log = []
        self.decisions, self.episodes, self.alerts = {}, {}, {}
        self.published = 0


def moved_from(person, first):
    """Evidence of a first settlement after the final date: the key of the VOID episode that it is probably
    about, or None."""
    own = next(sent.content
               for sent in person.episodes.values()
               if (sent.content["insurer"], sent.content["episode"]) == (first["insurer"], first["episode"]))
    void = [
        sent for sent in person.episodes.values()
        if sent.content["state"] == "VOID" and sent.content["insurer"] == own["insurer"] and
        sent.content["bundle"] == own["bundle"] and meet(sent.content["side"], own["side"]) and
        sent.content["opened_on"] <= own["closes_on"] and own["opened_on"] <= sent.content["closes_on"]]
    last = min(void, key=lambda sent: (-sent.voided, utf8(sent.content["episode"])), default=None)
    return last and last.content["episode"]


class Partition:
    def __init__(self, book, reference, only_bundles=False):
        self.book, self.reference, self.only_bundles = book, reference, only_bundles
        self.as_of = None
        self.persons = {}
        self.out = {"decisions": [], "episodes": [], "alerts": []}

    # --- what comes in ---

    def feed(self, line):
        """A valid record."""
        day = clock_day(self.book, line)
        if self.as_of is None or day > self.as_of:
            self.tick(day)
        person = self.persons.get(line.insured)
        original = next(
            (x for x in person.log if x.declaration_id == line.declaration_id), None) if person else None
        if original is None and own_day_is_past(self.book, line, self.as_of):
            key = f"{line.insured}/{repeat_key(line)}"
            content = decision_record(Verdict(line, "OUT_OF_HORIZON"))
            self.write("decisions", key, DECISION_FIELDS, content, line.declaration_id, 1)
        elif original is None or original != line:
            person = self.persons.setdefault(line.insured, Person())
            person.log.append(line)
            self.publish(line.insured, line.declaration_id)
        self.forget()

    def advance(self, as_of):
        """The end of a replay: only the clock."""
        if self.as_of is not None and as_of > self.as_of:
            self.tick(as_of)
            self.forget()

    def tick(self, as_of):
        self.as_of = as_of
        for insured in sorted(self.persons, key=utf8):
            self.publish(insured, "clock")

    def forget(self):
        for insured, person in list(self.persons.items()):
            originals, _ = identity(person.log)
            gone, rest_is_gone = forgotten(self.book, originals, self.as_of)
            if len(gone) == len(originals):
                del self.persons[insured]
            elif gone:
                person.log = [x for x in person.log if x.declaration_id not in gone]
                person.decisions = {
                    k: v for k, v in person.decisions.items() if v.content["declaration_id"] not in gone}
                person.alerts = {
                    k: v for k, v in person.alerts.items() if v.record["declaration_id"] not in gone}
                if rest_is_gone:
                    person.episodes = {}
                    person.alerts = {k: v for k, v in person.alerts.items() if v.record["declaration_id"]}

    # --- what goes out ---

    def write(self, kind, key, names, content, cause, revision):
        record = {
            **content, "cause": cause, "revision": revision, "as_of": day_text(self.as_of),
            "book": self.book.name}
        self.out[kind].append({"key": key, **{name: record[name] for name in names if name != "message"}})

    def publish(self, insured, cause):
        person = self.persons[insured]
        state = evaluate(self.book, self.reference, person.log, self.as_of)
        for key in sorted(state.decisions, key=utf8):
            self.publish_decision(person, key, state.decisions[key], cause)
        alerts = dict(state.alerts)
        definitions = {f"{insured}/{insurer}/{e.key}": e for insurer, e in state.found}
        person.published += 1
        changes = [
            self.publish_episode(person, key, state.episodes.get(key), definitions.get(key), cause)
            for key in sorted(set(state.episodes) | set(person.episodes), key=utf8)]
        for changed in filter(None, changes):
            if changed.pop("first"):
                changed["evidence"] = moved_from(person, changed)
            alerts[
                f"{changed['insured']}/{changed['insurer']}/{changed['type']}/{changed['subject']}"] = changed
        for key in sorted(set(alerts) | set(person.alerts), key=utf8):
            self.publish_alert(person, key, alerts.get(key), cause)

    def publish_decision(self, person, key, content, cause):
        sent = person.decisions.setdefault(key, Sent())
        if content == sent.content:
            return
        sent.content = content
        if content["status"] != "FEE_FOR_SERVICE":
            sent.was_other = True
        if self.only_bundles and not sent.was_other:
            return
        sent.revision += 1
        self.write("decisions", key, DECISION_FIELDS, content, cause, sent.revision)

    def publish_episode(self, person, key, content, episode, cause):
        """Sends the episode if it differs; the alert `settlement_changed` if it is a settlement marked
        after_final."""
        sent = person.episodes.setdefault(key, Sent())
        if content is None:
            content = {
                **sent.content, "state": "VOID", "cost": 0, "covered": 0, "price": 0, "lines": 0,
                "budget": None, "charged": None, "result": None, "projected": None, "measures": []}
        else:
            sent.final_day = (
                episode.closes_on + episode.definition.run_out_days + episode.definition.true_up_days
            )
        if content == sent.content:
            return None
        sent.content = content
        sent.revision += 1
        delta, after_final, first = None, False, False
        void = content["state"] == "VOID"
        sent.voided = person.published if void else 0
        if content["state"] == "SETTLED" or (void and sent.settlement_revision > 0):
            value = 0 if void else content["result"] if content["contract"] is not None else content["cost"]
            if sent.settlement_revision > 0:
                delta = value - sent.settlement_value
                after_final = self.as_of >= sent.final_day
            elif sent.revision == 1 and self.as_of >= sent.final_day:
                delta, after_final, first = value, True, True
            sent.settlement_revision += 1
            sent.settlement_value = value
        settlement = {
            "settlement_revision": sent.settlement_revision, "settlement_delta": delta,
            "after_final": after_final}
        self.write("episodes", key, EPISODE_FIELDS, {**content, **settlement}, cause, sent.revision)
        if not after_final or delta == 0:
            return None
        return {
            "insured": content["insured"], "insurer": content["insurer"], "type": NEVER_CLEARED,
            "subject": f"{content['episode']}/{sent.settlement_revision}", "action": "RAISED",
            "severity": "WARNING", "bundle": content["bundle"], "episode": content["episode"],
            "provider": content["provider"], "contract": content["contract"],
            "contractor": content["contractor"], "declaration_id": None, "observed": delta, "limit": None,
            "unit": "CENTS", "prevented": None, "evidence": None, "first": first}

    def publish_alert(self, person, key, content, cause):
        sent = person.alerts.setdefault(key, Sent())
        if content is not None and (
            not sent.raised or any(content[name] != sent.record[name] for name in SENT_AGAIN)
        ):
            sent.raised, sent.record = True, content
        elif content is None and sent.raised and sent.record["type"] != NEVER_CLEARED:
            sent.raised, sent.record = False, {**sent.record, "action": "CLEARED"}
        else:
            return
        sent.revision += 1
        self.write("alerts", key, ALERT_FIELDS, sent.record, cause, sent.revision)


# --- section 12 ---------------------------------------------------------------------------------------------

def dead_letter(raw, source, partition, offset, reason, key=None):
    shows_bsn = reason == "raw_bsn" or (key is not None and holds_bsn(utf8(key))) or holds_bsn(raw)
    return {
        "key": None if shows_bsn else key, "source": source, "partition": partition, "offset": offset,
        "reason": reason, "value": None if shows_bsn else base64.b64encode(raw).decode()}


def lines_of(data):
    """The lines without their ends; empty ones are not there."""
    return [line for line in (raw[:-1] if raw.endswith(b"\r") else raw for raw in data.split(b"\n")) if line]


class AsOfIsEarlier(Exception):
    pass


def replay(inputs, book, reference, partitions=16, as_of=None, only_bundles=False):
    """inputs: [(name as given, bytes)]; as_of: a day, "log", or None for the latest of all. -> {file:
    [record]}"""
    folds = [Partition(book, reference, only_bundles) for _ in range(partitions)]
    offsets = [0] * partitions
    dead = [[] for _ in range(partitions)]
    for source, data in inputs:
        for raw in lines_of(data):
            obj = parse_json(raw)
            insured = readable_insured(obj)
            p = murmur2(utf8(insured)) % partitions if insured is not None else 0
            line, reason = check(obj)
            if line is None:
                dead[p].append(dead_letter(raw, source, p, offsets[p], reason))
            else:
                folds[p].feed(line)
            offsets[p] += 1
    latest = max((f.as_of for f in folds if f.as_of is not None), default=None)
    if isinstance(as_of, int) and latest is not None and as_of < latest:
        raise AsOfIsEarlier()
    if as_of != "log" and latest is not None:
        for fold in folds:
            fold.advance(latest if as_of is None else as_of)
    out = {
        kind: [record
               for fold in folds
               for record in fold.out[kind]]
        for kind in ("decisions", "episodes", "alerts")}
    out["dead-letters"] = [record for letters in dead for record in letters]
    return out


if __name__ == "__main__":
    signed = lambda text: murmur2(text.encode())
    for text, java in {"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
                       "a-little-bit-longer-string": -1486304829, "abc": 479470107}.items():
        assert signed(text) == java & 0x7FFFFFFF, text
    print("murmur2 agrees with Kafka's own vectors")
