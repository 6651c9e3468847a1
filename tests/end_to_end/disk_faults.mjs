// SPDX-License-Identifier: Apache-2.0
//
// tests/end_to_end/disk_faults
//
// While players play, strace makes the server's system calls to the disk fail: one in some, all of
// them, and all of them up to a kill -9. A person must be told `unavailable` (never nothing, never
// an ack), the server must go on by itself when the disk does, and in the end no ack is missing
// from history. The last line is the tally. Skipped where strace is missing or may not trace.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Server, until } from './harness.mjs';
import { cleanUpAtExit, Players, steadyConfiguration } from './players.mjs';
import { Client, createRoom } from './room_client.mjs';

const faults = [
    { inject: 'fdatasync:error=EIO:when=1+5' },
    { inject: 'fdatasync:error=EIO' },
    { inject: 'pwrite64:error=EIO:when=1+40' },
    { inject: 'pwrite64:error=ENOSPC' },
    { inject: 'fdatasync:error=EIO', endsByKill: true },
    { inject: 'pwrite64:error=EIO:when=2+3', endsByKill: true },
];
const seed = Number(process.env.SEED ?? 1 + Math.floor(Math.random() * 1e6));

// Attached to all threads of a process once it resolves; undefined where that is not possible.
async function strace(pid, inject) {
    const call = inject.split(':')[0];
    const how = ['-f', '-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${inject}`];
    const child = spawn('strace', [...how, '-p', pid], { stdio: ['ignore', 'ignore', 'pipe'] });
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
    return { detach: () => (child.kill('SIGINT'), ended) };
}

// Somebody who says a new name again and again, in a room of their own.
class Person {
    static async come(server) {
        const person = new Person();
        person.server = server;
        person.client = await Client.connect(server);
        person.room = (await createRoom(server, person.client)).room;
        await person.client.sit({ room: person.room });
        return person;
    }

    async comeBack() {
        this.client = await Client.connect(this.server, { token: this.client.token });
        await this.client.sit({ room: this.room });
    }

    // The code of the refusal, or "ack".
    async answer() {
        const { t, code } = await this.client.act(this.room, 'room.name', {
            name: `${Date.now()}`,
        });
        return code ?? t;
    }

    // Until it was answered so `times` times.
    async hears(wanted, times) {
        const isWanted = async () => (await this.answer()) === wanted;
        for (let heard = 0; heard < times; heard++)
            await until(isWanted, `an action is answered ${wanted}`);
    }
}

let server;
let players;

async function endure(folder) {
    server = await new Server(folder, await steadyConfiguration('data')).start();
    players = new Players(server, seed);
    const person = await Person.come(server);
    await person.hears('ack', 100);
    for (const { inject, endsByKill } of faults) {
        const tracer = await strace(server.pid, inject);
        if (!tracer) return { isSkipped: true };
        await person.hears('unavailable', 20);
        if (endsByKill) {
            await server.kill();
            await tracer.detach();
            await server.start();
            await person.comeBack();
        } else {
            await tracer.detach();
        }
        await person.hears('ack', 100);
        console.log(`${inject}${endsByKill ? ', kill -9' : ''}: recovered  ${players.news}`);
    }
    return players.verdict();
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-disk-'));
cleanUpAtExit(folder, () => [server?.child, players?.process]);
const { isSkipped, isClean, tally } = await endure(folder);
if (!isSkipped && !isClean) for (const line of players.lines) console.log(`  ${line}`);
console.log(
    isSkipped
        ? 'skipped: strace is missing or may not trace'
        : `disk faults ${faults.length}  ${tally}`,
);
process.exit(isSkipped || isClean ? 0 : 1);
