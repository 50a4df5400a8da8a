"""How accounts log in, and what POP3 removes from the server in the end."""

import subprocess
import time

import pytest

from mails import mail, unique
from servers.daemon import wait_until

# Sets each entry's time of delivery: 8 bytes of a key, 4 of Unix time.
AGE = """
local packed, aged = redis.call('GET', KEYS[1]), {}
for at = 1, #packed, 12 do
  aged[#aged + 1] = string.sub(packed, at, at + 7) .. struct.pack('>I4', tonumber(ARGV[1]))
end
redis.call('SET', KEYS[1], table.concat(aged))
return #aged
"""
DAY = 24 * 60 * 60


def logins(site, address):
    """How an address has logged in, or tried to, as Dovecot tells."""
    log = site.dovecot.daemon.log.read_text(errors="replace")
    return [line.partition("method=")[2].partition(",")[0] for line in log.splitlines()
            if f"user=<{address}>" in line and "method=" in line]


def test_the_password_does_not_travel_where_scram_is_offered(juliet):
    juliet.register_imap("work")
    juliet.register_pop3("post")
    wait_until(lambda: len(logins(juliet.site, juliet.address)) >= 2, 5, "two logins in the log")
    assert set(logins(juliet.site, juliet.address)) == {"SCRAM-SHA-256"}


def test_a_wrong_password_is_found_out_by_scram_too(juliet):
    juliet.register_imap("work", await_watching=False, password="wrong")
    presence = juliet.client.await_presence(juliet.contact("work"), "dnd", seconds=15)
    assert "password" in presence.status
    wait_until(lambda: logins(juliet.site, juliet.address), 5, "an attempt in the log")
    # Once, and no other way was tried that would have shown it.
    assert logins(juliet.site, juliet.address) == ["SCRAM-SHA-256"]


def test_pop3_removes_what_was_delivered_days_ago_and_nothing_else(juliet, postern):
    if not hasattr(postern, "redis"):
        pytest.skip("the story ages what is in Redis")
    never, old, young = unique("never delivered"), unique("old"), unique("young")
    juliet.receive(mail(never))
    contact = juliet.register_pop3("post")
    juliet.receive(mail(old))
    juliet.check("post")
    juliet.client.await_message(old, sender=contact, seconds=15)
    in_mailbox = lambda: [b"".join(line for line in content.splitlines() if b"Subject" in line)
                          for content in juliet.site.dovecot.mails(juliet.address)]
    key = f"postern:cursor:{{{juliet.account_id('post')}}}:delivered"
    wait_until(lambda: evaluate(postern, AGE, key, int(time.time()) - 3 * DAY) == 1, 5,
               "the delivery on record", pause=0.2)
    assert len(in_mailbox()) == 2  # nobody wanted it removed
    juliet.receive(mail(young))
    postern.ctl("accounts", "watching", f"{juliet.jid}/post", "--remove-after-days", 2)
    juliet.client.await_message(young, sender=contact, seconds=30)
    wait_until(lambda: len(in_mailbox()) == 2, 10, "the old mail to be removed")
    left = b" ".join(in_mailbox()).decode()
    assert never in left and young in left and old not in left


def evaluate(postern, script, key, *arguments):
    answer = subprocess.run(["redis-cli", "-p", str(postern.redis.port), "EVAL", script, "1", key,
                             *map(str, arguments)], check=True, capture_output=True, text=True)
    return int(answer.stdout) if answer.stdout.strip().isdigit() else 0
