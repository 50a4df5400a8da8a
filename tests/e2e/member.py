"""A Jabber user of the gateway: a client, a mailbox, and the habit of filling in forms."""

from client import Client


class Member:
    def __init__(self, person, site, postern, resource="phone"):
        self.person = person
        self.site = site
        self.postern = postern
        self.gateway = postern.gateway
        self.jid = person.jid
        self.address = person.address
        self.client = Client(person, site.prosody, resource)

    def contact(self, account):
        return f"{account}@{self.gateway}"

    def register_imap(self, name="work", await_watching=True, **fields):
        """Registers the mailbox as an account; returns the contact when it is being watched."""
        settings = dict(name=name, login=self.address, password=self.person.mail_password,
                        host="localhost", port=self.site.dovecot.imaps_port, ssl=1)
        self.client.register(f"{self.gateway}/IMAP", **{**settings, **fields})
        if await_watching:
            self.client.await_presence(self.contact(name), seconds=10)
        return self.contact(name)

    def register_smtp(self, name="out", server=None, await_ready=True, **fields):
        """Registers a way to send; the recording server unless `server` is the site's Postfix."""
        port = server.smtps_port if server else self.site.recorder.port
        settings = dict(name=name, default_from=f"{self.person.name.title()} <{self.address}>",
                        login=self.address, password=self.person.mail_password, host="localhost",
                        port=port, ssl=1)
        self.client.register(f"{self.gateway}/SMTP", **{**settings, **fields})
        if await_ready:
            self.client.await_presence(self.contact(name), seconds=10)
        return self.contact(name)

    def receive(self, mail):
        """Somebody's mail server puts this into the mailbox."""
        content = mail if isinstance(mail, bytes) else mail.as_bytes()
        self.site.dovecot.deliver(self.address, content)

    def address_contact(self, address):
        """The JID that stands for a mail address (XEP-0106)."""
        return f"{address.replace('@', chr(92) + '40')}@{self.gateway}"

    def account_id(self, name):
        return self.postern.account(self.jid, name)["id"]
