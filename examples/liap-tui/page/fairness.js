// SPDX-License-Identifier: Apache-2.0
//
// Was it fair? The browser hashes the revealed seed itself and shows how to check every deal.

import { h } from './dom.js';

// What the hash says, or null where the browser does not hash: outside of https and localhost.
export async function checkSeed({ seed, commit }) {
    if (!crypto.subtle) return null;
    const bytes = Uint8Array.from(seed.match(/../g), (hex) => parseInt(hex, 16));
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const hex = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return hex === commit ? 'The seed matches ✓' : 'The seed does not match ✗';
}

export function fairness({ room, view, seedCheck }) {
    const { commit, seed } = view.room;
    if (!commit) return null;
    return h(
        'details',
        { class: 'fairness', 'data-testid': 'verify' },
        h('summary', {}, 'Was it fair? ', seedCheck && h('b', {}, seedCheck)),
        h('p', {}, 'Before the first deal the room committed to the SHA-256 of its seed:'),
        h('code', { 'data-testid': 'commit' }, commit),
        seed && h('p', {}, 'Every deal came from this seed, which is now revealed:'),
        seed && h('code', { 'data-testid': 'seed' }, seed),
        h('p', {}, 'The server’s owner replays every deal from it with:'),
        h('code', {}, `gatehouse room verify ${room.id}`),
    );
}
