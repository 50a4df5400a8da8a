#!/usr/bin/env python3
"""Compares our engine with Pigeonhole's sieve-test (Debian's dovecot-sieve) over random scripts
and mails.

usage: differential.py --ours PROGRAM [--cases N] [--first SEED] [--keep FOLDER] [--seed SEED]

Each case is a script and a mail made from its seed (random_scripts.py); the actions of both
engines are normalised and have to be the same. Differences that the RFCs allow are in ALLOWED,
each with its reason. Exit status 1 when there is any other, with the seed: --seed SEED shows that
case alone, with its files in --keep FOLDER.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import random_scripts

# Dovecot serves no root; `nobody` can read what we write, and writes nothing.
CONFIG = """
mail_location = maildir:/nonexistent
mail_home = /nonexistent
mail_uid = {user}
mail_gid = {group}
log_path = /dev/stderr
ssl = no
plugin {{
  sieve_extensions = +vacation-seconds +editheader
  sieve_max_actions = 64
}}
"""

NOBODY = 65534

# (what the script has, what the mail has) as regular expressions, and why a difference is right then.
CHARACTER = '"?" is one character, and one octet by i;octet alone (RFC 5228 section 2.7.1)'
ALLOWED = [
    (r':matches (?!:comparator "i;octet")[^\n]*"[^"]*\?', r"=(C3|E6)=", CHARACTER),
    (r':matches (?!:comparator "i;octet")[^\n]*[^\x00-\x7F][^\n]*"[^"]*\?', "", CHARACTER),
    (r"(?s)deleteheader [^\n]*:(matches|regex) .*\$\{\d", "",
     "nobody says whether what deleteheader compares sets match variables (RFC 5229 section 3.2)"),
    (r"body (?![^\n]*(:raw|:content |:contains))", "multipart/",
     "the texts of several parts are one string, or several (RFC 5173 section 5.3)"),
    (r"(?s)extracttext .*fileinto [^\n]*\$\{", "",
     "no folder of ours has a line break in its name (extracttext keeps those of the mail)"),
    (r"date [^\n]*:last :zone", "", "Pigeonhole forgets :last in front of :zone (RFC 5260 section 6)"),
    ('"std11"', r"Date: (\w+, )?\d ", "a day has one or two digits (RFC 5322 section 3.3)"),
]


def theirs(folder, name, sender, recipient):
    """What sieve-test does, as a list of lists of words; or why it does nothing."""
    answer = subprocess.run(
        ["sieve-test", "-c", folder / "dovecot.conf", "-f", sender, "-a", recipient,
         folder / f"{name}.sieve", folder / f"{name}.eml"],
        capture_output=True, timeout=30, env={**os.environ, "TZ": "UTC"})
    said = answer.stdout.decode(errors="replace")
    if "final result: failed; resolved with successful implicit keep" in answer.stderr.decode(errors="replace"):
        return [["failed"]], answer.stderr.decode(errors="replace")
    if "Performed actions" not in said:
        return None, answer.stderr.decode(errors="replace") + said
    return normalised_theirs(said), said


def normalised_theirs(said):
    actions, told = [], None
    for line in said.splitlines():
        # What is answered, line by line.
        if line in ("START MESSAGE", "END MESSAGE"):
            told = [] if line.startswith("START") else None
        elif told is not None:
            told.append(line)
            actions[-1][3] = "\n".join(told)
        elif match := re.match(r" \* store message in folder: (.*)", line):
            actions.append(["store", match[1], []])
        elif match := re.match(r" \* redirect message to: (.*)", line):
            actions.append(["redirect", match[1].strip("<>")])
        elif re.match(r" \* discard", line):
            actions.append(["discard"])
        elif match := re.match(r"\s+\+ add (?:IMAP )?flags: (.*)", line):
            if actions and actions[-1][0] == "store":
                actions[-1][2] = sorted(set(match[1].lower().split()))
        elif re.match(r" \* send vacation message:", line):
            actions.append(["vacation", 0, "", ""])
        elif match := re.match(r"    => seconds : (\d+)", line):
            actions[-1][1] = int(match[1])
        elif re.match(r" \* send notification with method 'mailto:':", line):
            actions.append(["notify", "", "", ""])
        elif match := re.match(r"    => importance   : (\d)", line):
            actions[-1][1] = match[1]
        elif match := re.match(r"    => subject      : (.*)", line):
            actions[-1][2] = match[1]
        elif match := re.match(r"       \+ To: (.*)", line):
            actions[-1][3] = match[1]
        elif match := re.match(r"    => subject : (.*)", line):
            actions[-1][2] = match[1]
        elif match := re.match(r" \* reject message with reason: (.*)", line):
            actions.append(["reject", match[1]])
        elif match := re.match(r" \* (.*)", line):
            actions.append(["other", match[1]])
    return [action for action in actions if action != ["other", "(none)"]]


def normalised_ours(document):
    if "error" in document:
        return [["failed"]]
    actions = []
    for action in document["actions"]:
        flags = sorted({flag.lower() for flag in action.get("flags", [])})
        if action["action"] in ("addheader", "deleteheader"):
            continue  # sieve-test tells of no edits: tests behind them show them
        if action["action"] == "keep":
            actions.append(["store", "INBOX", flags])
        elif action["action"] == "fileinto":
            actions.append(["store", action["mailbox"], flags])
        elif action["action"] == "redirect":
            actions.append(["redirect", action["address"]])
        elif action["action"] == "vacation":
            actions.append(["vacation", action["seconds"], action.get("subject", ""), action["reason"]])
        elif action["action"] == "notify":
            actions.append(["notify", action.get("importance", "2"), action["message"],
                            action["method"].removeprefix("mailto:")])
        elif action["action"] == "reject":
            actions.append(["reject", action["reason"]])
        else:
            actions.append([action["action"]])
    return actions


def write_case(folder, seed):
    script, mail, sender, recipient = random_scripts.case(seed)
    (folder / f"{seed}.sieve").write_text(script)
    (folder / f"{seed}.eml").write_bytes(mail)
    return sender, recipient


def run_ours(program, folder, cases):
    lines = "".join(f"{folder}/{seed}.sieve\t{folder}/{seed}.eml\t{sender}\t{recipient}\n"
                    for seed, (sender, recipient) in cases.items())
    answer = subprocess.run([program], input=lines.encode(), capture_output=True, timeout=120,
                            env={**os.environ, "TZ": "UTC"})
    if answer.returncode:
        raise SystemExit(f"{program} ended with {answer.returncode}: {answer.stderr.decode()[-500:]}")
    return dict(zip(cases, map(json.loads, answer.stdout.decode().splitlines())))


def allowed(folder, seed):
    script = (folder / f"{seed}.sieve").read_text()
    mail = (folder / f"{seed}.eml").read_text()
    for in_script, in_mail, why in ALLOWED:
        if re.search(in_script, script) and re.search(in_mail, mail):
            return why
    return None


def compare(program, folder, cases):
    """seed -> (ours, theirs, what was said), of those that differ."""
    ours = run_ours(program, folder, cases)
    different = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = {seed: pool.submit(theirs, folder, seed, *envelope) for seed, envelope in cases.items()}
        for seed, answer in answers.items():
            actions, said = answer.result()
            mine = normalised_ours(ours[seed]) if "actions" in ours[seed] else None
            if actions != mine:
                different[seed] = (ours[seed], actions, said)
    return different


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", required=True, type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    if not shutil.which("sieve-test"):
        print("NO sieve-test: the differential run was NOT made; install dovecot-sieve", file=sys.stderr)
        return 1

    with tempfile.TemporaryDirectory(prefix="postern-sieve-") as temporary:
        folder = (options.keep or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        user, group = (NOBODY, NOBODY) if os.getuid() == 0 else (os.getuid(), os.getgid())
        (folder / "dovecot.conf").write_text(CONFIG.format(user=user, group=group))
        seeds = [options.seed] if options.seed is not None else \
            range(options.first, options.first + options.cases)
        cases = {seed: write_case(folder, seed) for seed in seeds}
        different = compare(options.ours, folder, cases)
        unexplained = {seed: found for seed, found in different.items() if not allowed(folder, seed)}
    for seed, (mine, other, said) in list(unexplained.items())[:10]:
        print(f"case {seed}:\n  ours:   {json.dumps(mine)}\n  theirs: {json.dumps(other)}")
        if other is None or options.seed is not None:
            print(said)
    print(f"{len(cases)} cases: {len(different)} differ, {len(unexplained)} without a reason"
          + (f": {' '.join(map(str, list(unexplained)[:50]))}" if unexplained else ""))
    return 1 if unexplained or len(different) > len(cases) / 20 else 0


if __name__ == "__main__":
    sys.exit(main())
