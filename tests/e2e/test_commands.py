"""Ad-hoc commands (XEP-0050), by the names that JMC gave them."""

import pytest

from client import COMMANDS, Refused
from mails import mail, unique

ALSO_ON = ["cyrus", "courier"]
LOGIN_DELAY = 10  # between two POP3 logins, as Courier wants it


@pytest.fixture
def reader(juliet):
    juliet.register_imap("work")
    return juliet


def test_each_contact_lists_what_can_be_run_there(reader):
    reader.register_smtp("out")
    nodes = {node for _, node, _ in reader.client.items(reader.gateway, COMMANDS)}
    assert "jmc#force-check" in nodes
    nodes = {node for _, node, _ in reader.client.items(reader.contact("work"), COMMANDS)}
    assert {"jmc#force-check", "jmc#get-email", "jcl#get-last-error"} <= nodes
    nodes = {node for _, node, _ in reader.client.items(reader.contact("out"), COMMANDS)}
    assert "jcl#get-last-error" in nodes and "jmc#get-email" not in nodes


def fill(member, count):
    subjects = [unique(f"letter {number:02}") for number in range(count)]
    for subject in subjects:
        member.receive(mail(subject, f"The text of {subject}."))
    for subject in subjects:
        member.client.await_message(subject, seconds=10)
    member.client.forget()
    return subjects


def test_mails_are_fetched_newest_first_ten_a_page_and_several_at_once(reader):
    subjects = fill(reader, 13)
    contact = reader.contact("work")
    first = reader.client.command(contact, "jmc#get-email")
    assert first.status == "executing"
    labels = [label for label, _ in first.form.options["emails"]]
    assert len(labels) == 10
    assert [subject in label for subject, label in zip(reversed(subjects), labels)] == [True] * 10

    newest, third = (value for _, value in (first.form.options["emails"][i] for i in (0, 2)))
    second = reader.client.command(contact, "jmc#get-email", session=first.session,
                                   emails=[newest, third], fetch_more="1")
    assert second.status == "executing"
    assert len(second.form.options["emails"]) == 3
    oldest = second.form.options["emails"][2][1]
    done = reader.client.command(contact, "jmc#get-email", session=first.session,
                                 emails=[oldest], fetch_more="0")
    assert done.status == "completed"
    wanted = {subjects[12], subjects[10], subjects[0]}
    for subject in wanted:
        chat = reader.client.await_message(subject, sender=contact)
        assert f"The text of {subject}." in chat.body
    assert sum("The text of" in body for body in reader.client.bodies()) == 3
    # They can be answered like any other.
    reader.register_smtp("out")
    chat = reader.client.await_message(subjects[0], sender=contact)
    id = reader.client.send(contact, "An answer", reply_to=chat)
    reader.client.await_receipt(id)


def test_pages_can_be_gone_back_to_and_a_step_that_comes_twice_is_done_once(reader):
    subjects = fill(reader, 11)
    contact = reader.contact("work")
    first = reader.client.command(contact, "jmc#get-email")
    assert "prev" not in first.actions and "next" in first.actions
    newest = first.form.options["emails"][0][1]
    second = reader.client.command(contact, "jmc#get-email", "next", first.session,
                                   **{**first.form.values, "emails": [newest]})
    assert [label for label, _ in second.form.options["emails"]][0].startswith(subjects[0])
    assert "prev" in second.actions and "next" not in second.actions
    back = reader.client.command(contact, "jmc#get-email", "prev", first.session)
    assert back.form.options == first.form.options
    assert back.form.values["emails"] == [newest]

    chosen = [newest, back.form.options["emails"][4][1]]
    answers = reader.client.command_often(2, contact, "jmc#get-email", "complete", first.session,
                                          **{**back.form.values, "emails": chosen})
    assert [answer.form.title for answer in answers] == ["2 emails have been sent"] * 2
    for subject in (subjects[10], subjects[6]):
        reader.client.await_message(f"The text of {subject}.", sender=contact)
    reader.client.ping(reader.gateway)
    assert sum("The text of" in body for body in reader.client.bodies()) == 2


def test_fetching_may_be_called_off_or_come_to_nothing(reader):
    fill(reader, 1)
    contact = reader.contact("work")
    step = reader.client.command(contact, "jmc#get-email")
    cancelled = reader.client.command(contact, "jmc#get-email", "cancel", step.session)
    assert cancelled.status == "canceled"
    with pytest.raises(Refused) as refused:
        reader.client.command(contact, "jmc#get-email", session=step.session,
                              emails=[step.form.options["emails"][0][1]])
    assert "begin the command again" in refused.value.text
    step = reader.client.command(contact, "jmc#get-email")
    done = reader.client.command(contact, "jmc#get-email", session=step.session, emails=[])
    assert (done.status, words_of(done)) == ("completed", "No email was selected.")
    assert not any("The text of" in body for body in reader.client.bodies())


def test_fetching_marks_nothing_as_seen(reader):
    fill(reader, 1)
    contact = reader.contact("work")
    step = reader.client.command(contact, "jmc#get-email")
    reader.client.command(contact, "jmc#get-email", session=step.session,
                          emails=[step.form.options["emails"][0][1]], fetch_more="0")
    assert not any(b"\\Seen" in flags for flags in reader.site.mailboxes.flags(reader.address))


def test_a_command_goes_on_after_a_restart_of_the_edge(reader):
    fill(reader, 2)
    contact = reader.contact("work")
    step = reader.client.command(contact, "jmc#get-email")
    part = "edge" if "edge" in reader.postern.parts else "postern"
    reader.postern.kill(part)
    reader.postern.revive(part)
    reader.postern.await_ready()
    done = reader.client.command(contact, "jmc#get-email", session=step.session,
                                 emails=[step.form.options["emails"][0][1]], fetch_more="0")
    assert done.status == "completed"
    reader.client.await_message("The text of", sender=contact)


def test_a_check_is_forced_but_not_more_than_once_a_minute(reader):
    contact = reader.contact("work")
    first = reader.client.command(contact, "jmc#force-check")
    assert first.status == "completed"
    again = reader.client.command(contact, "jmc#force-check")
    assert "minute" in " ".join(again.notes) + str(again.form)


def test_the_gateway_asks_which_accounts_to_check(reader):
    reader.register_pop3("post", seconds=LOGIN_DELAY + 10)
    reader.register_imap("other")
    reader.register_smtp("out")
    subject = unique("checked")
    reader.receive(mail(subject))
    step = reader.client.command(reader.gateway, "jmc#force-check")
    labels = [label for label, _ in step.form.options["account_names"]]
    assert sorted(labels) == ["other (IMAP)", "post (POP3)", "work (IMAP)"]
    values = {value.partition("/")[0]: value for _, value in step.form.options["account_names"]}
    assert values["work"] == f"work/{reader.jid}"
    done = reader.client.command(reader.gateway, "jmc#force-check", session=step.session,
                                 account_names=[values["work"], values["post"]])
    assert done.status == "completed"
    assert "'work'" in words_of(done) and "'post'" in words_of(done)
    assert "'other'" not in words_of(done)
    reader.client.await_message(subject, sender=reader.contact("post"),
                                seconds=LOGIN_DELAY + 10)


def test_the_last_error_is_told_and_none_when_there_was_none(reader):
    step = reader.client.command(reader.contact("work"), "jcl#get-last-error")
    assert "no error" in words_of(step)
    reader.register_imap("gone", await_watching=False, port=reader.site.closed_port)
    reader.client.await_presence(reader.contact("gone"), "dnd", seconds=15)
    step = reader.client.command(reader.contact("gone"), "jcl#get-last-error")
    assert "localhost" in words_of(step)


def words_of(step):
    form = step.form
    told = [] if form is None else [form.instructions, *map(str, form.values.values()),
                                    *form.labels.values()]
    return " ".join([*step.notes, *told])


def test_a_session_of_another_is_worth_nothing(reader, new_member):
    fill(reader, 1)
    step = reader.client.command(reader.contact("work"), "jmc#get-email")
    mallory = new_member("mallory")
    mallory.register_imap("work")
    with pytest.raises(Refused):
        mallory.client.command(mallory.contact("work"), "jmc#get-email", session=step.session,
                               emails=[step.form.options["emails"][0][1]], fetch_more="0")


def test_unknown_commands_and_sessions_are_errors_in_words(reader):
    with pytest.raises(Refused) as refused:
        reader.client.command(reader.gateway, "jmc#make-coffee")
    assert refused.value.condition in ("item-not-found", "bad-request", "feature-not-implemented")
    with pytest.raises(Refused) as refused:
        reader.client.command(reader.contact("work"), "jmc#get-email", session="no-such-session",
                              emails=[], fetch_more="0")
    assert refused.value.condition in ("bad-request", "not-allowed")
