#!/usr/bin/python3
"""What rules cost for each mail, beside Pigeonhole on the same scripts.

usage: bench/rules.py [--runs N] [--seconds S] [--quick]

Three shapes of 1,000 rules that all miss on a text mail of 20 KB: header rules, body rules, both
together; and 50 rules as users have them. Ours is CPU time from the bytes on, taking the mail apart
included. Pigeonhole's is what CPU time of sieve-test (package dovecot-sieve) grows by from a script of
one such rule to that of all: neither the start of the process nor reading the mail is in it.
"""

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from yard import BIN, median, spread, table

LIMIT_MICROSECONDS = 100  # 1,000 header and 1,000 body rules
RATIO = 500               # times Pigeonhole, the same
TYPICAL_RATE = 50_000     # mails a second and core, 50 rules
NOBODY = 65534

HEADER_RULE = 'if header :contains "subject" "offer number {0} of" {{ fileinto "Folder{0}"; }}\n'
BODY_RULE = 'if body :text :contains "contract {0} ends" {{ fileinto "Body{0}"; }}\n'
REQUIRE = 'require ["fileinto", "body", "imap4flags", "regex"];\n'


def script(header, body):
    """Header and body rules by turns."""
    text = REQUIRE
    for i in range(max(header, body)):
        text += HEADER_RULE.format(i) if i < header else ""
        text += BODY_RULE.format(i) if i < body else ""
    return text


def typical_script():
    """As users have them: mailing lists, senders, subjects, a few flags; the third list matches."""
    text = REQUIRE
    for i in range(20):
        text += (f'if header :contains "list-id" "<list{i}.lists.example.org>" '
                 f'{{ fileinto "Lists/list{i}"; stop; }}\n')
    for i in range(15):
        text += (f'if address :is "from" ["sender{i}@shop{i}.example.com", "news@shop{i}.example.net"] '
                 f'{{ fileinto "Shops"; addflag "shop{i}"; }}\n')
    for i in range(8):
        text += f'if address :domain "from" "company{i}.example" {{ addflag "\\\\Flagged"; }}\n'
    for i in range(5):
        text += (f'if anyof (header :contains "subject" "[ticket-{i}]", header :matches "subject" '
                 f'"*invoice {i}*") {{ fileinto "Work"; }}\n')
    text += 'if header :regex "subject" "(win|won) [0-9]+ (dollars|euros)" { discard; }\n'
    text += 'if allof (size :over 2M, header :contains "subject" "photos") { fileinto "Big"; }\n'
    return text


HEADER = """Return-Path: <bob@example.net>
Received: from mx.example.net (mx.example.net [192.0.2.7]) by mail.example.org with ESMTPS id 4f8a;
\tMon, 05 Jan 2026 10:00:03 +0100
Received: from desk.example.net by mx.example.net with ESMTPSA; Mon, 05 Jan 2026 10:00:01 +0100
DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=mail; h=from:to:subject:date;
\tbh=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=; b=dGhpcyBpcyBubyBzaWduYXR1cmU=
Message-ID: <20260105.4711@desk.example.net>
Date: Mon, 05 Jan 2026 10:00:00 +0100
From: Bob Builder <bob@example.net>
To: Ann Example <ann@example.org>, Carl <carl@example.com>
Subject: Re: the plan for the week after next
List-Id: People who plan <list{0}.lists.example.org>
User-Agent: Mozilla Thunderbird
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

"""


def mail(size, list_number):
    """Lines of made-up words, the same each time."""
    words = random.Random(7)
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    text = HEADER.format(list_number)
    while len(text) < size:
        line = " ".join("".join(words.choices(letters, range(26, 0, -1), k=words.randint(2, 9)))
                        for _ in range(11))
        text += line + "\n"
    return text.replace("\n", "\r\n").encode()


def ours(place, name, source, message, seconds):
    (place / f"{name}.sieve").write_text(source)
    told = subprocess.run(
        [BIN / "bench_rules_speed", place / f"{name}.sieve", message, str(seconds)],
        check=True, capture_output=True, text=True).stdout.split()
    return float(told[0]), float(told[1])


# Dovecot wants a home and a user, and asks for no more.
CONFIG = """mail_location = mbox:{place}/mail
mail_home = {place}
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 0
log_path = /dev/null
plugin {{
  sieve_max_actions = 0
}}
"""


def sieve_test_cpu(place, name, source, message, times):
    """Microseconds of one run, the best of several."""
    path = place / f"{name}.sieve"
    path.write_text(source)
    configuration = place / "dovecot.conf"
    configuration.write_text(CONFIG.format(place=place, uid=os.getuid() or NOBODY,
                                           gid=os.getgid() or NOBODY))
    subprocess.run(["sievec", "-c", configuration, path], check=True)
    command = ["sieve-test", "-c", configuration, "-f", "bob@example.net", "-a", "ann@example.org",
               path, message]
    took = []
    for _ in range(times):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert "Performed actions" in told, told
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return 1e6 * min(took)


def pigeonhole(place, name, header, body, message, times):
    all_rules = sieve_test_cpu(place, name, script(header, body), message, times)
    one_rule = sieve_test_cpu(place, f"{name}-1", script(min(header, 1), min(body, 1)), message, times)
    return all_rules - one_rule


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each of our figures")
    parser.add_argument("--quick", action="store_true", help="one run: whether it works")
    chosen = parser.parse_args()
    if not shutil.which("sieve-test"):
        sys.exit("sieve-test is missing: apt install dovecot-sieve")
    runs = 1 if chosen.quick else chosen.runs
    shapes = [("1,000 header rules", 1000, 0), ("1,000 body rules", 0, 1000),
              ("1,000 of each", 1000, 1000)]
    figures = {name: [] for name, _, _ in shapes}
    typical, compiled = [], []
    with tempfile.TemporaryDirectory(prefix="postern-rules-") as folder:
        place = Path(folder)
        place.chmod(0o777)  # sieve-test gives up root
        large, small = place / "large.eml", place / "small.eml"
        large.write_bytes(mail(20_000, 99))
        small.write_bytes(mail(4_000, 2))
        for _ in range(runs):
            for name, header, body in shapes:
                file_name = name.replace(" ", "-").replace(",", "")
                mine, prepared = ours(place, file_name, script(header, body), large, chosen.seconds)
                theirs = pigeonhole(place, "p" + file_name, header, body, large, 5 if chosen.quick else 15)
                figures[name].append((mine, theirs, theirs / mine))
                compiled.append(prepared)
            typical.append(1e6 / ours(place, "typical", typical_script(), small, chosen.seconds)[0])
    table("microseconds for each mail of 20 KB",
          ["rules, all miss", "ours", "Pigeonhole", "times"],
          [[name, *(spread(column) for column in zip(*rows))] for name, rows in figures.items()])
    print(f"50 typical rules, a mail of 4 KB: {spread(typical, '{:.0f}')} mails a second and core")
    print(f"compiling and preparing them: {max(compiled):.0f} ms at most")
    mine, _, ratio = (median(column) for column in zip(*figures["1,000 of each"]))
    failed = [text for met, text in [
        (mine <= LIMIT_MICROSECONDS, f"{mine:.1f} µs for 1,000 of each: over {LIMIT_MICROSECONDS}"),
        (ratio >= RATIO, f"{ratio:.0f} times Pigeonhole: under {RATIO}"),
        (median(typical) >= TYPICAL_RATE, f"{median(typical):.0f} mails a second: under {TYPICAL_RATE}"),
    ] if not met]
    print("\n".join(failed) or "all met")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
