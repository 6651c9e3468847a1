// SPDX-License-Identifier: Apache-2.0
//
// One's own pieces, what one may do with them now, and why not.

import { h } from './dom.js';
import { handPiece, pointsOf, setOf, SET_NAMES } from './pieces.js';
import { button, counted, notice } from './widgets.js';

export function ownHand(app) {
    const { view, chosen, actions } = app;
    const { phase, hand = [] } = view.game;
    return h(
        'section',
        { class: 'own', 'aria-label': 'Your hand' },
        h('div', { class: 'choices' }, choices(app)),
        notice(app.notice, whyNot(app)),
        h(
            'div',
            { class: 'hand', role: 'group', 'aria-label': 'Your pieces' },
            hand.map((id) =>
                handPiece(id, {
                    isChosen: chosen.has(id),
                    isDisabled: phase !== 'turn',
                    onclick: () => actions.choose(id),
                }),
            ),
        ),
    );
}

function choices(app) {
    const { room, view } = app;
    const { phase, turn } = view.game;
    if (turn !== room.seat) return h('p', { class: 'hint' }, whileOthersAct(view.game, room.seat));
    if (phase === 'preparation') return redealQuestion(app);
    if (phase === 'declaration') return declarations(app);
    return playButton(app);
}

function whileOthersAct({ phase, declared, plays, hand }, seat) {
    if (phase === 'preparation') return 'You play these, unless a weak hand gets a redeal.';
    if (phase === 'declaration')
        return declared[seat] < 0
            ? 'Count the piles you can take: you are asked soon.'
            : `You declared ${counted(declared[seat], 'pile')}.`;
    if (plays.some((play) => play.seat === seat)) return 'You have played.';
    return hand.length > 0 ? 'Choose ahead, if you like: you play when it is your turn.' : '';
}

// Why something that one could expect is not offered.
function whyNot({ room, view }) {
    const { phase, turn, forbidden, declared } = view.game;
    if (turn !== room.seat || phase !== 'declaration') return '';
    const said = declared.filter((piles) => piles >= 0).reduce((sum, piles) => sum + piles, 0);
    const isLast = declared.filter((piles) => piles < 0).length === 1;
    return forbidden
        .map((piles) =>
            isLast && said + piles === 8
                ? `Not ${piles}: the sum would be 8.`
                : `Not ${piles} a third time.`,
        )
        .join(' ');
}

function redealQuestion({ view, isBusy, actions }) {
    const next = view.game.multiplier + 1;
    return [
        h('p', { class: 'question' }, `No piece above 9. After a redeal: ×${next}.`),
        button({ testid: 'keep', disabled: isBusy, onclick: actions.keep }, 'Keep this hand'),
        button(
            { class: 'primary', testid: 'redeal', disabled: isBusy, onclick: actions.redeal },
            'Ask for a redeal',
        ),
    ];
}

function declarations({ view, isBusy, actions }) {
    const { forbidden } = view.game;
    return [
        h('p', { class: 'question' }, 'How many piles will you take?'),
        h(
            'div',
            { class: 'numbers', role: 'group', 'aria-label': 'Piles' },
            [0, 1, 2, 3, 4, 5, 6, 7, 8].map((piles) =>
                button(
                    {
                        testid: `declare-${piles}`,
                        disabled: isBusy || forbidden.includes(piles),
                        onclick: () => actions.declare(piles),
                    },
                    piles,
                ),
            ),
        ),
    ];
}

function playButton({ view, chosen, isBusy, actions }) {
    const { need, plays, best } = view.game;
    const ids = [...chosen];
    const set = setOf(ids);
    const isReady = need > 0 ? ids.length === need : set !== null;
    return [
        h(
            'p',
            { class: 'question', 'aria-live': 'polite' },
            need > 0
                ? adviceToFollow(
                      ids,
                      set,
                      plays[0],
                      plays.find(({ seat }) => seat === best),
                  )
                : adviceToLead(ids, set),
        ),
        button(
            {
                class: 'primary',
                testid: 'play',
                disabled: isBusy || !isReady,
                onclick: actions.play,
            },
            isBusy ? 'Playing…' : 'Play',
        ),
    ];
}

function adviceToLead(ids, set) {
    if (ids.length === 0) return 'Choose 1 to 6 pieces that form a set.';
    return set ? worth(ids, set) : 'These do not form a set.';
}

function adviceToFollow(ids, set, led, best) {
    const need = led.pieces.length;
    if (ids.length === 0) return `Choose ${need} of your pieces.`;
    if (ids.length !== need) return `${ids.length} of ${need} chosen.`;
    if (set !== led.kind) return 'A discard: it cannot take the piles.';
    return worth(ids, set) + (pointsOf(ids) > best.points ? '' : ', too few to win');
}

function worth(ids, set) {
    return `${SET_NAMES[set]} · ${counted(pointsOf(ids), 'point')}`;
}
