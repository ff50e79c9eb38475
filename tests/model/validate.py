"""Section 1: is a record a declaration, and if not, for which reason (the first that holds)."""
import json
import re

from declaration import CARE_TYPES, DAY_MS, Declaration, FIELDS

BAD = object()                     # a field that cannot be read as its type
OPTIONAL = {
    "credits_id": None, "referrer": None, "specialism": None, "diagnosis": None, "subtype": None,
    "trajectory": None, "diagnosis_system": "NONE", "laterality": "NONE", "quantity": 1, "serial": None}
NULLABLE = {"credits_id", "referrer", "specialism", "diagnosis", "subtype", "trajectory", "serial"}
DATES = {"birth_date", "start_date", "end_date"}
NUMBERS = {"insurer", "quantity", "amount", "serial"}
SYMBOLS = {
    "kind": ["DEBIT", "CREDIT", "RELEASE"],
    "diagnosis_system": ["NONE", "DBC", "DCSPH", "ICD9", "ICD10", "ICPC"],
    "care_type": CARE_TYPES, "laterality": ["NONE", "LEFT", "RIGHT", "BOTH"]}


def is_bsn(text):
    """A citizen service number: nine digits, not 000 in front, and the eleven test."""
    if not re.fullmatch(r"[0-9]{9}", text) or text.startswith("000"):
        return False
    digits = [int(c) for c in text]
    return (sum(weight * digit
                for weight, digit in zip((9, 8, 7, 6, 5, 4, 3, 2), digits)) - digits[8]) % 11 == 0


def holds_bsn(raw):
    """A run of exactly nine digits anywhere in the bytes."""
    return any(is_bsn(m.group(1).decode()) for m in re.finditer(rb"(?<![0-9])([0-9]{9})(?![0-9])", raw))


class _Bad(Exception):
    pass


def _pairs(pairs):
    result = {}
    for key, value in pairs:
        if key in result:
            raise _Bad("a field twice")
        result[key] = value
    return result


def _constant(_):
    raise _Bad("not a JSON number")


def _whole(text):
    return int(text) if len(text) < 30 else (-1 if text[0] == "-" else 1) * 10 ** 30


def parse_json(raw):
    """The one JSON object of a line, or None."""
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_pairs, parse_constant=_constant,
                           parse_int=_whole)
    except (ValueError, _Bad, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _utf8(text):
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return None


def readable_insured(obj):
    """The person for the choice of the partition: a string of 1..64 bytes of UTF-8, else None."""
    value = obj.get("insured") if obj is not None else None
    if not isinstance(value, str):
        return None
    raw = _utf8(value)
    return value if raw is not None and 1 <= len(raw) <= 64 else None


def _days_from_civil(y, m, d):
    y -= m <= 2
    era = y // 400
    yoe = y - era * 400
    doy = (153 * (m + (-3 if m > 2 else 9)) + 2) // 5 + d - 1
    return era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468


def read_date(text):
    match = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", text) if isinstance(text, str) else None
    if not match:
        return BAD
    y, m, d = map(int, match.groups())
    if not 1 <= m <= 12:
        return BAD
    leap = y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)
    last = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m - 1]
    return _days_from_civil(y, m, d) if 1 <= d <= last else BAD


def read_timestamp(text):
    match = re.fullmatch(r"([0-9-]{10})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{3})Z", text) if isinstance(
        text, str) else None
    if not match:
        return BAD
    day = read_date(match.group(1))
    h, m, s, ms = (int(g) for g in match.groups()[1:])
    if day is BAD or h > 23 or m > 59 or s > 59:
        return BAD
    return ((day * 24 + h) * 60 + m) * 60_000 + s * 1000 + ms


def _read(name, obj):
    """The value of a field as its type, or BAD. Absent is null or the default where the table allows it."""
    if name not in obj:
        return OPTIONAL.get(name, BAD)
    value = obj[name]
    if value is None:
        return None if name in NULLABLE else BAD
    if name in NUMBERS:
        return value if isinstance(value, int) and not isinstance(value, bool) else BAD
    if name in DATES:
        return read_date(value)
    if name == "submitted_at":
        return read_timestamp(value)
    if not isinstance(value, str) or _utf8(value) is None:
        return BAD
    if name in SYMBOLS:
        return value if value in SYMBOLS[name] else BAD
    return value


def _text(value, low, high, forbidden=""):
    return (low <= len(_utf8(value)) <= high and
            not any(ord(c) < 0x20 or 0x7F <= ord(c) <= 0x9F for c in value) and
            not any(c in forbidden for c in value))


def _digits(value, count):
    return re.fullmatch(r"[0-9]{%d}" % count, value) is not None


LOW_BIRTH = _days_from_civil(1850, 1, 1)
LOW_CARE, HIGH_CARE = _days_from_civil(1990, 1, 1), _days_from_civil(2099, 12, 31)
LOW_SENT, HIGH_SENT = _days_from_civil(2000, 1, 1) * DAY_MS, (_days_from_civil(2099, 12, 31) + 1) * DAY_MS - 1


def _in_bounds(name, v):
    """v: all fields as read. The field itself is readable; a bound that needs an unreadable field is
    skipped."""
    value = v[name]
    if name == "declaration_id":
        return _text(value, 1, 64, "~")
    if name == "credits_id":
        if v["kind"] is not BAD and (value is None) != (v["kind"] == "DEBIT"):
            return False
        return value is None or _text(value, 1, 64, "~")
    if name == "insurer":
        return 1 <= value <= 9999
    if name == "insured":
        return re.fullmatch(r"[\x21-\x2e\x30-\x7e]{1,64}", value) is not None
    if name == "birth_date":
        return LOW_BIRTH <= value and (v["end_date"] is BAD or value <= v["end_date"])
    if name == "provider":
        return _digits(value, 8)
    if name == "referrer":
        return value is None or _digits(value, 8)
    if name == "specialism":
        return value is None or _digits(value, 4)
    if name == "diagnosis":
        if v["diagnosis_system"] is not BAD and (value is None) != (v["diagnosis_system"] == "NONE"):
            return False
        return value is None or _text(value, 1, 12)
    if name == "care_code":
        return _text(value, 1, 12)
    if name == "subtype":
        return value is None or _text(value, 1, 6)
    if name == "trajectory":
        return value is None or _text(value, 1, 32)
    if name == "start_date":
        return LOW_CARE <= value <= HIGH_CARE
    if name == "end_date":
        return LOW_CARE <= value <= HIGH_CARE and (v["start_date"] is BAD or v["start_date"] <= value)
    if name == "quantity":
        return 1 <= value <= 99999
    if name == "amount":
        return 0 <= value <= (0 if v["kind"] == "RELEASE" else 10 ** 12)
    if name == "submitted_at":
        return LOW_SENT <= value <= HIGH_SENT
    if name == "serial":
        return value is None or 1 <= value <= 999999
    # kind, diagnosis_system, care_type, laterality: a known symbol is in bounds
    return True


NO_KEYS = object()


def check(obj, key=NO_KEYS):
    """(declaration, None) or (None, reason) of a JSON object or None; key is the Kafka key or NO_KEYS of a
    file."""
    if obj is None:
        return None, "bad_json"
    insured = obj.get("insured")
    if (isinstance(key, str) and is_bsn(key)) or (isinstance(insured, str) and is_bsn(insured)):
        return None, "raw_bsn"
    values = {name: _read(name, obj) for name in FIELDS}
    for name in FIELDS:
        if values[name] is BAD or not _in_bounds(name, values):
            return None, "bad_" + name
    if key is not NO_KEYS and key != insured:
        return None, "key_mismatch"
    return Declaration(**values), None
