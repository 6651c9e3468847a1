// SPDX-License-Identifier: Apache-2.0
//
// The page: one state, one `draw`, and what the controls do.

import { clock } from './clock.js';
import { render } from './dom.js';
import { checkSeed } from './fairness.js';
import { guest, Lobby } from './gatehouse-http.min.js';
import { connect } from './gatehouse.min.js';
import { lobby } from './lobby.js';
import { animate } from './motion.js';
import { eventsBetween, inWords } from './news.js';
import { loadCharacters } from './pieces.js';
import { rules } from './rules.js';
import { table } from './table.js';
import { waitingRoom } from './waiting_room.js';

const GAME = 'liap-tui';
const LOG_MAX = 50; // What a screen reader finds in the log.
const query = new URLSearchParams(location.search);
// A person is a tab and survives its reload; `?as=ann` is Ann in every tab of this browser.
const alias = query.get('as');
const storage = alias ? localStorage : sessionStorage;
const NAME_KEY = `liap-tui:name:${alias ?? ''}`;
const ROOM_KEY = `liap-tui:room:${alias ?? ''}`; // Where a reload goes on.

const url = location.origin;
const auth = guest({ url, store: storage, name: alias ?? '' });
const client = connect({ url, auth });
const rooms = new Lobby({ url, auth });
const readClock = clock();
const element = (id) => document.getElementById(id);

const app = {
    connection: { state: 'connecting' },
    room: null, // As `asSeen` gives it.
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
        app.openRooms = (await rooms.listRooms({ game: GAME })).slice(0, 20);
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
    const { room } = await rooms.createRoom(GAME);
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

let endings = []; // What ends hearing of the room before.

// What is drawn of a room; and for the console, the room itself.
function asSeen(room) {
    return {
        get id() {
            return room.state.id;
        },
        get seat() {
            return room.state.seat;
        },
        get presence() {
            return room.state.presence;
        },
        get timers() {
            return room.state.timers;
        },
        get pending() {
            return room.state.pending.length;
        },
        get view() {
            return room.view;
        },
        act: (...action) => room.act(...action),
        leave: () => room.leave(),
        close: () => room.close(),
    };
}

function sitDown(room) {
    hush();
    app.room = asSeen(room);
    app.news = [];
    app.chosen.clear();
    show(room.view);
    follow(room);
    storage.setItem(ROOM_KEY, room.view.room.code);
    const { seat } = room.state;
    address({ room: room.view.room.code, watch: seat === null ? '' : null });
    if (seat !== null && app.name && room.view.room.seats[seat].name !== app.name)
        act('room.name', { name: app.name });
}

function hush() {
    for (const end of endings.splice(0)) end();
}

function follow(room) {
    const hear = (select, listener) => endings.push(room.subscribe(select, listener));
    hear((state) => state.view, show);
    hear((state) => state.refused, ({ refusal }) => (app.notice = sentence(refusal)));
    hear((state) => state, draw);
    // Busy: a watcher sits down here. Stopped: the banner says why.
    hear((state) => state.why, (why) => app.isBusy || why === 'stopped' || goToLobby(why));
    endings.push(room.on('ev', (event) => told.push(event)));
}

let told = []; // What the server said of how the view came to be.

function show(view) {
    if (view.room.status === 'finished' && view.game.phase === 'waiting') {
        app.room.leave();
        return goToLobby('closed');
    }
    const before = app.view;
    app.view = view;
    const hand = new Set(view.game.hand);
    for (const id of app.chosen) if (!hand.has(id)) app.chosen.delete(id);
    if (view.room.seed && app.seedCheck === null) tellSeed(view.room);
    draw();
    queueMicrotask(() => tell(before, view)); // After the events, and what is drawn.
}

// Who was away is told no events: the views say what became of the table.
function tell(before, view) {
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
    const isPlaying = view.room.status === 'running' && room.seat !== null;
    goToLobby(isPlaying ? 'playing' : 'left');
    if (isPlaying) room.close();
    else room.leave();
}

// Where one may come back, the code stays in the field.
function goToLobby(why) {
    hush();
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

client.subscribe(
    (state) => state,
    ({ status, reason, retryAt }) => {
        app.connection = { state: status, reason, pause: retryAt - Date.now() };
        if (status === 'online') listRooms();
        draw();
    },
);
addEventListener('keydown', pressed);
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
