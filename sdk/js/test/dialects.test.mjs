// SPDX-License-Identifier: Apache-2.0
//
// The same life in every dialect, against the real server: `./stream` and `./cbor`.
//     GATEHOUSE=build/release/gatehouse node --test sdk/js/test/dialects.test.mjs

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import WebSocket from 'ws';
import { connect, memoryStore, Refusal } from '@gatehouse/client';
import { cborOver, decode, encode } from '@gatehouse/client/cbor';
import { guest, Lobby } from '@gatehouse/client/http';
import { fallback, StreamSocket } from '@gatehouse/client/stream';
import { serve, soon, until } from '../../../tests/end_to_end/harness.mjs';

function open(t, url, Socket) {
    const store = memoryStore();
    const auth = guest({ url, store });
    const client = connect({ url, auth, store, WebSocket: Socket });
    t.after(() => client.close());
    return Object.assign(client, { lobby: new Lobby({ url, auth }) });
}

const nameOf = (room) => room.view.room.seats[0].name;

// In front of the server: `on(request)` says what becomes of a request; WebSockets are refused.
async function before(t, server, on) {
    const proxy = http.createServer((request, answer) => {
        const { method, headers, url } = request;
        const asked = http.request(server.url + url, { method, headers }, (from) => {
            if (on(request) === 'lose the answer') return request.socket.destroy();
            answer.writeHead(from.statusCode, from.headers);
            from.pipe(answer).on('error', () => {});
            from.on('error', () => answer.destroy());
        });
        asked.on('error', () => answer.destroy());
        answer.on('close', () => asked.destroy());
        request.pipe(asked);
    });
    proxy.on('upgrade', (request, socket) => {
        on(request);
        socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    });
    await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    t.after(() => {
        proxy.closeAllConnections();
        proxy.close();
    });
    return `http://127.0.0.1:${proxy.address().port}`;
}

// Acts, is refused, asks, and comes back to a server that was killed.
async function live(t, Socket) {
    const server = await serve(t);
    const client = open(t, server.url, Socket);
    const { room: id } = await client.lobby.createRoom('liap-tui', { rounds: 1 });
    const room = await client.join({ room: id });
    await room.act('room.name', { name: 'Änne 麻雀' });
    assert.equal(nameOf(room), 'Änne 麻雀');
    const watching = await open(t, server.url, WebSocket).join({ room: id }, { as: 'spectator' });
    await Promise.all([1, 2, 3].map((seat) => room.act('room.bot', { seat })));
    await assert.rejects(room.act('room.bot', { seat: 1 }), Refusal);
    await room.act('start');
    assert.ok(await room.ask('sets'));
    await until(() => watching.view.game.phase !== 'waiting', 'others see it');
    const dead = server.kill();
    const late = room.act('room.name', { name: 'later' });
    await dead;
    await server.start({ args: ['--set', `listen.http=127.0.0.1:${server.port}`] });
    await soon(late, 'what had no answer is sent again', 30_000);
    assert.equal(nameOf(room), 'later');
    assert.deepEqual(room.state.pending, []);
    await until(() => client.state.status === 'online', 'online');
}

test('over an event stream and posts', (t) => live(t, StreamSocket));
test('in CBOR', (t) => live(t, cborOver(WebSocket)));
test('where WebSockets open, the fallback is one', (t) => live(t, fallback(WebSocket)));

test('minified, they are the same', async (t) => {
    const [{ connect: join }, { StreamSocket: Stream }, { cborOver: over }] = await Promise.all(
        ['min', 'stream.min', 'cbor.min'].map((name) => import(`@gatehouse/client/${name}`)),
    );
    const server = await serve(t);
    const { url } = server;
    const auth = guest({ url, store: memoryStore() });
    const { room } = await new Lobby({ url, auth }).createRoom('liap-tui');
    for (const [name, Socket] of Object.entries({ stream: Stream, cbor: over(WebSocket) })) {
        const client = join({ url, auth, WebSocket: Socket });
        t.after(() => client.close());
        const joined = await client.join({ room });
        await joined.act('room.name', { name });
        assert.equal(nameOf(joined), name);
    }
});

test('a post whose answer is lost goes again, under the same number', async (t) => {
    const server = await serve(t);
    const taken = [];
    const lost = new Set();
    const url = await before(t, server, (request) => {
        const [, n] = /^\/v1\/frames\?.*n=(\d+)/.exec(request.url) ?? [];
        if (!n) return '';
        taken.push(Number(n));
        if (taken.length % 2 === 1) return '';
        lost.add(Number(n));
        return 'lose the answer';
    });
    const client = open(t, url, StreamSocket);
    const room = await client.join(await client.lobby.createRoom('liap-tui'));
    const start = room.state.s;
    for (let i = 0; i < 6; i++) await room.act('room.name', { name: `n${i}` });
    assert.equal(room.state.s - start, 6, 'a version for each action');
    assert.ok(lost.size >= 3);
    const isTwice = (n) => taken.filter((each) => each === n).length > 1;
    await until(() => [...lost].every(isTwice), 'what was lost went again');
    const numbers = [...new Set(taken)].sort((one, other) => one - other);
    assert.deepEqual(numbers, [...numbers.keys()].map((at) => at + 1), 'no number is left out');
    assert.equal(client.state.status, 'online');
});

test('where WebSockets do not get through, the fallback is a stream', async (t) => {
    const server = await serve(t);
    const asked = [];
    const url = await before(t, server, ({ url }) => asked.push(url.split('?')[0]));
    const client = open(t, url, fallback(WebSocket));
    const room = await client.join(await client.lobby.createRoom('liap-tui'));
    await room.act('room.name', { name: 'Ann' });
    const ways = asked.filter((each) => /connect|stream/.test(each));
    assert.deepEqual(ways, ['/v1/connect', '/v1/connect', '/v1/stream']);
});

test('values survive CBOR, in as few bytes as RFC 8949 has for them', () => {
    const examples = [
        [0, '00'],
        [23, '17'],
        [24, '1818'],
        [1000, '1903e8'],
        [1_000_000, '1a000f4240'],
        [1_000_000_000_000, '1b000000e8d4a51000'],
        [Number.MAX_SAFE_INTEGER, '1b001fffffffffffff'],
        [-1, '20'],
        [-1000, '3903e7'],
        [1.1, 'fb3ff199999999999a'],
        [false, 'f4'],
        [null, 'f6'],
        ['', '60'],
        ['ü水', '65c3bce6b0b4'],
        [[1, [2, 3]], '8201820203'],
        [{ a: 1, b: [2, 3] }, 'a26161016162820203'],
    ];
    for (const [value, hex] of examples) {
        assert.equal(Buffer.from(encode(value)).toString('hex'), hex);
        assert.deepEqual(decode(Buffer.from(hex, 'hex')), value);
    }
    assert.deepEqual(decode(encode({ a: undefined, b: { c: [] } })), { b: { c: [] } });
    const floats = { f93c00: 1, f97bff: 65504, f90001: 2 ** -24, f9c400: -4, fa47c35000: 100000 };
    for (const [hex, value] of Object.entries(floats))
        assert.equal(decode(Buffer.from(hex, 'hex')), value, hex);
    const deep = '81'.repeat(70) + '00';
    const none = ['', '18', '6261', '8201', 'ff', '4101', '9fff', 'a10102', '0000', 'c001', deep];
    for (const hex of [...none, '9b00000001000000ff', '62c328'])
        assert.throws(() => decode(Buffer.from(hex, 'hex')), Error, hex);
});
