"""Somebody between Postern and a mail server, who does with STARTTLS what attackers have been seen to
do (NO STARTTLS, USENIX Security 2021). One port for each way; all that is heard is kept."""

import socket
import ssl
import threading
import time
from collections import Counter, defaultdict


class Attack:
    """Offers STARTTLS as a well-behaved server does; the others differ in a few words. Whoever logs
    in is let in, but behind TLS."""

    greeting = "* OK [CAPABILITY IMAP4rev1 STARTTLS SASL-IR AUTH=LOGIN] hi"
    offered = {False: "IMAP4rev1 STARTTLS SASL-IR AUTH=LOGIN", True: "IMAP4rev1 SASL-IR AUTH=PLAIN"}
    certificate = "server"

    def answer(self, connection, line):
        tag, _, rest = line.partition(" ")
        word = rest.partition(" ")[0].upper()
        if word == "STARTTLS":
            self.start_tls(connection, f"{tag} OK go on")
        elif word == "CAPABILITY":
            offered = self.offered[connection.encrypted]
            connection.say(f"* CAPABILITY {offered}", f"{tag} OK")
        elif word == "LOGOUT":
            connection.say("* BYE", f"{tag} OK")
        elif connection.encrypted:
            connection.say(f"{tag} NO nobody is known here")
        else:
            connection.say(f"{tag} OK")

    def start_tls(self, connection, agreed):
        connection.say(agreed)
        connection.start_tls(self.certificate)


class Preauth(Attack):
    greeting = "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome"


class Stripped(Attack):
    """STARTTLS is taken out of what is offered."""
    greeting = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi"
    offered = {False: "IMAP4rev1 SASL-IR AUTH=PLAIN"}


class Refused(Attack):
    def start_tls(self, connection, agreed):
        connection.say(agreed.replace("OK", "NO"))


class Bye(Attack):
    def start_tls(self, connection, agreed):
        connection.say("* BYE come again without TLS", agreed)


class Tail(Attack):
    """Puts words in front of the encrypted ones."""
    tail = "* CAPABILITY IMAP4rev1 AUTH=PLAIN"

    def start_tls(self, connection, agreed):
        connection.say(agreed, self.tail)
        connection.start_tls(self.certificate)


class NoTls(Attack):
    """Agrees, and goes on in the clear."""

    def start_tls(self, connection, agreed):
        connection.say(agreed)
        time.sleep(0.2)
        connection.say(self.greeting)


class ForgedCertificate(Attack):
    certificate = "rogue"


class WordsBefore(Attack):
    """Says in the clear what would matter behind TLS: mails, and another way to log in."""

    def start_tls(self, connection, agreed):
        connection.say("* 99 EXISTS", "* OK [UIDVALIDITY 1]", "* OK [UIDNEXT 1]",
                       "* CAPABILITY IMAP4rev1 SASL-IR AUTH=LOGIN", agreed)
        connection.start_tls(self.certificate)


class Pop3(Attack):
    greeting = "+OK hi"
    offered = {False: ["STLS", "USER"], True: ["USER"]}

    def answer(self, connection, line):
        word = line.partition(" ")[0].upper()
        if word == "STLS":
            self.start_tls(connection, "+OK go on")
        elif word == "CAPA":
            connection.say("+OK", *self.offered[connection.encrypted], ".")
        elif connection.encrypted and word == "PASS":
            connection.say("-ERR [AUTH] nobody is known here")
        else:
            connection.say("+OK")


class Pop3Stripped(Pop3):
    offered = {False: ["USER"]}


class Pop3Refused(Pop3):
    def start_tls(self, connection, agreed):
        connection.say("-ERR not now")


class Pop3Tail(Pop3):
    def start_tls(self, connection, agreed):
        connection.say(agreed, "+OK", "USER", ".")
        connection.start_tls(self.certificate)


class Pop3NoTls(Pop3, NoTls):
    pass


ATTACKS = {
    "preauth": Preauth, "stripped": Stripped, "refused": Refused, "bye": Bye, "tail": Tail,
    "no-tls": NoTls, "forged-certificate": ForgedCertificate, "words-before": WordsBefore,
    "pop3-stripped": Pop3Stripped, "pop3-refused": Pop3Refused, "pop3-tail": Pop3Tail,
    "pop3-no-tls": Pop3NoTls,
}


class Connection:
    def __init__(self, site, name, connection):
        self._site = site
        self._name = name
        self._connection = connection
        self.encrypted = False

    def say(self, *lines):
        self._connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def start_tls(self, certificate):
        self._connection = self._site.contexts[certificate].wrap_socket(self._connection,
                                                                        server_side=True)
        self.encrypted = True

    def lines(self):
        """What the client says, as it comes; a handshake that nobody answers is one as well."""
        rest = b""
        while piece := self._connection.recv(4096):
            heard = self._site.encrypted if self.encrypted else self._site.clear
            heard[self._name] += piece
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield line.decode("latin-1").rstrip("\r")

    def close(self):
        self._connection.close()


class StarttlsAttacks:
    def __init__(self, authority):
        self.clear = defaultdict(bytes)      # by attack: what came unencrypted
        self.encrypted = defaultdict(bytes)  # what came behind TLS
        self.ended = Counter()               # connections that are over
        self.contexts = {
            "server": self._context(authority.certificate, authority.key),
            "rogue": self._context(authority.rogue, authority.rogue_key)}
        self._listeners = {name: socket.create_server(("127.0.0.1", 0)) for name in ATTACKS}
        self.ports = {name: listener.getsockname()[1] for name, listener in self._listeners.items()}

    @staticmethod
    def _context(certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    def start(self):
        for name in ATTACKS:
            threading.Thread(target=self._accept, args=(name,), daemon=True).start()
        return self

    def stop(self):
        for listener in self._listeners.values():
            listener.close()

    def _accept(self, name):
        while True:
            try:
                connection, _ = self._listeners[name].accept()
            except OSError:
                return
            connection.settimeout(20)
            threading.Thread(target=self._serve, args=(name, connection), daemon=True).start()

    def _serve(self, name, socket_):
        connection = Connection(self, name, socket_)
        attack = ATTACKS[name]()
        try:
            connection.say(attack.greeting)
            for line in connection.lines():
                attack.answer(connection, line)
        except OSError:
            pass
        finally:
            connection.close()
            self.ended[name] += 1
