"""When mail is fetched: schedules, quiet hours, and who may set them."""

import time

import pytest

from mails import mail, unique
from postern import CtlFailed
from servers.daemon import wait_until
from test_chat_commands import say

WATCHING = "postern#watching"


def watching(member, name, *options):
    return member.postern.ctl("accounts", "watching", f"{member.jid}/{name}", *options)


def around_now(minutes=60):
    """Quiet hours that hold now, in UTC."""
    begin, end = (time.strftime("%H:%M", time.gmtime(time.time() + 60 * offset))
                  for offset in (-minutes, minutes))
    return f"{begin}-{end}"


def state(member, name):
    """Of the fetcher's watcher; None when there is none."""
    id = member.account_id(name)
    for watch in member.postern.ctl_json("watches", "list")["watches"]:
        if watch["account_id"] == id:
            return watch["state"]
    return None


@pytest.fixture
def reader(juliet):
    juliet.register_imap("work")
    return juliet


def test_quiet_hours_hold_mail_and_release_it(reader):
    watching(reader, "work", "--quiet-hours", around_now())
    wait_until(lambda: state(reader, "work") == "idle", 10, "the watcher with the new settings")
    first, second = unique("at night"), unique("and one more")
    reader.receive(mail(first))
    reader.receive(mail(second))
    assert reader.client.hears_nothing("night", 3)
    assert "Now it is quiet, until" in say(reader, "times work")
    watching(reader, "work", "--quiet-hours", "")
    for subject in (first, second):
        reader.client.await_message(subject, sender=reader.contact("work"), seconds=15)
    reader.client.ping(reader.gateway)
    assert sum(first in body for body in reader.client.bodies()) == 1


def test_a_schedule_is_kept_to_the_minute(reader):
    """An entry for each minute: nothing comes between two, and at the full minute all of it."""
    wait_until(lambda: time.time() % 60 < 50, 15, "a minute that is not about to end")
    schedule = reader.postern.folder / "schedule.txt"
    schedule.write_text("[LAN]\ntype: POP3\n* **:*0\n* *:*\n")
    shown = watching(reader, "work", "--schedule", schedule)
    assert "looked into:     by a schedule" in shown and shown.count(":00 +00:00") <= 5
    wait_until(lambda: state(reader, "work") == "waiting", 8, "the end of the look that was owed")
    minute = int(time.time() // 60)
    subject = unique("on the minute")
    reader.receive(mail(subject))
    reader.client.await_message(subject, sender=reader.contact("work"), seconds=70)
    assert int(time.time() // 60) > minute
    # Without it mail comes at once again.
    watching(reader, "work", "--no-schedule")
    wait_until(lambda: state(reader, "work") == "idle", 10, "a mailbox that is watched again")
    prompt = unique("at once")
    reader.receive(mail(prompt))
    reader.client.await_message(prompt, seconds=8)


def test_an_account_may_look_when_its_server_is_connected_to_anyhow(reader):
    reader.register_imap("also")
    schedule = reader.postern.folder / "any.txt"
    schedule.write_text("[#LAN]\n")
    watching(reader, "also", "--schedule", schedule)
    wait_until(lambda: state(reader, "also") == "waiting", 10, "rest")
    subject = unique("by the way")
    reader.receive(mail(subject))
    reader.client.await_message(subject, sender=reader.contact("work"), seconds=10)
    # The visit of a command is such a connection.
    reader.client.forget()
    reader.client.command(reader.contact("work"), "jmc#get-email")
    reader.client.await_message(subject, sender=reader.contact("also"), seconds=15)


def test_users_set_it_by_a_command_and_ask_by_chat(reader):
    contact = reader.contact("work")
    step = reader.client.command(contact, WATCHING)
    assert step.form.types["schedule"] == "text-multi"
    wrong = reader.client.command(contact, WATCHING, session=step.session, **{
        **step.form.values, "schedule": ["[LAN]", "MO 25:00"], "quiet_hours": "22:00-07:00"})
    assert wrong.status == "executing"
    assert "'schedule' field, line 2: must be an hour" in wrong.form.instructions
    assert wrong.form.values["schedule"] == ["[LAN]", "MO 25:00"]
    done = reader.client.command(contact, WATCHING, session=step.session, **{
        **wrong.form.values, "schedule": ["[LAN]", "MO-FR 08-18:*0"],
        "time_zone": "Europe/Berlin"})
    assert done.status == "completed"
    told = say(reader, "times")
    assert "by a schedule, next on" in told and "(Europe/Berlin)" in told
    assert "Quiet hours: 22:00-07:00." in told
    kept = reader.postern.account(reader.jid, "work")["watching"]
    assert kept["schedule"] == "[LAN]\nMO-FR 08-18:*0" and kept["time_zone"] == "Europe/Berlin"
    # A change of other settings leaves it as it is.
    reader.client.register(f"{contact}/IMAP", interval=7)
    assert reader.postern.account(reader.jid, "work")["watching"] == kept


def test_what_makes_no_sense_is_refused_and_changes_nothing(reader):
    reader.register_smtp("out")
    before = reader.postern.account(reader.jid, "work").get("watching")
    bad = reader.postern.folder / "bad.txt"
    bad.write_text("[LAN]\n* 12:00\npassword: hunter2\n")
    for name, options, reason in (
            ("work", ["--schedule", bad], "schedule: 3:1: leave the password out"),
            ("work", ["--quiet-hours", "late"], "quiet_hours: \"late\" is no time"),
            ("work", ["--time-zone", "/etc/passwd"], "time_zone: must be a time zone"),
            ("work", ["--remove-after-days", 3], "remove_after_days: only POP3"),
            ("out", ["--quiet-hours", "1:00-2:00"], "sends mail and receives none")):
        with pytest.raises(CtlFailed) as failed:
            watching(reader, name, *options)
        assert reason in failed.value.message and "hunter2" not in failed.value.message
    assert reader.postern.account(reader.jid, "work").get("watching") == before
