// SPDX-License-Identifier: Apache-2.0
//
// LONG=1: games that do not end, an archive and (where the store is SQLite's) a backup, and more
// time between the faults. So there are snapshots, and what is below them leaves the store while it
// is attacked; without it, rooms end long before their first snapshot.

import fs from 'node:fs';
import path from 'node:path';
import { get, until } from './harness.mjs';

export const isLong = process.env.LONG === '1';
// How long the players have between two faults, at most.
export const lifeMsMax = (usual, long = 3_500) => (isLong ? long : usual);
const happensWithinMs = 120_000; // However busy the machine.

// Of Liap Tui, for rooms that stay: nobody comes to so many points in so few rounds.
export const options = isLong
    ? { rounds: 100, goal: 1000, scoring_seconds: 1 }
    : { rounds: 2, scoring_seconds: 1 };
export const rooms = isLong ? 8 : 25; // Fewer, and each has more of the machine.

// What the configuration has besides: an archive in the folder `store`, where the power may fail,
// and a backup beside it.
export function changes(store, { hasBackup = true } = {}) {
    if (!isLong) return {};
    return {
        archive: { to: `file:${store}/archive`, after: '1s', compact: 300 },
        rooms: {
            // Those that end all the same stay, for the players to compare.
            'liap-tui': {
                bot_think: '5ms',
                absence: { bot_after: '20s' },
                archive: { after: '24h' },
            },
        },
        ...(hasBackup && { backup: { to: `file:backup-${path.basename(store)}` } }),
    };
}

const wanted = {
    snapshots: 'gatehouse_snapshots_total{result="kept"}',
    compacted: 'gatehouse_archive_events_total{with="part"}',
};

// What a server did in all its lives: at least this, for nobody is asked as it dies.
export class Deeds {
    #lives = new Map(); // What each did until it was last asked.

    constructor(server) {
        this.server = server;
    }

    async look() {
        const { text } = await get(this.server.adminUrl + '/metrics');
        const now = Object.entries(wanted).map(([name, metric]) => [
            name,
            this.server.metricIn(text, metric) ?? 0,
        ]);
        this.#lives.set(this.server.lives, Object.fromEntries(now));
    }

    sum(name) {
        return [...this.#lives.values()].reduce((sum, life) => sum + life[name], 0);
    }

    // Before the last fault: or nothing that this is about was attacked.
    async compactSome() {
        const isCompacted = async () => (await this.look(), this.sum('compacted') > 0);
        await until(isCompacted, 'events of a room that is played leave it', happensWithinMs);
    }

    // Of a server that has stopped: whether store, archive and backup are whole, and something was
    // compacted, into the verdict.
    async judge(verdict) {
        const { archive, backup } = JSON.parse(fs.readFileSync(this.server.file, 'utf8'));
        const asked = [['events', 'verify'], archive && ['archive', 'verify', '--all']];
        for (const words of [...asked, backup && ['backup', 'verify']].filter(Boolean)) {
            const { code, out, err } = await this.server.command(...words);
            if (code === 0) continue;
            verdict.isClean = false;
            console.log(`${words.join(' ')} ended with ${code}:\n${out}${err}`);
        }
        const files = fs.readdirSync(this.server.folder, { recursive: true }).map(String);
        const count = (name) => files.filter((file) => name.test(file)).length;
        const parts = count(/\bparts\/.*\.zst$/);
        if (parts === 0) verdict.isClean = false;
        verdict.tally += `  snapshots ${this.sum('snapshots')}  compacted ${this.sum('compacted')}`;
        verdict.tally += `  parts ${parts}  segments ${count(/\bsegments\/.*\.zst$/)}`;
    }
}
