"""Chat becomes mail: answers and new mails."""

import pytest

from mails import mail, unique


@pytest.fixture
def writer(juliet):
    juliet.register_imap("work")
    juliet.register_smtp("out")
    return juliet


def test_an_answer_goes_to_the_sender_of_the_mail_and_threads(writer):
    subject = unique("Lunch")
    question = mail(subject, references="<first@elsewhere.test>")
    writer.receive(question)
    chat = writer.client.await_message(subject)
    id = writer.client.send(chat.sender, "Noon is fine — Grüße 😀", reply_to=chat)

    received = writer.site.recorder.await_subject(f"Re: {subject}")
    writer.client.await_receipt(id)
    assert received.recipients == ["ann@elsewhere.test"]
    assert received.sender == writer.address
    answer = received.mail
    assert answer["In-Reply-To"] == question["Message-ID"]
    assert answer["References"].split() == ["<first@elsewhere.test>", question["Message-ID"]]
    assert [a.addr_spec for a in answer["From"].addresses] == [writer.address]
    assert [a.addr_spec for a in answer["To"].addresses] == ["ann@elsewhere.test"]
    assert answer.get_content().strip() == "Noon is fine — Grüße 😀"
    assert answer["Date"] and answer["Message-ID"]


def test_an_answer_needs_no_more_than_writing_back_to_the_contact(writer):
    subject = unique("Plain")
    writer.receive(mail(subject))
    chat = writer.client.await_message(subject)
    writer.client.send(chat.sender, "Yes.")
    received = writer.site.recorder.await_subject(f"Re: {subject}")
    assert received.recipients == ["ann@elsewhere.test"]


def test_an_answer_goes_where_reply_to_says(writer):
    subject = unique("List")
    writer.receive(mail(subject, reply_to="list@elsewhere.test"))
    chat = writer.client.await_message(subject)
    writer.client.send(chat.sender, "Hello list.", reply_to=chat)
    assert writer.site.recorder.await_subject(f"Re: {subject}").recipients == [
        "list@elsewhere.test"]


def test_an_answer_to_an_answer_has_one_re_and_the_whole_thread(writer):
    subject = unique("Long talk")
    writer.receive(mail(subject))
    chat = writer.client.await_message(subject)
    writer.client.send(chat.sender, "First.", reply_to=chat)
    first = writer.site.recorder.await_subject(f"Re: {subject}").mail
    back = mail(f"Re: {subject}", "Second.\n", in_reply_to=first["Message-ID"],
                references=f"{first['References']} {first['Message-ID']}")
    writer.receive(back)
    second = writer.client.await_message("Second.")
    writer.client.send(second.sender, "Third.", thread=second.thread)
    writer.client.await_message("Second.")
    sent = [m.mail for m in _await_count(writer, f"Re: {subject}", 2)]
    assert sent[-1]["In-Reply-To"] == back["Message-ID"]
    assert sent[-1]["References"].split()[-1] == back["Message-ID"]


def test_when_two_people_wrote_just_now_an_answer_must_say_to_whom(writer):
    subjects = unique("one"), unique("two")
    writer.receive(mail(subjects[0]))
    writer.receive(mail(subjects[1], sender="Bob <bob@elsewhere.test>"))
    for subject in subjects:
        writer.client.await_message(subject)
    id = writer.client.send(writer.contact("work"), "Yes, do it.")
    assert "To:" in writer.client.await_error(id).error_text


def test_a_new_mail_has_its_headers_in_its_first_lines_and_bcc_in_the_envelope_only(writer):
    subject = unique("New")
    id = writer.client.send(writer.gateway, (
        "To: Bob <bob@elsewhere.test>, eve@elsewhere.test\nCc: carol@elsewhere.test\n"
        f"Bcc: dave@elsewhere.test\nSubject: {subject} — ünï\n\nHello all,\n\n.dots too\nBye"))
    received = writer.site.recorder.await_subject(f"{subject} — ünï")
    writer.client.await_receipt(id)
    assert sorted(received.recipients) == ["bob@elsewhere.test", "carol@elsewhere.test",
                                           "dave@elsewhere.test", "eve@elsewhere.test"]
    assert b"dave" not in received.content
    assert received.mail["Bcc"] is None
    assert [a.addr_spec for a in received.mail["Cc"].addresses] == ["carol@elsewhere.test"]
    assert received.mail.get_content().splitlines() == ["Hello all,", "", ".dots too", "Bye"]
    assert received.mail["In-Reply-To"] is None


def test_a_new_mail_may_go_to_the_smtp_contact(writer):
    subject = unique("To the contact")
    writer.client.send(writer.contact("out"), f"To: bob@elsewhere.test\nSubject: {subject}\n\nHi")
    assert writer.site.recorder.await_subject(subject).recipients == ["bob@elsewhere.test"]


@pytest.mark.parametrize("at", ["\\40", "%"])
def test_writing_to_an_address_contact_is_a_mail_to_that_address(writer, at):
    subject = unique("Direct")
    contact = f"bob{at}elsewhere.test@{writer.gateway}"
    id = writer.client.send(contact, "Hello Bob", subject=subject)
    received = writer.site.recorder.await_subject(subject)
    writer.client.await_receipt(id)
    assert received.recipients == ["bob@elsewhere.test"]
    assert received.mail.get_content().strip() == "Hello Bob"


def test_the_account_that_sends_is_the_one_named_else_the_one_written_to_else_the_default(writer):
    other = f"other-{writer.address}"
    writer.register_smtp("other", default_from=f"Other <{other}>", default_account=0)
    bob = writer.address_contact("bob@elsewhere.test")
    for contact, line, sender in (
            (writer.gateway, "", writer.address), (bob, "", writer.address),
            (writer.contact("other"), "", other), (writer.contact("out"), "", writer.address),
            (writer.gateway, "From: other\n", other), (bob, f"From: {other}\n", other),
            (writer.contact("other"), "From: OUT\n", writer.address)):
        subject = unique("By whom?")
        head = f"To: bob@elsewhere.test\n{line}Subject: {subject}\n\nHello"
        writer.client.send(contact, head)
        received = writer.site.recorder.await_subject(subject)
        assert received.sender == sender, f"written to {contact} with {line!r}"
        assert [a.addr_spec for a in received.mail["From"].addresses] == [sender]
        assert received.recipients == ["bob@elsewhere.test"]
        assert received.mail.get_content().strip() == "Hello"
    id = writer.client.send(writer.gateway, "To: bob@elsewhere.test\nFrom: boss\n\nHello")
    assert '"boss"' in writer.client.await_error(id).error_text


def test_a_mail_without_a_recipient_is_refused_with_a_hint(writer):
    id = writer.client.send(writer.gateway, "Hello, is anybody there?")
    assert "To:" in writer.client.await_error(id).error_text


def test_without_an_smtp_account_the_error_says_to_register_one(juliet):
    juliet.register_imap("work")
    id = juliet.client.send(juliet.gateway, "To: bob@elsewhere.test\n\nHello")
    assert "SMTP" in juliet.client.await_error(id).error_text


def test_a_refused_recipient_comes_back_as_an_error_on_that_very_message(writer):
    subject = unique("Refused")
    id = writer.client.send(writer.gateway,
                            f"To: refused@elsewhere.test\nSubject: {subject}\n\nHello")
    error = writer.client.await_error(id)
    assert error.condition == "item-not-found"
    assert "refused@elsewhere.test" in error.error_text
    assert "no such person here" in error.error_text
    assert writer.site.recorder.with_subject(subject) == []


def test_one_refused_recipient_does_not_keep_the_mail_from_the_others(writer):
    subject = unique("Half")
    id = writer.client.send(writer.gateway, (
        f"To: refused@elsewhere.test, bob@elsewhere.test\nSubject: {subject}\n\nHello"))
    error = writer.client.await_error(id)
    assert "refused@elsewhere.test" in error.error_text
    assert writer.site.recorder.await_subject(subject).recipients == ["bob@elsewhere.test"]


def test_mail_to_another_member_comes_out_of_postfix_and_dovecot_as_chat(writer, new_member):
    romeo = new_member("romeo")
    romeo.register_imap("work")
    writer.register_smtp("relay", server=writer.site.postfix)
    subject = unique("Round trip")
    id = writer.client.send(writer.contact("relay"),
                            f"To: {romeo.address}\nSubject: {subject}\n\nWherefore art thou?")
    chat = romeo.client.await_message(subject, seconds=10)
    assert "Wherefore art thou?" in chat.body and writer.address in chat.body
    writer.client.await_receipt(id)


def test_postfix_refuses_an_unknown_mailbox_in_words_that_reach_the_author(writer):
    writer.register_smtp("relay", server=writer.site.postfix)
    id = writer.client.send(writer.contact("relay"), "To: nobody@mail.test\n\nHello")
    assert "nobody@mail.test" in writer.client.await_error(id).error_text


def test_the_same_message_sent_twice_is_one_mail(writer):
    subject = unique("Once")
    body = f"To: bob@elsewhere.test\nSubject: {subject}\n\nHello"
    id = writer.client.send(writer.gateway, body)
    writer.client.await_receipt(id)
    writer.client.send(writer.gateway, body, id=id)
    after = unique("After")
    writer.client.send(writer.gateway, f"To: bob@elsewhere.test\nSubject: {after}\n\nHello")
    writer.site.recorder.await_subject(after)
    assert len(writer.site.recorder.with_subject(subject)) == 1


@pytest.mark.parametrize("line", ["Subject: x\rBcc: eve@elsewhere.test",
                                  "Subject: x\u2028Bcc: eve@elsewhere.test"])
def test_nothing_in_a_chat_becomes_a_header_line_of_its_own(writer, line):
    mark = unique("inject")
    writer.client.send(writer.gateway, f"To: bob@elsewhere.test\n{line}\n\n{mark}")
    after = unique("After")
    writer.client.send(writer.gateway, f"To: bob@elsewhere.test\nSubject: {after}\n\nHello")
    writer.site.recorder.await_subject(after)
    for received in writer.site.recorder.received:
        if mark.encode() in received.content:
            assert received.mail["Bcc"] is None


def test_help_is_one_word_away(juliet):
    juliet.client.send(juliet.gateway, "help")
    assert "To:" in juliet.client.await_message(sender=juliet.gateway, type="chat").body


def _await_count(writer, subject, count):
    from servers.daemon import wait_until
    wait_until(lambda: len(writer.site.recorder.with_subject(subject)) >= count, 10,
               f"{count} mails with the subject {subject!r}")
    return writer.site.recorder.with_subject(subject)
