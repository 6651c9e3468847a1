// SPDX-License-Identifier: Apache-2.0
//
// What happened between two views, in words: for the log, and for those who listen to the page.

import { counted, nameOfSeat } from './parts.js';
import { SET_NAMES } from './pieces.js';

export function newsBetween(before, after, me) {
    if (!before || before.room.code !== after.room.code) return [];
    const name = (seat) => (seat === me ? 'You' : nameOfSeat(after, seat));
    const say = (seat, mine, theirs) => `${name(seat)} ${seat === me ? mine : theirs}`;
    const was = before.game;
    const is = after.game;
    const news = [];
    if (is.deal !== was.deal) news.push(`Round ${is.round}: the pieces are dealt`);
    is.declared.forEach((piles, seat) => {
        if (piles >= 0 && was.declared[seat] < 0)
            news.push(`${say(seat, 'declare', 'declares')} ${piles}`);
    });
    for (const play of newPlays(was, is))
        news.push(`${say(play.seat, 'play', 'plays')} ${describe(play)}`);
    if (is.last_turn && was.plays.length > 0 && is.plays.length === 0)
        news.push(
            `${say(is.last_turn.winner, 'take', 'takes')} ${counted(is.last_turn.piles, 'pile')}`,
        );
    if (is.phase !== was.phase && is.phase === 'scoring') news.push(`Round ${is.round} is over`);
    if (is.turn === me && was.turn !== me && me !== null) news.push('It is your turn');
    return news;
}

function newPlays(was, is) {
    const plays = is.plays.length > 0 ? is.plays : (is.last_turn?.plays ?? []);
    const isSameTurn = was.plays.length > 0 || is.plays.length > 0;
    if (!isSameTurn) return [];
    return plays.filter(({ seat }) => !was.plays.some((play) => play.seat === seat));
}

function describe({ kind, points, pieces }) {
    if (kind === 'discard') return `${counted(pieces.length, 'piece')} as a discard`;
    return `${SET_NAMES[kind]}, ${counted(points, 'point')}`;
}
