# SPDX-License-Identifier: Apache-2.0
"""What it costs to show an act to one of those who watch a room: gatehouse beside ws and socket.io.

gatehouse plays by its protocol, with a durable store: an act is on the disk before anybody sees it.
The peers keep nothing: they send what they get to all in the room, and an ack. Server on one core,
all clients on another; the servers take turns, each round with a fresh process.

Counted are acts times receivers: gatehouse may show several acts of one turn in one update.
"""
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from measure import Bench, CLIENT_CORE, QUICK, ROOMS_CONFIG, has, pinned, print_costs

ROUNDS, SECONDS = (1, 3) if QUICK else (3, 5)

# A connection may send 50 messages a second: this bounds burst / period_ms.
LOADS = {
    "One room, 400 watchers, bursts of 16 acts":
        {"rooms": 1, "watchers": 400, "burst": 16, "period_ms": 350},
    "One room, 400 watchers, one act at a time":
        {"rooms": 1, "watchers": 400, "burst": 1, "period_ms": 25},
    "200 rooms of 4, one act at a time":
        {"rooms": 200, "watchers": 3, "burst": 1, "period_ms": 50},
}


def start(bench, kind):
    if kind == "gatehouse":
        process, port = bench.start_gatehouse(kind, ROOMS_CONFIG)
        return process, f"http://127.0.0.1:{port}"
    process = bench.start(kind, ["node", HERE / f"{kind}_server.js"])
    return process, process.read_until(r"http://\S+").group()


def measure(kind, load):
    """Returns µs of CPU per act and receiver, and what the client counted."""
    with Bench() as bench:
        server, url = start(bench, kind)
        client = subprocess.Popen(
            pinned(CLIENT_CORE, "node", HERE / "client.js", kind, url,
                json.dumps({**load, "seconds": SECONDS})),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if client.stdout.readline() != "ready\n":
            sys.exit(f"{kind}: the clients could not join")
        before = server.cpu_s()
        said, _ = client.communicate("go\n")
        tally = json.loads(said)
        if tally["refused"] or not tally["acks"]:
            sys.exit(f"{kind}: {tally}")
        shown = tally["acks"] * (load["watchers"] + 1)
        return (server.cpu_s() - before) * 1e6 / shown, tally


if not has("node"):
    sys.exit("the clients need node")
if not (HERE / "node_modules").exists():
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True)
for title, load in LOADS.items():
    kinds = ("ws", "socketio", "gatehouse")
    costs, tallies = {kind: [] for kind in kinds}, {}
    for _ in range(ROUNDS):
        for kind in kinds:
            cost, tallies[kind] = measure(kind, load)
            costs[kind].append(cost)
    print_costs(title, "µs CPU", costs, ["ws", "socketio"])
    for kind, tally in tallies.items():
        print(f"  {kind}: {tally['acks']} acts, {tally['updates']} updates of "
            f"{tally['bytes'] // tally['updates']} bytes")
