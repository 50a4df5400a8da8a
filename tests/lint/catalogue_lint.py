#!/usr/bin/env python3
"""Checks that the message catalogues (services/xmpp-edge/po) say everything that users read.

usage: catalogue_lint.py            prints what is missing, fuzzy, obsolete or has other $0...$9 than
                                    the English, and literals that stand where no catalogue is made
                                    from; exit status 1 if there is any
       catalogue_lint.py --update   merges the words of the sources into every catalogue; what is
                                    new waits there with an empty msgstr
"""

import ast
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from sources import ROOT, sources

PO = ROOT / "services/xmpp-edge/po"
# The edge's words stand together here; what other code says goes through Word().
TEXTS = "services/xmpp-edge/texts/"
STRAY = re.compile(r'\bwords_?(?:\.|->)(Say|Plural)\(\s*"')
# What xgettext can't read: it would be missing from every catalogue, unnoticed.
NO_LITERAL = re.compile(r'\bwords\.(Say|Plural)\(\s*[^"\s]')
PLACEHOLDER = re.compile(r"\$[0-9]")


def placeholders(text):
    return set(PLACEHOLDER.findall(text))


def run(*command):
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{command[0]}: {result.stderr}")
    return result.stdout


def extract(pot):
    """The words of the sources, as a template for the catalogues."""
    common = ["xgettext", "--language=C++", "--from-code=UTF-8", "--add-comments=TRANSLATORS",
              "--sort-output", "--no-wrap", "--package-name=postern", "--keyword"]
    code = [str(s) for s in sources() if not str(s).startswith(("tests/", "bench/"))]
    texts = [name for name in code if name.startswith(TEXTS)]
    run(*common, "--keyword=Say:1", "--keyword=Plural:1,2", "-o", pot, *texts)
    run(*common, "--keyword=Word:1", "--join-existing", "-o", pot, *code)
    # Without a charset, msgmerge and msgcmp take it for ASCII.
    template = Path(pot)
    template.write_text(template.read_text().replace("charset=CHARSET", "charset=UTF-8"))


def entries(po):
    """Of each entry: what stands before it, its msgid, and every msgid and msgstr in it."""
    for block in re.split(r"\n{2,}", po.read_text()):
        strings, flags = [], []
        for line in block.splitlines():
            if line.startswith("#"):
                flags.append(line)
            elif match := re.match(r'(msg\S+) (".*")$', line):
                strings.append([match[1], ast.literal_eval(match[2])])
            elif strings and line.startswith('"'):
                strings[-1][1] += ast.literal_eval(line)
        if strings and strings[0][1]:
            yield flags, strings[0][1], strings


def complaints(po, wanted):
    name = po.relative_to(ROOT)
    check = subprocess.run(["msgfmt", "--check", "-o", "/dev/null", str(po)], capture_output=True,
                           text=True)
    if check.returncode or check.stderr:
        yield f"{name}: {check.stderr.strip()}"
    if "\n#~ " in po.read_text():
        yield f"{name}: holds obsolete words; run tests/lint/catalogue_lint.py --update"
    known = {}
    for flags, msgid, strings in entries(po):
        known[msgid] = strings
        if any(flag.startswith("#,") and "fuzzy" in flag for flag in flags):
            yield f"{name}: fuzzy: {msgid!r}"
        one, *_, many = [placeholders(text) for key, text in strings if key[:5] == "msgid"] * 2
        for key, text in strings:
            # The first plural form may be that of one alone, which need not be counted.
            said = key in ("msgid", "msgstr[0]") and placeholders(text) == one
            if key.startswith("msgstr") and not text:
                yield f"{name}: not translated: {msgid!r}"
            elif not said and placeholders(text) != many:
                yield f"{name}: other placeholders than the English: {key} {text!r}"
    for msgid, strings in wanted.items():
        if msgid not in known:
            yield f"{name}: missing: {msgid!r}"
        elif ("msgid_plural" in dict(strings)) != ("msgid_plural" in dict(known[msgid])):
            yield f"{name}: plural in only one place: {msgid!r}"
    for msgid in known.keys() - wanted.keys():
        yield f"{name}: said nowhere: {msgid!r}"


def stray_literals():
    for source in sources():
        if not str(source).startswith("services/"):
            continue
        at_home = str(source).startswith(TEXTS)
        text = (ROOT / source).read_text()
        for match in (NO_LITERAL if at_home else STRAY).finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            where = "only literals can be translated" if at_home else f"belongs in {TEXTS}"
            if at_home and match[1] == "Say" and text.startswith("words::", match.end() - 1):
                continue  # a Wording, whose literal stands where it was made
            yield f"{source}:{line}: {where}: {text[match.start():match.start() + 60]!r}"


def update(pot):
    for po in sorted(PO.glob("*.po")):
        run("msgmerge", "--no-fuzzy-matching", "--sort-output", "--no-location", "--no-wrap",
            "--quiet", "-o", str(po), str(po), pot)
        run("msgattrib", "--no-obsolete", "--sort-output", "--no-location", "--no-wrap", "-o",
            str(po), str(po))
        # These would change at each run.
        lines = po.read_text().splitlines(keepends=True)
        po.write_text("".join(line for line in lines if not line.startswith(
            ('"Report-Msgid-Bugs-To', '"POT-Creation-Date'))))


def main():
    with tempfile.TemporaryDirectory() as folder:
        pot = str(Path(folder) / "postern.pot")
        extract(pot)
        if "--update" in sys.argv[1:]:
            update(pot)
            return 0
        wanted = {msgid: strings for _, msgid, strings in entries(Path(pot))}
    found = list(stray_literals())
    for po in sorted(PO.glob("*.po")):
        found += complaints(po, wanted)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
