#!/usr/bin/env python3
"""Runs Pigeonhole's own test-suite, from Debian's source package of Dovecot, with our engine.

usage: run_pigeonhole.py --driver PROGRAM [--update] [--source FOLDER] [--skip-without-source]

The source is fetched by apt from where this machine has its packages from, and kept outside of
the repository. Each test block passes, or is in expected.txt with the reason why it does not; a
block that newly fails or newly passes fails this test, and so does a total under 388.
  --update               writes expected.txt anew; blocks without a reason get a ?, which fails
  --source FOLDER        the unpacked folder of Pigeonhole, instead of Debian's
  --skip-without-source  exit status 77 instead of 1 where the source can't be had
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXPECTED = HERE / "expected.txt"
AT_LEAST = 388
# Kept from run to run, so that a mirror is asked once.
CACHE = Path(os.environ.get("POSTERN_PIGEONHOLE_DIR",
                            Path(tempfile.gettempdir()) / "postern-pigeonhole"))
HEAD = """# The blocks of Pigeonhole's suite (dovecot {version}) that don't pass, each with the reason.
# Written by run_pigeonhole.py --update, which keeps the reasons.
# file: block :: reason
"""


class NoSource(Exception):
    pass


def sources_list():
    """deb-src lines for what this machine has deb lines of, signed by the same keys."""
    found = set()
    for path in Path("/etc/apt/sources.list.d").glob("*.sources"):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            fields = dict(re.findall(r"^([\w-]+):\s*(.*)$", stanza, re.MULTILINE))
            if "debian" not in fields.get("URIs", ""):
                continue
            key = f" [signed-by={fields['Signed-By']}]" if "Signed-By" in fields else ""
            for suite in fields.get("Suites", "").split():
                found.add(f"deb-src{key} {fields['URIs'].split()[0]} {suite} main")
    for path in [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*.list")]:
        if not path.exists():
            continue
        for line in path.read_text().splitlines():
            match = re.match(r"deb(?:-src)?\s+(\[[^]]*\]\s+)?(\S*debian\S*)\s+(\S+)\s", line)
            if match:
                found.add(f"deb-src {match[1] or ''}{match[2]} {match[3]} main")
    return "\n".join(sorted(found)) + "\n"


def apt(folder, command, *arguments):
    """apt with lists and a cache of its own: this machine's are left as they are."""
    options = {"Dir::Etc::sourcelist": folder / "sources.list", "Dir::Etc::sourceparts": "/dev/null",
               "Dir::State::lists": folder / "lists", "Dir::Cache": folder / "cache",
               "APT::Sandbox::User": "root", "Acquire::Languages": "none"}
    words = ["apt-get", "-q", "-y"]
    for name, value in options.items():
        words += ["-o", f"{name}={value}"]
    answer = subprocess.run([*words, command, *arguments], capture_output=True, text=True,
                            cwd=folder, timeout=280)
    if answer.returncode:
        raise NoSource(f"apt-get {command}: {answer.stderr.strip()[-1000:]}")


def fetch(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "sources.list").write_text(sources_list())
    apt(folder, "update")
    # Their hashes are in the signed lists; the description and the patches are of no use here.
    apt(folder, "source", "--download-only", "--tar-only", "dovecot")


def pigeonhole():
    """The archive of Pigeonhole within Debian's dovecot."""
    def look():
        return sorted(CACHE.glob("dovecot_*.orig-pigeonhole.tar.*"))
    if not look():
        try:
            fetch(CACHE)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoSource(str(error)) from error
    archives = [path for path in look() if not path.name.endswith(".asc")]
    if not archives:
        raise NoSource("Debian's dovecot has no archive of Pigeonhole")
    return archives[-1]


def run_suite(driver, tests):
    """(file, block) -> why it fails; "" when it passes. Blocks of one name are numbered."""
    files = sorted(str(path.relative_to(tests)) for path in tests.rglob("*.svtest"))
    results = {}
    for name in files:
        answer = subprocess.run([driver, name], cwd=tests, capture_output=True, timeout=60)
        if answer.returncode:
            said = answer.stderr.decode(errors="replace").strip()[-500:]
            results[name, "(whole file)"] = f"the driver ended with {answer.returncode}: {said}"
            continue
        for line in answer.stdout.decode(errors="replace").splitlines():
            verdict, _, _, block, why = line.split("\t")
            number, label = 1, block
            while (name, label) in results:
                number += 1
                label = f"{block} #{number}"
            results[name, label] = "" if verdict == "pass" else why or "failed"
    return results


def read_expected():
    expected = {}
    if EXPECTED.exists():
        for line in EXPECTED.read_text().splitlines():
            if line and not line.startswith("#"):
                place, _, reason = line.partition(" :: ")
                name, _, block = place.partition(": ")
                expected[name, block] = reason
    return expected


def update(results, expected, version):
    lines = [f"{name}: {block} :: {expected.get((name, block)) or '? ' + why}\n"
             for (name, block), why in sorted(results.items()) if why]
    EXPECTED.write_text(HEAD.format(version=version) + "".join(lines))


def judge(results, expected):
    complaints = []
    for place, why in sorted(results.items()):
        label = ": ".join(place)
        if why and place not in expected:
            complaints.append(f"fails: {label}: {why}")
        elif not why and place in expected:
            complaints.append(f"passes, strike it from expected.txt: {label}")
        elif why and (not expected[place] or expected[place].startswith("?")):
            complaints.append(f"has no reason in expected.txt: {label}")
    complaints += [f"is no more in the suite: {': '.join(place)}"
                   for place in sorted(expected) if place not in results]
    passed = sum(not why for why in results.values())
    print(f"{passed} of {len(results)} test blocks pass, "
          f"{len(results) - passed} don't ({len(expected)} of them expected)")
    if passed < AT_LEAST:
        complaints.append(f"{AT_LEAST} have to pass")
    return complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver", required=True, type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--source", type=Path)
    parser.add_argument("--skip-without-source", action="store_true")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="postern-suite-") as unpacked:
        source, version = options.source, "unpacked"
        if not source:
            try:
                archive = pigeonhole()
            except NoSource as error:
                print(f"NO SOURCE: Pigeonhole's suite was NOT run: {error}", file=sys.stderr)
                return 77 if options.skip_without_source else 1
            subprocess.run(["tar", "-xf", archive, "-C", unpacked, "--strip-components=1"], check=True)
            source, version = Path(unpacked), archive.name.split("_")[1].split(".orig")[0]
        results = run_suite(options.driver, source.resolve() / "tests")
    expected = read_expected()
    if options.update:
        update(results, expected, version)
        expected = read_expected()
    complaints = judge(results, expected)
    print("\n".join(complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
