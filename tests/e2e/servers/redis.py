"""A private Redis that loses nothing it has acknowledged (appendonly, fsync always)."""

from pathlib import Path

from .daemon import Daemon, find_program, free_port


class Redis:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir()
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.daemon = Daemon(
            "redis-server",
            [find_program("redis-server"), "--bind", "127.0.0.1", "--port", self.port, "--dir",
             self.folder, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
             "--auto-aof-rewrite-min-size", "512mb", "--daemonize", "no"],
            self.folder / "redis.log")

    def start(self):
        self.daemon.start(self.port)
        return self

    def stop(self):
        self.daemon.stop()

    def kill(self):
        self.daemon.kill()
