// SPDX-License-Identifier: Apache-2.0
//
// What the pages of games have in common: a person and their name, the lobby, entering a room and
// leaving it, the address that others are sent. A page adds its game.

import { guest, Lobby } from './gatehouse-http.min.js';
import { connect } from './gatehouse.min.js';

const WHY_LEFT = {
    playing: 'Your seat waits for you: join again with this code.',
    replaced: 'You are in this room in another tab. Join to go on here.',
    closed: 'The room was closed.',
    not_found: 'This room is no longer there.',
};

const COPIED_MS = 2000;
const LIST_MS = 5000;

// `app` is the page's state: what `newPerson` gives, and what the page adds to it. The page is:
//   draw()                  what `app` says, soon
//   say(text)               tells whoever plays
//   sit()                   forgets what was of the room before
//   show(view)              a new view of the room has come
//   hear(room, listen)      more to listen to: listen(select, listener), as room.subscribe
//   told(news)              an event that the server tells of
//   left()                  forgets what was of the room
//   options()               of a new room
export function roomPage(game, app, page) {
    const query = new URLSearchParams(location.search);
    const { storage, nameKey, roomKey, url, auth } = app.person;
    const client = connect({ url, auth });
    const rooms = new Lobby({ url, auth });
    const { draw } = page;
    let endings = []; // What ends hearing of the room before.

    function rename(name) {
        app.name = name.trim().slice(0, 24);
        storage.setItem(nameKey, app.name);
    }

    function spell(code) {
        app.code = code.trim().toUpperCase();
        draw();
    }

    async function listRooms() {
        if (app.room || document.hidden) return;
        try {
            app.openRooms = (await rooms.listRooms({ game })).slice(0, 20);
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

    async function create() {
        const { room } = await rooms.createRoom(game, page.options());
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
            page.say(`You are watching: ${refusal.message.split(';')[0]}.`);
        }
    }

    function sitDown(room) {
        hush();
        app.room = asSeen(room);
        page.sit();
        show(room.view);
        follow(room);
        storage.setItem(roomKey, room.view.room.code);
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
            ({ refusal }) => page.say(sentence(refusal)),
        );
        page.hear(room, hear);
        hear((state) => state, draw);
        // Busy: a watcher sits down here. Stopped: the banner says why.
        hear(
            (state) => state.why,
            (why) => app.isBusy || why === 'stopped' || goToLobby(why),
        );
        endings.push(room.on('ev', page.told));
    }

    function show(view) {
        if (view.room.status === 'finished' && view.game.phase === 'waiting') {
            app.room.leave();
            return goToLobby('closed');
        }
        page.show(view);
    }

    async function act(name, data = {}) {
        app.notice = '';
        draw();
        await app.room.act(name, data).catch(() => {}); // Told by `refused`.
        draw();
    }

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
        Object.assign(app, { room: null, view: null, isInvited: false, code });
        page.left();
        app.notice = WHY_LEFT[why] ?? '';
        storage.removeItem(roomKey);
        address({ room: null, watch: null });
        listRooms();
        draw();
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
        }, COPIED_MS);
    }

    function hearConnection({ status, reason, retryAt }) {
        app.connection = { state: status, reason, pause: retryAt - Date.now() };
        if (status === 'online') listRooms();
        draw();
    }

    const actions = {
        rename,
        spell,
        create: () => busily(create),
        enter: (target, as) => busily(() => enter(target, as)),
        takeSeat: () => busily(() => enter({ room: app.room.id })),
        leave,
        startAgain: () => {
            auth.forget();
            location.reload();
        },
        tryNow: () => client.wake(),
        showRules: () => document.getElementById('rules').showModal(),
        copyLink,
        start: () => act('start'),
        addBot: (seat) => act('room.bot', { seat }),
        removeBot: (seat) => act('room.unbot', { seat }),
    };
    return {
        client,
        actions,
        act,
        goToLobby,
        isBusy: () => app.isBusy || (app.room?.pending ?? 0) > 0,
        // Goes on where a reload, or a link, left off; `isEager`: whoever it is.
        begin(isEager = false) {
            client.subscribe((state) => state, hearConnection);
            setInterval(listRooms, LIST_MS);
            const isWatcher = query.has('watch');
            const wasHere = app.code === storage.getItem(roomKey);
            if (app.code && (app.name || isWatcher || wasHere || isEager))
                actions.enter({ code: app.code }, isWatcher ? 'spectator' : 'player');
            draw();
        },
    };
}

// Who this is: a tab, which survives its reload; `?as=ann` is Ann in every tab of this browser.
export function newPerson(game) {
    const query = new URLSearchParams(location.search);
    const alias = query.get('as');
    const storage = alias ? localStorage : sessionStorage;
    const nameKey = `${game}:name:${alias ?? ''}`;
    const roomKey = `${game}:room:${alias ?? ''}`; // Where a reload goes on.
    const url = location.origin;
    const auth = guest({ url, store: storage, name: alias ?? '' });
    return {
        person: { storage, nameKey, roomKey, url, auth },
        connection: { state: 'connecting' },
        room: null, // As `asSeen` gives it.
        view: null,
        name: storage.getItem(nameKey) ?? alias ?? '',
        code: (query.get('room') ?? '').toUpperCase(),
        isInvited: query.has('room'),
        openRooms: [],
        notice: '',
        isBusy: false,
        isCopied: false,
    };
}

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
        ask: (...question) => room.ask(...question),
        leave: () => room.leave(),
        close: () => room.close(),
    };
}

function sentence({ message }) {
    return message.charAt(0).toUpperCase() + message.slice(1) + (/[.!?]$/.test(message) ? '' : '.');
}

function address(changes) {
    const url = new URL(location);
    for (const [key, value] of Object.entries(changes)) {
        if (value === null) url.searchParams.delete(key);
        else url.searchParams.set(key, value);
    }
    history.replaceState(null, '', url);
}
