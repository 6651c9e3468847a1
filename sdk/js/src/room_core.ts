// SPDX-License-Identifier: Apache-2.0

import type { Ports } from './client_ports.js';
import { bytesOf } from './codec.js';
import { mergePatch, share } from './merge_patch.js';
import { Outbox, type PendingAction } from './outbox.js';
import type { Act, Failure, FromRoom, How, Joined, Limits, News, Target } from './protocol.js';
import type { Update } from './protocol.js';
import { Refusal, type RefusalCode } from './refusal.js';
import { freshRoom, type RoomState, type View } from './room_state.js';

const PAUSE = 1000; // On average, before asking again what was refused for now;
const DOUBLED_MAX = 4; // twice as long each time, so often;
const TRIES_MAX = 8; // until an action, or a first join, is given up.
const PATIENCE = 20_000; // So long without an answer on a live connection: ask anew.
const FOR_NOW = ['busy', 'rate_limited', 'unavailable'];
// Applied perhaps: when an operator looks at it, or when it was sent before.
const IN_DOUBT = ['internal', 'out_of_order'];

// What a room asks of the connection that it is joined over.
export interface RoomPorts {
    readonly ports: Pick<Ports, 'owner' | 'random' | 'recall'>;
    readonly limits: Limits;
    readonly isOnline: boolean;
    actionId(last: number): number; // Above `last`, and no other device's.
    outboxKey(room: string): string;
    store(key: string, text: string | null): void;
    send(message: object): void;
    request(room: RoomCore, message: object): number; // Sends it with an id of its own, and tells.
    mayActAt(now: number): number; // When the next action keeps within the server's rate.
    giveUp(): void; // This connection answers no more.
    show(room: RoomCore): void;
    tell(room: RoomCore, news: readonly News[]): void; // After what is shown.
    settle(call: number, answer?: object, refusal?: Refusal): void;
}

interface Early {
    id: number;
    s: number;
    call?: number;
    since: number;
    before: number; // The id of the first join that was asked for after it was acked.
}

// One room as one person sees it. Promises: views never go backward; an action has its id and is
// stored before it is sent, is sent in order, and leaves the outbox only with its answer, or after
// TRIES_MAX refusals for now; a call is settled once, with success only when the view shows it.
// Bounds: OUTBOX_MAX actions, of which the server's `inflight` are under way. No clock and no
// chance but what it is handed.
export class RoomCore {
    state: RoomState = freshRoom;
    readonly keys: Set<number>; // Of its handles: one for each way in which it was asked for.
    isWaiting = false; // For its turn to be joined for the first time.
    #hasPlace = false; // Is the view one to go on from?
    #outbox = new Outbox();
    #calls = new Map<number, number>(); // action id → who waits for it
    #underWay = new Map<number, number>(); // Sent over this connection, not answered: id → since.
    #tries = new Map<number, number>(); // action id → how often it was refused for now
    #early: Early[] = []; // Acked while the view was behind.
    #last = 0; // The highest action id known to be used.
    #joinCalls: number[];
    #joinId = 0; // Of the join that has no answer yet.
    #joinTries = 0;
    #joinAt = Infinity;
    #askedAt = Infinity; // When a join or a leave that has no answer yet was sent.
    #actAt = 0; // Not before.
    #leaving: number[] = []; // Calls.

    constructor(
        key: number,
        private readonly client: RoomPorts,
        call: number,
        private readonly target: Target,
        private readonly how: How,
    ) {
        this.keys = new Set([key]);
        this.#joinCalls = [call];
    }

    // ---- Coming

    // For the first time it waits for its turn: two joins of one room, by different words, would
    // throw each other out.
    join(now: number): void {
        this.#underWay.clear();
        this.#joinAt = Infinity;
        if (this.state.status === 'live') this.#set({ status: 'joining' });
        if (!this.client.isOnline) return;
        if (this.state.id) this.ask(now);
        else this.isWaiting = true;
    }

    ask(now: number): void {
        this.isWaiting = false;
        const { id, e, s, k } = this.state;
        const joinId = (this.#joinId = this.client.request(this, {
            t: 'join',
            ticks: true,
            ...(id ? { room: id } : this.target),
            as: this.how.as ?? 'player',
            seat: this.how.seat,
            at: this.#hasPlace ? { e, s, k } : undefined,
        }));
        for (const each of this.#early)
            Object.assign(each, { since: now, before: Math.min(each.before, joinId) });
        this.#askedAt = now;
    }

    get isAsking(): boolean {
        return this.#joinId > 0;
    }

    // Is it what `other` asks for, or was answered with: room `id`?
    isAlso(other: RoomCore, id?: string): boolean {
        const mine = this.state;
        const words = other.target as { room?: string; code?: string };
        const isCode = words.code !== undefined && words.code === mine.view?.room.code;
        return other !== this && mine.id !== null && (mine.id === (id ?? words.room) || isCode);
    }

    // One from now on; if that one comes in another part, it is the one that goes on.
    takesOver(other: RoomCore): boolean {
        const { as = 'player', seat = this.how.seat } = other.how;
        return as === (this.how.as ?? 'player') && seat === this.how.seat && !this.#leaving.length;
    }

    // Its handles, and its join if that was sent: it is the one that counts.
    takeOver(other: RoomCore, joinId?: number): void {
        for (const key of other.keys) this.keys.add(key);
        this.#joinCalls.push(...other.#joinCalls);
        if (joinId) this.#joinId = joinId;
        else if (this.state.status === 'live') this.#settleJoin({});
        this.client.show(this);
    }

    awaitJoin(call: number): void {
        this.#joinCalls.push(call);
        if (this.state.status === 'live') this.#settleJoin({});
    }

    cutOff(): void {
        this.#joinId = 0;
        this.isWaiting = false;
        this.#joinAt = this.#askedAt = Infinity;
        this.#underWay.clear();
        if (this.state.status === 'live') this.#set({ status: 'joining' });
    }

    // Of an older join, after a newer one was answered: the server counts it as the newest.
    joined(message: Joined, now: number): void {
        if (this.#joinId && message.id !== this.#joinId) return;
        const { id, e, s, k, seat, view } = this.state;
        const isOlder = message.e === e && message.s < s;
        const isSame =
            message.e === e && message.s === s && message.k === k && message.seat === seat;
        const isWhole = message.view !== undefined;
        if (isOlder && isWhole) return this.client.giveUp(); // A server that is behind.
        this.#joinId = this.#joinTries = 0;
        this.#askedAt = Infinity;
        if (!isWhole && !(this.#hasPlace && isSame)) {
            this.#hasPlace = false; // Not of this seat, or not of this history.
            return this.join(now);
        }
        this.#hasPlace = true;
        if (id === null) this.#arrive(message);
        this.#underWay.clear();
        this.#last = Math.max(this.#last, message.last);
        this.#actAt = 0;
        this.#set({
            status: 'live',
            seat: message.seat,
            e: message.e,
            s: message.s,
            k: message.k,
            view: isWhole ? share(view, message.view as View) : view,
            presence: freshRoom.presence,
            timers: freshRoom.timers,
        });
        this.#settleJoin({});
        this.#settleEarly(message.how === 'tail' ? 0 : message.id);
        if (this.#leaving.length) this.#sendLeave(now);
        else this.#pump(now);
    }

    #arrive({ room, game }: Joined): void {
        this.#set({ id: room, game });
        this.#outbox = new Outbox(this.client.ports.recall(this.client.outboxKey(room)));
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
        } else if (message.t === 'left') this.left(message.why);
    }

    #update(message: Update, now: number): void {
        const { e, s, k, view } = this.state;
        const epoch = message.e ?? e;
        if (message.view !== undefined) {
            if (epoch < e || (epoch === e && message.s < s)) return;
            this.#set({
                e: epoch,
                s: message.s,
                k: message.k,
                view: share(view, message.view as View),
                presence: freshRoom.presence, // All that holds of these follows.
                timers: freshRoom.timers,
            });
            return this.#settleEarly();
        }
        if (message.p !== s || message.pk !== k) // Known, or a gap: ask for that.
            return message.s > s ? this.join(now) : undefined;
        this.#set({ s: message.s, k: message.k, view: mergePatch(view, message.d) as View });
        if (message.ev) this.client.tell(this, message.ev);
        this.#settleEarly();
    }

    #acked(id: number, s: number, now: number): void {
        if (!this.#answered(id, now)) return;
        this.#early.push({ id, s, call: this.#takeCall(id), since: now, before: Infinity });
        if (this.state.status === 'live') this.#settleEarly();
    }

    // The answer to a join lacks nothing of what was acked before it was asked for. Where the view
    // is below that, an operator has set the room back.
    #settleEarly(joinId = 0): void {
        const isDue = ({ s, before }: Early) => s <= this.state.s || before <= joinId;
        const due = this.#early.filter(isDue);
        this.#early = this.#early.filter((each) => !isDue(each));
        for (const { id, s, call } of due)
            if (call !== undefined) this.client.settle(call, { id, s });
    }

    // Is an action of that id on its way?
    awaits(id: number): boolean {
        return this.#underWay.has(id);
    }

    // An action was.
    refused({ id = 0, code, msg, retry }: Failure, now: number): void {
        const isForNow = FOR_NOW.includes(code);
        if (isForNow && !this.#underWay.delete(id)) return; // It is sent again anyway.
        const tries = (this.#tries.get(id) ?? 0) + 1;
        if (!isForNow || tries >= TRIES_MAX) {
            const isFinal = !isForNow && !IN_DOUBT.includes(code);
            return this.#refuse(id, new Refusal(code, msg, retry, isFinal), now);
        }
        // Not looked at, but perhaps applied when it was sent before: the same id must go again.
        this.#tries.set(id, tries);
        this.#actAt = Math.max(this.#actAt, now + this.#pause(tries));
    }

    #refuse(id: number, refusal: Refusal, now: number): void {
        const action = this.#outbox.queue.find((each) => each.id === id);
        if (!action) return;
        this.#set({ refused: Object.freeze({ action, refusal }) });
        const call = this.#takeCall(id);
        if (call !== undefined) this.client.settle(call, undefined, refusal);
        this.#answered(id, now);
    }

    // A join was, or a leave.
    requestRefused({ id, code, msg, retry }: Failure, now: number): void {
        if (id === this.#joinId) this.#joinRefused(new Refusal(code, msg, retry), now);
        else if (!this.#leaving.length || this.#joinId) return; // An older join.
        else if (FOR_NOW.includes(code)) this.#askedAt = now + this.#pause() - PATIENCE;
        else this.left('left'); // We are not there.
    }

    #joinRefused(refusal: Refusal, now: number): void {
        this.#joinId = 0;
        this.#askedAt = Infinity;
        // A newer one of this person went ahead.
        if (refusal.code === 'out_of_order') return this.left('replaced');
        const isFirst = !this.state.id;
        if (refusal.retry && !(isFirst && ++this.#joinTries >= TRIES_MAX)) {
            this.#joinAt = now + this.#pause(this.#joinTries);
            return;
        }
        this.#settleJoin(undefined, refusal);
        this.stop(refusal.code, partingRefusal(refusal.message));
    }

    #settleJoin(answer?: object, refusal?: Refusal): void {
        for (const call of this.#joinCalls.splice(0)) this.client.settle(call, answer, refusal);
    }

    #pause(tries = 1): number {
        return PAUSE * 2 ** Math.min(tries - 1, DOUBLED_MAX) * (0.5 + this.client.ports.random());
    }

    // ---- Acting

    act(call: number, name: string, data: unknown, base: number | undefined, now: number): void {
        const { id: room } = this.state;
        const refuse = (refusal: Refusal) => this.client.settle(call, undefined, refusal);
        if (!room) return refuse(new Refusal('unavailable', 'not joined', true));
        if (this.#outbox.isFull)
            return refuse(
                new Refusal('busy', 'too many actions wait', true),
            );
        const action = { id: this.client.actionId(this.#last), name, data, base };
        const size = bytesOf(JSON.stringify(this.#message(action)));
        if (size > this.client.limits.bytes) return refuse(tooLarge(size));
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
            if (this.#underWay.size >= this.client.limits.inflight) return;
            if (this.#underWay.has(action.id)) continue;
            const message = this.#message(action);
            const size = bytesOf(JSON.stringify(message));
            if (size > this.client.limits.bytes) // They were wider when it was taken.
                return this.#refuse(action.id, tooLarge(size), now);
            this.#actAt = this.client.mayActAt(now);
            if (this.#actAt > now) return;
            this.#underWay.set(action.id, now);
            this.client.send(message);
        }
    }

    #answered(id: number, now: number): boolean {
        if (this.#outbox.remove(id) < 0) return false;
        this.#underWay.delete(id);
        this.#tries.delete(id);
        this.#keep();
        this.#pump(now);
        return true;
    }

    #takeCall(id: number): number | undefined {
        const call = this.#calls.get(id);
        this.#calls.delete(id);
        return call;
    }

    #keep(): void {
        const key = this.client.outboxKey(this.state.id!);
        this.client.store(key, this.#outbox.toText(this.client.ports.owner));
        this.#set({ pending: this.#outbox.queue });
    }

    // ---- Going

    leave(call: number, now: number): void {
        this.#leaving.push(call);
        if (this.state.status === 'live' && this.#leaving.length === 1) this.#sendLeave(now);
    }

    #sendLeave(now: number): void {
        this.client.request(this, { t: 'leave', room: this.state.id });
        this.#askedAt = now;
    }

    // Nobody here looks at it any more; the seat stays.
    close(refusal: Refusal): void {
        const { id, status } = this.state;
        if (status === 'live') this.letGo(id!);
        this.stop('closed', refusal);
    }

    // Who leaves as a player would give a seat up, but not who only watches. What comes of it is
    // nobody's: 0 is the id of no other request.
    letGo(room: string): void {
        for (const t of ['join', 'leave']) this.client.send({ t, id: 0, room, as: 'spectator' });
    }

    // Nothing is to be sent any more. Who was replaced leaves alone what the newer one took over.
    left(why: string): void {
        const key = this.client.outboxKey(this.state.id!);
        const isOurs = Outbox.owner(this.client.ports.recall(key)) === this.client.ports.owner;
        if (why !== 'replaced' || isOurs) this.client.store(key, null);
        this.stop(why, partingRefusal(why, why === 'replaced' ? why : 'room_closed'));
    }

    // What is stored stays: a client that comes later sends it.
    stop(why: string, refusal: Refusal): void {
        this.cutOff();
        this.#settleEarly(Infinity);
        this.#settleJoin(undefined, refusal);
        for (const call of this.#calls.values()) this.client.settle(call, undefined, refusal);
        this.#calls.clear();
        const isThere = refusal.code === 'stopped';
        for (const call of this.#leaving.splice(0))
            if (isThere) this.client.settle(call, undefined, refusal);
            else this.client.settle(call, {});
        this.#set({ status: 'left', why });
    }

    // ---- Time

    // When the oldest of what lacks its answer has waited for too long.
    get #impatientAt(): number {
        const [acted = Infinity] = this.#underWay.values();
        return Math.min(this.#askedAt, acted, this.#early[0]?.since ?? Infinity) + PATIENCE;
    }

    get due(): number {
        const most = Math.min(this.#outbox.queue.length, this.client.limits.inflight);
        const canAct = this.state.status === 'live' && !this.#leaving.length;
        const actAt = canAct && this.#underWay.size < most ? this.#actAt : Infinity;
        return Math.min(this.#joinAt, this.#impatientAt, actAt);
    }

    tick(now: number): void {
        if (now >= this.#joinAt) return this.join(now);
        if (now < this.#impatientAt) return this.#pump(now);
        if (!this.#joinId) return this.join(now);
        if (this.state.id) return this.client.giveUp();
        this.#joinRefused(new Refusal('unavailable', 'no answer', true), now);
    }

    #set(change: Partial<RoomState>): void {
        this.state = Object.freeze({ ...this.state, ...change });
        this.client.show(this);
    }
}

const tooLarge = (size: number) => new Refusal('too_large', `${size} bytes`);

const partingRefusal = (why: string, code: RefusalCode = 'room_closed') =>
    new Refusal(code, why, false, false);
