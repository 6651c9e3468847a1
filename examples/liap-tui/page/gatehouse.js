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

const HELLO_TIMEOUT = 5000;
const STABLE_AFTER = 5000; // Online for so long, the next loss begins with the shortest pause.
const FIRST_REQUEST_ID = 1_000_000_000; // Of joins and leaves: apart from the ids of actions.

// A typed no. `retry`: the same may succeed later (after `after` milliseconds, where known).
export class Refusal extends Error {
    constructor({ code = 'internal', msg = '', retry = false, after }) {
        super(msg || code);
        Object.assign(this, { name: 'Refusal', code, msg: this.message, retry, after });
    }
}

// RFC 7396. The result shares what the patch leaves alone, so `===` tells what changed.
export function mergePatch(target, patch) {
    if (!isObject(patch)) return freeze(patch);
    const merged = new Map(isObject(target) ? Object.entries(target) : []);
    for (const [key, value] of Object.entries(patch)) {
        if (value === null) merged.delete(key);
        else merged.set(key, mergePatch(merged.get(key), value));
    }
    return Object.freeze(Object.fromEntries(merged));
}

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
    const kept = () => {
        const session = JSON.parse(storage.getItem(key) ?? 'null');
        return session && Date.parse(session.expires_at) > world.now() + 60_000 ? session : null;
    };
    const ask = async () => {
        const session = await http(world, new URL('/v1/sessions', url), { method: 'POST' });
        storage.setItem(key, JSON.stringify(session));
        return session;
    };
    return {
        async token() {
            const session = kept() ?? (await (asking ??= ask().finally(() => (asking = null))));
            return session.token;
        },
        forget: () => storage.removeItem(key),
    };
}

// url: of the server (http or https). auth: a token, or a function that gives or promises one, asked
// before every connection. storage: where actions in flight outlive the page.
export function connect(options) {
    return new Client(options);
}

class Emitter {
    #listeners = new Map();

    on(name, listener) {
        if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
        this.#listeners.get(name).add(listener);
        return () => this.#listeners.get(name).delete(listener);
    }

    emit(name, ...args) {
        for (const listener of [...(this.#listeners.get(name) ?? [])]) {
            try {
                listener(...args);
            } catch (error) {
                console.error(error); // A listener's bug must not cut the chain of updates.
            }
        }
    }
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
        const room = message.id === undefined ? null : this.#find(message.room);
        if (room) return room._refused(message.id, new Refusal(message));
        this.emit('error', new Refusal(message));
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

// One room as this person sees it. Made by Client.join; methods with _ are the client's.
// Events: change(view, {events, mine, s}), presence(seats), timer(timers), pending(count),
// refused(refusal, action), left(why).
export class Room extends Emitter {
    id = null;
    game = null;
    seat = null; // null: a spectator.
    durability = null;
    view = null; // Immutable: a change is a new object.
    presence = {}; // {"2": "away"}
    timers = {}; // {"turn": 1700000000000}, in the server's time.

    #link;
    #target;
    #how;
    #phase = 'waiting'; // waiting → joining → live; left
    #at = null; // {e, s} of the view.
    #outbox = null;
    #last = 0; // The highest action id known to be used.
    #sent = 0; // So many of the outbox are on their way over this connection.
    #answers = new Map(); // action id → {resolve, reject}
    #early = []; // Acked while the view is behind: resolved when it has caught up.
    #catchUpTo = 0;
    #leaving = null;
    #ready;

    constructor(link, target, how) {
        super();
        this.#link = link;
        this.#target = target;
        this.#how = how;
        this.#ready = deferred();
        this._ready = this.#ready.promise;
    }

    // Actions taken and not answered yet.
    get pending() {
        return this.#outbox?.queue.length ?? 0;
    }

    // Resolves with {s} once the action is durable and `view` shows it; rejects with a Refusal.
    // While offline it waits. base: refuse it (stale_base) unless the room is still at this s.
    act(name, data = {}, { base } = {}) {
        if (this.#phase === 'left')
            return Promise.reject(new Refusal({ code: 'room_closed', msg: 'you left this room' }));
        const action = { id: this.#last + 1, a: name, d: data, base };
        const size = new TextEncoder().encode(JSON.stringify(this.#message(action))).length;
        if (size > this.#link.limits().bytes)
            return Promise.reject(new Refusal({ code: 'too_large', msg: `${size} bytes` }));
        this.#last = action.id;
        const answer = deferred();
        this.#answers.set(action.id, answer);
        this.#outbox.push(action);
        this.#pump();
        this.emit('pending', this.pending);
        return answer.promise;
    }

    // The sequence number of the view, for `base`.
    get s() {
        return this.#at?.s;
    }

    leave() {
        if (this.#phase === 'left') return Promise.resolve();
        this.#leaving ??= deferred();
        if (this.#phase === 'live') this.#sendLeave();
        return this.#leaving.promise;
    }

    _join() {
        if (!this.#link.isOnline() || this.#phase === 'joining') return;
        this.#phase = 'joining';
        this.presence = {};
        this.timers = {};
        const { as, seat } = this.#how;
        const join = { t: 'join', ...(this.id ? { room: this.id } : this.#target), as };
        if (seat !== undefined) join.seat = seat;
        if (this.#at) join.at = this.#at;
        this.#link.request(this, join);
    }

    _joined(message) {
        this.id = message.room;
        this.game = message.game;
        this.seat = message.seat ?? null;
        this.durability = message.durability;
        this.#link.admit(this);
        this.#outbox ??= this.#link.outbox(this.id);
        this.#last = Math.max(this.#last, message.last ?? 0, this.#outbox.highest());
        this.#phase = 'live';
        this.#catchUpTo = message.s;
        if (message.view !== undefined) this.view = freeze(message.view);
        if (message.how !== 'tail') this.#at = { e: message.e, s: message.s };
        if (this.#leaving) return this.#sendLeave();
        this.#pump();
        this.#ready.resolve(this);
        this.emit('presence', this.presence);
        this.emit('timer', this.timers);
        this.#changed({ events: [], s: message.s });
    }

    _joinRefused(refusal) {
        this.#phase = 'waiting';
        if (this.id && refusal.retry)
            this.#link.later(() => this._join(), refusal.after ?? 1000);
        else if (this.id) this._left(refusal.code);
        else this._fail(refusal);
    }

    _handle(message) {
        switch (message.t) {
            case 'upd':
                return this.#update(message);
            case 'ack':
                return this.#acked(message);
            case 'pres':
                this.presence = { ...this.presence, ...message.seats };
                return this.emit('presence', this.presence);
            case 'timer':
                this.timers = mergePatch(this.timers, { [message.name]: message.at ?? null });
                return this.emit('timer', this.timers);
            case 'left':
                // Our own newer join replaced our older one.
                if (message.why === 'replaced' && this.#phase === 'joining') return;
                return this._left(message.why);
        }
    }

    _refused(id, refusal) {
        const action = this.#answered(id);
        const answer = this.#answers.get(id);
        this.#answers.delete(id);
        if (action) this.emit('refused', refusal, action);
        answer?.reject(refusal);
    }

    _offline() {
        if (this.#phase !== 'left') this.#phase = 'waiting';
        this.#sent = 0;
    }

    _left(why) {
        // Who was replaced leaves the outbox to the newer one.
        if (why !== 'replaced') this.#outbox?.clear();
        this._fail(new Refusal({ code: 'room_closed', msg: `left the room: ${why}` }));
        this.#leaving?.resolve();
        this.emit('left', why);
    }

    _fail(refusal) {
        this.#phase = 'left';
        this.#link.dismiss(this);
        this.#ready.reject(refusal);
        for (const settle of this.#early.splice(0)) settle();
        for (const answer of this.#answers.values()) answer.reject(refusal);
        this.#answers.clear();
    }

    #message({ id, a, d, base }) {
        return { t: 'act', id, room: this.id, a, d, base }; // JSON leaves an undefined base out.
    }

    #pump() {
        if (this.#phase !== 'live') return;
        const limit = Math.min(this.#outbox.queue.length, this.#link.limits().inflight);
        while (this.#sent < limit) this.#link.send(this.#message(this.#outbox.queue[this.#sent++]));
    }

    #sendLeave() {
        this.#link.request(this, { t: 'leave', room: this.id });
    }

    #update(message) {
        if (this.#phase !== 'live' || message.s <= this.#at.s) return;
        if (message.view !== undefined) {
            this.view = freeze(message.view);
        } else if (message.p !== this.#at.s) {
            this.#phase = 'waiting'; // A gap: ask for what is missing.
            this.#sent = 0;
            return this._join();
        } else {
            this.view = mergePatch(this.view, message.d);
        }
        this.#at = { e: this.#at.e, s: message.s };
        this.#changed({ events: message.ev ?? [], mine: message.me, s: message.s });
    }

    #changed(change) {
        if (this.#at.s >= this.#catchUpTo) for (const settle of this.#early.splice(0)) settle();
        this.emit('change', this.view, change);
    }

    #acked({ id, s }) {
        this.#answered(id);
        const answer = this.#answers.get(id);
        this.#answers.delete(id);
        const settle = () => answer?.resolve({ s });
        if (this.#phase === 'live' && this.#at.s >= this.#catchUpTo) settle();
        else this.#early.push(settle);
    }

    #answered(id) {
        const index = this.#outbox.queue.findIndex((action) => action.id === id);
        if (index < 0) return null;
        const action = this.#outbox.remove(index);
        if (index < this.#sent) this.#sent--;
        this.#pump();
        this.emit('pending', this.pending);
        return action;
    }
}

// The actions of one person in one room that have no answer yet, oldest first, kept in storage.
class Outbox {
    #storage;
    #key;

    constructor(storage, key) {
        this.#storage = storage;
        this.#key = key;
        this.queue = JSON.parse(storage.getItem(key) ?? '[]');
    }

    push(action) {
        this.queue.push(action);
        this.#keep();
    }

    remove(index) {
        const [action] = this.queue.splice(index, 1);
        this.#keep();
        return action;
    }

    clear() {
        this.queue = [];
        this.#keep();
    }

    highest() {
        return this.queue.reduce((highest, { id }) => Math.max(highest, id), 0);
    }

    #keep() {
        if (this.queue.length) this.#storage.setItem(this.#key, JSON.stringify(this.queue));
        else this.#storage.removeItem(this.#key);
    }
}

async function http(world, url, { method, body, token } = {}) {
    const headers = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (token) headers.authorization = `Bearer ${token}`;
    const answer = await world.fetch(url, { method, headers, body: JSON.stringify(body) });
    const content = await answer.json().catch(() => ({}));
    if (answer.ok) return content;
    throw new Refusal({
        code: content.code ?? content.error_code ?? `http_${answer.status}`,
        msg: content.detail ?? content.message ?? content.title ?? answer.statusText,
        retry: answer.status === 429 || answer.status >= 500,
    });
}

function stoppedRefusal(reason) {
    return new Refusal({ code: 'unavailable', msg: reason || 'the connection is closed for good' });
}

function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function freeze(value) {
    if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
    Object.values(value).forEach(freeze);
    return Object.freeze(value);
}

function deferred() {
    const parts = {};
    parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
    parts.promise.catch(() => {}); // Who does not wait for the answer hears of it by event.
    return parts;
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
