// SPDX-License-Identifier: Apache-2.0
//
// The table while a game is played: four seats around, what lies in the middle, one's own hand.

import { h } from './dom.js';
import { banner, counted, nameOfSeat, number, PHASE_NAMES, topBar } from './parts.js';
import { disc, handPiece, pointsOf, setOf, SET_NAMES } from './pieces.js';
import { gameOver, roundResult } from './results.js';

const PLACES = ['me', 'left', 'top', 'right']; // Seat order runs clockwise from one's own.

export function table(app) {
    const { room, view } = app;
    const { game } = view;
    const first = room.seat ?? 0;
    const order = [0, 1, 2, 3].map((i) => (first + i) % 4);
    return h(
        'main',
        { tabindex: -1, class: `table ${game.phase} ${room.seat === null ? 'watching' : ''}` },
        topBar(app, PHASE_NAMES[game.phase]),
        banner(app),
        scoreboard(app),
        log(app),
        order.map((seat, i) => seatAt(app, seat, PLACES[i])),
        middle(app),
        room.seat === null ? watcher() : ownHand(app),
    );
}

function scoreboard({ view }) {
    const { scores, options } = view.game;
    return h(
        'section',
        { class: 'scores', 'data-testid': 'scores', 'aria-label': 'Scores' },
        h('h2', {}, `First to ${options.goal}`),
        h(
            'ol',
            {},
            [0, 1, 2, 3]
                .sort((a, b) => scores[b] - scores[a])
                .map((seat) =>
                    h(
                        'li',
                        { key: seat },
                        h('span', {}, nameOfSeat(view, seat)),
                        h('b', {}, number(scores[seat])),
                    ),
                ),
        ),
    );
}

function log({ news }) {
    return h(
        'section',
        { class: 'log', 'aria-hidden': 'true' },
        news.slice(-5).map(({ id, text }) => h('p', { key: id }, text)),
    );
}

function seatAt(app, seat, place) {
    const { room, view } = app;
    const { game } = view;
    const who = view.room.seats[seat];
    const isTurn = game.turn === seat;
    return h(
        'section',
        {
            key: `seat-${seat}`,
            class: `seat ${place} ${isTurn ? 'is-turn' : ''}`,
            'data-testid': `seat-${seat}`,
            'aria-label': describeSeat(view, seat),
        },
        h(
            'div',
            { class: 'panel' },
            h(
                'span',
                { class: 'avatar', 'aria-hidden': 'true' },
                isTurn && app.ring,
                who.by === 'bot' ? '⚙' : nameOfSeat(view, seat).slice(0, 1).toUpperCase(),
            ),
            h(
                'span',
                { class: 'who' },
                h('strong', {}, nameOfSeat(view, seat)),
                h(
                    'small',
                    {},
                    [
                        seat === room.seat && 'you',
                        who.stand_in && 'a bot stands in',
                        room.presence[seat] === 'away' && 'away',
                        seat === game.starter && 'starter',
                    ]
                        .filter(Boolean)
                        .join(' · ') || counted(game.hand_sizes[seat], 'piece'),
                ),
            ),
            piles(game.declared[seat], game.won[seat]),
            h('span', { class: 'points', title: 'points so far' }, number(game.scores[seat])),
        ),
        played(game, seat),
    );
}

function describeSeat(view, seat) {
    const { declared, won, scores } = view.game;
    const said = declared[seat] < 0 ? 'not declared yet' : `declared ${declared[seat]}`;
    return `${nameOfSeat(view, seat)}: ${said}, took ${won[seat]}, ${scores[seat]} points`;
}

// What was declared as rings, what was taken as filled ones; too many in another colour.
function piles(declared, won) {
    if (declared < 0) return h('span', { class: 'piles unknown', title: 'not declared yet' }, '–');
    const dots = Array.from({ length: Math.max(declared, won) }, (_, i) =>
        h('i', { class: `${i < won ? 'won' : ''} ${i >= declared ? 'over' : ''}` }),
    );
    const text = `took ${won} of ${declared} declared`;
    return h(
        'span',
        { class: 'piles', title: text },
        h('b', {}, `${won}/${declared}`),
        h('span', { class: 'dots', 'aria-hidden': 'true' }, dots),
    );
}

// The seat's pieces of this turn, or until the next lead those of the turn before.
function played(game, seat) {
    const isOver = game.plays.length === 0;
    const plays = isOver ? (game.last_turn?.plays ?? []) : game.plays;
    const best = isOver ? game.last_turn?.winner : game.best;
    const play = plays.find((one) => one.seat === seat);
    if (!play || game.phase === 'declaration' || game.phase === 'preparation')
        return h('div', { class: 'play' });
    const isDiscard = play.kind === 'discard';
    return h(
        'div',
        {
            class: ['play', isOver && 'past', seat === best && 'best', isDiscard && 'discarded']
                .filter(Boolean)
                .join(' '),
        },
        h('div', { class: 'discs' }, play.pieces.map(disc)),
        h(
            'small',
            {},
            isDiscard ? 'discard' : `${SET_NAMES[play.kind]} · ${play.points}`,
            play.forced && ' · out of time',
        ),
    );
}

function middle(app) {
    const { game } = app.view;
    if (game.phase === 'scoring') return roundResult(app);
    if (game.phase === 'game_over') return gameOver(app);
    return h(
        'section',
        { class: 'middle' },
        h('p', { class: 'status', 'data-testid': 'status' }, status(app)),
        app.secondsLeft !== null && h('p', { class: 'seconds' }, `${app.secondsLeft} s`),
    );
}

function status({ room, view }) {
    const { game } = view;
    const isMine = game.turn === room.seat;
    const who = isMine ? 'You' : nameOfSeat(view, game.turn);
    const verb = (mine, theirs) => `${who} ${isMine ? mine : theirs}`;
    if (game.phase === 'preparation') return verb('hold a weak hand', 'thinks about a redeal');
    if (game.phase === 'declaration') return verb('declare', 'declares');
    if (game.need === 0) return verb('lead', 'leads');
    const pieces = counted(game.need, 'piece');
    const led = SET_NAMES[game.plays[0]?.kind];
    return [verb('follow', 'follows'), h('small', {}, led ? `${pieces} · ${led} led` : pieces)];
}

function watcher() {
    return h('section', { class: 'own' }, h('p', { class: 'hint' }, 'You are watching this game.'));
}

function ownHand(app) {
    const { view, chosen, actions } = app;
    const { hand = [] } = view.game;
    return h(
        'section',
        { class: 'own', 'aria-label': 'Your hand' },
        h('div', { class: 'choices' }, choices(app)),
        h('p', { class: 'notice', role: 'alert', 'data-testid': 'notice' }, app.notice),
        h(
            'div',
            { class: 'hand', role: 'group', 'aria-label': 'Your pieces' },
            hand.map((id) =>
                handPiece(id, {
                    isChosen: chosen.has(id),
                    isDisabled: view.game.phase !== 'turn',
                    onclick: () => actions.choose(id),
                }),
            ),
        ),
    );
}

function choices(app) {
    const { room, view } = app;
    const { game } = view;
    if (game.turn !== room.seat) return null;
    if (game.phase === 'preparation') return redealQuestion(app);
    if (game.phase === 'declaration') return declarations(app);
    if (game.phase === 'turn') return playButton(app);
    return null;
}

function redealQuestion({ view, isBusy, actions }) {
    const next = view.game.multiplier + 1;
    return [
        h(
            'p',
            { class: 'question' },
            `No piece above 9 points. A redeal makes the round count ×${next}.`,
        ),
        h(
            'button',
            { type: 'button', 'data-testid': 'keep', disabled: isBusy, onclick: actions.keep },
            'Keep this hand',
        ),
        h(
            'button',
            {
                type: 'button',
                class: 'primary',
                'data-testid': 'redeal',
                disabled: isBusy,
                onclick: actions.redeal,
            },
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
                h(
                    'button',
                    {
                        type: 'button',
                        'data-testid': `declare-${piles}`,
                        disabled: isBusy || forbidden.includes(piles),
                        title: forbidden.includes(piles) ? 'not allowed this time' : undefined,
                        onclick: () => actions.declare(piles),
                    },
                    piles,
                ),
            ),
        ),
    ];
}

function playButton({ view, chosen, isBusy, actions }) {
    const { need } = view.game;
    const ids = [...chosen];
    const set = setOf(ids);
    const isReady = need > 0 ? ids.length === need : set !== null && ids.length <= 6;
    return [
        h(
            'p',
            { class: 'question', 'aria-live': 'polite' },
            adviceOn(ids, set, need, view.game.plays[0]?.kind),
        ),
        h(
            'button',
            {
                type: 'button',
                class: 'primary',
                'data-testid': 'play',
                disabled: isBusy || !isReady,
                onclick: actions.play,
            },
            isBusy ? 'Playing…' : 'Play',
        ),
    ];
}

function adviceOn(ids, set, need, led) {
    if (ids.length === 0)
        return need > 0
            ? `Choose ${need} of your pieces.`
            : 'Choose 1 to 6 pieces that form a set.';
    const named = set && `${SET_NAMES[set]} · ${counted(pointsOf(ids), 'point')}`;
    if (need === 0) return named ?? 'These do not form a set.';
    if (ids.length !== need) return `${ids.length} of ${need} chosen.`;
    return set === led ? named : `A discard: it cannot take the piles.`;
}
