// SPDX-License-Identifier: Apache-2.0
//
// FILLS=4 SEED=1 tests/end_to_end/full_disk [--negative]
//
// The server's data lie on a small ext4 of their own (mounted from a file), which is filled to the
// last byte while players play. Actions must be refused with `unavailable` and health must say why.
// Then, in turn: space is freed, and the server must go on without a restart; or it is killed with
// -9 and must start again on the full disk, by the space that it keeps back (the ballast), and
// where that is used up too, refuse to start in words, and start once there is space. In the end no
// ack is missing from history. The last line is the tally. Skipped where nothing may be mounted.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { seed } from './chance.mjs';
import { get, Server, until } from './harness.mjs';
import { Person } from './person.mjs';
import { cleanUpAtExit, Players, steadyConfiguration } from './players.mjs';

const fills = Number(process.env.FILLS ?? 4);
const diskBytes = 128 * 1024 * 1024;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-full-'));
const data = path.join(folder, 'data');
const ballast = path.join(data, 'gatehouse.db.ballast');

let server;
let players;
let person;
let fillers = 0;
const total = { refused: 0, lives: 0, refusals: 0 };

// Why it cannot be mounted, or nothing.
function mount() {
    const image = path.join(folder, 'image');
    fs.mkdirSync(data);
    fs.writeFileSync(image, '');
    fs.truncateSync(image, diskBytes);
    try {
        execFileSync('mkfs.ext4', ['-q', '-m', '0', image], { stdio: 'pipe' });
        execFileSync('mount', ['-o', 'loop', image, data], { stdio: 'pipe' });
    } catch (error) {
        return String(error.stderr ?? error.message).trim();
    }
}

// To the last byte that can be had; where there is none, not even for a name, it is full.
function fill() {
    let descriptor;
    for (let size = 1024 * 1024; size >= 1;)
        try {
            descriptor ??= fs.openSync(path.join(data, `filler-${fillers++}`), 'wx');
            fs.writeSync(descriptor, Buffer.alloc(size));
        } catch (error) {
            if (error.code !== 'ENOSPC') throw error;
            if (descriptor === undefined) return;
            size = Math.floor(size / 2);
        }
    fs.closeSync(descriptor);
}

function free() {
    for (const name of fs.readdirSync(data))
        if (name.startsWith('filler')) fs.rmSync(path.join(data, name));
}

// The server may still have room inside of its files, and gives some back now and then.
async function fillUntilRefused() {
    const isRefused = async () => {
        fill();
        return (await person.answer()) === 'unavailable';
    };
    await until(isRefused, 'a full disk refuses', 30_000);
    for (let more = 0; more < 20; more++) await until(isRefused, 'it refuses again');
    total.refused += 21;
    const health = await until(
        async () => {
            const answer = await get(server.adminUrl + '/health');
            return answer.status === 503 && answer;
        },
        'health says that the store fails',
    );
    if (health.json.checks.store.status !== 'failing') throw new Error(health.text);
    if ((await get(server.url + '/health/live')).status !== 200) throw new Error('not alive');
}

// Whether it did; otherwise it must have said why not.
async function startsOnFullDisk() {
    try {
        await server.start({ ready: false });
        total.lives++;
        return true;
    } catch (error) {
        if (!error.message.includes('the disk is full')) throw error;
        total.refusals++;
        return false;
    }
}

async function goesOn() {
    free();
    await person.hears('ack', 20, 20_000);
    await until(
        async () => (await get(server.url + '/health/ready')).status === 200,
        'it is ready again',
    );
}

async function killedWhileFull() {
    if (!fs.existsSync(ballast)) throw new Error('nothing was kept back for a full disk');
    await server.kill();
    if (!(await startsOnFullDisk())) throw new Error('the ballast did not let it start');
    await person.comeBack();
    await fillUntilRefused(); // What the ballast gave.
    await server.kill();
    fill();
    if (!(await startsOnFullDisk())) {
        free();
        await server.start();
    }
    await person.comeBack();
    await goesOn();
    await server.restart({ samePort: true }); // Lays ballast again.
    await person.comeBack();
}

async function endure() {
    server = await new Server(folder, await steadyConfiguration('data')).start();
    players = new Players(server, seed);
    person = await Person.come(server);
    await person.hears('ack', 100);
    for (let turn = 1; turn <= fills; turn++) {
        await fillUntilRefused();
        await (turn % 2 === 1 ? goesOn() : killedWhileFull());
        console.log(`turn ${turn}/${fills}  ${players.news}`);
    }
    return players.verdict();
}

async function negative() {
    server = new Server(folder, await steadyConfiguration('data'));
    await server.start({ args: ['--planted-bug-gate-off'] });
    players = new Players(server, seed);
    person = await Person.come(server);
    await person.hears('ack', 100);
    await until(
        async () => {
            fill();
            return (await get(server.adminUrl + '/health')).status === 503;
        },
        'a full disk fails the store',
        30_000,
    );
    free();
    const { tally, count } = await players.verdict();
    console.log(`negative control: ${tally}`);
    return count('lost') > 0;
}

process.once('exit', () => {
    try {
        execFileSync('umount', ['-l', data], { stdio: 'ignore' });
    } catch {
        // It was never mounted.
    }
});
cleanUpAtExit(folder, () => [server?.child, players?.process]);
const trouble = mount();
if (trouble !== undefined) {
    console.log(`SKIPPED: no disk of its own: ${trouble}`);
    process.exit(0);
}
if (process.argv.includes('--negative')) process.exit((await negative()) ? 0 : 1);
const { isClean, tally } = await endure();
if (!isClean) for (const line of players.lines) console.log(`  ${line}`);
const { refused, lives, refusals } = total;
console.log(
    `filled ${fills} times  refused ${refused} actions` +
        `  started while full ${lives}, refused to ${refusals}  ${tally}`,
);
process.exit(isClean ? 0 : 1);
