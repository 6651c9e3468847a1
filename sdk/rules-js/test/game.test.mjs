// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import test from 'node:test';
import { game, integer, oneOf, Random, Refused, text } from '../dist/index.js';
import { toJson } from '../dist/json.js';
import { table } from '../dist/testing.js';
import { draw, DECK } from './games/draw.mjs';

const refused = (code, message) => (error) => {
    assert.ok(error instanceof Refused, String(error));
    assert.equal(error.code, code);
    if (message !== undefined) assert.equal(error.message, message);
    return true;
};

test('a game is played step by step', () => {
    const room = table(draw());
    assert.equal(room.isOpen, true);
    room.as(1).play('start');
    assert.equal(room.isOpen, false);
    const { hand } = room.as(0).see();
    assert.equal(hand.length, 3);
    room.as(0).play('play', { card: hand[0] });
    assert.deepEqual(room.view(1).played, [{ seat: 0, card: hand[0] }]);
    assert.equal(room.view(1).turn, 1);
    assert.deepEqual(room.history.at(-1).d, { seat: 0, card: hand[0] });
});

test('what is not allowed is refused in words, and changes nothing', () => {
    const room = table(draw());
    assert.throws(() => room.act(0, 'play', { card: 1 }), refused('wrong_phase'));
    assert.throws(() => room.act(0, 'dance'), refused('bad_request', 'no such action: dance'));
    assert.throws(() => room.act(0, 'toString'), refused('bad_request'));
    room.act(0, 'start');
    const before = JSON.stringify(room.document);
    assert.throws(() => room.act(1, 'play', { card: 1 }), refused('not_your_turn'));
    assert.throws(() => room.act(0, 'play', { card: 'x' }), refused('bad_request'));
    const none = [...Array(DECK).keys()].find((card) => !room.view(0).hand.includes(card));
    assert.throws(() => room.act(0, 'play', { card: none }), refused('rejected'));
    assert.equal(JSON.stringify(room.document), before);
    assert.throws(() => table(draw(), { options: { pace: 1 } }), refused('bad_request'));
    const lonely = table(draw(), { seats: ['player', 'nobody'] });
    assert.throws(() => lonely.act(0, 'start'), refused('rejected', 'two must sit'));
});

test('what the rules throw beside refusals comes out, and changes nothing', () => {
    const broken = draw({ view: () => ({ winner: null }) });
    assert.throws(() => table(broken), /view.winner is null \(or NaN\)/);
    const start = (table) => (table.state.phase = 'nowhere');
    const room = table(draw({ actions: { start, play: start } }));
    const before = JSON.stringify(room.document);
    assert.throws(() => room.act(0, 'start'), /state.phase is nowhere/);
    assert.equal(JSON.stringify(room.document), before);
});

test('alarms ring when their time has come, and not when they are cancelled', () => {
    const room = table(draw(), { options: { pace: 5_000 } });
    room.act(0, 'start').wait(4_999);
    assert.equal(room.view().played.length, 0);
    room.wait(1);
    assert.equal(room.view().played.length, 1);
    room.wait(60_000);
    assert.equal(room.isOver, true);
    assert.deepEqual([...room.timers], []);
    const { results } = room.document;
    assert.equal(results.reduce((sum, { points }) => sum + points, 0), 3);
    assert.equal(Math.min(...results.map(({ place }) => place)), 1);
});

test('bots see what their seat sees, and play to the end', () => {
    const seen = [];
    const watching = draw({
        bot(view, seat, random) {
            if (view.phase !== 'play') return undefined;
            seen.push([view, seat]);
            return { action: 'play', data: { card: random.pick(view.hand) } };
        },
    });
    const room = table(watching, { seats: ['player', 'bot', 'bot'] });
    room.act(0, 'start');
    while (!room.isOver) {
        if (room.view().turn === 0) room.act(0, 'play', { card: room.view(0).hand[0] });
        else assert.ok(room.bot());
    }
    assert.ok(seen.length >= 6);
    for (const [view, seat] of seen) assert.deepEqual(Object.keys(view).includes('hand'), seat > 0);
    assert.equal(room.document.open, false);
    assert.throws(() => room.act(0, 'play', {}), refused('room_closed'));
});

test('a bot that comes to stand in has a plan at once', () => {
    const room = table(draw()).act(0, 'start');
    assert.equal(room.bot(), false);
    room.sit(0, 'bot');
    assert.equal(room.history.at(-1).e, 'seated');
    assert.equal(room.bot(), true);
    room.sit(0, 'player').sit(1, 'bot').sit(1, 'player');
    assert.equal(room.bot(), false);
});

test('the same seed and the same acts give the same history', () => {
    const play = (seed) => {
        const room = table(draw(), { seats: ['bot', 'bot', 'bot'], seed }).act(0, 'start').bots();
        return JSON.stringify(room.history);
    };
    assert.equal(play('a'), play('a'));
    assert.notEqual(play('a'), play('b'));
});

test('each sees its own, and the common part is stored once', () => {
    const room = table(draw(), { seats: ['player', 'player', 'player'] }).act(0, 'start');
    const { all, seats } = room.document;
    assert.deepEqual(Object.keys(seats['1']), ['hand']);
    assert.equal(seats.watch, undefined);
    assert.deepEqual(all, room.view());
    for (const seat of [undefined, 0, 1, 2])
        assert.deepEqual(room.view(seat), toJson(room.game.view(room.state, seat), 'view'));
});

test('a view may hide what the others see', () => {
    const blind = game({
        name: 'blind',
        tag: '1',
        setup: () => ({ number: 7, deep: { a: 1 } }),
        actions: { go() {} },
        view: ({ number, deep }, seat) => (seat === 0 ? { deep: {} } : { number, deep }),
    });
    const room = table(blind);
    assert.deepEqual(room.view(0), { deep: {} });
    assert.deepEqual(room.view(1), { number: 7, deep: { a: 1 } });
    assert.deepEqual(room.view(), { number: 7, deep: { a: 1 } });
});

test('an alarm rings once, and what bots draw says nothing of what is dealt', () => {
    const bell = game({
        name: 'bell',
        tag: '1',
        setup: ({ random }) => ({ rang: 0, dealt: random.next() }),
        actions: { ring: (table, { drawn }) => Object.assign(table.state, { drawn }) },
        timers: { bell: ({ state }) => state.rang++ },
        view: ({ rang }) => ({ rang }),
        bot: (_view, _seat, random) => ({ action: 'ring', data: { drawn: random.next() } }),
    });
    const room = table(bell, { seats: ['bot'] });
    room.timers.set('bell', room.now + 10);
    room.bot();
    assert.notEqual(room.state.drawn, room.state.dealt);
    assert.equal(room.wait(1_000).state.rang, 1);
});

test('who stays away too long is out as the game says, or the room ends', () => {
    const forfeit = (table, seat) => {
        table.state.order = table.state.order.filter((each) => each !== seat);
        table.tell({ seat });
    };
    const seats = ['player', 'player', 'player'];
    const room = table(draw({ forfeit }), { seats }).act(0, 'start').forfeit(1);
    assert.deepEqual(room.history.at(-2).e, 'forfeit');
    assert.deepEqual(room.history.at(-2).d, { seat: 1 });
    assert.deepEqual(room.state.order, [0, 2]);
    assert.deepEqual(room.document.for, ['player', 'nobody', 'player']);
    assert.equal(room.isOver, false);
    assert.equal(table(draw(), { seats }).act(0, 'start').forfeit(1).isOver, true);
});

test('an alarm that newer rules do not know rings, and nothing happens', () => {
    const room = table(draw());
    room.timers.set('no word: 1', room.now + 10);
    const before = room.history.length;
    room.wait(10);
    assert.equal(room.history.length, before);
    assert.deepEqual([...room.timers], []);
});

test('a leak is found: what a seat must not know, changed, must not be seen', () => {
    const swap = (state) => state.deck.reverse();
    const other = (state) => (state.hands[1] = [0, 0, 0]);
    const room = table(draw()).act(0, 'start');
    assert.equal(room.leak(0, swap), undefined);
    assert.equal(room.leak(0, other), undefined);
    assert.equal(room.leak(undefined, other), undefined);
    assert.deepEqual(room.leak(1, other), { hand: [0, 0, 0] });
    assert.throws(() => room.leak(0, () => {}), /changed nothing/);
});

test('newer rules take the room over', () => {
    const room = table(draw()).act(0, 'start');
    const migrate = (state, tag) => ({ ...state, pace: Number(tag) * 7 });
    const newer = draw({ tag: '2', migrate });
    const moved = Object.assign(room, { game: newer });
    moved.sit(1, 'player');
    assert.equal(moved.history.at(-1).e, 'migrated');
    assert.equal(moved.state.pace, 7);
    assert.equal(moved.document.v, '2');
    moved.sit(1, 'player');
    assert.equal(moved.history.at(-1).e, 'seated');
});

test('rules that cannot be are refused when they are written', () => {
    const rules = { name: 'x', setup: () => ({}), actions: {}, view: () => ({}) };
    for (const [wrong, why] of [
        [{ name: 'X' }, /name/],
        [{ actions: { 'a b': () => {} } }, /a b: expected a snake_case word/],
        [{ phases: { p: { actions: ['none'] } } }, /phase p has an action none/],
        [{ tag: '' }, /tag/],
    ])
        assert.throws(() => game({ ...rules, ...wrong }), why);
    assert.match(game(rules).tag, /^[0-9a-f]{16}$/);
});

test('data is taken as it should be, or refused', () => {
    assert.equal(integer({ n: 3 }, 'n', 1, 3), 3);
    for (const n of [0, 4, 1.5, '1', null, undefined, NaN])
        assert.throws(() => integer({ n }, 'n', 1, 3), refused('bad_request'));
    assert.equal(text({ t: '🎲🎲' }, 't', 2), '🎲🎲');
    for (const t of ['', 'abc', 1])
        assert.throws(() => text({ t }, 't', 2), refused('bad_request'));
    assert.equal(oneOf({ c: 'b' }, 'c', ['a', 'b']), 'b');
    assert.throws(() => oneOf({}, 'c', ['a']), refused('bad_request', '/c: expected one of a'));
});
