// SPDX-License-Identifier: Apache-2.0
//
// One seed: a storm, then a calm in which everybody must get what is owed.

import assert from 'node:assert/strict';
import { Agenda, Luck } from './luck.mjs';
import { Network } from './network.mjs';
import { Player } from './player.mjs';
import { Server } from './server.mjs';

const STORM = 30_000;
const CALM = 90_000;
const ANSWER = 10_000;
const SETTLED = 1000;
const CODES = [1000, 1001, 1006, 1011, 1012, 1013, 4100, 4101, 4199, 4200, 4201, 4202, 4204, 4205];

// What goes wrong, and how often a second.
function drawPlan(luck, isMangled) {
    const often = (most) => (luck.happens(0.6) ? luck.next() * most : 0);
    return {
        delayMs: luck.one([3, 40, 400]),
        commitMs: luck.one([5, 50, 500]),
        transient: luck.one([0, 0, 0.05, 0.3]),
        joinRefused: luck.one([0, 0, 0.3]),
        answersDropped: luck.happens(0.5), // Joins that a newer one of their session replaced.
        storeRefuses: luck.one([0, 0, 0, 0.3, 1]),
        twoDevices: !isMangled && luck.happens(0.4),
        mayFail: (code) => code === 'replaced',
        mangled: isMangled ? luck.one([0.01, 0.05, 0.15]) : 0,
        acts: luck.one([0.5, 3, 20]),
        no: luck.one([0, 0.2]),
        cut: often(0.3),
        kill: often(0.1),
        drain: often(0.05),
        close: often(0.3),
        reload: isMangled ? 0 : often(0.1),
        sleep: often(0.1),
        wake: often(0.3),
        back: often(0.05),
        take: luck.next(), // Who was replaced takes the seat back.
    };
}

// isMangled: messages are lost, doubled and overtaken within a connection.
export function run(seed, isMangled, ClientCore) {
    const luck = new Luck(seed * 2 + (isMangled ? 1 : 0));
    const agenda = new Agenda();
    const plan = drawPlan(luck, isMangled);
    const server = new Server(agenda, luck, plan);
    server.isStrict = !isMangled;
    const network = new Network(agenda, luck, plan, server);
    const world = { agenda, luck, plan, network, server, ClientCore };
    const names = plan.twoDevices ? ['ann', 'bob', 'ann'] : ['ann', 'bob'];
    const players = names.map((name) => new Player(name, world));
    let mark = 0;
    const strikes = {
        acts: () => {
            const name = luck.happens(plan.no) ? 'no' : 'note';
            luck.one(players).act(name, ++mark);
        },
        cut: () => network.cut(),
        kill: () => server.isUp && server.kill(),
        drain: () => server.isUp && server.drain(),
        close: () => server.closeOne(luck.one(CODES)),
        reload: () => luck.one(players).reload(),
        sleep: () => {
            const player = luck.one(players);
            player.step({ type: 'sleep' });
            agenda.in(luck.below(10_000), () => player.step({ type: 'wake' }));
        },
        wake: () => luck.one(players).step({ type: luck.one(['wake', 'doubt']) }),
        back: () => server.isUp && server.goBack(),
        take: () => luck.one(players).comeBack(),
    };
    const end = agenda.now + STORM;
    for (const [name, strike] of Object.entries(strikes)) {
        const next = () =>
            agenda.in((-Math.log(1 - luck.next()) * 1000) / plan[name], () => {
                if (agenda.now >= end) return;
                strike();
                next();
            });
        if (plan[name] > 0) next();
    }
    agenda.runUntil(end);
    Object.assign(plan, { transient: 0, joinRefused: 0, mangled: 0 });
    agenda.runUntil(end + SETTLED); // What was under way twice has arrived.
    for (const player of players) player.comeBack();
    agenda.runUntil(end + CALM - ANSWER);
    // One more action each: that an update was lost, only the next one tells.
    for (const player of players) player.act('note', ++mark);
    agenda.runUntil(end + CALM);
    check(server, players, mark);
    return { server, players, mark };
}

function check(server, players, marks) {
    const applied = server.marks.map(({ mark }) => mark);
    assert.equal(new Set(applied).size, applied.length, 'nothing is applied twice');
    const head = server.durable.at(-1);
    const there = players.filter(({ states }) => states.room.status === 'live');
    const names = (of) => [...new Set(of.map(({ name }) => name))].sort();
    assert.deepEqual(names(there), names(players), 'everybody is in, on one device');
    assert.equal(there.length, names(players).length);
    for (const { states, handles } of there) {
        assert.equal(states.client.status, 'online');
        assert.equal(states.room.s, head.s, 'everybody sees the latest view');
        assert.deepEqual(states.room.pending, [], 'nothing waits for ever');
        for (const state of handles.values())
            assert.ok(state === states.room || state.status === 'left', 'handles agree');
    }
    let outcomes = 0;
    for (const player of players) {
        outcomes += player.outcomes.size;
        assert.equal(player.calls.size, 0, 'every call is settled');
        for (const [mark, outcome] of player.outcomes) {
            if (outcome === 'applied') assert.ok(applied.includes(mark), `${mark} was acked`);
            const isKnown = applied.includes(mark) || server.refused.has(mark);
            // What a tab left behind is sent by the next one, where it is the same device's.
            if (outcome === 'unknown' && players.length === 2)
                assert.ok(isKnown, `${mark} outlives its tab`);
            // Where messages are doubled, the refusal may be that of another copy.
            if (outcome === 'never' && server.isStrict)
                assert.ok(!applied.includes(mark), `${mark} was refused`);
        }
    }
    assert.equal(outcomes, marks);
}
