// SPDX-License-Identifier: Apache-2.0
//
// What a client knows of itself and of its rooms, as immutable values: a change is a new value,
// which shares what did not change.

import type { PendingAction } from './outbox.js';
import type { Whereabouts } from './protocol.js';
import type { Refusal } from './refusal.js';

// What a game's client knows at compile time: its view, and its actions with their data.
export interface Game {
    view: unknown;
    actions: object;
}

export interface AnyGame {
    view: any;
    actions: Record<string, any>;
}

export interface SeatInfo {
    by: 'nobody' | 'player' | 'bot';
    name?: string;
    stand_in?: boolean;
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
    // joining: not there yet, or cut off (the view is what was seen last); left: for good.
    readonly status: 'joining' | 'live' | 'left';
    readonly why?: string; // It was left.
    readonly id: string | null;
    readonly game: string | null;
    readonly seat: number | null; // null: a spectator.
    readonly e: number;
    readonly s: number; // The version of the view: never falls within an epoch `e`.
    readonly view: View<G> | null;
    readonly presence: Readonly<Record<string, Whereabouts>>; // By seat.
    readonly timers: Readonly<Record<string, number>>; // When they ring, by the server's clock.
    readonly pending: readonly PendingAction[]; // Actions without an answer, oldest first.
    readonly refused: { readonly action: PendingAction; readonly refusal: Refusal } | null;
}

export interface ClientState {
    readonly status: 'connecting' | 'online' | 'reconnecting' | 'stopped';
    readonly principal: string | null;
    readonly code?: number; // Of the last connection's close,
    readonly reason?: string; // and what was said of it.
    readonly retryAt?: number; // By this device's clock.
    readonly goaway?: { readonly why: string; readonly at: number }; // The server is leaving.
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
