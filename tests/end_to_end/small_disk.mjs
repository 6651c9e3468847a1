// SPDX-License-Identifier: Apache-2.0
//
// A folder whose `data` lies on a disk of 24 MiB, to be filled to the last byte.

import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './harness.mjs';

function fill(file) {
    const descriptor = fs.openSync(file, 'w');
    try {
        for (let size = 64 * 1024; size >= 1;)
            try {
                fs.writeSync(descriptor, Buffer.alloc(size));
            } catch (error) {
                if (error.code !== 'ENOSPC') throw error;
                size = Math.floor(size / 2);
            }
    } finally {
        fs.closeSync(descriptor);
    }
}

// Undefined where it may not be mounted, for which one has to be root. Unmounted after the test.
export function smallDisk(t) {
    const folder = temporaryFolder();
    const data = path.join(folder, 'data');
    fs.mkdirSync(data);
    try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', data]);
    } catch {
        return undefined;
    }
    t.after(() => spawnSync('umount', ['-l', data]));
    const fillers = [];
    return {
        folder,
        fillUp() {
            fillers.push(path.join(data, `filler-${fillers.length}`));
            fill(fillers.at(-1));
        },
        free() {
            for (const file of fillers.splice(0)) fs.rmSync(file);
        },
    };
}
