// SPDX-License-Identifier: Apache-2.0
//
// The rooms without WebSockets: the same games, the same promises.

import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, test } from 'node:test';
import { EventStream } from './event_stream.mjs';
import { post, serve, until } from './harness.mjs';
import { Client, createRoom, place, play, resumeOf, session } from './room_client.mjs';

const overEvents = { open: (server) => new EventStream(server.url) };

// Between the clients and the server, it cuts connections when it is told to: before the server
// has heard of them, or after that.
class Cutter {
    cuts = 0;
    #sockets = new Set();

    static async start(t, server) {
        const cutter = new Cutter();
        const listener = net.createServer((client) => cutter.#connect(client, server.port));
        await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
        t.after(() => {
            listener.close();
            cutter.cut();
        });
        cutter.url = `http://127.0.0.1:${listener.address().port}`;
        return cutter;
    }

    cut(share = 1) {
        for (const each of this.#sockets)
            if (Math.random() < share) {
                this.cuts++;
                each();
            }
    }

    #connect(client, port) {
        const server = net.connect(port, '127.0.0.1');
        const end = () => {
            this.#sockets.delete(end);
            client.destroy();
            server.destroy();
        };
        this.#sockets.add(end);
        for (const each of [client, server]) each.setNoDelay().on('error', end).on('close', end);
        const isDeaf = Math.random() < 0.1; // A post that arrives, and whose answer does not.
        client.on('data', (bytes) => server.write(bytes));
        server.on('data', (bytes) => {
            if (isDeaf && bytes.includes('HTTP/1.1 204')) {
                this.cuts++;
                return end();
            }
            client.write(bytes);
        });
    }
}

describe('event streams', { concurrency: 4 }, () => {
    test('a game is played to its end, and a WebSocket sees the same', async (t) => {
        const server = await serve(t);
        const client = await Client.connect(server, overEvents);
        assert.equal(client.welcome.hb, 10_000);
        const { room } = await createRoom(server, client, { rounds: 1 });
        await client.sit({ room });
        for (const seat of [1, 2, 3]) await client.mustAct(room, 'room.bot', { seat });
        await client.mustAct(room, 'start');
        const watcher = await Client.connect(server);
        await watcher.sit({ room }, { as: 'spectator' });
        const view = await play(client, room);
        assert.equal(view.game.phase, 'game_over');
        const seen = await watcher.see(room, (each) => each.game.phase === 'game_over');
        assert.deepEqual(seen.room, view.room);
    });

    test('who is cut comes back to what was shown, and no action is lost or doubled', async (t) => {
        const server = await serve(t);
        const cutter = await Cutter.start(t, server);
        const { token } = await session(server);
        const { room } = await createRoom(server, { token }, { rounds: 1 });
        let known; // The room as it was seen last,
        let firstVersion; // how it was before anything was done there,
        let welcome;
        let pending; // and the action that has no answer.
        const acked = [];
        const visit = async () => {
            const resume = welcome && resumeOf({ welcome });
            const client = await Client.connect(cutter, { token, resume, ...overEvents });
            welcome = client.welcome;
            if (known) client.rooms.set(room, known);
            const joined = await client.join({ room }, known && { at: place(known) });
            assert.equal(joined.t, 'joined', JSON.stringify(joined));
            firstVersion ??= joined.s;
            try {
                for (let i = 0; acked.length < 60; i++) {
                    const id = pending ?? (acked.at(-1) ?? 0) + 1;
                    pending = id;
                    client.send({ t: 'act', id, room, a: 'room.name', d: { name: `n${id}` } });
                    if (i % 4 === 3) cutter.cut(0.7);
                    const answer = await client.answer(id);
                    if (answer.code === 'rate_limited') continue;
                    assert.equal(answer.t, 'ack', JSON.stringify(answer));
                    acked.push(id);
                    pending = undefined;
                }
            } finally {
                known = client.rooms.get(room) ?? known;
                client.cut();
            }
        };
        await until(
            async () => acked.length >= 60 || visit(), // Most of which end with a cut.
            'sixty actions are acked',
            60_000,
        );
        assert.ok(cutter.cuts > 5, `${cutter.cuts} cuts`);
        assert.deepEqual(acked, Array.from(acked, (_, i) => i + 1));
        const last = await Client.connect(server, { token });
        const seat = await last.sit({ room });
        assert.equal(seat.last, acked.at(-1));
        assert.equal(seat.view.room.seats[0].name, `n${acked.at(-1)}`);
        assert.equal(seat.s, firstVersion + acked.length, 'each was applied once');
    });

    test('a server that ends says so by the code of a close frame', async (t) => {
        const server = await serve(t);
        const client = await Client.connect(server, overEvents);
        const wrong = new Client(server, overEvents);
        await wrong.opened;
        wrong.send({ t: 'join', id: 1, room: 'x' });
        assert.equal((await wrong.closed).code, 4102);
        await server.kill('SIGTERM');
        assert.equal((await client.closed).code, 1012);
    });

    test('a ticket says hello once', async (t) => {
        const server = await serve(t);
        const { token, principal } = await session(server);
        const { status, json } = await post(server.url + '/v1/tickets', {}, token);
        assert.equal(status, 201);
        assert.equal(json.principal, principal);
        const client = await Client.connect(server, { token: json.ticket });
        assert.equal(client.welcome.principal, principal);
        const again = new Client(server, overEvents);
        await again.opened;
        again.send({ t: 'hello', v: 1, auth: json.ticket });
        assert.equal((await again.closed).code, 4001);
    });
});
