"""What a mail that was written in a chat looks like to those who get it."""

import pytest

from mails import unique


@pytest.fixture
def writer(juliet):
    juliet.register_smtp("out")
    return juliet


def send(writer, text, to="bob@elsewhere.test"):
    subject = unique("Letter")
    id = writer.client.send(writer.gateway, f"To: {to}\nSubject: {subject}\n\n{text}")
    received = writer.site.recorder.await_subject(subject)
    writer.client.await_receipt(id)
    return received


def unflowed(mail):
    """RFC 3676 section 4.1, for a text without quotes."""
    assert mail["Content-Type"].params["format"] == "flowed"
    text = ""
    for line in mail.get_content().splitlines():
        line = line.removeprefix(" ")
        text += line if line.endswith(" ") and line != "-- " else line + "\n"
    return text


def test_a_long_line_flows_and_is_the_same_when_it_is_put_together(writer):
    line = "word " * 60 + "end"
    received = send(writer, f"{line}\n\n  indented\nFrom here on\n-- \nAnn")
    lines = received.mail.get_content().splitlines()
    assert max(len(line) for line in lines) <= 78
    assert unflowed(received.mail) == f"{line}\n\n  indented\nFrom here on\n-- \nAnn\n"


def test_quotes_stay_quotes(writer):
    received = send(writer, "> " + "word " * 30 + "\n> > deeper\nmine")
    lines = received.mail.get_content().splitlines()
    assert all(line.startswith("> ") for line in lines[:-2])
    assert len(lines) > 3 and lines[-2:] == [">> deeper", "mine"]


def test_a_domain_with_other_letters_is_written_as_dns_knows_it(writer):
    received = send(writer, "Hallo", to="Bob <bob@bücher.test>")
    assert received.recipients == ["bob@xn--bcher-kva.test"]
    assert received.mail["To"] == "Bob <bob@xn--bcher-kva.test>"


def test_a_domain_that_would_turn_into_another_is_refused(writer):
    id = writer.client.send(writer.gateway, "To: bob@b＠elsewhere.test\nSubject: x\n\nHi")
    assert "elsewhere.test" in writer.client.await_error(id).error_text
