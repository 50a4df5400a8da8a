"""ejabberd: the other Jabber server, with one component for the gateway."""

import json
import urllib.request
from pathlib import Path

from .daemon import Daemon, ServerFailed, find_program, free_port, wait_until
from .prosody import COMPONENT, HOST

CONFIG = """
hosts: ["{host}"]
loglevel: info
certfiles: ["{folder}/server.pem"]
auth_method: [internal]
auth_password_format: plain
disable_sasl_mechanisms: ["digest-md5"]
shaper: {{}}
shaper_rules:
  max_user_sessions: 10
  max_user_offline_messages: 1000
listen:
  - port: {c2s_port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    starttls_required: true
    max_stanza_size: 262144
  - port: {component_port}
    ip: "127.0.0.1"
    module: ejabberd_service
    access: all
    # Else each component is handed the stanzas of all of them.
    global_routes: false
    hosts:
      {component}:
        password: "{secret}"
  - port: {api_port}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers:
      /api: mod_http_api
api_permissions:
  "tests":
    who: [{{ip: 127.0.0.1/32}}]
    what: [register, status]
modules:
  mod_caps: {{}}
  mod_carboncopy: {{}}
  mod_disco: {{}}
  mod_http_api: {{}}
  mod_offline:
    access_max_user_messages: max_user_offline_messages
  mod_ping: {{}}
  mod_roster: {{}}
  mod_stream_mgmt: {{}}
  mod_version: {{}}
"""


def _erlang_libraries():
    """Where Debian puts ejabberd, whatever the machine's architecture."""
    found = next(Path("/usr/lib").glob("*/ejabberd-*/ebin"), None)
    if found is None:
        raise ServerFailed("ejabberd is not installed; run script/install-packages")
    return found.parents[1]


class Ejabberd:
    name = "ejabberd"

    def __init__(self, folder, authority, secret, c2s_port=0):
        self.folder = Path(folder)
        self.folder.mkdir()
        self.c2s_port = free_port(c2s_port)
        self.component_port = free_port()
        self.component_address = f"127.0.0.1:{self.component_port}"
        self._api_port = free_port()
        self.authority_file = authority.ca
        self.host = HOST
        self.component = COMPONENT
        self.secret = secret
        pem = self.folder / "server.pem"
        pem.touch(mode=0o600)
        pem.write_text(Path(authority.certificate).read_text() + Path(authority.key).read_text())
        config = self.folder / "ejabberd.yml"
        config.touch(mode=0o600)
        config.write_text(CONFIG.format(
            folder=self.folder, host=HOST, component=COMPONENT, secret=secret,
            c2s_port=self.c2s_port, component_port=self.component_port, api_port=self._api_port))
        # Without ejabberdctl, which wants to be a system user and to name a node.
        self.daemon = Daemon(
            "ejabberd",
            [find_program("erl"), "-noinput", "+K", "true", "-mnesia", "dir",
             f'"{self.folder}/database"', "-s", "ejabberd"],
            self.folder / "ejabberd.out",
            {"EJABBERD_CONFIG_PATH": str(config), "ERL_LIBS": str(_erlang_libraries()),
             "EJABBERD_LOG_PATH": str(self.folder / "ejabberd.log"), "HOME": str(self.folder),
             "ERL_CRASH_DUMP_BYTES": "0"})

    def start(self):
        self.daemon.start(self.component_port, seconds=30)
        wait_until(self._answers, 20, "ejabberd to answer")
        return self

    def stop(self):
        self.daemon.stop()

    def kill(self):
        self.daemon.kill()

    def add_user(self, name, password):
        self._call("register", user=name, host=HOST, password=password)
        return f"{name}@{HOST}"

    def _answers(self):
        try:
            return self._call("status") is not None
        except OSError:
            return False

    def _call(self, command, **arguments):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._api_port}/api/{command}",
            json.dumps(arguments).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())
