// SPDX-License-Identifier: Apache-2.0
//
// A world that only the test moves: time, chance, sockets, the page; and a server's lines.

import { memoryStore } from '@gatehouse/client';
import { Agenda } from './simulation/luck.mjs';

// Lets promises get on, a few answers to answers deep.
export const settle = async () => {
    for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve));
};

class FakeSocket {
    sent = [];
    closedWith = null;

    constructor(url, subprotocol) {
        Object.assign(this, { url, subprotocol });
    }
    send(text) {
        this.sent.push(JSON.parse(text));
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
        this.random = () => random;
    }
    agenda = new Agenda();
    sockets = [];
    requests = [];
    store = memoryStore();
    answer = () => ({});
    #take = null;

    now = () => this.agenda.now;
    setTimeout = (task, ms) => this.agenda.in(ms, task);
    clearTimeout = (timer) => this.agenda.cancel(timer);
    dial = (url, subprotocol) => {
        this.sockets.push(new FakeSocket(url, subprotocol));
        return this.socket;
    };
    fetch = async (url, { method, headers, body }) => {
        this.requests.push({ path: url.pathname, method, headers, body });
        const { status = 200, ...content } = this.answer(url.pathname, headers);
        return new Response(JSON.stringify(content), { status });
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
