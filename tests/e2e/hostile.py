"""Mails and stanzas that nobody should send: random, broken, oversized, and made to break out of XML.

Everything comes from a seed, so what went wrong once goes wrong again."""

import random
from base64 import b64encode
from xml.sax.saxutils import escape, quoteattr

# Text that has broken gateways: what XML 1.0 forbids, what ends a section, what only looks harmless.
NASTY = [
    "\x00", "\x01\x02\x08\x0b\x0c\x0e\x1f", "\x7f\x80\x85\x9f", "\ufffe\uffff", "\U0001fffe\U0010ffff",
    "]]>", "<![CDATA[", "</body></message>", "</stream:stream>", "<!DOCTYPE x>", "<?xml version='1.0'?>",
    "&amp;&lt;&#0;&#x1;&bogus;", "'\"<>&" * 20, "\u202e\u2066\u200b\ufeff", "e\u0301" * 50, "𝕊𝕥𝕠𝕣𝕞 🧨" * 9,
    "\r\n.\r\n", "\r\nTo: victim@elsewhere.test\r\n", "%s%n%x", "$0$1$9$", "{0}${HOME}`id`", "\\40\\20\\5c",
    "xmlns='jabber:client'", "xml:lang='x'", "\u2028\u2029", "A" * 5000, "&" * 3000, "\t \u00a0" * 300,
]


def text(rng, length=6):
    parts = []
    for _ in range(rng.randrange(1, length)):
        if rng.random() < 0.8:
            parts.append(rng.choice(NASTY))
        else:
            parts.append("".join(chr(rng.choice((rng.randrange(0x20, 0x7f), rng.randrange(0xa0, 0xd800),
                                                 rng.randrange(0xe000, 0x110000))))
                                 for _ in range(rng.randrange(1, 60))))
    return "".join(parts)


def noise(rng, most=400):
    return rng.randbytes(rng.randrange(most))


def _encoded_word(rng):
    charset = rng.choice(["utf-8", "iso-8859-1", "utf-16", "utf-7", "klingon", "us-ascii"])
    return b"=?" + charset.encode() + b"?B?" + b64encode(
        text(rng).encode(rng.choice(["utf-8", "utf-16"]), "ignore")[:60]) + b"?="


def _header(rng):
    kind = rng.randrange(4)
    if kind == 0:
        return _encoded_word(rng)
    if kind == 1:
        return text(rng).replace("\r", " ").replace("\n", " ").encode("utf-8", "ignore")
    if kind == 2:
        return noise(rng).replace(b"\n", b" ")
    return b"\r\n ".join(_encoded_word(rng) for _ in range(rng.randrange(1, 20)))


def _addresses(rng):
    return b", ".join(b'"' + _header(rng) + b'" <' + noise(rng, 30).replace(b"\n", b"") +
                      b"@" + rng.choice([b"elsewhere.test", b"x", b"", b"[127.0.0.1]"]) + b">"
                      for _ in range(rng.choice([1] * 20 + [2, 2, 50])))


def _body(rng, depth=0):
    kind = rng.randrange(6 if depth < 4 else 4)
    if kind == 0:
        return b"Content-Type: text/plain; charset=utf-8", text(rng, 20).encode("utf-8", "ignore")
    if kind == 1:
        return b"Content-Type: text/html", (b"<html><body>" + text(rng, 12).encode("utf-8", "ignore") +
                                            b"<div><b>" * rng.randrange(200) + noise(rng))
    if kind == 2:
        return (b"Content-Type: text/plain\r\nContent-Transfer-Encoding: " +
                rng.choice([b"base64", b"quoted-printable", b"x-unknown"]), noise(rng, 3000))
    if kind == 3:
        return b"Content-Type: " + _header(rng), b"&<>" * rng.choice([10] * 20 + [1000] * 5 + [60_000])
    boundary = b"b%d" % rng.randrange(10**6)
    parts = b""
    for _ in range(rng.randrange(1, 4)):
        head, content = _body(rng, depth + 1)
        parts += b"--" + boundary + b"\r\n" + head + b"\r\n" + (
            b'Content-Disposition: attachment; filename="' + _header(rng) + b'"\r\n'
            if rng.random() < 0.4 else b"") + b"\r\n" + content + b"\r\n"
    return (b'Content-Type: multipart/mixed; boundary="' + boundary + b'"',
            parts + (b"--" + boundary + b"--" if rng.random() < 0.7 else b""))


def mail(seed):
    """The bytes of a mail. One in twenty is no mail at all."""
    rng = random.Random(seed)
    if rng.random() < 0.05:
        return noise(rng, 5000)
    head, body = _body(rng)
    lines = [b"From: " + _addresses(rng), b"Subject: " + _header(rng), head]
    for name in (b"To", b"Cc", b"Reply-To", b"References", b"Message-ID", b"Date", b"In-Reply-To"):
        if rng.random() < 0.5:
            lines.append(name + b": " + (_addresses(rng) if name in (b"To", b"Cc", b"Reply-To")
                                         else _header(rng)))
    rng.shuffle(lines)
    content = b"\r\n".join(lines) + b"\r\n\r\n" + body
    # A file of Maildir: any bytes, but lines as a mail server would leave them.
    return content.replace(b"\x00", b"" if rng.random() < 0.5 else b"\x00")


def _xml_text(rng):
    """Legal in XML, so that the author's own connection lives on."""
    return "".join(c for c in text(rng) if c in "\t\n\r" or " " <= c <= "\ud7ff" or
                   "\ue000" <= c <= "\ufffd" or "\U00010000" <= c <= "\U0010ffff")


def _element(rng, depth=0):
    name = rng.choice(["x", "query", "body", "subject", "field", "value", "reply", "origin-id", "html"])
    namespace = rng.choice(["jabber:x:data", "jabber:iq:register", "urn:xmpp:reply:0", "urn:xmpp:sid:0",
                            "http://jabber.org/protocol/commands", "jabber:client", "x:y",
                            "http://jabber.org/protocol/disco#items", "jabber:iq:gateway"])
    attributes = "".join(f" {key}={quoteattr(_xml_text(rng)[:200])}" for key in
                         rng.sample(["node", "var", "id", "type", "to", "action", "sessionid", "lang"],
                                    rng.randrange(4)))
    inner = _xml_text(rng) if rng.random() < 0.5 else ""
    content = escape(inner) + ("".join(_element(rng, depth + 1) for _ in range(rng.randrange(3)))
                               if depth < 4 else "")
    return f"<{name} xmlns={quoteattr(namespace)}{attributes}>{content}</{name}>"


def _name(rng):
    """Part of a JID. Plain, for the author's client must be able to read it in the answer: slixmpp ends
    its own stream at one that Prosody lets pass."""
    return "".join(c for c in _xml_text(rng) if c.isalnum() and c.isascii())[:40]


def stanza(seed, places):
    """A well-formed stanza of any other nonsense, to one of `places` or beside them."""
    rng = random.Random(seed)
    to = rng.choice(places)
    if rng.random() < 0.2:
        to = f"{_name(rng) or 'x'}@{to.rpartition('@')[2]}"
    if rng.random() < 0.2:
        to += "/" + (_name(rng) or "r")
    # No subscriptions: those would be answered by the author's own server for ever after.
    kind = rng.choice(["message", "message", "iq", "presence"])
    types = {"message": ["chat", "normal", "groupchat", "headline", "bogus"],
             "iq": ["get", "set"], "presence": ["probe", "bogus"]}[kind]
    body = f"<body>{escape(_xml_text(rng))}</body>" if kind == "message" and rng.random() < 0.8 else ""
    children = body + "".join(_element(rng) for _ in range(1 if kind == "iq" else rng.randrange(4)))
    return (f"<{kind} to={quoteattr(to)} type={quoteattr(rng.choice(types))} "
            f"id={quoteattr(f'h{seed}' if rng.random() < 0.9 else _xml_text(rng)[:100] or 'h')}>"
            f"{children}</{kind}>")
