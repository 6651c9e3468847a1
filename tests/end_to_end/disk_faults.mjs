// SPDX-License-Identifier: Apache-2.0
//
// ROUNDS=8 SEED=1 tests/end_to_end/disk_faults [--negative]
//
// While players play, strace makes system calls of the server to its database, to the keys beside
// it, and to the WAL of either fail: writes, syncs and truncations, with EIO or ENOSPC, one in some
// or all of them, for a while or up to a kill -9. A person must be told `unavailable` (never
// nothing, never an ack of what is not kept), and who comes in that moment too; the server must go
// on by itself when the disk does. In the end no ack is missing from history, and after another
// kill -9 no name of who came. The last line is the tally. Skipped where strace is missing or may
// not trace.
//
// --negative: the server runs with a planted bug (acks leave before they are durable). Goes on
// until acks are lost, and fails where none are: then this program could not find them.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { randomFrom, seed } from './chance.mjs';
import { Server, soon, until } from './harness.mjs';
import { Newcomer } from './newcomer.mjs';
import { Person } from './person.mjs';
import { cleanUpAtExit, Players, steadyConfiguration } from './players.mjs';

const events = ['', '-wal'];
const keys = ['.keys', '.keys-wal'];
// Some are felt by everybody who says anything, or who comes; then come ROUNDS by chance.
const pointed = [
    { call: 'fdatasync', error: 'EIO', when: '1+5', answers: 60 },
    { call: 'fdatasync', error: 'EIO', isFelt: true },
    { call: 'pwrite64', error: 'EIO', when: '1+40', answers: 60 },
    { call: 'pwrite64', error: 'ENOSPC', isFelt: true },
    { call: 'fdatasync', error: 'EIO', isFelt: true, endsByKill: true },
    { call: 'pwrite64', error: 'EIO', when: '2+3', answers: 20, endsByKill: true },
    { call: 'fdatasync', error: 'EIO', when: '1+2', files: keys, answers: 20 },
    { call: 'pwrite64', error: 'ENOSPC', files: keys, answers: 20 },
    { call: 'pwrite64,fdatasync', error: 'EIO', files: keys, answers: 20, endsByKill: true },
];
const rounds = Number(process.env.ROUNDS ?? 8);
const isNegative = process.argv.includes('--negative');
const attemptsMax = 6; // Of the negative control.
const newcomers = 2; // In each round.
const strikesWithinMs = 2_000; // Or it is none: the database itself is seldom written.
const random = randomFrom(seed);
const one = (...choices) => choices[Math.floor(random() * choices.length)];

function drawn() {
    const files = one(['-wal'], [''], events, events, ['.keys-wal'], keys, [...events, ...keys]);
    const first = 1 + Math.floor(random() * (files.includes('-wal') ? 20 : 3));
    const when = [undefined, `${first}`, `${first}+`, `${first}+${1 + Math.floor(random() * 30)}`];
    return {
        call: one('fdatasync', 'pwrite64', 'pwrite64,fdatasync,ftruncate'),
        error: one('EIO', 'ENOSPC'),
        when: one(...when),
        files,
        answers: Math.floor(random() * 40),
        endsByKill: random() < 0.25,
    };
}

function wordsOf({ call, error, when = '1+', files = events, endsByKill }) {
    const where = files.map((suffix) => suffix || 'database').join(' and ');
    return `${call} ${error} when=${when} on ${where}${endsByKill ? ', kill -9' : ''}`;
}

// Attached to all threads of the server once it resolves; undefined where that is not possible.
async function strace({ call, error, when, files = events }) {
    const output = path.join(folder, 'strace');
    const inject = `inject=${call}:error=${error}${when ? `:when=${when}` : ''}`;
    const how = ['-f', '-o', output, '-e', `trace=${call}`, '-e', inject];
    for (const suffix of files) how.push('-P', database + suffix);
    const child = spawn('strace', [...how, '-p', server.pid], {
        stdio: ['ignore', 'ignore', 'pipe'],
    });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (words += text));
    const ended = new Promise((resolve) => {
        child.once('close', resolve);
        child.once('error', resolve);
    });
    let hasEnded = false;
    ended.then(() => (hasEnded = true));
    await until(() => hasEnded || words.includes('attached'), 'strace attaches');
    if (hasEnded) return undefined;
    return {
        // How many calls failed so far.
        get strikes() {
            return fs.readFileSync(output, 'utf8').split('(INJECTED)').length - 1;
        },
        detach() {
            child.kill('SIGINT');
            return soon(ended, 'strace detaches');
        },
    };
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-disk-'));
const database = path.join(folder, 'data', 'gatehouse.db');
let server;
let players;
let person;
const total = { felt: 0, strikes: 0, kills: 0, recoveryMsMax: 0, ofKeys: 0 };
const came = [];

// False where strace cannot.
async function endure(fault) {
    const coming = [];
    for (let n = 0; n < newcomers; n++)
        coming.push(await Newcomer.come(server, `Comes ${came.length + n}`));
    const tracer = await strace(fault);
    if (!tracer) return false;
    const arrivals = Promise.all(coming.map((each) => each.arrive()));
    arrivals.catch(() => {}); // Until it is looked at.
    if (fault.isFelt) await person.hears('unavailable', 20);
    const patient = Date.now() + strikesWithinMs;
    for (let heard = 0; heard < (fault.answers ?? 0); heard++) await person.answer();
    while (tracer.strikes === 0 && Date.now() < patient) await person.answer();
    if (fault.endsByKill) await server.kill();
    await tracer.detach();
    const { strikes } = tracer;
    const wasWell = Date.now();
    if (fault.endsByKill) {
        await server.start();
        await person.comeBack();
        total.kills++;
    }
    await Promise.all(
        (await arrivals).map(async (isThere, n) => {
            if (!isThere) await coming[n].comeBack();
            if (!isThere) await coming[n].arrive();
            await coming[n].client.close();
        }),
    );
    came.push(...coming);
    await person.hears('ack', 1);
    total.recoveryMsMax = Math.max(total.recoveryMsMax, Date.now() - wasWell);
    await person.hears('ack', 20);
    total.felt += strikes > 0 ? 1 : 0;
    total.strikes += strikes;
    if (fault.files?.some((file) => keys.includes(file))) total.ofKeys += strikes;
    console.log(`${wordsOf(fault)}: ${strikes} failed, recovered`);
    return true;
}

async function endureAll() {
    server = await new Server(folder, await steadyConfiguration('data')).start();
    players = new Players(server, seed);
    person = await Person.come(server);
    await person.hears('ack', 100);
    const faults = [...pointed, ...Array.from({ length: rounds }, drawn)];
    for (const fault of faults) {
        const isPossible = await endure(fault).catch((error) => {
            for (const line of server.log.slice(-30)) console.log(`  ${JSON.stringify(line)}`);
            throw new Error(`seed ${seed}  ${wordsOf(fault)}`, { cause: error });
        });
        if (!isPossible) return { isSkipped: true };
    }
    const verdict = await players.verdict();
    await server.kill();
    await server.start();
    for (const each of came) await each.isKnown();
    return verdict;
}

// True where the planted bug was found; undefined where strace cannot.
async function negative() {
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
        fs.rmSync(path.dirname(database), { recursive: true, force: true });
        server = new Server(folder, await steadyConfiguration('data'));
        await server.start({ args: ['--planted-bug-gate-off'] });
        players = new Players(server, seed + attempt);
        person = await Person.come(server);
        await person.hears('ack', 100);
        const tracer = await strace({ call: 'fdatasync', error: 'EIO' });
        if (!tracer) return undefined;
        await until(() => tracer.strikes >= 10, 'syncs fail', 30_000);
        await tracer.detach();
        const { tally, count } = await players.verdict();
        await server.kill();
        console.log(`negative control, attempt ${attempt}: ${tally}`);
        if (count('lost') > 0) return true;
    }
    console.log('negative control: the planted bug was not found');
    return false;
}

function skip() {
    console.log('SKIPPED: strace is missing or may not trace');
    process.exit(0);
}

cleanUpAtExit(folder, () => [server?.child, players?.process]);
if (isNegative) {
    const isFound = await negative();
    if (isFound === undefined) skip();
    process.exit(isFound ? 0 : 1);
}
const { isSkipped, isClean, tally } = await endureAll();
if (isSkipped) skip();
if (!isClean) for (const line of players.lines) console.log(`  ${line}`);
const { felt, strikes, ofKeys, kills, recoveryMsMax } = total;
console.log(
    `seed ${seed}  rounds ${pointed.length + rounds} (${felt} with failed calls, ${kills} killed)` +
        `  calls failed ${strikes} (${ofKeys} where keys are)  names kept ${came.length}` +
        `  slowest answer ${person.slowestMs} ms` +
        `  slowest recovery ${recoveryMsMax} ms  ${tally}`,
);
process.exit(isClean && felt > 0 ? 0 : 1);
