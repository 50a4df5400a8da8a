"""Child processes that never outlive us, and the ports that they listen on."""

import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class ServerFailed(Exception):
    """A server did not start, or ended by itself; the message holds the end of its log."""


# Below the ports that the kernel gives to outgoing connections: one of those may be taken between
# our look and the server's start. Runs side by side have a range each.
_PORTS = range(*map(int, os.environ.get("POSTERN_TEST_PORTS", "16000-32000").split("-")))
_given = set()


def free_port(preferred=0):
    """A TCP port on loopback that nobody listens on; `preferred` when that one is free."""
    for port in (preferred, *random.sample(_PORTS, 200)):
        if not port or port in _given:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            _given.add(port)
            return port
    raise ServerFailed("no free port on 127.0.0.1")


def wait_until(condition, seconds, what, pause=0.02):
    """The first true value of `condition`; TimeoutError naming `what` when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(pause)


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def find_program(name, *places):
    """Daemons live in sbin folders that a user's PATH may not name."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin",
                            *places])
    found = shutil.which(name, path=path)
    if not found:
        raise ServerFailed(f"{name} is not installed; run script/install-packages")
    return found


def _in_own_group_and_tied_to_parent():
    os.setsid()
    # The kernel ends the child when we are gone, however we went.
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Daemon:
    """One server process in the foreground, its output in `log`. Start it from the main thread:
    the kernel ties the child to the thread that made it."""

    def __init__(self, name, command, log, env=None):
        self.name = name
        self.command = [str(part) for part in command]
        self.log = Path(log)
        self.env = {**os.environ, **(env or {})}
        self.process = None

    @property
    def pid(self):
        return self.process.pid if self.process else None

    def start(self, port=None, seconds=15):
        """Returns when `port` accepts connections (at once when none is given)."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=self.env, preexec_fn=_in_own_group_and_tied_to_parent)
        if port:
            try:
                wait_until(lambda: not self.running() or accepts(port), seconds, self.name)
            except TimeoutError:
                self.kill()
                raise ServerFailed(f"{self.name} does not listen on {port}\n{self.tail()}")
            if not self.running():
                raise ServerFailed(f"{self.name} ended at once\n{self.tail()}")
        return self

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, seconds=8):
        """Asks first, then insists; leaves no child of it behind."""
        if self.process is None:
            return
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        self.kill()

    def kill(self):
        """kill -9, with every process of its group."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def tail(self, lines=30):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])
