#!/usr/bin/env python3
"""Checks that the C++ sources are as clang-format writes them.

usage: format_lint.py [--fix]       prints the files that are not, exit status 1 if there are any;
                                    --fix rewrites them
"""

import subprocess
import sys

from sources import ROOT, sources


def main():
    files = [str(path) for path in sources()]
    if not files:
        return 0
    mode = ["-i"] if "--fix" in sys.argv[1:] else ["--dry-run", "-Werror"]
    result = subprocess.run(["clang-format", *mode, *files], cwd=ROOT, capture_output=True,
                            text=True)
    wrong = sorted({line.split(":")[0] for line in result.stderr.splitlines()
                    if "clang-format-violations" in line})
    print("\n".join(f"{path}: run tests/lint/format_lint.py --fix" for path in wrong))
    return 1 if result.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
