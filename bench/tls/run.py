# SPDX-License-Identifier: Apache-2.0
"""What TLS costs: gatehouse beside NGINX.

A connection with its handshake (TLS 1.3; wrk shows the tickets that it was given, so some resume),
one request and its end, by an ECDSA and an RSA key; and the memory of connections that are open and
say nothing. Each server has one worker, pinned to one core; the load has another.
"""
import pathlib
import re
import socket
import ssl
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from measure import Bench, CLIENT_CORE, QUICK, free_port, has, pinned, print_costs, wait_for_port

ROUNDS, SECONDS = (3, 2) if QUICK else (7, 3)
IDLE = 500 if QUICK else 2000
KEYS = {"ECDSA P-256": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "RSA 2048": ["rsa:2048"]}
TEMP_PATHS = " ".join(f"{of}_temp_path {{folder}}/{of};"
    for of in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))

NGINX = """
daemon off; worker_processes 1; error_log /dev/null; pid {folder}/nginx.pid;
events {{ worker_connections 8192; }}
http {{ access_log off; """ + TEMP_PATHS + """
  ssl_protocols TLSv1.2 TLSv1.3;
  server {{ listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {cert}; ssl_certificate_key {key};
    location / {{ return 200 '{{"status":"ok"}}'; }} }} }}
"""

GATEHOUSE = """
listen: {{ http: "127.0.0.1:0", https: "127.0.0.1:{port}", admin: "127.0.0.1:0" }}
tls: {{ cert: "{cert}", key: "{key}" }}
store: memory
shards: 1
log: {{ access: off }}
"""


def certificate(bench, kind, spec):
    name = kind.split()[0]
    cert, key = bench.folder / f"{name}.pem", bench.folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", *spec, "-keyout", key,
        "-out", cert, "-days", "60", "-subj", "/CN=localhost", "-addext",
        "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    return cert, key


def start_all(bench, kind, spec):
    cert, key = certificate(bench, kind, spec)
    servers = {}
    if has("nginx"):
        port = free_port()
        path = bench.write(f"nginx-{kind}.conf",
            NGINX.format(folder=bench.folder, port=port, cert=cert, key=key))
        servers["NGINX"] = (bench.start("NGINX", ["nginx", "-c", path]), port)
        wait_for_port(port)
    port = free_port()
    process, _ = bench.start_gatehouse(f"gatehouse-{kind}",
        GATEHOUSE.format(port=port, cert=cert, key=key))
    wait_for_port(port)
    servers["gatehouse"] = (process, port)
    return servers


def connect_often(port, seconds):
    """How many connections were made, each with a handshake and a request."""
    said = subprocess.run(pinned(CLIENT_CORE, "wrk", "-t1", "-c16", f"-d{seconds}s",
        "-H", "Connection: close", f"https://127.0.0.1:{port}/health/live"),
        capture_output=True, text=True, check=True).stdout
    if failed := re.search(r"Non-2xx.*", said):
        sys.exit(f"port {port}: {failed.group()}")
    return int(re.search(r"(\d+) requests in", said).group(1))


def measure_handshakes(kind, servers):
    costs = {name: [] for name in servers}
    for _, port in servers.values():
        connect_often(port, 1)  # Warm up.
    for _ in range(ROUNDS):
        for name, (process, port) in servers.items():
            before = process.cpu_s()
            count = connect_often(port, SECONDS)
            costs[name].append((process.cpu_s() - before) * 1e6 / count)
    print_costs(f"A connection with one request, {kind}", "µs CPU", costs, ["NGINX"])


def measure_memory(servers):
    """Of connections that were each used once, so that all that they once need was there."""
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    print(f"\n{IDLE} idle connections{'':15}{'KB each':>16}")
    for name, (process, port) in servers.items():
        def memory(of=process):
            return sum(int(re.search(r"VmRSS:\s+(\d+)",
                pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) for pid in of.family())
        before = memory()
        kept = []
        for _ in range(IDLE):
            raw = socket.create_connection(("127.0.0.1", port))
            kept.append(trusting.wrap_socket(raw, server_hostname="localhost"))
            kept[-1].sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            kept[-1].recv(65536)
        print(f"{name:32}{(memory() - before) / IDLE:>16.1f}")
        for each in kept:
            each.close()
    sys.stdout.flush()


with Bench() as bench:
    if not has("wrk"):
        sys.exit("the load needs wrk")
    for kind, spec in KEYS.items():
        servers = start_all(bench, kind, spec)
        measure_handshakes(kind, servers)
    measure_memory(servers)
