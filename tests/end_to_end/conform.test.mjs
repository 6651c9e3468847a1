// SPDX-License-Identifier: Apache-2.0
//
// `gatehouse conform` passes the real server, and finds each rule that somebody breaks: by the case
// that is named for it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { BreakingProxy } from './breaking_proxy.mjs';
import { gatehouse, nobody, serve } from './harness.mjs';
import { session } from './room_client.mjs';

const cleanups = [];
let server;
before(async () => {
    server = await serve({ after: (task) => cleanups.unshift(task) });
});
after(async () => {
    for (const each of cleanups) await each();
});

const objects = (text) =>
    text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));

const judged = async (url, ...more) => {
    const { out, err, code } = await gatehouse('conform', url, '--json', ...more);
    assert.equal(err, '');
    return { code, cases: objects(out) };
};

test('each case quotes the page', async () => {
    const flat = (text) => text.replaceAll(/\s+/g, ' ');
    const page = flat(fs.readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8'));
    const cases = objects((await gatehouse('conform', '--list', '--json')).out);
    assert.ok(cases.length > 50);
    for (const { case: name, sentence } of cases)
        assert.ok(page.includes(flat(sentence)), `${name}: ${sentence}`);
});

test('the real server keeps every rule, and one behind a proxy that breaks none', async (t) => {
    const proxy = await BreakingProxy.start(t, server);
    await Promise.all(
        [server.url, proxy.url].map(async (url) => {
            const { code, cases } = await judged(url);
            assert.deepEqual(
                cases.filter(({ outcome }) => outcome !== 'ok'),
                [],
            );
            assert.equal(code, 0);
        }),
    );
});

test('for people: a line for each case, and the last one counts them', async (t) => {
    const good = await gatehouse('conform', server.url, '--only', 'ping', '--only', 'act');
    const tally = '2 of 2 rules are kept, 0 are broken, 0 were skipped\n';
    assert.equal(good.out, 'ok       ping\nok       act\n' + tally);
    const proxy = await BreakingProxy.start(t, server, { say: (m) => m.t !== 'pong' && m });
    const bad = await gatehouse('conform', proxy.url, '--only', 'ping');
    assert.equal(bad.code, 1);
    assert.match(bad.out, /^FAILED {3}ping\n +the page .*pong.*\n +expected +pong\n +what came/);
    assert.match(bad.out, /\n0 of 1 rules are kept, 1 are broken, 0 were skipped\n$/);
});

test('what makes no sense is said, and nobody home is a fault', async () => {
    const typo = await gatehouse('conform', server.url, '--only', 'heartbeet');
    assert.equal(typo.code, 2);
    assert.match(typo.err, /no case heartbeet .*heartbeat/);
    assert.equal((await gatehouse('conform', 'wss://example.org')).code, 2);
    assert.equal((await gatehouse('conform')).code, 2);
    const away = await gatehouse('conform', `ws://${await nobody()}`, '--only', 'ping');
    assert.equal(away.code, 1);
    assert.match(away.out, /none from|nobody answers/);
});

test('with a token and no guests, what needs somebody else is skipped and says why', async (t) => {
    const { token } = await session(server);
    const proxy = await BreakingProxy.start(t, server, {
        status: (status, url) => (url === '/v1/sessions' ? 403 : status),
    });
    const only = ['act', 'spectator'].flatMap((name) => ['--only', name]);
    const { code, cases } = await judged(proxy.url, '--token', token, ...only);
    assert.equal(code, 0);
    assert.deepEqual(
        cases.map(({ case: name, outcome }) => [name, outcome]),
        [
            ['spectator', 'skipped'],
            ['act', 'ok'],
        ],
    );
    assert.match(cases[0].why, /another guest/);
});

// ---- Planted faults

const without = (fits) => ({ say: (m) => (fits(m) ? null : m) });
const closing = (from, to) => ({ end: (code) => (code === from ? to : code) });
const changed = (type, change) => ({
    say: (m) => (m.t === type ? { ...m, ...change(m) } : m),
});
const isError = (code) => (m) => m.t === 'err' && m.code === code;
const answered = (code, other) => ({ say: (m) => (isError(code)(m) ? other(m) : m) });
const ackOf = ({ id, room }) => ({ t: 'ack', id, room, s: 0 });
const errorOf = ({ id, room }, code) => ({ t: 'err', id, room, code, msg: 'no', retry: false });
const streams = (from, to) => ({ event: (text) => text.replaceAll(from, to) });

// Every action gets an id that the server has not seen yet.
const appliesTwice = {
    hear: (m, { all }) => {
        if (m.t !== 'act') return m;
        all.ids ??= new Map();
        all.next = (all.next ?? 1000) + 1;
        all.ids.set(all.next, m.id);
        return { ...m, id: all.next };
    },
    say: (m, { all }) => {
        const id = all.ids?.get(m.id) ?? m.id;
        const me = all.ids?.get(m.me) ?? m.me;
        return { ...m, ...(m.id && { id }), ...(m.me && { me }) };
    },
};

// A tok for all, for ever.
const sameToken = {
    hear: (m, { all }) =>
        m.t === 'hello' && m.resume
            ? { ...m, resume: { ...m.resume, tok: all[m.resume.sid] ?? '' } }
            : m,
    say: (m, { all }) => {
        if (m.t !== 'welcome') return m;
        all[m.sid] = m.tok;
        return { ...m, tok: 'f'.repeat(32) };
    },
};

// Whoever offers a token is believed.
const believes = {
    hear: (m, at) => {
        at.offers ||= m.resume !== undefined;
        return m;
    },
    say: (m, at) => (m.t === 'welcome' && at.offers ? { ...m, resumed: true } : m),
};

const acksFirst = {
    say: (m, at) => {
        at.held ??= [];
        if (m.t === 'upd') return void at.held.push(m);
        return [m, ...at.held.splice(0)];
    },
};

const every = (type, nth, change) => ({
    say: (m, at) => {
        if (m.t !== type) return m;
        at.count = (at.count ?? 0) + 1;
        return at.count % nth === 0 ? change(m) : m;
    },
});

// What a refused id asks again is refused again.
const burnsIds = {
    hear: (m, at) => (at.burnt?.has(m.id) ? void at.say(errorOf(m, 'bad_request')) : m),
    say: (m, at) => {
        if (isError('bad_request')(m)) (at.burnt ??= new Set()).add(m.id);
        return m;
    },
};

const forbidsGaps = {
    hear: (m, at) => {
        if (m.t !== 'act') return m;
        const isNext = m.id === (at.last ?? 0) + 1;
        at.last = m.id;
        return isNext ? m : void at.say(errorOf(m, 'out_of_order'));
    },
};

const withoutTail = {
    say: (m, at) => {
        if (m.t === 'joined') at.isTail = m.how === 'tail';
        return m.t === 'upd' && at.isTail ? null : m;
    },
};

const faults = {
    subprotocol: { takesAll: true },
    'hello-first': closing(4102, 1000),
    'hello-version': closing(4007, 4100),
    'hello-token': closing(4001, 4100),
    welcome: changed('welcome', ({ max }) => ({ max: { ...max, rate: 0 } })),
    'hello-twice': without(isError('unsupported')),
    'hello-late': closing(4102, 0),
    ping: without(({ t }) => t === 'pong'),
    'ping-frame': { pongs: false },
    'unknown-members': {
        hear: (m, at) => (m.x === undefined ? m : void at.say(errorOf(m, 'bad_request'))),
    },
    'unknown-type': without(isError('unsupported')),
    'no-json': without(isError('bad_request')),
    batch: { hearFrame: (frame) => (Array.isArray(frame) ? frame[0] : frame) },
    'batch-too-long': without(isError('too_large')),
    'wrong-kind': closing(1003, 1000),
    'too-big': closing(1009, 1000),
    'rate-limit': answered('rate_limited', () => ({ t: 'pong', now: 0 })),
    flood: closing(4101, 4102),
    heartbeat: without(({ t }) => t === undefined),
    silence: closing(4201, 1000),
    'join-room': changed('joined', ({ view }) => ({ view: { ...view, room: {} } })),
    'join-code': changed('joined', () => ({ room: 'another' })),
    'join-find': changed('joined', () => ({ game: 'another' })),
    'join-nowhere': answered('not_found', (m) => ({ ...m, code: 'forbidden' })),
    presence: without(({ t }) => t === 'pres'),
    seats: changed('joined', () => ({ seat: 0 })),
    spectator: changed('joined', ({ seat }) => ({ seat: seat ?? 0 })),
    'one-live-seat': without(({ why }) => why === 'replaced'),
    last: changed('joined', () => ({ last: 0 })),
    question: { say: (m) => (m.id === 900 ? [m, m] : m) },
    leave: without(({ t }) => t === 'left'),
    act: { hear: (m, at) => (m.t === 'act' ? void at.say(ackOf(m)) : m) },
    me: changed('upd', () => ({ me: undefined })),
    duplicate: appliesTwice,
    gaps: forbidsGaps,
    refusal: burnsIds,
    'out-of-order': answered('out_of_order', ackOf),
    base: { hear: ({ base: _, ...m }) => m },
    'in-flight': without(isError('busy')),
    resume: sameToken,
    'resume-once': believes,
    'resume-bound': believes,
    'resume-live': closing(4005, 4200),
    'room-live': { hear: ({ at: _, ...m }) => m },
    'room-tail': withoutTail,
    'room-snap': changed('joined', () => ({ how: 'live', view: undefined })),
    'sent-again': appliesTwice,
    auth: { hear: (m) => (m.t === 'auth' ? null : m) },
    'auth-other': closing(4003, 4001),
    ticket: closing(4001, 4100),
    'cbor-same': {
        say: (m, at) => (m.t === 'upd' && at.protocol.endsWith('cbor') ? { ...m, x: 1 } : m),
    },
    'cbor-frames': closing(1003, 1000),
    'events-same': streams('"t":"upd"', '"x":1,"t":"upd"'),
    'post-again': {
        url: (url, all) =>
            url.startsWith('/v1/frames')
                ? url.replace(/n=\d+/, () => `n=${(all.posts = (all.posts ?? 0) + 1)}`)
                : url,
    },
    'post-order': { status: (status) => (status === 409 ? 204 : status) },
    'post-unknown': { status: (status) => (status === 404 ? 400 : status) },
    'close-event': streams('"code":4102', '"code":1000'),
    chain: every('upd', 3, () => null),
    'ack-after-update': acksFirst,
    'no-null-in-views': changed('joined', ({ view }) => ({
        view: view && { ...view, nothing: null },
    })),
    shape: changed('err', () => ({ retry: undefined })),
};

describe('the case finds its rule broken', { concurrency: 4 }, () => {
    test('there is a planted fault for each case', async () => {
        const cases = objects((await gatehouse('conform', '--list', '--json')).out);
        const names = cases.map((each) => each.case);
        const ofServers = names.filter((name) => !name.startsWith('client-'));
        assert.deepEqual(Object.keys(faults).sort(), ofServers.sort());
    });

    for (const [name, fault] of Object.entries(faults))
        test(name, async (t) => {
            const proxy = await BreakingProxy.start(t, server, fault);
            const { code, cases } = await judged(proxy.url, '--only', name);
            assert.deepEqual(
                cases.map((each) => [each.case, each.outcome]),
                [[name, 'failed']],
            );
            assert.ok(cases[0].expected && cases[0].came, JSON.stringify(cases[0]));
            assert.equal(code, 1);
        });
});
