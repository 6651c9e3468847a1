# SPDX-License-Identifier: Apache-2.0
"""What rooms cost in the shapes that load comes in: gatehouse beside ws, socket.io and Colyseus.

gatehouse plays by its protocol, with a durable store: an act is on the disk before anybody sees it
or is acked. The peers keep nothing: they send what they get to all in the room, and an ack. Server
on one core, all clients on another; the servers take turns, each round with a fresh process.

    python3 bench/rooms/run.py [SHAPE...]      idle turns busy bursts spectators storm slow

docs/benchmarks.md says what each is.
"""
import dataclasses
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from measure import Bench, CLIENT_CORE, QUICK, ROOMS_CONFIG, has, pinned

ROUNDS, SECONDS = (1, 3) if QUICK else (3, 10)
KINDS = {"ws": "ws", "socketio": "socket.io", "colyseus": "Colyseus", "gatehouse": "gatehouse"}


@dataclasses.dataclass
class Shape:
    title: str
    load: dict
    unit: str  # Of what is counted: CPU is per one of it.
    count: object  # (tally, load) -> how many there were.
    times: str = ""  # Which times of the tally matter.
    rounds: int = ROUNDS


def shown(tally, _):
    """Acts times those who were shown them: gatehouse may show several in one update."""
    return tally["acks"] / max(1, tally["rooms"]) * tally["readers"]


def acts(rooms, watchers, burst, period_ms, slow=0.0):
    # A connection may send 50 messages a second: this bounds burst / period_ms.
    assert burst / period_ms <= 0.05
    return {"shape": "acts", "rooms": rooms, "watchers": watchers, "burst": burst,
        "period_ms": period_ms, "slow": slow}


MANY = 500 if QUICK else 10_000
SHAPES = {
    "idle": Shape(f"Idle: {MANY:,} connections in no room",
        {"shape": "idle", "connections": MANY, "seconds": 3 if QUICK else 60},
        "connection and minute",
        lambda tally, load: tally["connections"] * load["seconds"] / 60, rounds=1),
    "turns": Shape("Turn rooms: 200 rooms of 4, one act at a time", acts(200, 3, 1, 50),
        "act and receiver", shown, "acked_ms"),
    "busy": Shape("Busy rooms: 50 rooms of 16, 8 acts every 200 ms", acts(50, 15, 8, 200),
        "act and receiver", shown, "acked_ms"),
    "bursts": Shape("Bursts: one room, 400 watchers, 16 acts every 350 ms", acts(1, 400, 16, 350),
        "act and receiver", shown, "acked_ms"),
    "spectators": Shape(f"Spectators: one room, {MANY // 5:,} watchers, an act every 100 ms",
        acts(1, MANY // 5, 1, 100), "act and receiver", shown, "acked_ms"),
    "storm": Shape(f"Storm: {MANY // 5:,} in rooms of 4 are cut off and all come back within 5 s",
        {"shape": "storm", "rooms": MANY // 20, "watchers": 3, "back_ms": 5000},
        "return", lambda tally, _: tally["returned"], "back_ms"),
    "slow": Shape("Slow readers: one room, 400 watchers of whom 5 % stop reading, bursts of 16",
        acts(1, 400, 16, 350, slow=0.05), "act and receiver", shown, "acked_ms"),
}


def start(bench, kind):
    if kind == "gatehouse":
        process, port = bench.start_gatehouse(kind, ROOMS_CONFIG)
        return process, f"http://127.0.0.1:{port}"
    process = bench.start(kind, ["node", HERE / f"{kind}_server.js"])
    return process, process.read_until(r"http://\S+").group()


def measure(kind, shape):
    """One round: a fresh server, the load, and what it cost."""
    load = {"seconds": SECONDS, **shape.load}
    with Bench() as bench:
        server, url = start(bench, kind)
        empty = server.anonymous_bytes()
        client = subprocess.Popen(
            pinned(CLIENT_CORE, "node", HERE / "client.js", kind, url, json.dumps(load)),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def heard():
            if line := client.stdout.readline():
                return line
            sys.exit(f"{kind}: the clients ended")

        def say(word):
            client.stdin.write(word + "\n")
            client.stdin.flush()

        heard()  # "ready"
        full, before = server.anonymous_bytes(), server.cpu_s()
        say("go")
        tally = {**json.loads(heard()), "rooms": load.get("rooms", 0)}
        cpu_s, after = server.cpu_s() - before, server.anonymous_bytes()
        say("enough")
        client.wait()
        client.stdin.close()
        client.stdout.close()
    if tally["refused"] or (load["shape"] == "acts" and not tally["acks"]):
        sys.exit(f"{kind}: {tally}")
    return {"us": cpu_s * 1e6 / shape.count(tally, load),
        "kib": (full - empty) / 1024 / tally["connections"],
        "grown_mib": (after - full) / 1024 / 1024,
        "times": tally[shape.times] if shape.times else None,
        "acts_per_s": tally["acks"] / SECONDS if tally["acks"] else None}


def median_of(rounds, key):
    return statistics.median(each[key] for each in rounds)


def ratio(cost, base):
    return f"{cost / base:.2f}" if base else "–"  # Nothing that the kernel's clock saw.


def row(kind, rounds, costs):
    cells = [f"{KINDS[kind]:12}{costs[kind]:>12.2f}"]
    cells += [f"{ratio(costs[kind], costs[base]):>11}" for base in KINDS if base != "gatehouse"]
    cells.append(f"{median_of(rounds, 'kib'):>10.1f}{median_of(rounds, 'grown_mib'):>10.1f}")
    if rounds[0]["times"]:
        at = {key: statistics.median(each["times"][key] for each in rounds)
            for key in ("p50", "p99")}
        cells.append(f"{at['p50']:>9.1f}{at['p99']:>9.1f}")
    if rounds[0]["acts_per_s"]:
        cells.append(f"{median_of(rounds, 'acts_per_s'):>9.0f}")
    return "".join(cells)


def run(shape):
    results = {kind: [] for kind in KINDS}
    for _ in range(shape.rounds):
        for kind in KINDS:
            results[kind].append(measure(kind, shape))
    costs = {kind: median_of(rounds, "us") for kind, rounds in results.items()}
    print(f"\n{shape.title}\n(µs of CPU per {shape.unit}; KiB a connection; MiB that it grows)")
    bases = "".join(f"{'× ' + KINDS[base]:>11}" for base in KINDS if base != "gatehouse")
    head = f"{'':12}{'µs':>12}{bases}{'KiB':>10}{'MiB':>10}"
    head += f"{'p50 ms':>9}{'p99 ms':>9}" if shape.times else ""
    print(head + (f"{'acts/s':>9}" if shape.load["shape"] == "acts" else ""))
    for kind, rounds in results.items():
        print(row(kind, rounds, costs))
    sys.stdout.flush()


if not has("node"):
    sys.exit("the clients need node")
if not (HERE / "node_modules").exists():
    # Not "ci", which wants the native parts of msgpackr for all platforms in the lock file.
    subprocess.run(["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=HERE, check=True)
unknown = set(sys.argv[1:]) - set(SHAPES)
if unknown:
    sys.exit(f"no shape {', '.join(unknown)}: there are {', '.join(SHAPES)}")
for name in sys.argv[1:] or SHAPES:
    run(SHAPES[name])
