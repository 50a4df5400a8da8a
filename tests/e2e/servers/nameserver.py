"""NSD: the DNS of domains that exist for a test, one zone of them signed."""

import subprocess
from pathlib import Path

from .daemon import Daemon, find_program, free_port

CONFIGURATION = """
server:
  ip-address: 127.0.0.1@{port}
  port: {port}
  do-ip6: no
  server-count: 1
  username: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  zonelistfile: "{folder}/zone.list"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
"""

HEAD = """$ORIGIN {zone}.
$TTL 60
@ SOA ns hostmaster 1 3600 900 86400 60
@ NS ns
ns A 127.0.0.1
"""


class Nameserver:
    """`zones`: the records of each. Those of `signed` are signed, with a key that `anchor` has."""

    def __init__(self, folder, zones, signed):
        self.folder = Path(folder)
        self.folder.mkdir()
        self.port = free_port()
        self.anchor = self.folder / "anchor"
        text = CONFIGURATION.format(port=self.port, folder=self.folder)
        for zone, records in zones.items():
            file = self.folder / f"{zone}.zone"
            file.write_text(HEAD.format(zone=zone) + records)
            if zone == signed:
                file = self._sign(zone, file)
            text += f'zone:\n  name: "{zone}"\n  zonefile: "{file}"\n'
        (self.folder / "nsd.conf").write_text(text)
        self.daemon = Daemon("nsd", [find_program("nsd"), "-d", "-c", self.folder / "nsd.conf"],
                             self.folder / "nsd.log")

    @property
    def address(self):
        """As --dns-server wants it."""
        return f"127.0.0.1@{self.port}"

    def start(self):
        self.daemon.start(self.port)
        return self

    def stop(self):
        self.daemon.stop()

    def _sign(self, zone, file):
        keys = [self._run("ldns-keygen", "-a", "ECDSAP256SHA256", *kind, zone).strip()
                for kind in (("-k",), ())]
        self.anchor.write_text((self.folder / f"{keys[0]}.key").read_text())
        signed = file.with_suffix(".signed")
        self._run("ldns-signzone", "-o", zone, "-f", signed, file, *keys)
        return signed

    def _run(self, program, *arguments):
        return subprocess.run([find_program(program), *map(str, arguments)], cwd=self.folder,
                              check=True, capture_output=True, text=True).stdout
