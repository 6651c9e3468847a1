// SPDX-License-Identifier: Apache-2.0
//
// [LONG=1] CUTS=12 SEED=1 tests/end_to_end/power_loss [postgres] [--negative [BUG...]]
//
// The store lies on a file system that loses what was not synced (lossy_fs). Players play, and the
// power fails at random moments, now and then while the store starts: whoever writes it is killed,
// and at the same instant the disk forgets, in one cut of three all that was not synced, otherwise
// any part of it: torn writes, sectors in another order, names that were never made. All start
// again on what is left. In the end the players compare what they were told with the history that
// is there. The last line is the tally; the exit code is 0 if the tally is clean.
//
// The store is SQLite's; with `postgres` a database, whose power fails with the server's or alone.
//
// LONG=1: games that go on, with an archive on the same disk (long_games.mjs). A part of some room
// must have left the store before the last cut, and at the end store and archive be whole. There is
// no backup: its bases are made where space is left, and lossy_fs does not say how much is.
//
// --negative: with a planted bug. Goes on until there are losses, or a store that cannot be opened
// any more, and the exit code is 0 if so. Without a name: all of them, one after the other.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { randomFrom, seed } from './chance.mjs';
import { get, Server, until } from './harness.mjs';
import { changes, Deeds, isLong, lifeMsMax } from './long_games.mjs';
import { LossyDisk } from './lossy_disk.mjs';
import { cleanUpAtExit, Players, steadyConfiguration } from './players.mjs';
import { missing, Postgres } from './postgres.mjs';

const isPostgres = process.argv[2] === 'postgres';
const isPositive = !process.argv.includes('--negative');
const planted = {
    'gate-off': { args: ['--planted-bug-gate-off'] },
    'disk-lies': { isLying: true },
    ...(!isPostgres && {
        'sync-off': { args: ['--planted-bug-sync', 'off'] },
        'sync-normal': { args: ['--planted-bug-sync', 'normal'] },
    }),
};
const attemptsMax = 12; // Of each negative control,
const cutsOfAttempt = 3; // with so many cuts.
const acksPerCut = 50; // Fewer, and nobody played.
// PostgreSQL syncs a thousand files when it starts, and relies on a journal for their names.
const diskOptions = isPostgres ? [1_000, 'journal'] : [20_000];

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-power-'));
let disk;
let postgres;
let server;
let players;
let plug;
let deeds;
let runs = 0;

// A machine, or two, with a plug to pull.
class Plug {
    cuts = 0;
    cutsAtStart = 0;
    failures = 0;
    sectorsLost = 0;
    sectorsKept = 0;

    constructor(random, args) {
        this.random = random;
        this.args = args;
    }

    #upTo(max) {
        return 1 + Math.floor(this.random() * max);
    }

    // At any moment, or in the middle of a sync. Syncs may fail before.
    async pullWhileWritten() {
        if (!isPostgres && this.random() < 0.3) {
            await disk.failSyncs(this.#upTo(3));
            this.failures++;
        }
        if (this.random() < 0.5) return this.pull(() => disk.trip(this.#upTo(6), this.#upTo(1e9)));
        await pause(this.random() * 200);
        return this.pull();
    }

    async pull(trip) {
        const isServerSpared = isPostgres && this.random() < 0.5;
        const asked = this.random() < 1 / 3 ? undefined : this.#upTo(1e9);
        const tripped = await trip?.();
        const dead = [isServerSpared || server.kill(), postgres?.stop('SIGKILL')];
        const words = tripped ?? (await disk.off(asked));
        await Promise.all(dead);
        await disk.on();
        const [, kept, lost] = /sectors kept (\d+) lost (\d+)/.exec(words);
        this.cuts++;
        this.sectorsKept += Number(kept);
        this.sectorsLost += Number(lost);
    }

    async #start() {
        await postgres?.up();
        if (!server.isRunning) return server.start({ args: this.args });
        await until(
            async () =>
                !server.isRunning || (await get(server.url + '/health/ready')).status === 200,
            'the server has found its database again',
            30_000,
        );
        if (server.isRunning) return;
        throw new Error(`The store was lost: ${JSON.stringify(server.log.slice(-3))}`);
    }

    async plugIn() {
        while (this.random() < 0.2) {
            const start = this.#start();
            start.catch(() => {}); // Does not get far.
            await pause(this.random() * (isPostgres ? 900 : 60));
            await this.pull();
            this.cutsAtStart++;
        }
        await this.#start();
    }

    get news() {
        const { cuts, cutsAtStart, failures, sectorsLost, sectorsKept } = this;
        const sectors = `unsynced sectors lost ${sectorsLost} kept ${sectorsKept}`;
        return `cuts ${cuts} (${cutsAtStart} at start, ${failures} after failed syncs)  ${sectors}`;
    }
}

async function storeOf(run) {
    if (!isPostgres) return { store: `sqlite:disk/data-${run}/gatehouse.db` };
    postgres = await Postgres.start({ after() {} }, { data: `${disk.folder}/data-${run}` });
    return { store: postgres.store };
}

async function torture({ runSeed, cuts, args = [], isLying = false }) {
    const random = randomFrom(runSeed);
    plug = new Plug(random, args);
    const { store } = await storeOf(++runs);
    const archived = changes('disk', { hasBackup: false });
    server = new Server(folder, { ...(await steadyConfiguration('disk')), ...archived, store });
    await server.start({ args });
    players = new Players(server, runSeed);
    deeds = new Deeds(server);
    await disk.lie(isLying);
    for (let cut = 1; cut <= cuts; cut++) {
        await pause(50 + random() * lifeMsMax(800, 7_000)); // Syncs are slow there.
        if (isLong) await (isPositive && cut === cuts ? deeds.compactSome() : deeds.look());
        await plug.pullWhileWritten();
        await plug.plugIn();
        if (cut % 25 === 0) console.log(`${plug.news}  seed ${runSeed}  ${players.news}`);
    }
    const verdict = await players.verdict();
    if (isLong) await deeds.look();
    await server.kill();
    if (isLong && isPositive) await deeds.judge(verdict);
    await postgres?.stop();
    if (postgres) fs.rmSync(postgres.folder, { recursive: true });
    return verdict;
}

async function positive() {
    const cuts = Number(process.env.CUTS ?? 12);
    const { isClean, tally, count } = await torture({ runSeed: seed, cuts });
    const isEnough = count('acked') >= cuts * acksPerCut;
    if (!isClean || !isEnough) {
        for (const line of players.lines) console.log(`  ${line}`);
        for (const line of server.log.slice(-20)) console.log(`  ${JSON.stringify(line)}`);
        console.log(`seed ${seed}${isEnough ? '' : ': too few acks to mean anything'}`);
    }
    console.log(`${plug.news}  ${tally}`);
    return isClean && isEnough;
}

async function findsPlanted(bug) {
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
        let found;
        await disk.lie(false); // For what is laid before the players come.
        try {
            const how = { runSeed: seed + attempt, cuts: cutsOfAttempt, ...planted[bug] };
            const { tally, count } = await torture(how);
            found = count('lost') > 0 && tally;
        } catch (error) {
            if (plug.cuts === 0 || !/^PostgreSQL ended|The store/.test(error.message)) throw error;
            players.process.kill('SIGKILL');
            if (server.isRunning) await server.kill();
            await postgres?.stop();
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

async function negative() {
    const asked = process.argv.slice(process.argv.indexOf('--negative') + 1);
    let isFound = true;
    for (const bug of asked.length > 0 ? asked : Object.keys(planted))
        isFound = (await findsPlanted(bug)) && isFound;
    return isFound;
}

function skip(why) {
    console.log(`SKIPPED: ${why}`);
    process.exit(0);
}

process.env.DB_PASSWORD = 's3cret';
process.once('exit', () => {
    disk?.unmountNow();
    if (postgres) fs.rmSync(postgres.folder, { recursive: true, force: true });
});
cleanUpAtExit(folder, () => [server?.child, players?.process, postgres?.child]);
if (isPostgres && missing) skip(missing);
fs.chmodSync(folder, 0o755); // PostgreSQL is somebody else.
const mounted = await LossyDisk.mount(path.join(folder, 'disk'), ...diskOptions);
if (typeof mounted === 'string') skip(mounted);
disk = mounted;
const isGood = await (isPositive ? positive() : negative());
process.exit(isGood ? 0 : 1);
