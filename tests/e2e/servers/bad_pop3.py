"""What POP3 servers have been seen to do wrong, and what attackers would: sessions of puppet_pop3."""

import time

from .puppet_imap import Hangup
from .puppet_pop3 import Pop3Session


def logins(session):
    return len(session.puppet.logins[session.user])


# --- oddities: mail must arrive once, in order, without a loop -------------------------


class Gaps(Pop3Session):
    """Its numbers begin anywhere, and are not in a row."""

    def open(self):
        super().open()
        self.mails = {10 + 7 * number: content for number, content in self.mails.items()}


class ListsTwice(Pop3Session):
    def ids(self):
        return [line for line in super().ids() for _ in range(2)]


class CountsTooMany(Pop3Session):
    """STAT counts mails that UIDL does not name."""

    def on_stat(self, _):
        self.say(f"+OK {len(self.mails) + 5} 99999\r\n")


class NoTop(Pop3Session):
    def on_top(self, _):
        self.say("-ERR no TOP here\r\n")


class LiesOfSizes(Pop3Session):
    def on_list(self, number):
        self.say(f"+OK {number} 12\r\n")


class NotNow(Pop3Session):
    """Refuses the first mail that is asked for, for a passing reason."""

    def on_retr(self, number):
        if self.puppet.commands[self.user]["RETR"] == 1:
            self.say("-ERR [SYS/TEMP] try again later\r\n")
        else:
            super().on_retr(number)


class DropsInMail(Pop3Session):
    """Its first answer with a mail in it breaks off."""

    def on_retr(self, number):
        if self.puppet.commands[self.user]["RETR"] == 1:
            self.say("+OK\r\nSubject: x\r\n")
            raise Hangup
        super().on_retr(number)


class BreaksPipelining(Pop3Session):
    """Offers PIPELINING, and loses what was sent behind a command."""

    def read(self):
        sent = b""
        while not sent.endswith(b"\n"):
            piece = self.connection.recv(4096)
            if not piece:
                raise Hangup
            sent += piece
        return sent.decode().partition("\r\n")[0]


class NewIds(Pop3Session):
    """Gives all its mails other ids at each login."""

    def id_of(self, number):
        return f"{logins(self)}.{super().id_of(number)}"


class NoIds(Pop3Session):
    def on_uidl(self, _):
        self.say("-ERR unknown command\r\n")


class OneIdForAll(Pop3Session):
    def id_of(self, number):
        return "same"


ODDITIES = {"gaps": Gaps, "lists-twice": ListsTwice, "counts-too-many": CountsTooMany, "no-top": NoTop,
            "lies-of-sizes": LiesOfSizes}
# Half a minute until the next login.
TROUBLES = {"not-now": NotNow, "drops-in-mail": DropsInMail}


# --- attacks: an error for this account, and nothing for anybody else ------------------


class LongLine(Pop3Session):
    def on_uidl(self, _):
        self.say("+OK\r\n1 ")
        while True:
            self.say(b"y" * 65536)


class EndlessIds(Pop3Session):
    def on_uidl(self, _):
        self.say("+OK\r\n")
        number = 0
        while True:
            self.say("".join(f"{number + i} id{number + i}\r\n" for i in range(1, 1001)))
            number += 1000


class EndlessMail(Pop3Session):
    def on_retr(self, _):
        self.say("+OK\r\nSubject: x\r\n\r\n")
        while True:
            self.say((b"z" * 70 + b"\r\n") * 1000)


class EndlessLineInMail(Pop3Session):
    def on_retr(self, _):
        self.say("+OK\r\nSubject: ")
        while True:
            self.say(b"z" * 65536)


BOMBS = {"long-line": LongLine, "endless-ids": EndlessIds, "endless-mail": EndlessMail,
         "endless-line-in-mail": EndlessLineInMail}


# --- silence ----------------------------------------------------------------------------


class LoginThenDrop(Pop3Session):
    def converse(self):
        raise Hangup


class SilentInMail(Pop3Session):
    def on_retr(self, _):
        self.say("+OK\r\nSubject: x\r\n")
        time.sleep(3600)


SILENCES = {"silent-in-mail": SilentInMail, "breaks-pipelining": BreaksPipelining}

KINDS = {**ODDITIES, **TROUBLES, **BOMBS, **SILENCES, "new-ids": NewIds, "no-ids": NoIds,
         "one-id-for-all": OneIdForAll, "login-then-drop": LoginThenDrop}
