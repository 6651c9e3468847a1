// SPDX-License-Identifier: Apache-2.0

import { pauseAfter } from './close_codes.js';
import type { ActEvent, AskEvent, Effect, Event, JoinEvent, Ports } from './client_ports.js';
import type { Failure, FromServer, Joined, Limits, News, Resume } from './protocol.js';
import type { ToServer, Welcome } from './protocol.js';
import { Refusal } from './refusal.js';
import { RoomCore, type RoomPorts } from './room_core.js';
import type { ClientState } from './room_state.js';
import { ServerClock } from './server_clock.js';

const OPENED_WITHIN = 10_000;
const GREETED_WITHIN = 5000;
const TOKEN_WITHIN = 30_000;
const STABLE_AFTER = 5000; // Online for so long, the next loss begins with the shortest pause.
const PING_EVERY = 20_000;
const DOUBT = 2500; // How long a connection in doubt has to say something.
const REFRESH_BEFORE = 60_000; // A token's end; a fifth of its time where that is less.
const REFRESH_AGAIN = 10_000;
const REFRESH_LEAST = 1000;
const LEAVING_GRACE = 1000;
const RATE_SHARE = 0.8; // Of the server's rate; the rest is for heartbeats and joins.
// The id of an action is above all that its room saw, of an instant (1024 a millisecond, below 2^53
// until 2248) and of chance: what two devices of one person ask for has not the same one.
const IDS_PER_MS = 1024;
const ID_CHANCE = 2 ** 20;

type Phase = 'idle' | 'asking' | 'dialling' | 'online' | 'waiting' | 'asleep' | 'stopped';

// One connection at a time, over and over, and the rooms joined over it. Events and instants in,
// effects out: whoever drives it brings clock, chance, sockets and storage. What a step changes is
// shown once, when all of it is applied, and calls are settled after that.
export class ClientCore implements RoomPorts {
    state: ClientState = Object.freeze({ status: 'connecting', principal: null });
    readonly clock = new ServerClock();
    #phase: Phase = 'idle';
    #now = 0;
    #effects: Effect[] = [];
    #shown = new Set<ClientCore | RoomCore>();
    #settled: Effect[] = []; // And told.

    limits: Limits = { bytes: 65_536, rate: 50, inflight: 16 };
    #rooms = new Map<number, RoomCore>(); // By handle: one room may have several.
    #requests = new Map<number, RoomCore>(); // Joins and leaves without an answer.
    #questions = new Map<number, { call: number; until: number }>();
    #nextRequest = 1;
    #paidUntil = 0; // The server's rate limit, as it will see it.

    #link = 0;
    #resume?: Resume;
    #dead = 4500;
    #deadAt = Infinity;
    #probeAt: number | null = null; // When the question that has no answer yet was sent.
    #probe: 'ping' | 'auth' = 'ping';
    #pingAt = Infinity;
    #goneAt = Infinity; // The server said that it would be.
    #bye?: { msg: string; retry: boolean };

    #ask = 0;
    #askUntil = Infinity;
    #token?: string;
    #expiresAt = Infinity; // The token does, by the server's clock.
    #isStale = false; // The token.
    #refreshAt = Infinity;

    #attempt = 0;
    #onlineSince = Infinity;
    #retryAt = Infinity;
    #retryFloor = 0;

    constructor(readonly ports: Ports) {}

    step(event: Event, now: number): Effect[] {
        this.#now = now;
        this.#take(event);
        this.#joinNext();
        for (const each of this.#shown)
            if (each instanceof RoomCore)
                for (const room of each.keys)
                    this.#effects.push({ do: 'showRoom', room, state: each.state });
            else this.#effects.push({ do: 'show', state: this.state });
        const effects = this.#effects.concat(this.#settled);
        this.#effects = [];
        this.#settled = [];
        this.#shown.clear();
        return effects;
    }

    // When the next tick is due.
    get due(): number {
        if (this.#phase === 'stopped' || this.#phase === 'asleep') return Infinity;
        if (this.#phase === 'waiting') return this.#retryAt;
        const own = [this.#deadAt, this.#askUntil, this.#pingAt, this.#refreshAt, this.#goneAt];
        const rooms = this.#phase === 'online' ? this.#all : [];
        const questions = [...this.#questions.values()].map(({ until }) => until);
        return Math.min(...own, ...questions, ...rooms.map((room) => room.due));
    }

    get #all(): RoomCore[] {
        return [...new Set(this.#rooms.values())];
    }

    #take(event: Event): void {
        switch (event.type) {
            case 'start':
                return this.#connect();
            case 'tick':
                return this.#tick();
            case 'token':
                if (event.ask === this.#ask) this.#gotToken(event.token, event.expiresAt);
                return;
            case 'noToken':
                if (event.ask === this.#ask) this.#gotNoToken(event.reason, event.isFinal);
                return;
            case 'opened':
                if (event.link === this.#link) this.#hello();
                return;
            case 'heard':
                if (event.link === this.#link) this.#heard(event.frame);
                return;
            case 'closed':
                if (event.link === this.#link) this.#lost(event.code, event.reason);
                return;
            case 'wake':
                return this.#wake();
            case 'doubt':
                return this.#doubt();
            case 'sleep':
                return this.#sleep();
            case 'stop':
                return this.#stop(1000, event.reason);
            case 'join':
                return this.#join(event);
            case 'act':
                return this.#act(event);
            case 'ask':
                return this.#question(event);
            case 'leave': {
                const room = this.#rooms.get(event.room);
                return room ? room.leave(event.call, this.#now) : this.settle(event.call, {});
            }
            case 'close':
                return this.#close(event.room);
        }
    }

    #act({ room, call, name, data, base }: ActEvent): void {
        const at = this.#rooms.get(room);
        if (at) return at.act(call, name, data, base, this.#now);
        this.settle(call, undefined, new Refusal('room_closed', 'left'));
    }

    // Nothing that changes, so nothing that is kept or sent again.
    #question({ room, call, q, d, within }: AskEvent): void {
        const at = this.#rooms.get(room)?.state;
        if (at?.status !== 'live') return this.settle(call, undefined, noAnswer());
        const id = this.#nextRequest++;
        this.#questions.set(id, { call, until: this.#now + within });
        this.send({ t: 'rpc', id, room: at.id!, q, d });
    }

    #answerQuestion(id: number, answer?: object, refusal?: Refusal): boolean {
        const asked = this.#questions.get(id);
        if (asked) this.settle(asked.call, answer, refusal);
        return this.#questions.delete(id);
    }

    #join({ room: key, call, target, how }: JoinEvent): void {
        const known = this.#rooms.get(key);
        if (known) return known.awaitJoin(call);
        const room = new RoomCore(key, this, call, target, how);
        this.#rooms.set(key, room);
        this.#shown.add(room);
        if (this.#phase === 'stopped') room.stop('stopped', stopped(this.state.reason));
        else room.join(this.#now);
    }

    // One at a time, and only those that are none of the others.
    #joinNext(): void {
        for (const room of this.#all) {
            if (!room.isWaiting) continue;
            const same = this.#all.find((each) => each.isAlso(room) && each.takesOver(room));
            if (same) this.#unite(same, room);
            else if (!this.#all.some((each) => each.isAsking)) room.ask(this.#now);
        }
    }

    #unite(known: RoomCore, room: RoomCore, joinId?: number): void {
        known.takeOver(room, joinId);
        for (const key of known.keys) this.#rooms.set(key, known);
    }

    // A handle; with the last one, the room.
    #close(key: number): void {
        const room = this.#rooms.get(key);
        if (!room) return;
        const closed = new Refusal('stopped', 'closed', true, false);
        if (room.keys.size === 1) return room.close(closed);
        room.keys.delete(key);
        this.#rooms.delete(key);
        const state = Object.freeze({ ...room.state, status: 'left', why: 'closed' } as const);
        this.#effects.push({ do: 'showRoom', room: key, state });
    }

    // ---- Connecting

    #connect(): void {
        this.#phase = 'asking';
        this.#retryAt = Infinity;
        this.#askForToken();
    }

    #askForToken(): void {
        this.#askUntil = this.#now + TOKEN_WITHIN;
        const stale = this.#isStale ? this.#token : undefined;
        this.#effects.push({ do: 'ask', ask: ++this.#ask, stale });
    }

    #gotToken(token: string, expiresAt?: number): void {
        this.#ask++; // One answer.
        this.#askUntil = Infinity;
        this.#token = token;
        this.#isStale = false;
        this.#expiresAt = expiresAt ?? Infinity;
        if (this.#phase === 'asking') return this.#dial();
        this.#planRefresh();
        this.#probeAt = this.#now;
        this.#probe = 'auth';
        this.send({ t: 'auth', auth: token });
    }

    // Before its end, so that the connection lives on. Where that is too near, 4202 tells.
    #planRefresh(): void {
        const rest = this.#expiresAt - this.clock.offset - this.#now;
        const early = Math.min(REFRESH_BEFORE, rest / 5);
        const isOfUse = rest > REFRESH_LEAST && rest < Infinity;
        this.#refreshAt = isOfUse ? this.#now + rest - early : Infinity;
    }

    #gotNoToken(reason: string, isFinal: boolean): void {
        this.#ask++;
        this.#askUntil = Infinity;
        if (this.#phase === 'online') this.#refreshAt = this.#now + REFRESH_AGAIN;
        else if (isFinal) this.#stop(4001, reason);
        else this.#lost(1006, reason);
    }

    #dial(): void {
        this.#phase = 'dialling';
        this.#deadAt = this.#now + OPENED_WITHIN;
        this.#paidUntil = 0;
        this.#effects.push({ do: 'dial', link: ++this.#link });
    }

    #hello(): void {
        this.#probeAt = this.#now;
        this.#probe = 'ping';
        this.#deadAt = this.#now + GREETED_WITHIN;
        this.send({
            t: 'hello',
            v: 1,
            sdk: this.ports.sdk,
            auth: this.#token!,
            resume: this.#resume,
        });
        this.#resume = undefined; // Good for one use, answered or not.
    }

    #welcome(message: Welcome): void {
        if (this.#phase !== 'dialling') return;
        this.#phase = 'online';
        this.#resume = { sid: message.sid, tok: message.tok };
        this.limits = { ...this.limits, ...message.max };
        this.limits.inflight = Math.min(this.limits.inflight, this.ports.inflight ?? Infinity);
        this.#dead = message.dead;
        this.#deadAt = this.#now + message.dead;
        this.clock.reset();
        this.#pong(message.now);
        this.#ping();
        this.#planRefresh();
        this.#onlineSince = this.#now;
        const { principal } = this.state;
        if (principal !== null && principal !== message.principal) this.#becomeSomebodyElse();
        this.#set({ status: 'online', principal: message.principal });
        for (const room of this.#all) room.join(this.#now);
    }

    // The seats and the actions are the other's, and so is what is stored of them.
    #becomeSomebodyElse(): void {
        const refusal = new Refusal('unauthenticated', 'somebody else', false, false);
        for (const room of this.#all) room.stop(refusal.code, refusal);
    }

    // ---- Hearing

    #heard(frame: string): void {
        if (this.#phase === 'online') this.#deadAt = this.#now + this.#dead;
        let messages: FromServer[];
        try {
            messages = this.ports.codec.decode(frame);
        } catch {
            return this.#lost(1007, 'no message');
        }
        const link = this.#link;
        for (const message of messages) if (link === this.#link) this.#handle(message);
    }

    #handle(message: FromServer): void {
        switch (message.t) {
            case undefined:
                return this.send({}); // A heartbeat.
            case 'welcome':
                return this.#welcome(message);
            case 'pong':
                return this.#pong(message.now);
            case 'goaway':
                return this.#goaway(message.why, message.in);
            case 'bye':
                this.#bye = message;
                return;
            case 'joined':
                return this.#joined(message);
            case 'res':
                return void this.#answerQuestion(message.id, message.d as object);
            case 'err':
                return this.#failed(message);
            case 'upd':
            case 'ack':
            case 'left':
            case 'pres':
            case 'timer':
                return this.#find(message.room)?.heard(message, this.#now);
        }
    }

    #joined(message: Joined): void {
        const room = this.#answering(message.id);
        if (!room) return;
        const isClosed = room.state.status === 'left'; // Meanwhile.
        if (isClosed) room.keys.clear();
        const known = this.#all.find((each) => each.isAlso(room, message.room));
        if (known?.takesOver(room)) {
            this.#unite(known, room, message.id);
            return known.joined(message, this.#now);
        }
        if (isClosed) return known ? known.join(this.#now) : room.letGo(message.room);
        known?.stop('replaced', new Refusal('replaced', 'replaced', false, false));
        room.joined(message, this.#now);
    }

    #failed(message: Failure): void {
        const { id, room: at, code, msg, retry } = message;
        if (id === undefined) {
            // The question without a number: a token that will not do, or too many messages.
            if (this.#probeAt !== null && this.#probe === 'auth')
                this.#refreshAt = this.#now + REFRESH_AGAIN;
            this.#probeAt = null;
        } else if (this.#requests.has(id)) {
            this.#requestFailed(this.#answering(id)!, message);
        } else if (!this.#answerQuestion(id, undefined, new Refusal(code, msg, retry))) {
            // Refused before anybody looked for its room, an action's id comes alone: for now.
            for (const room of this.#all)
                if (at ? room.state.id === at : room.awaits(id)) room.refused(message, this.#now);
        }
    }

    #requestFailed(room: RoomCore, message: Failure): void {
        const known = this.#all.find((each) => each.isAlso(room, message.room));
        // To ask for it in other words, or for another part in it, is to let go of what is there.
        if (message.code !== 'out_of_order') known?.join(this.#now);
        else if (known?.isAsking) return this.#unite(known, room);
        else known?.left('replaced');
        room.requestRefused(message, this.#now);
    }

    #answering(id: number): RoomCore | undefined {
        const room = this.#requests.get(id);
        this.#requests.delete(id);
        return room;
    }

    #find(id: string): RoomCore | undefined {
        return this.#all.find((room) => room.state.id === id);
    }

    #pong(serverNow: number): void {
        // A pong to `auth` tells less: it may be that of the ping before.
        if (this.#probeAt !== null && this.#probe === 'ping')
            this.clock.sample(this.#probeAt, serverNow, this.#now);
        this.#probeAt = null;
    }

    // It closes when it is done, and its successor may not listen before that: go on until then.
    #goaway(why: string, within: number): void {
        this.#goneAt = this.#now + within + LEAVING_GRACE;
        this.#set({ goaway: Object.freeze({ why, at: this.#now + within }) });
    }

    // ---- Time, network, page

    #tick(): void {
        const now = this.#now;
        if (this.#phase === 'stopped' || this.#phase === 'asleep') return;
        if (this.#phase === 'waiting') return now < this.#retryAt ? undefined : this.#connect();
        if (now >= this.#deadAt) return this.#lost(4201, 'no answer');
        if (now >= this.#askUntil) return this.#gotNoToken('no token', false);
        if (this.#phase !== 'online') return;
        if (now >= this.#goneAt) return this.#lost(1012, this.state.goaway?.why ?? '');
        if (now >= this.#pingAt) this.#ping();
        if (now >= this.#refreshAt) this.#refresh();
        for (const [id, { until }] of this.#questions)
            if (now >= until) this.#answerQuestion(id, undefined, noAnswer());
        const link = this.#link;
        for (const room of this.#all)
            if (link === this.#link && now >= room.due) room.tick(now);
    }

    #ping(): void {
        this.#pingAt = this.#now + PING_EVERY;
        if (this.#probeAt !== null) return;
        this.#probeAt = this.#now;
        this.#probe = 'ping';
        this.send({ t: 'ping' });
    }

    #refresh(): void {
        this.#refreshAt = this.#probeAt === null ? Infinity : this.#now + REFRESH_AGAIN / 10;
        if (this.#probeAt !== null) return;
        this.#isStale = true;
        this.#askForToken();
    }

    #wake(): void {
        if (this.#phase === 'asleep') this.#phase = 'waiting';
        if (this.#phase === 'waiting')
            this.#retryAt = Math.max(this.#now, Math.min(this.#retryAt, this.#retryFloor));
        if (this.#phase === 'waiting' && this.#retryAt === this.#now) return this.#connect();
        this.#doubt();
    }

    #doubt(): void {
        if (this.#phase !== 'online') return;
        this.#ping();
        this.#deadAt = Math.min(this.#deadAt, this.#now + DOUBT);
    }

    // Says goodbye while it still can: others see at once that nobody is here.
    #sleep(): void {
        if (this.#phase === 'stopped') return;
        this.#hangUp(1000);
        this.#phase = 'asleep';
        this.#retryAt = Infinity;
        this.#set({ status: this.#notOnline, reason: 'asleep' });
    }

    get #notOnline(): 'connecting' | 'reconnecting' {
        return this.state.principal === null ? 'connecting' : 'reconnecting';
    }

    // ---- Losing

    #lost(code: number, reason: string): void {
        const bye = this.#bye;
        this.#hangUp(code);
        if (this.#now - this.#onlineSince >= STABLE_AFTER) this.#attempt = 0;
        this.#onlineSince = Infinity;
        // The close frame itself was lost, but not the words before it.
        const isFinal = bye?.retry === false && (code === 1005 || code === 1006);
        const pause = isFinal ? null : pauseAfter(code, this.#attempt++, this.ports.random);
        if (!pause) return this.#stop(code, bye?.msg || reason);
        if (code === 4202) this.#isStale = true;
        this.#phase = 'waiting';
        this.#retryFloor = this.#now + pause.least;
        this.#retryAt = this.#now + pause.length;
        this.#set({
            status: this.#notOnline,
            code,
            reason: bye?.msg || reason,
            retryAt: this.#retryAt,
        });
    }

    #stop(code: number, reason: string): void {
        if (this.#phase === 'stopped') return;
        this.#hangUp(1000);
        this.#phase = 'stopped';
        this.#set({ status: 'stopped', code, reason });
        for (const room of this.#all) room.stop('stopped', stopped(reason));
    }

    #hangUp(code: number): void {
        if (this.#phase === 'dialling' || this.#phase === 'online')
            this.#effects.push({ do: 'hangUp', link: this.#link, code });
        this.#link++;
        this.#ask++;
        this.#deadAt = this.#askUntil = this.#pingAt = this.#refreshAt = this.#goneAt = Infinity;
        this.#probeAt = null;
        this.#bye = undefined;
        this.#requests.clear();
        this.#phase = 'waiting';
        for (const id of this.#questions.keys()) this.#answerQuestion(id, undefined, noAnswer());
        for (const room of this.#all) room.cutOff();
    }

    // ---- Saying

    // What of the last one is left out stays unsaid: a state is what holds now.
    #set(change: Partial<ClientState> & { status?: ClientState['status'] }): void {
        const { status, principal } = this.state;
        this.state = Object.freeze({ status, principal, ...change });
        this.#shown.add(this);
    }

    // ---- What its rooms ask of it

    get isOnline(): boolean {
        return this.#phase === 'online';
    }

    actionId(last: number): number {
        const instant = Math.floor(this.#now + this.clock.offset) * IDS_PER_MS;
        return Math.max(last, instant) + 1 + Math.floor(this.ports.random() * ID_CHANCE);
    }

    outboxKey(room: string): string {
        return `gatehouse:outbox:${this.state.principal}:${room}`;
    }

    store(key: string, text: string | null): void {
        this.#effects.push({ do: 'store', key, text });
    }

    send(message: object): void {
        const price = 1000 / (this.limits.rate * RATE_SHARE);
        this.#paidUntil = Math.max(this.#paidUntil, this.#now) + price;
        const frame = this.ports.codec.encode(message as ToServer);
        this.#effects.push({ do: 'send', link: this.#link, frame });
    }

    request(room: RoomCore, message: object): number {
        const id = this.#nextRequest++;
        this.#requests.set(id, room);
        this.send({ ...message, id });
        return id;
    }

    mayActAt(now: number): number {
        return Math.max(now, this.#paidUntil - 1000);
    }

    giveUp(): void {
        this.#lost(4203, 'no answer');
    }

    show(room: RoomCore): void {
        this.#shown.add(room);
        if (room.state.status !== 'left') return;
        for (const key of room.keys) this.#rooms.delete(key);
    }

    tell(room: RoomCore, news: readonly News[]): void {
        for (const key of room.keys) this.#settled.push({ do: 'tell', room: key, news });
    }

    settle(call: number, answer?: object, refusal?: Refusal): void {
        this.#settled.push({ do: 'settle', call, answer, refusal });
    }
}

const noAnswer = () => new Refusal('unavailable', 'no answer', true, false);

const stopped = (reason?: string) => new Refusal('stopped', reason, true, false);
