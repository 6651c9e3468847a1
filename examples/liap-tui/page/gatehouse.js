// SPDX-License-Identifier: Apache-2.0
//
// A client of the room protocol gatehouse.v1, for any game.
//
//     const client = connect({ url, auth: guest({ url }).token });
//     const room = await client.join({ code: 'K7QXM' }, { as: 'player' });
//     room.on('change', (view) => draw(view));
//     await room.act('play', { pieces: [3, 7] });    // applied, durable, and in room.view
//
// What it promises: an action that `act` took is applied exactly once or refused, whatever happens
// to the connection, the server or this tab in between. The trick is the outbox: an action has its
// id and lies in storage before it is sent, and leaves it only with its answer. After every join
// what is left is sent again, in order, with the same ids; the server knows the ids it applied.

import { Emitter, Outbox, Refusal, Room } from './gatehouse_room.js';

export { mergePatch, Refusal } from './gatehouse_room.js';

const HELLO_TIMEOUT = 5000;
const STABLE_AFTER = 5000; // Online for so long, the next loss begins with the shortest pause.
const RENEWED_BEFORE_END = 3_600_000;
const FIRST_REQUEST_ID = 1_000_000_000; // Of joins and leaves: apart from the ids of actions.

// How long to wait before connecting again, or null: never. `attempt` counts failures in a row.
export function reconnectDelay(code, attempt, random = Math.random) {
    if (code >= 4000 && code < 4100) return null;
    const backoff = random() * Math.min(8000, 250 * 2 ** attempt);
    if (code === 1013 || (code >= 4100 && code < 4200)) return 1000 + backoff;
    const atOnce = code === 1012 || (code >= 4200 && code < 4300);
    return atOnce && attempt === 0 ? random() * 500 : backoff;
}

// An anonymous identity, kept in `storage` until it expires. sessionStorage is one person per tab,
// who survives a reload; localStorage one per browser.
export function guest({ url, storage = defaultStorage(), name = 'guest', world = browser() }) {
    const key = `gatehouse:session:${name}`;
    let asking = null;
    const lasts = (session, ms) => session && Date.parse(session.expires_at) > world.now() + ms;
    const kept = () => JSON.parse(storage.getItem(key) ?? 'null');
    const ask = async (session) => {
        const asked = { method: 'POST', token: session?.token };
        const fresh = await http(world, new URL('/v1/sessions', url), asked);
        storage.setItem(key, JSON.stringify(fresh));
        return fresh;
    };
    const askOnce = (session) => (asking ??= ask(session).finally(() => (asking = null)));
    return {
        // Asked before every connection: a token near its end is renewed for the same person.
        async token() {
            const session = kept();
            if (!lasts(session, 60_000)) return (await askOnce()).token;
            if (!lasts(session, RENEWED_BEFORE_END)) await askOnce(session).catch(() => {});
            return kept().token;
        },
        forget: () => storage.removeItem(key),
    };
}

// url: of the server (http or https). auth: a token, or a function that gives or promises one,
// asked before every connection. storage: where actions in flight outlive the page.
export function connect(options) {
    return new Client(options);
}

// One connection, and the rooms joined over it.
// Events: state(state, {code, reason, retryAt}), goaway(message), error(refusal).
export class Client extends Emitter {
    state = 'connecting'; // connecting → online ⇄ reconnecting → stopped
    principal = null;
    limits = { bytes: 64 * 1024, inflight: 16 };

    #url;
    #auth;
    #storage;
    #world;
    #rooms = new Set();
    #requests = new Map(); // join and leave ids → the room that waits
    #nextRequest = FIRST_REQUEST_ID;
    #socket = null;
    #welcomed = false;
    #resume = null;
    #opening = 0; // Counts attempts, so that one that was overtaken notices.
    #attempt = 0;
    #onlineSince = Infinity;
    #bye = null;
    #dead = HELLO_TIMEOUT;
    #timers = {};
    #offset = 0;
    #pingSentAt = null;
    #forget = [];

    constructor({ url, auth, storage = defaultStorage(), world = browser() }) {
        super();
        this.#url = new URL('/v1/connect', url);
        this.#url.protocol = this.#url.protocol.replace('http', 'ws');
        this.#auth = typeof auth === 'function' ? auth : () => auth;
        this.#storage = storage;
        this.#world = world;
        this.#forget = ['online', 'offline'].map((name) => world.listen(name, () => this.wake()));
        this.#open();
    }

    // The server's clock, in milliseconds since 1970.
    now() {
        return this.#world.now() + this.#offset;
    }

    // target: {room} or {code} or {find}. Resolves with a Room that has its first view.
    join(target, { as = 'player', seat } = {}) {
        const link = {
            send: (message) => this.#send(message),
            request: (room, message) => this.#request(room, message),
            later: (task, ms) => this.#world.setTimeout(task, ms),
            outbox: (id) => new Outbox(this.#storage, `gatehouse:outbox:${this.principal}:${id}`),
            limits: () => this.limits,
            isOnline: () => this.#welcomed,
            admit: (room) => this.#admit(room),
            dismiss: (room) => this.#rooms.delete(room),
        };
        const room = new Room(link, target, { as, seat });
        if (this.state === 'stopped') {
            room._fail(stoppedRefusal('the client is stopped'));
        } else {
            this.#rooms.add(room);
            room._join();
        }
        return room._ready;
    }

    async createRoom(game, options = {}) {
        return this.#http('/v1/rooms', { method: 'POST', body: { game, options } });
    }

    async listRooms({ game, open = true }) {
        return this.#http(`/v1/rooms?${new URLSearchParams({ game, open })}`);
    }

    // Something may have changed (network, a tab shown again): try now, or find out.
    wake() {
        if (this.#timers.retry) {
            this.#clear('retry');
            this.#open();
        } else if (this.#welcomed) {
            this.#ping();
        }
    }

    close() {
        this.#stop(1000, 'closed by the page');
    }

    async #http(path, { method = 'GET', body } = {}) {
        const url = new URL(path, this.#url);
        url.protocol = url.protocol.replace('ws', 'http');
        return http(this.#world, url, { method, body, token: await this.#auth() });
    }

    async #open() {
        const opening = ++this.#opening;
        try {
            const auth = await this.#auth();
            if (opening === this.#opening) this.#dial(auth);
        } catch (error) {
            if (opening === this.#opening) this.#lost(1006, error.message);
        }
    }

    #dial(auth) {
        const socket = new this.#world.WebSocket(this.#url.href, 'gatehouse.v1.json');
        this.#socket = socket;
        this.#dead = HELLO_TIMEOUT;
        this.#watch();
        socket.onopen = () => {
            const hello = { t: 'hello', v: 1, sdk: 'js/0.1.0', auth };
            if (this.#resume) hello.resume = this.#resume;
            this.#resume = null; // A token is good for one use, answered or not.
            this.#send(hello);
        };
        socket.onmessage = ({ data }) => this.#receive(data);
        socket.onclose = ({ code, reason }) => this.#lost(code, reason);
    }

    // Nothing heard for `dead` ms: the connection is dead whatever the socket thinks.
    #watch() {
        this.#arm('watchdog', this.#dead, () => this.#lost(4201, 'no answer from the server'));
    }

    #send(message) {
        this.#socket.send(JSON.stringify(message));
    }

    #request(room, message) {
        const id = this.#nextRequest++;
        this.#requests.set(id, room);
        this.#send({ ...message, id });
        return id;
    }

    #ping() {
        this.#pingSentAt = this.#world.now();
        this.#send({ t: 'ping' });
    }

    #receive(data) {
        this.#watch();
        let frame;
        try {
            frame = JSON.parse(data);
        } catch {
            return this.#lost(1007, 'the server sent what is not JSON');
        }
        const socket = this.#socket;
        for (const message of Array.isArray(frame) ? frame : [frame]) {
            if (this.#socket !== socket) return; // Closed by an earlier message of this frame.
            this.#handle(message);
        }
    }

    #handle(message) {
        switch (message.t) {
            case undefined:
                return this.#send({}); // Heartbeat.
            case 'welcome':
                return this.#welcome(message);
            case 'pong':
                return this.#pong(message);
            case 'goaway':
                return this.#goaway(message);
            case 'bye':
                this.#bye = message;
                return;
            case 'joined':
                return this.#take(message.id)?._joined(message);
            case 'err':
                return this.#refused(message);
            default:
                return this.#find(message.room)?._handle(message);
        }
    }

    #welcome(message) {
        this.principal = message.principal;
        this.#resume = { sid: message.sid, tok: message.tok };
        this.#dead = message.dead ?? this.#dead;
        this.#offset = message.now - this.#world.now();
        Object.assign(this.limits, message.max);
        this.#welcomed = true;
        this.#bye = null;
        this.#onlineSince = this.#world.now();
        this.#watch();
        this.#ping();
        this.#become('online');
        for (const room of this.#rooms) room._join();
    }

    #pong(message) {
        if (this.#pingSentAt === null) return;
        const now = this.#world.now();
        this.#offset = message.now - (this.#pingSentAt + now) / 2;
        this.#pingSentAt = null;
    }

    // The server leaves. With an address, move there at a moment of our own; without, go on until
    // it closes, for its successor may not listen yet.
    #goaway(message) {
        this.emit('goaway', message);
        const grace = message.in ?? 0;
        if (message.url) this.#url = new URL(message.url, this.#url);
        const wait = message.url ? this.#world.random() * grace : grace + 1000;
        this.#arm('goaway', wait, () => this.#lost(1012, message.why));
    }

    #refused(message) {
        const asking = this.#take(message.id);
        if (asking) return asking._joinRefused(new Refusal(message));
        // Refused before anybody looked for its room, an action's id comes alone.
        const room = message.room
            ? this.#find(message.room)
            : [...this.#rooms].find((each) => each._awaits(message.id));
        if (room && message.id !== undefined) room._refused(message.id, new Refusal(message));
        else this.emit('error', new Refusal(message));
    }

    #take(id) {
        const room = this.#requests.get(id);
        this.#requests.delete(id);
        return room;
    }

    #find(id) {
        for (const room of this.#rooms) if (room.id === id) return room;
        return undefined;
    }

    // Joined twice by this client (by code, then by id): the newer handle lives on.
    #admit(newer) {
        for (const room of this.#rooms)
            if (room !== newer && room.id === newer.id) room._left('replaced');
    }

    #lost(code, reason) {
        this.#hangUp(code);
        if (this.#world.now() - this.#onlineSince >= STABLE_AFTER) this.#attempt = 0;
        this.#onlineSince = Infinity;
        const delay = reconnectDelay(code, this.#attempt++, this.#world.random);
        if (delay === null || this.#bye?.retry === false)
            return this.#stop(code, this.#bye?.msg || reason);
        this.#arm('retry', delay, () => this.#open());
        const state = this.principal === null ? 'connecting' : 'reconnecting';
        this.#become(state, { code, reason, retryAt: this.#world.now() + delay });
    }

    #stop(code, reason) {
        this.#hangUp(1000);
        for (const unlisten of this.#forget) unlisten();
        for (const room of [...this.#rooms]) room._fail(stoppedRefusal(reason));
        this.#become('stopped', { code, reason });
    }

    #hangUp(code) {
        this.#opening++;
        for (const name of Object.keys(this.#timers)) this.#clear(name);
        this.#requests.clear();
        this.#welcomed = false;
        this.#pingSentAt = null;
        const socket = this.#socket;
        this.#socket = null;
        for (const room of this.#rooms) room._offline();
        if (!socket) return;
        socket.onopen = socket.onmessage = socket.onclose = null;
        if (socket.readyState < 2) socket.close(code >= 3000 ? code : 1000);
    }

    #become(state, detail = {}) {
        this.state = state;
        this.emit('state', state, detail);
    }

    #arm(name, ms, task) {
        this.#clear(name);
        this.#timers[name] = this.#world.setTimeout(() => {
            delete this.#timers[name];
            task();
        }, ms);
    }

    #clear(name) {
        this.#world.clearTimeout(this.#timers[name]);
        delete this.#timers[name];
    }
}

async function http(world, url, { method, body, token } = {}) {
    const headers = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (token) headers.authorization = `Bearer ${token}`;
    const answer = await world
        .fetch(url, { method, headers, body: JSON.stringify(body) })
        .catch(() => Promise.reject(unreachable()));
    const content = await answer.json().catch(() => ({}));
    if (answer.ok) return content;
    throw new Refusal({
        code: content.code ?? content.error_code ?? `http_${answer.status}`,
        msg: content.detail ?? content.message ?? content.title ?? answer.statusText,
        retry: answer.status === 429 || answer.status >= 500,
    });
}

function unreachable() {
    return new Refusal({ code: 'unavailable', msg: 'the server does not answer', retry: true });
}

function stoppedRefusal(reason) {
    return new Refusal({ code: 'unavailable', msg: reason || 'the connection is closed for good' });
}

function memoryStorage() {
    const items = new Map();
    return {
        getItem: (key) => items.get(key) ?? null,
        setItem: (key, value) => void items.set(key, value),
        removeItem: (key) => void items.delete(key),
    };
}

function defaultStorage() {
    try {
        return globalThis.sessionStorage ?? memoryStorage();
    } catch {
        return memoryStorage(); // Forbidden by the browser's settings.
    }
}

// Time, chance and network, as one value: tests bring their own.
function browser() {
    return {
        WebSocket: globalThis.WebSocket,
        fetch: (...args) => globalThis.fetch(...args),
        setTimeout: (task, ms) => globalThis.setTimeout(task, ms),
        clearTimeout: (timer) => globalThis.clearTimeout(timer),
        now: () => Date.now(),
        random: () => Math.random(),
        listen(name, listener) {
            globalThis.addEventListener?.(name, listener);
            return () => globalThis.removeEventListener?.(name, listener);
        },
    };
}
