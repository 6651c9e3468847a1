// SPDX-License-Identifier: Apache-2.0
//
// A Redis of the tests' own: in a temporary folder, reached by a Unix socket alone.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { soon, temporaryFolder, until } from './harness.mjs';

const binary = '/usr/bin/redis-server';
// For { skip }: false where there is one.
export const missing = fs.existsSync(binary) ? false : 'Redis 7 (Debian’s redis-server) is missing';

export class Redis {
    static async start(t) {
        const redis = new Redis();
        redis.folder = temporaryFolder();
        redis.socket = path.join(redis.folder, 'socket');
        t.after(() => redis.kill());
        await redis.up();
        return redis;
    }

    get url() {
        return `unix:${this.socket}`;
    }

    async up() {
        const settings = ['--port', '0', '--unixsocket', this.socket, '--dir', this.folder];
        this.child = spawn(binary, [...settings, '--save', '', '--appendonly', 'no'], {
            stdio: 'ignore',
        });
        this.ended = new Promise((resolve) => this.child.once('close', resolve));
        await until(() => this.ask('PING') === 'PONG', 'Redis answers');
    }

    ask(...words) {
        return execFileSync('redis-cli', ['-s', this.socket, ...words], {
            stdio: ['ignore', 'pipe', 'ignore'],
        })
            .toString()
            .trim();
    }

    hang() {
        this.child.kill('SIGSTOP');
    }

    goOn() {
        this.child.kill('SIGCONT');
    }

    async kill() {
        if ((this.child.exitCode ?? this.child.signalCode) !== null) return;
        this.child.kill('SIGKILL');
        await soon(this.ended, 'Redis ends');
    }
}
