// SPDX-License-Identifier: Apache-2.0

import type { Client } from './client.js';
import { Observable } from './observable.js';
import type { News } from './protocol.js';
import type { AnyGame, Game, RoomState, View } from './room_state.js';

/** The platform's own actions, beside those of a game. */
export interface PlatformActions {
    'room.name': { name: string };
    'room.bot': { seat: number };
    'room.unbot': { seat: number };
}

export type Actions<G extends Game> = G['actions'] & PlatformActions;

export interface ActOptions {
    /** Refused as stale_base, unless the room is at this version still. */
    base?: number;
}

/** An action without data need not say so. */
export type ActArguments<D> = undefined extends D
    ? [data?: D, options?: ActOptions]
    : [data: D, options?: ActOptions];

export interface Applied {
    id: number;
    /** The version that it led to. */
    s: number;
}

/** What an event of the game is to those who watch: `{ e: name, d: data }`. */
export type NewsOf<G extends Game> = G extends { news: infer N }
    ? { [K in keyof N]: { readonly e: K; readonly d: N[K] } }[keyof N]
    : News;

/** The questions of a game: name → `{ d: data, r: answer }`. */
export type Questions<G extends Game> = G extends { questions: infer Q } ? Q : Record<string, any>;
type DataOf<Q> = Q extends { d: infer D } ? D : any;
type AnswerOf<Q> = Q extends { r: infer R } ? R : any;

/** One room as this person sees it: `state` is all that is known, `subscribe` tells of changes. */
export class Room<G extends Game = AnyGame> extends Observable<RoomState<G>> {
    /** It was joined, or the refusal. */
    ready!: Promise<this>;
    /** @internal Somebody beside the hooks has it. */
    _isKept = false;
    #listeners = new Set<(news: NewsOf<G>) => void>();

    /** @internal */
    constructor(
        private readonly client: Client,
        private readonly key: number,
        state: RoomState<G>,
        onError: (error: unknown) => void,
        private readonly enter: () => Promise<object>,
    ) {
        super(state, onError);
    }

    /** Comes back into a room that was left: replaced by another tab, closed, or refused. */
    join(): Promise<this> {
        this.ready = this.enter().then(() => this);
        this.ready.catch(() => {}); // The state says so, too.
        return this.ready;
    }

    get view(): View<G> | null {
        return this.state.view;
    }

    /**
     * Resolves once the action is durable and `state` shows it; rejects with a Refusal. What was
     * asked while the connection is gone is sent when it is back.
     */
    act<K extends keyof Actions<G> & string>(
        name: K,
        ...[data, options]: ActArguments<Actions<G>[K]>
    ): Promise<Applied> {
        const base = options?.base;
        return this.client._call((call) => ({
            type: 'act',
            room: this.key,
            call,
            name,
            data: data === undefined ? undefined : JSON.parse(JSON.stringify(data)),
            base,
        })) as Promise<Applied>;
    }

    /** A question that changes nothing. Rejects where no answer comes: it is not asked again. */
    ask<K extends keyof Questions<G> & string>(
        name: K,
        data?: DataOf<Questions<G>[K]>,
        { timeout = 10_000 } = {},
    ): Promise<AnswerOf<Questions<G>[K]>> {
        return this.client._call((call) => ({
            type: 'ask',
            room: this.key,
            call,
            q: name,
            d: data,
            within: timeout,
        })) as Promise<AnswerOf<Questions<G>[K]>>;
    }

    /**
     * Calls `listener` with what the game tells of each event, after `state` shows where it led.
     * Who was away, or too slow, gets a view without: the view alone is always right.
     */
    on(_: 'ev', listener: (news: NewsOf<G>) => void): () => void {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
    }

    /** @internal */
    _tell(news: readonly News[]): void {
        for (const each of news)
            for (const listener of this.#listeners) this._try(() => listener(each as NewsOf<G>));
    }

    /** Gives the seat up while a game has not begun; this client hears no more of the room. */
    async leave(): Promise<void> {
        await this.client._call((call) => ({ type: 'leave', room: this.key, call }));
    }

    /** Lets go of it here: the seat stays, and what was not answered is sent by who joins next. */
    close(): void {
        this.client._close(this.key);
    }

    /** Milliseconds until a timer rings, or null: there is none. */
    timeLeft(name: string): number | null {
        const at = this.state.timers[name];
        return at === undefined ? null : Math.max(0, at - this.client.now());
    }
}
