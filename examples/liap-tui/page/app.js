// SPDX-License-Identifier: Apache-2.0
//
// The page: one state, one `draw`, and what the controls do.

import { autoplay } from './autoplay.js';
import { h, render } from './dom.js';
import { connect, guest } from './gatehouse.js';
import { lobby, waitingRoom } from './lobby.js';
import { newsBetween } from './news.js';
import { loadCharacters } from './pieces.js';
import { table } from './table.js';

const GAME = 'liap-tui';
const query = new URLSearchParams(location.search);
// A person is a tab and survives its reload; `?as=ann` is Ann in every tab of this browser.
const alias = query.get('as');
const storage = alias ? localStorage : sessionStorage;
const NAME_KEY = `liap-tui:name:${alias ?? ''}`;

const auth = guest({ url: location.origin, storage, name: alias ?? 'guest' });
const client = connect({ url: location.origin, auth: auth.token, storage });

const app = {
    connection: { state: client.state },
    room: null,
    view: null,
    name: storage.getItem(NAME_KEY) ?? alias ?? '',
    code: (query.get('room') ?? '').toUpperCase(),
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
        leave: () => leave('left'),
        startAgain,
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
window.gatehouseTest = app.test = { client, room: null };

let isDrawing = false;
let lastScreen = lobby;
function draw() {
    if (isDrawing) return;
    isDrawing = true;
    queueMicrotask(() => {
        isDrawing = false;
        const screen = !app.view ? lobby : app.view.room.status === 'open' ? waitingRoom : table;
        tellTime();
        document.title = isMyTurn() ? '● Your turn – Liap Tui' : 'Liap Tui';
        render(document.getElementById('app'), screen({ ...app, isBusy: isBusy() }));
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

function rename(name) {
    app.name = name.trim().slice(0, 24);
    storage.setItem(NAME_KEY, app.name);
}

function spell(code) {
    app.code = code.trim().toUpperCase();
    draw();
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

function sentence({ msg }) {
    return msg.charAt(0).toUpperCase() + msg.slice(1) + (/[.!?]$/.test(msg) ? '' : '.');
}

async function create() {
    const { room } = await client.createRoom(GAME);
    await enter({ room });
}

async function enter(target, as = 'player') {
    let room;
    try {
        room = await client.join(target, { as });
    } catch (refusal) {
        const isTaken = ['room_full', 'room_closed', 'wrong_phase'].includes(refusal.code);
        if (as !== 'player' || !isTaken) throw refusal;
        return enter(target, 'spectator');
    }
    sitDown(room);
    if (room.seat !== null && app.name && app.view.room.seats[room.seat].name !== app.name)
        act('room.name', { name: app.name });
}

function sitDown(room) {
    app.room = app.test.room = room;
    app.news = [];
    app.chosen.clear();
    show(room.view);
    room.on('change', show);
    for (const event of ['presence', 'timer', 'pending']) room.on(event, draw);
    room.on('refused', (refusal) => (app.notice = sentence(refusal)));
    room.on('left', (why) => goToLobby(why));
    address({ room: room.view.room.code, watch: room.seat === null ? '' : null });
}

function show(view) {
    if (view.room.status === 'finished' && view.game.phase === 'waiting') return leave('closed');
    announce(newsBetween(app.view, view, app.room.seat));
    app.view = view;
    const hand = new Set(view.game.hand);
    for (const id of app.chosen) if (!hand.has(id)) app.chosen.delete(id);
    if (view.room.seed && app.seedCheck === null) checkSeed(view.room);
    draw();
}

let newsCount = 0;
function announce(texts) {
    if (texts.length === 0) return;
    for (const text of texts) app.news.push({ id: newsCount++, text });
    app.news.splice(0, app.news.length - 20);
    document.getElementById('news').textContent = `${texts.join('. ')}.`;
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

// From a game that goes on one may come back: the seat waits, and the code stays in the field.
function leave(why) {
    const { room, view } = app;
    goToLobby(why);
    if (view?.room.status === 'running') app.code = view.room.code;
    room.leave();
}

const WHY_LEFT = {
    replaced: 'This seat is played from another tab now.',
    kicked: 'The host took you off the table.',
    closed: 'The room was closed.',
    not_found: 'This room is no longer there.',
};

function goToLobby(why) {
    if (!app.room) return;
    Object.assign(app, { room: null, view: null, seedCheck: null, code: '' });
    app.test.room = null;
    app.notice = WHY_LEFT[why] ?? '';
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

async function checkSeed({ seed, commit }) {
    app.seedCheck = '';
    if (!crypto.subtle) return; // Not outside of https and localhost.
    const bytes = Uint8Array.from(seed.match(/../g), (hex) => parseInt(hex, 16));
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const hex = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    app.seedCheck = hex === commit ? 'The seed matches ✓' : 'The seed does not match ✗';
    draw();
}

// The deadline as seconds, and as a ring that the browser animates by itself.
let ringOf = null;
function tellTime() {
    const deadline = app.room?.timers.turn;
    if (!app.view || deadline === undefined) {
        app.secondsLeft = app.ring = ringOf = null;
        return;
    }
    const left = Math.max(0, deadline - client.now());
    app.secondsLeft = Math.ceil(left / 1000);
    if (ringOf === deadline) return; // Its start must not move.
    ringOf = deadline;
    const { phase, options } = app.view.game;
    const whole = Math.max(left, (options[`${phase}_seconds`] ?? 30) * 1000);
    const style = `animation-duration:${whole}ms;animation-delay:${Math.round(left - whole)}ms`;
    app.ring = h(
        'svg',
        { key: deadline, class: 'ring', viewBox: '-22 -22 44 44' },
        h('circle', { r: 20, pathLength: 1, style }),
    );
}

async function listRooms() {
    if (app.room || document.hidden) return;
    try {
        const answer = await client.listRooms({ game: GAME });
        app.openRooms = (Array.isArray(answer) ? answer : (answer.rooms ?? [])).slice(0, 20);
        draw();
    } catch {
        // The banner tells about the connection; the list is asked for again.
    }
}

function pressed(event) {
    if (event.target.closest('input') || event.ctrlKey || event.altKey || event.metaKey) return;
    const pieces = [...document.querySelectorAll('[data-testid="piece"]:enabled')];
    if (/^[1-8]$/.test(event.key)) pieces[event.key - 1]?.click();
    else if (event.key === 'Escape') app.chosen.clear();
    else if (event.key === 'Enter' && !event.target.closest('button, summary'))
        document.querySelector('[data-testid="play"]:enabled')?.click();
    draw();
}

client.on('state', (state, detail) => {
    app.connection = { state, ...detail };
    if (state === 'online') listRooms();
    draw();
});
addEventListener('keydown', pressed);
document.addEventListener('visibilitychange', () => document.hidden || client.wake());
setInterval(() => app.room && draw(), 500);
setInterval(listRooms, 5000);
loadCharacters();
if (query.has('autoplay')) autoplay(app);
if (app.code && (app.name || query.has('watch') || query.has('autoplay')))
    app.actions.enter({ code: app.code }, query.has('watch') ? 'spectator' : 'player');
draw();
