"""Mail programs edit users' Sieve scripts (ManageSieve, RFC 5804): sieve-connect as a user gives it,
and python3-sievelib, which webmail uses."""

import os
import re
import socket
import ssl
import subprocess
from base64 import b64encode

import pytest
from sievelib import managesieve

from mails import mail, unique
from postern import CtlFailed
from servers.daemon import wait_until
from test_chat_commands import say
from test_rules_effects import await_in, nothing_came

ARRIVES = 20  # seconds
LOOKS = 5  # seconds; the folder of allow-deny is looked at every second
DISCARD = 'if header :contains "subject" "unwanted" {\r\n  discard;\r\n}\r\n'


class SieveUser:
    """Somebody with a password for scripts, and a mail program."""

    def __init__(self, member, password=None):
        self.member = member
        self.postern = member.postern
        self.password = password or self.new_password()
        self.file = self.postern.folder / f"{unique('script')}.sieve"

    def new_password(self):
        return self.postern.ctl_json("rules", "password", self.member.jid)["password"]

    def connect(self, *arguments):
        """sieve-connect with these arguments: its exit status and all that it says."""
        reading, writing = os.pipe()
        os.write(writing, self.password.encode() + b"\n")
        os.close(writing)
        try:
            answer = subprocess.run(
                ["sieve-connect", "--server", "localhost", "--port", str(self.postern.sieve_port),
                 "--4", "--nosrv", "--user", self.member.jid, "--passwordfd", str(reading), "--tlscafile",
                 str(self.member.site.authority.ca), *map(str, arguments)],
                capture_output=True, text=True, timeout=30, pass_fds=[reading],
                stdin=subprocess.DEVNULL)
        finally:
            os.close(reading)
        return answer.returncode, answer.stdout + answer.stderr

    def upload(self, name, text):
        self.file.write_bytes(text.encode())
        return self.connect("--upload", "--localsieve", self.file, "--remotesieve", name)

    def client(self, password=None):
        """python3-sievelib's, logged in; None when it is not let in."""
        client = managesieve.Client("localhost", self.postern.sieve_port)
        if client.connect(self.member.jid, password or self.password, starttls=True):
            return client
        return None


@pytest.fixture
def user(juliet):
    juliet.register_imap("work")
    user = SieveUser(juliet)
    yield user
    juliet.postern.ctl("rules", "deactivate", "--scope", juliet.jid)


def test_a_script_that_is_put_and_activated_judges_the_next_mail(user):
    status, said = user.upload("filter", DISCARD)
    assert status == 0, said
    status, said = user.connect("--list")
    assert status == 0 and '"filter"' in said, said
    assert "ACTIVE" not in said
    status, said = user.connect("--activate", "--remotesieve", "filter")
    assert status == 0, said
    assert "ACTIVE" in user.connect("--list")[1]
    stopped, kept = unique("unwanted"), unique("ordinary")
    user.member.receive(mail(stopped))
    user.member.receive(mail(kept))
    user.member.client.await_message(kept)
    assert not any(stopped in body for body in user.member.client.bodies())

    # posternctl and the mail program see the same.
    assert "filter (in force)" in user.postern.ctl("rules", "show", "--scope", user.member.jid)
    fetched = user.postern.folder / "fetched.sieve"
    status, said = user.connect("--download", "--remotesieve", "filter", "--localsieve", fetched)
    assert status == 0, said
    assert "discard;" in fetched.read_text()
    status, said = user.connect("--delete", "--remotesieve", "filter")
    assert "in force" in said  # the active one is not deleted
    assert user.connect("--deactivate")[0] == 0
    assert user.connect("--delete", "--remotesieve", "filter")[0] == 0
    assert "filter" not in user.connect("--list")[1]


def test_a_wrong_script_is_told_with_its_line_and_not_stored(user):
    assert user.upload("filter", DISCARD)[0] == 0
    status, said = user.upload("filter", "keep;\r\nif {\r\n")
    assert status != 0
    assert "filter:2:" in said
    client = user.client()
    assert client.getscript("filter").strip() == DISCARD.replace("\r\n", "\n").strip()
    client.logout()


def test_a_wrong_password_is_refused_and_a_new_one_voids_the_one_before(user):
    stranger = SieveUser(user.member, "abcde-fghij-kmnpq-rstuv")
    status, said = stranger.connect("--list")
    assert status != 0
    assert "user name or the password is wrong" in said
    assert user.client() is not None
    before, user.password = user.password, user.new_password()
    assert user.client(before) is None
    assert user.client() is not None
    user.postern.ctl("rules", "password", user.member.jid, "--revoke")
    assert user.client() is None
    # No log has any of them.
    for log in user.postern.logs().values():
        assert before not in log and user.password not in log


def test_a_password_asked_for_by_chat_logs_in_and_voids_the_one_before(user):
    given = [user.password]
    for _ in range(2):
        told = say(user.member, "sieve password")
        assert f"server: localhost\nport: {user.postern.sieve_port}," in told
        assert f"login: {user.member.jid}\n" in told
        given.append(re.search("^password: (.*)$", told, re.MULTILINE)[1])
        user.password = given[-1]
        status, said = user.connect("--list")
        assert status == 0, said
    assert user.client(given[-2]) is None
    say(user.member, "sieve password off")
    assert user.client() is None
    for log in user.postern.logs().values():
        assert not any(password in log for password in given)


# As Roundcube writes it, with a script of its own for the absence.
ROUNDCUBE = """require ["copy","editheader","fileinto","include","variables"];
# rule:[Lists]
if header :matches "subject" "[*] *"
{
\tset :lower "list" "${1}";
\taddheader "X-List" "${list}";
\tredirect :copy "bob@elsewhere.test";
\tfileinto "Lists";
\tstop;
}
# rule:[Away]
global "where";
set "where" "Verona";
include :personal "away";
"""
AWAY = """require ["include","variables","vacation"];
global "where";
vacation :days 1 :subject "Gone to ${where}" "Back in May.";
"""


def test_webmail_puts_scripts_that_include_each_other_and_they_judge(user):
    user.member.make_folders(user.member.site.mailboxes.folder_name("Lists"))
    user.member.register_smtp("out")
    client = user.client()
    needed = re.findall('"([a-z]+)"', ROUNDCUBE.partition(";")[0] + AWAY.partition(";")[0])
    assert set(needed) <= set(client.get_sieve_capabilities())
    assert client.putscript("away", AWAY)
    assert client.putscript("roundcube", ROUNDCUBE)
    assert client.getscript("roundcube").strip() == ROUNDCUBE.strip()
    assert client.setactive("roundcube")
    assert client.listscripts() == ("roundcube", ["away"])
    client.logout()
    offer, hello = unique("[Dev-Talk] offer"), unique("hello")
    for subject in (offer, hello):
        user.member.receive(mail(subject, to=user.member.address))
    user.member.client.await_message(hello, seconds=ARRIVES)
    recorder = user.member.site.recorder
    assert recorder.await_subject(offer).mail["X-List"] == "dev-talk"
    await_in(user.member, "Lists", offer)
    assert nothing_came(user.member, offer)
    assert recorder.await_subject("Gone to Verona").recipients == ["sender@elsewhere.test"]


def test_a_script_that_is_sure_to_fail_is_put_with_a_warning(user):
    six = "".join(f'redirect "bob{number}@elsewhere.test";\r\n' for number in range(6))
    login = b64encode(f"\0{user.member.jid}\0{user.password}".encode()).decode()
    with encrypted(user) as connection:
        connection.sendall(f'AUTHENTICATE "PLAIN" "{login}"\r\n'.encode())
        for text in (six, "keep;\r\n"):
            connection.sendall(f'PUTSCRIPT "six" {{{len(text)}+}}\r\n{text}\r\n'.encode())
        connection.sendall(b"LOGOUT\r\n")
        said = b"".join(iter(lambda: connection.recv(4096), b"")).decode().splitlines()
    put, put_again = said[-3:-1]
    assert put.startswith('OK (WARNINGS) "six:5:1: more than 4 redirects'), said
    assert put_again == "OK"
    # Programs that show no warnings go on as ever, with several of them, too.
    several = 'require "vacation";\r\nvacation :days 400 "x";\r\n' + six
    status, said = user.upload("six", several)
    assert status == 0, said
    client = user.client()
    assert client.putscript("six", several)
    assert client.listscripts() == (None, ["six"])
    client.logout()


def test_webmail_has_all_commands(user):
    client = user.client()
    assert "Postern" in str(client.get_implementation())
    assert client.havespace("a", 100)
    assert not client.havespace("a", 10_000_000)
    assert client.checkscript(DISCARD)
    assert not client.checkscript("nonsense;")
    assert client.putscript("caf\u00e9", DISCARD)
    assert client.setactive("caf\u00e9")
    assert client.renamescript("caf\u00e9", "on holiday")
    assert client.listscripts() == ("on holiday", [])
    assert not client.deletescript("on holiday")
    assert client.setactive("")
    assert client.deletescript("on holiday")
    client.logout()


def test_scripts_of_others_are_out_of_reach(user, new_member):
    assert user.upload("private", DISCARD)[0] == 0
    other = SieveUser(new_member("romeo"))
    client = other.client()
    assert client.listscripts()[1] == []
    assert not client.getscript("private")
    assert not client.deletescript("private")
    assert user.client().getscript("private")


def encrypted(user):
    context = ssl.create_default_context(cafile=user.member.site.authority.ca)
    plain = socket.create_connection(("localhost", user.postern.sieve_tls_port), timeout=10)
    return context.wrap_socket(plain, server_hostname="localhost")


def test_tls_from_the_first_byte_on_a_port_of_its_own(user):
    with encrypted(user) as connection:
        connection.sendall(b"LOGOUT\r\n")
        greeting = b"".join(iter(lambda: connection.recv(4096), b""))
    assert b'"SASL" "SCRAM-SHA-256 PLAIN"' in greeting
    assert b"STARTTLS" not in greeting
    assert b'OK "Until next time."' in greeting


def test_nobody_logs_in_without_tls(user):
    with socket.create_connection(("localhost", user.postern.sieve_port), timeout=10) as connection:
        connection.sendall(b'AUTHENTICATE "PLAIN" "AGEAYg=="\r\nLISTSCRIPTS\r\nLOGOUT\r\n')
        said = b"".join(iter(lambda: connection.recv(4096), b""))
    assert b'"SASL" ""' in said and b'"STARTTLS"' in said
    assert b"NO (ENCRYPT-NEEDED)" in said
    assert b'NO "Log in first' in said


def test_the_allow_deny_file_guards_the_port(user):
    file = user.postern.jsmail_folder / "allow-deny"
    try:
        file.write_text("deny remote 127.0.0.1\n")
        wait_until(lambda: user.connect("--list")[0] != 0, LOOKS, "the port to be closed")
        with socket.create_connection(("localhost", user.postern.sieve_port)) as connection:
            assert connection.recv(100) == b""
    finally:
        file.unlink()
    wait_until(lambda: user.connect("--list")[0] == 0, LOOKS, "the port to be open")


def test_imported_lines_for_other_services_shut_nobody_out(user):
    file = user.postern.folder / "allow-deny"

    def load(text):
        file.write_text(text)
        user.postern.ctl("rules", "import", "jsmail", "--allow-deny", file)
    try:
        load("deny remote 127.0.0.1\n")
        wait_until(lambda: user.connect("--list")[0] != 0, LOOKS, "the port to be closed")
        load("allow smtp 158.152.*.*\n")
        wait_until(lambda: user.connect("--list")[0] == 0, LOOKS, "the port to be open")
    finally:
        user.postern.ctl("rules", "remove", "--language", "allow-deny")
    assert user.connect("--list")[0] == 0


def test_a_password_is_for_a_bare_jid(postern):
    with pytest.raises(CtlFailed) as failed:
        postern.ctl("rules", "password", "site")
    assert "bare JID" in failed.value.message
