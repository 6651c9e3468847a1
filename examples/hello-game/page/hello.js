// SPDX-License-Identifier: Apache-2.0
//
// A client of gatehouse.v1 in one page (docs/protocol.md). It comes back when the connection
// breaks, or the server is killed; @gatehouse/client (docs/sdk-js.md) does more, such as sending
// again what was not answered.

const find = (id) => document.getElementById(id);
let seat, room, view;
let lastAct = 0;
let socket;

const post = async (path, body, token) => {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error((await answer.json()).message);
    return answer.json();
};

const merge = (into, patch) => {
    if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
    const merged = { ...into };
    for (const [key, value] of Object.entries(patch))
        if (value === null) delete merged[key];
        else merged[key] = merge(merged[key], value);
    return merged;
};

function tell(what = '') {
    const { low, high, winner } = view?.game ?? {};
    const bounds = view ? `It is from ${low} to ${high}.` : '';
    const who = winner === seat ? 'You have' : `Player ${winner + 1} has`;
    const state = winner === undefined ? bounds : `${who} won: it is ${low}.`;
    find('news').textContent = `${what} ${state}`;
}

const say = (message) => socket.send(JSON.stringify(message));

const hear = {
    joined(message) {
        ({ room, seat, view, last: lastAct } = message);
        find('go').disabled = false;
        tell();
    },
    upd(message) {
        view = message.view ?? merge(view, message.d);
        tell();
    },
    err: ({ msg }) => tell(`No: ${msg}.`),
    undefined: () => say({}), // A heartbeat.
};

async function connect() {
    sessionStorage.token ??= (await post('/v1/sessions', {})).token;
    if (!location.hash) {
        const { code } = await post('/v1/rooms', { game: 'hello-game' }, sessionStorage.token);
        history.replaceState(null, '', `#${code}`);
    }
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    socket = new WebSocket(`${scheme}//${location.host}/v1/connect`, 'gatehouse.v1.json');
    socket.onopen = () => {
        say({ t: 'hello', v: 1, auth: sessionStorage.token });
        say({ t: 'join', id: 1, code: location.hash.slice(1) });
    };
    socket.onmessage = ({ data }) => {
        for (const message of [JSON.parse(data)].flat()) hear[message.t]?.(message);
    };
    socket.onclose = ({ code }) => {
        find('go').disabled = true;
        if (code === 4001) delete sessionStorage.token; // It has expired.
        setTimeout(comeBack, 500 + 500 * Math.random());
    };
}

function comeBack() {
    connect().catch(({ message }) => {
        tell(`The server is away (${message}).`);
        setTimeout(comeBack, 2000);
    });
}

find('guess').onsubmit = (event) => {
    event.preventDefault();
    const d = { number: Number(find('number').value) };
    say({ t: 'act', id: ++lastAct, room, a: 'guess', d });
    find('guess').reset();
};
window.onhashchange = () => location.reload();
comeBack();
