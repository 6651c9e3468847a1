// SPDX-License-Identifier: Apache-2.0
//
// What happened at the table, as the game's events `{ e, d }`, and in words: for the log, and for
// those who listen to the page.

import { SET_NAMES } from './pieces.js';
import { counted, nameOfSeat } from './widgets.js';

const TOLD_MAX = 12; // Who was away for longer reads the table itself.

export function inWords(events, view, before, me) {
    const say = (seat, mine, theirs) =>
        seat === me ? `You ${mine}` : `${nameOfSeat(view, seat)} ${theirs}`;
    const words = {
        dealt: ({ round }) => `Round ${round}: the pieces are dealt`,
        kept: ({ seat }) => say(seat, 'keep your hand', 'keeps a weak hand'),
        redeal_asked: ({ seat }) => say(seat, 'ask for a redeal', 'asks for a redeal'),
        declared: ({ seat, piles }) => `${say(seat, 'declare', 'declares')} ${piles}`,
        played: (play) => `${say(play.seat, 'play', 'plays')} ${describe(play)}`,
        turn_won: ({ seat, piles }) => `${say(seat, 'take', 'takes')} ${counted(piles, 'pile')}`,
        scored: () => `Round ${view.game.round} is over`,
        ended: ({ winners }) => winners.map((seat) => say(seat, 'win', 'wins')).join(', '),
    };
    const news = events.slice(-TOLD_MAX).map(({ e, d }) => words[e]?.(d));
    const isMine = me !== null && view.game.turn === me;
    if (before && isMine && before.game.turn !== me) news.push('It is your turn');
    return news.filter(Boolean);
}

// As far as two views tell: for who came back, or was too slow.
export function eventsBetween(before, after) {
    if (!before || before.room.code !== after.room.code) return [];
    const was = before.game;
    const is = after.game;
    const events = [];
    const tell = (e, d) => events.push({ e, d });
    if (is.deal !== was.deal) tell('dealt', { round: is.round });
    is.declared.forEach((piles, seat) => {
        if (piles >= 0 && was.declared[seat] < 0) tell('declared', { seat, piles });
    });
    // A piece is played once in a deal, so its ids tell a play from all others.
    const seen = was.deal === is.deal ? [...was.plays, ...playsBefore(was)].map(idOf) : [];
    const tellNew = (plays) => {
        for (const play of plays) if (!seen.includes(idOf(play))) tell('played', play);
    };
    tellNew(playsBefore(is));
    if (is.last_turn && idOf(is.last_turn.plays[0]) !== idOf(was.last_turn?.plays[0]))
        tell('turn_won', { seat: is.last_turn.winner, piles: is.last_turn.piles });
    tellNew(is.plays);
    const isOver = (phase) => is.phase === phase && was.phase !== phase;
    if (isOver('scoring') || isOver('game_over')) tell('scored', { deltas: is.deltas });
    if (isOver('game_over')) tell('ended', { winners: is.winners });
    return events;
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
