// SPDX-License-Identifier: Apache-2.0
//
// The messages of gatehouse.rules.v1: docs/rules-protocol.md.

import type { JsonObject } from './json.js';
import type { RefusalCode } from './refused.js';

export const PROTOCOL = 'gatehouse.rules.v1';
export const FRAME_BYTES_MAX = 1 << 20;

/** 0 … seats - 1. */
export type Seat = number;
export type Occupant = 'nobody' | 'player' | 'bot';

/** A room's state, as it is stored: what the process writes there is all that is ever shown. */
export interface Document {
    readonly options?: JsonObject; // All that a new room has.
    readonly v?: string;
    readonly secret?: JsonObject;
    readonly all?: JsonObject;
    readonly seats?: { readonly [seat: string]: JsonObject };
    readonly bots?: { readonly [seat: string]: { readonly a: string; readonly d: JsonObject } };
    readonly open?: boolean;
    readonly for?: readonly Occupant[];
    readonly results?: readonly JsonObject[];
}

export interface Question {
    readonly q: number;
    readonly game: string;
    readonly room: string;
    readonly state?: Document;
    readonly after?: number;
    readonly do: 'act' | 'timer' | 'prepare';
    readonly seat?: Seat;
    readonly a?: string;
    readonly d?: JsonObject;
    readonly now: number;
    readonly seed: string;
    readonly seats: readonly Occupant[];
}

export interface Happened {
    readonly e: string;
    readonly d?: JsonObject;
    readonly p?: JsonObject;
}

/** Without `q`: what is decided. */
export interface Decision {
    readonly ev?: readonly Happened[];
    readonly timers?: readonly (readonly [string, number | null])[];
    readonly over?: true;
    readonly no?: { readonly code: RefusalCode; readonly msg: string };
    readonly failed?: string;
}
