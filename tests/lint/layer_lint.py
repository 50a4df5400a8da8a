#!/usr/bin/env python3
"""Checks that include lines respect the layers: docs/architecture.md, "Layering".

usage: layer_lint.py                prints file:line for each include that does not belong there,
                                    exit status 1 if there is any
"""

import re
import sys

from sources import ROOT, sources

# One home for each third-party library: who may include it, by how the path begins.
HOMES = {
    "gmime": (r"gmime/", ["lib/mail/"]),
    "gumbo": (r"gumbo\.h", ["lib/mail/"]),
    # Redis names scripts by their SHA-1 (EVALSHA). bench/ has a server's side of TLS.
    "OpenSSL": (r"openssl/", ["lib/net/", "lib/crypto/", "lib/store/redis_client.cc", "bench/"]),
    "Boost.Locale": (r"boost/locale", ["services/xmpp-edge/words.cc"]),
    "hiredis": (r"hiredis/", ["lib/store/"]),
    "libcurl": (r"curl/", ["lib/http/"]),
    "libunbound": (r"unbound\.h", ["services/sender/mx/unbound_dns.cc"]),
    "libstrophe": (r"strophe\.h", ["services/xmpp-edge/component_stream.cc"]),
    "CLI11": (r"CLI/", ["lib/process/", "services/posternctl/"]),
    "spdlog": (r"spdlog/", ["lib/process/"]),
    "prometheus": (r"prometheus/", ["lib/process/"]),
    "RE2": (r"re2/", ["services/"]),
    "IDNA of ICU": (r"unicode/uidna", ["lib/mail/domain_name.cc"]),
    "GNU SASL": (r"gsasl", ["lib/sasl/"]),
    "libseccomp": (r"seccomp\.h", ["services/runner/sandbox/system_calls.cc"]),
}

# What a part of lib may include of the other parts.
LIB_LAYERS = {
    "lib/words/": ["lib/words/"],
    "lib/mail/": ["lib/mail/", "lib/words/"],
    "lib/net/": ["lib/net/", "lib/words/"],
    "lib/crypto/": ["lib/crypto/", "lib/words/"],
    "lib/http/": ["lib/http/", "lib/net/", "lib/crypto/"],
    "lib/schedule/": ["lib/schedule/", "lib/crypto/", "lib/words/"],
    "lib/sasl/": ["lib/sasl/", "lib/crypto/", "lib/words/"],
    "lib/store/": ["lib/store/", "lib/net/"],
    "lib/rpc/": ["lib/rpc/", "lib/net/", "lib/mail/", "lib/words/", "proto/", "postern/"],
    "lib/oauth2/": ["lib/oauth2/", "lib/crypto/", "lib/net/", "lib/process/", "lib/rpc/", "lib/words/"],
    "lib/process/": ["lib/"],
}

# Code that must be testable and fuzzable without a socket.
PURE = {
    "lib/mail/": r"boost/|grpc|google/protobuf|postern/.*\.pb\.h|chrono|filesystem|fstream",
}
PROTOCOLS = re.compile(r"services/\w+/(imap|pop3|smtp|managesieve)/")
NOT_IN_PROTOCOLS = re.compile(
    r"boost/|openssl/|hiredis/|grpc|google/protobuf|\.pb\.h$|lib/(store|rpc|process)/")
# posternctl explains rules, routes, aliases and the list of programs without a server, so it links the pure halves.
SHARED_HALVES = {"posternctl": re.compile(
    r"services/rules/(answers|engine|filter|ir|jsmail|sieve)/\w+\.h|"
    r"services/runner/program_list\.h|"
    r"services/sender/(aliases/alias_table|routes/route_table|operator_file)\.h")}
SERVICE = re.compile(r"services/([\w-]+)/")

INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.MULTILINE)


def complaints(path, included):
    """Why `path` may not include `included`; nothing when it may."""
    for library, (pattern, homes) in HOMES.items():
        if re.match(pattern, included) and not path.startswith((*homes, "tests/")):
            yield f"{library} is at home in {' and '.join(homes)}"
    for layer, allowed in LIB_LAYERS.items():
        if path.startswith(layer) and included.startswith(("lib/", "services/", "tests/")):
            if not included.startswith(tuple(allowed)):
                yield f"{layer} may include of the project only {' '.join(allowed)}"
    for layer, forbidden in PURE.items():
        if path.startswith(layer) and re.match(forbidden, included):
            yield f"{layer} is pure"
    if PROTOCOLS.match(path) and NOT_IN_PROTOCOLS.search(included):
        yield "a protocol speaks only to net::ByteStream"
    mine, other = SERVICE.match(path), SERVICE.match(included)
    shared = mine and SHARED_HALVES.get(mine[1])
    if mine and other and mine[1] != other[1] and mine[1] != "all-in-one" and not (
            shared and shared.match(included)):
        yield f"{mine[1]} asks {other[1]} over gRPC"


def main():
    found = []
    for source in sources():
        text = (ROOT / source).read_text()
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start(1)) + 1
            found += [f"{source}:{line}: {match[1]}: {why}"
                      for why in complaints(str(source), match[1])]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
