"""A password is in the clear only in memory (invariant 7)."""

import pytest

from mails import mail, unique


@pytest.fixture
def secretive(juliet):
    """A member who was there long enough to leave traces: a success, a failure, mail both ways."""
    juliet.register_imap("work")
    juliet.register_smtp("out")
    juliet.register_imap("wrong", await_watching=False, password="my-other-secret")
    juliet.client.await_presence(juliet.contact("wrong"), "dnd", seconds=15)
    subject = unique("secret subject")
    juliet.receive(mail(subject, "secret text"))
    chat = juliet.client.await_message(subject)
    id = juliet.client.send(chat.sender, "secret answer", reply_to=chat)
    juliet.client.await_receipt(id)
    return juliet, subject


def test_passwords_subjects_and_bodies_are_in_no_log(secretive):
    member, subject = secretive
    for name, text in member.postern.logs().items():
        for secret in (member.person.mail_password, "my-other-secret", member.site.jabber.secret,
                       subject, "secret text", "secret answer"):
            assert secret not in text, f"{secret!r} is in the log of {name}"


def test_no_password_is_in_what_redis_wrote(secretive):
    member, _ = secretive
    files = [path for path in member.postern.folder.rglob("*")
             if path.is_file() and ("appendonly" in str(path) or path.suffix in (".aof", ".rdb"))]
    assert files
    for path in files:
        content = path.read_bytes()
        for secret in (member.person.mail_password, "my-other-secret"):
            assert secret.encode() not in content, f"{secret!r} is in {path}"


def test_one_id_follows_a_mail_through_the_logs_of_all_services(secretive):
    member, subject = secretive
    id = member.client.await_message(subject).id
    logs = member.postern.logs()
    assert sum(id in text for text in logs.values()) >= min(2, len(logs))
