"""SMTP servers that misbehave: every recipient's lot is what the server said, and nothing is lost,
sent in the clear or waited for without end."""

import pytest

from servers.certificates import Authority
from servers.puppet_smtp import ByteByByte, EndlessReply, Puppet, ResetsBehindTheDot, Says
from servers.smtp_carrier import carry

LETTER = b"Subject: x\r\n\r\n.hi\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates") / "authority")


@pytest.fixture
def play(tmp_path):
    """Starts a puppet and sends it a mail."""
    puppets = []

    def run(puppet, content=LETTER, **options):
        puppets.append(puppet.start())
        (tmp_path / "mail").write_bytes(content)
        return carry(puppet.port, seconds=20, file=tmp_path / "mail", **options)

    yield run
    for puppet in puppets:
        puppet.stop()


def test_a_puppet_that_behaves_takes_the_mail(play):
    puppet = Puppet()
    assert play(puppet, mails=3).sent == 3
    assert puppet.taken == [(["bob@mail.test"], LETTER)] * 3
    assert puppet.sessions == 1


@pytest.mark.parametrize("step", ["", "EHLO", "MAIL", "RCPT", "DATA", "."])
def test_a_server_that_says_goodbye_is_left_with_its_words(play, step):
    carried = play(Says({step: "421 4.3.2 going down"}))
    assert carried.status == 1
    assert "hung up: 421 4.3.2 going down" in carried.error


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "."])
def test_later_means_later(play, step):
    carried = play(Says({step: ["451 4.3.0 later"]}), mails=2)
    assert (carried.status, carried.sent) == (0, 1)
    assert carried.pending == ["pending bob@mail.test 451 4.3.0 later"]


def test_one_recipient_of_several_is_refused(play):
    puppet = Says({"RCPT TO:<eve@": "550 5.1.1 nobody"})
    carried = play(puppet, to="bob@mail.test,eve@mail.test,joe@mail.test")
    assert carried.sent == 2
    assert carried.failed == ["failed eve@mail.test 550 5.1.1 nobody"]
    assert puppet.taken == [(["bob@mail.test", "joe@mail.test"], LETTER)]


def test_replies_may_come_byte_by_byte(play):
    assert play(ByteByByte(), mails=2).sent == 2


def test_a_line_of_64_kib_ends_the_session(play):
    carried = play(Says({"MAIL": "250 " + "x" * 70_000}))
    assert "did not answer like a mail server" in carried.error


def test_a_reply_without_end_ends_the_session(play):
    carried = play(EndlessReply())
    assert "did not answer like a mail server" in carried.error


def test_a_reset_behind_the_dot_is_no_success(play):
    puppet = ResetsBehindTheDot()
    carried = play(puppet)
    assert carried.status == 1 and carried.sent == 0
    assert "closed the connection" in carried.error


def test_a_size_that_is_smaller_than_told(play):
    carried = play(Says({".": "552 5.3.4 too large after all"}))
    assert carried.failed == ["failed bob@mail.test 552 5.3.4 too large after all"]


def test_a_server_that_lies_about_chunks_gets_no_line_of_the_mail_for_a_command(play):
    puppet = Says({}, words=["CHUNKING", "PIPELINING"])
    content = b"Subject: x\r\n\r\nRSET\r\nMAIL FROM:<eve@mail.test>\r\nRCPT TO:<v@mail.test>\r\nDATA\r\n"
    assert play(puppet, content=content, mails=2).sent == 2
    assert puppet.taken == [(["bob@mail.test"], content)] * 2
    assert not any("eve@" in line for line in puppet.heard)
    assert sum(line.startswith("BDAT") for line in puppet.heard) == 1, "asked once"


def test_a_server_that_refuses_what_comes_together_is_asked_one_by_one(play):
    puppet = Says({"RCPT": ["503 5.5.1 too fast"], "DATA": ["503 5.5.1 too fast"]})
    assert play(puppet, mails=2).sent == 2
    assert len(puppet.taken) == 2


@pytest.mark.parametrize("prompt", ["334 %%%%", "334", "334 " + "A" * 5000])
def test_garbage_for_a_challenge_ends_the_login(play, authority, prompt):
    puppet = Says({"AUTH": prompt}, words=["AUTH SCRAM-SHA-256"], authority=authority, tls=True)
    carried = play(puppet, security="tls", ca=authority.ca, login="ann", password="hunter2")
    assert carried.status == 1
    assert "asked for something unknown while this gateway signed in" in carried.error
    assert not any("hunter2" in line for line in puppet.heard)


class TailBehindStartTls(Says):
    def send(self, session, data):
        if data.startswith(b"220 2.0.0 go"):
            data += b"250 ok\r\n"
        session.connection.sendall(data)


@pytest.mark.parametrize("puppet, says", [
    (lambda a: TailBehindStartTls({}, words=["STARTTLS"], authority=a), "in the clear after it agreed"),
    (lambda a: Says({}, words=["AUTH PLAIN"], authority=a), "does not offer STARTTLS"),
    (lambda a: Says({"STARTTLS": "220 2.0.0 go\r\n220 2.0.0 go"}, words=["STARTTLS"], authority=a),
     "in the clear after it agreed"),
    (lambda a: Says({"STARTTLS": "454 4.7.0 not now"}, words=["STARTTLS", "AUTH PLAIN"],
                    authority=a), "refused STARTTLS"),
], ids=["tail", "stripped", "twice", "refused"])
def test_nothing_is_said_in_the_clear(play, authority, puppet, says):
    puppet = puppet(authority)
    carried = play(puppet, security="starttls", ca=authority.ca, login="ann", password="hunter2")
    assert carried.status == 1
    assert says in carried.error
    assert not any(line.startswith(("AUTH", "MAIL")) for line in puppet.heard), puppet.heard


@pytest.mark.parametrize("promised", [False, True])
def test_a_mail_that_may_travel_encrypted_only_goes_to_none_who_does_not_promise_it(
        play, authority, promised):
    """RFC 8689."""
    words = [*Puppet.words, "AUTH PLAIN", *["REQUIRETLS"] * promised]
    puppet = Says({}, words, authority=authority, tls=True)
    carried = play(puppet, security="tls", ca=authority.ca, login="ann", password="secret",
                   require_tls="yes")
    assert (carried.sent, len(puppet.taken)) == (promised, promised)
    mails = [line for line in puppet.heard if line.startswith("MAIL")]
    if promised:
        assert mails[0].endswith(" REQUIRETLS")
    else:
        assert "encrypted connections only" in carried.failed[0] and not mails
