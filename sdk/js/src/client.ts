// SPDX-License-Identifier: Apache-2.0

import { ask, type Auth } from './auth.js';
import { ClientCore, type Effect, type Event } from './client_core.js';
import { json } from './codec.js';
import { http } from './http.js';
import { Observable } from './observable.js';
import type { How, Target } from './protocol.js';
import { Refusal } from './refusal.js';
import { Room } from './room.js';
import type { AnyGame, ClientState, Game, RoomState } from './room_state.js';
import { freshRoom } from './room_state.js';
import { realWorld, type Socket, type Store, type World } from './world.js';

const TIMER_MAX = 2 ** 31 - 1;

export interface Options {
    /** Of the server, http or https. */
    url: string | URL;
    auth: Auth;
    /** Where actions without an answer outlive the page; else the tab's. */
    store?: Store;
    /** In Node before 22, which has none: such as that of npm ws. */
    WebSocket?: new (url: string, subprotocol: string) => unknown;
    /** Bugs of listeners, and a store that refuses. */
    onError?: (error: unknown) => void;
    world?: Partial<World>;
}

interface Call {
    resolve(answer: object): void;
    reject(refusal: Refusal): void;
}

export interface Listing {
    room: string;
    code: string;
    game: string;
    [more: string]: unknown;
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

    constructor({ url, auth, store, WebSocket, onError, world }: Options) {
        const report = onError ?? ((error: unknown) => console.error(error));
        const real = { ...realWorld(), ...world };
        if (WebSocket) real.dial = (...asked) => new WebSocket(...asked) as Socket;
        const core = new ClientCore({
            codec: json,
            sdk: 'js/0.1.0',
            owner: real.random().toString(36).slice(2),
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
        const words = JSON.stringify([target, how]);
        for (const known of this.#rooms.values())
            if (known.words === words) return known.room as unknown as Room<G>;
        const key = ++this.#count;
        let begin: Event;
        const joined = this._call((call) => {
            begin = { type: 'join', room: key, call, target, how };
            return null;
        });
        const room = new Room(this, key, freshRoom, this.#onError, joined);
        this.#rooms.set(key, { words, room });
        this.#take(begin!);
        return room as unknown as Room<G>;
    }

    /** Resolves with the room once it shows a view; rejects with a Refusal. */
    join<G extends Game = AnyGame>(target: Target, how?: How): Promise<Room<G>> {
        return this.room<G>(target, how).ready;
    }

    async createRoom(game: string, options: object = {}): Promise<{ room: string; code: string }> {
        return this.#http('/v1/rooms', { method: 'POST', body: { game, options } });
    }

    async listRooms(which: { game?: string; open?: boolean } = {}): Promise<Listing[]> {
        const { game, open = true } = which;
        const asked = new URLSearchParams({ open: String(open), ...(game && { game }) });
        return (await this.#http<{ rooms: Listing[] }>(`/v1/rooms?${asked}`)).rooms;
    }

    /** Try now: ends a pause before connecting again; where connected, sees whether all is well. */
    wake(): void {
        this.#take({ type: 'wake' });
    }

    /** For good. Actions without an answer stay in the store: a later client sends them. */
    close(): void {
        this.#take({ type: 'stop', reason: 'closed' });
    }

    async #http<T>(path: string, asked = {}): Promise<T> {
        const { token } = await ask(this.#auth);
        return http(this.#world, new URL(path, this.#url), { ...asked, token });
    }

    /** @internal */
    _call(event: (call: number) => Event | null): Promise<object> {
        const answer = new Promise<object>((resolve, reject) => {
            const call = ++this.#count;
            const asked = event(call);
            this.#calls.set(call, { resolve, reject });
            if (asked) this.#take(asked);
        });
        answer.catch(() => {}); // Who does not wait for it finds it in `state.refused`.
        return answer;
    }

    // ---- Driving the core

    // What listeners cause meanwhile waits its turn, so that effects keep their order.
    #take(event: Event): void {
        this.#queue.push(...this.#core.step(event, this.#world.now()));
        if (this.#isRunning) return;
        this.#isRunning = true;
        for (let effect; (effect = this.#queue.shift()); ) this.#carryOut(effect);
        this.#isRunning = false;
        this.#arm();
    }

    #arm(): void {
        this.#world.clearTimeout(this.#timer);
        const wait = Math.max(0, this.#core.due - this.#world.now());
        if (wait === Infinity) return;
        const tick = () => this.#take({ type: 'tick' });
        this.#timer = this.#world.setTimeout(tick, Math.min(wait, TIMER_MAX));
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
            case 'store':
                return this.#keep(effect.key, effect.text);
            case 'show':
                return this.#show(effect.state);
            case 'showRoom':
                return this.#showRoom(effect.room, effect.state);
            case 'settle':
                return this.#settle(effect);
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

    // Full, or forbidden: the actions are sent all the same, only a reload forgets them.
    #keep(key: string, text: string | null): void {
        try {
            if (text === null) this.#store.removeItem(key);
            else this.#store.setItem(key, text);
        } catch (error) {
            this.#onError(error);
        }
    }

    #show(state: ClientState): void {
        this._become(state);
        if (state.status === 'stopped') this.#unlisten();
    }

    #showRoom(key: number, state: RoomState): void {
        const known = this.#rooms.get(key);
        if (state.status === 'left') this.#rooms.delete(key);
        known?.room._become(state);
    }

    #settle({ call, answer, refusal }: Effect & { do: 'settle' }): void {
        const waiting = this.#calls.get(call);
        this.#calls.delete(call);
        if (refusal) waiting?.reject(refusal);
        else waiting?.resolve(answer!);
    }
}

/** Connects at once, and stays connected until `close()`. */
export const connect = (options: Options): Client => new Client(options);
