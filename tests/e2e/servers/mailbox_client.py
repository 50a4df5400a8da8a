"""Looking into mailboxes behind the gateway's back, by Python's own IMAP client."""

import imaplib
import ssl

# Whoever asks has a mailbox; one password opens them all.
PASSWORD = "correct-horse-battery"


class MailboxClient:
    """A mail server's side of it: `authority` signed its certificate, `imaps_port` is its door."""

    prefix = ""         # of a person's own folders
    separator = "."     # between a folder and what is in it
    tells_within = 0.5  # seconds from a mail's arrival to a client that idles

    def folder_name(self, *names):
        """What a client calls a folder."""
        return self.prefix + self.separator.join(names)

    def open(self, user):
        """An IMAP client of its own, to look into a mailbox behind the gateway's back."""
        context = ssl.create_default_context(cafile=str(self.authority.ca))
        client = imaplib.IMAP4_SSL("localhost", self.imaps_port, ssl_context=context)
        client.login(user, PASSWORD)
        return client

    def flags(self, user):
        """The flags of each mail in INBOX, oldest first."""
        with self.open(user) as client:
            client.select("INBOX", readonly=True)
            _, answers = client.fetch("1:*", "(FLAGS)")
            return [imaplib.ParseFlags(answer) for answer in answers if answer]

    def mails(self, user):
        """The mails in INBOX as bytes, oldest first."""
        with self.open(user) as client:
            _, (count,) = client.select("INBOX", readonly=True)
            if count == b"0":
                return []
            _, answers = client.fetch("1:*", "(BODY.PEEK[])")
            return [answer[1] for answer in answers if isinstance(answer, tuple)]
