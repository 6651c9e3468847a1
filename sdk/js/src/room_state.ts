// SPDX-License-Identifier: Apache-2.0
//
// What a client knows of itself and of its rooms, as immutable values: a change is a new value,
// which shares what did not change.

import type { PendingAction } from './outbox.js';
import type { Whereabouts } from './protocol.js';
import type { Refusal } from './refusal.js';

/** What a game's client knows at compile time: its view, and its actions with their data. */
export interface Game {
    view: unknown;
    actions: object;
    /** What is told of its events: name → data. */
    news?: object;
    /** What can be asked of it: name → `{ d: data, r: answer }`. */
    questions?: object;
}

export interface AnyGame {
    view: any;
    actions: Record<string, any>;
}

export interface SeatInfo {
    by: 'nobody' | 'player' | 'bot';
    name?: string;
    stand_in?: boolean;
    /** It waits for somebody, and is nobody else's. */
    reserved?: boolean;
}

export interface View<G extends Game = AnyGame> {
    readonly room: {
        readonly code: string;
        readonly game: string;
        readonly status: 'open' | 'running' | 'finished';
        readonly host?: number;
        readonly seats: readonly SeatInfo[];
        readonly commit: string;
        readonly seed?: string;
    };
    readonly game: G['view'];
}

export interface RoomState<G extends Game = AnyGame> {
    /** joining: not there yet, or cut off (the view is what was seen last); left: for good. */
    readonly status: 'joining' | 'live' | 'left';
    /** It was left: replaced, erased, stopped, or the code of a refusal. */
    readonly why?: string;
    readonly id: string | null;
    readonly game: string | null;
    /** null: a spectator. */
    readonly seat: number | null;
    readonly e: number;
    /** The version of the view: never falls within an epoch `e`. */
    readonly s: number;
    /** In a game in fixed steps: of which one the view is. */
    readonly k?: number;
    readonly view: View<G> | null;
    /** By seat. */
    readonly presence: Readonly<Record<string, Whereabouts>>;
    /** When they ring, in milliseconds since 1970 by the server's clock. */
    readonly timers: Readonly<Record<string, number>>;
    /** Actions without an answer, oldest first. */
    readonly pending: readonly PendingAction[];
    /** The last one that was. */
    readonly refused: { readonly action: PendingAction; readonly refusal: Refusal } | null;
}

export interface ClientState {
    readonly status: 'connecting' | 'online' | 'reconnecting' | 'stopped';
    readonly principal: string | null;
    /** Of the last connection's close. */
    readonly code?: number;
    /** What was said of it. */
    readonly reason?: string;
    /** By this device's clock. */
    readonly retryAt?: number;
    /** The server is leaving, at so many milliseconds since 1970 by this device's clock. */
    readonly goaway?: { readonly why: string; readonly at: number };
}

export const freshRoom: RoomState = Object.freeze({
    status: 'joining',
    id: null,
    game: null,
    seat: null,
    e: 0,
    s: 0,
    view: null,
    presence: Object.freeze({}),
    timers: Object.freeze({}),
    pending: Object.freeze([]),
    refused: null,
});
