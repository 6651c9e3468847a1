// SPDX-License-Identifier: Apache-2.0
//
// docs/asyncapi.yaml tells the truth: it is AsyncAPI, it names what the sources name, and the
// frames of the real server and of sdk/js are as it says. (room_client.mjs holds every frame that
// any of these tests gets to it.)

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import Ajv from 'ajv';
import WebSocket from 'ws';
import { checkerOf, checkFromClient, checkFromServer, description, namesOf } from './described.mjs';
import { EventStream } from './event_stream.mjs';
import { post, serve, soon, until } from './harness.mjs';
import { Client, createRoom, session, tableWithBots } from './room_client.mjs';

const read = (path) => fs.readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const allOf = (text, pattern) => [...text.matchAll(pattern)].map(([, word]) => word);
const sorted = (words) => [...new Set(words)].sort();
const { messages, schemas } = description.components;

test('the document is AsyncAPI 3.0, and its references lead somewhere', () => {
    const definition = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0.json');
    const lenient = { meta: false, validateSchema: false, strict: false };
    const ajv = new Ajv({ ...lenient, validateFormats: false });
    assert.ok(ajv.validate(definition, description), ajv.errorsText());
    const follow = (value) => {
        if (value === null || typeof value !== 'object') return;
        for (const [key, child] of Object.entries(value)) {
            if (key !== '$ref') follow(child);
            else {
                const steps = child.slice(2).split('/');
                assert.ok(
                    steps.reduce((at, step) => at?.[step], description),
                    child,
                );
            }
        }
    };
    follow(description);
});

test('every message has examples, and they are as its schema says', () => {
    for (const [name, { examples }] of Object.entries(messages)) {
        assert.ok(examples.length > 0, name);
        const fits = checkerOf(name);
        for (const { payload } of examples)
            assert.ok(fits(payload), `${name}: ${JSON.stringify(fits.errors)}`);
    }
});

test('it names the messages that the sources name, and no others', () => {
    const said = ['sessions', 'rooms'].flatMap((module) =>
        allOf(read(`src/${module}/messages.cpp`), /\.key\("t"\)\.value\("(\w+)"\)/g),
    );
    assert.ok(said.length >= 13, 'they are found');
    assert.deepEqual(sorted([...said, 'heartbeat']), sorted([...namesOf('say'), 'open']));
    const heard = allOf(read('src/sessions/session_receive.cpp'), /type == "(\w+)"/g);
    assert.deepEqual(sorted([...heard, 'heartbeat']), sorted(namesOf('hear')));
    const { connect, stream, frames } = description.channels;
    const ways = [...namesOf('hear'), ...namesOf('say')];
    assert.deepEqual(sorted(Object.keys(connect.messages)), sorted(ways));
    assert.deepEqual(
        sorted(Object.keys(stream.messages)),
        sorted([...namesOf('say'), 'open', 'close']),
    );
    assert.deepEqual(sorted(Object.keys(frames.messages)), sorted(namesOf('hear')));
});

test('it names the error codes and close codes of the sources, as the page and sdk/js do', () => {
    const page = read('docs/protocol.md');
    const errors = allOf(
        /enum class ErrorCode[^{]*\{([^}]*)\}/.exec(read('src/base/result.hpp'))[1],
        /(\w+),/g,
    );
    assert.deepEqual(sorted(schemas.ErrorCode.enum), sorted(errors));
    for (const code of errors) assert.ok(page.includes(code), `the page names ${code}`);
    const [, union] = /type ErrorCode =([^;]*);/.exec(read('sdk/js/src/protocol.ts'));
    assert.deepEqual(sorted(allOf(union, /'(\w+)'/g)), sorted(errors));

    const closings = [
        ...read('src/websocket/close_code.hpp').matchAll(/^ {4}(\w+) = (\d+),/gm),
    ].map(([, name, number]) => [number, name]);
    assert.deepEqual(schemas.CloseCode['x-close-codes'], Object.fromEntries(closings));

    const farewells = ['room_admit', 'room_people', 'room_platform'].flatMap((name) =>
        allOf(read(`src/rooms/${name}.cpp`), /say_farewell\([^;]*"(\w+)"\)/g),
    );
    assert.deepEqual(sorted(schemas.Left.properties.why.enum), sorted(farewells));
    const hows = allOf(read('src/rooms/room_show.cpp'), /\.?how = "(\w+)"/g);
    assert.deepEqual(sorted(schemas.Joined.properties.how.enum), sorted(hows));
});

// Everything that a server says, once: by a socket, and by a stream.
test('the real server says what is described, all of it, and nothing else', async (t) => {
    const server = await serve(t);
    const heard = new Set();
    const noting = (socket) =>
        socket.on('message', (data) => {
            for (const name of checkFromServer(JSON.parse(data))) heard.add(name);
        });
    const open = ({ url }, protocols) =>
        noting(new WebSocket(url.replace('http', 'ws') + '/v1/connect', protocols));
    const { client, room } = await tableWithBots(server, { rounds: 1 }, { open });
    const { token } = client;
    client.send({ t: 'ping' }, { t: 'auth', auth: token });
    await client.mustAct(room, 'start');
    client.send({ t: 'rpc', id: 99, room, q: 'sets' }, { t: 'nonsense', id: 98 });
    assert.equal((await client.answer(99)).t, 'res');
    await until(() => heard.has('timer') && heard.has('heartbeat'), 'an alarm, and silence');

    const stream = new EventStream(server.url);
    const watcher = await Client.connect(server, {
        open: () => noting(stream),
    });
    await watcher.sit({ room }, { as: 'spectator' });
    watcher.send({ t: 'leave', id: 5, room });
    await watcher.expect('left');
    watcher.send({ t: 'auth', auth: (await session(server)).token });
    const end = await soon(watcher.closed, 'another one is not let in');
    assert.equal(end.code, 4003);
    assert.ok(checkerOf('close')({ code: end.code, reason: end.reason }));
    assert.ok(checkerOf('open')({ t: 'open', stream: stream.stream }));

    server.child.kill('SIGTERM');
    assert.equal((await client.closed).code, 1012);
    assert.deepEqual(sorted(heard), sorted(namesOf('say')));
});

const sdk = new URL('../../sdk/js/dist/esm/', import.meta.url);
const skip = fs.existsSync(sdk) ? false : 'npm ci && npm run build in sdk/js first';

test('what sdk/js sends is as described, on every way through its life', { skip }, async (t) => {
    const { connect, memoryStore } = await import(new URL('index.js', sdk));
    const server = await serve(t, { auth: { guests: { anonymous: { ttl: '3s' } } } });
    const sent = new Set();
    class Described extends WebSocket {
        constructor(...given) {
            super(...given);
            this.on('message', (data) => checkFromServer(JSON.parse(data)));
        }
        send(data) {
            for (const name of checkFromClient(JSON.parse(data))) sent.add(name);
            super.send(data);
        }
    }
    let guest = await session(server);
    const auth = async () => {
        guest = (await post(`${server.url}/v1/sessions`, undefined, guest.token)).json;
        return { token: guest.token, expiresAt: guest.expires_at };
    };
    const client = connect({
        url: server.url,
        auth,
        store: memoryStore(),
        WebSocket: Described,
    });
    t.after(() => client.close());
    const made = await createRoom(server, guest);
    const room = await client.join({ room: made.room });
    await room.act('room.name', { name: 'Ann' });
    for (const seat of [1, 2, 3]) await room.act('room.bot', { seat });
    await room.act('start');
    assert.ok(await room.ask('sets'));
    await until(() => sent.has('auth') && sent.has('heartbeat'), 'time has passed');
    await server.restart({ samePort: true });
    await room.act('room.name', { name: 'Anna' });
    await client.join({ find: { game: 'liap-tui' } }).then((other) => other.leave());
    await until(() => sent.has('leave'), 'it left');
    for (const name of ['hello', 'join', 'act', 'rpc', 'leave', 'auth', 'heartbeat'])
        assert.ok(sent.has(name), name);
});
