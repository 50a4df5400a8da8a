"""Postern itself, in both its forms: five processes, or all in one."""

import json
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from servers.daemon import Daemon, free_port, wait_until
from servers.mailbox_client import PASSWORD
from servers.postfix import DOMAIN
from servers.redis import Redis

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("POSTERN_BIN", ROOT / "build" / "bin"))

SERVICES = ("admin", "edge", "fetcher", "rules", "sender")
BINARIES = {"edge": "postern-xmpp-edge"}

# Which of the common options each service understands.
CALLS = {"admin": ("edge", "fetcher", "rules", "sender"),
         "edge": ("admin", "fetcher", "rules", "sender"),
         "fetcher": ("admin", "edge", "rules", "sender"),
         "rules": (),
         "sender": ("admin", "edge", "fetcher")}
SEALS = ("admin", "fetcher", "sender")
DIALS = ("edge", "fetcher", "sender")


class CtlFailed(Exception):
    def __init__(self, status, message):
        super().__init__(f"exit status {status}: {message}")
        self.status = status
        self.message = message


class Postern:
    """What both forms have in common: settings, readiness, posternctl."""

    def __init__(self, folder, site):
        self.folder = Path(folder)
        self.folder.mkdir()
        self.site = site
        self.gateway = site.jabber.component
        self.key_file = self._secret_file("master.key", self.new_key_line())
        self.secret_file = self._secret_file("component.secret", site.jabber.secret)
        self.relay_file = self._secret_file("relay.password", PASSWORD)
        self.welcome_file = self.folder / "welcome.txt"
        self.motd_file = self.folder / "motd.txt"
        self.routes_file = self.folder / "routes.txt"
        self.aliases_file = self._secret_file("aliases.txt", "")
        self.jsmail_folder = self.folder / "jsmail"
        self.jsmail_folder.mkdir()
        self.sieve_port, self.sieve_tls_port = free_port(), free_port()
        self.spool_folder = self.folder / "spool"
        self.spool_folder.mkdir()
        self.set_routes("")
        self.set_texts()
        self.allow_hosts = ",".join(f"localhost:{port}" for port in site.mail_ports)

    @staticmethod
    def new_key_line():
        answer = subprocess.run([BIN / "posternctl", "key", "new"], check=True,
                                capture_output=True, text=True)
        return answer.stdout

    def ctl(self, *arguments):
        """posternctl as an operator sees it: its output, or CtlFailed."""
        answer = subprocess.run(
            [BIN / "posternctl", "--addr", self.admin_address, *map(str, arguments)],
            capture_output=True, text=True, timeout=30)
        if answer.returncode:
            raise CtlFailed(answer.returncode, answer.stderr.strip())
        return answer.stdout

    def ctl_json(self, *arguments):
        return json.loads(self.ctl("--json", *arguments))

    def set_texts(self, welcome="", motd=""):
        """The operator's welcome and message of the day; the gateway looks every ten seconds."""
        self.welcome_file.write_text(welcome)
        self.motd_file.write_text(motd)

    def set_routes(self, text):
        """The operator's routes; the sender looks every two seconds."""
        self.routes_file.write_text(text)

    def set_aliases(self, text):
        """The operator's aliases in the domain team.test, as the routes."""
        self.aliases_file.write_text(text)

    def account(self, owner, name):
        """The account as posternctl shows it."""
        return self.ctl_json("accounts", "show", f"{owner}/{name}")

    def await_ready(self, seconds=20):
        """Returns when every process says that it is ready to serve."""
        for daemon, port in self._readiness():
            def ready():
                if not daemon.running():
                    raise RuntimeError(f"{daemon.name} ended, status {daemon.process.returncode}\n"
                                       f"{daemon.tail()}")
                return _answers(f"http://127.0.0.1:{port}/readyz")
            try:
                wait_until(ready, seconds, f"{daemon.name} to be ready", pause=0.05)
            except TimeoutError as late:
                raise TimeoutError(f"{late}\n{_body(f'http://127.0.0.1:{port}/readyz')}\n"
                                   f"{daemon.tail()}") from None
        return self

    def metric(self, name):
        """The sum of a counter over all processes."""
        total = 0.0
        for _, port in self._readiness():
            for line in _body(f"http://127.0.0.1:{port}/metrics").splitlines():
                if line.startswith(name):
                    total += float(line.rpartition(" ")[2])
        return total

    def revive_the_ended(self):
        """Starts again what ended by itself, and tells how each ended."""
        ended = [daemon for daemon, _ in self._readiness() if not daemon.running()]
        obituaries = [f"{daemon.name} ended, status {daemon.process.returncode}\n{daemon.tail(5)}"
                      for daemon in ended]
        for daemon in ended:
            daemon.start()
        if ended:
            self.await_ready()
        return obituaries

    def logs(self):
        return {daemon.name: daemon.log.read_text(errors="replace")
                for daemon, _ in self._readiness()}

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _secret_file(self, name, content):
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(content.rstrip("\n") + "\n")
        return path

    def _edge_options(self):
        return ["--xmpp-server", self.site.jabber.component_address,
                "--xmpp-domain", self.gateway, "--xmpp-secret-file", self.secret_file,
                # Long enough for a client that flaps, short enough for a story.
                "--offline-after", "1",
                "--contact-addresses", "abuse-addresses=mailto:abuse@mail.test",
                "--im-spool", self.spool_folder, "--im-spool-domains", "team.test",
                "--managesieve-host", f"localhost:{self.sieve_port}"]

    def _site_options(self):
        return ["--welcome-file", self.welcome_file, "--motd-file", self.motd_file,
                "--relay-domains", f"{self.site.jabber.host}={DOMAIN}"]

    def _relay_options(self):
        return ["--relay", f"localhost:{self.site.recorder.port}", "--relay-security", "tls",
                "--relay-login", "the-relay", "--relay-password-file", self.relay_file]

    def _way_options(self):
        return ["--routes-file", self.routes_file, "--aliases-file", self.aliases_file,
                "--local-domain", "team.test"]

    def _rule_options(self):
        return ["--jsmail-dir", self.jsmail_folder,
                "--managesieve-listen", f"127.0.0.1:{self.sieve_port}",
                "--managesieve-tls-listen", f"127.0.0.1:{self.sieve_tls_port}",
                "--managesieve-tls-cert-file", self.site.authority.certificate,
                "--managesieve-tls-key-file", self.site.authority.key]

    def _seal_options(self):
        return ["--jsmail-key-file", self.key_file]

    def _dial_options(self):
        return ["--tls-ca-file", self.site.authority.ca, "--allow-hosts", self.allow_hosts]


class FiveServices(Postern):
    form = "services"

    def __init__(self, folder, site):
        super().__init__(folder, site)
        self.redis = Redis(self.folder / "redis")
        self._grpc = {name: free_port() for name in SERVICES}
        self._metrics = {name: free_port() for name in SERVICES}
        self.admin_address = f"127.0.0.1:{self._grpc['admin']}"
        self.services = {name: self._daemon(name) for name in SERVICES}
        # Everything that a story may kill.
        self.parts = (*SERVICES, "redis")

    def start(self):
        self.redis.start()
        for name in SERVICES:
            self.services[name].start()
        return self.await_ready()

    def stop(self):
        for name in ("fetcher", "sender", "edge", "rules", "admin"):
            self.services[name].stop()
        self.redis.stop()

    def kill(self, part):
        """kill -9."""
        (self.redis if part == "redis" else self.services[part]).kill()

    def revive(self, part):
        (self.redis if part == "redis" else self.services[part]).start()

    def fetcher_pid(self):
        return self.services["fetcher"].pid

    def _readiness(self):
        return [(self.services[name], self._metrics[name]) for name in SERVICES]

    def _daemon(self, name):
        options = ["--redis", self.redis.url, "--listen", f"127.0.0.1:{self._grpc[name]}",
                   "--metrics-listen", f"127.0.0.1:{self._metrics[name]}"]
        for peer in CALLS[name]:
            options += [f"--{peer}-addr", f"127.0.0.1:{self._grpc[peer]}"]
        if name in SEALS:
            options += ["--master-key-file", self.key_file]
        if name in DIALS:
            options += self._dial_options()
        if name == "edge":
            options += self._edge_options()
        if name == "admin":
            options += [*self._site_options(), "--relay-offered"]
        if name == "sender":
            options += [*self._relay_options(), *self._way_options(), *self._seal_options()]
        if name == "rules":
            options += [*self._rule_options(), *self._seal_options()]
        binary = BIN / BINARIES.get(name, f"postern-{name}")
        return Daemon(binary.name, [binary, *options], self.folder / f"{name}.log")


class AllInOne(Postern):
    form = "all-in-one"
    parts = ("postern", "redis")

    def __init__(self, folder, site):
        super().__init__(folder, site)
        self._metrics_port = free_port()
        port = free_port()
        self.admin_address = f"127.0.0.1:{port}"
        self.data = self.folder / "data"
        self.daemon = Daemon(
            "postern",
            [BIN / "postern", "--data-dir", self.data, "--listen", self.admin_address,
             "--metrics-listen", f"127.0.0.1:{self._metrics_port}",
             "--master-key-file", self.key_file, *self._edge_options(), *self._dial_options(),
             *self._site_options(), *self._relay_options(), *self._way_options(),
             *self._rule_options(), *self._seal_options()],
            self.folder / "postern.log")

    def start(self):
        self.daemon.start()
        return self.await_ready()

    def stop(self):
        self.daemon.stop()

    def kill(self, part):
        """kill -9 of that process alone."""
        if part == "redis":
            os.kill(int((self.data / "redis.pid").read_text()), signal.SIGKILL)
        else:
            os.kill(self.daemon.pid, signal.SIGKILL)
            self.daemon.process.wait()

    def revive(self, part):
        """The all-in-one starts its own Redis again; `postern` is for the host's supervisor."""
        if not self.daemon.running():
            self.daemon.start()

    def fetcher_pid(self):
        return self.daemon.pid

    def _readiness(self):
        return [(self.daemon, self._metrics_port)]


FORMS = {form.form: form for form in (FiveServices, AllInOne)}


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def _body(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()
    except OSError as error:
        return str(error)
