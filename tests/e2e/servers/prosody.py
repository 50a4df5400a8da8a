"""Prosody: the Jabber server, with one component for the gateway."""

from pathlib import Path

from .daemon import Daemon, find_program, free_port

HOST = "localhost"
COMPONENT = "mail.localhost"

CONFIG = """
daemonize = false
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
certificates = "{folder}/certs"
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {c2s_port} }}
component_ports = {{ {component_port} }}
component_interfaces = {{ "127.0.0.1" }}
modules_enabled = {{ "roster"; "saslauth"; "tls"; "disco"; "ping"; "offline"; "carbons";
  "version"; "smacks" }}
modules_disabled = {{ "s2s" }}
authentication = "internal_plain"
c2s_require_encryption = true
-- A test sends more in a second than a person in an hour.
limits = {{ c2s = {{ rate = "10mb/s" }} }}
log = {{ info = "*console" }}
VirtualHost "{host}"
  ssl = {{ certificate = "{certificate}"; key = "{key}" }}
Component "{component}"
  component_secret = "{secret}"
"""


class Prosody:
    name = "prosody"

    def __init__(self, folder, authority, secret, c2s_port=0, components=()):
        """`components`: further domains, with the same secret."""
        self.folder = Path(folder)
        self.folder.mkdir()
        self.c2s_port = free_port(c2s_port)
        self.component_port = free_port()
        self.component_address = f"127.0.0.1:{self.component_port}"
        self.authority_file = authority.ca
        self.host = HOST
        self.component = COMPONENT
        self.secret = secret
        config = self.folder / "prosody.cfg.lua"
        config.write_text(CONFIG.format(
            folder=self.folder, host=HOST, component=COMPONENT, secret=secret,
            c2s_port=self.c2s_port, component_port=self.component_port,
            certificate=authority.certificate, key=authority.key)
            + "".join(f'Component "{domain}"\n  component_secret = "{secret}"\n'
                      for domain in components))
        config.chmod(0o600)
        self._accounts = self.folder / "data" / HOST / "accounts"
        self._accounts.mkdir(parents=True)
        self.daemon = Daemon("prosody", [find_program("prosody"), "--config", config],
                             self.folder / "prosody.log")

    def start(self):
        self.daemon.start(self.component_port)
        return self

    def stop(self):
        self.daemon.stop()

    def kill(self):
        self.daemon.kill()

    def add_user(self, name, password):
        """Prosody reads accounts at log-in, so this works while it runs."""
        (self._accounts / f"{name}.dat").write_text(f'return {{ ["password"] = "{password}"; }};\n')
        return f"{name}@{HOST}"
