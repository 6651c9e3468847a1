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
    // A piece is played once in a deal, so its ids tell a play from all others.
    const seen = was.deal === is.deal ? [...was.plays, ...playsBefore(was)].map(idOf) : [];
    const tell = (plays) => {
        for (const play of plays.filter((each) => !seen.includes(idOf(each))))
            news.push(`${say(play.seat, 'play', 'plays')} ${describe(play)}`);
    };
    tell(playsBefore(is));
    if (is.last_turn && idOf(is.last_turn.plays[0]) !== idOf(was.last_turn?.plays[0]))
        news.push(
            `${say(is.last_turn.winner, 'take', 'takes')} ${counted(is.last_turn.piles, 'pile')}`,
        );
    tell(is.plays);
    if (is.phase !== was.phase && is.phase === 'scoring') news.push(`Round ${is.round} is over`);
    if (is.turn === me && was.turn !== me && me !== null) news.push('It is your turn');
    return news;
}

function playsBefore({ last_turn: turn }) {
    return turn?.plays ?? [];
}

function idOf(play) {
    return play?.pieces.join();
}

function describe({ kind, points, pieces }) {
    if (kind === 'discard') return `${counted(pieces.length, 'piece')} as a discard`;
    return `${SET_NAMES[kind]}, ${counted(points, 'point')}`;
}
