#!/usr/bin/python3
"""What an account costs that waits in IDLE over TLS: memory and CPU, beside imapflow at the same server.

usage: bench/park.py [--accounts N,N,…] [--idle SECONDS] [--peer-accounts N] [--binary PATH] [--quick]

Memory is the process's RSS beyond that of one without accounts, and half of what the kernel holds
for the connections (the other half is the server's end); beside it the same with all of the RSS. CPU is that of the fetcher alone, while
all wait and nothing comes. Needs `ninja -C build postern-fetcher bench_imap_park bench_fetcher_peers`.
"""

import sys
import time

from yard import (Authority, Fetcher, Park, clean, cpu, folder, imapflow, imapflow_option,
                  kernel_memory, memory, options, spread, table)

TARGET = 36  # KiB for each account
IDLE_TARGET = 0.5  # percent of a core at 10,000
SETTLE = 15  # seconds until what the log-ins needed is given back (connect_budget.cc: 10)
HOSTS = tuple(f"127.0.0.{n}" for n in range(1, 5))
NAMES = ",".join(f"IP:{host}" for host in HOSTS)


def grown(server, pid, empty, accounts, kernel):
    """KiB for each account: of the whole process, of what it has more than an empty one, and of
    the kernel for its end."""
    server.await_idle(accounts)
    time.sleep(SETTLE)
    rss, _ = memory(pid)
    parts = (rss, rss - empty, (kernel_memory() - kernel) / 2)
    return [part / accounts / 1024 for part in parts]


def idle_cpu(pid, seconds):
    """Percent of a core while nothing comes."""
    before, start = cpu(pid), time.monotonic()
    time.sleep(seconds)
    return 100 * (cpu(pid) - before) / (time.monotonic() - start)


def measure_ours(chosen, authority, accounts):
    place = folder()
    park = Park(place, authority, max(accounts, 1), hosts=HOSTS).start()
    kernel = kernel_memory()
    fetcher = Fetcher(place / "fetcher", authority, chosen.binary, accounts, park.port,
                      hosts=HOSTS)
    try:
        fetcher.start()
        if accounts == 0:
            time.sleep(SETTLE)
            return memory(fetcher.pid)[0]
        sizes = grown(park, fetcher.pid, chosen.empty, accounts, kernel)
        percent = idle_cpu(fetcher.pid, chosen.idle) if accounts >= chosen.cpu_at else None
        return *sizes, percent
    finally:
        fetcher.stop()
        park.stop()
        clean(place)


def measure_imapflow(chosen, authority, accounts):
    place = folder()
    park = Park(place, authority, accounts).start()
    peer = imapflow(chosen, authority, park, accounts, place / "imapflow.log")
    try:
        kernel = kernel_memory()
        peer.start()
        empty, _ = memory(peer.pid)
        peer.ask("go")
        sizes = grown(park, peer.pid, empty, accounts, kernel)
        return *sizes, idle_cpu(peer.pid, chosen.idle)
    finally:
        peer.stop()
        park.stop()
        clean(place)


def main():
    parser = options(__doc__, runs=1)
    parser.add_argument("--accounts", default="1000,2000,5000,10000,19500")
    parser.add_argument("--idle", type=float, default=60, help="seconds over which CPU is counted")
    parser.add_argument("--cpu-at", type=int, default=10_000, help="accounts from which on it is")
    parser.add_argument("--peer-accounts", type=int, default=2000)
    imapflow_option(parser)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.accounts, chosen.idle, chosen.peer_accounts, chosen.runs = "200", 5, 100, 1
        chosen.cpu_at = 200
    place = folder()
    authority = Authority(place / "certificates", NAMES)
    rows = []
    try:
        chosen.empty = measure_ours(chosen, authority, 0)
        print(f"without accounts: {chosen.empty / 2**20:.1f} MiB", flush=True)
        for count in map(int, chosen.accounts.split(",")):
            runs = [measure_ours(chosen, authority, count) for _ in range(chosen.runs)]
            rows.append(row("postern-fetcher", count, runs))
            print(*rows[-1], flush=True)
        if chosen.imapflow.exists():
            count = chosen.peer_accounts
            runs = [measure_imapflow(chosen, authority, count) for _ in range(chosen.runs)]
            rows.append(row("imapflow", count, runs))
    finally:
        clean(place)
    head = ["who", "accounts", "process KiB", "kernel KiB", "together", "with the empty process",
            "idle CPU %"]
    table(f"Memory for each account; target {TARGET} KiB together, a fifth of imapflow, "
          f"{IDLE_TARGET} % of a core", head, rows)


def row(who, count, runs):
    percents = [percent for *_, percent in runs if percent is not None]
    return [who, count, spread([more for _, more, _, _ in runs]),
            spread([kernel for _, _, kernel, _ in runs]),
            spread([more + kernel for _, more, kernel, _ in runs]),
            spread([whole + kernel for whole, _, kernel, _ in runs]),
            spread(percents, "{:.2f}") if percents else "-"]


if __name__ == "__main__":
    sys.exit(main())
