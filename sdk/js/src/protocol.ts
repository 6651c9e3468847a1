// SPDX-License-Identifier: Apache-2.0
//
// What is said over the wire (docs/protocol.md), as this version of the server speaks it.

export type ErrorCode =
    | 'bad_request'
    | 'unauthenticated'
    | 'token_expired'
    | 'forbidden'
    | 'not_found'
    | 'room_full'
    | 'room_closed'
    | 'wrong_phase'
    | 'not_your_turn'
    | 'rejected'
    | 'stale_base'
    | 'out_of_order'
    | 'too_large'
    | 'rate_limited'
    | 'busy'
    | 'unavailable'
    | 'internal'
    | 'unsupported';

/** Where to go: a room by its id or its invite code, or any open room of a game. */
export type Target = { room: string } | { code: string } | { find: { game: string } };

/** As whom. Without a seat: the first free one. */
export interface How {
    as?: 'player' | 'spectator';
    seat?: number;
}

// A view's version: epoch and sequence number; in a game in fixed steps also how many were taken,
// which is left out while there was none.
export interface Place {
    e: number;
    s: number;
    k?: number;
}

export interface Act {
    t: 'act';
    id: number;
    room: string;
    a: string;
    d?: unknown;
    base?: number;
}

export type ToServer =
    | { t: 'hello'; v: 1; sdk: string; auth: string; resume?: Resume }
    | ({ t: 'join'; id: number; at?: Place; ticks?: boolean } & Target & How)
    | Act
    | { t: 'leave'; id: number; room: string }
    | { t: 'rpc'; id: number; room: string; q: string; d?: unknown }
    | { t: 'auth'; auth: string }
    | { t: 'ping' }
    | Record<string, never>;

export interface Resume {
    sid: string;
    tok: string;
}

export interface Limits {
    bytes: number; // Of one message.
    rate: number; // Messages a second.
    inflight: number; // Actions without an answer, per room.
}

export interface Welcome extends Resume {
    t: 'welcome';
    dead: number;
    now: number;
    principal: string;
    max: Limits;
    resumed: boolean;
}

export interface Joined extends Place {
    t: 'joined';
    id: number;
    room: string;
    game: string;
    seat: number | null;
    how: 'live' | 'tail' | 'snap';
    view?: unknown;
    last: number;
    durability: string;
}

// A merge patch (d) on the view at `p`, or a whole view of epoch `e`.
export interface Update {
    t: 'upd';
    room: string;
    p: number;
    s: number;
    pk?: number;
    k?: number;
    d?: unknown;
    e?: number;
    view?: unknown;
    ev?: News[];
}

// What the game shows of an event on the way to the view that it led to.
export interface News {
    readonly e: string;
    readonly d?: unknown;
}

export interface Failure {
    t: 'err';
    id?: number;
    room?: string;
    code: ErrorCode;
    msg: string;
    retry: boolean;
}

export type Whereabouts = 'here' | 'away';

// What a room says to those who are in it.
export type FromRoom =
    | Update
    | { t: 'ack'; id: number; room: string; s: number }
    | { t: 'left'; room: string; why: string }
    | { t: 'timer'; room: string; name: string; at: number | null }
    | { t: 'pres'; room: string; seats: Record<string, Whereabouts> };

export type FromServer =
    | Welcome
    | Joined
    | Failure
    | FromRoom
    | { t: 'res'; id: number; room: string; s: number; d: unknown }
    | { t: 'pong'; now: number }
    | { t: 'goaway'; why: string; in: number }
    | { t: 'bye'; code: ErrorCode; msg: string; retry: boolean }
    | { t?: undefined };
