"""Debian packages that can't be installed beside ours: Debian allows one IMAP server and one mail
transfer agent on a machine. They are installed into layers over /usr, /etc and /var that only their
own processes see."""

import fcntl
import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from .daemon import ServerFailed

LAYERS = ("usr", "etc", "var")
# Kept from run to run: installing takes half a minute.
HOME = Path(os.environ.get("POSTERN_INTEROP_DIR",
                           Path(tempfile.gettempdir()) / "postern-other-servers"))

# What is installed must not start by itself.
INSTALL = """
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
"""


class SeparateRoot:
    def __init__(self, name, packages):
        self.folder = HOME / name
        self.packages = packages
        self._lock = None

    def command(self, *words):
        """The command that runs `words` where the packages are."""
        mounts = [f"mount -t overlay overlay -o lowerdir=/{layer},upperdir={self.folder}/{layer}/up,"
                  f"workdir={self.folder}/{layer}/work /{layer}" for layer in LAYERS]
        script = " && ".join([*mounts, 'exec "$@"'])
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sh", *map(str, words)]

    def run(self, *words, beside=None, **options):
        """Runs a command to its end; `beside` a daemon that is there already, for a layer must not
        be mounted twice. Returns its output."""
        command = self.command(*words)
        if beside:
            command = ["nsenter", "-t", str(beside.pid), "--mount", *map(str, words)]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=300, **options)
        if answer.returncode:
            raise ServerFailed(f"{shlex.join(map(str, words))}\n{answer.stdout[-2000:]}"
                               f"{answer.stderr[-2000:]}")
        return answer.stdout

    def install(self):
        """The packages are there, and nobody else uses the layers until we are gone: they bear only
        one server at a time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = (self.folder / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        done = self.folder / "installed"
        if done.exists():
            return self
        for layer in LAYERS:
            for part in ("up", "work"):
                (self.folder / layer / part).mkdir(parents=True, exist_ok=True)
        self.run("sh", "-c", INSTALL, "sh", *self.packages)
        done.touch()
        return self

    def release(self):
        if self._lock:
            self._lock.close()
            self._lock = None
