// SPDX-License-Identifier: Apache-2.0
//
// What stands around the field: lives, gold and waves above, players at the side, what can be built
// or done with a tower below.

import { h } from './dom.js';
import { earlyGold, groundAt, priceOf, TICKS, towerAt, whyNotBuild } from './model.js';
import { banner, mark } from './parts.js';
import { AIMS, comingInWords, ENEMIES, TOWERS } from './words.js';
import { button, light, nameOfSeat, notice } from './widgets.js';

const GIFT = 25;

export function hud(app) {
    return h(
        'main',
        { tabindex: -1, class: 'hud', 'data-phase': app.view.game.phase, 'data-testid': 'game' },
        topBar(app),
        banner(app),
        players(app),
        h('div', { class: 'bottom' }, toast(app), panel(app), buildBar(app)),
        zoomButtons(app),
        (app.view.game.phase === 'won' || app.view.game.phase === 'lost') && ending(app),
    );
}

function topBar(app) {
    const { view, room, actions } = app;
    const { game } = view;
    return h(
        'header',
        { class: 'top' },
        h(
            'div',
            { class: 'counts' },
            h(
                'span',
                {
                    class: game.lives <= 5 ? 'lives low' : 'lives',
                    'data-testid': 'lives',
                    title: 'lives, shared by all',
                },
                h('i', { 'aria-hidden': 'true' }, '♥'),
                h('b', {}, game.lives),
                h('span', { class: 'unseen' }, ' lives'),
            ),
            room.seat !== null &&
                h(
                    'span',
                    { class: 'gold', 'data-testid': 'gold' },
                    h('i', { 'aria-hidden': 'true' }, '●'),
                    h('b', {}, game.gold[room.seat]),
                    h('span', { class: 'unseen' }, ' gold'),
                ),
        ),
        waveBar(app),
        h(
            'div',
            { class: 'right' },
            light(app.connection),
            room.seat === null && h('span', { class: 'watching' }, 'watching'),
            button(
                {
                    class: 'quiet small',
                    testid: 'rules',
                    'aria-label': 'How to play',
                    onclick: actions.showRules,
                },
                '?',
            ),
            button({ class: 'quiet small', testid: 'leave', onclick: actions.leave }, 'Leave'),
        ),
    );
}

function waveBar(app) {
    const { game } = app.view;
    const left = Math.max(0, game.next_wave_at - game.tick);
    const isLast = game.wave === game.options.waves;
    const whole = game.wave === 0 ? game.options.calm_seconds * TICKS : 26 * TICKS;
    const seconds = Math.ceil(left / TICKS);
    return h(
        'div',
        { class: 'wave' },
        h(
            'div',
            { class: 'wave-text' },
            h(
                'span',
                { class: 'number', 'data-testid': 'wave' },
                game.wave === 0 ? 'Prepare' : `Wave ${game.wave}`,
                h('small', {}, game.wave === 0 ? '' : ` / ${game.options.waves}`),
            ),
            h('span', { class: 'coming' }, isLast ? 'The last one: hold out!' : next(game)),
        ),
        h(
            'div',
            { class: 'wave-line' },
            h(
                'div',
                {
                    class: 'wave-bar',
                    role: 'progressbar',
                    'aria-label': 'time to the next wave',
                    'aria-valuemin': 0,
                    'aria-valuemax': Math.round(whole / TICKS),
                    'aria-valuenow': isLast ? 0 : seconds,
                },
                h('div', { style: `width: ${isLast ? 0 : Math.min(100, (100 * left) / whole)}%` }),
            ),
            app.room.seat !== null &&
                !isLast &&
                game.phase === 'playing' &&
                button(
                    {
                        class: 'call',
                        testid: 'call',
                        title: 'the next wave now (N)',
                        'aria-label': `Call the next wave now${
                            earlyGold(game) ? `, for ${earlyGold(game)} gold` : ''
                        }`,
                        onclick: app.actions.call,
                    },
                    'Now',
                    earlyGold(game) > 0 && h('span', { class: 'bonus' }, `+${earlyGold(game)}`),
                ),
        ),
    );
}

function next(game) {
    return [
        h('span', { class: 'unseen' }, `next: ${comingInWords(game.coming)}`),
        h(
            'span',
            { 'aria-hidden': 'true' },
            'next: ',
            game.coming.map(({ kind, count }) =>
                h(
                    'span',
                    { class: `who ${kind}`, key: kind },
                    `${count} ${ENEMIES[kind][count === 1 ? 0 : 1]}`,
                ),
            ),
        ),
    ];
}

function players({ view, room, isGiving, actions }) {
    const { game } = view;
    if (game.seats.length < 2 && room.seat !== null) return null;
    return h(
        'ul',
        { class: 'players', 'aria-label': 'Players' },
        game.seats.map((seat) => {
            const isAway = room.presence[seat] === 'away';
            const mayGive = room.seat !== null && seat !== room.seat && game.phase === 'playing';
            const inside = [
                mark(seat),
                h('span', { class: 'name' }, nameOfSeat(view, seat), isAway && ' (away)'),
                h('span', { class: 'gold' }, game.gold[seat]),
            ];
            return h(
                'li',
                { key: seat, class: seat === room.seat ? 'me' : '' },
                mayGive
                    ? button(
                          {
                              class: 'quiet',
                              testid: `give-${seat}`,
                              title: `give ${GIFT} gold`,
                              disabled: isGiving || game.gold[room.seat] < GIFT,
                              'aria-label': giftInWords(view, seat),
                              onclick: () => actions.give(seat, GIFT),
                          },
                          inside,
                      )
                    : h('div', {}, inside),
            );
        }),
    );
}

function giftInWords(view, seat) {
    return `Give ${GIFT} gold to ${nameOfSeat(view, seat)}, who has ${view.game.gold[seat]}`;
}

function toast({ notice: text }) {
    return h('div', { class: text ? 'toast' : 'toast empty' }, notice(text));
}

// ---- Below: what may be built, or the tower that is chosen.

function panel(app) {
    const { view, choice, book, room } = app;
    const found = choice.tile && towerAt(view.game, choice.tile);
    if (!found || !book) return null;
    const stats = book.towers.find(({ kind }) => kind === found.k);
    const [now, better] = [stats.levels[found.l], stats.levels[found.l + 1]];
    const isMine = found.s === room.seat && view.game.phase === 'playing';
    return h(
        'section',
        { class: 'panel card', 'aria-label': TOWERS[found.k][0], 'data-testid': 'panel' },
        h(
            'header',
            {},
            mark(found.s),
            h('h2', {}, TOWERS[found.k][0]),
            h('small', {}, `level ${found.l + 1} · ${nameOfSeat(view, found.s)}`),
            button(
                {
                    class: 'quiet small',
                    'aria-label': 'Close',
                    onclick: app.actions.letGo,
                },
                '✕',
            ),
        ),
        h('dl', { class: 'stats' }, figures(now, better, found.b)),
        isMine &&
            h(
                'div',
                { class: 'do' },
                upgradeButton(app, better),
                now.reload > 0 && aimButton(app, found),
                button(
                    { class: 'sell', testid: 'sell', onclick: app.actions.sell },
                    'Sell ',
                    h('span', { class: 'gold' }, `+${priceOf(book, found)}`),
                ),
            ),
    );
}

function figures(now, better, boost) {
    const tiles = (range) => (range / 1000).toFixed(1);
    const perSecond = ({ damage, reload }) =>
        ((((damage * (100 + boost)) / 100) * TICKS) / reload).toFixed(0);
    const rows = [['Reach', tiles(now.range), better && tiles(better.range)]];
    if (now.reload > 0) rows.unshift(['Damage/s', perSecond(now), better && perSecond(better)]);
    if (now.slow > 0) rows.push(['Slows', `${now.slow} %`, better && `${better.slow} %`]);
    if (now.boost > 0) rows.push(['Helps', `+${now.boost} %`, better && `+${better.boost} %`]);
    if (now.income > 0) rows.push(['A wave', `+${now.income}`, better && `+${better.income}`]);
    return rows.map(([what, is, will]) =>
        h(
            'div',
            { key: what },
            h('dt', {}, what),
            h('dd', {}, is, will && h('span', { class: 'will' }, ` → ${will}`)),
        ),
    );
}

function upgradeButton(app, better) {
    if (!better) return button({ disabled: true, testid: 'upgrade' }, 'Best level');
    const short = better.cost - app.view.game.gold[app.room.seat];
    return button(
        {
            class: 'primary',
            testid: 'upgrade',
            disabled: short > 0,
            onclick: app.actions.upgrade,
        },
        'Improve ',
        h('span', { class: 'gold' }, better.cost),
        short > 0 && h('small', { class: 'why' }, `${short} short`),
    );
}

function aimButton(app, found) {
    return button(
        {
            testid: 'aim',
            'aria-label': `Aims at the ${AIMS[found.a].toLowerCase()}; change`,
            onclick: app.actions.aim,
        },
        h('small', {}, 'Aim '),
        AIMS[found.a],
    );
}

function buildBar(app) {
    const { view, room, book, choice } = app;
    if (room.seat === null || !book || view.game.phase !== 'playing') return null;
    const tile = choice.isPinned && !towerAt(view.game, choice.tile) ? choice.tile : null;
    const isFree = tile && groundAt(book, tile) === 'free';
    return h(
        'div',
        { class: 'build', role: 'toolbar', 'aria-label': 'Build' },
        book.towers.map(({ kind, levels }, index) => {
            const why = whyNotBuild(
                { book, game: view.game, seat: room.seat },
                index,
                isFree ? tile : null,
            );
            const isShort = /short/.test(why);
            return button(
                {
                    key: kind,
                    class: `tower${choice.kind === kind ? ' chosen' : ''}${why ? ' cannot' : ''}`,
                    testid: `build-${kind}`,
                    title: `${TOWERS[kind][1]} (${index + 1})`,
                    'aria-pressed': choice.kind === kind ? 'true' : 'false',
                    'aria-label': `${TOWERS[kind][0]}, ${levels[0].cost} gold. ${TOWERS[kind][1]}.${
                        why ? ` Not now: ${why}.` : ''
                    }`,
                    onclick: () => app.actions.pick(kind),
                },
                h('canvas', { class: 'portrait', 'data-kind': kind, 'data-seat': room.seat }),
                h('span', { class: 'name' }, TOWERS[kind][0].replace(' tower', '')),
                h(
                    'span',
                    { class: isShort ? 'price short' : 'price' },
                    why && !isShort ? why : levels[0].cost,
                ),
            );
        }),
    );
}

function zoomButtons({ actions }) {
    return h(
        'div',
        { class: 'zoom' },
        button({ class: 'small', 'aria-label': 'Nearer', onclick: () => actions.zoom(1.35) }, '+'),
        button(
            {
                class: 'small',
                'aria-label': 'Further away',
                onclick: () => actions.zoom(1 / 1.35),
            },
            '−',
        ),
    );
}

function ending(app) {
    const { view, actions } = app;
    const { game } = view;
    const isWon = game.phase === 'won';
    const most = Math.max(1, ...game.seats.map((seat) => game.damage[seat]));
    return h(
        'section',
        { class: `card ending ${game.phase}`, 'data-testid': 'game-over', role: 'alert' },
        h('h2', {}, isWon ? 'The castle stands!' : 'The castle has fallen'),
        h(
            'p',
            {},
            isWon
                ? `All ${game.options.waves} waves, and ${game.lives} lives left.`
                : `In wave ${game.wave} of ${game.options.waves}.`,
        ),
        h(
            'ol',
            { class: 'scores' },
            game.seats.map((seat) =>
                h(
                    'li',
                    { key: seat },
                    mark(seat),
                    h('span', { class: 'name' }, nameOfSeat(view, seat)),
                    h(
                        'span',
                        { class: 'did' },
                        h('span', { style: `width: ${(100 * game.damage[seat]) / most}%` }),
                    ),
                    h('span', { class: 'figure' }, `${game.damage[seat]} damage`),
                    h('span', { class: 'figure' }, `${game.kills[seat]} felled`),
                ),
            ),
        ),
        button({ class: 'primary wide', testid: 'again', onclick: actions.again }, 'To the lobby'),
    );
}
