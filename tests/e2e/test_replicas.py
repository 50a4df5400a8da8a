"""Several fetchers share the accounts: whatever happens to one of them, no mail is lost, and none
comes twice but with the same id (invariant 4, and case F4 of the mail reference)."""

import os
import signal
import subprocess
import time
from collections import defaultdict

import pytest

from mails import mail, unique
from servers.daemon import Daemon, free_port, wait_until

ONLY_ON = ["dovecot"]

ACCOUNTS_OF_EACH = 4
LEASE = 12  # seconds after which a fetcher that is not heard is dropped
# Generous: the issue asks for one second and for twenty; what it took is printed.
GRACEFUL, KILLED = 4, 20


def in_redis(postern, *command):
    """The lines of Redis's answer."""
    answer = subprocess.run(["redis-cli", "-p", str(postern.redis.port), *command], check=True,
                            capture_output=True, text=True, timeout=10)
    return answer.stdout.splitlines()


def fence_of(postern, account):
    return int(in_redis(postern, "HGET", f"postern:cursor:{{{account}}}", "fence")[0])


class Fetchers:
    """The fetcher of the five services, and others beside it on the same Redis."""

    def __init__(self, postern):
        self.postern = postern
        self.first = postern.services["fetcher"]
        self.addresses = {self._option(self.first, "--listen"): self.first}
        self.others = []

    def add(self):
        address = f"127.0.0.1:{free_port()}"
        metrics = free_port()
        command = list(self.first.command)
        command[command.index("--listen") + 1] = address
        command[command.index("--metrics-listen") + 1] = f"127.0.0.1:{metrics}"
        name = f"postern-fetcher-{len(self.others) + 2}"
        daemon = Daemon(name, command, self.postern.folder / f"{name}.log")
        self.addresses[address] = daemon
        self.others.append(daemon)
        return daemon.start()

    def address_of(self, daemon):
        return next(address for address, one in self.addresses.items() if one is daemon)

    def owners(self):
        """Account id -> the address of the fetcher that watches it, as the operator sees it."""
        watches = self.postern.ctl_json("watches", "list").get("watches", [])
        return {watch.get("accountId") or watch["account_id"]: watch["replica"]
                for watch in watches}

    def count(self, daemon):
        address = self.address_of(daemon)
        return sum(owner == address for owner in self.owners().values())

    def slots(self):
        """Slot -> the member that has it."""
        pairs = in_redis(self.postern, "HGETALL", "postern:lease:{fetchers}:slots")
        return {slot: owner.split()[1] for slot, owner in zip(pairs[::2], pairs[1::2])}

    def await_balance(self, members, seconds=20):
        def balanced():
            count = defaultdict(int)
            for owner in self.slots().values():
                count[owner] += 1
            shares = sorted(count.values())
            return len(shares) == members and sum(shares) == 1024 and shares[-1] - shares[0] <= 1
        wait_until(balanced, seconds, f"{members} fetchers to share fairly", pause=0.05)

    def await_all_watched(self, accounts, seconds, by=None):
        """How long it takes until each account is watched again, by one of these."""
        begun = time.monotonic()
        addresses = {self.address_of(one) for one in by or self.addresses.values()}

        def watched():
            owners = self.owners()
            return all(owners.get(account) in addresses for account in accounts)
        wait_until(watched, seconds, "all accounts to be watched", pause=0.05)
        return time.monotonic() - begun

    def stop(self):
        for daemon in self.others:
            if daemon.running():
                os.killpg(daemon.process.pid, signal.SIGCONT)
            daemon.stop()
        if not self.first.running():
            self.first.start()
        self.postern.await_ready()

    @staticmethod
    def _option(daemon, name):
        return daemon.command[daemon.command.index(name) + 1]


class Traffic:
    """Mails for members each of whom has several accounts of one mailbox, so that each mail is to
    come once for each account."""

    def __init__(self, members):
        self.members = members
        self.mark = unique("traffic")
        self.sent = {}  # subject -> (member, when)
        self.came = {}  # (subject, account's contact) -> when it came first
        self.ids = defaultdict(list)

    def flow(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for member in self.members:
                subject = f"{self.mark} {len(self.sent)};"
                self.sent[subject] = (member, time.monotonic())
                member.receive(mail(subject))
            self.look()
            time.sleep(0.1)

    def look(self):
        ids = defaultdict(list)
        for member in self.members:
            for chat in list(member.client.messages):
                if chat.type == "error" or self.mark not in chat.body:
                    continue
                subject = self.mark + chat.body.partition(self.mark)[2].partition(";")[0] + ";"
                key = (subject, chat.sender)
                self.came.setdefault(key, chat.at)
                ids[key].append(chat.id)
        self.ids = ids

    def missing(self):
        self.look()
        return [(subject, contact) for subject, (member, _) in self.sent.items()
                for contact in member.contacts if (subject, contact) not in self.came]

    def await_all(self, seconds=60):
        deadline = time.monotonic() + seconds
        while missing := self.missing():
            assert time.monotonic() < deadline, f"{len(missing)} did not come: {missing[:8]}"
            time.sleep(0.1)
        time.sleep(2)  # whatever still comes is a double
        self.look()
        assert all(len(set(ids)) == 1 for ids in self.ids.values()), "a mail came with two ids"
        return sum(len(ids) > 1 for ids in self.ids.values())

    def slowest(self, since):
        """The longest way of a mail that was sent since then."""
        return max(when - self.sent[subject][1] for (subject, _), when in self.came.items()
                   if self.sent[subject][1] >= since)


@pytest.fixture
def fetchers(postern):
    fetchers = Fetchers(postern)
    yield fetchers
    fetchers.stop()


@pytest.fixture
def traffic(new_member):
    members = [new_member("juliet") for _ in range(3)]
    for member in members:
        names = [f"work{i}" for i in range(ACCOUNTS_OF_EACH)]
        # Whether its owner is there or not is another story.
        member.contacts = [member.register_imap(name, offline_action="2") for name in names]
        member.ids = [member.account_id(name) for name in names]
    return Traffic(members)


@pytest.fixture
def accounts(traffic):
    return [id for member in traffic.members for id in member.ids]


def three(fetchers, accounts):
    fetchers.add()
    fetchers.add()
    fetchers.await_balance(3)
    fetchers.await_all_watched(accounts, 10)
    return [fetchers.first, *fetchers.others]


def busiest(fetchers, daemons):
    return max(daemons, key=fetchers.count)


def test_a_fetcher_that_is_stopped_hands_over_at_once(fetchers, traffic, accounts):
    daemons = three(fetchers, accounts)
    victim = busiest(fetchers, fetchers.others)
    assert fetchers.count(victim) > 0
    traffic.flow(1)
    begun = time.monotonic()
    victim.stop()
    ended = time.monotonic() - begun
    taken = fetchers.await_all_watched(accounts, GRACEFUL, [d for d in daemons if d is not victim])
    traffic.flow(1)
    doubles = traffic.await_all()
    print(f"stopped: the process ended in {ended:.2f} s, all watched {taken:.2f} s later; the slowest "
          f"mail took {traffic.slowest(begun):.2f} s; {doubles} doubles of {len(traffic.came)}")
    # Its process also waits for calls under way.
    assert traffic.slowest(begun) < GRACEFUL + ended
    assert doubles == 0


def test_the_accounts_of_a_fetcher_that_is_killed_come_back(fetchers, traffic, accounts):
    daemons = three(fetchers, accounts)
    victim = busiest(fetchers, fetchers.others)
    traffic.flow(1)
    begun = time.monotonic()
    victim.kill()
    traffic.flow(1)
    # Others are asked meanwhile: the dead one delays no answer for long.
    asked = time.monotonic()
    fetchers.owners()
    assert time.monotonic() - asked < 2.5
    fetchers.await_all_watched(accounts, KILLED, [d for d in daemons if d is not victim])
    back = time.monotonic() - begun
    traffic.flow(1)
    doubles = traffic.await_all()
    print(f"killed: all watched after {back:.1f} s, the slowest mail took "
          f"{traffic.slowest(begun):.1f} s; {doubles} doubles of {len(traffic.came)}")
    assert back < KILLED
    # Only what was between its stanza and the record of it.
    assert doubles <= len(accounts)


def test_one_that_is_started_again_need_not_wait_for_its_own_lease(fetchers, traffic, accounts):
    begun = time.monotonic()
    fetchers.first.kill()
    fetchers.first.start()
    fetchers.postern.await_ready()
    fetchers.await_all_watched(accounts, LEASE / 2)
    back = time.monotonic() - begun
    traffic.flow(0.5)
    traffic.await_all()
    print(f"started again: all watched {back:.1f} s after the kill")
    assert back < LEASE / 2


def test_a_zombie_writes_nothing(fetchers, traffic, accounts):
    """F4: one that stood still for longer than its lease."""
    daemons = three(fetchers, accounts)
    zombie = busiest(fetchers, fetchers.others)
    mine = [id for id, owner in fetchers.owners().items() if owner == fetchers.address_of(zombie)]
    assert mine
    traffic.flow(1)
    os.killpg(zombie.process.pid, signal.SIGSTOP)
    begun = time.monotonic()
    traffic.flow(20)
    fetchers.await_all_watched(accounts, KILLED, [d for d in daemons if d is not zombie])
    fences = {id: fence_of(fetchers.postern, id) for id in mine}
    os.killpg(zombie.process.pid, signal.SIGCONT)
    for _ in range(20):
        traffic.flow(0.1)
        for id, fence in fences.items():
            assert fence_of(fetchers.postern, id) >= fence
    doubles = traffic.await_all()
    print(f"zombie: the slowest mail took {traffic.slowest(begun):.1f} s; {doubles} doubles of "
          f"{len(traffic.came)}")
    assert traffic.slowest(begun) < KILLED
    # It has its share again, taken like any new one's.
    fetchers.await_balance(3)
    fetchers.await_all_watched(accounts, 10)
    assert "no renewal of the lease in time" in zombie.log.read_text(errors="replace")
    assert doubles <= len(accounts)


def test_one_becomes_three_and_one_again(fetchers, traffic, accounts):
    fetchers.await_balance(1)
    before = fetchers.slots()
    traffic.flow(0.5)
    begun = time.monotonic()
    fetchers.add()
    fetchers.add()
    while len(set(fetchers.slots().values())) < 3 and time.monotonic() < begun + 20:
        traffic.flow(0.2)
    fetchers.await_balance(3)
    shared = time.monotonic() - begun
    among_three = fetchers.slots()
    moved = sum(before[slot] != among_three[slot] for slot in before)
    traffic.flow(0.5)
    for daemon in fetchers.others:
        daemon.stop()
    fetchers.await_balance(1)
    fetchers.await_all_watched(accounts, GRACEFUL, [fetchers.first])
    traffic.flow(0.5)
    doubles = traffic.await_all()
    print(f"1 -> 3 moved {moved} of 1024 slots in {shared:.1f} s; the slowest mail took "
          f"{traffic.slowest(begun):.2f} s; {doubles} doubles of {len(traffic.came)}")
    assert moved <= 683
    assert doubles == 0
    kept = {slot for slot, owner in among_three.items() if owner == before[slot]}
    after = fetchers.slots()
    assert all(after[slot] == before[slot] for slot in kept)


def test_any_fetcher_answers_for_all(fetchers, traffic, accounts):
    """Checks and passwords reach the fetcher that they concern, though admin and the edge know but
    one address."""
    three(fetchers, accounts)
    member = traffic.members[0]
    owners = fetchers.owners()
    assert len(set(owners.values())) > 1
    for i in range(ACCOUNTS_OF_EACH):
        member.check(f"work{i}")
    # The third one is told what the others hold.
    contact = member.register_imap("unsaved", store_password=0)
    for daemon in fetchers.others:
        daemon.stop()
    fetchers.await_all_watched([member.account_id("unsaved")], GRACEFUL, [fetchers.first])
    subject = unique("after the move")
    member.receive(mail(subject))
    member.client.await_message(subject, sender=contact, seconds=10)
    late = fetchers.add()
    fetchers.await_balance(2)
    time.sleep(1)
    fetchers.first.stop()
    subject = unique("with the late one")
    member.receive(mail(subject))
    member.client.await_message(subject, sender=contact, seconds=10)
    assert late.running()
    assert not any("password" in body and "unsaved" in body for body in member.client.bodies())
