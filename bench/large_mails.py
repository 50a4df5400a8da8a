#!/usr/bin/python3
"""The most memory that mails with large attachments take, beside mbsync at the same Dovecot.

usage: bench/large_mails.py [--mails N] [--megabytes N] [--runs N] [--binary PATH] [--quick]

A text of one line and an attachment. The fetcher reads header, structure and text; mbsync takes all
of it (to disk, without fsync). Then ReadMailPart streams the whole of some mails, and what is
attached to them, while the fetcher runs.
"""

import subprocess
import sys
import time

import grpc

from mailboxes import Mailbox, WatchedMailbox, large_mail, mbsync
from yard import ROOT, Authority, clean, folder, memory, options, spread, table

TARGET = 64  # MiB at the peak
STREAMED = 10  # mails


def contract(place):
    """The messages of the fetcher's proto."""
    subprocess.run(["protoc", f"-I{ROOT / 'proto'}", f"--python_out={place}",
                    *map(str, (ROOT / "proto").glob("postern/*/v1/*.proto"))], check=True)
    (place / "postern" / "__init__.py").touch()  # the suite has a postern.py
    sys.path.insert(0, str(place))
    from postern.fetcher.v1 import fetcher_pb2
    return fetcher_pb2


def stream(place, watched, mails):
    """MiB a second of ReadMailPart, and the peak of the fetcher's memory."""
    v1 = contract(place)
    fetcher = watched.fetcher
    fetcher.daemon.start(int(fetcher.address.rpartition(":")[2]))
    with grpc.insecure_channel(fetcher.address) as channel:
        def method(name, kind, request, answer):
            return kind(f"/postern.fetcher.v1.FetcherService/{name}", request.SerializeToString,
                        answer.FromString)
        listed = method("ListMails", channel.unary_unary, v1.ListMailsRequest, v1.ListMailsResponse)
        read = method("ReadMailPart", channel.unary_stream, v1.ReadMailPartRequest,
                      v1.ReadMailPartResponse)
        time.sleep(2)  # until it knows its account
        ids = [mail.id for mail in listed(v1.ListMailsRequest(account_id="park-0",
                                                              limit=mails)).mails]
        start, got = time.monotonic(), 0
        for attachment in (0, 1):
            for mail in ids:
                got += sum(len(piece.data) for piece in read(v1.ReadMailPartRequest(
                    account_id="park-0", id=mail, attachment=attachment)))
        took = time.monotonic() - start
    peak = memory(fetcher.pid)[1]
    fetcher.daemon.stop()
    return got / 2**20 / took, peak, got


def main():
    parser = options(__doc__)
    parser.add_argument("--mails", type=int, default=200)
    parser.add_argument("--megabytes", type=int, default=25)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.mails, chosen.megabytes, chosen.runs = 10, 5, 1
    place = folder()
    parts = []
    try:
        authority = Authority(place / "certificates")
        box = Mailbox(place, authority, "large")
        parts.append(box)
        box.fill([])
        watched = WatchedMailbox(place, box, chosen.binary)
        parts.append(watched)
        box.fill_with_links(large_mail(chosen.megabytes * 2**20), chosen.mails)
        runs = {"postern-fetcher": [], "mbsync": []}
        for _ in range(chosen.runs):
            runs["postern-fetcher"].append(watched.run(chosen.mails))
            runs["mbsync"].append(mbsync(place, box, False))
        rate, peak, got = stream(place, watched, STREAMED)
    finally:
        for part in reversed(parts):
            part.stop()
        clean(place)
    rows = [[who, spread([peak / 2**20 for _, peak, _ in each]), spread([took for took, _, _ in each]),
             spread([cpu for _, _, cpu in each])] for who, each in runs.items()]
    table(f"{chosen.mails} mails of {chosen.megabytes} MiB, target {TARGET} MiB",
          ["who", "peak MiB", "seconds", "CPU seconds"], rows)
    print(f"  ReadMailPart: {got / 2**20:.0f} MiB, {rate:.0f} MiB a second, peak {peak / 2**20:.1f} MiB")


if __name__ == "__main__":
    sys.exit(main())
