// SPDX-License-Identifier: Apache-2.0
//
// lossy_fs (lossy_fs/lossy_fs.cpp) as a child: a folder on a disk that forgets what was not synced.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { binary, soon } from './harness.mjs';

const program = process.env.LOSSY_FS ?? path.join(path.dirname(binary), 'lossy_fs');

export class LossyDisk {
    #answers = [];
    #waiting = [];

    // Mounted at the folder, which is made; or why that cannot be, in words. A sync takes at most
    // so long. How lossy_fs keeps names: says its head.
    static async mount(folder, syncMicrosecondsMax, ...names) {
        if (!fs.existsSync(program)) return `${program} was not built: libfuse3-dev is missing`;
        fs.mkdirSync(folder);
        const disk = new LossyDisk();
        disk.folder = folder;
        disk.process = spawn(program, [folder, syncMicrosecondsMax, ...names]);
        let words = '';
        disk.process.stderr.setEncoding('utf8').on('data', (text) => (words += text));
        createInterface(disk.process.stdout).on('line', (line) => {
            const waiting = disk.#waiting.shift();
            waiting ? waiting(line) : disk.#answers.push(line);
        });
        disk.ended = new Promise((resolve) => disk.process.once('close', resolve));
        const first = await soon(
            Promise.race([disk.#answer(), disk.ended.then(() => undefined)]),
            'lossy_fs mounts',
        );
        return first === undefined ? `lossy_fs cannot mount: ${words.trim()}` : disk;
    }

    #answer() {
        const ready = this.#answers.shift();
        if (ready !== undefined) return Promise.resolve(ready);
        return new Promise((resolve) => this.#waiting.push(resolve));
    }

    async #command(words, within) {
        this.process.stdin.write(`${words}\n`);
        return soon(this.#answer(), `lossy_fs answers ${words}`, within);
    }

    // All unsynced is lost; with a seed, some of it is kept by that chance.
    off(seed) {
        return this.#command(seed === undefined ? 'off' : `off ${seed}`);
    }

    // In the middle of a sync to come.
    trip(syncs, seed) {
        return this.#command(`trip ${syncs} ${seed}`, 15_000);
    }

    // The next so many syncs fail, and later ones do not keep what these should have.
    failSyncs(count) {
        return this.#command(`fail ${count}`);
    }

    // From now on syncs keep nothing and say that they did, or are honest again.
    lie(isLying) {
        return this.#command(isLying ? 'lie' : 'truth');
    }

    on() {
        return this.#command('on');
    }

    // For the end of this process: at once, and whatever state it is in.
    unmountNow() {
        try {
            execFileSync('fusermount3', ['-uqz', this.folder]);
        } catch {
            // It was not mounted any more.
        }
        this.process.kill('SIGKILL');
    }
}
