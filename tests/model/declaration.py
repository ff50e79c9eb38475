"""A declaration (semantics, section 1) and its calendar. Dates are days since 1970-01-01, timestamps
milliseconds since then."""
from dataclasses import dataclass, field, fields
from datetime import date

EPOCH = date(1970, 1, 1).toordinal()
DAY_MS = 86_400_000

CARE_TYPES = [
    "HOSPITAL_DBC", "HOSPITAL_OTHER", "ADD_ON", "ACTIVITY", "REHABILITATION", "SHORT_STAY",
    "DISTRICT_NURSING", "PARAMEDICAL", "GENERAL_PRACTICE", "PHARMACY", "AIDS", "MENTAL", "DENTAL",
    "MATERNITY", "TRANSPORT", "OTHER"]


@dataclass(frozen=True)
class Declaration:
    declaration_id: str
    kind: str
    credits_id: str
    insurer: int
    insured: str
    birth_date: int
    provider: str
    referrer: str
    specialism: str
    diagnosis_system: str
    diagnosis: str
    care_type: str
    care_code: str
    subtype: str
    trajectory: str
    laterality: str
    start_date: int
    end_date: int
    quantity: int
    amount: int
    submitted_at: int
    serial: int = field(default=None, compare=False)            # section 2 does not compare it

    @property
    def submitted_day(self):
        return self.submitted_at // DAY_MS


FIELDS = [f.name for f in fields(Declaration)]


def day_text(day):
    return None if day is None else date.fromordinal(day + EPOCH).isoformat()


def day_of(text):
    """Of a date known to be good (a book, a command line)."""
    return date.fromisoformat(text).toordinal() - EPOCH


def ms_text(ms):
    day, rest = divmod(ms, DAY_MS)
    seconds, millis = divmod(rest, 1000)
    return f"{day_text(day)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{millis:03}Z"


def completed_years(born, on):
    """0 before birth. Who is born on 29 February has the birthday on 1 March in other years."""
    if on < born:
        return 0
    b, d = date.fromordinal(born + EPOCH), date.fromordinal(on + EPOCH)
    return d.year - b.year - ((d.month, d.day) < (b.month, b.day))
