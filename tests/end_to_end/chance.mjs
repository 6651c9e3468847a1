// SPDX-License-Identifier: Apache-2.0
//
// Chance that can be repeated: the tests print the seed that they began with.

export const seed = Number(process.env.SEED ?? 1 + Math.floor(Math.random() * 1e6));

// Mulberry32.
export function randomFrom(state) {
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}
