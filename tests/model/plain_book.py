"""A book without the rules that the first thin way of the engine does not have yet (issue 3): what is left is
opening by a, b, c and f, windows of two ends, no sides, one episode takes the whole line, contracts with
strata, thresholds."""
import copy


def plain(raw):
    raw = copy.deepcopy(raw)
    for bundle in raw["bundles"]:
        for d in bundle["definitions"]:
            d["sides"] = "none"
            for name in ("excludes", "expects", "outcomes", "measures", "signals", "weight"):
                d.pop(name, None)
            for name in ("confirm", "attribute", "quiet_days"):
                d["opens"].pop(name, None)
            for name in ("extend", "end"):
                d["closes"].pop(name, None)
            d["scope"].pop("prorate", None)
    if raw.get("overlaps"):                        # the best-ranked takes the line
        raw["overlaps"] = [{"pair": c["pair"], "lines": "first"}
                           for c in raw["overlaps"]
                           if c["pair"][0] != c["pair"][1]]
    for contract in raw.get("contracts") or []:
        for name in ("price_criterion", "price_by_days", "loose", "projection_margin", "outlier_permille",
                     "stop_loss"):
            contract.pop(name, None)
        contract["budget"].pop("factors", None)
    return raw
