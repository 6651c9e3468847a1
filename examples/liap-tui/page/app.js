// SPDX-License-Identifier: Apache-2.0
//
// The page: one state, one `draw`, and what the controls do.

import { clock } from './clock.js';
import { render } from './dom.js';
import { checkSeed } from './fairness.js';
import { connect, guest } from './gatehouse.js';
import { lobby } from './lobby.js';
import { newsBetween } from './news.js';
import { loadCharacters } from './pieces.js';
import { rules } from './rules.js';
import { table } from './table.js';
import { waitingRoom } from './waiting_room.js';

const GAME = 'liap-tui';
const query = new URLSearchParams(location.search);
// A person is a tab and survives its reload; `?as=ann` is Ann in every tab of this browser.
const alias = query.get('as');
const storage = alias ? localStorage : sessionStorage;
const NAME_KEY = `liap-tui:name:${alias ?? ''}`;
const ROOM_KEY = `liap-tui:room:${alias ?? ''}`; // Where a reload goes on.

const auth = guest({ url: location.origin, storage, name: alias ?? 'guest' });
const client = connect({ url: location.origin, auth: auth.token, storage });
const readClock = clock();
const element = (id) => document.getElementById(id);

const app = {
    connection: { state: client.state },
    room: null,
    view: null,
    name: storage.getItem(NAME_KEY) ?? alias ?? '',
    code: (query.get('room') ?? '').toUpperCase(),
    isInvited: query.has('room'),
    openRooms: [],
    chosen: new Set(), // Pieces of the hand, picked to be played.
    news: [],
    notice: '',
    isBusy: false,
    isCopied: false,
    seedCheck: null, // What this browser found when it hashed the revealed seed.
    secondsLeft: null,
    ring: null,
    actions: {
        rename,
        spell,
        create: () => busily(create),
        enter: (target, as) => busily(() => enter(target, as)),
        takeSeat: () => busily(() => enter({ room: app.room.id })),
        leave,
        startAgain,
        tryNow: () => client.wake(),
        showRules: () => element('rules').showModal(),
        copyLink,
        start: () => act('start'),
        addBot: (seat) => act('room.bot', { seat }),
        removeBot: (seat) => act('room.unbot', { seat }),
        keep: () => act('redeal', { accept: false }),
        redeal: () => act('redeal', { accept: true }),
        declare: (piles) => act('declare', { piles }),
        choose,
        play: () => act('play', { pieces: [...app.chosen] }),
        ready: () => act('ready'),
    },
};
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

function isBusy() {
    return app.isBusy || (app.room?.pending ?? 0) > 0;
}

// ---- The lobby

function rename(name) {
    app.name = name.trim().slice(0, 24);
    storage.setItem(NAME_KEY, app.name);
}

function spell(code) {
    app.code = code.trim().toUpperCase();
    draw();
}

async function listRooms() {
    if (app.room || document.hidden) return;
    try {
        const { rooms } = await client.listRooms({ game: GAME });
        app.openRooms = rooms.slice(0, 20);
        draw();
    } catch {
        // The banner tells about the connection; the list is asked for again.
    }
}

async function busily(task) {
    app.isBusy = true;
    app.notice = '';
    draw();
    try {
        await task();
    } catch (refusal) {
        app.notice = sentence(refusal);
    }
    app.isBusy = false;
    draw();
}

function sentence({ message }) {
    return message.charAt(0).toUpperCase() + message.slice(1) + (/[.!?]$/.test(message) ? '' : '.');
}

async function create() {
    const { room } = await client.createRoom(GAME);
    await enter({ room });
}

// Where no seat is to be had, one may still watch.
async function enter(target, as = 'player') {
    try {
        sitDown(await client.join(target, { as }));
    } catch (refusal) {
        const isTaken = ['room_full', 'room_closed'].includes(refusal.code);
        if (as !== 'player' || !isTaken) throw refusal;
        await enter(target, 'spectator');
        app.notice = `You are watching: ${refusal.message.split(';')[0]}.`;
    }
}

// ---- The room

function sitDown(room) {
    app.room = room;
    app.news = [];
    app.chosen.clear();
    show(room.view);
    follow(room);
    storage.setItem(ROOM_KEY, room.view.room.code);
    address({ room: room.view.room.code, watch: room.seat === null ? '' : null });
    if (room.seat !== null && app.name && room.view.room.seats[room.seat].name !== app.name)
        act('room.name', { name: app.name });
}

// A room that one has left, or joined anew, has nothing more to say.
function follow(room) {
    const hear = (name, listener) =>
        room.on(name, (...args) => room === app.room && listener(...args));
    hear('change', show);
    for (const name of ['presence', 'timer', 'pending']) hear(name, draw);
    hear('refused', (refusal) => (app.notice = sentence(refusal)));
    hear('left', (why) => app.isBusy || goToLobby(why)); // Busy: a watcher takes a seat here.
}

function show(view) {
    if (view.room.status === 'finished' && view.game.phase === 'waiting') {
        app.room.leave();
        return goToLobby('closed');
    }
    announce(newsBetween(app.view, view, app.room.seat));
    app.view = view;
    const hand = new Set(view.game.hand);
    for (const id of app.chosen) if (!hand.has(id)) app.chosen.delete(id);
    if (view.room.seed && app.seedCheck === null) tellSeed(view.room);
    draw();
}

let newsCount = 0;
function announce(texts) {
    if (texts.length === 0) return;
    for (const text of texts) app.news.push({ id: newsCount++, text });
    app.news.splice(0, app.news.length - 20);
    element('news').textContent = `${texts.join('. ')}.`;
}

async function tellSeed(room) {
    app.seedCheck = ''; // Asked once.
    app.seedCheck = (await checkSeed(room)) ?? '';
    draw();
}

async function act(name, data = {}) {
    app.notice = '';
    draw();
    await app.room.act(name, data).catch(() => {}); // Told by `refused`.
    draw();
}

function choose(id) {
    if (!app.chosen.delete(id)) app.chosen.add(id);
    draw();
}

const WHY_LEFT = {
    playing: 'Your seat waits for you: join again with this code.',
    replaced: 'You are at this table in another tab. Join to go on here.',
    closed: 'The room was closed.',
    not_found: 'This room is no longer there.',
};

function leave() {
    const { room, view } = app;
    goToLobby(view.room.status === 'running' && room.seat !== null ? 'playing' : 'left');
    room.leave();
}

// Where one may come back, the code stays in the field.
function goToLobby(why) {
    const mayReturn = why === 'playing' || why === 'replaced';
    const code = mayReturn ? app.view.room.code : '';
    Object.assign(app, { room: null, view: null, seedCheck: null, isInvited: false, code });
    app.notice = WHY_LEFT[why] ?? '';
    storage.removeItem(ROOM_KEY);
    address({ room: null, watch: null });
    listRooms();
    draw();
}

function startAgain() {
    auth.forget();
    location.reload();
}

async function copyLink() {
    const link = `${location.origin}/?room=${app.view.room.code}`;
    try {
        await navigator.clipboard.writeText(link);
    } catch {
        return prompt('Copy this link:', link); // No clipboard outside of https and localhost.
    }
    app.isCopied = true;
    draw();
    setTimeout(() => {
        app.isCopied = false;
        draw();
    }, 2000);
}

function address(changes) {
    const url = new URL(location);
    for (const [key, value] of Object.entries(changes)) {
        if (value === null) url.searchParams.delete(key);
        else url.searchParams.set(key, value);
    }
    history.replaceState(null, '', url);
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

client.on('state', (state, { reason, retryAt }) => {
    app.connection = { state, reason, pause: retryAt - Date.now() };
    if (state === 'online') listRooms();
    draw();
});
addEventListener('keydown', pressed);
document.addEventListener('visibilitychange', () => document.hidden || client.wake());
setInterval(() => app.room && draw(), 500);
setInterval(listRooms, 5000);
loadCharacters();
render(
    element('rules'),
    rules(() => element('rules').close()),
);
const isAutomatic = query.has('autoplay');
if (isAutomatic) import('./autoplay.js').then(({ autoplay }) => autoplay(app));
const isWatcher = query.has('watch');
const wasHere = app.code === storage.getItem(ROOM_KEY);
if (app.code && (app.name || isWatcher || wasHere || isAutomatic))
    app.actions.enter({ code: app.code }, isWatcher ? 'spectator' : 'player');
draw();
