// SPDX-License-Identifier: Apache-2.0
// The load, the same for all servers. In each room one host acts, a burst at a time, and watchers
// receive; or nobody does anything; or all are cut off and come back.
//
//     node client.js KIND URL '{"shape":"acts|idle|storm","rooms":…,"watchers":…,…}'
//
//     acts    burst, period_ms; slow: this part of the watchers stops reading
//     idle    connections, in no room (Colyseus has none such: each in a room of its own)
//     storm   back_ms: within this time all come back
//
// Says "ready" when all are there, waits for a line, runs, and prints the tally as JSON.
"use strict";
const { lines, makeRoom } = require("./dialects.js");

const [kind, url, load] = [process.argv[2], process.argv[3], JSON.parse(process.argv[4])];
const AT_ONCE = 64; // Connections that are under way.
const SETTLE_MS = 300;

const tally = {};
const clear = () => Object.assign(tally, {
  updates: 0, acks: 0, refused: 0, bytes: 0, acked_ms: [], back_ms: [], isOver: false,
});
clear();

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// Runs the tasks, so many at once.
async function all(tasks) {
  const rest = tasks[Symbol.iterator]();
  const work = async () => { for (const task of rest) await task(); };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function gather() {
  const rooms = [];
  const crowd = []; // {line, room}, hosts first.
  if (load.shape === "idle") {
    await all(Array.from({ length: load.connections }, () => async () => {
      const line = new lines[kind](url, tally);
      await line.open(null, true);
      crowd.push({ line, room: null });
    }));
    return { rooms, crowd };
  }
  await all(Array.from({ length: load.rooms }, (_, number) => async () => {
    rooms.push(await makeRoom(kind, url, tally, number));
  }));
  for (const { room, host } of rooms) crowd.push({ line: host, room, isHost: true });
  await all(rooms.flatMap(({ room }) => Array.from({ length: load.watchers }, () => async () => {
    const line = new lines[kind](url, tally);
    await line.open(room, true);
    crowd.push({ line, room });
  })));
  return { rooms, crowd };
}

async function act({ rooms, crowd }) {
  const watchers = crowd.filter(({ isHost }) => !isHost);
  const slow = Math.round(watchers.length * (load.slow ?? 0));
  for (const { line } of watchers.slice(0, slow)) line.stopReading();
  let isOver = false;
  const timers = rooms.map(({ room, host }, i) => setTimeout(function turn() {
    if (isOver) return;
    if (host.unanswered === 0) host.act(load.burst, room); // Else it would be too much at once.
    timers[i] = setTimeout(turn, load.period_ms);
  }, (load.period_ms * i) / rooms.length));
  await pause(load.seconds * 1000);
  isOver = true;
  timers.forEach(clearTimeout);
  await pause(SETTLE_MS);
  return { readers: watchers.length - slow + rooms.length };
}

// All are cut in one instant, and come back evenly spread. Who is alone in a Colyseus room would
// take it with them, so hosts stay there.
async function storm({ crowd }) {
  const gone = crowd.filter(({ isHost }) => !isHost || kind !== "colyseus");
  for (const { line } of gone) line.cut();
  await Promise.all(gone.map(async ({ line, room, isHost }, i) => {
    await pause((load.back_ms * i) / gone.length);
    const again = new lines[kind](url, tally);
    again.token = line.token;
    const begun = performance.now();
    await again.open(room, !isHost);
    tally.back_ms.push(performance.now() - begun);
  }));
  return { returned: gone.length };
}

const quantile = (sorted, part) => sorted[Math.floor((sorted.length - 1) * part)] ?? null;

function quantiles(samples) {
  const sorted = samples.toSorted((one, other) => one - other);
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: quantile(sorted, 1) };
}

async function main() {
  const there = await gather();
  console.log("ready");
  await new Promise((go) => process.stdin.once("data", go));
  clear();
  const shapes = {
    acts: act, storm, idle: async () => (await pause(load.seconds * 1000), {}),
  };
  const more = await shapes[load.shape](there);
  tally.isOver = true;
  const { acked_ms, back_ms, ...counts } = tally;
  const connections = there.crowd.length;
  console.log(JSON.stringify({
    ...counts, ...more, connections, acked_ms: quantiles(acked_ms), back_ms: quantiles(back_ms),
  }));
  await new Promise((go) => process.stdin.once("data", go)); // While the server is looked at.
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
