#!/usr/bin/env python3
"""Checks that docs/operators.md tells of every metric, and of none that there is not.

usage: metrics_lint.py      prints what is missing or no longer there, exit status 1 if anything is
"""

import re
import sys

from sources import ROOT, sources

PAGE = "docs/operators.md"
DECLARED = re.compile(r'metrics::(?:Counter|Gauge|Seconds)\(\s*"(\w+)"')
TOLD = re.compile(r"`(postern_\w+)`")


def main():
    declared = {name for path in sources() if path.parts[0] in ("lib", "services")
                for name in DECLARED.findall((ROOT / path).read_text())}
    told = set(TOLD.findall((ROOT / PAGE).read_text()))
    problems = [f"{PAGE}: does not tell of {name}" for name in sorted(declared - told)]
    problems += [f"{PAGE}: there is no metric {name}" for name in sorted(told - declared)]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
