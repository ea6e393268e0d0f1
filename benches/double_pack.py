#!/usr/bin/env python3
"""Writes a rule file with a twin of every built-in token rule, for `caulk scan PATH --rules FILE`.

A scan with it has twice the keywords and twice the patterns, so the difference to a scan without it is
what rules cost. Letters of keywords, patterns and examples change places with letters about as common,
so a twin's keyword is none of the built-in ones and stands about as often in text. What only makes sense
for the real token (offline checks, pairs, samples) is left out. Where an example is made whole from a real
token's structure, it does not hold for the twin; `caulk rules test` says so, loading does not mind.

    python3 benches/double_pack.py > double.toml
"""

import json
import pathlib
import re
import sys
import tomllib

TOKENS = pathlib.Path(__file__).resolve().parent.parent / "rules" / "tokens"
# Neighbours in the order of commonness.
PAIRS = "et ao in sr hl dc um fp gw yb vk xj qz"
KEPT = ["severity", "confidence", "short_keyword", "ignore_case", "alphabet", "surfaces",
        "min_entropy", "public", "dead"]


def table():
    swaps = {}
    for a, b in PAIRS.split():
        swaps |= {a: b, b: a, a.upper(): b.upper(), b.upper(): a.upper()}
    return swaps


SWAPS = table()


def swapped(text):
    return "".join(SWAPS.get(letter, letter) for letter in text)


# What of a pattern is no letter of its own: escapes, heads of groups, counts, ranges.
SYNTAX = re.compile(r"\\x[0-9A-Fa-f]{2}|\\.|\(\?P?<\w+>|\(\?[a-z-]*[:)]|\{[0-9,]+\}|[0-9A-Za-z]-[0-9A-Za-z]")


def pattern_of(pattern):
    out, at, in_class = "", 0, False
    while at < len(pattern):
        syntax = SYNTAX.match(pattern, at)
        # A dash makes a range inside brackets only.
        if syntax and (in_class or syntax[0][1:2] != "-"):
            out, at = out + syntax[0], syntax.end()
            continue
        letter = pattern[at]
        in_class = letter == "[" or (in_class and letter != "]")
        out, at = out + SWAPS.get(letter, letter), at + 1
    return out


def template_of(template):
    """Text changes, directives do not."""
    parts = re.split(r"(<<|<[^>]*>)", template)
    return "".join(part if part.startswith("<") else swapped(part) for part in parts)


def twin(rule):
    made = {"id": f"twin-{rule['id']}", "title": f"Twin of: {rule['title']}"}
    made |= {key: rule[key] for key in KEPT if key in rule}
    made |= {key: [swapped(word) for word in rule[key]] for key in ("near", "public_beside") if key in rule}
    made["keywords"] = [swapped(word) for word in rule["keywords"]]
    made["pattern"] = pattern_of(rule["pattern"])
    made["prefix"] = swapped(rule.get("prefix", ""))
    made["impact"] = "None: it exists to be measured."
    made["revoke"] = "Nothing to do"
    made["matches"] = [template_of(text) for text in rule["matches"]]
    made["ignores"] = [template_of(text) for text in rule["ignores"]]
    return made


def main():
    rules = []
    for path in sorted(TOKENS.glob("*.toml")):
        rules += tomllib.loads(path.read_text(encoding="utf-8")).get("rule", [])
    rules = [rule for rule in rules if rule.get("pattern")]
    known = {word for rule in rules for word in rule["keywords"]}
    print('schema = 1\n\n[vendor]\nid = "twin"\nname = "Twin"')
    for rule in map(twin, rules):
        same = known.intersection(rule["keywords"])
        if same:
            print(f"{rule['id']}: left out, {sorted(same)} are keywords already", file=sys.stderr)
            continue
        print("\n[[rule]]")
        for key, value in rule.items():
            print(f"{key} = {json.dumps(value, ensure_ascii=False)}")


if __name__ == "__main__":
    main()
