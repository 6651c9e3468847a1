// SPDX-License-Identifier: Apache-2.0
//
// `gatehouse-load torture-client` as a child: it plays games whatever becomes of the server, and in
// the end compares every ack and every view that it was given with history.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { binary, configuration } from './harness.mjs';
import * as long from './long_games.mjs';

const load = process.env.GATEHOUSE_LOAD ?? path.join(path.dirname(binary), 'gatehouse-load');
const verifiedWithinMs = 180_000;
const linesMax = 60;

export class Players {
    lines = []; // The last ones that it wrote.

    constructor(server, seed) {
        const options = JSON.stringify(long.options);
        const where = ['--url', server.url, '--admin', server.adminUrl];
        const how = ['--spectators', '1', '--options', options, '--seed', seed];
        fs.accessSync(load, fs.constants.X_OK); // Or the attack goes on with nobody there.
        this.process = spawn(load, ['torture-client', ...where, '--rooms', long.rooms, ...how]);
        this.ended = new Promise((resolve, reject) => {
            this.process.once('error', reject);
            this.process.once('close', resolve);
        });
        this.ended.catch(() => {});
        for (const stream of [this.process.stdout, this.process.stderr])
            stream.setEncoding('utf8').on('data', (text) => this.#take(text));
    }

    #take(text) {
        this.lines.push(...text.split(/[\r\n]+/).filter((line) => line.trim()));
        this.lines.splice(0, this.lines.length - linesMax);
    }

    // How it goes, in its own words.
    get news() {
        return this.lines.at(-1)?.trim() ?? '';
    }

    // They stop, and compare.
    async verdict() {
        this.process.kill('SIGTERM');
        const late = setTimeout(() => this.process.kill('SIGKILL'), verifiedWithinMs);
        const code = await this.ended;
        clearTimeout(late);
        const tally = this.news;
        const count = (name) => Number(new RegExp(`\\b${name} (\\d+)`).exec(tally)?.[1]);
        return { isClean: code === 0, tally, count };
    }
}

// Whatever ends this process, nothing of it stays behind.
export function cleanUpAtExit(folder, children) {
    process.once('SIGINT', () => process.exit(130));
    process.once('SIGTERM', () => process.exit(143));
    process.once('exit', () => {
        for (const child of children()) child?.kill('SIGKILL');
        fs.rmSync(folder, { recursive: true, force: true });
    });
}

// For a server whose addresses stay the same over all its lives.
export async function steadyConfiguration(store) {
    return configuration({
        listen: { http: `127.0.0.1:${await freePort()}`, admin: `127.0.0.1:${await freePort()}` },
        log: { access: 'off', level: 'warn' },
        store: `sqlite:${store}/gatehouse.db`,
    });
}

// Below the range that outgoing connections take theirs from: nobody else gets the port while the
// server is down, and no client that dials it is connected to itself.
async function freePort() {
    const range = fs.readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
    const end = Number(range.split(/\s/)[0]);
    for (;;) {
        const port = end - 1 - Math.floor(Math.random() * 10_000);
        const listener = net.createServer();
        const isFree = await new Promise((resolve) => {
            listener.once('error', () => resolve(false));
            listener.listen(port, '127.0.0.1', () => resolve(true));
        });
        if (!isFree) continue;
        await new Promise((resolve) => listener.close(resolve));
        return port;
    }
}
