"""Programs leave instant messages as files in a folder (MDaemon's IM-n.SEM), and Jabber users get
them: once, whatever ends in between."""

import itertools
import time

import pytest

from mails import unique
from servers.daemon import wait_until

_numbers = itertools.count(1)
COMES = 10  # seconds; the folder is looked at every second, and a file has to be two seconds old


@pytest.fixture
def spool(postern):
    yield postern.spool_folder
    for path in [*postern.spool_folder.glob("*"), *postern.spool_folder.glob("failed/*")]:
        if path.is_file():
            path.unlink()


def message(text, *to, sender="backup@team.test"):
    return "".join(f"To: {jid}\r\n" for jid in to) + f"From: {sender}\r\n\r\n{text}\r\n"


def leave(spool, content, locked=False):
    """The message's file."""
    stem = f"IM-{next(_numbers)}"
    if locked:
        (spool / f"{stem}.LCK").touch()
    (spool / f"{stem}.SEM").write_text(content)
    return spool / f"{stem}.SEM"


def count(member, text):
    return sum(text in body for body in member.client.bodies())


def edge_of(postern):
    return "edge" if "edge" in postern.parts else "postern"


def await_gone(path):
    wait_until(lambda: not path.exists(), COMES, f"{path.name} to be dealt with", pause=0.1)


def test_a_message_waits_for_its_lock_and_comes_once(juliet, spool):
    text = unique("the backup is complete")
    file = leave(spool, message(f"{text} $SENDER$", juliet.jid), locked=True)
    time.sleep(4)
    assert file.exists() and count(juliet, text) == 0
    file.with_suffix(".LCK").unlink()
    sender = juliet.address_contact("backup@team.test")
    chat = juliet.client.await_message(text, sender=sender, type="chat", seconds=COMES)
    assert chat.body == f"{text} $SENDER$"
    await_gone(file)
    time.sleep(2)
    assert count(juliet, text) == 1
    assert not list(spool.glob("*.work.*"))


def test_without_a_lock_it_comes_when_it_is_written_and_to_all_receivers(juliet, new_member, spool):
    romeo = new_member("romeo")
    text = unique("tea is ready")
    leave(spool, message(text, juliet.jid, romeo.jid, juliet.jid))
    for member in (juliet, romeo):
        member.client.await_message(text, seconds=COMES)
    time.sleep(2)
    assert count(juliet, text) == count(romeo, text) == 1


def test_a_restart_in_the_midst_loses_nothing_and_doubles_nothing(juliet, postern, spool):
    waiting, taken = unique("waits for its lock"), unique("was taken before")
    file = leave(spool, message(waiting, juliet.jid), locked=True)
    # What an edge leaves behind that is killed before it has told it.
    left = spool / f"IM-{next(_numbers)}.SEM.work.0123456789"
    left.write_text(message(taken, juliet.jid))
    time.sleep(2)
    postern.kill(edge_of(postern))
    file.with_suffix(".LCK").unlink()
    postern.revive(edge_of(postern))
    postern.await_ready()
    juliet.client.await_message(waiting, seconds=20)
    juliet.client.await_message(taken, seconds=40)
    await_gone(file)
    await_gone(left)
    time.sleep(2)
    assert count(juliet, waiting) == count(juliet, taken) == 1


def test_what_can_not_be_told_is_put_aside_with_the_reason(juliet, spool):
    text = unique("never told")
    wrong = {
        leave(spool, message(text)): "there is no To: line",
        leave(spool, message(text, juliet.jid, sender="x@elsewhere.test")):
            "From: elsewhere.test is not a domain of --im-spool-domains",
        leave(spool, message("", juliet.jid)): "there is no text",
        leave(spool, message(text, juliet.gateway)): "line 1: To: is no address",
        leave(spool, message(text, f"x@{juliet.gateway}")): "an address of this gateway",
        leave(spool, message(text, f"nobody@{juliet.jid.partition('@')[2]}")):
            "the server sent it back: service-unavailable",
    }
    for file, reason in wrong.items():
        await_gone(file)
        aside = spool / "failed" / file.name
        wait_until(aside.with_name(f"{file.name}.why").exists, COMES, "the reason", pause=0.1)
        assert reason in aside.with_name(f"{file.name}.why").read_text()
        assert "From: " in aside.read_text()
    assert count(juliet, text) == 0
    other = spool / "XM-1.SEM"
    other.write_text(message(text, juliet.jid))
    time.sleep(4)
    assert other.exists() and count(juliet, text) == 0
