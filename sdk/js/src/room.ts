// SPDX-License-Identifier: Apache-2.0

import type { Client } from './client.js';
import { Observable } from './observable.js';
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

/** One room as this person sees it: `state` is all that is known, `subscribe` tells of changes. */
export class Room<G extends Game = AnyGame> extends Observable<RoomState<G>> {
    /** It was joined, or the refusal. */
    readonly ready: Promise<this>;

    /** @internal */
    constructor(
        private readonly client: Client,
        private readonly key: number,
        state: RoomState<G>,
        onError: (error: unknown) => void,
        joined: Promise<object>,
    ) {
        super(state, onError);
        this.ready = joined.then(() => this);
        this.ready.catch(() => {}); // The state says so, too.
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

    /** Gives the seat up while a game has not begun; this client hears no more of the room. */
    async leave(): Promise<void> {
        await this.client._call((call) => ({ type: 'leave', room: this.key, call }));
    }

    /** Milliseconds until a timer rings, or null: there is none. */
    timeLeft(name: string): number | null {
        const at = this.state.timers[name];
        return at === undefined ? null : Math.max(0, at - this.client.now());
    }
}
