// SPDX-License-Identifier: Apache-2.0
//
// JSON values, and the merge patches (RFC 7396) between them. In a patch null means gone, so what
// is kept has no member that is null.

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

export function isObject(value: unknown): value is JsonObject {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const LONE = /\p{Surrogate}/gu; // Halves of a character: what `slice` leaves of an emoji.
const ESCAPED = /\\ud[89a-f]/; // As JSON.stringify writes them.
const DEPTH_MAX = 40; // Gatehouse reads 48 levels, of which frame and question have some.

function repaired(_key: string, value: unknown): unknown {
    if (typeof value === 'string') return value.replace(LONE, '\ufffd');
    if (!isObject(value) || !Object.keys(value).some((key) => key.search(LONE) >= 0)) return value;
    const members = Object.entries(value);
    return Object.fromEntries(members.map(([key, each]) => [key.replace(LONE, '\ufffd'), each]));
}

/** JSON that is UTF-8 too: instead of what is half a character it has U+FFFD. */
export function toText(value: unknown): string {
    const text = JSON.stringify(value ?? null);
    return ESCAPED.test(text) ? JSON.stringify(value, repaired) : text;
}

/** Throws where gatehouse could not read that. */
export function insistReadable(value: unknown, depth = 1): void {
    if (typeof value === 'number') {
        const isWritten = Number.isInteger(value) && Math.abs(value) < 1e21; // Digit by digit.
        if (isWritten && (value >= 2 ** 64 || value < -(2 ** 63)))
            throw new RangeError(`${value} is more than 64 bits hold`);
    } else if (typeof value === 'object' && value !== null) {
        if (depth > DEPTH_MAX) throw new RangeError(`more than ${DEPTH_MAX} levels`);
        for (const each of Object.values(value)) insistReadable(each, depth + 1);
    }
}

/** As JSON has it: a copy that shares nothing. Throws where a member is null, and says which. */
export function toJson(value: unknown, name: string): Json {
    const copy = JSON.parse(toText(value)) as Json;
    const path = nullMember(copy, name);
    if (path !== undefined)
        throw new TypeError(`${path} is null (or NaN), which no merge patch can say: leave it out`);
    return copy;
}

function nullMember(value: Json, path: string): string | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    const isArray = Array.isArray(value);
    for (const [key, each] of Object.entries(value)) {
        const here = isArray ? `${path}[${key}]` : `${path}.${key}`;
        if (each === null && !isArray) return here;
        const found = nullMember(each as Json, here);
        if (found !== undefined) return found;
    }
    return undefined;
}

export function isSame(a: Json, b: Json): boolean {
    if (a === b) return true;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    const keys = Object.keys(a);
    const other = b as JsonObject;
    return (
        keys.length === Object.keys(b).length &&
        keys.every((key) => Object.hasOwn(b, key) && isSame((a as JsonObject)[key]!, other[key]!))
    );
}

/** What makes `to` of `from`; undefined where they are equal. */
export function diff(from: Json, to: Json): Json | undefined {
    if (!isObject(from) || !isObject(to)) return isSame(from, to) ? undefined : to;
    const patch: [string, Json][] = [];
    for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) patch.push([key, null]);
    for (const [key, value] of Object.entries(to)) {
        const change = Object.hasOwn(from, key) ? diff(from[key]!, value) : value;
        if (change !== undefined) patch.push([key, change]);
    }
    return patch.length > 0 ? Object.fromEntries(patch) : undefined;
}

function member(value: Json, key: string): Json | undefined {
    return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** What all of them say: each of them is made of it by a patch without nulls. */
export function common(all: readonly Json[]): Json {
    const [first, ...others] = all;
    if (!isObject(first)) return first ?? null;
    const kept: [string, Json][] = [];
    for (const [key, value] of Object.entries(first)) {
        const beside = others.map((other) => member(other, key));
        if (beside.every((each) => each !== undefined && isSame(each, value)))
            kept.push([key, value]);
        else if (isObject(value) && beside.every(isObject))
            kept.push([key, common([value, ...beside])]);
    }
    return Object.fromEntries(kept);
}

/** RFC 7396, changing neither. */
export function merge(target: Json, patch: Json): Json {
    if (!isObject(patch)) return patch;
    const members = new Map(isObject(target) ? Object.entries(target) : []);
    for (const [key, value] of Object.entries(patch))
        if (value === null) members.delete(key);
        else members.set(key, merge(members.get(key) ?? null, value));
    return Object.fromEntries(members);
}
