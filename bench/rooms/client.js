// SPDX-License-Identifier: Apache-2.0
// The load, the same for all servers: in each room one host acts, a burst at a time, and watchers
// receive. Counts updates and acks.
//
//     node client.js KIND URL '{"rooms":…,"watchers":…,"burst":…,"period_ms":…,"seconds":…}'
//
// Says "ready" when all have joined, waits for a line, runs, and prints the tally as JSON.
"use strict";
const WebSocket = require("ws");

const [kind, url, load] = [process.argv[2], process.argv[3], JSON.parse(process.argv[4])];
const tally = { updates: 0, acks: 0, refused: 0, bytes: 0 };
const pad = "x".repeat(90); // Makes the peers' updates as long as gatehouse's.

// How each kind is spoken to: paths, the first words, how a message is framed.
const plain = {
  path: "/v1/connect",
  protocol: undefined,
  send: (socket, ...messages) => socket.send(JSON.stringify(messages)),
  read: (text) => [JSON.parse(text)].flat(),
  act: (id, room) => ({ t: "act", id, room, d: { pad } }),
  enter: async () => {},
};
const kinds = {
  ws: plain,
  socketio: {
    ...plain,
    path: "/socket.io/?EIO=4&transport=websocket",
    // A frame per event: the protocol has no batches.
    send: (socket, ...messages) => {
      for (const message of messages) socket.send(`42${JSON.stringify([message.t, message])}`);
    },
    read: (text, socket) => {
      if (text.startsWith("0")) socket.send("40");
      if (text === "2") socket.send("3");
      if (text.startsWith("40")) return [{ t: "welcome" }];
      return text.startsWith("42") ? [JSON.parse(text.slice(2))[1]] : [];
    },
    enter: (socket) => heard(socket, "welcome"),
  },
  gatehouse: {
    ...plain,
    protocol: "gatehouse.v1.json",
    read: (text, socket) => {
      const messages = [JSON.parse(text)].flat();
      if (messages.some((message) => !message.t)) socket.send("{}"); // A heartbeat.
      return messages;
    },
    // A bot sits down and gets up again.
    act: (id, room) => {
      const action = id % 2 ? "room.unbot" : "room.bot";
      return { t: "act", id, room, a: action, d: { seat: 3 } };
    },
    enter: async (socket, room, watches) => {
      const { token } = watches ? await post("/v1/sessions", {}) : { token: tokens.get(room) };
      kinds.gatehouse.send(socket, { t: "hello", v: 1, auth: token });
      await heard(socket, "welcome");
    },
  },
};
const spoken = kinds[kind];
const tokens = new Map();

async function post(path, body, headers = {}) {
  const answer = await fetch(url + path, {
    method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...headers },
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const waiting = new Map(); // By socket: what it waits to hear.
const heard = (socket, word) => new Promise((done) => waiting.set(socket, { word, done }));

function receive(socket, data) {
  const text = data.toString();
  tally.bytes += text.length;
  for (const message of spoken.read(text, socket)) {
    if (message.t === "upd") tally.updates++;
    else if (message.t === "ack") (tally.acks++, socket.unanswered--);
    else if (message.t === "err") (tally.refused++, socket.unanswered--);
    const wish = waiting.get(socket);
    if (wish && wish.word === message.t) {
      waiting.delete(socket);
      wish.done();
    }
  }
}

async function connect(room, watches) {
  const socket = new WebSocket(url.replace("http", "ws") + spoken.path, spoken.protocol,
    { perMessageDeflate: false });
  socket.unanswered = 0;
  socket.on("message", (data) => receive(socket, data));
  socket.on("close", (code) => { if (!over) throw new Error(`closed: ${code}`); });
  if (kind !== "socketio") await new Promise((done) => socket.on("open", done));
  await spoken.enter(socket, room, watches);
  const joined = heard(socket, "joined");
  spoken.send(socket, { t: "join", id: 1, room, ...(watches ? { as: "spectator" } : {}) });
  await joined;
  return socket;
}

let over = false;
async function main() {
  const hosts = [];
  for (let i = 0; i < load.rooms; i++) {
    if (kind === "gatehouse") {
      const { token } = await post("/v1/sessions", {});
      const login = { Authorization: `Bearer ${token}` };
      const made = await post("/v1/rooms", { game: "liap-tui" }, login);
      tokens.set(made.room, token);
      hosts.push({ room: made.room, id: 1 });
    } else {
      hosts.push({ room: `room${i}`, id: 1 });
    }
    hosts[i].socket = await connect(hosts[i].room, false);
    for (let j = 0; j < load.watchers; j++) await connect(hosts[i].room, true);
  }
  console.log("ready");
  await new Promise((go) => process.stdin.once("data", go));
  Object.keys(tally).forEach((key) => { tally[key] = 0; });
  const timers = hosts.map((host, i) => setTimeout(function act() {
    if (host.socket.unanswered === 0) { // Else it would be too much at once.
      const acts = Array.from({ length: load.burst }, () => spoken.act(++host.id, host.room));
      host.socket.unanswered = acts.length;
      spoken.send(host.socket, ...acts);
    }
    timers[i] = setTimeout(act, load.period_ms);
  }, (load.period_ms * i) / hosts.length));
  setTimeout(() => {
    timers.forEach(clearTimeout);
    setTimeout(() => {
      over = true;
      console.log(JSON.stringify(tally));
      process.exit(0);
    }, 300);
  }, load.seconds * 1000);
}
main();
