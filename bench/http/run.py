# SPDX-License-Identifier: Apache-2.0
"""What a proxied request costs: gatehouse beside NGINX and HAProxy.

A 300-byte JSON answer over kept connections. Each proxy has one worker, pinned to one core; the
upstream and the load have another. The proxies take turns; the table holds medians of their rounds.
"""
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from measure import (Bench, CLIENT_CORE, QUICK, free_port, has, pinned, print_costs, wait_for_port)

ROUNDS, SECONDS = (3, 2) if QUICK else (7, 3)
BODY = '{"id":17,"pad":"' + "x" * 282 + '"}'

# Where NGINX puts temporary files: its own choice is for root alone.
TEMP_PATHS = " ".join(f"{of}_temp_path {{folder}}/{of};"
    for of in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))

UPSTREAM = """
daemon off; worker_processes 1; error_log /dev/null; pid {folder}/upstream.pid;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; """ + TEMP_PATHS + """
  server {{ listen 127.0.0.1:{port} backlog=4096; default_type application/json;
    location / {{ return 200 '{body}'; }} }} }}
"""

NGINX = """
daemon off; worker_processes 1; error_log /dev/null; pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; """ + TEMP_PATHS + """
  upstream api {{ server 127.0.0.1:{upstream}; keepalive 512; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{port} backlog=4096;
    location / {{ proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }} }} }}
"""

HAPROXY = """
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
frontend front
  bind 127.0.0.1:{port}
  default_backend api
backend api
  http-reuse always
  server one 127.0.0.1:{upstream}
"""

PLAIN = """
listen: {{ http: "127.0.0.1:0", admin: "127.0.0.1:0" }}
store: memory
shards: 1
log: {{ access: off }}
services: {{ api: {{ endpoints: ["127.0.0.1:{upstream}"] }} }}
routes: [{{ match: /**, to: api }}]
"""

# Metrics are always on: there is no switch.
FULL = """
listen: {{ http: "127.0.0.1:0", admin: "127.0.0.1:0" }}
store: memory
shards: 1
limits: {{ each: {{ rate: 100000000/s, burst: 100000000, by: ip }} }}
services: {{ api: {{ endpoints: ["127.0.0.1:{upstream}"] }} }}
routes: [{{ match: /**, to: api, limit: each }}]
"""


def load(port, connections, seconds):
    """Runs the load; returns how many requests were answered."""
    said = subprocess.run(
        pinned(CLIENT_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
            f"http://127.0.0.1:{port}/v1/things/17"),
        capture_output=True, text=True, check=True).stdout
    if failed := re.search(r"Non-2xx.*|Socket errors.*", said):
        sys.exit(f"port {port}: {failed.group()}")
    return int(re.search(r"(\d+) requests in", said).group(1))


def start_all(bench):
    upstream = free_port()
    bench.start("upstream", ["nginx", "-c", bench.write("upstream.conf",
        UPSTREAM.format(folder=bench.folder, port=upstream, body=BODY))], core=CLIENT_CORE)
    wait_for_port(upstream)
    proxies = {}

    def add_peer(name, config, *command):
        port = free_port()
        path = bench.write(name + ".conf",
            config.format(folder=bench.folder, port=port, upstream=upstream))
        proxies[name] = (bench.start(name, [*command, path]), port)
        wait_for_port(port)

    if has("nginx"):
        add_peer("NGINX", NGINX, "nginx", "-c")
    if has("haproxy"):
        add_peer("HAProxy", HAPROXY, "haproxy", "-db", "-f")
    for name, config in (("gatehouse", PLAIN), ("gatehouse, limit and log", FULL)):
        with open(bench.folder / "access.log", "ab") as log:
            proxies[name] = bench.start_gatehouse(name, config.format(upstream=upstream), log=log)
    return proxies


def measure(proxies, connections):
    costs = {name: [] for name in proxies}
    for name, (process, port) in proxies.items():
        load(port, connections, 1)  # Warm up.
    for _ in range(ROUNDS):
        for name, (process, port) in proxies.items():
            before = process.cpu_s()
            requests = load(port, connections, SECONDS)
            costs[name].append((process.cpu_s() - before) * 1e6 / requests)
    print_costs(f"A proxied request, {connections} connections", "µs CPU", costs,
        ["NGINX", "HAProxy"])


with Bench() as bench:
    if not has("wrk") or not has("nginx"):
        sys.exit("the load and the upstream need wrk and nginx")
    proxies = start_all(bench)
    for connections in (50, 200):
        measure(proxies, connections)
