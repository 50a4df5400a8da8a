"""Exim: a submission server with TLS and SASL, SCRAM among it where it was built in. What it takes
goes on by LMTP."""

import shutil
from pathlib import Path

from .daemon import Daemon, free_port
from .mailbox_client import PASSWORD
from .separate_root import SeparateRoot

CONFIG = """
primary_hostname = localhost
daemon_smtp_ports = {submission_port} : {smtps_port}
tls_on_connect_ports = {smtps_port}
local_interfaces = 127.0.0.1
tls_advertise_hosts = *
tls_certificate = {folder}/certificate.pem
tls_privatekey = {folder}/key.pem
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
pid_file_path = {folder}/exim.pid
exim_user = Debian-exim
exim_group = Debian-exim
never_users =
dsn_advertise_hosts = *
chunking_advertise_hosts = *
queue_run_in_order
message_size_limit = 40M
recipients_max = 0
accept_8bitmime
smtp_accept_max_per_connection = 0
smtp_accept_queue_per_connection = 0
keep_environment =
rfc1413_query_timeout = 0s
host_lookup =
acl_smtp_rcpt = recipients
acl_smtp_data = accept
allow_utf8_domains
untrusted_set_sender = *

begin acl
recipients:
  deny message = 5.1.1 nobody of that name
       local_parts = ^nobody
  accept authenticated = *
  deny message = 5.7.1 relaying is for those who signed in

begin routers
onward:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = onward

begin transports
onward:
  driver = smtp
  protocol = lmtp
  port = {lmtp_port}
  allow_localhost
  hosts_try_chunking =

begin retry
* * F,2m,1s

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}{{{password}}}}}
  server_set_id = $auth2
  server_advertise_condition = ${{if def:tls_in_cipher}}
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if eq{{$auth2}}{{{password}}}}}
  server_set_id = $auth1
  server_advertise_condition = ${{if def:tls_in_cipher}}
"""


class Exim:
    def __init__(self, folder, authority, sink):
        self.folder = Path(folder)
        self.authority = authority
        self.root = SeparateRoot("exim", ["exim4-daemon-heavy"])
        self.submission_port = free_port()  # STARTTLS
        self.smtps_port = free_port()
        self.lmtp_port = sink.port
        self.daemon = None

    def start(self):
        self.root.install()
        for name in ("", "spool", "log"):
            (self.folder / name).mkdir()
        for source, name in ((self.authority.certificate, "certificate.pem"),
                             (self.authority.key, "key.pem")):
            shutil.copy(source, self.folder / name)
        # Its own processes read no other file: one named by -C they would not trust.
        config = self.root.folder / "etc/up/exim4/exim4.conf"
        config.write_text(CONFIG.format(password=PASSWORD, **vars(self)))
        script = f"chown -R Debian-exim:Debian-exim {self.folder} && exec exim4 -bdf -q1m"
        self.daemon = Daemon("exim", self.root.command("sh", "-c", script),
                             self.folder / "output.log")
        self.daemon.start(self.smtps_port)
        return self

    def stop(self):
        if self.daemon:
            self.daemon.kill()
        self.root.release()
