"""Mail of users without a server of their own goes to the recipients' servers: --relay mx."""

import base64
import hashlib
import subprocess

import dkim
import pytest

from mails import unique
from servers.certificates import Authority
from servers.daemon import Daemon, free_port, wait_until
from servers.mail_exchangers import Exchanger, PolicyServer
from servers.nameserver import Nameserver
from servers.postfix import DOMAIN

SIGNED, PLAIN = "signed.example", "plain.example"
POLICY = "version: STSv1\nmode: enforce\nmx: mx.{domain}\nmax_age: 86400\n"

# Which host is where, and whether it shows the right certificate.
HOSTS = {f"mx.one.{PLAIN}": "127.0.0.2", f"mx.two.{PLAIN}": "127.0.0.3",
         f"mx2.down.{PLAIN}": "127.0.0.4", f"mx.sts.{PLAIN}": "127.0.0.5",
         f"mx.wrong.{PLAIN}": "127.0.0.6", f"mx.dane.{SIGNED}": "127.0.0.7",
         f"mx.broken.{SIGNED}": "127.0.0.8", f"mx.nosts.{PLAIN}": "127.0.0.9",
         f"mx.six.{PLAIN}": "::1"}
IN_THE_CLEAR = (f"mx.two.{PLAIN}", f"mx.nosts.{PLAIN}")


def key_digest(certificate):
    """What a TLSA record "3 1 1" has."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-pubkey", "-noout"], check=True,
                         capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, check=True,
                         capture_output=True).stdout
    return hashlib.sha256(der).hexdigest()


class Internet:
    """Domains, their mail servers, and a sender that reaches them."""

    def __init__(self, folder, postern):
        self.postern = postern
        self.folder = folder
        self.port = free_port()
        # Certificates for all of the hosts, and mta-sts in front of the domains.
        names = [*HOSTS, *(f"mta-sts.{name}.{PLAIN}" for name in ("sts", "wrong", "nosts"))]
        self.authority = Authority(folder / "mx", names=",".join(f"DNS:{one}" for one in names))
        self.rogue = Authority(folder / "rogue", names="DNS:mx.elsewhere.example")
        self.policies = PolicyServer(self.authority)
        for name in ("sts", "wrong", "nosts"):
            domain = f"{name}.{PLAIN}"
            self.policies.policies[domain] = POLICY.format(domain=domain)
        self.dns = Nameserver(folder / "dns", self._zones(), SIGNED)
        self.exchangers = {name: Exchanger(address, self.port, self._shows(name))
                           for name, address in HOSTS.items()}
        self.dkim_keys = self._dkim_keys()

    def _shows(self, name):
        if name in IN_THE_CLEAR:
            return None
        return self.rogue if name == f"mx.wrong.{PLAIN}" else self.authority

    def _zones(self):
        addresses = "".join(f"{name}. {'AAAA' if ':' in address else 'A'} {address}\n"
                            for name, address in HOSTS.items())
        plain = "".join(line for line in addresses.splitlines(True) if PLAIN in line)
        signed = "".join(line for line in addresses.splitlines(True) if SIGNED in line)
        for name in ("one", "two", "sts", "wrong", "nosts", "six"):
            plain += f"{name} MX 10 mx.{name}\n"
        for name in ("sts", "wrong", "nosts"):
            plain += f'_mta-sts.{name} TXT "v=STSv1; id=1;"\nmta-sts.{name} A 127.0.0.1\n'
        plain += "down MX 10 mx1.down\ndown MX 20 mx2.down\nmx1.down A 127.0.0.99\n"
        plain += "null MX 0 .\n"
        good = key_digest(self.authority.certificate)
        for name, digest in (("dane", good), ("broken", "0" * 64)):
            signed += f"{name} MX 10 mx.{name}\n_{self.port}._tcp.mx.{name} TLSA 3 1 1 {digest}\n"
        return {PLAIN: plain, SIGNED: signed}

    def _dkim_keys(self):
        keys = {}
        for selector, kind in (("r1", ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")),
                               ("e1", ("-algorithm", "ED25519"))):
            keys[selector] = self.folder / f"{selector}.pem"
            subprocess.run(["openssl", "genpkey", *kind, "-out", keys[selector]], check=True,
                           capture_output=True)
        listed = self.folder / "dkim.keys"
        listed.write_text("".join(f"{DOMAIN} {selector} {file}\n"
                                  for selector, file in keys.items()))
        return listed

    def record_of(self, selector):
        """The public key as it would stand in DNS."""
        der = subprocess.run(["openssl", "pkey", "-in", self.folder / f"{selector}.pem", "-pubout",
                              "-outform", "DER"], check=True, capture_output=True).stdout
        if selector == "e1":
            return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(der[-32:])
        return b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)

    def start(self):
        self.dns.start()
        self.policies.start()
        for exchanger in self.exchangers.values():
            exchanger.start()
        return self

    def stop(self):
        for exchanger in self.exchangers.values():
            exchanger.stop()
        self.policies.stop()
        self.dns.stop()

    def options(self):
        # The site's own CA stays trusted beside the one of these hosts.
        ca = self.folder / "cas.pem"
        ca.write_text(self.postern.site.authority.ca.read_text() + self.authority.ca.read_text())
        hosts = f"{self.postern.allow_hosts},127.0.0.0/8:{self.port},[::1]:{self.port}," \
                f"127.0.0.1:{self.policies.port}"
        return ["--relay", "mx", "--helo-name", "gateway.mail.test", "--mx-port", self.port,
                "--mta-sts-port", self.policies.port, "--dns-server", self.dns.address,
                "--dns-trust-anchor-file", self.dns.anchor, "--allow-hosts", hosts,
                "--tls-ca-file", ca, "--dkim-keys", self.dkim_keys]

    def at(self, host):
        return self.exchangers[host]


def without(command, *flags):
    """A command line without these options and their values."""
    left, parts = [], iter(command)
    for part in parts:
        if part in flags:
            next(parts)
        else:
            left.append(part)
    return left


@pytest.fixture(scope="module")
def internet(postern, tmp_path_factory):
    if postern.form != "services":
        pytest.skip("the options are those of the sender alone")
    world = Internet(tmp_path_factory.mktemp("internet"), postern)
    usual = postern.services["sender"]
    command = without(usual.command, "--relay", "--relay-security", "--relay-login",
                      "--relay-password-file", "--allow-hosts", "--tls-ca-file")
    usual.stop()
    postern.services["sender"] = Daemon(usual.name, [*command, *world.options()], usual.log)
    try:
        world.start()
        postern.services["sender"].start()
        postern.await_ready()
        yield world
    finally:
        postern.services["sender"].stop()
        world.stop()
        postern.services["sender"] = usual
        usual.start()
        postern.await_ready()


@pytest.fixture
def writer(juliet, internet):
    juliet.client.register(f"{juliet.gateway}/GlobalSMTP", name="direct",
                           default_from=f"Juliet <{juliet.person.name}@{DOMAIN}>")
    return juliet


def write(writer, to, subject, text="Grüße"):
    return writer.client.send(writer.gateway, f"To: {to}\nSubject: {subject}\n\n{text}")


def waiting(writer, domain):
    """What the operator sees of the mail to `domain` that waits in the queue."""
    def look():
        mails = writer.queued()
        return [mail["last_error"] for mail in mails
                if any(to.endswith(f"@{domain}") for to in mail["pending_recipients"])
                and mail["last_error"]]
    return wait_until(look, 20, f"a mail to {domain} that waits")[0]


def test_a_mail_for_two_domains_goes_to_both_in_one_piece_each(writer, internet):
    subject = unique("Direct")
    id = write(writer, f"ann@one.{PLAIN}, bob@one.{PLAIN}, cid@two.{PLAIN}", subject)
    writer.client.await_receipt(id)
    one = internet.at(f"mx.one.{PLAIN}").await_subject(subject)
    two = internet.at(f"mx.two.{PLAIN}").await_subject(subject)
    assert sorted(one.recipients) == [f"ann@one.{PLAIN}", f"bob@one.{PLAIN}"]
    assert two.recipients == [f"cid@two.{PLAIN}"]
    assert one.encrypted and not two.encrypted, "TLS where it is offered"
    assert one.helo == "gateway.mail.test"
    assert one.sender == f"{writer.person.name}@{DOMAIN}"


def test_the_mail_is_signed_by_every_key_of_the_domain(writer, internet):
    subject = unique("Signed")
    write(writer, f"ann@one.{PLAIN}", subject, "Dear Ann,\n\n  two  blanks \n.\n-- \nme")
    content = internet.at(f"mx.one.{PLAIN}").await_subject(subject).content
    asked = []

    def record(name, **_):
        asked.append(name.decode())
        return internet.record_of(name.decode().split(".")[0])

    message = dkim.DKIM(content)
    signatures = [value for name, value in message.headers if name.lower() == b"dkim-signature"]
    assert len(signatures) == 2
    for index in range(2):
        assert dkim.DKIM(content).verify(index, dnsfunc=record)
    assert sorted(asked) == [f"e1._domainkey.{DOMAIN}.", f"r1._domainkey.{DOMAIN}."]
    for changed in (content.replace(b"Dear Ann", b"Dear Bob"),
                    content.replace(b"Subject: ", b"Subject: Re: "),
                    b"Subject: Another\r\n" + content, b"From: boss@mail.test\r\n" + content):
        assert changed != content
        assert not any(verifies(changed, index, record) for index in range(2))


def verifies(content, index, record):
    try:
        return dkim.DKIM(content).verify(index, dnsfunc=record)
    except dkim.DKIMException:
        return False


@pytest.mark.parametrize("to, told", [
    (f"ann@null.{PLAIN}", "takes no mail"),
    (f"ann@none.{PLAIN}", "there is no domain"),
    (f"nobody@one.{PLAIN}", "no such person here"),
])
def test_who_can_never_be_reached_is_told_at_once(writer, to, told):
    id = write(writer, to, unique("Never"))
    assert told in writer.client.await_error(id).error_text


def test_the_second_server_takes_what_the_first_can_not(writer, internet):
    subject = unique("Second")
    id = write(writer, f"ann@down.{PLAIN}", subject)
    writer.client.await_receipt(id)
    assert internet.at(f"mx2.down.{PLAIN}").await_subject(subject)


def test_a_server_that_has_an_ipv6_address_only_gets_its_mail(writer, internet):
    subject = unique("Six")
    id = write(writer, f"ann@six.{PLAIN}", subject)
    writer.client.await_receipt(id)
    assert internet.at(f"mx.six.{PLAIN}").await_subject(subject).encrypted


def test_dane_takes_the_certificate_that_dns_names(writer, internet):
    subject = unique("Dane")
    id = write(writer, f"ann@dane.{SIGNED}", subject)
    writer.client.await_receipt(id)
    assert internet.at(f"mx.dane.{SIGNED}").await_subject(subject).encrypted


def test_dane_takes_no_other_certificate(writer, internet):
    subject = unique("No Dane")
    write(writer, f"ann@broken.{SIGNED}", subject)
    error = waiting(writer, f"broken.{SIGNED}")
    assert "does not prove to be the mail server" in error
    assert not internet.at(f"mx.broken.{SIGNED}").with_subject(subject)


def test_mta_sts_wants_a_certificate_for_the_hosts_name(writer, internet):
    subject = unique("Policy")
    id = write(writer, f"ann@sts.{PLAIN}", subject)
    writer.client.await_receipt(id)
    assert internet.at(f"mx.sts.{PLAIN}").await_subject(subject).encrypted


@pytest.mark.parametrize("name, told", [
    ("wrong", "does not prove to be the mail server"),
    ("nosts", "does not offer the encryption"),
])
def test_mta_sts_sends_nothing_to_who_can_not_prove_it(writer, internet, name, told):
    subject = unique("No policy")
    write(writer, f"ann@{name}.{PLAIN}", subject)
    assert told in waiting(writer, f"{name}.{PLAIN}")
    assert not internet.at(f"mx.{name}.{PLAIN}").with_subject(subject)
