"""Every process can be killed with -9 at any moment: no mail is lost, and none comes twice but with
the same id (invariants 1 to 3 and 11)."""

import random
import time
from collections import Counter, defaultdict

import pytest

from mails import mail, unique
from postern import CtlFailed
from servers.daemon import wait_until

KILLS_OF_EACH_PART = 3
RECOVERY = 90  # seconds until everything must have come


class Traffic:
    """Mail in and mail out, numbered, for one member."""

    def __init__(self, member):
        self.member = member
        self.client = member.client
        self.mark = unique("traffic")
        self.incoming = []
        self.outgoing = {}  # subject -> stanza id

    def step(self):
        number = len(self.incoming)
        incoming = f"{self.mark} in {number};"
        self.member.receive(mail(incoming))
        self.incoming.append(incoming)
        outgoing = f"{self.mark} out {number};"
        self.outgoing[outgoing] = self._write(outgoing)

    def send_again_what_was_not_answered(self):
        """A component link has no acknowledgements (XEP-0114), so a message that was on the wire
        when the edge died is gone. A client sees that no receipt comes, and sends it again with
        the same id."""
        answered = {chat.receipt_for for chat in self.client.messages}
        for subject, id in self.outgoing.items():
            if id not in answered and not self.sent(subject):
                self._write(subject, id)

    def sent(self, subject):
        return self.member.site.recorder.with_subject(subject)

    def received(self):
        """Subject -> the ids of the chat messages that brought it."""
        brought = defaultdict(list)
        for chat in self.client.messages:
            if chat.type != "error" and self.mark in chat.body:
                subject = self.mark + chat.body.partition(self.mark)[2].partition(";")[0] + ";"
                brought[subject].append(chat.id)
        return brought

    def missing(self):
        received = self.received()
        return ([subject for subject in self.incoming if subject not in received]
                + [subject for subject in self.outgoing if not self.sent(subject)])

    def _write(self, subject, id=None):
        return self.client.send(self.member.gateway,
                                f"To: bob@elsewhere.test\nSubject: {subject}\n\nHello", id=id)


@pytest.fixture
def traffic(juliet):
    juliet.register_imap("work", offline_action="2")
    juliet.register_smtp("out")
    juliet.site.recorder.data_delay = 0.05  # so that kills also hit the middle of a dialogue
    yield Traffic(juliet)
    juliet.site.recorder.data_delay = 0


def test_no_mail_is_lost_or_doubled_whatever_is_killed_whenever(traffic, postern):
    chance = random.Random(20261122)
    kills = list(postern.parts) * KILLS_OF_EACH_PART
    chance.shuffle(kills)
    for part in kills:
        for _ in range(chance.randint(1, 4)):
            traffic.step()
            time.sleep(chance.uniform(0, 0.15))
        postern.kill(part)
        traffic.step()
        time.sleep(chance.uniform(0, 0.3))
        postern.revive(part)
        time.sleep(chance.uniform(0, 0.6))
    await_everything(traffic, postern)

    brought = traffic.received()
    assert all(len(set(ids)) == 1 for ids in brought.values()), "a mail came with two stanza ids"
    doubled = sum(len(ids) > 1 for ids in brought.values())
    # Only the mail that was between its stanza and the record of it may come again.
    assert doubled <= len(kills), f"{doubled} mails came twice in {len(kills)} kills"

    sent_ids = {subject: {m.mail["Message-ID"] for m in traffic.sent(subject)}
                for subject in traffic.outgoing}
    assert all(len(ids) == 1 for ids in sent_ids.values()), "a mail left with two Message-IDs"
    resent = Counter(len(traffic.sent(subject)) for subject in traffic.outgoing)
    print(f"{len(kills)} kills; in: {len(brought)} mails, {doubled} with a double; out: {resent}")
    # Only a mail whose last dot was on the wire may leave again.
    assert sum(count for times, count in resent.items() if times > 1) <= len(kills)


def test_after_the_death_of_the_fetcher_passwords_are_asked_for_and_pop3_goes_on(postern, juliet):
    work = juliet.register_imap("work", store_password=0, online_action="0")
    post = juliet.register_pop3("post")
    subjects = [unique(f"number {i}") for i in range(3)]
    for subject in subjects[:2]:
        juliet.receive(mail(subject))
    juliet.check("post")
    # Between two mails, as like as not.
    juliet.client.await_message(subjects[0], sender=post)
    before = [chat for chat in juliet.client.messages if chat.sender == post]
    juliet.client.forget()
    part = "fetcher" if "fetcher" in postern.parts else "postern"
    postern.kill(part)
    juliet.receive(mail(subjects[2]))
    postern.revive(part)
    postern.await_ready()
    question = juliet.client.await_message("password", sender=work, seconds=40)
    juliet.client.send(work, juliet.person.mail_password, reply_to=question)
    juliet.client.await_presence(work, containing="watching", seconds=10)
    juliet.client.await_message(subjects[2], sender=post, seconds=40)
    came = [chat for chat in before + juliet.client.messages if chat.sender == post]
    assert sorted({chat.subject for chat in came}) == subjects
    assert len({chat.id for chat in came}) == 3
    # Only what was handed on together, and not yet recorded, may come again.
    assert len(came) <= 5


def test_a_rule_and_an_account_survive_the_death_of_redis(traffic, postern):
    member = traffic.member
    before = postern.account(member.jid, "work")
    postern.kill("redis")
    postern.revive("redis")
    postern.await_ready()

    def account():
        try:
            return postern.account(member.jid, "work")
        except CtlFailed:  # it said that it was ready before it noticed
            return None

    after = wait_until(account, RECOVERY, "the account to be read")
    assert (after["id"], after["login"]) == (before["id"], before["login"])
    traffic.step()
    await_everything(traffic, postern)


def await_everything(traffic, postern):
    deadline = time.monotonic() + RECOVERY
    postern.await_ready(seconds=30)
    while missing := traffic.missing():
        assert time.monotonic() < deadline, (
            f"{len(missing)} of {2 * len(traffic.incoming)} did not come: {missing[:10]}\n"
            + postern.ctl("status") + postern.ctl("queue", "list") + postern.ctl("watches", "list"))
        time.sleep(2)
        traffic.send_again_what_was_not_answered()
    # Whatever still comes after everything came would be a double.
    time.sleep(2)


def test_services_may_start_in_any_order(postern, juliet):
    juliet.register_imap("work")
    for order in (postern.parts, tuple(reversed(postern.parts))):
        for part in order:
            postern.kill(part)
        for part in order:
            postern.revive(part)
        postern.await_ready(seconds=30)
        subject = unique("after the start")
        juliet.receive(mail(subject))
        juliet.client.await_message(subject, seconds=40)
