"""What the sender's benchmarks share: the sender among made-up services, a mail server that takes
everything, and Postfix as the peer. Figures, processes and tables are yard.py's."""

import os
import smtplib
import subprocess
import threading
import time
from pathlib import Path

from yard import BIN, Daemon, Redis, Told, free_port, wait_until  # first: it says where servers are
from servers.daemon import find_program
from servers.postfix import Postfix

# Nothing is asked of a client, nothing is looked up, one relay for all; and none of the brakes
# that Postfix has on for strangers.
MAIN = """
compatibility_level = 3.6
config_directory = {folder}/etc
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = bench.test
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
smtpd_client_restrictions = {restriction}
in_flow_delay = 0
default_process_limit = 200
relayhost = [127.0.0.1]:{sink_port}
disable_dns_lookups = yes
smtp_connection_cache_destinations = 127.0.0.1
smtp_connection_cache_on_demand = yes
smtp_destination_concurrency_limit = 20
initial_destination_concurrency = 20
minimal_backoff_time = {retry}s
queue_run_delay = {retry}s
defer_transports = {defer}
"""

MASTER = """
{port}    inet  n  -  n  -  -  smtpd
pickup    unix  n  -  n  60 1  pickup
cleanup   unix  n  -  n  -  0  cleanup
qmgr      unix  n  -  n  300  1  qmgr
rewrite   unix  -  -  n  -  -  trivial-rewrite
bounce    unix  -  -  n  -  0  bounce
defer     unix  -  -  n  -  0  bounce
trace     unix  -  -  n  -  0  bounce
proxymap  unix  -  -  n  -  -  proxymap
anvil     unix  -  -  n  -  1  anvil
smtp      unix  -  -  n  -  -  smtp
error     unix  -  -  n  -  -  error
retry     unix  -  -  n  -  -  error
scache    unix  -  -  n  -  1  scache
showq     unix  n  -  n  -  -  showq
flush     unix  n  -  n  1000? 0  flush
postlog   unix-dgram n  -  n  -  1  postlogd
"""


class RelayPostfix(Postfix):
    """Takes mail from this machine and relays it to a sink. `hold`: only takes it; `defer`: puts it
    off until release_deferred(); `retry`: seconds until what failed is tried again."""

    def __init__(self, folder, sink_port, hold=False, defer=False, retry=300):
        self.folder = Path(folder)
        self.port = free_port()
        for part in ("", "etc", "queue", "data"):
            (self.folder / part).mkdir()
            (self.folder / part).chmod(0o755)
        self._values = dict(folder=self.folder, port=self.port, sink_port=sink_port, retry=retry,
                            restriction="static:HOLD" if hold else "", defer="smtp" if defer else "")
        self._write()
        self.daemon = Daemon("postfix", [self._setting("daemon_directory") + "/master", "-c",
                                         self.folder / "etc", "-d"], self.folder / "master.log")

    def _write(self):
        (self.folder / "etc" / "main.cf").write_text(MAIN.format(**self._values))
        (self.folder / "etc" / "master.cf").write_text(MASTER.format(**self._values))

    def start(self):
        self._make_queue()
        self.daemon.start(self.port)
        return self

    def submit(self, count, size, sessions):
        """smtp-source, with one connection for many mails."""
        subprocess.run([find_program("smtp-source"), "-d", "-s", str(sessions), "-m", str(count),
                        "-l", str(size), "-f", "user0@bench.test", "-t", "ann@sink.test",
                        f"127.0.0.1:{self.port}"], check=True)

    def queued(self):
        return sum(len(files) for part in ("incoming", "active", "deferred", "maildrop")
                   for _, _, files in os.walk(self.folder / "queue" / part))

    def undecided(self):
        """Mails that are not deferred yet."""
        return sum(len(files) for part in ("incoming", "active", "maildrop")
                   for _, _, files in os.walk(self.folder / "queue" / part))

    def await_empty(self, seconds=600):
        wait_until(lambda: not self.queued(), seconds, "an empty queue of Postfix", pause=0.1)

    def release_deferred(self):
        """What was put off goes at once, all of it."""
        self._values["defer"] = ""
        self._write()
        etc = self.folder / "etc"
        subprocess.run([find_program("postfix"), "-c", etc, "reload"], check=True,
                       capture_output=True)
        subprocess.run([find_program("postqueue"), "-c", etc, "-f"], check=True)

    def kill_all(self):
        """The master and all that it started, at once: they are one process group."""
        group = self.daemon.process.pid
        self.daemon.kill()

        def is_gone():
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                return True
            return False

        # One that still dies holds locks, and a master that finds them ends without a word.
        wait_until(is_gone, 20, "the end of Postfix's processes", pause=0.05)

    def load(self, connections, mails, folder):
        return SmtpLoad(self.port, connections, mails).start()


class SmtpLoad:
    """Mails with a Message-ID of their own over a few connections, until each is accepted. One whose
    answer was lost goes again under the same Message-ID."""

    def __init__(self, port, connections, mails):
        self._port = port
        self._wanted = iter(range(mails))
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._work, daemon=True)
                         for _ in range(connections)]
        self.taken = set()

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def join(self):
        for thread in self._threads:
            thread.join()

    def accepted(self):
        return len(self.taken)

    def _work(self):
        server = None
        while True:
            with self._lock:
                number = next(self._wanted, None)
            if number is None:
                return
            name = f"{number}.{os.getpid()}@bench.test"
            text = f"Message-ID: <{name}>\r\nSubject: bench\r\n\r\n{'x' * 78}\r\n"
            while True:
                try:
                    server = server or smtplib.SMTP("127.0.0.1", self._port, timeout=20)
                    server.sendmail("user0@bench.test", "ann@sink.test", text)
                    break
                except (OSError, smtplib.SMTPException):
                    server = None
                    time.sleep(0.1)
            with self._lock:
                self.taken.add(name)


class SmtpSink:
    """Postfix's own smtp-sink, which both sides are measured with."""

    def __init__(self, folder):
        self.port = free_port()
        self.daemon = Daemon("smtp-sink", [find_program("smtp-sink"), "-u", "postfix",
                                           f"127.0.0.1:{self.port}", 1000],
                             Path(folder) / "sink.log")

    def start(self):
        self.daemon.start(self.port)
        return self

    def stop(self):
        self.daemon.stop()


class CountingSink:
    """Ours, which knows one mail from another."""

    def __init__(self, folder):
        self.port = free_port()
        self.log = Path(folder) / "sink.log"
        self.daemon = Told("sink", [BIN / "bench_smtp_sink", self.port, self.log],
                           Path(folder) / "sink.err")

    def start(self):
        self.daemon.start()
        return self

    def stop(self):
        self.daemon.stop()

    def stat(self):
        """Mails, different ones, connections."""
        return self.daemon.stat()


class Sender:
    """The real sender with a real Redis (appendfsync always) among made-up services. Its accounts
    use the operator's relay, which is the sink; `direct`: each has a server, the same."""

    def __init__(self, folder, binary, sink_port, accounts=50, direct=False):
        self.folder = Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.accounts = accounts
        key = self.folder / "master.key"
        key.touch(mode=0o600)
        key.write_text(subprocess.run([BIN / "posternctl", "key", "new"], check=True,
                                      capture_output=True, text=True).stdout)
        self.redis = Redis(self.folder / "redis")
        self._peers_address = f"127.0.0.1:{free_port()}"
        host = "127.0.0.1" if direct else "relay"
        self.peers = Told("peers", [BIN / "bench_sender_peers", self._peers_address, accounts, host,
                                    sink_port], self.folder / "peers.log")
        self.address = f"127.0.0.1:{free_port()}"
        options = ["--redis", self.redis.url, "--listen", self.address,
                   "--metrics-listen", f"127.0.0.1:{free_port()}",
                   "--admin-addr", self._peers_address, "--edge-addr", self._peers_address,
                   "--master-key-file", key, "--allow-hosts", f"127.0.0.1:{sink_port}"]
        if not direct:
            options += ["--relay", f"127.0.0.1:{sink_port}", "--relay-security", "none"]
        told = subprocess.run([binary, "--help"], capture_output=True, text=True).stdout
        for flag in ("--queue-mails", "--queue-mails-per-account"):
            if flag in told:
                options += [flag, "2000000"]
        self.daemon = Daemon("sender", [binary, *options], self.folder / "sender.log")

    def start(self):
        self.redis.start()
        self.peers.start()
        self.daemon.start(int(self.address.rpartition(":")[2]))
        return self

    def stop(self):
        self.daemon.stop()
        self.peers.stop()
        self.redis.stop()

    def load(self, callers, size):
        """A load generator; the caller starts and stops it."""
        return Told("load", [BIN / "bench_sender_load", self.address, callers, size, self.accounts,
                             self.folder / "accepted.log"], self.folder / "load.log")

    def sent(self):
        return self.peers.stat()[0]

    def await_sent(self, count, seconds=900):
        wait_until(lambda: self.sent() >= count, seconds, f"{count} mails to be sent", pause=0.05)
