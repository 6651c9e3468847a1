// SPDX-License-Identifier: Apache-2.0
//
// CUTS=12 SEED=1 tests/end_to_end/power_loss [--negative gate-off|sync-off|sync-normal]
//
// The server's data lie on a file system that loses what was not synced (lossy_fs). Players play,
// and the power fails at random moments, now and then while the server starts: it is killed, and at
// the same instant the disk forgets, in one cut of three all that was not synced, otherwise any
// part of it: torn writes, sectors in another order, names that were never made. The server starts
// again on what is left. In the end the players compare what they were told with the history that
// is there. The last line is the tally; the exit code is 0 if the tally is clean.
//
// --negative: with a planted bug. Goes on until there are losses, or a store that cannot be opened
// any more, and the exit code is 0 if so. Without a name: all three, one after the other.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { randomFrom, seed } from './chance.mjs';
import { Server } from './harness.mjs';
import { LossyDisk } from './lossy_disk.mjs';
import { cleanUpAtExit, Players, steadyConfiguration } from './players.mjs';

const planted = {
    'gate-off': ['--planted-bug-gate-off'],
    'sync-off': ['--planted-bug-sync', 'off'],
    'sync-normal': ['--planted-bug-sync', 'normal'],
};
const attemptsMax = 12; // Of each negative control,
const cyclesOfAttempt = 3; // with so many cuts.
const acksPerCut = 50; // Fewer, and nobody played.
const syncMicrosecondsMax = 20_000;

let disk;
let server;
let players;
let runs = 0;

class Cutter {
    cuts = 0;
    cutsAtStart = 0;
    failures = 0;
    sectorsLost = 0;
    sectorsKept = 0;

    constructor(random) {
        this.random = random;
    }

    // And go on for a while as if they had succeeded.
    async failSyncs() {
        await disk.failSyncs(1 + Math.floor(this.random() * 3));
        this.failures++;
        await pause(this.random() * 200);
    }

    async cut() {
        const asked = this.random() < 1 / 3 ? undefined : Math.floor(this.random() * 2 ** 32);
        const dead = server.kill();
        const words = await disk.off(asked);
        await dead;
        await disk.on();
        const [, kept, lost] = /sectors kept (\d+) lost (\d+)/.exec(words);
        this.cuts++;
        this.sectorsKept += Number(kept);
        this.sectorsLost += Number(lost);
    }

    async cutAtStart(args) {
        const start = server.start({ args });
        start.catch(() => {}); // Does not get far.
        await pause(this.random() * 60);
        await this.cut();
        this.cutsAtStart++;
    }

    get news() {
        const { cuts, cutsAtStart, failures, sectorsLost, sectorsKept } = this;
        const sectors = `unsynced sectors lost ${sectorsLost} kept ${sectorsKept}`;
        return `cuts ${cuts} (${cutsAtStart} at start, ${failures} after failed syncs)  ${sectors}`;
    }
}

async function torture(folder, { runSeed, cycles, args = [] }) {
    const random = randomFrom(runSeed);
    const cutter = new Cutter(random);
    const store = path.join(path.basename(disk.folder), `data-${++runs}`);
    server = new Server(folder, await steadyConfiguration(store));
    await server.start({ args });
    players = new Players(server, runSeed);
    for (let cycle = 1; cycle <= cycles; cycle++) {
        await pause(50 + random() * 900);
        if (random() < 0.3) await cutter.failSyncs();
        await cutter.cut();
        if (random() < 0.25) await cutter.cutAtStart(args);
        await server.start({ args });
        if (cycle % 25 === 0) console.log(`${cutter.news}  seed ${runSeed}  ${players.news}`);
    }
    const verdict = await players.verdict();
    await server.kill();
    return { ...verdict, cutter };
}

async function positive(folder) {
    const cycles = Number(process.env.CUTS ?? 12);
    const { isClean, tally, count, cutter } = await torture(folder, { runSeed: seed, cycles });
    const isEnough = count('acked') >= cycles * acksPerCut;
    if (!isClean || !isEnough) {
        for (const line of players.lines) console.log(`  ${line}`);
        for (const line of server.log.slice(-20)) console.log(`  ${JSON.stringify(line)}`);
        console.log(`seed ${seed}${isEnough ? '' : ': too few acks to mean anything'}`);
    }
    console.log(`${cutter.news}  ${tally}`);
    return isClean && isEnough;
}

async function findsPlanted(folder, bug) {
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
        const how = { runSeed: seed + attempt, cycles: cyclesOfAttempt, args: planted[bug] };
        let found;
        try {
            const { tally, count } = await torture(folder, how);
            found = count('lost') > 0 && tally;
        } catch (error) {
            const isDamaged = server.lives > 1 && error.message.includes('The store');
            if (server.isRunning || !isDamaged) throw error;
            players.process.kill('SIGKILL');
            found = error.message.trim().replaceAll('\n', ' ');
        }
        if (found) {
            console.log(`negative control ${bug}, attempt ${attempt}: ${found}`);
            return true;
        }
    }
    console.log(`negative control ${bug}: the planted bug was not found`);
    return false;
}

async function negative(folder) {
    const asked = process.argv.slice(process.argv.indexOf('--negative') + 1);
    let isFound = true;
    for (const bug of asked.length > 0 ? asked : Object.keys(planted))
        isFound = (await findsPlanted(folder, bug)) && isFound;
    return isFound;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-power-'));
process.once('exit', () => disk?.unmountNow());
cleanUpAtExit(folder, () => [server?.child, players?.process]);
const mounted = await LossyDisk.mount(path.join(folder, 'disk'), syncMicrosecondsMax);
if (typeof mounted === 'string') {
    console.log(`SKIPPED: ${mounted}`);
    process.exit(0);
}
disk = mounted;
const isGood = await (process.argv.includes('--negative') ? negative(folder) : positive(folder));
process.exit(isGood ? 0 : 1);
