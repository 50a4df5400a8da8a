"""A Jabber user of the gateway: a client, a mailbox, and the habit of filling in forms."""

import re
from base64 import b64encode

from client import Client


class Member:
    def __init__(self, person, site, postern, resource="phone", lang=None):
        self.person = person
        self.site = site
        self.postern = postern
        self.gateway = postern.gateway
        self.jid = person.jid
        self.address = person.address
        self.client = Client(person, site.jabber, resource, lang)

    def contact(self, account):
        return f"{account}@{self.gateway}"

    def register_imap(self, name="work", await_watching=True, **fields):
        """Registers the mailbox as an account; returns the contact when it is being watched. Who
        does not wait for that wants it stored even if it does not work."""
        return self._register_mailbox("IMAP", self.site.mailboxes.imaps_port, name, await_watching,
                                      fields)

    def register_pop3(self, name="post", await_watching=True, seconds=10, **fields):
        """The same by POP3."""
        return self._register_mailbox("POP3", self.site.mailboxes.pop3s_port, name, await_watching,
                                      fields, seconds)

    def _register_mailbox(self, type, port, name, await_watching, fields, seconds=10):
        settings = dict(name=name, login=self.address, password=self.person.mail_password,
                        host="localhost", port=port, ssl=1, store_untested=int(not await_watching))
        self.client.register(f"{self.gateway}/{type}", **{**settings, **fields})
        if await_watching:
            self.client.await_presence(self.contact(name), seconds=seconds)
        return self.contact(name)

    def register_smtp(self, name="out", server=None, await_ready=True, **fields):
        """Registers a way to send; the recording server unless `server` is the site's Postfix."""
        port = server.smtps_port if server else self.site.recorder.port
        settings = dict(name=name, default_from=f"{self.person.name.title()} <{self.address}>",
                        login=self.address, password=self.person.mail_password, host="localhost",
                        port=port, ssl=1, store_untested=int(not await_ready))
        self.client.register(f"{self.gateway}/SMTP", **{**settings, **fields})
        if await_ready:
            self.client.await_presence(self.contact(name), seconds=10)
        return self.contact(name)

    def receive(self, mail):
        """Somebody's mail server puts this into the mailbox."""
        content = mail if isinstance(mail, bytes) else mail.as_bytes()
        self.site.mailboxes.deliver(self.address, content)

    def make_folders(self, *names):
        """Creates folders in the mailbox, named as their server wants it."""
        with self.site.mailboxes.open(self.address) as client:
            for name in names:
                status, answer = client.create(f'"{modified_utf7(name)}"')
                assert status == "OK", answer

    def address_contact(self, address):
        """The JID that stands for a mail address (XEP-0106)."""
        return f"{address.replace('@', chr(92) + '40')}@{self.gateway}"

    def account_names(self):
        """Of what is registered, as the operator sees it."""
        accounts = self.postern.ctl_json("accounts", "list", "--user", self.jid)
        return sorted(account["name"] for account in accounts.get("accounts", []))

    def health(self, name):
        """"OK", "ERROR", "ASKING", ..."""
        return self.postern.account(self.jid, name)["health"]["state"].rpartition("_")[2]

    def check(self, name):
        """Has the mailbox looked at now, which is done once a minute at most."""
        self.postern.ctl("accounts", "check", f"{self.jid}/{name}")

    def queued(self):
        """Their mails in the sender's queue; those of others may wait to be filed meanwhile."""
        return self.postern.ctl_json("queue", "list", "--owner", self.jid).get("mails", [])

    def account_id(self, name):
        return self.postern.account(self.jid, name)["id"]


def modified_utf7(name):
    """A folder's name as IMAP4rev1 writes it (RFC 3501 section 5.1.3)."""
    def encoded(match):
        bits = b64encode(match[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
        return f"&{bits}-"
    return re.sub(r"[^\x20-\x7e]+", encoded, name.replace("&", "&-"))
