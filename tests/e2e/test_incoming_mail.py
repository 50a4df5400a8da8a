"""Mail delivered to the mailbox becomes chat."""

import base64
import quopri
import time

import pytest

from mails import mail, raw, unique

ALSO_ON = ["cyrus", "courier"]


@pytest.fixture
def reader(juliet):
    juliet.register_imap("work")
    return juliet


def test_a_mail_arrives_as_chat_at_once(reader):
    subject = unique("Lunch")
    start = time.monotonic()
    reader.receive(mail(subject, "Shall we meet at noon?\n"))
    chat = reader.client.await_message(subject, sender=reader.contact("work"))
    assert chat.at - start < reader.site.mailboxes.tells_within + 0.5
    assert chat.type == "chat"
    assert "Ann Example" in chat.body and "ann@elsewhere.test" in chat.body
    assert "Shall we meet at noon?" in chat.body


def test_several_mails_arrive_in_order_and_once(reader):
    subjects = [unique(f"number {i}") for i in range(20)]
    for subject in subjects:
        reader.receive(mail(subject))
    reader.client.await_message(subjects[-1], seconds=10)
    heard = [subject for body in reader.client.bodies() for subject in subjects if subject in body]
    assert heard == subjects


CHARSETS = {
    "KOI8-R": ("text/plain; charset=koi8-r", "8bit", "Привет, Юлия!".encode("koi8-r"),
               "Привет, Юлия!"),
    "ISO-2022-JP": ("text/plain; charset=iso-2022-jp", "7bit", "こんにちは".encode("iso-2022-jp"),
                    "こんにちは"),
    "windows-1252": ("text/plain; charset=windows-1252", "quoted-printable",
                     quopri.encodestring("“Zwölf” – 5 €".encode("cp1252")), "“Zwölf” – 5 €"),
    "UTF-8 in base64": ("text/plain; charset=utf-8", "base64",
                        base64.encodebytes("naïve 😀 данные".encode()), "naïve 😀 данные"),
    "GB18030": ("text/plain; charset=gb18030", "8bit", "你好".encode("gb18030"), "你好"),
    "UTF-8 that is not declared": ("text/plain", "8bit", "grüß dich".encode(), "grüß dich"),
}


@pytest.mark.parametrize("charset", CHARSETS)
def test_text_is_readable_whatever_its_charset(reader, charset):
    content_type, encoding, body, text = CHARSETS[charset]
    subject = unique(charset)
    reader.receive(raw(subject, content_type, body, encoding))
    assert text in reader.client.await_message(subject).body


def test_an_encoded_subject_and_sender_are_decoded(reader):
    mark = unique("x")[2:]
    message = mail(f"Größe {mark} 日本", sender="Jürgen Müller <jm@elsewhere.test>")
    reader.receive(message)
    body = reader.client.await_message(mark).body
    assert f"Größe {mark} 日本" in body and "Jürgen Müller" in body


def test_a_mail_of_html_alone_becomes_readable_text(reader):
    subject = unique("HTML")
    reader.receive(raw(subject, "text/html; charset=utf-8", (
        "<html><head><style>p {color: red}</style></head><body><h1>Sale</h1><p>Shoes &amp; hats "
        "<b>now</b><br>cheap</p><ul><li>one</li><li>two</li></ul>"
        '<a href="https://shop.example/x">See more</a><script>alert(1)</script></body></html>'
    ).encode()))
    body = reader.client.await_message(subject).body
    for word in ("Sale", "Shoes & hats", "cheap", "one", "two", "https://shop.example/x"):
        assert word in body
    for word in ("<p>", "<b>", "color: red", "alert", "&amp;"):
        assert word not in body


def test_attachments_are_listed_with_name_and_size(reader):
    subject = unique("Pictures")
    message = mail(subject, "See the picture.\n")
    message.add_attachment(b"x" * 5000, maintype="image", subtype="png", filename="Größe 1.png")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="bill.pdf")
    reader.receive(message)
    body = reader.client.await_message(subject).body
    assert "See the picture." in body
    assert "Größe 1.png" in body and "bill.pdf" in body


def test_fetching_marks_nothing_as_seen(reader):
    for _ in range(3):
        subject = unique("unseen")
        reader.receive(mail(subject))
        reader.client.await_message(subject)
    flags = reader.site.mailboxes.flags(reader.address)
    assert len(flags) == 3
    assert not any(b"\\Seen" in mail_flags for mail_flags in flags)


def test_mail_from_before_the_registration_is_not_replayed(juliet):
    old, new = unique("old"), unique("new")
    juliet.receive(mail(old))
    juliet.register_imap("work")
    juliet.receive(mail(new))
    juliet.client.await_message(new)
    assert not any(old in body for body in juliet.client.bodies())


def test_a_second_account_watches_another_folder(juliet):
    folder = juliet.site.mailboxes.folder_name("Lists")
    juliet.make_folders(folder)
    juliet.register_imap("lists", mailbox=folder)
    subject = unique("to the list")
    with juliet.site.mailboxes.open(juliet.address) as imap:
        imap.append(folder, None, None, mail(subject).as_bytes())
    juliet.client.await_message(subject, sender=juliet.contact("lists"))


def test_a_mail_says_who_else_got_it(reader):
    subject = unique("Team")
    message = mail(subject, to=f"{reader.address}, Bob <bob@elsewhere.test>",
                   cc="carol@elsewhere.test")
    reader.receive(message)
    body = reader.client.await_message(subject).body
    assert "bob@elsewhere.test" in body and "carol@elsewhere.test" in body


def test_a_subject_can_not_fake_other_header_lines(reader):
    subject = unique("bills")
    message = mail(subject, sender="Mallory <mallory@elsewhere.test>")
    raw_message = message.as_bytes().replace(
        f"Subject: {subject}".encode(),
        f"Subject: =?utf-8?q?{subject.replace(' ', '_')}=0D=0AFrom:_Bank_=3Cbank@bank.test=3E?="
        .encode())
    reader.receive(raw_message)
    body = reader.client.await_message(subject).body
    assert not any(line.startswith("From: Bank") for line in body.splitlines())


def test_the_same_mail_in_the_mailboxes_of_two_members_reaches_both(reader, new_member):
    romeo = new_member("romeo")
    romeo.register_imap("work")
    subject = unique("both")
    message = mail(subject)
    for member in (reader, romeo):
        member.receive(message)
    for member in (reader, romeo):
        member.client.await_message(subject)
