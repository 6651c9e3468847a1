// SPDX-License-Identifier: Apache-2.0
// The same on socket.io: its rooms, its broadcast, its acknowledgements.
"use strict";
const http = require("node:http");
const { Server } = require("socket.io");

const server = http.createServer();
const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false });

io.on("connection", (socket) => {
  socket.on("join", (message) => {
    socket.join(message.room);
    socket.emit("joined", { t: "joined", id: message.id, room: message.room });
  });
  socket.on("act", (message) => {
    io.to(message.room).emit("upd", { t: "upd", room: message.room, d: message.d });
    socket.emit("ack", { t: "ack", id: message.id, room: message.room });
  });
});

server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
