// SPDX-License-Identifier: Apache-2.0
// How each kind of server is spoken to. All give a Line: `open(room, watches)` until one is in the
// room (or only connected, where `room` is null), `act(count)`, `stopReading()`, `cut()`.
"use strict";
const { Client } = require("@colyseus/sdk");
const WebSocket = require("ws");

const pad = "x".repeat(90); // Makes the peers' updates as long as gatehouse's.

class Line {
  constructor(url, tally) {
    this.url = url;
    this.tally = tally;
    this.sent = new Map(); // When an act went out, by its id.
    this.lastId = 0;
  }

  get unanswered() { return this.sent.size; }

  acted(id) { this.sent.set(id, performance.now()); }

  // An act was answered: with its ack, or refused.
  answered(id, isAck) {
    const at = this.sent.get(id);
    if (at !== undefined) this.tally.acked_ms.push(performance.now() - at);
    this.sent.delete(id);
    if (isAck) this.tally.acks++;
    else this.tally.refused++;
  }

  // Who is cut, or does not read, may be let go.
  lost(why) {
    if (!this.mayBeLost && !this.tally.isOver) throw new Error(`closed: ${why}`);
  }
}

// Messages as JSON with `t`, several in an array.
class JsonLine extends Line {
  path = "/v1/connect";
  protocol = undefined;
  #heard = new Map(); // What is waited for, by word.

  async open(room, watches) {
    const url = this.url.replace("http", "ws") + this.path;
    this.socket = new WebSocket(url, this.protocol, { perMessageDeflate: false });
    this.socket.on("message", (data) => this.receive(data.toString()));
    this.socket.on("close", (code) => this.lost(code));
    this.socket.on("error", () => {});
    await this.enter(watches);
    if (room === null) return;
    const joined = this.hears("joined");
    this.send({ t: "join", id: 1, room, ...(watches ? { as: "spectator" } : {}) });
    await joined;
  }

  enter() { return new Promise((done) => this.socket.on("open", done)); }

  hears(word) { return new Promise((done) => this.#heard.set(word, done)); }

  send(...messages) { this.socket.send(JSON.stringify(messages)); }

  read(text) { return [JSON.parse(text)].flat(); }

  receive(text) {
    this.tally.bytes += text.length;
    for (const message of this.read(text)) {
      if (message.t === "upd") this.tally.updates++;
      else if (message.t === "ack" || message.t === "err")
        this.answered(message.id, message.t === "ack");
      const done = this.#heard.get(message.t);
      this.#heard.delete(message.t);
      done?.();
    }
  }

  action(id, room) { return { t: "act", id, room, d: { pad } }; }

  act(count, room) {
    const actions = Array.from({ length: count }, () => this.action(++this.lastId, room));
    for (const { id } of actions) this.acted(id);
    this.send(...actions);
  }

  stopReading() {
    this.mayBeLost = true;
    this.socket.pause();
  }

  cut() {
    this.mayBeLost = true;
    this.socket.terminate();
  }
}

// Engine.IO 4 and Socket.IO 5 by hand, as its own client is slower than its server.
class SocketIoLine extends JsonLine {
  path = "/socket.io/?EIO=4&transport=websocket";

  enter() { return this.hears("welcome"); }

  // A frame per event: the protocol has no batches.
  send(...messages) {
    for (const message of messages)
      this.socket.send(`42${JSON.stringify([message.t, message])}`);
  }

  read(text) {
    if (text.startsWith("0")) this.socket.send("40");
    if (text === "2") this.socket.send("3");
    if (text.startsWith("40")) return [{ t: "welcome" }];
    return text.startsWith("42") ? [JSON.parse(text.slice(2))[1]] : [];
  }
}

class GatehouseLine extends JsonLine {
  protocol = "gatehouse.v1.json";

  async enter() {
    this.token ??= (await post(this.url, "/v1/sessions", {})).token;
    const { readyState } = this.socket;
    if (readyState === WebSocket.CONNECTING)
      await new Promise((done) => this.socket.on("open", done));
    const welcome = this.hears("welcome");
    this.send({ t: "hello", v: 1, auth: this.token });
    await welcome;
  }

  read(text) {
    const messages = super.read(text);
    if (messages.some((message) => !message.t)) this.socket.send("{}"); // A heartbeat.
    return messages;
  }

  // A bot sits down and gets up again.
  action(id, room) {
    const a = id % 2 ? "room.bot" : "room.unbot";
    return { t: "act", id, room, a, d: { seat: 3 } };
  }
}

class ColyseusLine extends Line {
  async open(room) {
    const client = new Client(this.url);
    this.room = room === null ? await client.create("bench", {}) : await client.joinById(room);
    this.room.onMessage("upd", () => this.tally.updates++);
    this.room.onMessage("ack", ({ id }) => this.answered(id, true));
    this.room.onLeave((code) => this.lost(code));
    this.room.onError(() => {});
    this.room.reconnection && (this.room.reconnection.enabled = false);
  }

  act(count) {
    for (let i = 0; i < count; i++) {
      this.acted(++this.lastId);
      this.room.send("act", { id: this.lastId, d: { pad } });
    }
  }

  get socket() { return this.room.connection.transport.ws; }

  stopReading() {
    this.mayBeLost = true;
    this.socket.pause();
  }

  cut() {
    this.mayBeLost = true;
    this.socket.terminate();
  }
}

async function post(url, path, body, headers = {}) {
  const answer = await fetch(url + path, {
    method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...headers },
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const lines = {
  ws: JsonLine, socketio: SocketIoLine, colyseus: ColyseusLine, gatehouse: GatehouseLine,
};

// A room, and the line of its host who has joined it.
async function makeRoom(kind, url, tally, number) {
  const host = new lines[kind](url, tally);
  if (kind === "colyseus") {
    await host.open(null);
    return { room: host.room.roomId, host };
  }
  let room = `room${number}`;
  if (kind === "gatehouse") {
    host.token = (await post(url, "/v1/sessions", {})).token;
    const login = { Authorization: `Bearer ${host.token}` };
    ({ room } = await post(url, "/v1/rooms", { game: "liap-tui" }, login));
  }
  await host.open(room, false);
  return { room, host };
}

module.exports = { lines, makeRoom };
