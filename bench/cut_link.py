"""A mail host at the end of a wire that can be cut: a network namespace behind a pair of veth
devices. Needs root."""

import subprocess

from yard import Park

HOST = "10.213.7.2"
GATEWAY = "10.213.7.1"
NOBODY = "10.213.7.9"  # what is sent there vanishes
NAMESPACE = "postern-bench"
NEAR, FAR = "pbench0", "pbench1"


def run(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True,
                          text=True).stdout


class Wire:
    def __enter__(self):
        self.__exit__()
        run("ip", "netns", "add", NAMESPACE)
        run("ip", "link", "add", NEAR, "type", "veth", "peer", "name", FAR, "netns", NAMESPACE)
        run("ip", "addr", "add", f"{GATEWAY}/24", "dev", NEAR)
        run("ip", "link", "set", NEAR, "up")
        self._far("addr", "add", f"{HOST}/24", "dev", FAR)
        self._far("link", "set", FAR, "up")
        self._far("link", "set", "lo", "up")
        there = self._far("-br", "link", "show", FAR).split()[2]
        run("ip", "neigh", "replace", NOBODY, "lladdr", there, "dev", NEAR)
        return self

    def __exit__(self, *_):
        for words in (["link", "del", NEAR], ["netns", "del", NAMESPACE]):
            subprocess.run(["ip", *words], capture_output=True)

    # Both ends keep their connections, and hear nothing of it: no FIN, no RST, no ICMP.
    def cut(self):
        self._far("link", "set", FAR, "down")

    def mend(self):
        self._far("link", "set", FAR, "up")

    @staticmethod
    def _far(*words):
        return run("ip", "-n", NAMESPACE, *words)


def park_at_the_end(place, authority, accounts):
    """The made-up mail server, behind the wire."""
    park = Park(place, authority, accounts, hosts=(HOST,))
    park.server.command = ["ip", "netns", "exec", NAMESPACE, *map(str, park.server.command)]
    return park
