#!/usr/bin/env python3
"""Reads mails with Python's email package and compares them with what was meant.

Standard input: a line for each mail, of words that are "." and base 64: the mail, its subject, the
name and the address of who wrote it, its text as it flows, and the name and the bytes of each
attachment. Exit status 1 and a line for each difference.
"""

import base64
import email
import email.policy
import sys


def differences(words):
    mail, subject, name, address, text, *attachments = words
    message = email.message_from_bytes(mail, policy=email.policy.default)
    if any(part.defects for part in message.walk()):
        yield f"defects {[part.defects for part in message.walk()]}"
    if (message["subject"] or "") != subject.decode():
        yield f"subject {message['subject']!r}, not {subject.decode()!r}"
    (sender,) = message["from"].addresses
    # Python 3.11 keeps the white space between two encoded words of a name: RFC 2047 section 6.2.
    if (sender.display_name.replace(" ", ""), sender.addr_spec) != (
            name.decode().replace(" ", ""), address.decode()):
        yield f"from {sender!r}, not {name.decode()!r} {address.decode()!r}"
    body = message.get_body(("plain",))
    read = body.get_payload(decode=True).replace(b"\r\n", b"\n")
    if read != text:
        yield f"text {read!r}, not {text!r}"
    found = [part for part in message.walk()
             if part.get_filename() is not None or part.get_content_disposition() is not None]
    if len(found) * 2 != len(attachments):
        return (yield f"{len(found)} attachments, not {len(attachments) // 2}")
    for part in found:
        expected = attachments[:2]
        del attachments[:2]
        if part.get_filename("").encode() != expected[0]:
            yield f"name {part.get_filename()!r}, not {expected[0].decode()!r}"
        if part.get_payload(decode=True) != expected[1]:
            yield f"bytes of {part.get_filename()!r}"


def main():
    failed = False
    for number, line in enumerate(sys.stdin, 1):
        words = [base64.b64decode(word[1:]) for word in line.split()]
        for difference in differences(words):
            failed = True
            print(f"mail {number}: {difference}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
