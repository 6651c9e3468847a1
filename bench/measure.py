# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: servers pinned to one core, their CPU time, medians, tables."""
import contextlib
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

QUICK = os.environ.get("QUICK") == "1"
TREE = pathlib.Path(__file__).resolve().parent.parent
SERVER_CORE, CLIENT_CORE = 0, max(os.sched_getaffinity(0))
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
os.environ["PATH"] += ":/usr/sbin"  # Debian's place for nginx and haproxy; not in everybody's path.
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

# One shard that plays Liap Tui on SQLite.
ROOMS_CONFIG = """
listen: { http: "127.0.0.1:0", admin: "127.0.0.1:0" }
store: sqlite:rooms.db
shards: 1
log: { access: off }
auth: { guests: { anonymous: { ttl: 24h } } }
rooms: { liap-tui: { durability: durable, max_rooms: 20000 } }
routes:
  - { match: { path: /v1/sessions, method: POST }, to: rooms }
  - { match: /v1/**, to: rooms, auth: [guests] }
"""


def gatehouse():
    """The binary to measure: $GATEHOUSE, or the release build."""
    binary = pathlib.Path(os.environ.get("GATEHOUSE", TREE / "build/release/gatehouse"))
    if not binary.exists():
        sys.exit(f"{binary} is not built; build it, or set GATEHOUSE")
    return str(binary)


def has(program):
    """Is it installed? Says so where it is not: its rows are left out."""
    if shutil.which(program):
        return True
    print(f"({program} is not installed: left out)")
    return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pinned(core, *command):
    return ["taskset", "-c", str(core), *map(str, command)]


class Process:
    """A server that is measured, with its children."""

    def __init__(self, name, command, core=SERVER_CORE, env=None, stderr=subprocess.DEVNULL):
        self.name = name
        self.popen = subprocess.Popen(pinned(core, *command), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=stderr, text=True,
            env={**os.environ, **(env or {})})

    def read_until(self, pattern):
        """Reads its output up to a line that matches."""
        for line in self.popen.stdout:
            if found := re.search(pattern, line):
                return found
        sys.exit(f"{self.name} ended before it was ready")

    def family(self):
        children = pathlib.Path(f"/proc/{self.popen.pid}/task/{self.popen.pid}/children")
        return [self.popen.pid, *map(int, children.read_text().split())]

    def cpu_s(self):
        """User and system time so far."""
        ticks = 0
        for pid in self.family():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS_PER_SECOND

    def user_bytes(self):
        """Resident memory that is its own."""
        rollup = pathlib.Path(f"/proc/{self.popen.pid}/smaps_rollup").read_text()
        return 1024 * sum(int(kib) for kib in re.findall(r"Private_\w+: +(\d+) kB", rollup))

    def anonymous_bytes(self):
        """Resident memory that is no file's: what is shared with others of its program is none."""
        rollup = pathlib.Path(f"/proc/{self.popen.pid}/smaps_rollup").read_text()
        return 1024 * int(re.search(r"Anonymous: +(\d+) kB", rollup).group(1))

    def kill(self):
        for pid in reversed(self.family()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.popen.wait()
        self.popen.stdout.close()


class Bench:
    """A folder and the processes of one benchmark; both are gone at its end."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-bench-"))
        self.processes = []
        return self

    def __exit__(self, *_):
        for process in self.processes:
            if process.popen.poll() is None:
                process.kill()
        shutil.rmtree(self.folder)

    def start(self, name, command, **options):
        process = Process(name, command, **options)
        self.processes.append(process)
        return process

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def start_gatehouse(self, name, config, *settings, log=subprocess.DEVNULL):
        """Returns the process and the port of its public listener."""
        path = self.write(f"{name}/gatehouse.yaml", config)
        sets = [word for setting in settings for word in ("--set", setting)]
        process = self.start(name, [gatehouse(), "run", "-c", path, *sets], stderr=log)
        port = process.read_until(r"http://[^:]+:(\d+)").group(1)
        return process, int(port)


class Postgres:
    """A PostgreSQL of its own, synced as it comes: `with Postgres(bench) as url`."""

    def __init__(self, bench):
        self.folder = bench.folder / "postgres"
        self.who = {}
        if os.getuid() == 0:  # It refuses to run as root.
            import pwd
            postgres = pwd.getpwnam("postgres")
            self.who = {"user": postgres.pw_uid, "group": postgres.pw_gid, "extra_groups": []}

    @staticmethod
    def binaries():
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        return found[-1].parent if found else None

    def __enter__(self):
        self.folder.mkdir()
        self.folder.parent.chmod(0o755)
        if self.who:
            os.chown(self.folder, self.who["user"], self.who["group"])
        how = {**self.who, "cwd": "/", "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([self.binaries() / "initdb", "-D", self.folder / "data", "-U", "gatehouse",
            "-A", "trust", "-E", "UTF8", "--locale=C"], check=True, **how)
        port = free_port()
        self.popen = subprocess.Popen(pinned(CLIENT_CORE, self.binaries() / "postgres",
            "-D", self.folder / "data", "-k", self.folder, "-c", "listen_addresses=127.0.0.1",
            "-c", f"port={port}"), **how)
        wait_for_port(port)
        return f"postgresql://gatehouse@127.0.0.1:{port}/postgres"

    def __exit__(self, *_):
        self.popen.send_signal(signal.SIGINT)
        self.popen.wait()


def wait_for_port(port, timeout_s=10):
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    sys.exit(f"nothing listens on port {port}")


def print_costs(title, unit, costs, bases):
    """`costs`: name -> samples in µs of CPU per operation. One column of ratios per base."""
    bases = [base for base in bases if base in costs]
    print(f"\n{title}")
    print(f"{'':32}{unit:>16}" + "".join(f"{'× ' + base:>14}" for base in bases))
    medians = {name: statistics.median(samples) for name, samples in costs.items()}
    for name, cost in medians.items():
        ratios = "".join(f"{cost / medians[base]:>14.2f}" for base in bases)
        spread = f"±{(max(costs[name]) - min(costs[name])) / 2:.1f}"
        print(f"{name:32}{cost:>10.2f} {spread:>5}{ratios}")
    sys.stdout.flush()
