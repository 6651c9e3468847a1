# SPDX-License-Identifier: Apache-2.0
"""Durable acked actions a second and core, and what an ack takes, beside the same disk, bare."""
import json
import pathlib
import re
import subprocess
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from measure import Bench, CLIENT_CORE, Postgres, QUICK, ROOMS_CONFIG, TREE, pinned

SECONDS = 5 if QUICK else 20

LOADS = (
    ("200 rooms, as fast as answers come", "--rooms", "200"),
    ("200 rooms, 15 ms between actions", "--rooms", "200", "--think", "15"),
    ("200 rooms, 30 ms between actions", "--rooms", "200", "--think", "30"),
    ("10 rooms, 500 ms between actions", "--rooms", "10", "--think", "500"),
)


# The first load once more, with what runs beside it.
BACKED_UP = ROOMS_CONFIG + """
backup: { to: "file:backup" }
archive: { to: "file:archive" }
"""


def committed(admin):
    """Transactions of the store so far that became durable, and events."""
    with urllib.request.urlopen(f"http://{admin}/metrics") as answer:
        text = answer.read().decode()
    return [int(re.search(rf"^gatehouse_store_{series} (\d+)", text, re.M).group(1))
        for series in (r'commits_total{result="durable"}', "events_total")]


def play(bench, process, port, load):
    """One load; returns what the client counted with the mean events a commit, and the server's
    CPU time in seconds."""
    tally = bench.folder / "tally.json"
    admin = process.read_until(r"admin +http://([^/]+)/").group(1)
    commits, events = committed(admin)
    before = process.cpu_s()
    subprocess.run(pinned(CLIENT_CORE, TREE / "build/release/gatehouse-load", "play",
        "--url", f"http://127.0.0.1:{port}", "--seconds", SECONDS, "--json", tally, *load),
        check=True, stdout=subprocess.DEVNULL)
    cpu_s = process.cpu_s() - before
    commits, events = (now - then for now, then in zip(committed(admin), (commits, events)))
    return json.loads(tally.read_text()) | {"events_a_commit": events / commits}, cpu_s


def print_row(name, tally, cpu_s):
    acks, latency = tally["acks"], tally["latency_us"]
    times = "".join(f"{latency[which] / 1000:>9.1f}" for which in ("p50", "p99", "max"))
    print(f"{name:36}{acks / tally['seconds']:>10,.0f}{acks / cpu_s:>12,.0f}{times}"
        f"{tally['events_a_commit']:>15.1f}")
    sys.stdout.flush()


with Bench() as bench:
    print(f"{'':36}{'acks/s':>10}{'per core-s':>12}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}"
        f"{'events/commit':>15}")
    batches = []
    for name, *load in LOADS:
        process, port = bench.start_gatehouse("server", ROOMS_CONFIG)
        tally, cpu_s = play(bench, process, port, load)
        print_row(name, tally, cpu_s)
        batches.append(max(1, round(tally["events_a_commit"])))
        process.kill()
    fastest = LOADS[0][1:]
    process, port = bench.start_gatehouse("shipped", BACKED_UP)
    print_row("the first, with backup and archive", *play(bench, process, port, fastest))
    process.kill()
    if Postgres.binaries() is None:
        print("(PostgreSQL is not installed: left out)")
    else:
        with Postgres(bench) as url:
            process, port = bench.start_gatehouse("postgres", ROOMS_CONFIG, f"store={url}")
            print_row("the first, on PostgreSQL", *play(bench, process, port, fastest))
            process.kill()
    print("\nThe same disk, without a server; also at the batches of the loads above:")
    sys.stdout.flush()
    every = sorted({1, 16, 256, *batches})
    subprocess.run([TREE / "build/release/bench/store_append", bench.folder, "1",
        *map(str, every)], check=True)
