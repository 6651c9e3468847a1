// SPDX-License-Identifier: Apache-2.0
//
// `?autoplay`: plays simple legal moves by pressing the page's own buttons. For tests.

const find = (testid) => document.querySelector(`[data-testid="${testid}"]:not(:disabled)`);

export function autoplay(app) {
    setInterval(() => {
        const { room, view } = app;
        if (!view || room.seat === null || room.pending > 0) return;
        const { phase, turn } = view.game;
        if (phase === 'scoring') return find('ready')?.click();
        if (turn !== room.seat) return;
        if (phase === 'preparation') find('keep')?.click();
        if (phase === 'declaration') document.querySelector('.numbers button:enabled')?.click();
        if (phase === 'turn') playLowest(app);
    }, 40);
}

function playLowest({ view, chosen, actions }) {
    const { hand, need } = view.game;
    for (const id of [...chosen]) actions.choose(id);
    for (const id of hand.slice(-Math.max(need, 1))) actions.choose(id);
    setTimeout(() => find('play')?.click()); // After the page has drawn the choice.
}
