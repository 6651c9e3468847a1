// SPDX-License-Identifier: Apache-2.0
//
// What came with an action is whatever a client sent. These take a member of it, or refuse.

import { Refused } from './refused.js';

export type Data = Readonly<Record<string, unknown>>;

function expected(key: string, what: string): never {
    throw new Refused(`/${key}: expected ${what}`, 'bad_request');
}

/** A whole number from `min` to `max`. */
export function integer(data: Data, key: string, min: number, max: number): number {
    const value = data[key];
    const fits = Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
    return fits ? (value as number) : expected(key, `a whole number from ${min} to ${max}`);
}

/** A text of 1 to `max` characters. */
export function text(data: Data, key: string, max: number): string {
    const value = data[key];
    const fits = typeof value === 'string' && value.length > 0 && [...value].length <= max;
    return fits ? value : expected(key, `a text of 1 to ${max} characters`);
}

export function oneOf<T extends string>(data: Data, key: string, choices: readonly T[]): T {
    const found = choices.find((choice) => choice === data[key]);
    return found ?? expected(key, `one of ${choices.join(', ')}`);
}
