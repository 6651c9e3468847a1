// SPDX-License-Identifier: Apache-2.0
// The same on Colyseus: its rooms, its broadcast. (Its synchronised state would do more work.)
"use strict";
const { Room, Server } = require("@colyseus/core");
const { WebSocketTransport } = require("@colyseus/ws-transport");

class Bench extends Room {
  onCreate() {
    this.onMessage("act", (client, message) => {
      this.broadcast("upd", { d: message.d });
      client.send("ack", { id: message.id });
    });
  }
}

const transport = new WebSocketTransport({ perMessageDeflate: false });
const server = new Server({ transport, greet: false });
server.define("bench", Bench);
server.listen(0, "127.0.0.1").then(() => {
  console.log(`http://127.0.0.1:${transport.server.address().port}`);
});
