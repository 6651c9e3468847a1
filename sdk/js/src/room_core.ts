// SPDX-License-Identifier: Apache-2.0

import { bytesOf } from './codec.js';
import { mergePatch, share } from './merge_patch.js';
import { Outbox, OUTBOX_MAX, type PendingAction } from './outbox.js';
import type { Act, Failure, FromRoom, How, Joined, Limits, Target } from './protocol.js';
import type { ToServer, Update } from './protocol.js';
import { Refusal, type RefusalCode } from './refusal.js';
import { freshRoom, type RoomState, type View } from './room_state.js';

const PAUSE = 1000; // On average, before asking again what was refused for now.
const PATIENCE = 20_000; // So long without an answer on a live connection: ask anew.
const FOR_NOW = ['busy', 'rate_limited', 'unavailable'];

// What a room asks of the connection that it is joined over.
export interface RoomPorts {
    readonly limits: Limits;
    readonly isOnline: boolean;
    readonly owner: string; // This client's mark on what it stores.
    random(): number;
    outboxKey(room: string): string;
    recall(key: string): string | null;
    store(key: string, text: string | null): void;
    send(message: ToServer): void;
    request(room: RoomCore, message: object): number; // Sends it with an id of its own, and tells.
    mayActAt(now: number): number; // When the next action keeps within the server's rate.
    giveUp(): void; // This connection answers no more.
    claim(room: RoomCore): void; // It has its id now: no other of this client's rooms has.
    show(room: RoomCore): void;
    settle(call: number, answer?: object, refusal?: Refusal): void;
}

interface Early {
    id: number;
    s: number;
    call?: number;
    isOld: boolean; // Acked before the last join was asked for.
}

// One room as one person sees it. Promises: views never go backward; an action has its id and is
// stored before it is sent, is sent in order, and leaves the outbox only with its answer; a call is
// settled once, with success only when the view shows it. Bounds: OUTBOX_MAX actions, of which the
// server's `inflight` are under way. No clock and no chance but what it is handed.
export class RoomCore {
    state: RoomState = freshRoom;
    #hasPlace = false; // Is the view one to go on from?
    #outbox = new Outbox();
    #calls = new Map<number, number>(); // action id → who waits for it
    #underWay = new Set<number>(); // Sent over this connection, not answered.
    #early: Early[] = []; // Acked while the view was behind.
    #last = 0; // The highest action id known to be used.
    #joinId = 0; // Of the join that has no answer yet.
    #joinAt = Infinity;
    #actAt = 0; // Not before.
    #impatientAt = Infinity;
    #leaving: number[] = []; // Calls.

    constructor(
        readonly key: number,
        private readonly ports: RoomPorts,
        private joinCall: number | undefined,
        private readonly target: Target,
        private readonly how: How,
    ) {}

    // ---- Coming

    join(now: number): void {
        this.#underWay.clear();
        this.#joinAt = Infinity;
        if (this.state.status === 'left') return;
        if (this.state.status === 'live') this.#set({ status: 'joining' });
        if (!this.ports.isOnline) return;
        for (const each of this.#early) each.isOld = true;
        const { id, e, s } = this.state;
        this.#joinId = this.ports.request(this, {
            t: 'join',
            ...(id ? { room: id } : this.target),
            as: this.how.as ?? 'player',
            seat: this.how.seat,
            at: this.#hasPlace ? { e, s } : undefined,
        });
        this.#watch(now);
    }

    cutOff(): void {
        this.#joinId = 0;
        this.#joinAt = this.#impatientAt = Infinity;
        this.#underWay.clear();
        if (this.state.status === 'live') this.#set({ status: 'joining' });
    }

    joined(message: Joined, now: number): void {
        if (message.id !== this.#joinId) return;
        this.#joinId = 0;
        const { e, s, seat, view } = this.state;
        const isSame = message.e === e && message.s === s && message.seat === seat;
        const isWhole = message.view !== undefined;
        if (!isWhole && !(this.#hasPlace && isSame)) {
            this.#hasPlace = false; // Not of this seat, or not of this history.
            return this.join(now);
        }
        this.#hasPlace = true;
        if (this.state.id === null) this.#arrive(message);
        this.#last = Math.max(this.#last, message.last);
        this.#actAt = 0;
        this.#set({
            status: 'live',
            seat: message.seat,
            e: message.e,
            s: message.s,
            view: isWhole ? share(view, message.view as View) : view,
            presence: freshRoom.presence,
            timers: freshRoom.timers,
        });
        this.#settleJoin({});
        this.#settleEarly(message.how !== 'tail');
        if (this.#leaving.length) this.#sendLeave(now);
        else this.#pump(now);
        this.#watch(now);
    }

    #arrive({ room, game }: Joined): void {
        this.#set({ id: room, game });
        this.ports.claim(this);
        this.#outbox = new Outbox(this.ports.recall(this.ports.outboxKey(room)));
        this.#last = this.#outbox.highest;
        if (this.#outbox.queue.length) this.#keep();
    }

    // ---- Hearing

    heard(message: FromRoom, now: number): void {
        if (message.t === 'ack') return this.#acked(message.id, message.s, now);
        if (this.state.status !== 'live') return; // What an older join led to.
        if (message.t === 'upd') this.#update(message, now);
        else if (message.t === 'pres')
            this.#set({ presence: share(this.state.presence, message.seats) });
        else if (message.t === 'timer') {
            const patch = { [message.name]: message.at };
            this.#set({ timers: mergePatch(this.state.timers, patch) as RoomState['timers'] });
        } else if (message.t === 'left') this.#left(message.why);
    }

    #update(message: Update, now: number): void {
        const { e, s, view } = this.state;
        const epoch = message.e ?? e;
        if (message.view !== undefined) {
            if (epoch < e || (epoch === e && message.s < s)) return;
            this.#set({
                e: epoch,
                s: message.s,
                view: share(view, message.view as View),
                presence: freshRoom.presence, // All that holds of these follows.
                timers: freshRoom.timers,
            });
            return this.#settleEarly();
        }
        if (message.s <= s) return;
        if (message.p !== s) return this.join(now); // A gap: ask for what is missing.
        this.#set({ s: message.s, view: mergePatch(view, message.d) as View });
        this.#settleEarly();
    }

    #acked(id: number, s: number, now: number): void {
        if (!this.#answered(id, now)) return;
        this.#early.push({ id, s, call: this.#takeCall(id), isOld: false });
        if (this.state.status === 'live') this.#settleEarly();
        this.#watch(now);
    }

    // isAll: nothing is missing of what was acked before the join was asked for. Where the view is
    // below that, an operator has set the room back.
    #settleEarly(isAll = false): void {
        const isDue = ({ s, isOld }: Early) => s <= this.state.s || (isAll && isOld);
        const due = this.#early.filter(isDue);
        this.#early = this.#early.filter((each) => !isDue(each));
        for (const { id, s, call } of due)
            if (call !== undefined) this.ports.settle(call, { id, s });
    }

    // Is an action of that id on its way?
    awaits(id: number): boolean {
        return this.#underWay.has(id);
    }

    refused({ id = 0, code, msg, retry }: Failure, now: number): void {
        if (id === this.#joinId && id) return this.#joinRefused(new Refusal(code, msg, retry), now);
        const isForNow = FOR_NOW.includes(code);
        if (id >= FIRST_REQUEST && !isForNow) return this.#left('left'); // We are not there.
        if (id >= FIRST_REQUEST) this.#impatientAt = now + this.#pause(); // It leaves once more.
        // Not looked at, but perhaps applied when it was sent before: the same id must go again.
        if (isForNow) {
            this.#underWay.delete(id);
            this.#actAt = Math.max(this.#actAt, now + this.#pause());
            return;
        }
        this.#refuse(id, new Refusal(code, msg, retry), now);
    }

    #refuse(id: number, refusal: Refusal, now: number): void {
        const action = this.#outbox.queue.find((each) => each.id === id);
        if (!action) return;
        this.#set({ refused: Object.freeze({ action, refusal }) });
        const call = this.#takeCall(id);
        if (call !== undefined) this.ports.settle(call, undefined, refusal);
        this.#answered(id, now);
    }

    #joinRefused(refusal: Refusal, now: number): void {
        this.#joinId = 0;
        this.#impatientAt = Infinity;
        const asksAgain = this.state.id ? refusal.retry : refusal.code === 'rate_limited';
        if (asksAgain) {
            this.#joinAt = now + this.#pause();
            return;
        }
        this.#settleJoin(undefined, refusal);
        this.stop(refusal.code, partingRefusal(refusal.message));
    }

    #settleJoin(answer?: object, refusal?: Refusal): void {
        if (this.joinCall !== undefined) this.ports.settle(this.joinCall, answer, refusal);
        this.joinCall = undefined;
    }

    #pause(): number {
        return PAUSE * (0.5 + this.ports.random());
    }

    // ---- Acting

    act(call: number, name: string, data: unknown, base: number | undefined, now: number): void {
        const { id: room, status } = this.state;
        const refuse = (refusal: Refusal) => this.ports.settle(call, undefined, refusal);
        if (status === 'left') return refuse(new Refusal('room_closed', 'you left this room'));
        if (!room) return refuse(new Refusal('unavailable', 'this room is not joined yet', true));
        if (this.#outbox.isFull)
            return refuse(
                new Refusal('busy', `${OUTBOX_MAX} actions wait for their answer already`, true),
            );
        const action = { id: this.#last + 1, name, data, base };
        const size = bytesOf(JSON.stringify(this.#message(action)));
        if (size > this.ports.limits.bytes) return refuse(tooLarge(size));
        this.#last = action.id;
        this.#outbox.push(action);
        this.#keep();
        this.#calls.set(action.id, call);
        this.#pump(now);
    }

    #message({ id, name, data, base }: PendingAction): Act {
        return { t: 'act', id, room: this.state.id!, a: name, d: data, base };
    }

    #pump(now: number): void {
        if (this.state.status !== 'live' || this.#leaving.length || now < this.#actAt) return;
        for (const action of this.#outbox.queue) {
            if (this.#underWay.size >= this.ports.limits.inflight) return;
            if (this.#underWay.has(action.id)) continue;
            const message = this.#message(action);
            const size = bytesOf(JSON.stringify(message));
            if (size > this.ports.limits.bytes) // They were wider when it was taken.
                return this.#refuse(action.id, tooLarge(size), now);
            this.#actAt = this.ports.mayActAt(now);
            if (this.#actAt > now) return;
            this.#underWay.add(action.id);
            this.ports.send(message);
            this.#watch(now);
        }
    }

    #answered(id: number, now: number): boolean {
        if (this.#outbox.remove(id) < 0) return false;
        this.#underWay.delete(id);
        this.#keep();
        this.#pump(now);
        this.#watch(now);
        return true;
    }

    // Something came, or went: whatever still lacks its answer has this long again.
    #watch(now: number): void {
        const lacks =
            this.#joinId || this.#underWay.size || this.#early.length || this.#leaving.length;
        this.#impatientAt = lacks ? now + PATIENCE : Infinity;
    }

    #takeCall(id: number): number | undefined {
        const call = this.#calls.get(id);
        this.#calls.delete(id);
        return call;
    }

    #keep(): void {
        const key = this.ports.outboxKey(this.state.id!);
        this.ports.store(key, this.#outbox.toText(this.ports.owner));
        this.#set({ pending: this.#outbox.queue });
    }

    // ---- Going

    leave(call: number, now: number): void {
        if (this.state.status === 'left') return this.ports.settle(call, {});
        this.#leaving.push(call);
        if (this.state.status === 'live' && this.#leaving.length === 1) this.#sendLeave(now);
    }

    #sendLeave(now: number): void {
        this.ports.request(this, { t: 'leave', room: this.state.id });
        this.#watch(now);
    }

    // Nothing is to be sent any more. Who was replaced leaves alone what the newer one took over.
    #left(why: string): void {
        const key = this.ports.outboxKey(this.state.id!);
        const isOurs = Outbox.owner(this.ports.recall(key)) === this.ports.owner;
        if (why !== 'replaced' || isOurs) this.ports.store(key, null);
        this.stop(why, partingRefusal(why, why === 'replaced' ? why : 'room_closed'));
    }

    // What is stored stays: a client that comes later sends it.
    stop(why: string, refusal: Refusal): void {
        if (this.state.status === 'left') return;
        this.cutOff();
        for (const each of this.#early) each.isOld = true;
        this.#settleEarly(true);
        this.#settleJoin(undefined, refusal);
        for (const call of this.#calls.values()) this.ports.settle(call, undefined, refusal);
        this.#calls.clear();
        const isThere = refusal.code === 'stopped';
        for (const call of this.#leaving)
            if (isThere) this.ports.settle(call, undefined, refusal);
            else this.ports.settle(call, {});
        this.#set({ status: 'left', why });
    }

    // ---- Time

    get due(): number {
        const most = Math.min(this.#outbox.queue.length, this.ports.limits.inflight);
        const canAct = this.state.status === 'live' && !this.#leaving.length;
        const actAt = canAct && this.#underWay.size < most ? this.#actAt : Infinity;
        return Math.min(this.#joinAt, this.#impatientAt, actAt);
    }

    tick(now: number): void {
        if (now >= this.#joinAt) return this.join(now);
        if (now < this.#impatientAt) return this.#pump(now);
        this.#impatientAt = Infinity;
        if (this.#joinId) this.ports.giveUp();
        else this.join(now);
    }

    #set(change: Partial<RoomState>): void {
        this.state = Object.freeze({ ...this.state, ...change });
        this.ports.show(this);
    }
}

// Joins and leaves are counted from here, apart from the ids of actions.
export const FIRST_REQUEST = 1_000_000_000;

const tooLarge = (size: number) => new Refusal('too_large', `an action of ${size} bytes`);

const partingRefusal = (why: string, code: RefusalCode = 'room_closed') =>
    new Refusal(code, `left the room: ${why}`, false, false);
