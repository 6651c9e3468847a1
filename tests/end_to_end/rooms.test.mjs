// SPDX-License-Identifier: Apache-2.0
//
// The room API over HTTP, and the protocol gatehouse.v1.json.

import assert from 'node:assert/strict';
import { before, after, test } from 'node:test';
import { assertProblem, get, post, request, serve, soon, until } from './harness.mjs';
import {
    Client,
    cborProtocol,
    createRoom,
    move,
    protocol,
    session,
    tableWithBots,
} from './room_client.mjs';

const cleanups = [];
let server;
before(async () => {
    server = await serve({ after: (task) => cleanups.unshift(task) });
});
after(async () => {
    for (const each of cleanups) await each();
});

test('a guest gets a session, makes a room and finds it again by every way', async () => {
    const guest = await session(server);
    assert.match(guest.principal, /^g_[0-9a-f]{24}$/);
    assert.ok(Date.parse(guest.expires_at) > Date.now() + 23 * 3600_000);
    const made = await post(server.url + '/v1/rooms', { game: 'liap-tui' }, guest.token);
    assert.equal(made.status, 201, made.text);
    const { room, code } = made.json;
    assert.equal(made.headers.location, '/v1/rooms/' + room);

    const shown = (await get(`${server.url}/v1/rooms/${room}`)).json;
    assert.equal(shown.code, code);
    assert.equal(shown.status, 'open');
    assert.equal(shown.open, true);
    assert.equal(shown.seats.length, 4);
    assert.match(shown.commit, /^[0-9a-f]{64}$/);
    assert.equal(shown.seed, undefined, 'the seed is a secret');
    const { rooms } = (await get(server.url + '/v1/rooms?game=liap-tui&open=true')).json;
    assert.ok(rooms.some((each) => each.room === room));
    assert.deepEqual((await get(server.url + '/v1/rooms?game=chess')).json, { rooms: [] });
    const { games } = (await get(server.url + '/v1/games')).json;
    assert.deepEqual([games[0].game, games[0].seats_max], ['liap-tui', 4]);
});

test('every refusal of the room API has the one error body', async () => {
    const { url } = server;
    const { token } = await session(server);
    const rooms = url + '/v1/rooms';
    const headers = { authorization: `Bearer ${token}` };
    const refusals = [
        [await post(rooms, { game: 'liap-tui' }), 401, 'AUTH_001'],
        [await post(rooms, { game: 'liap-tui' }, token.slice(0, -2) + 'xx'), 401, 'AUTH_001'],
        [await post(rooms, { game: 'chess' }, token), 404, 'REQ_001'],
        [await get(rooms + '/nowhere.00000000'), 404, 'REQ_001'],
        [await get(url + '/v1/nothing'), 404, 'REQ_001'],
        [await get(url + '/nothing'), 404, 'REQ_001'],
        [await request(rooms, { method: 'POST', headers, body: '{"game":' }), 400, 'VAL_001'],
        [await post(rooms, { game: 7 }, token), 400, 'VAL_001', /^\/game/],
        [
            await post(rooms, { game: 'liap-tui', options: { rounds: 'x' } }, token),
            400,
            'VAL_001',
            /^\/options\/rounds/,
        ],
        [await post(rooms, [], token), 400, 'VAL_001', /^\/game/],
        [await request(rooms, { method: 'DELETE', headers }), 405, 'REQ_002'],
        [await get(url + '/v1/sessions'), 405, 'REQ_002'],
        [await get(url + '/v1/connect'), 426, 'VAL_001'],
        [await post(rooms, { game: 'x'.repeat(2_000_000) }, token), 413, 'REQ_003'],
    ];
    for (const [answer, status, error_code, pointer = /./] of refusals) {
        const body = assertProblem(answer, { status, error_code });
        assert.ok(answer.headers['x-request-id'], `${status} has an id`);
        assert.match(body.message, pointer);
    }
    assert.ok(refusals[0][0].headers['www-authenticate'], '401 names the way in');
    const [[removal], [opening]] = refusals.slice(10, 12);
    assert.equal(removal.headers.allow, 'GET, HEAD, POST');
    assert.equal(opening.headers.allow, 'POST');
});

test('the way into the rooms needs our subprotocol and a sound handshake', async () => {
    const wsHeaders = {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
    };
    const key = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
    const ask = (headers) => get(server.url + '/v1/connect', { ...wsHeaders, ...key, ...headers });
    const without = await ask({});
    assertProblem(without, { status: 400, error_code: 'VAL_001' });
    assertProblem(await ask({ 'sec-websocket-protocol': 'mqtt' }), { status: 400 });
    assertProblem(await ask({ 'sec-websocket-version': '8' }), { status: 426 });
    const noKey = await get(server.url + '/v1/connect', wsHeaders);
    assertProblem(noKey, { status: 400 });
    const client = new Client(server, { protocols: ['other', protocol] });
    await client.opened;
    assert.equal(client.socket.protocol, protocol);
    client.cut();
});

test('welcome says who, how long, how much, and what time it is', async () => {
    const guest = await session(server);
    const { welcome, ...client } = await Client.connect(server, guest);
    assert.deepEqual(
        Object.keys(welcome).sort(),
        ['dead', 'hb', 'max', 'now', 'principal', 'resumed', 'sid', 't', 'tok', 'ttl'].sort(),
    );
    assert.equal(welcome.principal, guest.principal);
    assert.deepEqual([welcome.ttl, welcome.hb, welcome.resumed], [120, 2000, false]);
    assert.ok(welcome.dead < 5000);
    assert.ok(Math.abs(welcome.now - Date.now()) < 5000);
    assert.match(welcome.sid, /^[0-9a-f]{32}$/);
    assert.match(welcome.tok, /^[0-9a-f]{32}$/);
    assert.deepEqual(welcome.max, { bytes: 65536, rate: 50, inflight: 16 });
    client.socket.terminate();
});

test('who says no hello, or a wrong one, is told why and shown the door', async () => {
    const { token } = await session(server);
    const forged = token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    const [head, , signature] = token.split('.');
    const claims = Buffer.from('{"sub":"g_0","exp":9999999999}').toString('base64url');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const hello = (more) => JSON.stringify({ t: 'hello', v: 1, auth: token, ...more });
    const openings = [
        [hello({ v: 2 }), 4007],
        [hello({ v: undefined }), 4007],
        [hello({ auth: undefined }), 4001],
        [hello({ auth: '' }), 4001],
        [hello({ auth: forged }), 4001],
        [hello({ auth: `${head}.${claims}.${signature}` }), 4001],
        [hello({ auth: `${none}.${claims}.` }), 4001],
        ['{"t":"ping"}', 4102],
        ['not json', 4102],
        ['[[]]', 4102],
    ];
    await Promise.all(
        openings.map(async ([text, code]) => {
            const client = new Client(server);
            await client.opened;
            client.sendText(text);
            const bye = await client.expect('bye');
            assert.ok(bye.msg && bye.code, text);
            assert.equal(bye.retry, code >= 4100, text);
            assert.equal((await client.closed).code, code, text);
        }),
    );
    const late = new Client(server);
    const begun = Date.now();
    assert.equal((await soon(late.closed, 'no hello is noticed', 8000)).code, 4102);
    assert.ok(Date.now() - begun > 4500, 'five seconds are for the hello');
});

test('an expired token is refused', async (t) => {
    const brief = await serve(t, { auth: { guests: { anonymous: { ttl: '1s' } } } });
    const { token, expires_at } = await session(brief);
    assert.ok(Date.parse(expires_at) < Date.now() + 2000);
    const answer = await until(async () => {
        const made = await post(brief.url + '/v1/rooms', { game: 'liap-tui' }, token);
        return made.status !== 201 && made;
    }, 'the token expires');
    assertProblem(answer, { status: 401, error_code: 'AUTH_001', code: 'token_expired' });
    const client = new Client(brief);
    await client.opened;
    client.send({ t: 'hello', v: 1, auth: token });
    assert.equal((await client.expect('bye')).code, 'token_expired');
    assert.equal((await client.closed).code, 4001);
});

test('what cannot be understood is answered and does no harm', async () => {
    const client = await Client.connect(server);
    const err = (code) => client.expect((message) => message.t === 'err' && message.code === code);
    client.send({ t: 'dance', id: 5 });
    assert.equal((await err('unsupported')).id, 5);
    client.sendText('{"t":');
    await err('bad_request');
    client.sendText('"text"');
    await err('unsupported');
    client.sendText('[1,null,"x",[],{"t":7}]');
    for (let i = 0; i < 5; i++) await err('unsupported');
    client.send({ t: 'join' });
    await err('bad_request');
    client.send({ t: 'join', id: 1, code: 7 });
    await err('bad_request');
    client.sendText('['.repeat(30_000));
    await err('bad_request');
    client.send(...Array.from({ length: 65 }, () => ({ t: 'ping' })));
    await err('too_large');
    client.send({ t: 'ping' });
    await client.expect('pong');
    client.cut();
});

test('frames of the wrong kind or size close the connection with their own code', async () => {
    const client = () => Client.connect(server);
    const binary = await client();
    binary.socket.send(Buffer.from('{}'));
    assert.equal((await binary.closed).code, 1003);
    const big = await client();
    big.sendText(' '.repeat(65537));
    assert.equal((await big.closed).code, 1009);
    const text = await client();
    text.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    assert.equal((await text.closed).code, 1007);
    const unmasked = await client();
    unmasked.socket._socket.write(Buffer.from([0x81, 0x02, 0x7b, 0x7d]));
    assert.equal((await unmasked.closed).code, 1002);
    const fits = await client();
    fits.sendText(JSON.stringify({ t: 'ping', pad: 'x'.repeat(65000) }));
    await fits.expect('pong');
    fits.cut();
    await server.isHealthy();
});

test('a room is joined by id, by code in any case, and by looking for a game', async () => {
    const [host, guest, third] = await Promise.all([1, 2, 3].map(() => Client.connect(server)));
    const { room, code } = await createRoom(server, host);
    const joined = await host.join({ room });
    assert.deepEqual(
        [joined.game, joined.e, joined.seat, joined.how, joined.durability],
        ['liap-tui', 1, 0, 'snap', 'durable'],
    );
    assert.equal(joined.last, 0);
    assert.equal((await guest.join({ code: code.toLowerCase() })).room, room);
    assert.equal((await third.join({ room }, { seat: 3 })).seat, 3);
    assert.equal((await host.expect((m) => m.t === 'pres' && m.seats[3])).seats[3], 'here');
    const finder = await Client.connect(server);
    const found = await finder.join({ find: { game: 'liap-tui' } });
    assert.equal(found.t, 'joined');
    for (const where of [
        { room: 'zzzzz.00000000' },
        { code: 'QQQQQ' },
        { find: { game: 'chess' } },
    ])
        assert.equal((await finder.join(where)).code, 'not_found', JSON.stringify(where));
    for (const client of [host, guest, third, finder]) client.cut();
});

test('acts are refused for their own reason, and refusals change nothing', async () => {
    const { client, room } = await tableWithBots(server);
    const stranger = await Client.connect(server);
    assert.equal((await stranger.act(room, 'start')).code, 'not_found');
    const known = client.rooms.get(room);
    const version = known.s;
    const code = async (...action) => (await client.act(room, ...action)).code;
    assert.equal(await code('fly'), 'bad_request');
    assert.equal(await code('play', { pieces: [1] }), 'wrong_phase');
    assert.equal(await code('room.bot', { seat: 9 }), 'bad_request');
    assert.equal(await code('room.bot', { seat: 1 }), 'room_full');
    assert.equal(await code('start', {}, { base: version - 1 }), 'stale_base');
    client.send({ t: 'act', room, a: 'start' });
    await client.expect((m) => m.t === 'err' && m.code === 'bad_request');
    assert.equal(known.s, version);
    assert.equal((await client.act(room, 'start', {}, { base: version })).t, 'ack');
    assert.equal(await code('start'), 'wrong_phase');
    client.cut();
    stranger.cut();
});

test('an action id counts once, and an id from below is out of order', async () => {
    const client = await Client.connect(server);
    const { room } = await createRoom(server, client);
    await client.sit({ room });
    const name = (id, text) => {
        client.send({ t: 'act', id, room, a: 'room.name', d: { name: text } });
        return client.answer(id);
    };
    const first = await name(5, 'Ada');
    const again = await name(5, 'Bob');
    assert.deepEqual(again, first);
    assert.equal(client.rooms.get(room).view.room.seats[0].name, 'Ada');
    assert.equal((await name(4, 'Cleo')).code, 'out_of_order');
    assert.equal((await name(9, 'Dora')).s, first.s + 1, 'gaps are fine');
    assert.equal(client.rooms.get(room).view.room.seats[0].name, 'Dora');
    client.cut();
});

test('a batch is answered in order, at most 16 in flight and 50 a second', async () => {
    const client = await Client.connect(server);
    const { room } = await createRoom(server, client);
    await client.sit({ room });
    const acts = Array.from({ length: 18 }, (_, i) => ({
        t: 'act',
        id: i + 1,
        room,
        a: 'room.name',
        d: { name: `n${i}` },
    }));
    client.send(...acts);
    const answers = await Promise.all(acts.map(({ id }) => client.answer(id)));
    assert.deepEqual(
        answers.map((each) => each.t),
        [...Array(16).fill('ack'), 'err', 'err'],
    );
    assert.deepEqual([answers[16].code, answers[16].retry], ['busy', true]);
    client.send(...Array.from({ length: 60 }, () => ({ t: 'ping' })));
    const limited = await client.expect((m) => m.code === 'rate_limited');
    assert.equal(limited.retry, true);
    const flood = Array.from({ length: 64 }, () => ({ t: 'ping' }));
    for (let i = 0; i < 5; i++) client.send(...flood);
    assert.equal((await client.closed).code, 4101, 'who does not stop is shown the door');
});

test('players see their own hand, others and spectators never do', async () => {
    const players = await Promise.all([1, 2, 3, 4].map(() => Client.connect(server)));
    const { room } = await createRoom(server, players[0]);
    for (const player of players) await player.sit({ room });
    const watcher = await Client.connect(server);
    assert.equal((await watcher.sit({ room }, { as: 'spectator' })).seat, null);
    await players[0].mustAct(room, 'start');
    const views = await Promise.all(
        [...players, watcher].map((each) =>
            each.see(room, (view) => view.game.phase !== 'waiting'),
        ),
    );
    const hands = views.slice(0, 4).map((view) => view.game.hand);
    assert.deepEqual(
        hands.flat().sort((a, b) => a - b),
        Array.from({ length: 32 }, (_, i) => i),
    );
    assert.equal(views[4].game.hand, undefined);
    assert.ok(
        !JSON.stringify(views).includes('"hands"') && !JSON.stringify(views).includes('"seed"'),
    );
    assert.equal((await watcher.act(room, 'start')).code, 'forbidden');
    const late = await Client.connect(server);
    assert.equal((await late.join({ room })).code, 'room_closed');
    for (const client of [...players, watcher, late]) client.cut();
});

test('leaving frees the seat of an open room, and others see it', async () => {
    const [host, guest] = await Promise.all([1, 2].map(() => Client.connect(server)));
    const { room } = await createRoom(server, host);
    await host.sit({ room });
    await guest.sit({ room });
    await host.see(room, (view) => view.room.seats[1].by === 'player');
    guest.send({ t: 'leave', id: 3, room });
    assert.equal((await guest.expect('left')).why, 'left');
    await host.see(room, (view) => view.room.seats[1].by === 'nobody');
    assert.equal((await guest.act(room, 'start')).code, 'not_found');
    guest.send({ t: 'leave', id: 4, room });
    assert.equal((await guest.expect('err')).code, 'not_found');
    host.cut();
    guest.cut();
});

test('who talks CBOR plays the same game as who talks JSON', async () => {
    const { client: host, room } = await tableWithBots(server, {}, { protocols: [cborProtocol] });
    const watcher = await Client.connect(server, { protocols: [protocol, cborProtocol] });
    assert.deepEqual([host, watcher].map((each) => each.socket.protocol), [cborProtocol, protocol]);
    await watcher.sit({ room }, { as: 'spectator' });
    await host.mustAct(room, 'start');
    for (let turns = 0; turns < 3; turns++) {
        const view = await host.see(room, (each) => move(each, 0) !== null);
        await host.mustAct(room, ...move(view, 0));
    }
    const seen = host.rooms.get(room);
    const shown = await watcher.see(room, () => watcher.rooms.get(room).s >= seen.s);
    assert.deepEqual(shown.room, seen.view.room);
    host.socket.send(Buffer.from([0x41, 0x01]));
    const refused = await host.expect('err');
    assert.deepEqual([refused.code, /byte string/.test(refused.msg)], ['bad_request', true]);
    host.socket.send('{}');
    assert.equal((await host.closed).code, 1003);
});

test('every ping is answered by the time, and WebSocket pings too', async () => {
    const client = await Client.connect(server);
    client.send({ t: 'ping', s: {} }, { t: 'ping' });
    assert.ok(Math.abs((await client.expect('pong')).now - Date.now()) < 5000);
    await client.expect('pong');
    const pong = new Promise((resolve) => client.socket.once('pong', resolve));
    client.socket.ping('hello');
    assert.equal((await soon(pong, 'a pong')).toString(), 'hello');
    client.send({ t: 'auth', auth: client.token });
    await client.expect('pong');
    client.send({ t: 'auth', auth: 'nonsense' });
    assert.equal((await client.expect('err')).code, 'unauthenticated');
    client.send({ t: 'auth', auth: (await session(server)).token });
    assert.equal((await client.closed).code, 4003, 'nobody becomes somebody else');
});
