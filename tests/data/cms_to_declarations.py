#!/usr/bin/python3
"""Turns the inpatient claims of CMS DE-SynPUF into declarations (JSON lines), one for each
row, and decides nothing about them.

    cms_to_declarations.py [--data DIR] [--sample] --out FILE|-

DIR holds inpatient_claims_2008_2010.csv.gz and beneficiary_2008.csv.gz (default:
../shared/data/cms_desynpuf beside the project). With --sample only the persons of
tests/data/cms_sample.jsonl.gz are written. The same input gives the same bytes.

What cannot be a declaration is passed on as it is, so that it becomes a dead letter with its reason: a row
without dates has no such fields, a negative amount stays negative, a person without a birth date has none.
"""
import argparse
import collections
import csv
import datetime
import gzip
import hashlib
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.path.join(HERE, "..", "..", "..", "shared", "data", "cms_desynpuf")
DAYS_TO_SUBMISSION = 45


def rows_of(path):
    with gzip.open(path, "rt", encoding="ascii", newline="") as stream:
        yield from csv.DictReader(stream)


def date_of(text):
    """20090412 -> 2009-04-12; None when the field is empty."""
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if re.fullmatch(r"\d{8}", text) else None


def provider_of(number):
    """Eight digits, as an AGB code has them; which digits says nothing about the provider."""
    return f"{int.from_bytes(hashlib.sha256(number.encode()).digest()[:8], 'big') % 10**8:08d}"


def cents_of(text):
    """26000.00 -> 2600000, -150.5 -> -15050; no floating point."""
    sign, whole, part = re.fullmatch(r"(-?)(\d+)(?:\.(\d{1,2}))?", text).groups()
    cents = int(whole) * 100 + int((part or "0").ljust(2, "0"))
    return -cents if sign else cents


def id_of(provider, row):
    """The declarer's own reference: the claim in groups of five digits, so that no nine in a row look
    like a BSN."""
    groups = [row["CLM_ID"][at:at + 5] for at in range(0, len(row["CLM_ID"]), 5)]
    return "-".join([provider] + groups + [row["SEGMENT"]])


def declaration_of(row, births):
    provider = provider_of(row["PRVDR_NUM"])
    start, end = date_of(row["CLM_FROM_DT"]), date_of(row["CLM_THRU_DT"])
    birth = births.get(row["DESYNPUF_ID"])
    fields = {"declaration_id": id_of(provider, row), "kind": "DEBIT", "credits_id": None, "insurer": 9000,
              "insured": row["DESYNPUF_ID"]}
    if birth:
        fields["birth_date"] = birth
    fields.update(provider=provider, referrer=None, specialism=None)
    diagnosis = row["ICD9_DGNS_CD_1"]
    fields.update(diagnosis_system="ICD9" if diagnosis else "NONE", diagnosis=diagnosis or None)
    fields.update(care_type="HOSPITAL_DBC", care_code=row["CLM_DRG_CD"], subtype=None,
                  trajectory=None, laterality="NONE")
    if start:
        fields["start_date"] = start
    if end:
        fields["end_date"] = end
    fields.update(quantity=1, amount=cents_of(row["CLM_PMT_AMT"]))
    if end:
        submitted = datetime.date.fromisoformat(end) + datetime.timedelta(days=DAYS_TO_SUBMISSION)
        fields["submitted_at"] = submitted.isoformat() + "T09:00:00.000Z"
    return fields


def is_sampled(fields):
    """By row: the conditions of config/examples/cms.yaml, whatever is wrong, and two persons of a hundred
    beside."""
    diagnosis = fields["diagnosis"] or ""
    return (diagnosis.startswith(("820", "153", "154")) or fields["amount"] < 0 or "start_date" not in fields
            or int.from_bytes(hashlib.sha256(fields["insured"].encode()).digest()[:4], "big") % 100 < 2)


def stream_of(data, sample):
    births = {row["DESYNPUF_ID"]: date_of(row["BENE_BIRTH_DT"])
              for row in rows_of(os.path.join(data, "beneficiary_2008.csv.gz"))}
    found = [declaration_of(row, births)
             for row in rows_of(os.path.join(data, "inpatient_claims_2008_2010.csv.gz"))]
    names = collections.defaultdict(set)
    for fields in found:
        names[fields["insured"]].add(fields["declaration_id"])
    if sum(map(len, names.values())) != len(found):
        raise ValueError("two rows of one person have the same declaration_id")
    if sample:
        persons = {fields["insured"] for fields in found if is_sampled(fields)}
        found = [fields for fields in found if fields["insured"] in persons]
    # A stream in time order; what says no date comes last, where the latest of the others has moved the
    # clock.
    found.sort(key=lambda f: (f.get("submitted_at", "9999"), f["declaration_id"], f["insured"]))
    return found


def report(found, out):
    counts = collections.Counter()
    for fields in found:
        counts["persons"] = 0
        counts["without dates"] += "start_date" not in fields
        counts["with a negative amount"] += fields["amount"] < 0
        counts["without a birth date"] += "birth_date" not in fields
        counts["without a diagnosis"] += fields["diagnosis"] is None
    counts["persons"] = len({fields["insured"] for fields in found})
    print(f"{len(found)} lines; "
          + "; ".join(f"{number} {what}" for what, number in sorted(counts.items())), file=out)


def main():
    parser = argparse.ArgumentParser(description="CMS DE-SynPUF inpatient claims to declarations")
    parser.add_argument("--data", default=SHARED)
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--out", required=True,
                        help="a file (compressed when its name ends in .gz), or - for standard output")
    options = parser.parse_args()
    found = stream_of(options.data, options.sample)
    text = "".join(json.dumps(fields, separators=(",", ":")) + "\n" for fields in found).encode("ascii")
    if options.out == "-":
        sys.stdout.buffer.write(text)
    else:
        if options.out.endswith(".gz"):
            text = gzip.compress(text, 9, mtime=0)
        with open(options.out, "wb") as stream:
            stream.write(text)
    report(found, sys.stderr)


if __name__ == "__main__":
    main()
