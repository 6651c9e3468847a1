// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { json } from '../../build/codec.js';
import { OUTBOX_MAX } from '../../build/outbox.js';

const WORDS = [{ code: 'K7QXM' }, { room: 'room.1' }, { find: { game: 'notes' } }];

// A person with a tab, and perhaps a second device; the room may have two handles there. Drives the
// core as a page would, and checks all that it shows and settles.
export class Player {
    calls = new Map(); // call → {mark, name}; gone once it is settled.
    outcomes = new Map(); // mark → 'applied' | 'never' | 'unknown' | 'lost'
    states = { client: null, room: null };
    handles = new Map(); // key → its state
    dials = [];
    #store = new Map();
    #tab = 0;
    #count = 0;

    constructor(name, world) {
        Object.assign(this, { name, ...world }); // agenda, luck, plan, network, server, ClientCore
        this.open();
    }

    open() {
        this.#tab++;
        this.states = { client: null, room: null };
        this.handles.clear();
        this.core = new this.ClientCore({
            codec: json,
            sdk: 'js/test',
            owner: `${this.name}.${this.#tab}.${this.luck.below(1e9)}`,
            random: this.luck.next,
            recall: (key) => this.#store.get(key) ?? null,
        });
        this.step({ type: 'start' });
        const words = this.luck.happens(0.5) ? WORDS : [this.luck.one(WORDS)];
        for (const target of words) this.#join(++this.#count, target);
    }

    #join(room, target) {
        this.handles.set(room, null);
        const call = ++this.#count;
        this.calls.set(call, { name: 'join' });
        this.step({ type: 'join', room, call, target, how: {} });
    }

    // "Play here": of who was replaced by another device.
    comeBack() {
        if (this.states.room?.status !== 'left') return;
        this.states.room = null;
        for (const key of this.handles.keys()) this.#join(key, this.luck.one(WORDS));
    }

    // Those who waited are gone with the page.
    reload() {
        const outcome = this.plan.storeRefuses ? 'lost' : 'unknown';
        for (const { mark } of this.calls.values())
            if (mark !== undefined) this.outcomes.set(mark, outcome);
        this.calls.clear();
        this.link?.hangUp();
        this.agenda.cancel(this.timer);
        this.open();
    }

    act(name, mark) {
        const call = ++this.#count;
        const room = this.luck.one([...this.handles.keys()]);
        this.calls.set(call, { name, mark, room });
        this.step({ type: 'act', room, call, name, data: { mark } });
    }

    step(event) {
        const tab = this.#tab;
        for (const effect of this.core.step(event, this.agenda.now)) this.#carryOut(effect, tab);
        this.agenda.cancel(this.timer);
        const { due } = this.core;
        if (due === Infinity) return;
        this.timer = this.agenda.in(due - this.agenda.now, () => this.step({ type: 'tick' }));
    }

    #carryOut(effect, tab) {
        const later = (event) => tab === this.#tab && this.step(event);
        const { link } = effect;
        switch (effect.do) {
            case 'ask':
                return this.agenda.in(this.luck.between(0, 30), () =>
                    later({ type: 'token', ask: effect.ask, token: this.name }),
                );
            case 'dial':
                this.dials.push(this.agenda.now);
                this.link = this.network.dial({
                    opened: () => later({ type: 'opened', link }),
                    heard: (frame) => later({ type: 'heard', link, frame }),
                    closed: (code) => later({ type: 'closed', link, code, reason: '' }),
                });
                return;
            case 'send':
                return this.link.send(effect.frame);
            case 'hangUp':
                return this.link.hangUp();
            case 'store':
                if (this.luck.happens(this.plan.storeRefuses)) return;
                if (effect.text === null) this.#store.delete(effect.key);
                else this.#store.set(effect.key, effect.text);
                return;
            case 'show':
                this.states.client = effect.state;
                return;
            case 'showRoom':
                return this.#seen(effect.room, effect.state);
            case 'settle':
                return this.#settled(effect);
        }
    }

    #seen(key, state) {
        const before = this.handles.get(key);
        this.handles.set(key, state);
        const isGone = ({ status }) => status === 'left';
        const others = [...this.handles.values()].filter((each) => each && !isGone(each));
        this.states.room = isGone(state) ? (others[0] ?? state) : state;
        assert.ok(Object.isFrozen(state));
        assert.ok(state.pending.length <= OUTBOX_MAX, 'the outbox is bounded');
        // A join that came twice replaces itself.
        const mayBe = this.plan.twoDevices || !this.server.isStrict;
        const mayLeave = mayBe && state.why === 'replaced';
        assert.ok(state.status !== 'left' || mayLeave, `left: ${state.why}`);
        if (!state.view) return;
        assert.ok(Object.isFrozen(state.view) && Object.isFrozen(state.view.notes));
        if (before?.view && before.status !== 'left') {
            assert.ok(state.e >= before.e, 'an epoch never falls');
            assert.ok(state.e > before.e || state.s >= before.s, 'a view never goes backward');
        }
        const truth = this.server.durable[state.s];
        assert.ok(truth, 'nobody sees what is not durable');
        assert.deepEqual({ e: state.e, view: state.view }, { e: truth.e, view: truth.view });
    }

    #settled({ call, answer, refusal }) {
        const asked = this.calls.get(call);
        assert.ok(asked, 'a call is settled once');
        this.calls.delete(call);
        if (asked.name === 'join')
            return assert.ok(!refusal || this.plan.mayFail(refusal.code), refusal?.message);
        const { s, status } = this.handles.get(asked.room);
        if (answer) assert.ok(s >= answer.s || status === 'left', 'the view shows it');
        if (answer) assert.equal(this.server.durable[answer.s].mark, asked.mark, 'its own answer');
        this.outcomes.set(asked.mark, answer ? 'applied' : outcomeOf(refusal));
    }
}

// Lost: replaced by another device, or given up after too many tries: nobody sends it any more.
function outcomeOf({ code, isFinal }) {
    if (isFinal) return 'never';
    return ['replaced', 'busy', 'unavailable'].includes(code) ? 'lost' : 'unknown';
}
