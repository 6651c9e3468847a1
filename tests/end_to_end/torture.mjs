// SPDX-License-Identifier: Apache-2.0
//
// CYCLES=50 SEED=1 tests/end_to_end/torture [--negative]
//
// Starts the server on SQLite, lets players play there, and kills the server with SIGKILL at random
// moments, now and then while it starts. In the end the players compare what they were told with
// the history that is there. The last line is the tally; the exit code is 0 if the tally is clean.
//
// --negative: the server runs with a planted bug (acks leave before they are durable). Goes on
// until the tally shows losses, and the exit code is 0 if it does: a check that can find nothing
// proves nothing.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Server } from './harness.mjs';
import { cleanUpAtExit, Players, steadyConfiguration } from './players.mjs';

const isNegative = process.argv.includes('--negative');
const cycles = isNegative ? 5 : Number(process.env.CYCLES ?? 50);
const seed = Number(process.env.SEED ?? 1 + Math.floor(Math.random() * 1e6));
const args = isNegative ? ['--planted-bug-gate-off'] : [];
const attemptsMax = 12; // Of the negative control.
const acksPerCycle = 20; // Fewer, and it was no torture.

// Mulberry32.
function randomFrom(state) {
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

function show(cycle, words) {
    const text = `cycle ${cycle}/${cycles}  seed ${seed}  ${words}`;
    if (process.stdout.isTTY)
        process.stdout.write(`\r\x1b[K${text}${cycle === cycles ? '\n' : ''}`);
    else if (cycle % 25 === 0) console.log(text);
}

let server;
let players;

async function torture(folder, runSeed) {
    const random = randomFrom(runSeed);
    server = new Server(folder, await steadyConfiguration(`data-${runSeed}`));
    await server.start({ args });
    players = new Players(server, runSeed);
    for (let cycle = 1; cycle <= cycles; cycle++) {
        await pause(50 + random() * 350);
        await server.kill();
        if (random() < 0.2) {
            const start = server.start({ args });
            start.catch(() => {}); // Does not get far.
            await pause(random() * 40);
            await server.kill();
        }
        await server.start({ args });
        show(cycle, players.news);
    }
    const verdict = await players.verdict();
    await server.kill();
    return verdict;
}

async function positive(folder) {
    const { isClean, tally, count } = await torture(folder, seed);
    const isEnough = count('acked') >= cycles * acksPerCycle;
    if (!isClean || !isEnough) {
        for (const line of players.lines) console.log(`  ${line}`);
        for (const line of server.log.slice(-20)) console.log(`  ${JSON.stringify(line)}`);
        console.log(`seed ${seed}${isEnough ? '' : ': too few acks to mean anything'}`);
    }
    console.log(`cycles ${cycles}  ${tally}`);
    return isClean && isEnough ? 0 : 1;
}

async function negative(folder) {
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
        const { tally, count } = await torture(folder, seed + attempt);
        console.log(`negative control: cycles ${attempt * cycles}  ${tally}`);
        if (count('lost') > 0) return 0;
    }
    console.log('negative control: the planted bug was not found');
    return 1;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-torture-'));
cleanUpAtExit(folder, () => [server?.child, players?.process]);
process.exitCode = await (isNegative ? negative(folder) : positive(folder));
