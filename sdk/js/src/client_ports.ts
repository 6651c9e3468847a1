// SPDX-License-Identifier: Apache-2.0
//
// What goes into the core of a client, and what comes out.

import type { Codec } from './codec.js';
import type { How, News, Target } from './protocol.js';
import type { Refusal } from './refusal.js';
import type { ClientState, RoomState } from './room_state.js';

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
    | AskEvent
    | { type: 'leave'; room: number; call: number }
    | { type: 'close'; room: number };

export interface JoinEvent {
    type: 'join';
    room: number; // A number for it, never used again.
    call: number;
    target: Target;
    how: How;
}

export interface ActEvent {
    type: 'act';
    room: number;
    call: number;
    name: string;
    data: unknown; // As JSON has it.
    base?: number;
}

export interface AskEvent {
    type: 'ask';
    room: number;
    call: number;
    q: string;
    d: unknown; // As JSON has it.
    within: number; // Milliseconds.
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
    | { do: 'tell'; room: number; news: readonly News[] }
    | { do: 'settle'; call: number; answer?: object; refusal?: Refusal };

export interface Ports {
    codec: Codec;
    sdk: string;
    owner: string;
    inflight?: number; // Actions under way in a room at most, whatever the server takes.
    random(): number;
    recall(key: string): string | null; // What `store` kept.
}
