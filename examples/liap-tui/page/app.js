// SPDX-License-Identifier: Apache-2.0
//
// The page: one state, one `draw`, and what the controls do.

import { clock } from './clock.js';
import { render } from './dom.js';
import { checkSeed } from './fairness.js';
import { lobby } from './lobby.js';
import { animate } from './motion.js';
import { eventsBetween, inWords } from './news.js';
import { loadCharacters } from './pieces.js';
import { newPerson, roomPage } from './room_page.js';
import { rules } from './rules.js';
import { table } from './table.js';
import { waitingRoom } from './waiting_room.js';

const GAME = 'liap-tui';
const LOG_MAX = 50; // What a screen reader finds in the log.
const readClock = clock();
const element = (id) => document.getElementById(id);

const app = {
    ...newPerson(GAME),
    chosen: new Set(), // Pieces of the hand, picked to be played.
    news: [],
    seedCheck: null, // What this browser found when it hashed the revealed seed.
    secondsLeft: null,
    ring: null,
    actions: {
        keep: () => act('redeal', { accept: false }),
        redeal: () => act('redeal', { accept: true }),
        declare: (piles) => act('declare', { piles }),
        choose,
        play: () => act('play', { pieces: [...app.chosen] }),
        ready: () => act('ready'),
    },
};
const { act, actions, begin, client, isBusy } = roomPage(GAME, app, {
    draw,
    show,
    say: (text) => (app.notice = text),
    sit: forget,
    left: forget,
    hear: () => {},
    told: (event) => told.push(event),
    options: () => {},
});
Object.assign(app.actions, actions);
window.liapTui = app; // For the console, and for tests.

// ---- Drawing

let willDraw = false;
let lastScreen = lobby;
function draw() {
    if (willDraw) return;
    willDraw = true;
    queueMicrotask(() => {
        willDraw = false;
        const screen = !app.view ? lobby : app.view.room.status === 'open' ? waitingRoom : table;
        if (app.view)
            Object.assign(app, readClock(app.view.game, app.room.timers.turn, client.now()));
        document.title = isMyTurn() ? '● Your turn – Liap Tui' : 'Liap Tui';
        render(element('app'), screen({ ...app, isBusy: isBusy() }));
        if (screen !== lastScreen) document.querySelector('main').focus(); // Start reading here.
        lastScreen = screen;
    });
}

function isMyTurn() {
    return app.room !== null && app.room.seat !== null && app.view?.game.turn === app.room.seat;
}

// ---- The room

function forget() {
    app.news = [];
    app.chosen.clear();
    app.seedCheck = null;
}

let told = []; // What the server said of how the view came to be;
let untold; // what was seen before the first view that is not told of: null, if nothing.

function show(view) {
    const before = app.view;
    app.view = view;
    const hand = new Set(view.game.hand);
    for (const id of app.chosen) if (!hand.has(id)) app.chosen.delete(id);
    if (view.room.seed && app.seedCheck === null) tellSeed(view.room);
    draw();
    if (untold !== undefined) return;
    untold = before;
    queueMicrotask(tell); // After the events, and what is drawn.
}

// Once for all views that came together, which one event may not be told of twice. Who was away is
// told no events: the views say what became of the table.
function tell() {
    const before = untold;
    untold = undefined;
    const { view } = app;
    if (!view) return;
    const events = told.length > 0 ? told.splice(0) : eventsBetween(before, view);
    announce(inWords(events, view, before, app.room?.seat ?? null));
    animate(events, view);
}

let newsCount = 0;
function announce(texts) {
    if (texts.length === 0) return;
    for (const text of texts) app.news.push({ id: newsCount++, text });
    app.news.splice(0, app.news.length - 20);
    const log = element('news');
    for (const textContent of texts)
        log.append(Object.assign(document.createElement('p'), { textContent }));
    while (log.children.length > LOG_MAX) log.firstChild.remove();
}

async function tellSeed(room) {
    app.seedCheck = ''; // Asked once.
    app.seedCheck = (await checkSeed(room)) ?? '';
    draw();
}

function choose(id) {
    if (!app.chosen.delete(id)) app.chosen.add(id);
    draw();
}

// ---- Keys: they press the buttons that are on the screen.

function pressed(event) {
    if (event.target.closest('input, dialog') || event.ctrlKey || event.altKey || event.metaKey)
        return;
    if (/^[0-8]$/.test(event.key)) pressDigit(Number(event.key));
    else if (event.key === 'Escape') app.chosen.clear();
    else if (event.key === 'Enter' && !event.target.closest('button, summary'))
        document.querySelector('[data-testid="play"]:enabled')?.click();
    draw();
}

function pressDigit(digit) {
    const declare = document.querySelector(`[data-testid="declare-${digit}"]:enabled`);
    const pieces = document.querySelectorAll('[data-testid="piece"]:enabled');
    (declare ?? pieces[digit - 1])?.click();
}

// ---- Beginning

addEventListener('keydown', pressed);
setInterval(() => app.room && draw(), 500);
loadCharacters();
render(
    element('rules'),
    rules(() => element('rules').close()),
);
const isAutomatic = new URLSearchParams(location.search).has('autoplay');
if (isAutomatic) import('./autoplay.js').then(({ autoplay }) => autoplay(app));
begin(isAutomatic);
