// SPDX-License-Identifier: Apache-2.0
//
// The page: one state, one `draw` for what stands around the field, and what the controls do. The
// field draws itself (field.js), at the rate of the screen.

import { control } from './controls.js';
import { render } from './dom.js';
import { Field, portrait } from './field.js';
import { guest, Lobby } from './gatehouse-http.min.js';
import { connect } from './gatehouse.min.js';
import { hud } from './hud.js';
import { tilt } from './iso.js';
import { lobby } from './lobby.js';
import { groundAt, towerAt, whyNotBuild } from './model.js';
import { rules } from './rules.js';
import { waitingRoom } from './waiting_room.js';
import { AIMS, changesInWords, newsInWords, tileInWords } from './words.js';

const GAME = 'tower-defence';
const LOG_MAX = 50; // What a screen reader finds in the log.
const NOTICE_MS = 4000;
const query = new URLSearchParams(location.search);
// A person is a tab and survives its reload; `?as=ann` is Ann in every tab of this browser.
const alias = query.get('as');
const storage = alias ? localStorage : sessionStorage;
const NAME_KEY = `tower-defence:name:${alias ?? ''}`;
const ROOM_KEY = `tower-defence:room:${alias ?? ''}`; // Where a reload goes on.

const url = location.origin;
const auth = guest({ url, store: storage, name: alias ?? '' });
const client = connect({ url, auth });
const rooms = new Lobby({ url, auth });
const element = (id) => document.getElementById(id);
const canvas = element('field');
const field = new Field(canvas);

const app = {
    connection: { state: 'connecting' },
    room: null, // As `asSeen` gives it.
    view: null,
    book: null, // What never changes in a game: asked for once.
    options: { map: 'meadow', difficulty: 'normal' },
    choice: field.choice,
    name: storage.getItem(NAME_KEY) ?? alias ?? '',
    code: (query.get('room') ?? '').toUpperCase(),
    isInvited: query.has('room'),
    openRooms: [],
    notice: '',
    isBusy: false,
    isGiving: false,
    isCopied: false,
    actions: {
        rename,
        spell,
        choose: (option, value) => {
            app.options = { ...app.options, [option]: value };
            draw();
        },
        create: () => busily(create),
        enter: (target, as) => busily(() => enter(target, as)),
        takeSeat: () => busily(() => enter({ room: app.room.id })),
        leave,
        again: () => goToLobby('left'),
        startAgain,
        tryNow: () => client.wake(),
        showRules: () => element('rules').showModal(),
        copyLink,
        start: () => act('start'),
        addBot: (seat) => act('room.bot', { seat }),
        removeBot: (seat) => act('room.unbot', { seat }),
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

function isBusy() {
    return app.isBusy || (app.room?.pending ?? 0) > 0;
}

let noticeTimer = 0;
function say(text) {
    app.notice = text;
    clearTimeout(noticeTimer);
    if (text && app.view) noticeTimer = setTimeout(() => say(''), NOTICE_MS);
    draw();
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
    const { room } = await rooms.createRoom(GAME, app.options);
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
        say(`You are watching: ${refusal.message.split(';')[0]}.`);
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
        get pending() {
            return room.state.pending.length;
        },
        get view() {
            return room.view;
        },
        act: (...action) => room.act(...action),
        ask: (...question) => room.ask(...question),
        leave: () => room.leave(),
        close: () => room.close(),
    };
}

function sitDown(room) {
    hush();
    app.room = asSeen(room);
    app.book = null;
    Object.assign(app.choice, { tile: null, kind: null, isPinned: false, isPointing: false });
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
    hear(
        (state) => state.refused,
        ({ refusal }) => say(sentence(refusal)),
    );
    hear((state) => state.status, readBook);
    hear((state) => state, draw);
    // Busy: a watcher sits down here. Stopped: the banner says why.
    hear(
        (state) => state.why,
        (why) => app.isBusy || why === 'stopped' || goToLobby(why),
    );
    endings.push(room.on('ev', tell));
    readBook();
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
    if (view.room.status === 'finished' && view.game.phase === 'waiting') {
        app.room.leave();
        return goToLobby('closed');
    }
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

async function act(name, data = {}) {
    draw();
    await app.room.act(name, data).catch(() => {}); // Told by `refused`.
    draw();
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

// ---- Leaving

const WHY_LEFT = {
    playing: 'Your seat waits for you: join again with this code.',
    replaced: 'You play this game in another tab. Join to go on here.',
    closed: 'The room was closed.',
    not_found: 'This room is no longer there.',
};

function leave() {
    const { room, view } = app;
    const isPlaying = view.room.status === 'running' && room.seat !== null;
    goToLobby(isPlaying ? 'playing' : 'left');
    if (isPlaying) room.close();
    else room.leave().catch(() => {}); // It may be over, or gone.
}

// Where one may come back, the code stays in the field.
function goToLobby(why) {
    hush();
    const mayReturn = why === 'playing' || why === 'replaced';
    const code = mayReturn ? app.view.room.code : '';
    Object.assign(app, { room: null, view: null, book: null, isInvited: false, code });
    app.notice = WHY_LEFT[why] ?? '';
    clearTimeout(noticeTimer);
    field.book = null;
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
    const link = `${location.origin}${location.pathname}?room=${app.view.room.code}`;
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

// ---- Beginning

client.subscribe(
    (state) => state,
    ({ status, reason, retryAt }) => {
        app.connection = { state: status, reason, pause: retryAt - Date.now() };
        if (status === 'online') listRooms();
        draw();
    },
);
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const heed = () => (field.effects.isCalm = calm.matches);
calm.addEventListener('change', heed);
heed();
addEventListener('resize', fit);
requestAnimationFrame(frame);
setInterval(() => app.connection.state !== 'online' && draw(), 500);
setInterval(listRooms, 5000);
render(
    element('rules'),
    rules(() => element('rules').close()),
);
const isWatcher = query.has('watch');
const wasHere = app.code === storage.getItem(ROOM_KEY);
if (app.code && (app.name || isWatcher || wasHere))
    app.actions.enter({ code: app.code }, isWatcher ? 'spectator' : 'player');
draw();
