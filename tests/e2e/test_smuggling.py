"""One mail arrives for each that is sent, whatever is in it (CVE-2023-51764 and its family).

POSTERN_MUTANTS=10000 tries more of them."""

import os
import random
import smtplib
from collections import Counter

import pytest

from servers.certificates import Authority
from servers.daemon import wait_until
from servers.postfix import OpenPostfix
from servers.smtp_carrier import carry
from servers.strict_sink import StrictSink

MUTANTS = int(os.environ.get("POSTERN_MUTANTS", "300"))
SEED = int(os.environ.get("POSTERN_SEED", random.randrange(1 << 30)))


@pytest.fixture(scope="module")
def sink():
    sink = StrictSink().start()
    yield sink
    sink.stop()


@pytest.fixture(scope="module")
def postfix(tmp_path_factory):
    """As Debian has it: it takes a bare LF for a line end. Behind it is a sink of ours."""
    folder = tmp_path_factory.mktemp("smuggling")
    folder.chmod(0o755)
    for parent in folder.parents[:2]:
        parent.chmod(0o755)
    sink = StrictSink(lmtp=True).start()
    postfix = OpenPostfix(folder / "postfix", Authority(folder / "authority"), sink).start()
    postfix.sink = sink
    yield postfix
    postfix.stop()
    sink.stop()


def numbers(mails):
    return Counter(mail.subject for mail in mails)


def all_once(count):
    return Counter(f"mutant {i}" for i in range(count))


def check(mails):
    assert numbers(mails) == all_once(MUTANTS), f"POSTERN_SEED={SEED}"
    for mail in mails:
        assert (mail.sender, mail.recipients) == ("ann@mail.test", ["bob@mail.test"])


@pytest.mark.parametrize("chunking", ["yes", "no"])
def test_a_strict_server_gets_one_mail_for_each_and_nothing_improper(sink, chunking):
    sink.taken.clear()
    sink.commands.clear()
    carried = carry(sink.port, mails=MUTANTS, mutants=SEED, chunking=chunking)
    assert (carried.status, carried.error, carried.sent) == (0, "", MUTANTS)
    assert sink.complaints == []
    check(sink.taken)
    assert any(line.startswith("BDAT") for line in sink.commands) == (chunking == "yes")


@pytest.mark.parametrize("chunking", ["yes", "no"])
def test_debians_postfix_gets_one_mail_for_each(postfix, chunking):
    postfix.sink.taken.clear()
    carried = carry(postfix.submission_port, mails=MUTANTS, mutants=SEED, chunking=chunking)
    assert (carried.status, carried.error, carried.sent) == (0, "", MUTANTS)
    wait_until(lambda: len(postfix.sink.taken) >= MUTANTS, 60 + MUTANTS / 50, "Postfix to deliver")
    check(postfix.sink.taken)


def test_this_postfix_can_be_smuggled_through(postfix):
    """Without this the story above would tell nothing."""
    postfix.sink.taken.clear()
    smtp = smtplib.SMTP("127.0.0.1", postfix.submission_port)
    for command in ("EHLO localhost", "MAIL FROM:<ann@mail.test>", "RCPT TO:<bob@mail.test>", "DATA"):
        smtp.docmd(command)
    smtp.sock.sendall(b"Subject: one\r\n\r\nhi\n.\r\nMAIL FROM:<eve@mail.test>\r\n"
                      b"RCPT TO:<victim@mail.test>\r\nDATA\r\nSubject: two\r\n\r\nboo\r\n.\r\n")
    wait_until(lambda: len(postfix.sink.taken) == 2, 20, "two mails")
    smtp.close()
    assert {mail.sender for mail in postfix.sink.taken} == {"ann@mail.test", "eve@mail.test"}
