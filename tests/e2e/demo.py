"""What Postern does, played on real servers with a real Jabber client. Started by script/demo."""

import argparse
import signal
import smtplib
import ssl
import sys
import time
from email import message_from_bytes, policy
from pathlib import Path

from mails import mail, raw
from member import Member
from narrator import Narrator
from postern import FORMS
from servers.daemon import wait_until
from servers.site import Site

ATTACHED = "the balcony.png"


class Story:
    """Juliet has a Jabber client; Romeo has only mail."""

    def __init__(self, site, postern, narrator):
        self.site = site
        self.postern = postern
        self.tell = narrator
        self.romeo = site.add_person("romeo")
        self.carol = site.add_person("carol")
        self.juliet = Member(site.add_person("juliet"), site, postern)
        self.client = self.juliet.client

    def play(self):
        for scene in (self.find_the_gateway, self.register, self.mail_comes_in, self.answer,
                      self.new_mail, self.address_contact, self.refused_recipient, self.away,
                      self.offline, self.reject_rule, self.operator, self.kill_everything):
            scene()

    def find_the_gateway(self):
        self.tell.step("Juliet logs in and looks what the Jabber server offers")
        self.client.connect()
        offers = [jid for jid, _, _ in self.client.items(self.site.jabber.host)]
        identities, _ = self.client.info(self.postern.gateway)
        self.tell.checked(f"{self.postern.gateway} is there: {', '.join(identities)}",
                          self.postern.gateway in offers and "gateway/smtp" in identities)

    def register(self):
        self.tell.step("She registers her IMAP and SMTP accounts in the registration forms")
        form = self.client.form(f"{self.postern.gateway}/IMAP")
        self.tell.shows("fields: " + ", ".join(name for name in form if name != "FORM_TYPE"))
        self.work = self.juliet.register_imap("work")
        self.out = self.juliet.register_smtp("out", server=self.site.postfix)
        for contact in (self.postern.gateway, self.work, self.out):
            presence = self.client.await_presence(contact)
            self.tell.says(contact, "juliet", f"[{presence.type}] {presence.status}")
        self.tell.checked("all three are contacts in her roster", self.client.roster_becomes(
            {jid: "both" for jid in (self.postern.gateway, self.work, self.out)}))

    def mail_comes_in(self):
        self.tell.step("Romeo, who has only mail, writes to her: Cyrillic in KOI8-R")
        self.lunch = raw("Lunch?", "text/plain; charset=koi8-r",
                         "Привет! Shall we meet at noon?".encode("koi8-r")).replace(
            b"Ann Example <ann@elsewhere.test>", f"Romeo <{self.romeo.address}>".encode())
        start = time.monotonic()
        self._submit(self.romeo, self.juliet.address, self.lunch)
        self.chat = self._hear("Shall we meet")
        self.tell.timed("it went through Postfix, Dovecot and Postern", start)
        self.tell.checked("the text is readable", "Привет!" in self.chat.body)

        self.tell.step("He sends a picture, in a mail of HTML")
        picture = mail("The balcony", sender=f"Romeo <{self.romeo.address}>")
        picture.clear_content()
        picture.set_content("<p>But <b>soft</b>, what light through yonder window breaks?</p>",
                            subtype="html")
        picture.add_attachment(b"PNG" * 9000, maintype="image", subtype="png", filename=ATTACHED)
        self._submit(self.romeo, self.juliet.address, picture.as_bytes())
        chat = self._hear("yonder window")
        self.tell.checked("HTML became text and the attachment is listed",
                          "<p>" not in chat.body and ATTACHED in chat.body)
        self.tell.checked("nothing is marked as seen in the mailbox", not any(
            b"\\Seen" in flags for flags in self.site.dovecot.flags(self.juliet.address)))

    def answer(self):
        self.tell.step("Juliet answers the first one")
        id = self._say(self.work, "Noon is fine. Ciao — Юлия", reply_to=self.chat)
        self.client.await_receipt(id)
        self.tell.checked("a receipt says that the mail server took it")
        received = self._mail_of(self.romeo, "Re: Lunch?")
        self.tell.shows("\n".join(f"{name}: {received[name]}" for name in (
            "From", "To", "Subject", "In-Reply-To", "References")) + "\n\n"
            + received.get_content())
        asked = message_from_bytes(self.lunch, policy=policy.default)
        self.tell.checked("it threads with his mail in Romeo's mailbox",
                          received["In-Reply-To"] == asked["Message-ID"])

    def new_mail(self):
        self.tell.step("She writes a new mail, with a hidden copy to Carol")
        id = self._say(self.postern.gateway, (
            f"To: Romeo <{self.romeo.address}>\nBcc: {self.carol.address}\n"
            "Subject: Tomorrow\n\nAt what o'clock shall I send to thee?"))
        self.client.await_receipt(id)
        both = [self._mail_of(person, "Tomorrow") for person in (self.romeo, self.carol)]
        self.tell.checked("Romeo and Carol have it, and nothing in it names Carol",
                          not any(b"carol" in _without_trace(mail) for mail in both))

    def address_contact(self):
        contact = self.juliet.address_contact(self.romeo.address)
        self.tell.step("She writes to him as to any other contact")
        id = self._say(contact, "A thousand times good night!", subject="Good night")
        self.client.await_receipt(id)
        self._mail_of(self.romeo, "Good night")
        self.tell.checked("it is in his mailbox")

    def refused_recipient(self):
        self.tell.step("She mistypes an address")
        id = self._say(self.postern.gateway, "To: nobody@mail.test\nSubject: Hello\n\nHello?")
        error = self.client.await_error(id)
        self.tell.says(error.sender, "juliet",
                       f"[error {error.condition} on that message] {error.error_text}")
        self.tell.checked("the error names the recipient", "nobody@mail.test" in error.error_text)

    def away(self):
        self.tell.step("She is away: mail is gathered for a digest")
        self.client.set_presence("away")
        time.sleep(1)
        for number in ("first", "second", "third"):
            self.juliet.receive(mail(f"The {number} letter", "A long text."))
        self.tell.checked("no message comes for each of them",
                          self.client.hears_nothing("letter", 1.5))
        self.postern.ctl("accounts", "check", f"{self.juliet.jid}/work")
        digest = self._hear("The first letter")
        self.tell.checked("one message tells of all three",
                          "second" in digest.body and "third" in digest.body)

    def offline(self):
        self.tell.step("She is offline: mail waits in the mailbox until she is back")
        self.client.disconnect()
        time.sleep(1)
        self.juliet.receive(mail("While you slept", "Good morning!"))
        time.sleep(1)
        self.client.connect()
        self._hear("While you slept")

    def reject_rule(self):
        self.tell.step("An operator loads a rule that stops mail with $$$ in the subject")
        file = self.postern.folder / "reject.txt"
        file.write_text("subject:\\$\\$\\$\n")
        self._ctl("rules", "import", "jsmail", "--reject", file, "--scope", self.juliet.jid)
        self.juliet.receive(mail("Win $$$ now", "Click here"))
        self.juliet.receive(mail("An honest letter", "Yours truly"))
        self._hear("An honest letter")
        self.tell.checked("the other one was not delivered",
                          not any("Win $$$" in body for body in self.client.bodies()))
        self._ctl("rules", "explain", "--user", self.juliet.jid)

    def operator(self):
        self.tell.step("What the operator sees")
        for command in (("status",), ("users", "list"), ("accounts", "list"), ("queue", "list"),
                        ("sessions", "list"), ("watches", "list")):
            self._ctl(*command)

    def kill_everything(self):
        self.tell.step("Every process is killed with -9 while mails come, and started again")
        subjects = []

        def one_more():
            subjects.append(f"Letter number {len(subjects) + 1};")
            self.juliet.receive(mail(subjects[-1]))

        for part in self.postern.parts:
            one_more()
            self.postern.kill(part)
            one_more()
            self.postern.revive(part)
            one_more()
            self.tell.checked(f"killed and started: {part}")
        self.postern.await_ready(30)

        def missing():
            return [s for s in subjects if not any(s in body for body in self.client.bodies())]
        wait_until(lambda: not missing(), 60, "the letters that came meanwhile", pause=0.2)
        ids = {chat.id for chat in self.client.messages if "Letter number" in chat.body}
        self.tell.checked(f"{len(subjects)} letters were sent meanwhile; all came, none is lost or "
                          "doubled", len(ids) == len(subjects))

    # --- the parts of a scene -----------------------------------------------------------------

    def _say(self, to, text, **more):
        self.tell.says("juliet", to, text)
        return self.client.send(to, text, **more)

    def _hear(self, containing):
        chat = self.client.await_message(containing, sender=self.work, seconds=15)
        self.tell.says(chat.sender, "juliet", chat.body)
        return chat

    def _ctl(self, *arguments):
        words = [word.name if isinstance(word, Path) else word for word in arguments]
        self.tell.runs(" ".join(["posternctl", *words]), self.postern.ctl(*arguments))

    def _submit(self, person, recipient, content):
        """As a mail program does: TLS, a password, an envelope."""
        context = ssl.create_default_context(cafile=str(self.site.authority.ca))
        with smtplib.SMTP_SSL("localhost", self.site.postfix.smtps_port,
                              context=context) as smtp:
            smtp.login(person.address, person.mail_password)
            smtp.sendmail(person.address, [recipient], content)

    def _mail_of(self, person, subject):
        """The mail with that subject in somebody's mailbox."""
        def look():
            mails = [message_from_bytes(content, policy=policy.default)
                     for content in self.site.dovecot.mails(person.address)]
            return next((m for m in mails if m["Subject"] == subject), None)
        return wait_until(look, 10, f"{subject!r} in the mailbox of {person.name}", pause=0.1)


def _without_trace(message):
    """A mail without the fields that the receiving servers added."""
    for name in ("Delivered-To", "Received", "Return-Path", "X-Original-To"):
        del message[name]
    return message.as_bytes()


def invite(site, postern, juliet):
    print(f"""
Everything is still running; Ctrl-C stops and removes it.

  Join with Gajim, Psi or another Jabber client (accept the certificate that this run has made):
    Jabber ID  {juliet.jid}     password  {juliet.person.jabber_password}
    server     127.0.0.1, port {site.jabber.c2s_port} (set it by hand in the advanced settings)
    gateway    {postern.gateway} — in the service browser, or write "help" to it

  Send a mail in:
    script/send-mail 127.0.0.1:{site.dovecot.lmtp_port} {juliet.address} "A subject" "The text"

  Register more mailboxes: any login at mail.test, password {juliet.person.mail_password}
    IMAP  localhost, port {site.dovecot.imaps_port}, SSL     SMTP  localhost, port \
{site.postfix.smtps_port}, SSL

  Operate it:
    export POSTERN_ADDR={postern.admin_address}
    build/bin/posternctl status
    build/bin/posternctl accounts list

  Logs are in {postern.folder}
""", flush=True)


def stay():
    """Until somebody ends us."""
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()


def main():
    parser = argparse.ArgumentParser(prog="script/demo")
    parser.add_argument("--stay", action="store_true")
    parser.add_argument("--services", dest="form", action="store_const", const="services")
    parser.add_argument("--all-in-one", dest="form", action="store_const", const="all-in-one")
    arguments = parser.parse_args()
    form = FORMS[arguments.form or "services"]

    narrator = Narrator()
    site = Site(c2s_port=5222 if arguments.stay else 0)
    postern = None
    try:
        print("Starting Prosody, Dovecot, Postfix and Postern "
              f"({'one process' if form.form == 'all-in-one' else 'five services'}) …", flush=True)
        site.start()
        postern = form(site.folder / "postern", site).start()
        story = Story(site, postern, narrator)
        story.play()
        print("\nEvery step worked.")
        if arguments.stay:
            story.client.disconnect()
            invite(site, postern, story.juliet)
            stay()
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as failure:
        print(f"\nFAILED: {failure}", file=sys.stderr)
        if postern:
            for name, text in postern.logs().items():
                tail = "\n  ".join(text.splitlines()[-15:])
                print(f"\nThe end of the log of {name}:\n  {tail}", file=sys.stderr)
        return 1
    finally:
        print("Stopping.", flush=True)
        if postern:
            postern.stop()
        site.stop()


if __name__ == "__main__":
    sys.exit(main())
