"""Files that people upload go along with their mails."""

import random

import pytest

from mails import unique
from servers.daemon import wait_until

BOB = "bob@elsewhere.test"


@pytest.fixture
def writer(juliet):
    juliet.register_smtp("out")
    return juliet


@pytest.fixture
def files(site):
    yield site.files
    site.files.pages.clear()
    site.files.asked.clear()


def upload(writer, url, text=None, **about):
    return writer.client.send_upload(writer.address_contact(BOB), url, text, **about)


def attachment(received):
    attachments = list(received.mail.iter_attachments())
    assert len(attachments) == 1
    return attachments[0]


def test_an_upload_arrives_as_an_attachment_byte_by_byte(writer, files):
    content = random.Random(5).randbytes(3_000_000) + b"\r\n.\r\n\n.\r"
    name = f"{unique('photo')}.jpg".replace(" ", "-")
    id = upload(writer, files.put(f"/up/{name}", content, Content_Type="image/jpeg"))
    received = writer.site.recorder.await_subject(name, seconds=20)
    writer.client.await_receipt(id)
    part = attachment(received)
    assert part.get_content() == content
    assert part.get_content_type() == "image/jpeg" and part.get_filename() == name
    assert received.recipients == [BOB]


def test_the_largest_file_goes_along(writer, files):
    content = random.Random(7).randbytes(18 << 20)
    name = unique("film").replace(" ", "-")
    id = upload(writer, files.put(f"/{name}", content))
    received = writer.site.recorder.await_subject(name, seconds=40)
    writer.client.await_receipt(id)
    assert attachment(received).get_content() == content


def test_a_text_and_a_head_go_with_it(writer, files):
    subject = unique("Minutes")
    url = files.put("/up/a%20b.txt", "Grüße".encode(), Content_Type="text/plain; charset=utf-8",
                    Content_Disposition="attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt")
    text = f"To: {BOB}\nSubject: {subject}\n\nHere they are:\n{url}"
    writer.client.send_upload(writer.gateway, url, text)
    received = writer.site.recorder.await_subject(subject)
    part = attachment(received)
    assert part.get_filename() == "Grüße.txt"
    assert part.get_payload(decode=True) == "Grüße".encode()
    assert received.mail.get_body().get_content().strip() == "Here they are:"
    assert url not in received.content.decode("ascii", "replace")


def test_a_link_that_is_not_an_upload_stays_one(writer, files):
    subject = unique("Link")
    url = files.put("/up/x.txt", b"x")
    writer.client.send(writer.gateway, f"To: {BOB}\nSubject: {subject}\n\n{url}")
    received = writer.site.recorder.await_subject(subject)
    assert url in received.mail.get_content().replace("\n", "") and not files.asked


def test_a_redirection_is_followed(writer, files):
    name = unique("moved").replace(" ", "-")
    target = files.put("/elsewhere", b"moved here")
    upload(writer, files.put(f"/{name}", status=302, Location=target))
    received = writer.site.recorder.await_subject(name)
    assert attachment(received).get_content() == b"moved here"


def test_what_can_not_go_along_is_told(writer, files):
    port, closed = files.port, writer.site.jabber.c2s_port
    nowhere = "a server that this gateway may not connect to"
    cases = [
        ("/gone", dict(status=410), "no longer where it was uploaded to"),
        ("/none", None, "no longer where it was uploaded to"),
        ("/large", dict(content=b"x", Content_Length=str(19 << 20)), "18 MiB of files at most"),
        ("/private", dict(status=302, Location="https://10.0.0.1/x"), nowhere),
        ("/inside", dict(status=302, Location=f"https://localhost:{closed}/x"), nowhere),
        ("/closed", dict(status=302, Location="https://127.0.0.2:9/x"), nowhere),
        ("/clear", dict(status=302, Location=f"http://localhost:{port}/x"), "https://"),
        ("/round", dict(status=302, Location="/round"), "does not give it to this gateway"),
        ("/secret", dict(status=403), "does not give it to this gateway"),
    ]
    for path, page, words in cases:
        url = files.url(path) if page is None else files.put(path, **page)
        error = writer.client.await_error(upload(writer, url), seconds=15)
        assert words in error.error_text, path
    assert files.asked.count("/round") == 4
    for url, words in (("http://example.org/x.txt", "https://"),
                       ("https://10.0.0.1/x.txt", nowhere),
                       ("https://localhost:1/x.txt", nowhere),
                       ("aesgcm://example.org/x.txt#00", "unencrypted")):
        error = writer.client.await_error(upload(writer, url), seconds=15)
        assert words in error.error_text, url


def test_a_file_larger_than_its_server_says_is_refused(writer, files):
    """Nobody says how long it is: what comes is counted."""
    url = files.put("/endless", b"x" * (19 << 20), Content_Length=None)
    error = writer.client.await_error(upload(writer, url), seconds=30)
    assert "18 MiB of files at most" in error.error_text


def test_a_file_is_fetched_by_the_edge_that_comes_after(writer, files, postern):
    name = unique("late").replace(" ", "-")
    url = files.put(f"/{name}", b"at last", delay=3)
    upload(writer, url)
    wait_until(lambda: files.asked, 10, "the file to be asked for")
    part = "edge" if postern.form == "services" else "postern"
    postern.kill(part)
    files.put(f"/{name}", b"at last")
    postern.revive(part)
    postern.await_ready()
    received = writer.site.recorder.await_subject(name, seconds=30)
    assert attachment(received).get_content() == b"at last"
    assert len(writer.site.recorder.with_subject(name)) == 1
