"""Several rules services share a Redis: a change is in force in all of them within a second, each
mail is judged by one version of it, and lists are asked as they are now."""

import itertools
import threading
import time

import pytest
from grpc import RpcError, StatusCode

from mails import unique
from postern import BIN
from service_rpc import ServiceRpc
from servers.daemon import Daemon, free_port, wait_until

ONLY_ON = ["dovecot"]

IN_FORCE = 1.0  # seconds; the issue's own figure


class Replicas:
    """The rules service of the five, and another one beside it."""

    def __init__(self, postern):
        first = postern.services["rules"]
        command = list(first.command)
        for place, word in enumerate(command):
            if word.startswith("--") and word.endswith("listen"):
                command[place + 1] = f"127.0.0.1:{free_port()}"
        address = command[command.index("--listen") + 1]
        self.second = Daemon("postern-rules-2", command, postern.folder / "rules-2.log")
        self.second.start()
        own = first.command[first.command.index("--listen") + 1]
        self.rpcs = [ServiceRpc("rules", own), ServiceRpc("rules", address)]
        wait_until(self._both_answer, 10, "both to answer", pause=0.1)

    def _both_answer(self):
        try:
            return [filed(rpc, "nobody@example.org") for rpc in self.rpcs]
        except RpcError as away:  # while it starts
            assert away.code() == StatusCode.UNAVAILABLE, away.details()
            return None

    def stop(self):
        for rpc in self.rpcs:
            rpc.close()
        self.second.stop()


@pytest.fixture(scope="module")
def replicas(postern):
    replicas = Replicas(postern)
    yield replicas
    replicas.stop()


_numbers = itertools.count(1)


def filed(rpc, user):
    """The folders into which a mail of this user goes."""
    message = b"From: bob@elsewhere.test\r\nSubject: x\r\n\r\nbody\r\n"
    answer = rpc.Evaluate(mail_id=f"m{next(_numbers)}", user=user, account_id="a1", direction=1,
                          message=message, mail={"subject": "x"})
    return [action.file_into.mailbox for action in answer.actions if action.HasField("file_into")]


def load(postern, user, version):
    """A script whose parts all name its version."""
    file = postern.folder / "replicas.sieve"
    file.write_text('require ["fileinto", "copy"];\n'
                    f'fileinto :copy "A{version}";\nfileinto :copy "B{version}";\n'
                    f'fileinto "C{version}";\n')
    postern.ctl("rules", "import", "sieve", file, "--scope", user)


def test_a_change_is_in_force_everywhere_within_a_second(postern, replicas):
    user = f"{unique('reader')}@example.org".replace(" ", "").lower()
    slowest = 0
    for version in range(1, 6):
        load(postern, user, version)
        begun = time.monotonic()
        for rpc in replicas.rpcs:
            wait_until(lambda: filed(rpc, user)[:1] == [f"A{version}"], 5, "the change", pause=0.01)
        slowest = max(slowest, time.monotonic() - begun)
    print(f"in force everywhere after {slowest:.3f} s at the most")
    assert slowest < IN_FORCE


def test_each_mail_is_judged_by_one_version(postern, replicas):
    user = f"{unique('writer')}@example.org".replace(" ", "").lower()
    load(postern, user, 0)
    over = threading.Event()
    seen = [set(), set()]

    def judge(rpc, versions):
        while not over.is_set():
            versions.add(tuple(filed(rpc, user)))

    threads = [threading.Thread(target=judge, args=pair)
               for pair in zip(replicas.rpcs * 2, seen * 2)]
    for rpc in replicas.rpcs:
        wait_until(lambda: filed(rpc, user), 5, "the first version")
    for thread in threads:
        thread.start()
    try:
        for version in range(1, 21):
            load(postern, user, version)
            time.sleep(0.2)
    finally:
        time.sleep(IN_FORCE)
        over.set()
        for thread in threads:
            thread.join()
    whole = {tuple(f"{part}{version}" for part in "ABC") for version in range(21)}
    for versions in seen:
        assert versions <= whole, versions - whole
        assert len(versions) > 2  # it was changed while mails were judged
        assert ("A20", "B20", "C20") in versions


def test_a_list_is_asked_as_it_is_now(postern, replicas):
    user = f"{unique('lister')}@example.org".replace(" ", "").lower()
    file = postern.folder / "lists.sieve"
    file.write_text('require ["extlists", "fileinto"];\n'
                    'if address :list "from" "tag:postern,group:vip" { fileinto "Vip"; }\n')
    first, second = replicas.rpcs
    postern.ctl("rules", "import", "sieve", file, "--scope", user)
    assert filed(first, user) == []
    first.ChangeList(user=user, list="vip", add=["bob@elsewhere.test"])
    wait_until(lambda: filed(second, user) == ["Vip"], 5, "the list", pause=0.05)
    second.ChangeList(user=user, list="vip", remove=["bob@elsewhere.test"])
    assert filed(first, user) == []
