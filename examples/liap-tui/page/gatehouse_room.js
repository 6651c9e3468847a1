// SPDX-License-Identifier: Apache-2.0
//
// A joined room: its view, and the actions on their way to it. Used through gatehouse.js.

const PAUSE = 1000; // Before asking again what was refused for now.

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

export class Emitter {
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
    #early = []; // Acked while the view is behind: {s, settle}, resolved when it has caught up.
    #isPausing = false;
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
        this.#isPausing = false;
        if (message.view !== undefined) this.view = freeze(message.view);
        if (message.how !== 'tail') this.#at = { e: message.e, s: message.s };
        if (this.#leaving) return this.#sendLeave();
        this.#pump();
        this.#ready.resolve(this);
        this.emit('presence', this.presence);
        this.emit('timer', this.timers);
        this.#settle(message.how === 'tail' ? this.#at.s : Infinity);
        this.emit('change', this.view, { events: [], s: this.#at.s });
    }

    _joinRefused(refusal) {
        this.#phase = 'waiting';
        if (this.id && refusal.retry) this.#link.later(() => this._join(), refusal.after ?? PAUSE);
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

    _awaits(id) {
        return this.#outbox?.queue.some((action) => action.id === id) ?? false;
    }

    _refused(id, refusal) {
        // Not looked at: on an earlier connection it may have been applied, so only the same id may
        // go again. (Where a later one was applied meanwhile, the answer is out_of_order.)
        if (['busy', 'rate_limited', 'unavailable'].includes(refusal.code))
            return this.#pause(refusal);
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
        this.#settle(Infinity);
        for (const answer of this.#answers.values()) answer.reject(refusal);
        this.#answers.clear();
    }

    #message({ id, a, d, base }) {
        return { t: 'act', id, room: this.id, a, d, base }; // JSON leaves an undefined base out.
    }

    #pump() {
        if (this.#phase !== 'live' || this.#isPausing) return;
        const limit = Math.min(this.#outbox.queue.length, this.#link.limits().inflight);
        while (this.#sent < limit) this.#link.send(this.#message(this.#outbox.queue[this.#sent++]));
    }

    #pause({ after = PAUSE }) {
        if (this.#isPausing) return;
        this.#isPausing = true;
        this.#link.later(() => {
            if (!this.#isPausing) return; // Joined again meanwhile: all was sent again.
            this.#isPausing = false;
            this.#sent = 0;
            this.#pump();
        }, after);
    }

    #sendLeave() {
        this.#link.request(this, { t: 'leave', room: this.id });
    }

    #forgetNews() {
        this.presence = {};
        this.timers = {};
        this.emit('timer', this.timers);
    }

    #update(message) {
        if (this.#phase !== 'live') return;
        if (message.view !== undefined) this.#forgetNews(); // All of it follows.
        if (message.s <= this.#at.s) return;
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
        this.#settle(message.s);
        this.emit('change', this.view, {
            events: message.ev ?? [],
            mine: message.me,
            s: message.s,
        });
    }

    #settle(upTo) {
        const due = this.#early.filter(({ s }) => s <= upTo);
        this.#early = this.#early.filter(({ s }) => s > upTo);
        for (const { settle } of due) settle();
    }

    #acked({ id, s }) {
        this.#answered(id);
        const answer = this.#answers.get(id);
        this.#answers.delete(id);
        const settle = () => answer?.resolve({ s });
        if (this.#phase === 'live') settle();
        else this.#early.push({ s, settle });
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
export class Outbox {
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
