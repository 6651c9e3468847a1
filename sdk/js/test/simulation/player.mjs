// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { json } from '../../build/codec.js';
import { OUTBOX_MAX } from '../../build/outbox.js';

// A person with a tab: drives the core as a page would, and checks all that it shows and settles.
export class Player {
    calls = new Map(); // call → {mark, name}; gone once it is settled.
    outcomes = new Map(); // mark → 'applied' | 'never' | 'unknown'
    states = { client: null, room: null };
    dials = [];
    #store = new Map();
    #tab = 0;
    #count = 0;

    constructor(name, world) {
        Object.assign(this, { name, ...world }); // agenda, luck, network, server, ClientCore
        this.open();
    }

    open() {
        this.#tab++;
        this.states = { client: null, room: null };
        this.core = new this.ClientCore({
            codec: json,
            sdk: 'js/test',
            owner: `${this.name}.${this.#tab}`,
            random: this.luck.next,
            recall: (key) => this.#store.get(key) ?? null,
        });
        this.step({ type: 'start' });
        this.room = ++this.#count;
        const call = ++this.#count;
        this.calls.set(call, { name: 'join' });
        const target = { code: 'K7QXM' };
        this.step({ type: 'join', room: this.room, call, target, how: {} });
    }

    // Those who waited are gone with the page.
    reload() {
        for (const { mark } of this.calls.values())
            if (mark !== undefined) this.outcomes.set(mark, 'unknown');
        this.calls.clear();
        this.link?.hangUp();
        this.agenda.cancel(this.timer);
        this.open();
    }

    act(name, mark) {
        const call = ++this.#count;
        this.calls.set(call, { name, mark });
        this.step({ type: 'act', room: this.room, call, name, data: { mark } });
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
                if (effect.text === null) this.#store.delete(effect.key);
                else this.#store.set(effect.key, effect.text);
                return;
            case 'show':
                this.states.client = effect.state;
                return;
            case 'showRoom':
                return this.#seen(effect.state);
            case 'settle':
                return this.#settled(effect);
        }
    }

    #seen(state) {
        const before = this.states.room;
        this.states.room = state;
        assert.ok(Object.isFrozen(state));
        assert.ok(state.pending.length <= OUTBOX_MAX, 'the outbox is bounded');
        if (!state.view) return;
        assert.ok(Object.isFrozen(state.view) && Object.isFrozen(state.view.notes));
        if (before?.view) {
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
        if (asked.name === 'join') return assert.equal(refusal, undefined, refusal?.message);
        if (answer) assert.ok(this.states.room.s >= answer.s, 'the view shows it');
        if (answer) assert.equal(this.server.durable[answer.s].mark, asked.mark, 'its own answer');
        this.outcomes.set(asked.mark, answer ? 'applied' : refusal.isFinal ? 'never' : 'unknown');
    }
}
