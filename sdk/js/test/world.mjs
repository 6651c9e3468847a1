// SPDX-License-Identifier: Apache-2.0
//
// A world that only the test moves: time, chance, sockets, the page; and a server's lines.

import { connect, memoryStore } from '@gatehouse/client';
import { Agenda } from './simulation/luck.mjs';

// Lets promises get on, a few answers to answers deep.
export const settle = async () => {
    for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve));
};

class FakeSocket {
    sent = [];
    closedWith = null;

    constructor(url, subprotocol, acts) {
        Object.assign(this, { url, subprotocol, acts });
    }
    send(text) {
        const message = JSON.parse(text);
        this.sent.push(message);
        if (message.t === 'act' && !this.acts.includes(message.id)) this.acts.push(message.id);
    }
    close(code) {
        this.closedWith = code;
    }
    // What the other side does.
    say(...messages) {
        this.onmessage?.({ data: JSON.stringify(messages) });
        return this;
    }
    die(code = 1006, reason = '') {
        this.onclose?.({ code, reason });
    }
    of(type) {
        return this.sent.filter(({ t }) => t === type);
    }
    last(type) {
        return this.of(type).at(-1);
    }
}

export class FakeWorld {
    constructor(random = 0.5) {
        this.luck = { next: () => random };
    }
    random = () => this.luck.next();
    agenda = new Agenda();
    sockets = [];
    requests = [];
    acts = []; // The ids of all actions, as they came.
    store = memoryStore();
    answer = () => ({});
    #take = null;

    now = () => this.agenda.now;
    setTimeout = (task, ms) => this.agenda.in(ms, task);
    clearTimeout = (timer) => this.agenda.cancel(timer);
    dial = (url, subprotocol) => {
        this.sockets.push(new FakeSocket(url, subprotocol, this.acts));
        return this.socket;
    };
    fetch = async (url, { method, headers, body, signal }) => {
        const query = url.search;
        this.requests.push({ path: url.pathname, query, method, headers, body });
        const asked = await this.answer(url.pathname, headers, { method, signal });
        const { status = 200, says, ...content } = asked;
        return new Response(JSON.stringify(says ?? content), { status });
    };
    listen = (take) => {
        this.#take = take;
        return () => (this.#take = null);
    };
    get isListening() {
        return this.#take !== null;
    }
    happen(news) {
        this.#take(news);
    }
    // The id of the nth action.
    id(n) {
        return this.acts[n - 1];
    }
    get socket() {
        return this.sockets.at(-1);
    }
    async pass(ms) {
        await settle();
        const end = this.agenda.now + ms;
        while (this.agenda.now < end) {
            this.agenda.runUntil(Math.min(end, Math.max(this.agenda.next, this.agenda.now)));
            await settle();
        }
    }
}

export const welcome = (world, more = {}) => ({
    t: 'welcome',
    sid: 'S',
    tok: 'T',
    ttl: 120,
    hb: 2000,
    dead: 4500,
    now: world.now(),
    principal: 'ann',
    max: { bytes: 65_536, rate: 50, inflight: 16 },
    resumed: false,
    ...more,
});

export const joined = (join, more = {}) => ({
    t: 'joined',
    id: join.id,
    room: 'R',
    game: 'g',
    e: 1,
    s: 10,
    seat: 0,
    how: 'snap',
    view: { room: {}, game: { n: 0, other: { deep: 1 } } },
    last: 0,
    durability: 'durable',
    ...more,
});

// Welcomed on the newest socket.
export async function online(world, more) {
    await settle();
    world.socket.onopen();
    world.socket.say(welcome(world, more));
}

export async function inRoom(world, client, more) {
    const joining = client.join({ code: 'K7QXM' });
    world.socket.say(joined(world.socket.last('join'), more));
    return joining;
}

export const url = 'https://play.example';

export function start(options = {}) {
    const world = options.world ?? new FakeWorld();
    const errors = [];
    const onError = (error) => errors.push(error);
    const client = connect({ url, auth: 'jwt', onError, ...options, world });
    return { world, client, errors };
}

export async function table(options, more) {
    const all = start(options);
    await online(all.world);
    return { ...all, room: await inRoom(all.world, all.client, more) };
}

// The newest socket is welcomed, and the room joined as it was.
export async function isBack(world, more = {}) {
    await online(world);
    const join = world.socket.last('join');
    world.socket.say(joined(join, { ...join.at, how: 'live', view: undefined, ...more }));
}

// Time passes on a connection that lives.
export async function alive(world, ms) {
    for (let left = ms; left > 0; left -= 1000) {
        await world.pass(Math.min(left, 1000));
        world.socket.say({});
    }
}

export const upd = (p, s, n) => ({ t: 'upd', room: 'R', p, s, d: { game: { n } } });
export const outcome = async (promise) => {
    const what = { settled: false };
    promise.then(
        (answer) => Object.assign(what, { settled: true, answer }),
        (refusal) => Object.assign(what, { settled: true, refusal }),
    );
    await settle();
    return what;
};
