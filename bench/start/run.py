# SPDX-License-Identifier: Apache-2.0
"""How soon gatehouse serves (first start, after kill -9 with many rooms), and what idling costs."""
import json
import os
import pathlib
import selectors
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from measure import Bench, QUICK, ROOMS_CONFIG, gatehouse

ROOMS, CONNECTIONS = (1_000, 1_000) if QUICK else (10_000, 10_000)


class Client:
    """One kept connection, for a few requests in a row or very many."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.lines = self.socket.makefile("rb")
        self.token = None

    def send(self, method, path, body):
        bearer = f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        text = json.dumps(body)
        self.socket.sendall(f"{method} {path} HTTP/1.1\r\nHost: bench\r\n{bearer}"
            f"Content-Length: {len(text)}\r\n\r\n{text}".encode())

    def read(self):
        """Returns the status and the body."""
        status = int(self.lines.readline().split()[1])
        size = 0
        while (line := self.lines.readline().strip()):
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
        return status, self.lines.read(size)

    def ask(self, method, path, body=None):
        self.send(method, path, body or {})
        status, body = self.read()
        if status >= 300:
            sys.exit(f"{path}: {status} {body.decode()}")
        return json.loads(body)

    def log_in(self):
        self.token = self.ask("POST", "/v1/sessions")["token"]

    def open_room(self):
        return self.ask("POST", "/v1/rooms", {"game": "liap-tui"})["room"]


def milliseconds(since):
    return (time.monotonic() - since) * 1000


def until_ready(port, since):
    while True:
        client = Client(port)
        client.send("GET", "/health/ready", {})
        if client.read()[0] == 200:
            return milliseconds(since)
        time.sleep(0.002)


def measure_start(bench):
    since = time.monotonic()
    process, port = bench.start_gatehouse("server", ROOMS_CONFIG)
    client = Client(port)
    client.log_in()
    client.open_room()
    print(f"first start to first room: {milliseconds(since):.0f} ms; "
        f"the binary: {os.path.getsize(gatehouse()) / 1e6:.1f} MB")
    return process, client


def measure_restart(bench, process, client):
    rooms = [client.open_room() for _ in range(ROOMS - 1)]
    process.kill()
    since = time.monotonic()
    process, port = bench.start_gatehouse("server", ROOMS_CONFIG)
    listening = milliseconds(since)
    ready = until_ready(port, since)
    again = Client(port)
    again.token = client.token
    again.ask("GET", f"/v1/rooms/{rooms[-1]}")
    print(f"after kill -9 with {ROOMS} rooms: listening {listening:.0f} ms, "
        f"ready with all rooms {ready:.0f} ms")
    process.kill()


def connect_http(port):
    client = Client(port)
    client.ask("GET", "/health/live")
    return client


def connect_websocket(port):
    client = Client(port)
    client.log_in()
    client.socket.sendall(b"GET /v1/connect HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Protocol: gatehouse.v1.json\r\n"
        b"Authorization: Bearer " + client.token.encode() + b"\r\n\r\n")
    if client.read()[0] != 101:
        sys.exit("no WebSocket")
    hello = json.dumps({"t": "hello", "v": 1, "auth": client.token}).encode()
    client.socket.sendall(b"\x81\xfe" + len(hello).to_bytes(2, "big") + bytes(4) + hello)
    return client


def answer_heartbeats(selector, seconds):
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            if key.fileobj.recv(4096) == b"":
                sys.exit("a connection was closed")
            key.fileobj.sendall(b"\x81\x82\0\0\0\0{}")


def measure_idle(bench, what, connect):
    process, port = bench.start_gatehouse(what, ROOMS_CONFIG)
    for _ in range(3):
        connect(port)  # What is allocated once.
    before = process.user_bytes()
    selector, kept = selectors.DefaultSelector(), []
    for i in range(CONNECTIONS):
        kept.append(connect(port))
        selector.register(kept[-1].socket, selectors.EVENT_READ)
        if i % 100 == 0:
            answer_heartbeats(selector, 0.02)  # None may die while others connect.
    answer_heartbeats(selector, 3)
    each = (process.user_bytes() - before) / CONNECTIONS
    cpu, since = process.cpu_s(), time.monotonic()
    answer_heartbeats(selector, 10)
    share = (process.cpu_s() - cpu) / (time.monotonic() - since)
    print(f"{CONNECTIONS} {what}: {each:,.0f} bytes of user memory each, {share:.1%} of a core")
    process.kill()


def measure_finished(bench):
    """A start must not be longer for all that was ever played."""
    rooms = 100_000 if QUICK else 1_000_000
    folder = bench.folder / "finished"
    folder.mkdir()
    fill = pathlib.Path(gatehouse()).parent / "bench/store_fill"
    if not fill.exists():
        print(f"({fill} is not built: finished rooms are left out; make bench builds it)")
        return
    subprocess.run([fill, folder / "rooms.db", str(rooms)], check=True)
    for _ in range(3):
        since = time.monotonic()
        process, port = bench.start_gatehouse("finished", ROOMS_CONFIG)
        listening = milliseconds(since)
        ready = until_ready(port, since)
        room = Client(port)
        room.log_in()
        asked = time.monotonic()
        room.send("GET", "/v1/rooms/f0000001.9f0c2ab1", {})
        room.read()
        print(f"{rooms} finished rooms: listening {listening:.0f} ms, ready {ready:.0f} ms, "
            f"one of them asked for {milliseconds(asked):.1f} ms, "
            f"{process.user_bytes() / 1e6:.0f} MB")
        process.kill()


with Bench() as bench:
    measure_finished(bench)
    measure_restart(bench, *measure_start(bench))
    measure_idle(bench, "idle HTTP connections", connect_http)
    measure_idle(bench, "idle WebSockets with a session", connect_websocket)
