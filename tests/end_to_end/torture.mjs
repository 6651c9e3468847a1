// SPDX-License-Identifier: Apache-2.0
//
// [LONG=1] CYCLES=50 SEED=1 tests/end_to_end/torture [FAULT] [--negative]
//
//     kill             SQLite; the server is killed with SIGKILL, now and then while it starts
//     postgres-kill    the same on PostgreSQL
//     postgres-crash   PostgreSQL is shut down at once (as `pg_ctl stop -m immediate` does), or its
//                      postmaster killed with SIGKILL
//     postgres-cut     the connection to PostgreSQL is cut in mid-commit
//
// Players play while the fault strikes, once a cycle. In the end they compare what they were told
// with the history that is there. The last line is the tally; the exit code is 0 if it is clean.
//
// LONG=1: games that go on, with an archive and a backup (long_games.mjs). A part of some room must
// have left the store before the last fault, and at the end store, archive and backup be whole.
//
// --negative: the server runs with a planted bug (acks leave before they are durable). Goes on
// until the tally shows losses, and the exit code is 0 if it does: a check that can find nothing
// proves nothing.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { randomFrom, seed } from './chance.mjs';
import { CuttingProxy } from './cutting_proxy.mjs';
import { Server, soon, until } from './harness.mjs';
import { changes, Deeds, isLong, lifeMsMax } from './long_games.mjs';
import { cleanUpAtExit, Players, steadyConfiguration } from './players.mjs';
import { missing, Postgres } from './postgres.mjs';

const isNegative = process.argv.includes('--negative');
const name = process.argv.slice(2).find((word) => !word.startsWith('--')) ?? 'kill';
const asked = Number(process.env.CYCLES ?? 50);
const cycles = isNegative ? Math.min(asked, 5) : asked;
const args = isNegative ? ['--planted-bug-gate-off'] : [];
const attemptsMax = 12; // Of the negative control.

// What happens in a cycle, and how many acks it must leave time for: with fewer it is no torture.
const faults = {
    kill: { strike: kill, acks: 20 },
    'postgres-kill': { strike: kill, acks: 20, needsPostgres: true },
    'postgres-crash': { strike: crash, acks: 20, needsPostgres: true },
    'postgres-cut': { strike: cut, acks: 2, needsPostgres: true },
};
const fault = faults[name];
let server;
let players;
let postgres;
let proxy;
let deeds;

async function kill(random) {
    await pause(50 + random() * lifeMsMax(350));
    if (isLong) await deeds.look();
    await server.kill();
    if (random() < 0.2) {
        const start = server.start({ args });
        start.catch(() => {}); // Does not get far.
        await pause(random() * 40);
        await server.kill();
    }
    await server.start({ args });
}

const crashes = { SIGQUIT: 0, SIGKILL: 0 };

async function crash(random) {
    await pause(random() * lifeMsMax(350));
    const signal = random() < 0.5 ? 'SIGQUIT' : 'SIGKILL'; // The first is `-m immediate`.
    crashes[signal]++;
    await postgres.stop(signal);
    await postgres.up();
    const next = () => Number(postgres.ask('SELECT next_event FROM gatehouse.log'));
    const enough = next() + 100;
    await until(
        async () => (await pause(50), next() >= enough),
        'the server has found its database again, and the players have found the server',
        60_000,
    );
}

async function cut(random) {
    await pause(50 + random() * lifeMsMax(250));
    await soon(proxy.cut(), 'a commit is cut', 30_000);
}

function show(cycle, words) {
    const text = `cycle ${cycle}/${cycles}  seed ${seed}  ${words}`;
    if (process.stdout.isTTY)
        process.stdout.write(`\r\x1b[K${text}${cycle === cycles ? '\n' : ''}`);
    else if (cycle % 25 === 0) console.log(text);
}

async function configurationOf(runSeed, random) {
    const data = `data-${runSeed}`;
    const hasBackup = !fault.needsPostgres; // Its own tools do that.
    const usual = await steadyConfiguration(data);
    const configuration = { ...usual, ...changes(data, { hasBackup }) };
    if (!fault.needsPostgres) return configuration;
    postgres = await Postgres.start({ after: () => {} });
    if (fault.strike === cut) proxy = await CuttingProxy.start(postgres.address, random);
    return { ...configuration, store: postgres.storeAt(proxy?.address ?? postgres.address) };
}

async function torture(folder, runSeed) {
    const random = randomFrom(runSeed);
    server = new Server(folder, await configurationOf(runSeed, random));
    await server.start({ args });
    players = new Players(server, runSeed);
    deeds = new Deeds(server);
    for (let cycle = 1; cycle <= cycles; cycle++) {
        if (isLong && !isNegative && cycle === cycles) await deeds.compactSome();
        await fault.strike(random);
        show(cycle, players.news);
    }
    const verdict = await players.verdict();
    if (fault.strike === crash)
        verdict.tally += `  immediate:${crashes.SIGQUIT} killed:${crashes.SIGKILL}`;
    if (proxy) verdict.tally += `  cut in mid-${JSON.stringify(proxy.cuts).replace(/[{}"]/g, '')}`;
    const holes = postgres?.ask(whatIsWrong) ?? '';
    if (holes) Object.assign(verdict, { isClean: false, tally: `${verdict.tally}  ${holes}` });
    if (isLong) await deeds.look();
    await server.kill();
    if (isLong && !isNegative) await deeds.judge(verdict);
    proxy?.stop();
    await postgres?.stop();
    if (postgres) fs.rmSync(postgres.folder, { recursive: true });
    return verdict;
}

// Empty, or the names of what does not count on. What is up to a stream's floor was compacted.
const whatIsWrong = `WITH kept AS (
    SELECT s.id, s.slot, s.version, s.floor, count(e.id) AS events
        FROM gatehouse.stream s LEFT JOIN gatehouse.event e
            ON e.stream = s.id AND e.version > s.floor GROUP BY s.id)
    SELECT string_agg(what, ' ') FROM (
    SELECT 'version' AS what FROM kept WHERE events + floor <> version
    UNION ALL SELECT 'position' FROM gatehouse.slot s JOIN kept k USING (slot)
        GROUP BY s.slot HAVING sum(k.events + k.floor) <> s.next_position - 1
    UNION ALL SELECT 'event' FROM gatehouse.log l
        WHERE l.next_event - 1 <> (SELECT coalesce(sum(events + floor), 0) FROM kept)) wrong`;

async function positive(folder) {
    const { isClean, tally, count } = await torture(folder, seed);
    const isEnough = count('acked') >= cycles * fault.acks;
    if (!isClean || !isEnough) {
        for (const line of players.lines) console.log(`  ${line}`);
        for (const line of server.log.slice(-20)) console.log(`  ${JSON.stringify(line)}`);
        console.log(`seed ${seed}${isEnough ? '' : ': too few acks to mean anything'}`);
    }
    console.log(`${name}: cycles ${cycles}  ${tally}`);
    return isClean && isEnough ? 0 : 1;
}

async function negative(folder) {
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
        const { tally, count } = await torture(folder, seed + attempt);
        console.log(`${name}, negative control: cycles ${attempt * cycles}  ${tally}`);
        if (count('lost') > 0) return 0;
    }
    console.log(`${name}, negative control: the planted bug was not found`);
    return 1;
}

if (!fault) {
    console.error(`torture: "${name}" is none of ${Object.keys(faults).join(', ')}`);
    process.exit(2);
}
if (fault.needsPostgres && missing) {
    console.log(`SKIPPED: ${missing}`);
    process.exit(0);
}
process.env.DB_PASSWORD = 's3cret';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-torture-'));
cleanUpAtExit(folder, () => [server?.child, players?.process, postgres?.child]);
process.once('exit', () => {
    if (postgres) fs.rmSync(postgres.folder, { recursive: true, force: true });
});
process.exitCode = await (isNegative ? negative(folder) : positive(folder));
