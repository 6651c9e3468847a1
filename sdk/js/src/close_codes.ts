// SPDX-License-Identifier: Apache-2.0
//
// What a close code asks for (docs/protocol.md, "Close codes"). The range decides, so that numbers
// of a later server are obeyed too.

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 8000;
const AT_ONCE = 500; // The jitter of those who shall come back at once.
const FLOOR = 1000; // The least that "back off" means.

// How long to stay away, or null: for good. `least` is the part that no wish to hurry shortens;
// `attempt` counts the failures in a row before this one. Full jitter: anything up to the bound.
export interface Pause {
    least: number;
    length: number;
}

export function pauseAfter(code: number, attempt: number, random: () => number): Pause | null {
    if (code >= 4000 && code < 4100) return null;
    const mustWait = code === 1013 || (code >= 4100 && code < 4200);
    const atOnce = code === 1012 || (code >= 4200 && code < 4300);
    const bound =
        atOnce && attempt === 0 ? AT_ONCE : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt);
    const least = mustWait ? FLOOR : 0;
    return { least, length: least + random() * bound };
}
