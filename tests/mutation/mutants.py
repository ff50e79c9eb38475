"""Small changes to C source: candidates of one file, and a seeded choice over all files by their size.

Every change stands on one line, so that line numbers stay what they are. What is no rule is left alone:
must() guards our own promises; taking and giving back memory (how much room a table has) is the sanitizers'
to see; notes for `explain` have tests of their own."""
import random
import re

TOKEN = re.compile(
    r"""(?P<blank>\s+)|(?P<word>[A-Za-z_]\w*)|(?P<number>\d\w*)|(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
                       |(?P<sign>->|\+\+|--|<<=?|>>=?|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)""", re.VERBOSE)
# Words in the head of a function without a rule: hints to the processor, the end of everything.
NO_RULE_BODY = re.compile(r"prefetch|_release$|every_alert")
NO_RULE = re.compile(
    r"\bmust\(|_Static_assert|_free\(|_release\(|arena_clear|arena_alloc|ARENA_ARRAY"
    r"|capacity|prefetch|explanation"
    r"|\bnote\(|^#|^\s*enum\b"
)
RELATIONS = {
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="]}
ARITHMETIC = {
    "+": "-", "-": "+", "*": "+", "/": "*", "%": "/", "+=": "-=", "-=": "+=", "++": "--", "--": "++",
    "<<": ">>", ">>": "<<"}
# f(a, b) is f(b, a)
SYMMETRIC = ("bytes_equal", "cents_add", "sides_meet", "day_min", "day_max", "two_trajectories",
             "cents_permille")
COUNTERPARTS = """start_date end_date | opened_on closes_on | opens_window opened_on |
    closes_on opens_window | min_age max_age | from until |
    from_day to_day | cost covered | budget cost | payable covered | withheld refused | refused reversed |
    provider referrer |
    care_code subtype | amount quantity | run_out_days true_up_days | clean_days after_days |
    look_back_days quiet_days |
    extend_after_days extend_max_days | by_day wait_days | add permille | confirm attribute | standing price |
    scope_include scope_exclude | charged budget | result charged | first_price opening |
    max_specialisms max_hospitals |
    stepped_invasive stepped_conservative | criterion after | hold within_provider |
    declaration_id credits_id |
    within_provider any_code | projected cost | standing outside | low high |
    submitted_at start_date | forget_due due |
    settlement_revision revision | lines_count episodes_count | before after | reason status |
    KIND_DEBIT KIND_CREDIT"""
FAMILIES = {
    "STATUS": (
        "FEE_FOR_SERVICE BUNDLED SPLIT BUNDLE_PRICE BUNDLE_PRICE_REPEATED PRICE_UNPLACED HELD REPEATED"
        " CONFLICTING OUT_OF_HORIZON CREDIT_PENDING CREDIT_MISMATCH CREDIT_APPLIED CREDIT_EXCESS CREDITED"
        " RELEASE_PENDING RELEASE_MISMATCH RELEASE_APPLIED RELEASE_EXCESS"
    ),
    "REASON": "NONE no_rule no_episode other_side out_of_scope same_care",
    "STATE": "OPEN RUN_OUT SETTLED VOID",
    "SEVERITY": "INFO WARNING CRITICAL",
    "UNIT": "CENTS DAYS COUNT",
    "OVERLAP": "SPLIT FIRST PREFER_THIS PREFER_OTHER",
    "IDENTITY": "NAMED ONLY KEPT",
    "TAKE": "QUANTITY LINES FIRST_DAY",
    "SAME": "CONTENT OVERLAP TRAJECTORY",
}


def counterparts():
    found = {}
    for pair in COUNTERPARTS.replace("\n", " ").split("|"):
        a, b = pair.split()
        found.setdefault(a, []).append(b)
        found.setdefault(b, []).append(a)
    for family, names in FAMILIES.items():
        names = [f"{family}_{name}" for name in names.split()]
        for a, b in zip(names, names[1:] + names[:1]):
            found.setdefault(a, []).append(b)
    return found


SIBLINGS = counterparts()


class Change:
    """text[start:end] of a file becomes `new`."""

    def __init__(self, path, text, kind, start, end, new):
        self.path, self.kind, self.start, self.end, self.new = path, kind, start, end, new
        self.line = text.count("\n", 0, start) + 1
        self.before = text.splitlines()[self.line - 1].strip()
        self.after = self.apply(text).splitlines()[self.line - 1].strip()

    def apply(self, text):
        return text[:self.start] + self.new + text[self.end:]

    def name(self):
        return f"{self.path}:{self.line}:{self.start}-{self.end}:{self.new}"


class Token:
    def __init__(self, kind, text, start):
        self.kind, self.text, self.start, self.end = kind, text, start, start + len(text)


def blanked(text):
    """The same without comments and preprocessor lines, every character in its place."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group())
    text = re.sub(r"/\*.*?\*/", blank, text, flags=re.DOTALL)
    return re.sub(r"^#(?:.*\\\n)*.*$", blank, text, flags=re.MULTILINE)


def tokens_of(text):
    return [
        Token(m.lastgroup, m.group(), m.start())
        for m in TOKEN.finditer(blanked(text))
        if m.lastgroup != "blank"]


def bodies(tokens):
    """(first, last, returns a bool) of each function's body, as places of its tokens."""
    depth = 0
    for i, token in enumerate(tokens):
        if token.text == "{":
            if depth == 0:
                opened, is_function = i, tokens[i - 1].text == ")"
            depth += 1
        elif token.text == "}":
            depth -= 1
            if depth == 0 and is_function:
                head = opened
                while head > 0 and tokens[head - 1].text not in (";", "}"):
                    head -= 1
                if any(NO_RULE_BODY.search(t.text) for t in tokens[head:opened]):
                    continue
                yield opened + 1, i, "bool" in [t.text for t in tokens[head:head + 3]]


def match_of(tokens, i):
    """The place of the bracket that closes the one at i."""
    depth = 0
    for j in range(i, len(tokens)):
        depth += tokens[j].text in ("(", "[", "{")
        depth -= tokens[j].text in (")", "]", "}")
        if depth == 0:
            return j
    raise ValueError("a bracket that is not closed")


def operand_end(tokens, i, stops):
    """The first place from i on whose token ends an operand."""
    depth = 0
    while True:
        text = tokens[i].text
        if depth == 0 and (text in stops or text in (")", "]", "}", ";", ",")):
            return i
        depth += text in ("(", "[", "{")
        depth -= text in (")", "]", "}")
        i += 1


def operand_start(tokens, i, stops):
    """The place after the last token before i that cannot belong to the operand that ends there."""
    depth = 0
    while True:
        text = tokens[i - 1].text
        if depth == 0 and (text in stops or text in ("(", "[", "{", ";", ",", "return")):
            return i
        depth += text in (")", "]", "}")
        depth -= text in ("(", "[", "{")
        i -= 1


def simple_arguments(tokens, i, end):
    """Places of the arguments of the call whose bracket is at i, when each is a name, a member or a number;
    else none."""
    arguments, first = [], i + 1
    for j in range(i + 1, end + 1):
        if tokens[j].text == "," or j == end:
            arguments.append((first, j - 1))
            first = j + 1
        elif not (tokens[j].kind in ("word", "number") or tokens[j].text in ("->", ".", "&")):
            return []
    return arguments


def body_candidates(tokens, first, last, returns_bool):
    """(kind, start, end, new) in one body."""
    found = []

    def put(kind, start, end, new):
        found.append((kind, start, end, new))

    def negate(i, j):
        put("condition negated", tokens[i].start, tokens[j - 1].end, None)

    head_end = 0
    for i in range(first, last):
        if tokens[i].text == "for":
            head_end = match_of(tokens, i + 1)
        in_head = i < head_end                     # a loop that never runs or never ends is no small change
        token, before, after = tokens[i], tokens[i - 1], tokens[i + 1]
        text, start, end = token.text, token.start, token.end
        is_binary = (before.kind in ("word", "number", "text") and
                     before.text not in ("return", "case")) or before.text in (")", "]")
        spaced = before.end < start and end < after.start
        if text in RELATIONS:
            for new in RELATIONS[text][:1 if in_head else 2]:
                put("comparison", start, end, new)
        elif text in ARITHMETIC and not (in_head and text in ("++", "--")) and (not text in "+-*/%" or
                                                                                (is_binary and spaced)):
            put("arithmetic", start, end, ARITHMETIC[text])
        elif text in ("&&", "||"):
            put("and, or", start, end, "||" if text == "&&" else "&&")
            stops = ("&&", "||", "?", ":", "=") if text == "&&" else ("||", "?", ":", "=")
            put("clause left out", start, tokens[operand_end(tokens, i + 1, stops) - 1].end, "")
            put("clause left out", tokens[operand_start(tokens, i, stops)].start, after.start, "")
        elif token.kind == "number":
            digits = re.fullmatch(r"(\d+)([uUlL]*)", text)
            if digits and before.text != "[":
                value, suffix = int(digits[1]), digits[2]
                put("constant", start, end, f"{value + 1}{suffix}")
                if value > 0:
                    put("constant", start, end, f"{value - 1}{suffix}")
        elif text in ("true", "false"):
            put("true, false", start, end, "false" if text == "true" else "true")
        elif text == "!":
            put("condition negated", start, end, "")
        elif text in ("if", "while") and after.text == "(":
            negate(i + 2, match_of(tokens, i + 1))
        elif text == "return" and returns_bool and after.text not in (";", "true", "false"):
            negate(i + 1, operand_end(tokens, i + 1, ()))
        elif text == "?":
            negate(operand_start(tokens, i, ("=", ":", "?")), i)
        if token.kind == "word" and text in SIBLINGS and not (before.text == "." and after.text == "="):
            for new in SIBLINGS[text]:
                put("another field", start, end, new)
        if token.kind == "word" and after.text == "(" and text not in ("if", "while", "for", "switch",
                                                                       "return", "sizeof", *SYMMETRIC):
            arguments = simple_arguments(tokens, i + 1, match_of(tokens, i + 1))
            for (a, b), (c, d) in zip(arguments, arguments[1:]):
                put("arguments swapped", tokens[a].start, tokens[d].end,
                    (tokens[c].start, tokens[d].end, tokens[a].start, tokens[b].end))
        if text == "." and before.text in ("{", ",") and tokens[i + 2].text == "=":
            stop = operand_end(tokens, i + 3, ())
            put("field left out", start,
                tokens[stop].end if tokens[stop].text == "," else tokens[stop - 1].end, "")
        if not in_head and before.text in (";", "{", "}", ")", "else", ":") and (token.kind == "word" or
                                                                                 text in ("++", "--", "*")):
            stop = operand_end(tokens, i, (",",)) if text not in ("{", "}", ";") else i
            words = [t.kind for t in tokens[i:i + 2]]
            declares = words == [
                "word", "word"
            ] or text in ("struct", "const", "static", "for", "if", "while", "switch", "case", "default",
                          "do", "else", "return", "union", "enum") or (after.text == "*")
            if stop > i and tokens[stop].text == ";" and (not declares or text in ("break", "continue")):
                put("statement left out", start, tokens[stop].end, ";")
            if text == "return" and after.text == ";":
                put("statement left out", start, after.end, ";")
    return found


def candidates(path, text):
    lines = text.splitlines()
    tokens, found = tokens_of(text), []
    for first, last, returns_bool in bodies(tokens):
        for kind, start, end, new in body_candidates(tokens, first, last, returns_bool):
            if new is None:
                new = f"!({text[start:end]})"
            elif isinstance(new, tuple):
                c, d, a, b = new
                new = text[c:d] + text[b:c] + text[a:b]
            place = text.count("\n", 0, start)
            if "\n" in text[start:end] or NO_RULE.search(lines[place]):
                continue
            change = Change(path, text, kind, start, end, new)
            if change.before != change.after:
                found.append(change)
    return found


def code_lines(text):
    return sum(1 for line in blanked(text).splitlines() if line.strip(" \t{};"))


def ordered(changes, seed, path):
    """All of a file in a seeded order that takes the kinds in turn."""
    r = random.Random(f"{seed} {path}")
    by_kind = {}
    for change in changes:
        by_kind.setdefault(change.kind, []).append(change)
    for some in by_kind.values():
        r.shuffle(some)
    result, kinds = [], sorted(by_kind)
    while any(by_kind.values()):
        r.shuffle(kinds)
        result += [by_kind[kind].pop() for kind in kinds if by_kind[kind]]
    return result


def quotas(sizes, count):
    """How many of each file, by its size, at least one."""
    total = sum(sizes.values())
    return {path: max(1, round(count * size / total)) for path, size in sizes.items()}


SAMPLE = """
/* a < b */
static bool is_late(const struct line *line, int32_t day)
{
    must(day > 0);
    if (line->start_date < day && day != 3)
        return before(line->end_date, day);
    count += 2;
    return line->is_open;
}
"""
SAMPLE_CHANGES = """comparison: if (line->start_date <= day && day != 3)
comparison: if (line->start_date >= day && day != 3)
comparison: if (line->start_date < day && day == 3)
and, or: if (line->start_date < day || day != 3)
clause left out: if (line->start_date < day )
clause left out: if (day != 3)
condition negated: if (!(line->start_date < day && day != 3))
constant: if (line->start_date < day && day != 4)
constant: if (line->start_date < day && day != 2)
another field: if (line->end_date < day && day != 3)
another field: if (line->submitted_at < day && day != 3)
another field: return before(line->start_date, day);
another field: return after(line->end_date, day);
arguments swapped: return before(day, line->end_date);
condition negated: return !(before(line->end_date, day));
arithmetic: count -= 2;
constant: count += 3;
constant: count += 1;
statement left out: ;
condition negated: return !(line->is_open);"""


def self_test():
    """How many changes of a sample are missing or too many."""
    wanted = sorted(SAMPLE_CHANGES.splitlines())
    found = sorted(f"{change.kind}: {change.after}" for change in candidates("sample.c", SAMPLE))
    for line in sorted(set(wanted) ^ set(found)):
        print(f"{'missing' if line in wanted else 'too many'}: {line}")
    return (wanted != found) + (quotas({"a": 300, "b": 100, "c": 1}, 40) != {"a": 30, "b": 10, "c": 1})
