"""What the benchmarks of one service share: figures of processes, tables, the made-up surroundings of
the fetcher."""

import argparse
import os
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from servers.certificates import Authority  # noqa: E402
from servers.daemon import Daemon, ServerFailed, free_port, wait_until  # noqa: E402
from servers.redis import Redis  # noqa: E402

# So that what was started is ended when somebody ends us politely.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
BIN = Path(os.environ.get("POSTERN_BIN", ROOT / "build" / "bin"))
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
# Each account is a descriptor, here and at the server.
resource.setrlimit(resource.RLIMIT_NOFILE, 2 * (resource.getrlimit(resource.RLIMIT_NOFILE)[1],))
# What the kernel keeps for a TCP connection beside its buffers, by the names of its caches.
SOCKET_CACHES = ("TCP", "sock_inode_cache", "filp", "eventpoll_epi", "eventpoll_pwq")
DENTRY = 192


# --- processes --------------------------------------------------------------------

def memory(pid):
    """Resident bytes now, and at the peak."""
    text = Path(f"/proc/{pid}/status").read_text()
    return tuple(int(re.search(rf"{name}:\s+(\d+)", text)[1]) * 1024 for name in ("VmRSS", "VmHWM"))


def cpu(pid):
    """Seconds of CPU that the process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def kernel_memory():
    """Bytes that the kernel holds for all TCP connections of the machine: slab and buffers."""
    total = 0
    for line in Path("/proc/slabinfo").read_text().splitlines()[2:]:
        name, active, _, size = line.split()[:4]
        if name in SOCKET_CACHES:
            total += int(active) * int(size)
        if name == "sock_inode_cache":  # each has a directory entry, in a cache that all share
            total += int(active) * DENTRY
    stat = Path("/proc/net/sockstat").read_text()
    return total + int(re.search(r"TCP:.* mem (\d+)", stat)[1]) * PAGE


def load():
    return f"{os.getloadavg()[0]:.1f}"


def commit():
    return subprocess.run(["git", "-C", str(ROOT), "log", "-1", "--format=%h"], check=True,
                          capture_output=True, text=True).stdout.strip()


class Told(Daemon):
    """A daemon that takes a line and answers one."""

    def start(self, port=None, seconds=30):
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output,
                text=True, bufsize=1)
        wait_until(lambda: not self.running() or self.ask("stat"), seconds, self.name)
        if not self.running():
            raise ServerFailed(f"{self.name} ended at once\n{self.tail()}")
        return self

    def ask(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return ""
        return self.process.stdout.readline().strip()

    def stat(self):
        return [int(number) for number in self.ask("stat").split()]

    def stop(self, seconds=8):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()

    kill = stop


class RedisLine:
    """As much of a Redis client as it takes to watch a cursor."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._file = self._socket.makefile("rb")

    def call(self, *words):
        out = b"*%d\r\n" % len(words)
        for word in words:
            word = str(word).encode()
            out += b"$%d\r\n%s\r\n" % (len(word), word)
        self._socket.sendall(out)
        head = self._file.readline().strip()
        if head[:1] == b"$":
            if head == b"$-1":
                return None
            return self._file.read(int(head[1:]) + 2)[:-2].decode()
        if head[:1] == b"-":
            raise RuntimeError(head.decode())
        return head[1:].decode()


# --- the surroundings --------------------------------------------------------------

def folder():
    path = Path(tempfile.mkdtemp(prefix="postern-bench-"))
    path.chmod(0o755)
    return path


class Fetcher:
    """The real fetcher with a real Redis (appendfsync always) among made-up services."""

    def __init__(self, place, authority, binary, accounts, port, login="user%@park.test",
                 hosts=("127.0.0.1",)):
        self.place = Path(place)
        self.place.mkdir()
        key = self.place / "master.key"
        key.touch(mode=0o600)
        key.write_text(subprocess.run([BIN / "posternctl", "key", "new"], check=True,
                                      capture_output=True, text=True).stdout)
        self.redis = Redis(self.place / "redis")
        self.mails = self.place / "judged.log"
        peers = f"127.0.0.1:{free_port()}"
        self.peers = Told("peers", [BIN / "bench_fetcher_peers", peers, key, self.mails, accounts,
                                    port, login, *hosts], self.place / "peers.log")
        self.address = f"127.0.0.1:{free_port()}"
        options = ["--redis", self.redis.url, "--listen", self.address,
                   "--metrics-listen", f"127.0.0.1:{free_port()}",
                   "--admin-addr", peers, "--edge-addr", peers, "--rules-addr", peers,
                   "--master-key-file", key, "--tls-ca-file", authority.ca,
                   "--allow-hosts", ",".join(f"{host}:{port}" for host in (*hosts, "localhost"))]
        self.daemon = Daemon("fetcher", [binary, *options, *self._no_budgets(binary)],
                             self.place / "fetcher.log")

    @staticmethod
    def _no_budgets(binary):
        told = subprocess.run([binary, "--help"], capture_output=True, text=True).stdout
        return [word for flag in ("--connects-per-second", "--connects-per-host") if flag in told
                for word in (flag, "0")]

    @property
    def pid(self):
        return self.daemon.pid

    def start(self):
        self.redis.start()
        self.peers.start()
        self.daemon.start()
        return self

    def stop(self):
        self.daemon.stop()
        self.peers.stop()
        self.redis.stop()

    def cursor(self, line, account="park-0"):
        return int(line.call("HGET", f"postern:cursor:{{{account}}}", "last_uid") or -1)


class Park:
    """The made-up mail server."""

    def __init__(self, place, authority, accounts, mails=3, size=4096, hosts=("127.0.0.1",)):
        self.port = free_port()
        self.hosts = hosts
        self.mails = Path(place) / "exists.log"
        self.server = Told("park", [BIN / "bench_imap_park", authority.certificate, authority.key,
                                    self.port, self.mails, accounts, mails, size, *hosts],
                           Path(place) / "park.log")

    def start(self):
        self.server.start()
        return self

    def stop(self):
        self.server.stop()

    def ask(self, line):
        answer = self.server.ask(line)
        if answer not in ("ok",):
            raise RuntimeError(f"park: {line}: {answer}")

    def idle(self):
        return self.server.stat()[1]

    def await_idle(self, count, seconds=600):
        started = time.monotonic()
        while self.idle() < count:
            if time.monotonic() - started > seconds:
                raise TimeoutError(f"{self.idle()} of {count} sessions idle")
            time.sleep(0.05)
        return time.monotonic() - started


def times(path):
    """What a server or a client noted: the mail's Message-ID -> nanoseconds."""
    noted = {}
    for line in Path(path).read_text().splitlines():
        name, _, at = line.rpartition(" ")
        noted.setdefault(name.strip("<>"), int(at))
    return noted


def delays(begun, ended):
    """Milliseconds from one to the other, of all that ended, sorted."""
    return sorted((ended[name] - at) / 1e6 for name, at in begun.items() if name in ended)


def percentile(sorted_values, percent):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * percent / 100))]


# --- runs and tables ---------------------------------------------------------------

def options(doc, program="postern-fetcher", runs=5):
    """The options that all have: --binary, --runs, --quick."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--binary", type=Path, default=BIN / program,
                        help=f"the {program} to measure")
    parser.add_argument("--runs", type=int, default=runs, help="of which the median is told")
    parser.add_argument("--quick", action="store_true", help="smaller, once: does it work?")
    return parser


def imapflow_option(parser):
    parser.add_argument("--imapflow", type=Path, default=Path("/tmp/npm/node_modules/imapflow"),
                        help="folder of the npm package; the peer is left out where it is not")


def imapflow(chosen, authority, park, accounts, log, first=0):
    """The peer, which says "idle N" and then answers lines as our own programs do."""
    return Told("imapflow", ["node", ROOT / "bench" / "park_imapflow.mjs", chosen.imapflow,
                             authority.ca, park.hosts[0], park.port, first, accounts, log],
                Path(log).with_suffix(".err"))


def median(values):
    return statistics.median(values)


def spread(values, form="{:.1f}"):
    """The median, with the lowest and the highest where there are several."""
    text = form.format(median(values))
    if len(values) == 1:
        return text
    return f"{text} ({form.format(min(values))}-{form.format(max(values))})"


def table(title, head, rows):
    print(f"\n{title}; commit {commit()}, load of the machine {load()}", flush=True)
    rows = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip(),
              flush=True)


def clean(path):
    shutil.rmtree(path, ignore_errors=True)
