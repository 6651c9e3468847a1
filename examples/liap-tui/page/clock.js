// SPDX-License-Identifier: Apache-2.0
//
// How long who acts next still has: as seconds, and as a ring that the browser animates by itself.

import { h } from './dom.js';

const NONE = { secondsLeft: null, ring: null };
const DEFAULT_SECONDS = 30;

export function clock() {
    let ringFor = null; // Its start must not move while it runs.
    let ring = null;
    return function read({ phase, options }, deadline, now) {
        if (deadline === undefined) return NONE;
        const left = Math.max(0, deadline - now);
        if (ringFor !== deadline) {
            ringFor = deadline;
            const seconds = options[`${phase}_seconds`] ?? DEFAULT_SECONDS;
            ring = runningOut(deadline, left, Math.max(left, seconds * 1000));
        }
        return { secondsLeft: Math.ceil(left / 1000), ring };
    };
}

function runningOut(key, left, whole) {
    const style = `animation-duration:${whole}ms;animation-delay:${Math.round(left - whole)}ms`;
    return h(
        'svg',
        { key, class: 'ring', viewBox: '-22 -22 44 44' },
        h('circle', { r: 20, pathLength: 1, style }),
    );
}
