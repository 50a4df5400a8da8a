"""Nobody between Postern and a mail server gets a password by what they do to STARTTLS."""

from base64 import b64encode

import pytest

from client import Refused
from servers.daemon import wait_until
from servers.starttls_attacks import ATTACKS

ONLY_ON = ["dovecot"]
LOGIN, PASSWORD = b"spied-on", b"my Pa55word"
# All that has to be said before TLS.
HARMLESS = {"CAPABILITY", "STARTTLS", "LOGOUT", "CAPA", "STLS", "QUIT"}
TLS_RECORD = b"\x16\x03"


def spoken(heard):
    """The commands in what came in the clear, up to the handshake."""
    lines = heard.partition(TLS_RECORD)[0].decode("latin-1").splitlines()
    words = [line.split() for line in lines]
    return {pair[min(1, len(pair) - 1)].upper() for pair in words if pair}


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_worth_hearing_is_said_in_the_clear(juliet, attack):
    attacks = juliet.site.attacks
    register = juliet.register_pop3 if attack.startswith("pop3") else juliet.register_imap
    # The trial of a registration, and the watcher of an account that is stored all the same.
    with pytest.raises(Refused):
        register("spied", await_watching=False, port=attacks.ports[attack], ssl=0,
                 login=LOGIN.decode(), password=PASSWORD.decode(), store_untested=0)
    register("spied", await_watching=False, port=attacks.ports[attack], ssl=0,
             login=LOGIN.decode(), password=PASSWORD.decode())
    wait_until(lambda: attacks.ended[attack] >= 2, 30, "two connections")
    heard = attacks.clear[attack]
    for secret in (LOGIN, PASSWORD):
        for form in (secret, b64encode(secret), b64encode(secret)[:-2]):
            assert form not in heard
    assert b64encode(b"\0" + LOGIN + b"\0" + PASSWORD) not in heard
    assert spoken(heard) <= HARMLESS
    assert juliet.health("spied") != "OK"
    if attack == "words-before":
        # Nothing of it was believed: what is offered is asked for again, and that is what counts.
        first, second = attacks.encrypted[attack].split(b"\r\n")[:2]
        assert b"CAPABILITY" in first and b"AUTHENTICATE PLAIN" in second
    else:
        assert attacks.encrypted[attack] == b""


def test_the_password_is_said_behind_tls(juliet):
    """So that the story above can fail."""
    attacks = juliet.site.attacks
    assert spoken(b"A1 LOGIN a b\r\n" + TLS_RECORD + b"x") == {"LOGIN"}
    assert spoken(b"USER a\r\nPASS b\r\n") == {"A", "B"}
    juliet.register_imap("spied", await_watching=False, port=attacks.ports["words-before"], ssl=0,
                         login=LOGIN.decode(), password=PASSWORD.decode())
    plain = b64encode(b"\0" + LOGIN + b"\0" + PASSWORD)
    wait_until(lambda: plain in attacks.encrypted["words-before"], 30, "the password, behind TLS")
