"""The files of a JSMail installation go on as they are: in a folder that is looked at, sealed, or
imported all at once."""

import time

import pytest

from mails import mail, unique
from postern import CtlFailed
from servers.daemon import wait_until
from test_chat_commands import say

LOOKS = 5  # seconds; the folder is looked at every second
ARRIVES = 20


@pytest.fixture
def folder(postern):
    """The folder of --jsmail-dir, which nobody else's story finds anything in."""
    yield postern.jsmail_folder
    for file in postern.jsmail_folder.iterdir():
        file.unlink()
    wait_until(lambda: not listed(postern) and not problems(postern), LOOKS, "the folder to be empty")


@pytest.fixture
def reader(juliet):
    juliet.register_imap("work")
    yield juliet


def put(folder, name, text):
    """As an editor does it: at once."""
    beside = folder.parent / "beside"
    beside.write_text(text)
    beside.rename(folder / name)


def listed(postern):
    """File name -> what is said of it, of those of the folder."""
    programs = postern.ctl_json("rules", "list")["programs"]
    return {program["file_name"]: program for program in programs if program["from_folder"]}


def problems(postern):
    return postern.ctl_json("rules", "list")["problems"]


def await_listed(postern, name, source):
    wait_until(lambda: listed(postern).get(name, {}).get("source", "").startswith(source), LOOKS,
               f"{name} to be in force", pause=0.1)


def stops(reader, word):
    """A mail with this word in its subject is not shown, and one without it that comes later is."""
    stopped, kept = unique(word), unique("ordinary")
    reader.receive(mail(stopped, to=reader.address))
    reader.receive(mail(kept, to=reader.address))
    reader.client.await_message(kept, seconds=ARRIVES)
    return not any(stopped in body for body in reader.client.bodies())


def test_a_reject_file_is_in_force_as_soon_as_it_lies_there_and_gone_with_it(reader, folder):
    put(folder, "reject.txt", "subject:lottery\n")
    await_listed(reader.postern, "reject.txt", "subject:lottery")
    assert stops(reader, "lottery")
    put(folder, "reject.txt", "subject:casino\n")
    await_listed(reader.postern, "reject.txt", "subject:casino")
    assert stops(reader, "casino")
    assert not stops(reader, "lottery")
    (folder / "reject.txt").unlink()
    wait_until(lambda: not listed(reader.postern), LOOKS, "the file to be gone")
    assert not stops(reader, "casino")


def test_a_file_with_an_error_is_told_of_and_the_one_before_stays(reader, folder):
    put(folder, "reject.txt", "subject:lottery\n")
    await_listed(reader.postern, "reject.txt", "subject:lottery")
    put(folder, "reject.txt", "subject:casino\nsender:x\n")
    wait_until(lambda: problems(reader.postern), LOOKS, "the error to be told", pause=0.1)
    wrong = "reject.txt:2:1: a rule begins with source:"
    assert wrong in reader.postern.ctl("rules", "list")
    assert wrong in reader.postern.ctl("status")
    assert wrong in str(reader.postern.ctl_json("status")["files"])
    assert stops(reader, "lottery")
    assert not stops(reader, "casino")
    put(folder, "reject.txt", "subject:casino\n")
    await_listed(reader.postern, "reject.txt", "subject:casino")
    assert not problems(reader.postern)
    assert "rule files" not in reader.postern.ctl("status")


def test_a_responder_answers_once_and_the_mail_comes(reader, folder):
    reader.register_smtp("out")
    word = unique("prices")
    put(folder, "prices.txt", f"All our {word}.\n")
    put(folder, "responders.txt", f"{word},prices.txt\n")
    await_listed(reader.postern, "responders.txt", word)
    for number in range(2):
        subject = f"{word.upper()} please {number}"  # in whatever case
        reader.receive(mail(subject, to=reader.address))
        reader.client.await_message(subject, seconds=ARRIVES)
    answer = reader.site.recorder.await_subject(f"Auto: {word.upper()} please 0")
    assert f"All our {word}." in answer.mail.get_content()
    assert answer.mail["Auto-Submitted"].startswith("auto-replied")
    assert answer.sender == "<>"
    assert answer.recipients == ["sender@elsewhere.test"]
    time.sleep(1)
    assert not reader.site.recorder.with_subject(f"Auto: {word.upper()} please 1")


def test_a_sealed_file_is_in_force(reader, folder):
    plain = reader.postern.folder / "rejects.plain"
    plain.write_text("subject:secret lottery\n")
    sealed = folder / "reject.jsm"
    reader.postern.ctl("seal", plain, "--kind", "reject", "-o", sealed,
                       "--key-file", reader.postern.key_file)
    assert b"lottery" not in sealed.read_bytes()
    await_listed(reader.postern, "reject.jsm", "subject:secret")
    assert stops(reader, "secret lottery")


@pytest.fixture
def installation(postern, tmp_path):
    """Removes afterwards what was imported from it."""
    folder = tmp_path / "jsmail"
    folder.mkdir()
    yield folder
    for language in ("reject", "responders"):
        try:
            postern.ctl("rules", "remove", "--language", language)
        except CtlFailed as failed:
            assert "are stored for site" in failed.message
    for role in postern.ctl_json("users", "roles").get("roles", []):
        postern.ctl("users", "role", role["user"], "user")


def test_an_installation_moves_in(reader, installation):
    (installation / "reject.txt").write_text("subject:lottery\n")
    (installation / "Responders.cfg").write_text("info,info.txt\n")
    (installation / "info.txt").write_text("Hello.\n")
    name, _, jabber_domain = reader.jid.partition("@")
    users = f"{name},f,scooby\njim,r,scooby\nann,u,scooby\nsales,a,{name}\n"
    (installation / "passwd").write_text(users)
    (installation / "pop3.txt").write_text(
        f"[localhost:{reader.site.mailboxes.pop3s_port}]\nuser:{reader.address}\n"
        f"password:{reader.person.mail_password}\ntls: implicit\n")
    options = ["--local-domain", "team.test", "--owner", reader.jid, "--user-domain",
               jabber_domain, "--aliases-out", installation.parent / "aliases.out"]
    would = reader.postern.ctl("rules", "import", "jsmail", installation, *options, "--dry-run")
    assert "goes along with Responders.cfg" in would
    assert reader.postern.ctl_json("rules", "list", "--scope", "site")["programs"] == []
    assert reader.jid not in reader.postern.ctl("users", "roles")
    became = reader.postern.ctl("rules", "import", "jsmail", installation, *options)
    for told in (would, became):
        assert "scooby" not in told and reader.person.mail_password not in told
    assert (installation.parent / "aliases.out").read_text() == users.replace("scooby", "-")
    # Users of the password file have their roles here.
    roles = {role["user"]: role["role"] for role in
             reader.postern.ctl_json("users", "roles")["roles"]}
    assert roles == {reader.jid: "ROLE_OPERATOR", f"jim@{jabber_domain}": "ROLE_REDIRECTOR"}
    assert "fetcher: works" in say(reader, "operator status")
    assert stops(reader, "lottery")
    assert "pop1" in reader.account_names()
    wait_until(lambda: reader.health("pop1") == "OK", ARRIVES, "the POP3 account to work")


def test_an_installation_with_an_error_changes_nothing(postern, installation):
    (installation / "reject.txt").write_text("subject:lottery\n")
    (installation / "responders.txt").write_text("info,,!,fred\n")
    with pytest.raises(CtlFailed) as failed:
        postern.ctl("rules", "import", "jsmail", installation)
    assert "responders.txt:1:9: the domain of this user is not known" in failed.value.message
    assert "nothing was imported" in failed.value.message
    assert postern.ctl_json("rules", "list", "--scope", "site")["programs"] == []
