// SPDX-License-Identifier: Apache-2.0
// What people write on `ws`: rooms in memory, each act told to everybody in its room and acked.
"use strict";
const { WebSocketServer } = require("ws");

const rooms = new Map();
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });

// As its README has it: who does not answer for half a minute is gone.
const BEAT_MS = 30_000;
setInterval(() => {
  for (const socket of server.clients) {
    if (!socket.isAlive) { socket.terminate(); continue; }
    socket.isAlive = false;
    socket.ping();
  }
}, BEAT_MS);

server.on("connection", (socket) => {
  socket.isAlive = true;
  socket.on("pong", () => (socket.isAlive = true));
  socket.on("message", (data) => {
    const message = JSON.parse(data);
    for (const each of Array.isArray(message) ? message : [message]) handle(socket, each);
  });
});

function handle(socket, message) {
  const room = rooms.get(message.room) ?? rooms.set(message.room, new Set()).get(message.room);
  if (message.t === "join") {
    room.add(socket);
    socket.on("close", () => room.delete(socket));
    socket.send(JSON.stringify({ t: "joined", id: message.id, room: message.room }));
    return;
  }
  const update = Buffer.from(JSON.stringify({ t: "upd", room: message.room, d: message.d }));
  for (const member of room) member.send(update, { binary: false });
  socket.send(JSON.stringify({ t: "ack", id: message.id, room: message.room }));
}

server.on("listening", () => console.log(`http://127.0.0.1:${server.address().port}`));
