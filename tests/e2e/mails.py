"""Mails as other programs send them."""

import uuid
from email.message import EmailMessage
from email.utils import format_datetime, localtime, make_msgid


def mail(subject, text="Hello.\n", sender="Ann Example <ann@elsewhere.test>", to="me@mail.test",
         **headers):
    """A well-behaved mail; `headers` as in_reply_to="<...>"."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = make_msgid(domain="elsewhere.test")
    for name, value in headers.items():
        message[name.replace("_", "-").title()] = value
    message.set_content(text)
    return message


def raw(subject, content_type, body, encoding="8bit", **headers):
    """A mail of which every byte of the body is ours."""
    lines = ["From: Ann Example <ann@elsewhere.test>", "To: me@mail.test", f"Subject: {subject}",
             f"Message-ID: <{uuid.uuid4().hex}@elsewhere.test>", "MIME-Version: 1.0",
             f"Content-Type: {content_type}", f"Content-Transfer-Encoding: {encoding}"]
    lines += [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def unique(word):
    """A subject that no other mail has."""
    return f"{word} {uuid.uuid4().hex[:8]}"
