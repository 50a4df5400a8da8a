"""Random mails of a few words and addresses, so that random scripts often match them."""

WORDS = ["foo", "Foo", "FOO", "bar", "foobar", "fo", "o", "", "42", "7", "007", "a*b", "a?b", "x y",
         "-", "frop", "Re: foo", "[list] bar", "$$$", "f\\o", "foo.bar", "(x)", "ünder", "日本"]
LOCALS = ["ann", "Ann", "bob", "bob+list", "ann+x+y", "carol.d", "o", "user"]
DOMAINS = ["example.org", "Example.ORG", "mail.example.org", "b.net", "o"]
NAMES = ["", "Ann", "\"Bob, B.\"", "Carol (c)", "=?utf-8?q?J=C3=BCrgen?="]
DISPOSITIONS = ["", "", "Content-Disposition: attachment; filename=t.txt\r\n", "Content-Disposition: inline\r\n"]
DATES = ["Tue, 6 Jan 2026 09:30:05 +0100", "1 Feb 2025 23:59:59 -0800", "Sat, 29 Feb 2020 00:00:00 +0000",
         "Mon, 31 Dec 2018 23:30:00 -0130", "6 Jan 2026 9:30 GMT", "no date at all"]


def address(rng):
    name, local, host = rng.choice(NAMES), rng.choice(LOCALS), rng.choice(DOMAINS)
    return f"{name} <{local}@{host}>" if name else f"{local}@{host}"


def value(rng):
    text = " ".join(rng.choice(WORDS) for _ in range(rng.choice([0, 1, 1, 2, 3, 6])))
    if not text.isascii():
        # Whether spaces at the ends count that are encoded, engines don't agree.
        encoded = "".join(f"={byte:02X}" for byte in text.strip().encode())
        return f"=?utf-8?q?{encoded}?="
    if len(text) > 12 and rng.random() < 0.3:
        text = text.replace(" ", "\r\n ", 1) if not text.startswith(" ") else text
    return text


def inner(rng):
    """Another part with parts of its own, at times."""
    words = " ".join(rng.choice(WORDS) for _ in range(4))
    kind = rng.choice(["", "", "parts", "mail"])
    if kind == "parts":
        return ("--cut\r\nContent-Type: multipart/alternative; boundary=deep\r\n\r\n--deep\r\n"
                f"Content-Type: text/plain\r\n\r\n{words}\r\n--deep\r\nContent-Type: text/html\r\n\r\n"
                "<p>foo <b>bar</b></p>\r\n--deep--\r\n")
    if kind == "mail":
        return f"--cut\r\nContent-Type: message/rfc822\r\n\r\nSubject: foo\r\nX-A: bar\r\n\r\n{words}\r\n"
    return ""


def mail(rng):
    """A mail as its bytes."""
    fields = [("From", address(rng)), ("Subject", value(rng)), ("Date", rng.choice(DATES))]
    fields.append(("To", ", ".join(address(rng) for _ in range(rng.choice([1, 1, 2, 3])))))
    for name in ("Cc", "Sender", "Reply-To"):
        if rng.random() < 0.3:
            fields.append((name, address(rng)))
    for name in ("X-A", "X-A", "X-A", "X-B", "List-Id", "Received"):
        if rng.random() < 0.4:
            fields.append((name, value(rng)))
    for _ in range(rng.choice([0, 0, 1, 2])):
        fields.append(("X-Date", rng.choice(DATES[:-1])))
    rng.shuffle(fields)
    lines = [" ".join(rng.choice(WORDS) for _ in range(rng.randint(0, 8))) for _ in range(rng.randint(0, 6))]
    body = "\r\n".join(lines) + "\r\n"
    if rng.random() < 0.3:
        other = " ".join(rng.choice(WORDS) for _ in range(5))
        fields += [("MIME-Version", "1.0"), ("Content-Type", "multipart/mixed; boundary=cut")]
        body = (f"--cut\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n--cut\r\n"
                f"Content-Type: application/x-thing\r\n{rng.choice(DISPOSITIONS)}\r\n{other}\r\n"
                f"{inner(rng)}--cut--\r\n")
    else:
        fields += [("MIME-Version", "1.0"), ("Content-Type", "text/plain; charset=utf-8")]
    head = "".join(f"{name}: {text}\r\n" for name, text in fields)
    return f"{head}\r\n{body}".encode()
