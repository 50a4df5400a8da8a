"""The sender's SMTP session alone (tests/support/smtp_carrier.cc), for what can't be said to it through
the gateway."""

import subprocess

from postern import BIN


class Carried:
    def __init__(self, answer):
        self.status = answer.returncode
        self.error = answer.stderr
        *others, sent, seconds = answer.stdout.splitlines() or ["0 sent", "0 s"]
        self.failed = [line for line in others if line.startswith("failed ")]
        self.pending = [line for line in others if line.startswith("pending ")]
        self.sent = int(sent.split()[0]) if self.status == 0 else 0
        self.seconds = float(seconds.split()[0]) if self.status == 0 else 0


def carry(port, seconds=300, **options):
    words = [f"{name.replace('_', '-')}={value}" for name, value in options.items()]
    return Carried(subprocess.run([BIN / "smtp_carrier", f"port={port}", *words], text=True,
                                  capture_output=True, timeout=seconds))
