// SPDX-License-Identifier: Apache-2.0
//
// Events made visible: on the way to what is drawn already, so that who misses them sees the same.
// Only things that are drawn move, from where they come to where they lie; nothing takes room.

const QUICK = 280; // Milliseconds.
const STEP = 45; // Between one piece and the next.
const AT_ONCE_MAX = 8; // Beyond, somebody has been away: nothing is played back.

const still = matchMedia('(prefers-reduced-motion: reduce)');

// After the page has drawn where the events led.
export function animate(events, view) {
    if (still.matches || document.hidden || events.length > AT_ONCE_MAX) return;
    for (const { e, d } of events) moves[e]?.(d, view);
}

const seatOf = (seat) => document.querySelector(`[data-testid="seat-${seat}"]`);

const moves = {
    dealt() {
        for (const [i, piece] of document.querySelectorAll('.hand .disc').entries())
            come(piece, { x: 0, y: -innerHeight / 3 }, i * STEP);
    },
    declared: ({ seat }) => swell(seatOf(seat)?.querySelector('.piles')),
    // From the hand, or from who plays.
    played({ seat, pieces }, { game }) {
        const from = seatOf(seat)?.querySelector('.avatar')?.getBoundingClientRect();
        const laid = seatOf(seat)?.querySelectorAll('.play .disc') ?? [];
        const isShown = [...game.plays, ...(game.last_turn?.plays ?? [])].some(
            (play) => play.pieces.join() === pieces.join(),
        );
        if (from && isShown)
            for (const [i, disc] of laid.entries()) come(disc, between(disc, from), i * STEP);
    },
    // All that was laid goes to who took it.
    turn_won({ seat }) {
        const piles = seatOf(seat)?.querySelector('.piles');
        if (!piles) return;
        const to = piles.getBoundingClientRect();
        for (const disc of document.querySelectorAll('.play.past .disc')) go(disc, to);
        swell(piles, QUICK * 2);
    },
    scored() {
        for (const [i, cell] of document.querySelectorAll('.tally .delta').entries())
            swell(cell, i * STEP * 2);
    },
    ended({ winners }) {
        for (const seat of winners) swell(seatOf(seat)?.querySelector('.avatar'));
    },
};

function between(element, target) {
    const { left, top } = element.getBoundingClientRect();
    return { x: target.left - left, y: target.top - top };
}

function come(element, { x, y }, delay) {
    const start = { transform: `translate(${x}px, ${y}px) scale(0.7)`, opacity: 0 };
    element.animate([start, {}], { duration: QUICK, delay, easing: 'ease-out', fill: 'backwards' });
}

// A likeness goes; what it is of stays.
function go(disc, target) {
    const likeness = disc.cloneNode(true);
    const { left, top, width, height } = disc.getBoundingClientRect();
    likeness.setAttribute('aria-hidden', 'true');
    likeness.className += ' flying';
    likeness.style.cssText = `left:${left}px;top:${top}px;width:${width}px;height:${height}px`;
    document.body.append(likeness);
    const { x, y } = between(disc, target);
    const end = { transform: `translate(${x}px, ${y}px) scale(0.3)`, opacity: 0 };
    const going = likeness.animate([{}, end], { duration: QUICK * 2, easing: 'ease-in' });
    going.onfinish = going.oncancel = () => likeness.remove();
}

function swell(element, delay = 0) {
    element?.animate([{}, { transform: 'scale(1.18)' }, {}], { duration: QUICK, delay });
}
