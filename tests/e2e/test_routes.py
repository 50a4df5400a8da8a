"""By which ways mail goes out, when, and to whom: schedules, routes and aliases."""

import re
import time

import pytest

from mails import unique
from postern import CtlFailed
from servers.daemon import wait_until


@pytest.fixture
def writer(juliet):
    juliet.register_smtp("out")
    return juliet


@pytest.fixture
def aliases(writer):
    """Puts aliases in force."""
    def put(text):
        writer.postern.set_aliases(text)
        time.sleep(2.5)
    yield put
    writer.postern.set_aliases("")


@pytest.fixture
def routes(writer):
    """Puts routes in force."""
    def put(text):
        writer.postern.set_routes(text)
        time.sleep(2.5)
    yield put
    writer.postern.ctl("accounts", "route", f"{writer.jid}/out", "--none")
    writer.postern.set_routes("")


def set_schedule(member, text):
    file = member.postern.folder / "sending.txt"
    file.write_text(text)
    member.postern.ctl("accounts", "sending", f"{member.jid}/out", "--schedule-file", file)


def write(member, subject, to="bob@elsewhere.test", text="Hello Bob"):
    return member.client.send(member.gateway, f"To: {to}\nSubject: {subject}\n\n{text}")


def arrived(member, subject):
    return [(mail.recipients, mail.login) for mail in member.site.recorder.with_subject(subject)]


def script(postern, name, text):
    path = postern.folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return path


def test_mail_goes_at_the_times_of_a_schedule(writer):
    wait_until(lambda: time.time() % 60 < 45, 20, "a minute that is not about to end")
    set_schedule(writer, "[LAN]\ntype: SMTP\n* *:*\n")
    time.sleep(1)
    minute = int(time.time() // 60)
    subject = unique("at the full minute")
    write(writer, subject)
    time.sleep(4)
    assert not arrived(writer, subject)
    writer.site.recorder.await_subject(subject, seconds=70)
    assert int(time.time() // 60) > minute
    writer.postern.ctl("accounts", "sending", f"{writer.jid}/out", "--no-schedule")
    at_once = unique("at once")
    write(writer, at_once)
    writer.site.recorder.await_subject(at_once)


def test_mail_that_waits_for_its_schedule_is_announced_and_can_be_taken_back(writer):
    day = time.strftime("%a", time.gmtime(time.time() + 3 * 86400)).upper()[:2]
    set_schedule(writer, f"[LAN]\ntype: SMTP\n{day} 03:00\n")
    time.sleep(1)
    subject = unique("by its schedule")
    id = write(writer, subject)
    announced = writer.client.await_message("It will be sent on").body
    assert "03:00" in announced or "3:00" in announced
    assert writer.queued()[0]["last_error"] == "waits for its schedule"
    writer.client.send(writer.gateway, "cancel")
    writer.client.await_message(f'Taken back: "{subject}" is not sent to bob@elsewhere.test')
    wait_until(lambda: not writer.queued(), 5, "an empty queue")
    writer.postern.ctl("accounts", "sending", f"{writer.jid}/out", "--no-schedule")
    after = unique("after it")
    write(writer, after)
    writer.site.recorder.await_subject(after)
    assert not arrived(writer, subject)
    assert id not in {chat.receipt_for for chat in writer.client.messages}


def test_mail_goes_when_enough_of_it_waits(writer):
    set_schedule(writer, "2\n")
    time.sleep(1)
    first, second = unique("the first waits"), unique("for the second")
    write(writer, first)
    time.sleep(4)
    assert not arrived(writer, first)
    write(writer, second)
    for subject in (first, second):
        writer.site.recorder.await_subject(subject)


def test_a_retry_by_the_operator_opens_the_gate(writer):
    set_schedule(writer, "999\n")
    time.sleep(1)
    subject = unique("held by its schedule")
    write(writer, subject)
    time.sleep(3)
    assert not arrived(writer, subject)
    writer.postern.ctl("queue", "retry", "--all")
    writer.site.recorder.await_subject(subject)


def test_a_route_brings_its_link_up_and_carries_by_its_relay(writer, routes):
    postern = writer.postern
    log = postern.folder / "links.log"
    up = script(postern, "link-up", f'echo "up $POSTERN_ROUTE $POSTERN_WAITING $1" >> {log}')
    down = script(postern, "link-down", f'echo "down $POSTERN_ROUTE" >> {log}')
    routes(f"[NIGHT]\nrelay: localhost:{writer.site.recorder.port}\nsecurity: tls\n"
           f"login: the-relay\npassword-file: {postern.relay_file}\nsource: 127.0.0.1\n"
           f'up: {up} "$HOME; true"\ndown: {down}\nkeep: 1\n')
    shown = postern.ctl_json("routes", "list")["routes"]
    assert [(route["name"], route["link"]) for route in shown] == [("NIGHT", "LINK_STATE_DOWN")]
    postern.ctl("accounts", "route", f"{writer.jid}/out", "NIGHT")
    subject = unique("by night")
    id = write(writer, subject)
    writer.client.await_receipt(id)
    assert arrived(writer, subject) == [(["bob@elsewhere.test"], "the-relay")]
    assert log.read_text().splitlines()[0] == "up NIGHT 1 $HOME; true"
    # Sessions are kept for a while, and the link with them.
    wait_until(lambda: "down NIGHT" in log.read_text(), 40, "the link to be brought down")
    assert log.read_text().count("up") == 1


def test_mail_waits_for_a_route_whose_link_does_not_come_up(writer, routes):
    postern = writer.postern
    broken = postern.folder / "broken"
    broken.touch()
    up = script(postern, "link-maybe", f"test ! -e {broken}")
    routes(f"[MAYBE]\nup: {up}\n")
    postern.ctl("accounts", "route", f"{writer.jid}/out", "MAYBE")
    subject = unique("when there is a way")
    write(writer, subject)
    wait_until(lambda: postern.ctl_json("routes", "list")["routes"][0].get("link") ==
               "LINK_STATE_FAILED", 10, "the link to fail")
    assert "ended with status 1" in postern.ctl("routes", "list")
    assert not arrived(writer, subject)
    broken.unlink()
    postern.ctl("queue", "retry", "--all")
    assert writer.site.recorder.await_subject(subject, seconds=30).login == writer.address


def test_a_file_of_routes_that_is_edited_under_load_loses_and_doubles_nothing(writer, routes):
    postern = writer.postern
    day = (f"[DAY]\nrelay: localhost:{writer.site.recorder.port}\nsecurity: tls\nlogin: the-relay\n"
           f"password-file: {postern.relay_file}\n")
    other = "[OTHER]\nsource: 127.0.0.1\n"
    routes(day)
    postern.ctl("accounts", "route", f"{writer.jid}/out", "DAY")
    # In turn: another order, a half of it, a wrong word, the way that it had without a relay.
    texts = [other + day, day[:len(day) // 2], day + "nonsense: 1\n", "[DAY]\n" + other, "", day]
    ids = {}
    for i in range(36):
        # Edited every two seconds or so, as often as it is looked at.
        if i % 6 == 0:
            postern.set_routes(texts[i // 6])
        ids[unique("under load")] = None
        subject = list(ids)[-1]
        ids[subject] = write(writer, subject)
        time.sleep(0.35)
    time.sleep(2.5)
    postern.ctl("queue", "flush", "--owner", writer.jid)
    for subject, id in ids.items():
        writer.client.await_receipt(id, seconds=20)
        assert len(arrived(writer, subject)) == 1
    logins = {login for subject in ids for _, login in arrived(writer, subject)}
    assert logins == {"the-relay", writer.address}, "both ways were in use"
    assert not [chat for chat in writer.client.messages if chat.type == "error"]


def test_errors_in_the_files_are_told_and_change_nothing(writer, routes, aliases):
    postern = writer.postern
    routes("[GOOD]\n")
    routes("[GOOD]\nrelay: nowhere\n")
    shown = postern.ctl("routes", "list")
    assert "GOOD" in shown and "routes.txt:2:8: 'nowhere' is not HOST:PORT" in shown
    bad = postern.folder / "bad-aliases"
    bad.write_text("x,a,y\ny,a,x\nbob,z,hunter2\n")
    with pytest.raises(CtlFailed) as refused:
        postern.ctl("aliases", "check", bad, "--local-domain", "team.test")
    assert "bad-aliases:3:5: bad type" in refused.value.message
    assert "hunter2" not in refused.value.message


def seal(postern, kind, text, file):
    """Puts it in the file's place, sealed."""
    plain, sealed = postern.folder / "plain", postern.folder / "sealed"
    plain.write_text(text)
    postern.ctl("seal", plain, "--kind", kind, "-o", sealed, "--key-file", postern.key_file)
    assert b"sales" not in sealed.read_bytes() and b"NIGHT" not in sealed.read_bytes()
    sealed.replace(file)


def test_sealed_files_are_in_force_and_a_damaged_one_changes_nothing(writer, routes, aliases):
    postern = writer.postern
    night = (f"[NIGHT]\nrelay: localhost:{writer.site.recorder.port}\nsecurity: tls\n"
             f"login: the-relay\npassword-file: {postern.relay_file}\n")

    def names():
        return {route["name"] for route in
                postern.ctl_json("routes", "list").get("routes", [])}

    def known(users):
        """The sender logs how many users the file has that is in force."""
        return any("aliases in force" in line and re.search(rf"\busers\W+{users}\b", line)
                   for log in postern.logs().values() for line in log.splitlines())

    def sent_to(subject):
        writer.client.await_receipt(write(writer, subject, to="sales@team.test"))
        return arrived(writer, subject)

    for user, users, route in (("ann", 37, ""), ("jim", 38, "[OTHER]\nsource: 127.0.0.1\n")):
        passwords = "".join(f"bob{number},u,hunter2\n" for number in range(users))
        seal(postern, "routes", night + route, postern.routes_file)
        seal(postern, "passwords", f"{passwords}sales,a,{user}\n", postern.aliases_file)
        wait_until(lambda: ("OTHER" in names()) == bool(route) and "NIGHT" in names(), 10,
                   "the routes to be in force", pause=0.2)
        wait_until(lambda: known(users), 10, "the aliases to be in force", pause=0.2)
        postern.ctl("accounts", "route", f"{writer.jid}/out", "NIGHT")
        assert sent_to(unique("by night")) == [([f"{user}@team.test"], "the-relay")]
    for file in (postern.routes_file, postern.aliases_file):
        beside, content = file.with_name("beside"), bytearray(file.read_bytes())
        content[-1] ^= 1
        beside.write_bytes(content)
        beside.replace(file)  # at once, as it is neither empty nor half
    wait_until(lambda: all(f"{file}: the sealed file is damaged" in postern.ctl("routes", "list")
                           for file in (postern.routes_file, postern.aliases_file)), 10,
               "the damage to be told", pause=0.2)
    assert names() == {"NIGHT", "OTHER"}
    assert sent_to(unique("as before")) == [(["jim@team.test"], "the-relay")]
    for log in postern.logs().values():
        assert "hunter2" not in log


def test_aliases_stand_for_others_and_the_header_stays_as_written(writer, aliases):
    aliases("sales,a,ann,bob@elsewhere.test\n@old.test,a,sales\n")
    subject = unique("To the team")
    id = write(writer, subject, to="sales@team.test, jim@old.test, eve@elsewhere.test")
    writer.client.await_receipt(id)
    received = writer.site.recorder.await_subject(subject)
    assert sorted(received.recipients) == ["ann@team.test", "bob@elsewhere.test",
                                           "eve@elsewhere.test"]
    assert [address.addr_spec for address in received.mail["To"].addresses] == [
        "sales@team.test", "jim@old.test", "eve@elsewhere.test"]


def test_copies_are_whole_or_have_no_body(writer, aliases):
    aliases("ann,u,hunter2,boss@elsewhere.test\njim,u,hunter2,!clerk@elsewhere.test\n")
    subject, secret = unique("For Ann and Jim"), unique("the text")
    id = write(writer, subject, to="ann@team.test, jim@team.test", text=secret)
    writer.client.await_receipt(id)

    def sent_to(recipient):
        return [mail for mail in writer.site.recorder.received if recipient in mail.recipients
                and subject.encode() in mail.content]
    whole = wait_until(lambda: sent_to("boss@elsewhere.test"), 10, "the whole copy")[0]
    assert secret.encode() in whole.content and whole.subject == subject
    header = wait_until(lambda: sent_to("clerk@elsewhere.test"), 10, "the copy of the header")[0]
    assert secret.encode() not in header.content
    assert len(sent_to("ann@team.test")) == 1
    for log in writer.postern.logs().values():
        assert "hunter2" not in log
