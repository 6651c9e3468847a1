// SPDX-License-Identifier: Apache-2.0
//
// Views are frozen and share what did not change: `===` tells what did, all the way down.

type Plain = Record<string, unknown>;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isPlain = (value: unknown): value is Plain => isObject(value) && !Array.isArray(value);
const has = (value: unknown, key: string): value is Plain =>
    isPlain(value) && Object.hasOwn(value, key);

// `next`, frozen, with all of `known` that is equal in it; `known` itself where everything is.
export function share<T>(known: unknown, next: T): T {
    if (known === next || !isObject(next)) return next;
    if (Array.isArray(next)) {
        const old = Array.isArray(known) ? known : [];
        const merged = next.map((each, i) => share(old[i], each));
        return same(known, merged) as T;
    }
    const entries = Object.entries(next).map(([key, value]) => [
        key,
        share(has(known, key) ? known[key] : undefined, value),
    ]);
    return same(known, Object.fromEntries(entries)) as T;
}

// RFC 7396.
export function mergePatch(known: unknown, patch: unknown): unknown {
    if (!isPlain(patch)) return share(known, patch);
    const merged = new Map(isPlain(known) ? Object.entries(known) : []);
    for (const [key, value] of Object.entries(patch)) {
        if (value === null) merged.delete(key);
        else merged.set(key, mergePatch(merged.get(key), value));
    }
    return same(known, Object.fromEntries(merged));
}

// Equal one level deep is equal, since below that equal things are the same.
function same(known: unknown, next: Plain | unknown[]): unknown {
    const keys = Object.keys(next);
    const isSame =
        isObject(known) &&
        Array.isArray(known) === Array.isArray(next) &&
        Object.keys(known).length === keys.length &&
        keys.every((key) => Object.hasOwn(known, key) && at(known, key) === at(next, key));
    return isSame ? known : Object.freeze(next);
}

const at = (value: object, key: string): unknown => (value as Plain)[key];
