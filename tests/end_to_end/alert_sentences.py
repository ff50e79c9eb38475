"""The sentence of every kind of alert, whole: for which scenario of tests/scenarios and which key `replay`
writes it. To be read aloud.

A new type of alert, or a new sentence in processor/engine/alert_message.c, needs a row:
`sentences_of_the_source` lists them."""
import os
import re

# What no scenario of tests/scenarios raises, in their words.
MORE = """
defaults: {insurer: 3311, birth_date: 1940-05-01, provider: "06010101", care_type: OTHER}
books:
  more:
    book: "more"
    horizon_days: 1826
    criteria:
      opens: [{care_code: "OPEN*"}]
      session: [{care_code: "SESSION"}]
      all: [{care_code: ["OPEN*", "SESSION"]}]
      far: [{care_code: "FAR"}]
    bundles:
      - {id: hip, name: Hip, definitions: [{from: 2025-01-01, until: 2027-12-31, sides: none,
         opens: {criterion: opens},
          closes: {after_days: 30}, uncontracted: shadow, scope: {include: all}, run_out_days: 30,
           true_up_days: 60}]}
    contracts:
      - {id: hip-all, version: 1, bundle: hip, providers: ["06010101"], from: 2025-01-01, until: 2027-12-31,
         payment: retrospective,
         budget: {strata: [{label: all, amount: 1000000}]}, thresholds: []}
    duplicates:
      - {name: session, criterion: session, within: person, allow: 1, action: flag}
scenarios:
  - name: settled-and-changed
    story: A line that comes a year later changes a settlement that was final.
    declarations:
      - {id: open, insured: p1, care_code: "OPEN", start: 2025-03-03, amount: 500000}
      - {id: clock, insured: p2, care_code: "FAR", start: 2025-03-03, amount: 0, sent: 2026-03-01}
      - {id: late, insured: p1, care_code: "SESSION", start: 2025-03-10, amount: 123456, sent: 2026-03-02}
    expect: {}
  - name: settled-and-changed-without-a-contract
    story: The same without a contract.
    defaults: {provider: "07070707"}
    declarations:
      - {id: open, insured: p1, care_code: "OPEN", start: 2025-03-03, amount: 500000}
      - {id: clock, insured: p2, care_code: "FAR", start: 2025-03-03, amount: 0, sent: 2026-03-01}
      - {credit_of: open, id: back, sent: 2026-03-02}
      - {id: late, insured: p1, care_code: "OPEN", start: 2025-03-03, amount: 400000,
         sent: 2026-03-02T09:00:00.000Z}
      - {id: later, insured: p1, care_code: "SESSION", start: 2025-03-10, amount: 50, sent: 2026-03-03}
    expect: {}
  - name: flagged
    story: A rule that only flags pays both.
    declarations:
      - {id: A, insured: p1, care_code: "SESSION", start: 2025-03-10, amount: 4400}
      - {id: B, insured: p1, care_code: "SESSION", start: 2025-03-10, amount: 4400, sent: 2025-04-01}
    expect: {}
  - name: settled-for-the-first-time-long-after
    story: The product comes a year later, after the final date, without a contract.
    defaults: {provider: "07070707"}
    declarations:
      - {id: clock, insured: p2, care_code: "FAR", start: 2025-03-03, amount: 0, sent: 2026-03-01}
      - {id: open, insured: p1, care_code: "OPEN", start: 2025-03-03, amount: 500000, sent: 2026-03-02}
    expect: {}
  - name: credits-that-do-not-fit
    story: Credits of what came too late, of another provider and of another insurer.
    declarations:
      - {id: old, insured: p1, care_code: "SESSION", start: 2025-03-10, amount: 4400, sent: 2030-04-01}
      - {id: old-back, credit_of: old, start: 2026-03-10, end: 2026-03-10, sent: 2030-04-02}
      - {id: A, insured: p1, care_code: "SESSION", start: 2026-03-10, amount: 4400, sent: 2026-04-01}
      - {id: A-back, credit_of: A, provider: "02020202", sent: 2026-04-02}
      - {id: A-moved, credit_of: A, insurer: 3312, sent: 2026-04-02}
    expect: {}
"""

# Sentence of the source, the file of its scenario (None: MORE), scenario, key, and what must stand there.
ROWS = [
    (
        "budget_threshold",
        "alerts",
        "a-threshold-is-reached-to-the-cent-and-a-correction-takes-the-alert-back",
        "p3/3311/budget_threshold/hip/-/2026-03-12/1000",
        (
            "Episode hip/-/2026-03-12 of insured p3 has cost EUR 15,200.00 and has reached 100% of its budget"
            " (EUR 14,000.00) under contract hip-all; ask provider 06010101 what is still planned."
        ),
    ),
    (
        "stop_loss",
        "money",
        "stop-loss-begins-one-cent-above-the-limit",
        "p2/3311/stop_loss/hip/-/2026-03-12",
        (
            "Episode hip/-/2026-03-12 of insured p2 has cost EUR 21,000.01, above the stop-loss limit of EUR"
            " 21,000.00 of contract hip-north; the insurer bears its part of the excess, so check its dearest"
            " lines with provider 06010101."
        ),
    ),
    (
        "projected_overrun",
        "alerts",
        "early-cost-is-added-to-what-is-still-expected-not-multiplied",
        "p3/3311/projected_overrun/hip/-/2026-03-14",
        (
            "Episode hip/-/2026-03-14 of insured p3 is expected to cost EUR 15,778.01 in the end, more than"
            " its budget with margin of EUR 15,400.00 under contract hip-all; ask provider 06010101 what is"
            " still planned."
        ),
    ),
    (
        "high",
        "alerts",
        "dear-and-cheap-outliers-against-earlier-episodes",
        "p2/3311/episode_outlier/hip/-/2026-03-12/high",
        (
            "Episode hip/-/2026-03-12 of insured p2 has cost EUR 35,000.01, unusually much against the limit"
            " of EUR 35,000.00 for such episodes; check its lines with provider 06010101."
        ),
    ),
    (
        "low",
        "alerts",
        "dear-and-cheap-outliers-against-earlier-episodes",
        "p5/3311/episode_outlier/hip/-/2026-03-12/low",
        (
            "Episode hip/-/2026-03-12 of insured p5 is settled and has cost EUR 5,199.99, unusually little"
            " against the limit of EUR 5,200.00 for such episodes; check with provider 06010101 whether"
            " declarations are missing."
        ),
    ),
    (
        "line_outlier",
        "alerts",
        "one-session-dearer-than-nearly-all-others",
        "p1/3311/line_outlier/odd",
        (
            "Declaration odd of provider 04040101 for insured p1 is EUR 58.01, and 999 of 1000 such lines are"
            " at most EUR 58.00; check amount and code with the provider."
        ),
    ),
    (
        "repeated",
        "double-payment",
        "the-same-record-delivered-twice-and-the-same-invoice-sent-twice",
        "p1/3311/double_payment/A~1777626000000/repeated",
        (
            "Declaration A of provider 04040101 for insured p1 over EUR 40.00 came again under the same"
            " reference; EUR 40.00 is not paid twice, and there is nothing to do."
        ),
    ),
    (
        "repeated_credit",
        "double-payment",
        "what-each-double-payment-has-prevented",
        "p1/3311/double_payment/back~1777626000000/repeated",
        (
            "Credit back of provider 41410101 for insured p1 over EUR 300.00 came again under the same"
            " reference; nothing is taken back twice, and there is nothing to do."
        ),
    ),
    (
        "conflicting",
        "double-payment",
        "the-same-reference-with-another-amount",
        "p1/3311/double_payment/A~1777626000000/conflicting",
        (
            "Declaration A of provider 04040101 for insured p1 over EUR 44.00 came with the reference of an"
            " earlier one but other content; it is withheld until the provider sends it under a reference of"
            " its own."
        ),
    ),
    (
        "same_care",
        "credits",
        "the-provider-credits-the-duplicate-itself",
        "p1/3311/double_payment/B/same_care",
        (
            "Declaration B of provider 04040101 for insured p1 over EUR 40.00 is the same care as declaration"
            " A; EUR 40.00 is held so that it is not paid twice, so ask the provider to take back the wrong"
            " one."
        ),
    ),
    (
        "flagged",
        None,
        "flagged",
        "p1/3311/double_payment/B/same_care",
        (
            "Declaration B of provider 06010101 for insured p1 over EUR 44.00 is the same care as declaration"
            " A; the book only flags this, so both count: ask the provider whether one is wrong."
        ),
    ),
    (
        "covered",
        "double-payment",
        "the-proof-of-a-loose-line-is-the-price-that-was-paid",
        "p1/3311/double_payment/hip/covered",
        (
            "Declaration hip of provider 06010101 for insured p1 over EUR 9,500.00 asks to be paid beside the"
            " bundle price of episode hip/-/2026-03-12 under contract hip-north; EUR 9,500.00 is covered by"
            " price fee and is not paid, so tell the provider."
        ),
    ),
    (
        "covered_unpriced",
        "corrections",
        "what-is-covered-and-by-what",
        "p1/3311/double_payment/01010101-L1/covered",
        (
            "Declaration 01010101-L1 of provider 01010101 for insured p1 over EUR 15.00 asks to be paid"
            " beside the bundle price of episode diabetes/-/2026-01-01 under contract dm-group, which has not"
            " been declared; it is not paid, so ask the contractor for that price."
        ),
    ),
    (
        "price_repeated",
        "double-payment",
        "the-bundle-price-is-declared-three-times",
        "p1/3311/double_payment/fee-B/price_repeated",
        (
            "Declaration fee-B of provider 06010101 for insured p1 asks the bundle price of episode"
            " hip/-/2026-03-12 again after declaration fee-C; EUR 14,000.00 is refused, so ask the provider"
            " to take one of them back."
        ),
    ),
    (
        "credit_excess",
        "credits",
        "the-same-line-is-credited-three-times",
        "p1/3311/double_payment/credit-c/credit_excess",
        (
            "Credit credit-c of provider 04040101 for insured p1 over EUR 40.00 takes back declaration"
            " session, which had already been taken back; it is refused, so ask the provider which"
            " declaration it was meant for."
        ),
    ),
    (
        "price_differs",
        "practice",
        "the-price-comes-before-the-opening-and-is-not-the-budget",
        "p1/3311/price_differs/fee",
        (
            "Bundle price fee of provider 06010101 for episode hip/L/2026-03-12 of insured p1 is EUR"
            " 15,000.00, but the budget under contract hip-north is EUR 14,500.00; it is paid as declared, so"
            " agree with the provider which of the two is right."
        ),
    ),
    (
        "price_missing",
        "alerts",
        "the-bundle-price-that-does-not-come-is-asked-for-by-the-calendar",
        "p1/3311/price_missing/hip/-/2026-03-12",
        (
            "Episode hip/-/2026-03-12 of insured p1 has no bundle price more than 30 days after it opened,"
            " under contract hip-north; ask provider 06010101 to declare it."
        ),
    ),
    (
        "outcome",
        "alerts",
        "a-reoperation-counts-for-a-year-though-the-episode-has-ended",
        "p1/3311/outcome/hip/-/2025-03-12/reoperation/day-1",
        (
            'Episode hip/-/2025-03-12 of insured p1 has the outcome "reoperation": declaration day-1 of'
            ' provider 06010101, 1 day after the day that it counts from; this is for information.'
        ),
    ),
    (
        "missing_care",
        "alerts",
        "rehabilitation-that-does-not-come-is-noticed-by-the-calendar",
        "p1/3311/missing_care/hip/-/2026-03-12/rehabilitation",
        (
            'Episode hip/-/2026-03-12 of insured p1 has had no "rehabilitation" within 21 days of its'
            ' opening; ask provider 06010101 whether this care was given.'
        ),
    ),
    (
        "measure",
        "measures",
        "what-is-billed-late-is-not-yet-missing",
        "p3/3311/measure/hip/L/2026-03-12/days to rehabilitation",
        (
            'Episode hip/L/2026-03-12 of insured p3 has 21 days for the measure "days to rehabilitation",'
            ' above the limit of 14 days; ask provider 06010101 for the reason.'
        ),
    ),
    (
        "fragmentation",
        "alerts",
        "too-many-specialisms-and-a-second-hospital",
        "p1/3311/fragmentation/hip/-/2026-03-12",
        (
            "Episode hip/-/2026-03-12 of insured p1 has hospital products of 4 specialisms, more than 3; see"
            " which of them leads the treatment."
        ),
    ),
    (
        "second_hospital",
        "alerts",
        "too-many-specialisms-and-a-second-hospital",
        "p3/3311/second_hospital/hip/-/2026-03-12",
        (
            "Episode hip/-/2026-03-12 of insured p3 has hospital products of 2 providers, more than 1; see"
            " who of them answers for the treatment."
        ),
    ),
    (
        "stepped_care",
        "alerts",
        "first-exercise-then-the-knife",
        "p2/3311/stepped_care/leg/-/2026-01-01",
        (
            "Episode leg/-/2026-01-01 of insured p2 has an invasive treatment without conservative treatment"
            " in the 180 days before it; ask provider 06010101 why that step was left out."
        ),
    ),
    (
        "side_unknown",
        "sides",
        "the-side-of-the-second-operation-is-missing",
        "p1/3311/side_unknown/hip/L/2026-03-12/second-1",
        (
            "Declaration second-1 of provider 06010101 for insured p1 counts in episode hip/L/2026-03-12 but"
            " may be about another side of the body; ask the provider which side was treated."
        ),
    ),
    (
        "after_end",
        "ends-of-care",
        "care-after-a-death-is-held",
        "p1/3311/after_end/04040101-1/died",
        (
            "Declaration 04040101-1 of provider 04040101 for insured p1 over EUR 42.00 starts after \"died\","
            " which declaration 99990001-1 says; its decision says whether it is held, so find out which of"
            " the two is right."
        ),
    ),
    (
        "waiting",
        "alerts",
        "what-waits-longer-than-agreed-is-shown",
        "p1/3311/waiting/B",
        (
            "Declaration B of provider 04040101 for insured p1 over EUR 40.00 has been waiting too long, and"
            " its amount is withheld; see its decision for what it waits for, and settle that with the"
            " provider."
        ),
    ),
    (
        "result_changed",
        None,
        "settled-and-changed",
        "p1/3311/settlement_changed/hip/-/2025-03-03/2",
        (
            "The result of episode hip/-/2025-03-03 of insured p1 under contract hip-all changed by EUR"
            " -1,234.56 after it was final (settlement 2); settle the difference with provider 06010101."
        ),
    ),
    (
        "cost_changed",
        None,
        "settled-and-changed-without-a-contract",
        "p1/3311/settlement_changed/hip/-/2025-03-03/4",
        (
            "The cost of episode hip/-/2025-03-03 of insured p1, which has no contract, changed by EUR 0.50"
            " after it was final (settlement 4); this is for information."
        ),
    ),
    (
        "first_result",
        "corrections",
        "the-admission-date-is-corrected-after-the-final-date",
        "p1/3311/settlement_changed/knee/-/2025-03-11/1",
        (
            "Episode knee/-/2025-03-11 of insured p1 under contract knee-a was settled for the first"
            " time after its final date, with a result of EUR -2,000.00 (settlement 1); see whether it"
            " stands in the place of another one, and settle it with provider 06010101."
        ),
    ),
    (
        "first_cost",
        None,
        "settled-for-the-first-time-long-after",
        "p1/3311/settlement_changed/hip/-/2025-03-03/1",
        (
            "Episode hip/-/2025-03-03 of insured p1, which has no contract, was settled for the first"
            " time after its final date, with a cost of EUR 5,000.00 (settlement 1); see whether it"
            " stands in the place of another one."
        ),
    ),
    (
        "birth_date_differs",
        "corrections",
        "a-typing-error-in-the-birth-date-of-the-opening-line",
        "p1/3311/birth_date_differs/06010101-1",
        (
            "Declaration 06010101-1 of provider 06010101 for insured p1 has another birth date than"
            " declaration 04040101-0; ask which of the two is right."
        ),
    ),
    (
        "product_withdrawn",
        "corrections",
        "a-product-is-taken-back-and-its-add-on-stays",
        "p1/3311/product_withdrawn/06010101-X",
        (
            "Declaration 06010101-X of provider 06010101 for insured p1 over EUR 800.00 belongs to"
            " product 06010101-1, which was taken back; it still counts, so ask the provider whether it"
            " has to be taken back too."
        ),
    ),
    (
        "no_debit",
        "corrections",
        "a-credit-of-a-credit-is-of-no-debit",
        "p1/3311/credit_mismatch/06010101-1CC/no_debit",
        (
            "Credit 06010101-1CC of provider 06010101 for insured p1 over EUR 850.00 names 06010101-1C,"
            " which is no debit; nothing is taken back, so ask the provider which declaration it was meant"
            " for."
        ),
    ),
    (
        "taken_back",
        "corrections",
        "a-credit-of-what-no-rule-sees-names-what-it-names",
        "p1/3311/credit_mismatch/2C/taken_back",
        (
            "Credit 2C of provider 11110101 for insured p1 over EUR 45.00 names declaration 1 over EUR"
            " 50.00, which has been taken back already; nothing more is taken back, so ask the provider"
            " which declaration it was meant for."
        ),
    ),
    (
        "taken_back_another",
        "corrections",
        "every-correction-names-the-first-claim",
        "p1/3311/credit_mismatch/06010101-2C/taken_back",
        (
            "Credit 06010101-2C of provider 06010101 for insured p1 over EUR 800.00 names a declaration"
            " over EUR 850.00 that has been taken back already, while declaration 06010101-2 of the same"
            " care still counts; ask the provider whether it was meant."
        ),
    ),
    (
        "other_amount",
        "corrections",
        "a-credit-of-a-part-takes-nothing-back-and-says-so",
        "p1/3311/credit_mismatch/73730101-1C/amount",
        (
            "Credit 73730101-1C of provider 73730101 for insured p1 over EUR 450.00 is not the whole of"
            " declaration 73730101-1 over EUR 3,000.00; nothing is taken back, so ask the provider to take"
            " it back whole and to declare what is left anew."
        ),
    ),
    (
        "credit_differs",
        "corrections",
        "a-credit-says-another-start-than-its-debit",
        "p1/3311/credit_differs/04040101-9C",
        (
            "Credit 04040101-9C of provider 04040101 for insured p1 over EUR 42.00 has taken back"
            " declaration 04040101-2, but says another care code or start; check that this is the one it"
            " was meant for."
        ),
    ),
    (
        "out_of_horizon",
        None,
        "credits-that-do-not-fit",
        "p1/3311/credit_mismatch/old-back/out_of_horizon",
        (
            "Credit old-back of provider 06010101 for insured p1 over EUR 44.00 names declaration old,"
            " which came too late to be paid; nothing is taken back, so ask the provider which declaration"
            " it was meant for."
        ),
    ),
    (
        "other_provider",
        None,
        "credits-that-do-not-fit",
        "p1/3311/credit_mismatch/A-back/provider",
        (
            "Credit A-back of provider 02020202 for insured p1 over EUR 44.00 names declaration A of"
            " another provider; nothing is taken back, so ask the provider which declaration it was meant"
            " for."
        ),
    ),
    (
        "other_insurer",
        None,
        "credits-that-do-not-fit",
        "p1/3312/credit_mismatch/A-moved/insurer",
        (
            "Credit A-moved of provider 06010101 for insured p1 over EUR 44.00 names declaration A, which"
            " was sent to another insurer; nothing is taken back, so ask the provider which declaration it"
            " was meant for."
        ),
    ),
]


def rows_of_the_engine(root):
    """The rows of alerts.def: (type, whether it has a sentence of its own), and the kinds, which all have
    one."""
    with open(os.path.join(root, "processor", "engine", "alerts.def"), encoding="utf-8") as stream:
        text = stream.read()
    types = re.findall(r"^ALERT\((\w+),[^\"]*?(\"|NULL)", text, re.M)
    return [(name, begin != "NULL") for name, begin in types], re.findall(r"^ALERT_KIND\(\w+, (\w+),", text,
                                                                          re.M)


def types_of_the_engine(root):
    return [name for name, _ in rows_of_the_engine(root)[0]]


def sentences_of_the_source(root):
    """The types and kinds that have a sentence."""
    types, kinds = rows_of_the_engine(root)
    return [name for name, has_sentence in types if has_sentence] + kinds


def type_of_row(row):
    return row[3].split("/")[2]


def flaws(alert):
    """What is wrong with a message whatever it is about: it is one whole sentence with money in euros, and
    names nobody but the pseudonym."""
    message = alert["message"]
    found = []
    if not re.fullmatch(r"[A-Z][^{}\n]*[^ .]\.", message) or "  " in message or re.search(
            r"\bnull\b|NULL|\(\)", message):
        found.append("it is no sentence")
    for amount in re.findall(r"EUR ([^ ;()]*)", message):
        if not re.fullmatch(r"-?\d{1,3}(,\d{3})*\.\d\d[,.]?", amount):
            found.append(f"EUR {amount} is no amount")
    if f"insured {alert['insured']}" not in message:
        found.append("it does not say whose")
    for field in ("episode", "declaration_id"):
        about = {"episode": "pisode ", "declaration_id": ""}[field] + (alert[field] or "")
        if alert[field] and about not in message and alert["type"] not in ("price_differs", "double_payment"):
            found.append(f"it does not name the {field}")
    return found
