"""A certificate authority for one run, made with openssl."""

import subprocess
from pathlib import Path

NAMES = "DNS:localhost,DNS:*.localhost,IP:127.0.0.1"


class Authority:
    """`ca` signs `certificate` (key in `key`) for localhost; `rogue` is signed by nobody."""

    def __init__(self, folder, names=NAMES):
        self.folder = Path(folder)
        self.folder.mkdir()
        self.ca = self.folder / "ca.pem"
        self.certificate = self.folder / "server.pem"
        self.key = self.folder / "server.key"
        self.rogue = self.folder / "rogue.pem"
        self.rogue_key = self.folder / "rogue.key"

        ca_key = self.folder / "ca.key"
        request = self.folder / "server.csr"
        extensions = self.folder / "extensions"
        extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n")
        self._openssl("req", "-x509", *self._new_key(ca_key), "-out", self.ca, "-days", "30",
                      "-subj", "/CN=Postern test authority")
        self._openssl("req", *self._new_key(self.key), "-out", request, "-subj", "/CN=localhost")
        self._openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", ca_key,
                      "-CAcreateserial", "-days", "30", "-extfile", extensions,
                      "-out", self.certificate)
        self._openssl("req", "-x509", *self._new_key(self.rogue_key), "-out", self.rogue,
                      "-days", "30", "-subj", "/CN=localhost", "-addext", f"subjectAltName={NAMES}")
        for key in self.folder.glob("*.key"):
            key.chmod(0o600)

    @staticmethod
    def _new_key(path):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", path)

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
