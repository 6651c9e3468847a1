// SPDX-License-Identifier: Apache-2.0

import { ask, type Auth } from './auth.js';
import { ClientCore } from './client_core.js';
import type { Effect, Event } from './client_ports.js';
import { json } from './codec.js';
import { Observable } from './observable.js';
import type { How, Target } from './protocol.js';
import { Refusal } from './refusal.js';
import { Room } from './room.js';
import type { AnyGame, ClientState, Game } from './room_state.js';
import { freshRoom } from './room_state.js';
import { realWorld, type Socket, type Store, type World } from './world.js';

export interface Options {
    /** Of the server, http or https. */
    url: string | URL;
    auth: Auth;
    /** Where actions without an answer outlive the page; else the tab's. */
    store?: Store;
    /** In Node before 22, which has none: such as that of npm ws. */
    WebSocket?: new (url: string, subprotocol: string) => unknown;
    /**
     * Actions under way at once, in a room; else as many as the server takes. With 1, none is sent
     * before the one before it is answered: they are applied in order, whatever is refused for now.
     */
    inflight?: number;
    /** Bugs of listeners, and a store that refuses. */
    onError?: (error: unknown) => void;
    world?: Partial<World>;
}

interface Call {
    resolve(answer: object): void;
    reject(refusal: Refusal): void;
}

/**
 * One person's connection, kept up until close(), and the rooms joined over it. It drives the core:
 * carries out what that decides, and hands it what happens.
 */
export class Client extends Observable<ClientState> {
    #core: ClientCore;
    #world: World;
    #url: URL;
    #auth: Auth;
    #store: Store;
    #onError: (error: unknown) => void;
    #socket: Socket | null = null;
    #link = 0;
    #timer: unknown;
    #queue: Effect[] = [];
    #isRunning = false;
    #rooms = new Map<number, { words: string; room: Room }>();
    #calls = new Map<number, Call>();
    #count = 0; // Of rooms and calls.
    #unlisten: () => void;

    constructor({ url, auth, store, WebSocket, inflight, onError, world }: Options) {
        const report = (error: unknown) => {
            try {
                (onError ?? console.error)(error);
            } catch {} // Whoever is told of bugs has one: there is nobody else to tell.
        };
        const real = { ...realWorld(), ...world };
        if (WebSocket) real.dial = (...asked) => new WebSocket(...asked) as Socket;
        const core = new ClientCore({
            codec: json,
            sdk: 'js/0.1.0',
            owner: real.random().toString(36).slice(2),
            inflight,
            random: real.random,
            recall: (key) => this.#recall(key),
        });
        super(core.state, report);
        this.#core = core;
        this.#world = real;
        this.#url = new URL(url);
        this.#auth = auth;
        this.#store = store ?? real.store;
        this.#onError = report;
        this.#unlisten = real.listen((type) => this.#take({ type }));
        this.#take({ type: 'start' });
    }

    /** The server's clock, in milliseconds since 1970. */
    now(): number {
        return this.#world.now() + this.#core.clock.offset;
    }

    /** The room, while it is being joined; the same one for the same words, until it is left. */
    room<G extends Game = AnyGame>(target: Target, how: How = {}): Room<G> {
        const room = this._room<G>(target, how);
        room._isKept = true;
        return room;
    }

    /** @internal */
    _room<G extends Game>(target: Target, { as = 'player', seat }: How): Room<G> {
        const words = JSON.stringify([target, as, seat]);
        for (const known of this.#rooms.values())
            if (known.words === words) return known.room as unknown as Room<G>;
        const key = ++this.#count;
        const room: Room = new Room(this, key, freshRoom, this.#onError, () => {
            this.#rooms.set(key, { words, room });
            const how = { as, seat };
            return this._call((call) => ({ type: 'join', room: key, call, target, how }));
        });
        room.join();
        return room as unknown as Room<G>;
    }

    /** Resolves with the room once it shows a view; rejects with a Refusal. */
    join<G extends Game = AnyGame>(target: Target, how?: How): Promise<Room<G>> {
        return this.room<G>(target, how).ready;
    }

    /** Try now: ends a pause before connecting again; where connected, sees whether all is well. */
    wake(): void {
        this.#take({ type: 'wake' });
    }

    /** For good. Actions without an answer stay in the store: a later client sends them. */
    close(): void {
        this.#take({ type: 'stop', reason: 'closed' });
    }

    /** @internal */
    _call(event: (call: number) => Event): Promise<object> {
        const answer = new Promise<object>((resolve, reject) => {
            const call = ++this.#count;
            const asked = event(call);
            this.#calls.set(call, { resolve, reject });
            this.#take(asked);
        });
        answer.catch(() => {}); // Who does not wait for it finds it in `state.refused`.
        return answer;
    }

    /** @internal */
    _close(key: number): void {
        this.#take({ type: 'close', room: key });
    }

    // ---- Driving the core

    // What listeners cause meanwhile waits its turn, so that effects keep their order.
    #take(event: Event): void {
        this.#queue.push(...this.#core.step(event, this.#world.now()));
        if (this.#isRunning) return;
        this.#isRunning = true;
        for (let effect; (effect = this.#queue.shift()); ) {
            try {
                this.#carryOut(effect);
            } catch (error) {
                this.#onError(error); // Of a socket that cannot send, too: silence will tell.
            }
        }
        this.#isRunning = false;
        this.#arm();
    }

    #arm(): void {
        this.#world.clearTimeout(this.#timer);
        const wait = Math.max(0, this.#core.due - this.#world.now());
        if (wait === Infinity) return;
        const tick = () => this.#take({ type: 'tick' });
        this.#timer = this.#world.setTimeout(tick, wait);
    }

    #carryOut(effect: Effect): void {
        switch (effect.do) {
            case 'ask':
                return void this.#ask(effect.ask, effect.stale);
            case 'dial':
                return this.#dial(effect.link);
            case 'send':
                if (effect.link === this.#link) this.#socket?.send(effect.frame);
                return;
            case 'hangUp':
                return this.#hangUp(effect.code);
            case 'store': // Where it refuses, only a reload forgets: they are sent all the same.
                if (effect.text === null) this.#store.removeItem(effect.key);
                else this.#store.setItem(effect.key, effect.text);
                return;
            case 'show':
                this._become(effect.state);
                if (effect.state.status === 'stopped') this.#unlisten();
                return;
            case 'showRoom': {
                const known = this.#rooms.get(effect.room);
                if (effect.state.status === 'left') this.#rooms.delete(effect.room);
                return known?.room._become(effect.state);
            }
            case 'tell':
                return this.#rooms.get(effect.room)?.room._tell(effect.news);
            case 'settle': {
                const waiting = this.#calls.get(effect.call);
                this.#calls.delete(effect.call);
                if (effect.refusal) waiting?.reject(effect.refusal);
                else waiting?.resolve(effect.answer!);
            }
        }
    }

    async #ask(number: number, stale?: string): Promise<void> {
        try {
            this.#take({ type: 'token', ask: number, ...(await ask(this.#auth, stale)) });
        } catch (error) {
            const isFinal = error instanceof Refusal && !error.retry;
            this.#take({ type: 'noToken', ask: number, reason: String(error), isFinal });
        }
    }

    #dial(link: number): void {
        const url = new URL('/v1/connect', this.#url);
        url.protocol = url.protocol.replace('http', 'ws');
        this.#link = link;
        try {
            const socket = this.#world.dial(url.href, json.subprotocol);
            this.#socket = socket;
            socket.onopen = () => this.#take({ type: 'opened', link });
            socket.onmessage = ({ data }) =>
                this.#take({ type: 'heard', link, frame: data as string });
            socket.onclose = ({ code, reason }) =>
                this.#take({ type: 'closed', link, code, reason });
            socket.onerror = () => {}; // A close follows.
        } catch (error) {
            this.#onError(error);
            this.#take({ type: 'closed', link, code: 1006, reason: String(error) });
        }
    }

    #hangUp(code: number): void {
        const socket = this.#socket;
        this.#socket = null;
        if (!socket) return;
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close(code >= 3000 ? code : 1000); // The only ones that a page may send.
    }

    #recall(key: string): string | null {
        try {
            return this.#store.getItem(key);
        } catch (error) {
            this.#onError(error);
            return null;
        }
    }
}

/** Connects at once, and stays connected until `close()`. */
export const connect = (options: Options): Client => new Client(options);
