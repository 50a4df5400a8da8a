"""Rules have an operator's program run on a mail, and its answer decides; it is confined, and what
goes wrong with it loses no mail."""

import hashlib
import os
import subprocess
import time

import pytest

from mails import mail, unique
from postern import BIN, CtlFailed
from servers.daemon import Daemon, free_port, wait_until

LOOKS = 5  # seconds; lists are looked at every second
ARRIVES = 30


class Programs:
    """The runner beside Postern, or inside the all-in-one, and its list."""

    def __init__(self, postern):
        self.postern = postern
        self.folder = postern.folder / "programs"
        self.folder.mkdir()
        self.list_file = self.folder / "list"
        self.list_file.write_text("")
        self.lines = {}
        user = ["--programs-user", "nobody"] if os.geteuid() == 0 else []
        options = ["--programs-file", self.list_file, *user, "--programs-dir",
                   postern.folder / "runs"]
        if postern.form == "all-in-one":
            self.runner, self.asking = None, postern.daemon
            self.more = list(map(str, options))
        else:
            address, self.metrics = f"127.0.0.1:{free_port()}", free_port()
            self.asking = postern.services["rules"]
            self.more = ["--runner-addr", address]
            self.runner = Daemon(
                "postern-runner",
                [BIN / "postern-runner", *options, "--listen", address, "--metrics-listen",
                 f"127.0.0.1:{self.metrics}", "--log-level", "debug"],
                postern.folder / "runner.log")
            self.runner.start()
        self._restart([*self.asking.command, *self.more])

    def _restart(self, command):
        self.asking.stop()
        self.asking.command = command
        self.asking.start()
        self.postern.await_ready()

    def add(self, name, text, seconds=10, more=""):
        """A script that the list lets run."""
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        digest = hashlib.sha256(text.encode()).hexdigest()
        self.lines[name] = f"{name} {path} {digest} {seconds} {more}\n"
        before = self.log().count("programs in force")
        self.list_file.write_text("".join(self.lines.values()))
        wait_until(lambda: self.log().count("programs in force") > before, LOOKS,
                   "the list to be in force", pause=0.1)
        return path

    def log(self):
        return (self.runner or self.asking).log.read_text()

    def end(self):
        if self.runner:
            self.runner.stop()
        self._restart([part for part in self.asking.command if part not in self.more])


@pytest.fixture(scope="module")
def programs(postern):
    programs = Programs(postern)
    yield programs
    programs.end()


@pytest.fixture
def reader(programs, juliet):
    juliet.register_imap("work")
    juliet.register_smtp("out")
    yield juliet
    site_script(juliet.postern, "keep;")  # perhaps there was none
    juliet.postern.ctl("rules", "remove", "--language", "sieve", "--scope", "site")
    for file in juliet.postern.jsmail_folder.iterdir():
        file.unlink()


def site_script(postern, text):
    """Before everybody's own."""
    file = postern.folder / "site.sieve"
    file.write_text(text)
    postern.ctl("rules", "import", "sieve", file, "--scope", "site")


def receive(member, subject, text="Hello.\n"):
    member.receive(mail(subject, to=member.address, text=text))


def is_absent(member, subject):
    return not any(subject in body for body in member.client.bodies())


SCANS = ('require ["vnd.postern.exec"];\nexec "scan";\n'
         'if exitcode "scan" 1 { discard; }\n')


# As MDaemon writes it.
FILTER = r"""[Rule001]
RuleName=scan
Enable=Yes
ThisRuleCondition=All
ProcessQueue=BOTH
Condition01=SUBJECT|contains|AND|d|
Action01=run process|"C:\Scan\check.exe $MESSAGEFILENAME$","20"

[Rule002]
RuleName=verdict
Enable=Yes
ThisRuleCondition=All
ProcessQueue=BOTH
Condition01=EXIT CODE|is equal to|AND|1|
Action01=delete|

"""


def test_operators_see_the_list_and_are_warned_of_what_it_has_not(programs, reader):
    path = programs.add("known", "#!/bin/sh\nexit 0\n", seconds=7)
    ctl = reader.postern.ctl
    (line,) = [line for line in ctl("rules", "programs").splitlines() if line.startswith("known ")]
    assert line.split()[1:] == [str(path), "7", "ready"]
    assert reader.postern.ctl_json("status")["runner"]["serving"]
    script = reader.postern.folder / "warned.sieve"
    script.write_text('require "vnd.postern.exec";\nexec "known";\nexec "Known";\n')
    told = ctl("rules", "import", "sieve", script, "--scope", "site", "--dry-run").splitlines()
    assert told[0].startswith('warned.sieve:3:1: warning: the runner\'s list has no program "Known"')
    assert len(told) == 2
    checked = ctl("rules", "check", script, "--programs-file", programs.list_file)
    assert f'{script}:3:1: warning: the runner\'s list has no program "Known"' in checked
    path.write_text("#!/bin/sh\nexit 1\n")
    assert "not run: " in ctl("rules", "programs")
    status = reader.postern.ctl_json("status")
    assert [file["name"] for file in status["files"]] == ["programs"]
    assert "known: " in status["files"][0]["detail"]
    del programs.lines["known"]


def test_what_a_program_answers_decides(programs, reader):
    programs.add("scan", "#!/bin/sh\n! grep -q lottery \"$1\"\n")
    site_script(reader.postern, SCANS)
    bad, good = unique("bad"), unique("good")
    receive(reader, bad, text="You have won the lottery.\n")
    receive(reader, good)
    reader.client.await_message(good, seconds=ARRIVES)
    assert is_absent(reader, bad)
    assert 'run "scan"' in reader.postern.ctl("rules", "explain", "--user", reader.jid)


def test_a_content_filter_runs_a_process_and_asks_for_its_exit_code(programs, reader):
    programs.add("check.exe", "#!/bin/sh\n! grep -q lottery \"$1\"\n")
    file = reader.postern.folder / "cfrules.dat"
    file.write_text(FILTER)
    reader.postern.ctl("rules", "import", "filter", file, "--scope", "site")
    bad, good = unique("bad"), unique("good")
    receive(reader, bad, text="You have won the lottery.\n")
    receive(reader, good)
    reader.client.await_message(good, seconds=ARRIVES)
    assert is_absent(reader, bad)
    file.write_text("")
    reader.postern.ctl("rules", "import", "filter", file, "--scope", "site")


def test_a_responder_sends_what_its_program_made(programs, reader):
    programs.add("gen", "#!/bin/sh\n"
                 "{ echo \"Dear $SENDER,\"; sed -n 's/^Subject: /you asked: /p' \"$1\"; } "
                 "> \"$POSTERN_RESULT_FILE\"\n")
    beside = reader.postern.folder / "responders.new"
    beside.write_text("price,prices.txt,/opt/old/bin/gen\n")
    beside.rename(reader.postern.jsmail_folder / "responders")
    wait_until(lambda: "responders" in reader.postern.ctl("rules", "list"), LOOKS,
               "the responders to be in force", pause=0.1)
    subject = unique("Price list")
    receive(reader, subject)
    reader.client.await_message(subject, seconds=ARRIVES)
    sent = reader.site.recorder.await_subject("Auto: " + subject)
    assert sent.mail.get_content().startswith("Dear sender@elsewhere.test,")
    assert f"you asked: {subject}" in sent.mail.get_content()
    assert sent.mail["Auto-Submitted"].startswith("auto-replied")


def test_a_program_reaches_nothing_of_the_machine(programs, reader):
    """Exit code 9 is said only when everything that it tries is refused."""
    secret = reader.postern.folder / "open-secret"
    secret.write_text("for everybody's eyes")
    secret.chmod(0o644)
    programs.add("scan", "#!/bin/sh\n"
                 f"cat {secret} && exit 1\ncat /etc/passwd && exit 2\n"
                 f"echo x > {reader.postern.folder}/written && exit 3\n"
                 "/usr/bin/python3 -c 'import socket; socket.socket()' && exit 4\n"
                 "kill -9 $PPID && exit 5\nexit 9\n")
    site_script(reader.postern, 'require ["vnd.postern.exec", "editheader"];\nexec "scan";\n'
                                'if not exitcode "scan" 9 { discard; }\n')
    subject = unique("confined")
    receive(reader, subject)
    reader.client.await_message(subject, seconds=ARRIVES)
    assert not (reader.postern.folder / "written").exists()


def test_a_program_that_was_replaced_is_not_run(programs, reader):
    path = programs.add("scan", "#!/bin/sh\nexit 1\n")
    site_script(reader.postern, SCANS)
    stopped, kept = unique("stopped"), unique("kept")
    receive(reader, stopped)
    wait_until(lambda: decisions(reader), ARRIVES, "the first mail to be judged", pause=0.5)
    path.with_name("evil").write_text("#!/bin/sh\nexit 1 # evil\n")
    path.with_name("evil").chmod(0o755)
    path.with_name("evil").rename(path)
    receive(reader, kept)
    reader.client.await_message(kept, seconds=ARRIVES)
    assert is_absent(reader, stopped)
    assert any("its SHA-256 is" in log for log in reader.postern.logs().values())


def decisions(reader):
    return reader.postern.ctl_json("rules", "explain", "--user", reader.jid).get("decisions", [])


def test_a_program_that_does_not_end_or_is_unknown_loses_no_mail_and_explain_tells(programs, reader):
    programs.add("scan", "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n", seconds=1)
    for script, why in ((SCANS, "program scan took too long"),
                        (SCANS.replace("scan", "nosuch"), "program nosuch could not be run")):
        site_script(reader.postern, script)
        subject = unique("patience")
        receive(reader, subject)
        reader.client.await_message(subject, seconds=ARRIVES)
        assert why in reader.postern.ctl("rules", "explain", "--user", reader.jid)


def test_a_slow_program_is_waited_for_and_runs_once(programs, reader):
    programs.add("scan", "#!/bin/sh\nsleep 12\nexit 1\n", seconds=30)
    site_script(reader.postern, SCANS)
    slow = unique("slow")
    receive(reader, slow)
    wait_until(lambda: decisions(reader), 2 * ARRIVES, "the mail to be judged", pause=0.5)
    assert is_absent(reader, slow)
    if programs.runner:
        runs = [line for line in programs.log().splitlines()
                if "a program ran" in line and ("seconds=12" in line or '"seconds":"12' in line)]
        assert len(runs) == 1, runs


def test_mail_waits_for_a_runner_that_is_away(programs, reader):
    if not programs.runner:
        pytest.skip("it goes with Postern")
    programs.add("scan", "#!/bin/sh\n! grep -q lottery \"$1\"\n")
    site_script(reader.postern, SCANS)
    programs.runner.kill()
    bad, good = unique("bad"), unique("good")
    receive(reader, bad, text="You have won the lottery.\n")
    receive(reader, good)
    time.sleep(3)
    assert is_absent(reader, good)
    programs.runner.start()
    reader.client.await_message(good, seconds=2 * ARRIVES)
    assert is_absent(reader, bad)


def test_a_wrong_list_ends_the_runner_at_its_start(tmp_path):
    wrong = tmp_path / "list"
    wrong.write_text("scan relative 123 0\n")
    ended = subprocess.run([BIN / "postern-runner", "--programs-file", wrong], timeout=20,
                           capture_output=True, text=True)
    assert ended.returncode == 2
    for place in (":1:6: ", ":1:15: ", ":1:19: "):
        assert f"--programs-file: {wrong}{place}" in ended.stderr, ended.stderr
    if os.geteuid() == 0:
        assert "--programs-user: missing" in ended.stderr


def test_a_changed_list_with_a_fault_changes_nothing(programs, reader):
    programs.add("scan", "#!/bin/sh\nexit 1\n")
    site_script(reader.postern, SCANS)
    good = programs.list_file.read_text()
    programs.list_file.write_text(good + "nonsense\n")
    wait_until(lambda: f"{programs.list_file}:{len(programs.lines) + 1}:9: "
               in programs.log(), LOOKS, "the fault to be told")
    stopped = unique("stopped")
    receive(reader, stopped)
    wait_until(lambda: decisions(reader), ARRIVES, "the mail to be judged", pause=0.5)
    assert is_absent(reader, stopped)
    programs.list_file.write_text(good)


def test_a_users_script_runs_nothing(programs, reader):
    programs.add("scan", "#!/bin/sh\nexit 0\n")
    file = reader.postern.folder / "own.sieve"
    file.write_text(SCANS)
    with pytest.raises(CtlFailed) as failed:
        reader.postern.ctl("rules", "import", "sieve", file, "--scope", reader.jid)
    assert "own.sieve:1:" in failed.value.message
