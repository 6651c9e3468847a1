// SPDX-License-Identifier: Apache-2.0
//
// The table while a game is played: four seats around, what happens in the middle, one's own hand.

import { h } from './dom.js';
import { ownHand } from './hand.js';
import { banner, number, PHASE_NAMES, topBar } from './parts.js';
import { SET_NAMES } from './pieces.js';
import { gameOver, roundResult } from './results.js';
import { seatAt } from './seat.js';
import { counted, nameOfSeat, notice } from './widgets.js';

const PLACES = ['me', 'left', 'top', 'right']; // Seat order runs clockwise from one's own.
const HURRY = 5; // Seconds.

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
        room.seat === null ? watcher(app) : ownHand(app),
    );
}

function scoreboard({ room, view }) {
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
                        { key: seat, class: seat === room.seat ? 'mine' : '' },
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

function middle(app) {
    const { room, secondsLeft } = app;
    const { phase, turn } = app.view.game;
    if (phase === 'scoring') return roundResult(app);
    if (phase === 'game_over') return gameOver(app);
    const isMine = turn === room.seat;
    const hurries = isMine && secondsLeft !== null && secondsLeft <= HURRY;
    return h(
        'section',
        { class: 'middle' },
        h('p', { class: isMine ? 'status mine' : 'status', 'data-testid': 'status' }, status(app)),
        h(
            'p',
            { class: hurries ? 'seconds hurry' : 'seconds' },
            secondsLeft !== null && `${secondsLeft} s`,
        ),
    );
}

// Whose turn it is, and to do what.
function status({ room, view }) {
    const { game } = view;
    const isMine = game.turn === room.seat;
    const name = h('span', { class: 'name' }, nameOfSeat(view, game.turn));
    const says = (theirs, detail) => [
        h('span', { class: 'line' }, isMine ? 'Your turn' : [name, h('span', {}, theirs)]),
        h('small', {}, detail),
    ];
    if (game.phase === 'preparation') return says('has a weak hand', 'keep it, or redeal?');
    if (game.phase === 'declaration') return says('declares', declaredSoFar(game));
    if (game.need === 0) return says('leads', whyLeads(view, isMine));
    const { points } = game.plays.find(({ seat }) => seat === game.best);
    return says('follows', `${SET_NAMES[game.plays[0].kind]} led, beat ${points}`);
}

function declaredSoFar({ declared }) {
    const piles = declared.filter((each) => each >= 0).reduce((sum, each) => sum + each, 0);
    return `${piles} of 8 piles declared so far`;
}

function whyLeads({ game: { last_turn: turn } }, isMine) {
    if (!turn) return isMine ? 'you start: lead a set' : 'starts the round';
    const took = `took ${counted(turn.piles, 'pile')}`;
    return isMine ? `you ${took}: lead a set` : took;
}

function watcher(app) {
    return h('section', { class: 'own' }, notice(app.notice, 'You are watching this game.'));
}
