"""What servers have been seen to do wrong, and what attackers would: sessions of puppet_imap."""

import time

from .puppet_imap import Hangup, Session


# --- oddities: mail must arrive once, in order, without a loop -------------------------


class NewUidValidity(Session):
    """Numbers its mails anew at each second login."""

    def on_examine(self, tag, arguments):
        logins = len(self.puppet.logins[self.user])
        self.mailbox.uid_validity = 7 + logins // 2
        super().on_examine(tag, arguments)


class NoUidNext(Session):
    def on_examine(self, tag, arguments):
        self.say(f"* {len(self.mailbox.mails)} EXISTS\r\n"
                 f"* OK [UIDVALIDITY {self.mailbox.uid_validity}]\r\n{tag} OK\r\n")


class HighUidNext(Session):
    """Names a UID that is higher than those that it will give."""

    ahead = 5

    def on_examine(self, tag, arguments):
        box = self.mailbox
        self.say(f"* {len(box.mails)} EXISTS\r\n* OK [UIDVALIDITY {box.uid_validity}]\r\n"
                 f"* OK [UIDNEXT {max(1, box.uid_next + self.ahead)}]\r\n{tag} OK\r\n")


class StuckUidNext(HighUidNext):
    """Names one that it gave long ago."""

    ahead = -1000


class TellsOldMails(Session):
    """Answers a range above the last UID with the last mails, more than once (RFC 3501 wants one)."""

    def uids(self, text):
        found = super().uids(text)
        newest = list(self.mailbox.mails)[-2:]
        return [*newest, *found, *newest] if text.endswith("*") else found


class Twice(Session):
    """Each answer comes twice."""

    def data(self, uid, items):
        return 2 * super().data(uid, items)


class TalksInBetween(Session):
    """Flags, counts and expunges of other mails in the midst of an answer."""

    def data(self, uid, items):
        chatter = (b"* 1 FETCH (FLAGS (\\Seen))\r\n* 0 RECENT\r\n* OK still here\r\n"
                   b"* FLAGS (\\Seen \\Answered)\r\n* SEARCH\r\n")
        return chatter + super().data(uid, items) + chatter


class Shrinks(Session):
    """Says that the mailbox shrank whenever it grew."""

    def tell(self):
        if self.idle_tag:
            self.say("* 1 EXPUNGE\r\n* 0 EXISTS\r\n")
        super().tell()


class OverQuota(Session):
    """Refuses the first mail that is asked for, for a passing reason."""

    def on_uid_fetch(self, tag, arguments):
        if "BODY" in arguments and len(self.puppet.logins[self.user]) <= 2:
            self.say(f"{tag} NO [OVERQUOTA] try again later\r\n")
        else:
            super().on_uid_fetch(tag, arguments)


class ByeInFetch(Session):
    """Its first answer with a mail in it breaks off."""

    def data(self, uid, items):
        if "BODY" in items and len(self.puppet.logins[self.user]) == 1:
            self.say(f"* {self.mailbox.number(uid)} FETCH (UID {uid} BODY[]<0> {{500}}\r\nSubject: x")
            raise Hangup
        return super().data(uid, items)


class LiesOfRev2(Session):
    """Offers IMAP4rev2 and what belongs to it, and knows none of it."""

    capabilities = "IMAP4rev1 IMAP4rev2 SASL-IR IDLE ENABLE ESEARCH LIST-STATUS UIDPLUS MOVE"

    def on_enable(self, tag, arguments):
        self.say(f"{tag} BAD internal error\r\n")


class NewsOfNothing(Session):
    """Tells of one mail more whenever a client idles."""

    ghosts = 0

    def on_idle(self, tag, arguments):
        super().on_idle(tag, arguments)
        self.ghosts += 1
        self.say(f"* {len(self.mailbox.mails) + self.ghosts} EXISTS\r\n")


class NoIdle(Session):
    """Offers IDLE and refuses it."""

    def on_idle(self, tag, arguments):
        self.say(f"{tag} BAD IDLE is broken\r\n")


ODDITIES = {
    "no-uidnext": NoUidNext, "high-uidnext": HighUidNext, "stuck-uidnext": StuckUidNext,
    "old-mails": TellsOldMails, "twice": Twice, "chatter": TalksInBetween, "shrinks": Shrinks,
    "bye-in-fetch": ByeInFetch, "rev2-lie": LiesOfRev2,
}


# --- attacks: an error for this account, and nothing for anybody else ------------------


class Bomb(Session):
    """Answers the first look with `answer`, for as long as it is taken."""

    def on_uid_fetch(self, tag, arguments):
        for piece in self.answer():
            self.say(piece)
        self.say(f"{tag} OK\r\n")


class HugeLiteral(Bomb):
    def answer(self):
        yield "* 1 FETCH (UID 1 BODY[] {4294967295}\r\n"
        while True:
            yield b"x" * 65536


class EndlessNumber(Bomb):
    def answer(self):
        yield "* 1 FETCH (UID 1 BODY[] {99999999999999999999}\r\nxxxx)\r\n"


class ManyLiterals(Bomb):
    def answer(self):
        yield "* 1 FETCH (UID 1"
        for _ in range(1000):
            yield b" BODY[1] {1}\r\nx" * 1000
        yield ")\r\n"


class LongLine(Bomb):
    def answer(self):
        yield "* 1 FETCH (UID 1 BODY[] \""
        for _ in range(1600):
            yield b"y" * 65536


class Nested(Bomb):
    def answer(self):
        yield "* 1 FETCH (UID 1 BODYSTRUCTURE "
        for _ in range(100):
            yield b"(" * 10_000


class NeverEnds(Bomb):
    """Answers without end, each of them small and right."""

    def answer(self):
        uid = 0
        while True:
            uid += 1
            yield "".join(f"* 1 FETCH (UID {uid * 1000 + i} RFC822.SIZE 10)\r\n"
                          for i in range(1000))


BOMBS = {"huge-literal": HugeLiteral, "endless-number": EndlessNumber,
         "many-literals": ManyLiterals, "long-line": LongLine, "nested": Nested,
         "never-ends": NeverEnds}


# --- silence ----------------------------------------------------------------------------


class LoginThenDrop(Session):
    def on_examine(self, tag, arguments):
        super().on_examine(tag, arguments)
        raise Hangup


class SilentAfterLogin(Session):
    def converse(self):
        time.sleep(3600)


class SilentInLiteral(Session):
    def on_uid_fetch(self, tag, arguments):
        self.say("* 1 FETCH (UID 1 BODY[] {5000}\r\nSubject")
        time.sleep(3600)


class Drips(Session):
    """A byte every few seconds, for ever."""

    def on_uid_fetch(self, tag, arguments):
        for byte in "* 1 FETCH (UID 1 BODY[] {50000}\r\n" + "x" * 50000:
            self.say(byte)
            time.sleep(5)


SILENCES = {"silent-after-login": SilentAfterLogin, "silent-in-literal": SilentInLiteral,
            "drips": Drips}

KINDS = {**ODDITIES, **BOMBS, **SILENCES, "new-uidvalidity": NewUidValidity, "ghosts": NewsOfNothing, "no-idle": NoIdle,
         "login-then-drop": LoginThenDrop, "overquota": OverQuota}
