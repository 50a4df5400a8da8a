#!/usr/bin/env python3
"""Finds what g++ 12.2 destroys twice: a braced value, a capturing lambda or a conditional (c ? a : b)
that makes a value, written inside a co_await expression.

usage: coawait_lint.py [FILE...]    all sources when none is named; prints file:line for each find,
                                    exit status 1 if there is any
"""

import re
import sys

from sources import ROOT, sources


# A conditional between constants makes nothing that is destroyed.
CONSTANT = r"(k[A-Z]\w*|\d+|std::chrono::\w+\(\d+\))"
CONSTANT_CHOICE = re.compile(rf"\?\s*{CONSTANT}\s*:\s*{CONSTANT}")


def call_text(source, start):
    """The argument text of the call that follows co_await."""
    opening, semicolon = source.find("(", start), source.find(";", start)
    if opening < 0 or 0 <= semicolon < opening:
        return ""
    depth, i = 0, start
    while i < len(source):
        char = source[i]
        if char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth < 0:
                break
        elif depth == 0 and (char == ";" or (char == "{" and source[i - 1].isspace())):
            break
        i += 1
    return source[opening:i]


def without_strings_and_comments(source):
    # Raw strings keep their line ends, so that line numbers stay true.
    source = re.sub(r'R"(\w*)\((.*?)\)\1"', lambda raw: '""' + "\n" * raw[0].count("\n"), source,
                    flags=re.DOTALL)
    source = re.sub(r'"(\\.|[^"\\\n])*"', '""', source)
    return re.sub(r"//.*", "", source)


def finds(path):
    source = without_strings_and_comments((ROOT / path).read_text())
    for match in re.finditer(r"\bco_await\b", source):
        text = call_text(source, match.end())
        if ("{" in text or re.search(r"(?<![\w\])])\[[^\]]*\w", text)
                or "?" in CONSTANT_CHOICE.sub("", text)):
            line = source.count("\n", 0, match.start()) + 1
            yield f"{path}:{line}: name the value on the line before co_await: {text[:60]!r}"


def main():
    found = [find for path in sys.argv[1:] or sources() for find in finds(path)]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
