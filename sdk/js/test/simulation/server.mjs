// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';

const ROOM = 'room.1';
const CODE = 'K7QXM';
const IN_FLIGHT_MAX = 16;
const RATE = 50;
const REMEMBERED = IN_FLIGHT_MAX; // Ids of actions applied, for each person: no fewer.

const isMap = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

// RFC 7396, as it is written there.
export const merge = (target, patch) => {
    if (!isMap(patch)) return patch;
    const merged = isMap(target) ? { ...target } : {};
    for (const [key, value] of Object.entries(patch))
        if (value === null) delete merged[key];
        else merged[key] = merge(merged[key], value);
    return merged;
};

function diff(from, to) {
    const patch = {};
    for (const key of Object.keys(from)) if (!(key in to)) patch[key] = null;
    for (const [key, value] of Object.entries(to)) {
        const old = from[key];
        if (JSON.stringify(old) === JSON.stringify(value)) continue;
        patch[key] = isMap(old) && isMap(value) ? diff(old, value) : value;
    }
    return patch;
}

// A model of the server, as small as docs/protocol.md lets it be: one room, a store that commits in
// groups and may lose what nobody was told of, sessions by connection. It is strict: what a client
// may not do fails the test.
export class Server {
    isUp = true;
    isStrict = true; // The network keeps order: whatever comes out of it is the client's doing.
    refusals = 0; // Of the rate limit.
    refused = new Set(); // Marks that were, for good.
    // One entry a version.
    durable = [{ e: 1, s: 0, view: { room: { code: CODE }, n: 0, notes: {}, last: {} } }];
    #volatile = []; // Decided, not committed.
    #outputs = []; // What waits for the commit.
    #isCommitting = false;
    #life = 0;
    #sessions = new Set();

    constructor(agenda, luck, plan) {
        Object.assign(this, { agenda, luck, plan });
    }

    get head() {
        return this.#volatile.at(-1) ?? this.durable.at(-1);
    }

    get marks() {
        return this.durable.filter(({ mark }) => mark !== undefined);
    }

    // wire: {send(message), close(code)}. Gives what takes the client's messages.
    accept(wire) {
        const session = { wire, principal: null, seat: null, at: null, inFlight: new Set() };
        session.paidUntil = 0;
        session.heardAt = session.saidAt = this.agenda.now;
        this.#sessions.add(session);
        this.#beat(session);
        return {
            hear: (message) => this.#sessions.has(session) && this.#hear(session, message),
            gone: () => this.#sessions.delete(session),
        };
    }

    #beat(session) {
        this.agenda.in(500, () => {
            if (!this.#sessions.has(session)) return;
            const { now } = this.agenda;
            if (now - session.heardAt >= 4500) return this.#close(session, 4201);
            if (now - Math.min(session.saidAt, session.heardAt) >= 2000) this.#say(session, {});
            this.#beat(session);
        });
    }

    #say(session, message) {
        session.saidAt = this.agenda.now;
        if (this.#sessions.has(session)) session.wire.send(message);
    }

    #close(session, code) {
        this.#sessions.delete(session);
        session.wire.close(code);
    }

    #hear(session, message) {
        const { now } = this.agenda;
        session.heardAt = now;
        if (!session.principal) return this.#hello(session, message);
        session.paidUntil = Math.max(session.paidUntil, now) + 1000 / RATE;
        if (session.paidUntil - now > 1000) {
            session.paidUntil -= 1000 / RATE;
            this.refusals++;
            return this.#refuse(session, message.id, undefined, 'rate_limited');
        }
        if (message.t === 'ping') this.#say(session, { t: 'pong', now });
        else if (message.t === 'join') this.#join(session, message);
        else if (message.t === 'act') this.#act(session, message);
        else if (message.t === 'leave') this.#leave(session, message);
        else if (message.t !== undefined)
            assert.ok(!this.isStrict && message.t === 'hello', `what is ${message.t}?`);
    }

    #hello(session, message) {
        if (message.t !== 'hello') {
            assert.ok(!this.isStrict, 'hello comes first');
            return this.#close(session, 4102);
        }
        session.principal = message.auth;
        this.#say(session, {
            t: 'welcome',
            sid: 'S',
            tok: 'T',
            dead: 4500,
            now: this.agenda.now,
            principal: message.auth,
            max: { bytes: 65_536, rate: RATE, inflight: IN_FLIGHT_MAX },
            resumed: false,
        });
    }

    #refuse(session, id, room, code) {
        session.inFlight.delete(id);
        const retry = ['busy', 'rate_limited', 'unavailable'].includes(code);
        this.#say(session, { t: 'err', id, room, code, msg: code, retry });
    }

    #join(session, { id, at, room, code, find }) {
        assert.ok(room === ROOM || code === CODE || find);
        // Where it led, nobody knew: what was sent meanwhile is sent again.
        session.mayRepeat ||= find !== undefined;
        if (this.luck.happens(this.plan.joinRefused)) {
            const why = this.luck.one(['rate_limited', 'busy', 'unavailable']);
            return this.#refuse(session, id, undefined, why);
        }
        if (this.plan.answersDropped) this.#tooLate(session);
        for (const other of this.#sessions)
            if (other !== session && other.principal === session.principal) this.#replace(other);
        session.at = null;
        session.inFlight.clear();
        const ticket = (session.ticket = { join: id });
        this.#output(() => {
            if (session.ticket !== ticket) return;
            ticket.join = null;
            this.#joined(session, id, at);
        });
    }

    // A join that was not answered yet.
    #tooLate(session) {
        if (session.ticket?.join) this.#refuse(session, session.ticket.join, ROOM, 'out_of_order');
    }

    #replace(session) {
        this.#tooLate(session);
        if (session.at !== null) this.#say(session, { t: 'left', room: ROOM, why: 'replaced' });
        session.at = session.ticket = null;
    }

    #joined(session, id, at) {
        const now = this.durable.at(-1);
        const isKnown = at && at.e === now.e && at.s <= now.s;
        const how = !isKnown || now.s - at.s > 6 ? 'snap' : at.s === now.s ? 'live' : 'tail';
        const { e, s } = how === 'tail' ? at : now;
        session.at = s;
        const last = now.view.last[session.principal] ?? 0;
        const view = how === 'snap' ? now.view : undefined;
        const common = { game: 'notes', seat: 0, durability: 'durable' };
        this.#say(session, { t: 'joined', id, room: ROOM, e, s, how, view, last, ...common });
        this.#show(session);
        this.#say(session, { t: 'pres', room: ROOM, seats: { 0: 'here' } });
    }

    #leave(session, { id }) {
        if (session.at === null && !session.ticket)
            return this.#refuse(session, id, ROOM, 'not_found');
        session.at = session.ticket = null;
        this.#say(session, { t: 'left', room: ROOM, why: 'left' });
    }

    // The updates that it has not seen.
    #show(session) {
        while (session.at !== null && session.at < this.durable.length - 1) {
            const [before, version] = this.durable.slice(session.at, session.at + 2);
            const [p, { s, e, view }] = [session.at, version];
            if (version.e !== before.e) this.#say(session, { t: 'upd', room: ROOM, p, s, e, view });
            else this.#say(session, { t: 'upd', room: ROOM, p, s, d: diff(before.view, view) });
            session.at = s;
        }
    }

    #act(session, { id, a: name, d: data }) {
        if (session.at === null) return this.#refuse(session, id, ROOM, 'not_found');
        if (this.isStrict && !session.mayRepeat) {
            assert.ok(!session.inFlight.has(id), 'sent while unanswered');
            assert.ok(session.inFlight.size < IN_FLIGHT_MAX, 'too many in flight');
        }
        session.inFlight.add(id);
        const trouble = this.luck.happens(this.plan.transient);
        if (trouble) return this.#refuse(session, id, ROOM, this.luck.one(['busy', 'unavailable']));
        const { principal, ticket } = session;
        const answer = (message) =>
            this.#output(() => {
                if (session.ticket !== ticket) return;
                session.inFlight.delete(id);
                this.#say(session, { room: ROOM, ...message });
            });
        const isHis = (each) => each.by === principal && each.mark !== undefined;
        const isOld = id <= (this.head.view.last[principal] ?? 0);
        const his = [...this.durable, ...this.#volatile].filter(isHis).slice(-REMEMBERED);
        const known = his.find((each) => each.id === id);
        if (known) return answer({ t: 'ack', id, s: known.s });
        const refuse = (code) => {
            this.refused.add(data.mark);
            answer({ t: 'err', id, code, msg: code, retry: false });
        };
        const { e, s, view } = this.head;
        if (isOld) return refuse('out_of_order');
        if (name === 'no') return refuse('rejected');
        const { mark } = data;
        const change = { n: view.n + 1, notes: { [mark % 7]: mark }, last: { [principal]: id } };
        const next = merge(view, change);
        this.#volatile.push({ e, s: s + 1, view: next, by: principal, id, mark });
        answer({ t: 'ack', id, s: s + 1 });
    }

    // An operator: the room goes on from an earlier state.
    goBack() {
        const { e, s, view } = this.head;
        const earlier = this.luck.one(this.durable).view;
        this.#volatile.push({ e: e + 1, s: s + 1, view: { ...earlier, last: view.last } });
        this.#output(() => {});
    }

    #output(task) {
        this.#outputs.push(task);
        if (this.#isCommitting) return;
        this.#isCommitting = true;
        const life = this.#life;
        this.agenda.in(this.luck.between(1, this.plan.commitMs), () => {
            if (life === this.#life) this.#committed();
        });
    }

    #committed() {
        this.durable.push(...this.#volatile.splice(0));
        const outputs = this.#outputs.splice(0);
        for (const session of this.#sessions) this.#show(session);
        for (const each of outputs) each();
        this.#isCommitting = false;
    }

    // What was not committed is lost, or it is not; nobody was told.
    kill(code = 1006) {
        this.isUp = false;
        this.#life++;
        for (const session of [...this.#sessions]) this.#close(session, code);
        const kept = this.luck.below(this.#volatile.length + 1);
        this.durable.push(...this.#volatile.slice(0, kept));
        this.#volatile = [];
        this.#outputs = [];
        this.#isCommitting = false;
        this.agenda.in(this.luck.between(100, 3000), () => (this.isUp = true));
    }

    drain() {
        for (const session of this.#sessions)
            this.#say(session, { t: 'goaway', why: 'drain', in: 3000 });
        this.agenda.in(this.luck.between(10, 3000), () => this.kill(1012));
    }

    closeOne(code) {
        const [session] = this.#sessions;
        if (session) this.#close(session, code);
    }
}
