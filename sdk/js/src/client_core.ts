// SPDX-License-Identifier: Apache-2.0

import { pauseAfter } from './close_codes.js';
import type { Codec } from './codec.js';
import type { Failure, FromServer, How, Limits, Resume, Target } from './protocol.js';
import type { ToServer, Welcome } from './protocol.js';
import { Refusal } from './refusal.js';
import { FIRST_REQUEST, RoomCore, type RoomPorts } from './room_core.js';
import type { ClientState, RoomState } from './room_state.js';
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

// What happens to a client. `link` counts connections, `ask` questions for a token, `call` those
// who wait for an answer: what comes from an older one is passed over.
export type Event =
    | { type: 'start' | 'tick' }
    | { type: 'token'; ask: number; token: string; expiresAt?: number }
    | { type: 'noToken'; ask: number; reason: string; isFinal: boolean }
    | { type: 'opened'; link: number }
    | { type: 'heard'; link: number; frame: string }
    | { type: 'closed'; link: number; code: number; reason: string }
    | { type: 'wake' } // The network is there, or the page is seen again: find out at once.
    | { type: 'doubt' } // The network may be gone.
    | { type: 'sleep' } // The page is frozen, or goes away.
    | { type: 'stop'; reason: string }
    | JoinEvent
    | ActEvent
    | { type: 'leave'; room: number; call: number };

interface JoinEvent {
    type: 'join';
    room: number; // A number for it, never used again.
    call: number;
    target: Target;
    how: How;
}

interface ActEvent {
    type: 'act';
    room: number;
    call: number;
    name: string;
    data: unknown; // As JSON has it.
    base?: number;
}

// What is to be done, in order. `stale`: the token that will not do any more.
export type Effect =
    | { do: 'ask'; ask: number; stale?: string }
    | { do: 'dial'; link: number }
    | { do: 'send'; link: number; frame: string }
    | { do: 'hangUp'; link: number; code: number }
    | { do: 'store'; key: string; text: string | null }
    | { do: 'show'; state: ClientState }
    | { do: 'showRoom'; room: number; state: RoomState }
    | { do: 'settle'; call: number; answer?: object; refusal?: Refusal };

export interface Ports {
    codec: Codec;
    sdk: string;
    owner: string;
    random(): number;
    recall(key: string): string | null; // What `store` kept.
}

type Phase = 'idle' | 'asking' | 'dialling' | 'online' | 'waiting' | 'asleep' | 'stopped';

// One connection at a time, over and over, and the rooms joined over it. Events and instants in,
// effects out: whoever drives it brings clock, chance, sockets and storage. What a step changes is
// shown once, when all of it is applied, and calls are settled after that.
export class ClientCore {
    state: ClientState = Object.freeze({ status: 'connecting', principal: null });
    readonly clock = new ServerClock();
    #phase: Phase = 'idle';
    #now = 0;
    #effects: Effect[] = [];
    #shown = new Set<ClientCore | RoomCore>();
    #settled: Effect[] = [];

    #limits: Limits = { bytes: 65_536, rate: 50, inflight: 16 };
    #roomPorts: RoomPorts;
    #rooms = new Map<number, RoomCore>();
    #requests = new Map<number, RoomCore>(); // Joins and leaves without an answer.
    #nextRequest = FIRST_REQUEST;
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

    constructor(private readonly ports: Ports) {
        this.#roomPorts = this.#portsForRooms();
    }

    step(event: Event, now: number): Effect[] {
        this.#now = now;
        this.#take(event);
        for (const each of this.#shown)
            this.#effects.push(
                each instanceof RoomCore
                    ? { do: 'showRoom', room: each.key, state: each.state }
                    : { do: 'show', state: this.state },
            );
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
        const rooms = this.#phase === 'online' ? [...this.#rooms.values()] : [];
        return Math.min(...own, ...rooms.map((room) => room.due));
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
            case 'leave': {
                const room = this.#rooms.get(event.room);
                return room ? room.leave(event.call, this.#now) : this.#settle(event.call, {});
            }
        }
    }

    #act({ room, call, name, data, base }: ActEvent): void {
        const at = this.#rooms.get(room);
        if (at) return at.act(call, name, data, base, this.#now);
        this.#settle(call, undefined, new Refusal('room_closed', 'you left this room'));
    }

    #join({ room: key, call, target, how }: JoinEvent): void {
        const room = new RoomCore(key, this.#roomPorts, call, target, how);
        this.#rooms.set(key, room);
        if (this.#phase === 'stopped') room.stop('stopped', stopped(this.state.reason));
        else room.join(this.#now);
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
        this.#send({ t: 'auth', auth: token });
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
        this.#send({
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
        this.#limits = { ...this.#limits, ...message.max };
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
        for (const room of [...this.#rooms.values()]) room.join(this.#now);
    }

    // The seats and the actions are the other's, and so is what is stored of them.
    #becomeSomebodyElse(): void {
        const refusal = new Refusal('unauthenticated', 'somebody else came back', false, false);
        for (const room of [...this.#rooms.values()]) room.stop(refusal.code, refusal);
    }

    // ---- Hearing

    #heard(frame: string): void {
        if (this.#phase === 'online') this.#deadAt = this.#now + this.#dead;
        let messages: FromServer[];
        try {
            messages = this.ports.codec.decode(frame);
        } catch {
            return this.#lost(1007, 'the server sent what is no message');
        }
        const link = this.#link;
        for (const message of messages) if (link === this.#link) this.#handle(message);
    }

    #handle(message: FromServer): void {
        switch (message.t) {
            case undefined:
                return this.#send({}); // A heartbeat.
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
                return this.#answering(message.id)?.joined(message, this.#now);
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

    #failed(message: Failure): void {
        const { id, room: at } = message;
        if (id === undefined) {
            // The question without a number: a token that will not do, or too many messages.
            if (this.#probeAt !== null && this.#probe === 'auth')
                this.#refreshAt = this.#now + REFRESH_AGAIN;
            this.#probeAt = null;
        } else if (id >= FIRST_REQUEST) {
            this.#answering(id)?.refused(message, this.#now);
        } else {
            // Refused before anybody looked for its room, an action's id comes alone: for now.
            const rooms = [...this.#rooms.values()];
            for (const room of rooms)
                if (at ? room.state.id === at : room.awaits(id)) room.refused(message, this.#now);
        }
    }

    #answering(id: number): RoomCore | undefined {
        const room = this.#requests.get(id);
        this.#requests.delete(id);
        return room;
    }

    #find(id: string): RoomCore | undefined {
        return [...this.#rooms.values()].find((room) => room.state.id === id);
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
        if (now >= this.#deadAt) return this.#lost(4201, 'no answer from the server');
        if (now >= this.#askUntil) return this.#gotNoToken('no token was given', false);
        if (this.#phase !== 'online') return;
        if (now >= this.#goneAt) return this.#lost(1012, this.state.goaway?.why ?? '');
        if (now >= this.#pingAt) this.#ping();
        if (now >= this.#refreshAt) this.#refresh();
        const link = this.#link;
        for (const room of [...this.#rooms.values()])
            if (link === this.#link && now >= room.due) room.tick(now);
    }

    #ping(): void {
        this.#pingAt = this.#now + PING_EVERY;
        if (this.#probeAt !== null) return;
        this.#probeAt = this.#now;
        this.#probe = 'ping';
        this.#send({ t: 'ping' });
    }

    #refresh(): void {
        this.#refreshAt = this.#probeAt === null ? Infinity : this.#now + REFRESH_AGAIN / 10;
        if (this.#probeAt !== null) return;
        this.#isStale = true;
        this.#askForToken();
    }

    #wake(): void {
        if (this.#phase === 'asleep') return this.#connect();
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
        this.#set({ status: this.#notOnline, reason: 'the page is asleep' });
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
        this.#retryFloor = this.#now + pause.floor;
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
        for (const room of [...this.#rooms.values()]) room.stop('stopped', stopped(reason));
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
        for (const room of this.#rooms.values()) room.cutOff();
    }

    // ---- Saying

    #send(message: ToServer): void {
        const price = 1000 / (this.#limits.rate * RATE_SHARE);
        this.#paidUntil = Math.max(this.#paidUntil, this.#now) + price;
        const frame = this.ports.codec.encode(message);
        this.#effects.push({ do: 'send', link: this.#link, frame });
    }

    // What of the last one is left out stays unsaid: a state is what holds now.
    #set(change: Partial<ClientState> & { status?: ClientState['status'] }): void {
        const { status, principal } = this.state;
        this.state = Object.freeze({ status, principal, ...change });
        this.#shown.add(this);
    }

    #settle(call: number, answer?: object, refusal?: Refusal): void {
        this.#settled.push({ do: 'settle', call, answer, refusal });
    }

    #portsForRooms(): RoomPorts {
        const core = this;
        return {
            get limits() {
                return core.#limits;
            },
            get isOnline() {
                return core.#phase === 'online';
            },
            owner: core.ports.owner,
            random: core.ports.random,
            outboxKey: (room) => `gatehouse:outbox:${core.state.principal}:${room}`,
            recall: core.ports.recall,
            store: (key, text) => core.#effects.push({ do: 'store', key, text }),
            send: (message) => core.#send(message),
            request(room, message) {
                const id = core.#nextRequest++;
                core.#requests.set(id, room);
                core.#send({ ...message, id } as ToServer);
                return id;
            },
            mayActAt: (now) => Math.max(now, core.#paidUntil - 1000),
            giveUp: () => core.#lost(4203, 'the server does not answer'),
            claim(room) {
                const again = new Refusal('replaced', 'joined again', false, false);
                for (const other of [...core.#rooms.values()])
                    if (other !== room && other.state.id === room.state.id)
                        other.stop('replaced', again);
            },
            show(room) {
                core.#shown.add(room);
                if (room.state.status === 'left') core.#rooms.delete(room.key);
            },
            settle: (call, answer, refusal) => core.#settle(call, answer, refusal),
        };
    }
}

const stopped = (reason = 'the client is stopped') => new Refusal('stopped', reason, true, false);
