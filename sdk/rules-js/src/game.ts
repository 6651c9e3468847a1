// SPDX-License-Identifier: Apache-2.0

import type { Data } from './data.js';
import type { JsonObject } from './json.js';
import type { Occupant, Seat } from './protocol.js';
import type { Random } from './random.js';
import type { RefusalCode } from './refused.js';
import { tagOfMainScript } from './tag.js';

/** What a game is told when a room is made. */
export interface Setting {
    readonly options: JsonObject;
    readonly seats: readonly Occupant[];
    readonly now: number;
    readonly random: Random;
    refuse(message: string, code?: RefusalCode): never;
}

/** A room while something is decided in it. What is done to it counts; if it throws, nothing. */
export interface Table<S> {
    /** Plain data. Change it as you like. */
    state: S;
    readonly seats: readonly Occupant[];
    /** Milliseconds since 1970. */
    readonly now: number;
    readonly random: Random;
    /** Sets an alarm (again). It survives restarts. */
    arm(timer: string, ms: number): void;
    cancel(timer: string): void;
    /** Stands in the room's history beside what happened. For people: rules are not told of it. */
    tell(what: JsonObject): void;
    /** The game has ended with this. */
    finish(): void;
    refuse(message: string, code?: RefusalCode): never;
}

export interface Wish {
    readonly action: string;
    readonly data?: JsonObject;
}

export interface Standing {
    readonly seat: Seat;
    /** 1 is the best. */
    readonly place: number;
    readonly points: number;
}

/** A seat, several, or undefined: all may act. */
export type Turn = Seat | readonly Seat[] | undefined;

/** What is so while `state.phase` is its name. */
export interface Phase<S> {
    /** May people take and leave seats? No, if left out. */
    readonly open?: boolean;
    /** What may be done in it: all that the game knows, if left out. */
    readonly actions?: readonly string[];
    /** Whose turn it is; the game's `turn`, if left out. */
    turn?(state: S): Turn;
}

export interface Rules<S extends object, V extends object = object> {
    /** As in the configuration and in `POST /v1/rooms`. */
    readonly name: string;
    /** Of these rules: rooms of others are migrated. If left out, a digest of the main script. */
    readonly tag?: string;
    setup(setting: Setting): S;
    readonly actions: {
        readonly [name: string]: (table: Table<S>, data: Data, seat: Seat) => void;
    };
    /** By name; then `state.phase` is always one of them. */
    readonly phases?: { readonly [name: string]: Phase<S> };
    turn?(state: S): Turn;
    /** What happens when an alarm rings. */
    readonly timers?: { readonly [name: string]: (table: Table<S>) => void };
    /**
     * Who sits there stayed away too long (`absence: { then: forfeit }` in the configuration): the
     * game goes on without them, and the seat is nobody's. Left out: the room ends.
     */
    forfeit?(table: Table<S>, seat: Seat): void;
    /** What a bot would do on a seat whose turn it is. It sees what the seat sees. */
    bot?(view: V, seat: Seat, random: Random): Wish | undefined;
    /** What this seat may know; undefined: who only watches. What is not in it is not sent. */
    view(state: S, seat: Seat | undefined): V;
    /** Who won, when it is over. */
    results?(state: S): readonly Standing[];
    /** The state of older rules becomes one of these. Left out: it is one. */
    migrate?(state: unknown, tag: string): S;
}

/** Rules that were looked over. */
export type Game<S extends object = any, V extends object = any> = Rules<S, V> & {
    readonly tag: string;
};

const WORD = /^[a-z0-9_]{1,64}$/;

/** Looks the rules over: what is wrong with them is said now, not when somebody plays. */
export function game<S extends object, V extends object>(rules: Rules<S, V>): Game<S, V> {
    const insist = (truth: boolean, what: string) => {
        if (!truth) throw new TypeError(`game "${rules.name}": ${what}`);
    };
    insist(/^[a-z0-9-]{1,64}$/.test(rules.name), 'name: expected a-z, 0-9 and - alone');
    const names = [...Object.keys(rules.actions), ...Object.keys(rules.timers ?? {})];
    for (const name of names) insist(WORD.test(name), `${name}: expected a snake_case word`);
    for (const [name, phase] of Object.entries(rules.phases ?? {}))
        for (const action of phase.actions ?? [])
            insist(names.includes(action), `phase ${name} has an action ${action} that is none`);
    insist(rules.tag === undefined || /^.{1,64}$/.test(rules.tag), 'tag: expected 1 to 64 letters');
    return { ...rules, tag: rules.tag ?? tagOfMainScript() };
}
