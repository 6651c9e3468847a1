// SPDX-License-Identifier: Apache-2.0
//
// A client of gatehouse.v1 that hides nothing: every message is there to be looked at, and what
// must hold of all of them (docs/asyncapi.yaml, the chain of updates, acks after what they cause)
// is asserted as they come.

import assert from 'node:assert/strict';
import { decode, encode } from 'cborg';
import WebSocket from 'ws';
import { checkFromServer } from './described.mjs';
import { post, soon } from './harness.mjs';

export const protocol = 'gatehouse.v1.json';
export const cborProtocol = 'gatehouse.v1.cbor';

export async function session(server) {
    const answer = await post(server.url + '/v1/sessions');
    assert.equal(answer.status, 201);
    return answer.json;
}

export async function createRoom(server, { token }, options = {}) {
    const answer = await post(server.url + '/v1/rooms', { game: 'liap-tui', options }, token);
    assert.equal(answer.status, 201, answer.text);
    return answer.json;
}

// As JSON has it: members that are undefined are none.
const defined = (value) => JSON.parse(JSON.stringify(value));

// RFC 7396
function merge(target, patch) {
    if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
    const isMap = target !== null && typeof target === 'object' && !Array.isArray(target);
    const merged = isMap ? { ...target } : {};
    for (const [key, value] of Object.entries(patch))
        if (value === null) delete merged[key];
        else merged[key] = merge(merged[key], value);
    return merged;
}

const connect = (server, protocols) =>
    new WebSocket(server.url.replace('http', 'ws') + '/v1/connect', protocols);

export class Client {
    inbox = []; // What nobody asked for yet.
    rooms = new Map();
    beats = 0;
    welcome = null;
    end = null; // How it was closed.
    #waiting = [];
    #nextRequest = 1_000_000_000;
    #nextAct = new Map();

    constructor(server, { answersBeats = true, protocols = [protocol], open = connect } = {}) {
        this.answersBeats = answersBeats;
        this.socket = open(server, protocols);
        this.closed = new Promise((resolve) => {
            this.socket.on('close', (code, reason) => {
                this.end = { code, reason: reason.toString(), at: Date.now() };
                resolve(this.end);
                for (const each of this.#waiting.splice(0))
                    each.reject(
                        new Error(`closed (${code} ${reason}) while waiting: ${each.what}`),
                    );
            });
        });
        this.opened = new Promise((resolve, reject) => {
            this.socket.once('open', resolve);
            this.socket.once('error', reject);
        });
        this.opened.catch(() => {});
        this.socket.on('error', () => {});
        this.socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    }

    // Connected and welcomed, as a new guest or as who holds `token`.
    static async connect(server, { token, resume, ...how } = {}) {
        const client = new Client(server, how);
        client.token = token ?? (await session(server)).token;
        await client.opened;
        client.send({ t: 'hello', v: 1, sdk: 'test/1', auth: client.token, resume });
        client.welcome = await client.expect('welcome');
        return client;
    }

    get #isCbor() {
        return this.socket.protocol === cborProtocol;
    }

    send(...messages) {
        const what = messages.length === 1 ? messages[0] : messages;
        this.socket.send(this.#isCbor ? encode(defined(what)) : JSON.stringify(what));
    }

    sendText(text) {
        this.socket.send(text);
    }

    // The first message that fits and was not taken yet.
    expect(what, within = 10_000) {
        const fits = typeof what === 'function' ? what : (message) => message.t === what;
        const at = this.inbox.findIndex(fits);
        if (at >= 0) return Promise.resolve(this.inbox.splice(at, 1)[0]);
        if (this.end) return Promise.reject(new Error(`closed (${this.end.code}): no ${what}`));
        const coming = new Promise((resolve, reject) => {
            this.#waiting.push({ fits, resolve, reject, what: String(what) });
        });
        return soon(coming, `message ${what}, but ${JSON.stringify(this.inbox.slice(-3))}`, within);
    }

    answer(id) {
        return this.expect((message) => message.id === id);
    }

    // Ends with `joined` or `err`.
    async join(where, how = {}) {
        const id = this.#nextRequest++;
        this.send({ t: 'join', id, ...where, ...how });
        return this.answer(id);
    }

    async sit(where, how) {
        const joined = await this.join(where, how);
        assert.equal(joined.t, 'joined', JSON.stringify(joined));
        return this.rooms.get(joined.room);
    }

    nextAct(room) {
        const next = this.#nextAct.get(room) ?? (this.rooms.get(room)?.last ?? 0) + 1;
        this.#nextAct.set(room, next + 1);
        return next;
    }

    // Ends with `ack` or `err`.
    async act(room, a, d = {}, more = {}) {
        const id = this.nextAct(room);
        this.send({ t: 'act', id, room, a, d, ...more });
        return this.answer(id);
    }

    async mustAct(...action) {
        const ack = await this.act(...action);
        assert.equal(ack.t, 'ack', JSON.stringify(ack));
        return ack;
    }

    // Until a room's view is such.
    async see(room, fits, within = 20_000) {
        const seen = () => fits(this.rooms.get(room).view);
        if (!seen()) {
            const isNews = (message) => message.room === room && message.view_seen && seen();
            await this.expect(isNews, within);
        }
        return this.rooms.get(room).view;
    }

    close() {
        this.socket.close();
        return this.closed;
    }

    // As a cable that is pulled.
    cut() {
        this.socket.terminate();
        return this.closed;
    }

    #receive(data, isBinary) {
        assert.equal(isBinary, this.#isCbor, 'the server speaks what was agreed on');
        const frame = isBinary ? decode(data) : JSON.parse(data.toString());
        checkFromServer(frame);
        for (const message of Array.isArray(frame) ? frame : [frame]) this.#take(message);
    }

    #take(message) {
        if (message.t === undefined) {
            this.beats++;
            if (this.answersBeats) this.send({});
            return;
        }
        if (message.t === 'joined') this.#joined(message);
        if (message.t === 'upd') this.#updated(message);
        if (message.t === 'ack') this.#acked(message);
        const at = this.#waiting.findIndex((each) => each.fits(message));
        if (at >= 0) this.#waiting.splice(at, 1)[0].resolve(message);
        else if (message.t !== 'upd' && message.t !== 'timer') this.inbox.push(message);
    }

    #joined({ room, e, s, k, seat, how, view, last }) {
        const before = this.rooms.get(room);
        if (how !== 'snap') assert.ok(before, `${how} without having been there`);
        if (how === 'live') assert.deepEqual([before.e, before.s, before.k], [e, s, k]);
        const now = how === 'snap' ? view : before.view;
        this.rooms.set(room, { room, e, s, k, seat, last, view: now, updates: 0 });
    }

    #updated(message) {
        message.view_seen = true;
        const { room, p, pk, s, k, d, view } = message;
        const known = this.rooms.get(room);
        if (!known) return;
        if (view === undefined) {
            const chain = `the chain of ${room} broke: ${JSON.stringify(message)}`;
            assert.deepEqual([p, pk], [known.s, known.k], chain);
            known.view = merge(known.view, d);
        } else {
            known.view = view;
        }
        assert.ok(s >= known.s, 'versions do not fall');
        known.s = s;
        known.k = k;
        known.updates++;
        this.onUpdate?.(known);
    }

    #acked({ room, s, id }) {
        const known = this.rooms.get(room);
        assert.ok(known.s >= s, `ack ${id} of ${s} came before the update that shows it`);
        known.last = Math.max(known.last, id);
    }
}

export function resumeOf({ welcome }) {
    return { sid: welcome.sid, tok: welcome.tok };
}

export function place({ e, s }) {
    return { e, s };
}

// A room with one person and three bots.
export async function tableWithBots(server, options = { rounds: 1 }, how = {}) {
    const client = await Client.connect(server, how);
    const { room, code } = await createRoom(server, client, options);
    await client.sit({ room });
    for (const seat of [1, 2, 3]) await client.mustAct(room, 'room.bot', { seat });
    return { client, room, code };
}

// What a careful person would do now, or nothing.
export function move(view, seat) {
    const { game } = view;
    if (game.phase === 'scoring' && !game.ready.includes(seat)) return ['ready', {}];
    if (game.turn !== seat) return null;
    if (game.phase === 'preparation') return ['redeal', { accept: false }];
    if (game.phase === 'declaration') {
        const piles = [1, 2, 3, 0, 4].find((each) => !game.forbidden.includes(each));
        return ['declare', { piles }];
    }
    if (game.phase === 'turn') return ['play', { pieces: game.hand.slice(-(game.need || 1)) }];
    return null;
}

// Plays until `enough` of a view, at the latest to the end of the game.
export async function play(client, room, enough = () => false) {
    const over = (view) => view.game.phase === 'game_over' || enough(view);
    for (;;) {
        const known = client.rooms.get(room);
        const idle = (view) => !over(view) && !move(view, known.seat);
        const view = await client.see(room, (each) => !idle(each));
        if (over(view)) return view;
        const answer = await client.act(room, ...move(view, known.seat));
        // A timer may have been quicker.
        assert.ok(
            answer.t === 'ack' || /phase|turn|reject/.test(answer.code),
            JSON.stringify(answer),
        );
    }
}
