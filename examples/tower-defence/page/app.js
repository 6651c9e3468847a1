// SPDX-License-Identifier: Apache-2.0
//
// The page: one state, one `draw` for what stands around the field, and what the controls do. The
// field draws itself (field.js), at the rate of the screen.

import { control } from './controls.js';
import { render } from './dom.js';
import { Field, portrait } from './field.js';
import { hud } from './hud.js';
import { tilt } from './iso.js';
import { lobby } from './lobby.js';
import { groundAt, towerAt, whyNotBuild } from './model.js';
import { newPerson, roomPage } from './room_page.js';
import { rules } from './rules.js';
import { waitingRoom } from './waiting_room.js';
import { AIMS, changesInWords, newsInWords, tileInWords } from './words.js';

const GAME = 'tower-defence';
const LOG_MAX = 50; // What a screen reader finds in the log.
const NOTICE_MS = 4000;
const element = (id) => document.getElementById(id);
const canvas = element('field');
const field = new Field(canvas);

const app = {
    ...newPerson(GAME),
    book: null, // What never changes in a game: asked for once.
    options: { map: 'meadow', difficulty: 'normal' },
    choice: field.choice,
    isGiving: false,
    actions: {
        choose: (option, value) => {
            app.options = { ...app.options, [option]: value };
            draw();
        },
        again: () => goToLobby('left'),
        pick,
        letGo,
        call: () => act('call'),
        upgrade: () => act('upgrade', { ...app.choice.tile }),
        sell: () => act('sell', { ...app.choice.tile }),
        aim,
        give,
        zoom: (factor) => field.camera.zoom(factor),
    },
};
const { act, actions, begin, goToLobby, isBusy } = roomPage(GAME, app, {
    draw,
    show,
    say,
    sit,
    left,
    hear: (room, listen) => {
        listen((state) => state.status, readBook);
        readBook();
    },
    told: tell,
    options: () => app.options,
});
Object.assign(app.actions, actions);
window.towerDefence = app; // For the console, and for tests.
app.field = field;

// ---- Drawing

let willDraw = false;
let lastScreen = lobby;
function draw() {
    if (willDraw) return;
    willDraw = true;
    queueMicrotask(() => {
        willDraw = false;
        const screen = !app.view ? lobby : app.view.room.status === 'open' ? waitingRoom : hud;
        document.title =
            app.view && screen === hud
                ? `♥ ${app.view.game.lives} – Tower Defence`
                : 'Tower Defence';
        canvas.hidden = !app.view;
        document.body.dataset.screen = screen.name;
        render(element('app'), screen({ ...app, isBusy: isBusy() }));
        for (const one of document.querySelectorAll('canvas.portrait')) paint(one);
        if (screen !== lastScreen) {
            document.querySelector('main').focus(); // Start reading here.
            fit();
        }
        lastScreen = screen;
    });
}

function paint(one) {
    const { kind, seat } = one.dataset;
    if (one.painted === kind + seat) return;
    one.painted = kind + seat;
    portrait(one, kind, Number(seat));
}

// The field lies behind all that stands around it, and is fitted into what is left.
function fit() {
    const isGame = lastScreen === hud || app.view?.room.status !== 'open';
    const isNarrow = innerWidth < 700;
    const isLow = innerHeight < 480;
    tilt(innerHeight > innerWidth * 1.2);
    const covered = isGame
        ? { left: 0, right: 0, top: isNarrow ? 108 : 60, bottom: isLow ? 44 : 104 }
        : { left: isNarrow ? 0 : 400, right: 0, top: 8, bottom: isNarrow ? innerHeight * 0.55 : 8 };
    field.resize(covered);
}

function frame(now) {
    requestAnimationFrame(frame);
    if (!canvas.hidden && !document.hidden) field.draw(now);
}

let noticeTimer = 0;
function say(text) {
    app.notice = text;
    clearTimeout(noticeTimer);
    if (text && app.view) noticeTimer = setTimeout(() => say(''), NOTICE_MS);
    draw();
}

// ---- The room

function sit() {
    app.book = null;
    Object.assign(app.choice, { tile: null, kind: null, isPinned: false, isPointing: false });
}

function left() {
    app.book = null;
    field.book = null;
    clearTimeout(noticeTimer);
}

async function readBook() {
    const { room } = app;
    if (app.book || !room) return;
    try {
        const book = await room.ask('book');
        if (app.room !== room || app.book) return;
        app.book = book;
        fit();
        field.open(book, app.view.game);
        fit();
        draw();
    } catch {
        // The connection is gone: it is asked for again when it is back.
    }
}

function show(view) {
    const before = app.view;
    app.view = view;
    app.choice.seat = app.room.seat;
    if (app.book) field.show(view.game, performance.now());
    if (before) for (const text of changesInWords(before.game, view.game)) announce(text);
    if (!app.book) readBook();
    draw();
}

function tell(news) {
    announce(newsInWords(news, app.view, app.room.seat));
    if (news.e === 'pinged' && app.book) field.ping(news.d.seat, news.d);
    const isForMe = news.e === 'gave' && news.d.to === app.room.seat;
    if (isForMe || (news.e === 'called' && news.d.seat !== app.room.seat))
        say(newsInWords(news, app.view, app.room.seat));
}

function announce(textContent) {
    if (!textContent) return;
    const log = element('news');
    log.append(Object.assign(document.createElement('p'), { textContent }));
    while (log.children.length > LOG_MAX) log.firstChild.remove();
}

async function give(seat, gold) {
    app.isGiving = true;
    await act('give', { seat, gold });
    app.isGiving = false;
    draw();
}

// ---- What is chosen: a tile, a kind of tower to build, or both.

function pick(kind) {
    const { choice, view, book } = app;
    const isHere =
        choice.isPinned &&
        choice.tile &&
        groundAt(book, choice.tile) === 'free' &&
        !towerAt(view.game, choice.tile);
    if (isHere) return build(kind, choice.tile);
    choice.kind = choice.kind === kind ? null : kind;
    choice.isPinned = false;
    draw();
}

function build(kind, tile) {
    const { book, view, room, choice } = app;
    const index = book.towers.findIndex((one) => one.kind === kind);
    const why = whyNotBuild({ book, game: view.game, seat: room.seat }, index, tile);
    if (why) return say(`It cannot be built: ${why}.`);
    act('place', { kind, x: tile.x, y: tile.y });
    choice.isPinned = false;
    // The next of its kind, if there is gold for it.
    const cost = book.towers[index].levels[0].cost;
    if (view.game.gold[room.seat] < 2 * cost) choice.kind = null;
    draw();
}

function letGo() {
    Object.assign(app.choice, { kind: null, tile: null, isPinned: false });
    draw();
}

function aim() {
    const found = towerAt(app.view.game, app.choice.tile);
    const all = Object.keys(AIMS);
    act('target', { ...app.choice.tile, aim: all[(all.indexOf(found.a) + 1) % all.length] });
}

function mayPlay() {
    return app.book && app.view?.game.phase === 'playing' && app.room.seat !== null;
}

control(canvas, field.camera, {
    point(tile) {
        const { choice } = app;
        if (choice.isPinned && !choice.kind) return;
        Object.assign(choice, { tile, isPinned: false, isPointing: true });
    },
    press(tile, point) {
        if (!app.book || !app.view) return;
        const { choice, view } = app;
        const isFree = groundAt(app.book, tile) === 'free';
        const found = towerAt(view.game, tile) ?? field.towerUnder(point);
        if (choice.kind && mayPlay() && (isFree || !found)) return build(choice.kind, tile);
        const at = found ? { x: found.x, y: found.y } : tile;
        const isSame = choice.isPinned && choice.tile?.x === at.x && choice.tile.y === at.y;
        if (isSame || (!found && !isFree)) return letGo();
        Object.assign(choice, { tile: at, kind: null, isPinned: true, isPointing: false });
        draw();
    },
    ping(tile) {
        if (mayPlay() && groundAt(app.book, tile) !== 'outside') act('ping', tile);
    },
    key: pressed,
});

// ---- Keys: true, if one was used.

const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

function pressed(key) {
    if (!app.book || !app.view || app.view.room.status === 'open') return false;
    const { choice } = app;
    if (ARROWS[key]) return movePointer(...ARROWS[key]);
    if (key === 'Escape') return letGo() ?? true;
    if (key === '+' || key === '=') return field.camera.zoom(1.2) ?? true;
    if (key === '-') return field.camera.zoom(1 / 1.2) ?? true;
    if (!mayPlay()) return false;
    const press = (testid) => {
        const found = document.querySelector(`[data-testid="${testid}"]:enabled`);
        found?.click();
        return Boolean(found);
    };
    if (/^[1-5]$/.test(key)) return pick(app.book.towers[Number(key) - 1].kind) ?? true;
    if (key === 'Enter' && choice.tile && choice.kind)
        return build(choice.kind, choice.tile) ?? true;
    const testid = { u: 'upgrade', x: 'sell', t: 'aim', n: 'call' }[key.toLowerCase()];
    if (testid) return press(testid);
    if (key.toLowerCase() === 'p' && choice.tile) {
        act('ping', { x: choice.tile.x, y: choice.tile.y });
        return true;
    }
    return false;
}

function movePointer(dx, dy) {
    const { choice, book } = app;
    const from = choice.tile ?? { x: (book.width >> 1) - dx, y: (book.height >> 1) - dy };
    const inside = (value, size) => Math.min(Math.max(value, 0), size - 1);
    const tile = { x: inside(from.x + dx, book.width), y: inside(from.y + dy, book.height) };
    Object.assign(choice, { tile, isPinned: !choice.kind, isPointing: false });
    element('pointed').textContent = tileInWords(book, app.view, tile);
    draw();
    return true;
}

// ---- Beginning

const calm = matchMedia('(prefers-reduced-motion: reduce)');
const heed = () => (field.effects.isCalm = calm.matches);
calm.addEventListener('change', heed);
heed();
addEventListener('resize', fit);
requestAnimationFrame(frame);
setInterval(() => app.connection.state !== 'online' && draw(), 500);
render(
    element('rules'),
    rules(() => element('rules').close()),
);
begin();
