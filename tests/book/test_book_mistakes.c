/* Every mistake that a book can have: one row each, made in the small book of collected.h. A ^ marks where it
 * has to be reported. */
#include "book/collected.h"

#include <criterion/criterion.h>

TestSuite(book_mistakes, .timeout = 60);

struct mistake {
    const char *label, *from, *to, *code;
};

static void check(const struct mistake *row)
{
    char text[sizeof(small_book) + 8192];
    cr_expect(replaced(small_book, row->from, row->to, text, sizeof(text)),
              "%s: the small book has no \"%s\"", row->label, row->from);
    struct mark mark = mark_take(text);
    struct collected found = { 0 };
    const struct book *book = book_read_text("book.yaml", bytes_of(text), collect, &found);
    bool placed = false;
    for (size_t i = 0; i < found.count; i++)
        placed = placed || (strcmp(found.items[i].code, row->code) == 0 && found.items[i].line == mark.line &&
                            found.items[i].column == mark.column);
    cr_expect(book == NULL, "%s: the book was accepted", row->label);
    cr_expect(placed, "%s: expected %s at %d:%d, found%s", row->label, row->code, mark.line, mark.column,
              collected_text(&found));
    cr_expect(found.count == 1, "%s: one mistake is one finding, found%s", row->label,
              collected_text(&found));
    book_free(book);
}

static void check_all(const struct mistake *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(&rows[i]);
}

Test(book_mistakes, the_small_book_has_none)
{
    struct collected found = { 0 };
    const struct book *book = book_read_text("book.yaml", bytes_of(small_book), collect, &found);
    cr_assert(book != NULL, "found%s", collected_text(&found));
    cr_expect(found.count == 0, "found%s", collected_text(&found));
    book_free(book);
}

Test(book_mistakes, of_yaml_are_found)
{
    static const struct mistake rows[] = {
        { "a bracket is not closed", "allow: 2, action: flag}\n", "allow: 2, action: flag\n^", "E004" },
        { "a tab as indentation", "    version: 2\n", "\t^version: 2\n", "E004" },
        { "a second document", "contracts:\n", "^---\ncontracts:\n", "E005" },
        { "an anchor", "version: 2", "version: ^&v 2", "E006" },
        { "an alias", "version: 2", "version: ^*v", "E006" },
        { "a tag", "version: 2", "version: ^!!int 2", "E006" },
        { "an anchor of a key", "    version: 2\n", "    ^&v version: 2\n", "E006" },
        { "a tag of a map", "patient: {min_age: 65}", "patient: ^!x {min_age: 65}", "E006" },
        { "a key twice", "    version: 2\n", "    version: 2\n    ^version: 2\n", "E007" },
        { "a criterion twice", "  died:\n", "  died:\n    - {care_type: OTHER}\n  ^died:\n", "E007" },
        { "a list as a key", "loose: refused", "? ^[loose]\n    : refused", "E008" },
        { "a control character", "Hip fracture", "Hip ^\001fracture", "E002" },
        { "bytes that are not UTF-8", "Hip fracture", "Hip ^\377fracture", "E002" },
        { "an overlong form", "Hip fracture", "Hip ^\300\200fracture", "E002" },
        { "a surrogate", "Hip fracture", "Hip ^\355\240\200fracture", "E002" },
        { "a character cut off", "Hip fracture", "Hip ^\342\202 fracture", "E002" },
    };
    check_all(rows, COUNT(rows));
}

Test(book_mistakes, of_keys_are_found)
{
    static const struct mistake rows[] = {
        { "an unknown key of the book", "waiting_days:", "^waiting_day:", "E010" },
        { "an unknown key of a clause", "specialism: \"0303\", diagnosis", "^specialty: \"0303\", diagnosis",
          "E010" },
        { "an unknown key of a bundle", "    name: Hip fracture\n",
          "    name: Hip fracture\n    ^exampels: []\n", "E010" },
        { "an unknown key of a definition", "run_out_days: 180\n        expects",
          "run_out_days: 180\n        ^expect: []\n        expects", "E010" },
        { "an unknown key of opens", "quiet_days: 120", "^quiet_day: 120", "E010" },
        { "an unknown key of confirm", "from_day: -3, to_day: 9}", "from_day: -3, to_day: 9, ^day: 1}",
          "E010" },
        { "an unknown key of closes", "closes: {after_days: 90, extend",
          "closes: {after_days: 90, ^extends: 1, extend", "E010" },
        { "an unknown key of patient", "min_age: 65}\n        opens", "min_age: 65, ^age: 1}\n        opens",
          "E010" },
        { "an unknown key of scope", "prorate: [SHORT_STAY]", "^pro_rate: [SHORT_STAY]", "E010" },
        { "an unknown key of signals", "max_specialisms: 3", "^max_specialism: 3", "E010" },
        { "an unknown key of stepped", "days: 30}", "days: 30, ^day: 3}", "E010" },
        { "an unknown key of a contract", "contractor: \"06010101\"", "^contracter: \"06010101\"", "E010" },
        { "an unknown key of a budget", "      factors:\n", "      ^factor: []\n      factors:\n", "E010" },
        { "an unknown key of a stratum", "amount: 1725000", "amount: 1725000, ^sum: 1", "E010" },
        { "an unknown key of a threshold", "{permille: 800, severity: info}",
          "{permille: 800, severity: info, ^x: 1}", "E010" },
        { "an unknown key of a cell", "{pair: [hip, hip], lines: split}",
          "{pair: [hip, hip], lines: split, ^line: split}", "E010" },
        { "an unknown key of lines", "lines: {prefer: hip}", "lines: {prefer: hip, ^first: leg}", "E010" },
        { "an unknown key of a rule of duplicates", "allow: 2,", "allow: 2, ^allows: 2,", "E010" },
        { "no name of the book", "book: \"small\"\n", "^", "E011" },
        { "no strata", "budget: {strata: [{label: all, amount: 1400000}]}", "budget: ^{}", "E011" },
    };
    check_all(rows, COUNT(rows));
}

Test(book_mistakes, a_missing_key_is_reported_where_its_map_begins)
{
    static const struct mistake rows[] = {
        { "no opening", "      - {from: 2025-01-01, until: 2026-12-31, opens: {criterion: leg.opens}, closes",
          "      - ^{from: 2025-01-01, until: 2026-12-31, closes", "E011" },
        { "no amount", "{label: \"80+\", min_age: 80, amount: 1725000}", "^{label: \"80+\", min_age: 80}",
          "E011" },
        { "no insurer_permille", "stop_loss: {permille: 1500, insurer_permille: 800}",
          "stop_loss: ^{permille: 1500}", "E011" },
        { "no to_day", "{name: death, criterion: died, from_day: 0, to_day: 90}",
          "^{name: death, criterion: died, from_day: 0}", "E011" },
        { "no effect", "{name: death before, criterion: died, from_day: -9, to_day: 0, effect: void}",
          "^{name: death before, criterion: died, from_day: -9, to_day: 0}", "E011" },
        { "no take", "{name: lines, criterion: hip.care, take: lines, at_most: 9}",
          "^{name: lines, criterion: hip.care, at_most: 9}", "E011" },
        { "no action", "{name: visit, criterion: chain.opens, within: person, allow: 2, action: flag}",
          "^{name: visit, criterion: chain.opens, within: person, allow: 2}", "E011" },
        { "no pair", "{pair: [hip, hip], lines: split}", "^{lines: split}", "E011" },
    };
    check_all(rows, COUNT(rows));
}

Test(book_mistakes, of_values_are_found)
{
    static const struct mistake rows[] = {
        { "text for a number", "horizon_days: 1826", "horizon_days: ^long", "E012" },
        { "a number in quotes", "horizon_days: 1826", "horizon_days: ^\"1826\"", "E012" },
        { "nothing for a number", "horizon_days: 1826", "^horizon_days:", "E012" },
        { "a list for a number", "horizon_days: 1826", "horizon_days: ^[1826]", "E012" },
        { "a map for a list", "insurers: [3311, 3313]", "insurers: ^{a: 3311}", "E012" },
        { "one insurer is still a list", "insurers: [3312]", "insurers: ^3312", "E012" },
        { "a number for a name", "name: Hip fracture", "name: ^12", "E012" },
        { "a boolean for a name", "name: Hip fracture", "name: ^true", "E012" },
        { "text for a boolean", "prorate: [SHORT_STAY]", "trajectory: ^yes", "E012" },
        { "a list for a clause", "- {care_type: OTHER, care_code: \"DIED\"}", "- ^[OTHER]", "E012" },
        { "null for a map", "patient: {min_age: 65}", "patient: ^null", "E012" },
        { "octal", "horizon_days: 1826", "horizon_days: ^01826", "E013" },
        { "hexadecimal", "horizon_days: 1826", "horizon_days: ^0x722", "E013" },
        { "with a point", "horizon_days: 1826", "horizon_days: ^1826.0", "E013" },
        { "with an exponent", "horizon_days: 1826", "horizon_days: ^1e3", "E013" },
        { "with a plus", "horizon_days: 1826", "horizon_days: ^+1826", "E013" },
        { "with an underscore", "horizon_days: 1826", "horizon_days: ^1_826", "E013" },
        { "minus zero", "from_day: -9", "from_day: ^-0", "E013" },
        { "horizon below 1", "horizon_days: 1826", "horizon_days: ^0", "E014" },
        { "horizon above 36600", "horizon_days: 1826", "horizon_days: ^36601", "E014" },
        { "beyond 64 bits", "horizon_days: 1826", "horizon_days: ^99999999999999999999", "E014" },
        { "waiting days", "waiting_days: 90", "waiting_days: ^3661", "E014" },
        { "days below 0", "look_back_days: 3,", "look_back_days: ^-1,", "E014" },
        { "from_day", "from_day: -9", "from_day: ^-3661", "E014" },
        { "age", "min_age: 65}\n        opens", "min_age: ^151}\n        opens", "E014" },
        { "weight 0", "weight: 2", "weight: ^0", "E014" },
        { "weight 1001", "weight: 2", "weight: ^1001", "E014" },
        { "allow 0", "allow: 2", "allow: ^0", "E014" },
        { "version 0", "version: 2", "version: ^0", "E014" },
        { "version above 10^9", "version: 2", "version: ^1000000001", "E014" },
        { "insurer 10000", "[3312]", "[^10000]", "E014" },
        { "insurer_permille", "insurer_permille: 800", "insurer_permille: ^1001", "E014" },
        { "per mille", "outlier_permille: 2500", "outlier_permille: ^1000001", "E014" },
        { "cents", "amount: 1400000", "amount: ^1000000000001", "E014" },
        { "cents below 0", "amount: 1400000", "amount: ^-1", "E014" },
        { "money with a point", "amount: 1400000", "amount: ^14000.00", "E015" },
        { "money with a comma", "add: 60000", "add: ^\"600,00\"", "E012" },
        { "money with a comma, bare", "        - {label: \"80+\", min_age: 80, amount: 1725000}",
          "        - label: \"80+\"\n          min_age: 80\n          amount: ^17.250,00", "E015" },
        { "money at least", "amount_at_least: 100", "amount_at_least: ^1.00", "E015" },
        { "30 February", "until: 2025-12-31", "until: ^2025-02-30", "E016" },
        { "29 February", "until: 2025-12-31", "until: ^2025-02-29", "E016" },
        { "month 13", "until: 2025-12-31", "until: ^2025-13-01", "E016" },
        { "the Dutch way", "until: 2025-12-31", "until: ^31-12-2025", "E016" },
        { "with a time", "until: 2025-12-31", "until: ^2025-12-31T00:00:01Z", "E016" },
        { "a short date", "until: 2025-12-31", "until: ^2025-12-1", "E016" },
        { "a code without quotes", "specialism: \"0303\"", "specialism: ^0303", "E017" },
        { "a provider without quotes", "contractor: \"06010101\"", "contractor: ^06010101", "E017" },
        { "a code that is a time", "care_code: \"DM*\"", "care_code: ^12:30", "E017" },
        { "a code that is no", "care_code: \"DM*\"", "care_code: ^NO", "E017" },
        { "a code that is a date", "care_code: \"DM*\"", "care_code: ^2026-01-01", "E017" },
        { "a code that is nothing", "care_code: \"DM*\"", "care_code: ^~", "E012" },
        { "a care type", "care_type: SHORT_STAY", "care_type: ^SHORTSTAY", "E018" },
        { "a laterality", "laterality: LEFT", "laterality: ^left", "E018" },
        { "sides", "sides: separate\n", "sides: ^both\n", "E018" },
        { "an effect", "effect: void", "effect: ^avoid", "E018" },
        { "a take", "take: lines", "take: ^sum", "E018" },
        { "uncontracted", "uncontracted: shadow", "uncontracted: ^watch", "E018" },
        { "a payment", "payment: retrospective", "payment: ^monthly", "E018" },
        { "loose", "loose: refused", "loose: ^refuse", "E018" },
        { "a severity", "severity: info", "severity: ^INFO", "E018" },
        { "lines", "lines: split", "lines: ^share", "E018" },
        { "within", "within: person", "within: ^insurer", "E018" },
        { "same", "same: trajectory", "same: ^traject", "E018" },
        { "serials", "same: trajectory", "same: trajectory, serials: ^1", "E012" },
        { "codes", "same: trajectory", "same: trajectory, codes: ^all", "E018" },
        { "codes without same", "within: person, allow: 2", "within: person, codes: ^any, allow: 2", "E063" },
        { "overlap_days without same", "within: person, allow: 2",
          "within: person, overlap_days: ^2, allow: 2", "E063" },
        { "overlap_days 0", "same: trajectory", "same: trajectory, overlap_days: ^0", "E014" },
        { "overlap_days of more than ten years", "same: trajectory", "same: trajectory, overlap_days: ^3661",
          "E014" },
        { "action", "action: flag", "action: ^refuse", "E018" },
        { "an id in capitals", "id: hip-north", "id: ^Hip-north", "E019" },
        { "an id with a space", "id: hip-north", "id: ^hip north", "E019" },
        { "a name with a slash", "name: death before", "name: ^death/before", "E019" },
        { "a label with a tilde", "label: nursed", "label: ^nur~sed", "E019" },
        { "an empty name", "name: Hip fracture", "name: ^\"\"", "E019" },
        { "a name of 65 bytes", "name: Hip fracture",
          "name: ^aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "E019" },
        { "a diagnosis without system", "\"DBC:218\"", "^\"218\"", "E025" },
        { "a diagnosis of an unknown system", "\"DBC:218\"", "^\"ICD:S72\"", "E025" },
        { "a diagnosis of no system", "\"DBC:218\"", "^\"NONE:218\"", "E025" },
        { "a diagnosis without code", "\"DBC:218\"", "^\"DBC:\"", "E025" },
        { "an empty pattern", "care_code: \"DIED\"", "care_code: ^\"\"", "E025" },
        { "an AGB code of seven digits", "contractor: \"06010101\"", "contractor: ^\"0601010\"", "E026" },
        { "an AGB code with a letter", "[\"06010101\", \"06010102\"]", "[\"06010101\", ^\"0601010A\"]",
          "E026" },
    };
    check_all(rows, COUNT(rows));
}

Test(book_mistakes, of_names_and_lists_are_found)
{
    static const struct mistake rows[] = {
        { "a criterion of opens", "opens: {criterion: leg.opens}", "opens: {criterion: ^leg.open}", "E020" },
        { "a criterion of a scope", "scope: {include: leg.care}", "scope: {include: ^leg.cares}", "E020" },
        { "a criterion of a factor", "{label: nursed, criterion: hip.care",
          "{label: nursed, criterion: ^nursing", "E020" },
        { "a price criterion", "price_criterion: hip.price", "price_criterion: ^hip.prize", "E020" },
        { "a criterion of duplicates", "criterion: chain.opens, within", "criterion: ^chain.open, within",
          "E020" },
        { "a bundle of a contract", "bundle: hip\n", "bundle: ^hop\n", "E020" },
        { "a bundle of a pair", "pair: [hip, leg]", "pair: [hip, ^lag]", "E020" },
        { "a bundle twice", "  - id: chain\n    name: Chain\n    definitions:\n",
          "  - {id: ^hip, name: Hip again, definitions: [{from: 2030-01-01, until: 2030-01-01, opens: "
          "{criterion: died},\n"
          "     closes: {after_days: 1},\n"
          "     scope: {include: died}, run_out_days: 1}]}\n  - id: chain\n    name: Chain\n    "
          "definitions:\n",
          "E021" },
        { "a contract twice", "id: hip-south", "id: ^hip-north", "E021" },
        { "a stratum twice", "label: \"80+\"", "label: ^\"65-79\"", "E021" },
        { "a pair twice", "- {pair: [chain, hip], suppress: chain}",
          "- {pair: [chain, hip], suppress: chain}\n  - ^{pair: [hip, chain], lines: split}", "E021" },
        { "a rule of duplicates twice", "{name: visit,", "{name: ^product,", "E021" },
        { "an exclusion twice", "effect: void}]",
          "effect: void}, {name: ^death before, criterion: died, from_day: 0, to_day: 0, effect: truncate}]",
          "E021" },
        { "an empty criterion", "  died:\n    - {care_type: OTHER, care_code: \"DIED\"}\n", "  died: ^[]\n",
          "E022" },
        { "an empty list of patterns", "[HOSPITAL_DBC, REHABILITATION]", "^[]", "E022" },
        { "an empty list of providers", "[\"06010101\", \"06010102\"]", "^[]", "E022" },
        { "an empty list of insurers", "[3312]", "^[]", "E022" },
        { "no strata", "strata: [{label: all, amount: 1400000}]", "strata: ^[]", "E022" },
        { "dates of a contract", "from: 2025-02-01\n    until: 2025-11-30",
          "from: ^2025-12-01\n    until: 2025-11-30", "E023" },
        { "days of an exclusion", "from_day: -9, to_day: 0", "from_day: ^1, to_day: 0", "E023" },
        { "ages of a stratum", "min_age: 65, max_age: 79", "min_age: ^80, max_age: 79", "E023" },
        { "ages of a patient", "patient: {min_age: 65}", "patient: {min_age: ^66, max_age: 65}", "E023" },
        { "a clause without a condition", "- {care_type: OTHER, care_code: \"DIED\"}", "- ^{}", "E024" },
    };
    check_all(rows, COUNT(rows));
}

Test(book_mistakes, of_successors_are_found)
{
    static const struct mistake rows[] = {
        { "an unknown key", "duplicates:\n",
          "successors: [{old: \"00000001\", new: \"00000002\", ^from: 2026-01-01}]\nduplicates:\n", "E010" },
        { "no new code", "duplicates:\n", "successors: [^{old: \"00000001\"}]\nduplicates:\n", "E011" },
        { "a code without quotes", "duplicates:\n",
          "successors: [{old: ^00000001, new: \"00000002\"}]\nduplicates:\n", "E017" },
        { "no AGB code", "duplicates:\n",
          "successors: [{old: \"00000001\", new: ^\"0000002\"}]\nduplicates:\n", "E026" },
        { "no list", "duplicates:\n",
          "successors: ^{old: \"00000001\", new: \"00000002\"}\nduplicates:\n", "E012" },
        { "its own", "duplicates:\n",
          "successors: [^{old: \"00000001\", new: \"00000001\"}]\nduplicates:\n", "E043" },
        { "two successors", "duplicates:\n",
          "successors:\n  - {old: \"00000001\", new: \"00000002\"}\n"
          "  - {old: \"00000003\", new: \"00000001\"}\n  - ^{old: \"00000001\", new: "
          "\"00000004\"}\nduplicates:\n",
          "E043" },
        { "the same twice", "duplicates:\n",
          "successors:\n  - {old: \"00000001\", new: \"00000002\"}\n"
          "  - ^{old: \"00000001\", new: \"00000002\"}\nduplicates:\n",
          "E043" },
        { "a ring of two", "duplicates:\n",
          "successors:\n  - ^{old: \"00000001\", new: \"00000002\"}\n"
          "  - {old: \"00000002\", new: \"00000001\"}\nduplicates:\n",
          "E043" },
        { "a ring behind a code", "duplicates:\n",
          "successors:\n  - {old: \"00000001\", new: \"00000004\"}\n  - ^{old: \"00000004\", new: "
          "\"00000003\"}\n  - {old: \"00000003\", new: \"00000004\"}\nduplicates:\n",
          "E043" },
        { "two contracts list a code that neither names", "duplicates:\n",
          "  - ^{id: hip-west, version: 1, bundle: hip, insurers: [3311], providers: [\"00000001\"], from: "
          "2025-11-30, until: 2026-12-31, payment: retrospective,\n"
          "     budget: {strata: [{label: all, amount: 1400000}]}}\n"
          "successors: [{old: \"00000001\", new: \"06010109\"}, {old: \"06010101\", new: "
          "\"06010109\"}]\nduplicates:\n",
          "E030" },
    };
    check_all(rows, COUNT(rows));
}

Test(book_mistakes, of_ends_of_care_are_found)
{
    static const struct mistake rows[] = {
        { "an unknown key", "duplicates:\n",
          "ends_care: [{name: a, criterion: died, of: person, action: flag, ^days: 1}]\nduplicates:\n",
          "E010" },
        { "no action", "duplicates:\n",
          "ends_care: [^{name: a, criterion: died, of: person}]\nduplicates:\n", "E011" },
        { "no list", "duplicates:\n",
          "ends_care: ^{name: a, criterion: died, of: person, action: flag}\nduplicates:\n", "E012" },
        { "another of", "duplicates:\n",
          "ends_care: [{name: a, criterion: died, of: ^provider, action: flag}]\nduplicates:\n", "E018" },
        { "another action", "duplicates:\n",
          "ends_care: [{name: a, criterion: died, of: person, action: ^refuse}]\nduplicates:\n", "E018" },
        { "a name with a slash", "duplicates:\n",
          "ends_care: [{name: ^a/b, criterion: died, of: person, action: flag}]\nduplicates:\n", "E019" },
        { "an undefined criterion", "duplicates:\n",
          "ends_care: [{name: a, criterion: ^dead, of: person, action: flag}]\nduplicates:\n", "E020" },
        { "an undefined resumes", "duplicates:\n",
          "ends_care: [{name: a, criterion: died, of: person, resumes: ^born, action: flag}]\nduplicates:\n",
          "E020" },
        { "a name twice", "duplicates:\n",
          "ends_care:\n  - {name: a, criterion: died, of: person, action: flag}\n"
          "  - {name: ^a, criterion: died, of: insurer, action: hold}\nduplicates:\n",
          "E021" },
    };
    check_all(rows, COUNT(rows));
}

Test(book_mistakes, of_ambiguity_are_found)
{
    static const struct mistake rows[] = {
        { "two contracts: insurers, providers and dates meet",
          "  - {id: hip-south, version: 1, bundle: hip, insurers: [3312]",
          "  - ^{id: hip-south, version: 1, bundle: hip, insurers: [3312, 3313]", "E030" },
        { "two contracts: one has all insurers",
          "  - {id: hip-south, version: 1, bundle: hip, insurers: [3312]",
          "  - ^{id: hip-south, version: 1, bundle: hip", "E030" },
        { "two contracts: on one day",
          "- {id: hip-south, version: 1, bundle: hip, insurers: [3312], from: 2025-01-01",
          "- ^{id: hip-south, version: 1, bundle: hip, insurers: [3311], from: 2025-11-30", "E030" },
        { "two contracts: on its first day",
          "- {id: hip-south, version: 1, bundle: hip, insurers: [3312], from: 2025-01-01, until: 2026-12-31",
          "- ^{id: hip-south, version: 1, bundle: hip, insurers: [3311], from: 2025-01-01, until: 2025-02-01",
          "E030" },
        { "definitions on one day, the later one first",
          "      - {from: 2026-01-01, until: 2026-12-31, sides: separate",
          "      - ^{from: 2024-01-01, until: 2025-01-01, sides: separate", "E031" },
        { "definitions on one day", "      - {from: 2026-01-01, until: 2026-12-31, sides: separate",
          "      - ^{from: 2025-12-31, until: 2026-12-31, sides: separate", "E031" },
        { "sides differ", "      - {from: 2026-01-01, until: 2026-12-31, sides: separate",
          "      - ^{from: 2026-01-01, until: 2026-12-31, sides: none", "E032" },
        { "prefer in a ring", "- {pair: [chain, hip], suppress: chain}",
          "- ^{pair: [chain, hip], lines: {prefer: chain}}", "E033" },
        { "suppress is a preference in the ring", "- {pair: [chain, hip], suppress: chain}",
          "- ^{pair: [chain, hip], suppress: hip}", "E033" },
        { "a bundle preferred to itself", "- {pair: [hip, hip], lines: split}",
          "- ^{pair: [hip, hip], lines: {prefer: hip}}", "E033" },
        { "a bundle suppresses itself", "- {pair: [hip, hip], lines: split}",
          "- ^{pair: [hip, hip], suppress: hip, lines: split}", "E033" },
        { "extend is shorter than the window", "max_days: 120", "max_days: ^89", "E036" },
        { "equal thresholds", "{permille: 1000, severity: warning}", "{permille: ^800, severity: warning}",
          "E037" },
        { "a retrospective contract with a price", "payment: retrospective,",
          "payment: retrospective, price_criterion: ^hip.price,", "E038" },
        { "a retrospective contract with loose lines", "payment: retrospective,",
          "payment: retrospective, loose: ^registration,", "E038" },
        { "price_by_days alone", "    price_criterion: hip.price\n    price_by_days: 150",
          "    price_by_days: ^150", "E039" },
        { "stop_loss with both", "{permille: 1500, insurer_permille: 800}",
          "^{permille: 1500, amount: 5, insurer_permille: 800}", "E040" },
        { "stop_loss with neither", "{permille: 1500, insurer_permille: 800}", "^{insurer_permille: 800}",
          "E040" },
        { "a factor with neither",
          "{label: nursed, criterion: hip.care, add: 60000, permille: 80, look_back_days: 90}",
          "^{label: nursed, criterion: hip.care, look_back_days: 90}", "E041" },
        { "a cell with neither", "{pair: [chain, hip], suppress: chain}", "^{pair: [chain, hip]}", "E042" },
        { "a pair of three", "pair: [chain, hip]", "pair: ^[chain, hip, leg]", "E042" },
        { "prefers one that is not of the pair", "{pair: [hip, leg], lines: {prefer: hip}}",
          "{pair: [hip, leg], lines: {prefer: ^chain}}", "E042" },
        { "suppresses one that is not of the pair", "suppress: chain", "suppress: ^leg", "E042" },
    };
    check_all(rows, COUNT(rows));
}

Test(book_mistakes, strata_that_leave_out_an_age_are_reported_at_the_list)
{
    static const struct mistake rows[] = {
        { "they begin too late", "        - {label: \"65-79\", min_age: 65,",
          "        ^- {label: \"65-79\", min_age: 66,", "E035" },
        { "they have a hole", "        - {label: \"65-79\", min_age: 65, max_age: 79,",
          "        ^- {label: \"65-79\", min_age: 65, max_age: 78,", "E035" },
        { "they end", "strata: [{label: all, amount", "strata: ^[{label: all, max_age: 150, amount", "E035" },
        { "the later definition has no least age", "until: 2025-11-30\n    payment: prospective",
          "until: 2026-01-01\n    payment: prospective", "E035" },
    };
    for (size_t i = 0; i < 3; i++)
        check(&rows[i]);
    /* On its last day the contract meets the second definition, which admits children too. */
    char text[sizeof(small_book) + 64];
    struct collected found = { 0 };
    cr_assert(replaced(small_book, rows[3].from, rows[3].to, text, sizeof(text)));
    cr_expect(book_read_text("book.yaml", bytes_of(text), collect, &found) == NULL);
    cr_expect(found.count == 1 && strcmp(found.items[0].code, "E035") == 0, "found%s",
              collected_text(&found));
}

/* Two scopes, and whether one line could be in both; without a cell the book is then refused. */
Test(book_mistakes, a_missing_cell_is_found_exactly_where_scopes_can_meet)
{
    static const struct {
        /* the clause of leg's scope; more of the scope of hip, or of leg behind a | */
        const char *label, *leg, *scope;
        bool refused;
    } rows[] = {
        { "other care types", "{care_type: ACTIVITY}", "", false },
        { "one care type in common", "{care_type: [ACTIVITY, SHORT_STAY]}", "", true },
        { "care type in common, specialisms not", "{care_type: HOSPITAL_DBC, specialism: \"0305\"}", "",
          false },
        { "a specialism equal", "{care_type: HOSPITAL_DBC, specialism: \"0303\"}", "", true },
        { "a prefix of it", "{care_type: HOSPITAL_DBC, specialism: \"03*\"}", "", true },
        { "a longer prefix that it is not", "{care_type: HOSPITAL_DBC, specialism: \"0303*\"}", "", true },
        { "the text of one begins the other, but neither has a star",
          "{care_type: HOSPITAL_DBC, specialism: \"030\"}", "", false },
        { "a field that only one names", "{provider: \"06*\"}", "", true },
        { "amounts do not part", "{care_type: SHORT_STAY, amount_at_least: 1}", "", true },
        { "by its trajectory hip takes any hospital line", "{care_type: ACTIVITY}", ", trajectory: true",
          true },
        { "by its trajectory leg takes any hospital line", "{care_type: AIDS}", "|, trajectory: true", true },
        { "by their trajectories both do", "{care_type: AIDS}", ", trajectory: true|, trajectory: true",
          true },
        { "but no nursing", "{care_type: DISTRICT_NURSING}", ", trajectory: true", false },
        { "scope.exclude is not looked at", "{care_type: SHORT_STAY}", ", exclude: hip.care", true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char a[sizeof(small_book) + 256], b[sizeof(small_book) + 256], scope[128], clause[128], leg[128];
        size_t of_hip = strcspn(rows[i].scope, "|");
        snprintf(clause, sizeof(clause), "  leg.care:\n    - %s", rows[i].leg);
        snprintf(scope, sizeof(scope), "scope: {include: hip.care, prorate: [SHORT_STAY]%.*s}", (int)of_hip,
                 rows[i].scope);
        snprintf(leg, sizeof(leg), "scope: {include: leg.care%s}",
                 rows[i].scope[of_hip] ? rows[i].scope + of_hip + 1 : "");
        cr_assert(replaced(small_book, "  leg.care:\n    - {care_type: ACTIVITY, care_code: \"0335*\"}",
                           clause, a, sizeof(a)));
        cr_assert(replaced(a, "scope: {include: hip.care, prorate: [SHORT_STAY]}", scope, b, sizeof(b)));
        cr_assert(replaced(b, "scope: {include: leg.care}", leg, a, sizeof(a)));
        cr_assert(replaced(a, "  - {pair: [hip, leg], lines: {prefer: hip}}\n", "", b, sizeof(b)));
        struct collected found = { 0 };
        const struct book *book = book_read_text("book.yaml", bytes_of(b), collect, &found);
        cr_expect((book == NULL) == rows[i].refused, "%s: found%s", rows[i].label, collected_text(&found));
        cr_expect(!rows[i].refused || (found.count == 1 && strcmp(found.items[0].code, "E034") == 0),
                  "%s: found%s", rows[i].label, collected_text(&found));
        book_free(book);
    }
}

#define SOUTH "insurers: [3312], from: 2025-01-01, until: 2026-12-31"
Test(book_mistakes, are_not_seen_at_the_edges)
{
    static const struct {
        const char *label, *from, *to;
    } rows[] = {
        { "contracts of other insurers", SOUTH, "insurers: [3314], from: 2025-01-01, until: 2026-12-31" },
        { "contracts of other providers", SOUTH,
          "insurers: [3311], providers: [\"06020201\"], from: 2025-01-01, until: 2026-12-31" },
        { "contracts, the day before", SOUTH, "insurers: [3311], from: 2025-01-01, until: 2025-01-31" },
        { "contracts, the day after", SOUTH, "insurers: [3311], from: 2025-12-01, until: 2026-12-31" },
        { "extend as long as the window", "max_days: 120", "max_days: 90" },
        { "from_day equal to to_day", "from_day: -9, to_day: 0", "from_day: 0, to_day: 0" },
        { "a stratum of one age", "min_age: 65, max_age: 79",
          "min_age: 65, max_age: 65, amount: 1}\n        - {label: x, min_age: 66, max_age: 79" },
        { "a day of one date", "until: 2025-11-30", "until: 2025-02-01" },
        { "a name of 64 bytes", "name: Hip fracture",
          "name: Hip nameHip nameHip nameHip nameHip nameHip nameHip nameHip name" },
        { "an id of 64 bytes", "id: hip-north",
          "id: abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg." },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[sizeof(small_book) + 256];
        struct collected found = { 0 };
        cr_assert(replaced(small_book, rows[i].from, rows[i].to, text, sizeof(text)), "%s", rows[i].label);
        const struct book *book = book_read_text("book.yaml", bytes_of(text), collect, &found);
        cr_expect(book != NULL, "%s: found%s", rows[i].label, collected_text(&found));
        book_free(book);
    }
}

Test(book_mistakes, are_all_reported_up_to_fifty)
{
    struct collected found = { 0 };
    static const char text[] =
        "book: 12\nhorizon_days: 0\nwaiting_days: x\ncriteria: {a: [{care_type: NO}]}\nbundles: [{id: A}]\n";
    cr_expect(book_read_text("book.yaml", bytes_of(text), collect, &found) == NULL);
    cr_expect(found.count == 7, "found%s", collected_text(&found));

    char many[16384] = "book: x\nhorizon_days: 1\nbundles: []\ncriteria:\n";
    for (size_t at = strlen(many), i = 0; i < 200; i++)
        at += (size_t)snprintf(many + at, sizeof(many) - at, "  a%zu: [{care_type: NO}]\n", i);
    found = (struct collected){ 0 };
    cr_expect(book_read_text("book.yaml", bytes_of(many), collect, &found) == NULL);
    cr_expect(found.count == 51 && strcmp(found.items[50].code, "E090") == 0, "%zu found", found.count);
}

Test(book_mistakes, ask_whether_another_name_was_meant)
{
    static const struct {
        const char *from, *to, *meant;
    } rows[] = {
        { "waiting_days:", "waitnig_days:", "did you mean \"waiting_days\"?" },
        { "criterion: leg.opens", "criterion: leg.open", "did you mean \"leg.opens\"?" },
        { "bundle: hip\n", "bundle: hop\n", "did you mean \"hip\"?" },
        { "care_type: SHORT_STAY", "care_type: SHORTSTAY", "did you mean \"SHORT_STAY\"?" },
        { "action: flag", "action: hodl", "did you mean \"hold\"?" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[sizeof(small_book) + 64];
        struct collected found = { 0 };
        cr_assert(replaced(small_book, rows[i].from, rows[i].to, text, sizeof(text)));
        cr_expect(book_read_text("book.yaml", bytes_of(text), collect, &found) == NULL);
        cr_expect(found.count >= 1 && strstr(found.items[0].message, rows[i].meant), "%s: found%s",
                  rows[i].to, collected_text(&found));
    }
    struct collected found = { 0 };
    char text[sizeof(small_book) + 64];
    cr_assert(replaced(small_book, "criterion: leg.opens", "criterion: something.else", text, sizeof(text)));
    book_free(book_read_text("book.yaml", bytes_of(text), collect, &found));
    cr_expect(found.count == 1 && !strstr(found.items[0].message, "did you mean"), "found%s",
              collected_text(&found));
}
