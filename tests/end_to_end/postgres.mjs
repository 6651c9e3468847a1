// SPDX-License-Identifier: Apache-2.0
//
// A PostgreSQL of the tests' own: in a temporary folder, reached by a Unix socket and a port that
// nobody else has.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { nobody, soon, temporaryFolder, until } from './harness.mjs';

export const binaries = Array.from(
    { length: 6 },
    (_, i) => `/usr/lib/postgresql/${20 - i}/bin`,
).find((folder) => fs.existsSync(path.join(folder, 'initdb')));
// For { skip }: false where there is one.
export const missing = binaries ? false : 'PostgreSQL 15 (Debian’s postgresql-15) is missing';

// PostgreSQL refuses to run as root.
function unprivileged() {
    if (process.getuid() !== 0) return {};
    const line = fs
        .readFileSync('/etc/passwd', 'utf8')
        .split('\n')
        .find((each) => each.startsWith('postgres:'));
    const [, , uid, gid] = line.split(':').map(Number);
    return { uid, gid };
}

// Still, and not by another program that was given the number.
function isPostgres(pid) {
    try {
        return fs.readlinkSync(`/proc/${pid}/exe`) === path.join(binaries, 'postgres');
    } catch {
        return false;
    }
}

export class Postgres {
    // With its data at `data`, synced, where that is given.
    static async start(t, { data } = {}) {
        const postgres = new Postgres();
        postgres.folder = temporaryFolder();
        const who = unprivileged();
        if (who.uid) fs.chownSync(postgres.folder, who.uid, who.gid);
        postgres.data = data ?? path.join(postgres.folder, 'data');
        if (who.uid && data) fs.chownSync(path.dirname(data), who.uid, who.gid);
        const how = { ...who, cwd: '/', stdio: 'ignore' };
        const password = path.join(postgres.folder, 'password');
        fs.writeFileSync(password, 's3cret\n', { mode: 0o644 });
        execFileSync(
            path.join(binaries, 'initdb'),
            ['-D', postgres.data, '-U', 'gatehouse', '-A', 'scram-sha-256']
                .concat(data ? [] : ['--no-sync'])
                .concat(['-E', 'UTF8', '--locale=C', `--pwfile=${password}`]),
            how,
        );
        postgres.address = await nobody();
        postgres.how = how;
        t.after(() => postgres.stop());
        await postgres.up();
        return postgres;
    }

    // With its password by reference, to the variable DB_PASSWORD.
    get store() {
        return this.storeAt(this.address);
    }
    storeAt(address) {
        return `postgresql://gatehouse:env:DB_PASSWORD@${address}/postgres`;
    }

    async up() {
        const [host, port] = this.address.split(':');
        const options = { listen_addresses: host, port, shared_buffers: '16MB' };
        this.child = spawn(
            path.join(binaries, 'postgres'),
            ['-D', this.data, '-k', this.folder].concat(
                Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
            ),
            this.how,
        );
        this.ended = new Promise((resolve) => this.child.once('close', resolve));
        const { child } = this;
        const hasEnded = () => (child.exitCode ?? child.signalCode) !== null;
        await until(
            () => hasEnded() || this.ask('SELECT 1') === '1',
            'PostgreSQL answers',
            60_000,
        );
        if (hasEnded()) throw new Error(`PostgreSQL ended: ${child.exitCode ?? child.signalCode}`);
    }

    ask(sql) {
        return this.#psql('-c', sql);
    }

    // What pg_dump has written.
    load(file) {
        this.#psql('-q', '-v', 'ON_ERROR_STOP=1', '-f', file);
    }

    #psql(...what) {
        return execFileSync(
            path.join(binaries, 'psql'),
            ['-X', '-A', '-t', ...what, `postgresql://gatehouse@${this.address}/postgres`],
            { env: { PGPASSWORD: 's3cret' }, stdio: ['ignore', 'pipe', 'ignore'] },
        )
            .toString()
            .trim();
    }

    // The postmaster, and all that it started.
    get processes() {
        const { pid } = this.child;
        const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
        return [pid, ...children.split(' ').filter(Boolean).map(Number)];
    }

    // SIGQUIT: at once, as in a crash. SIGKILL leaves its children to find out for themselves.
    async stop(signal = 'SIGQUIT') {
        if (!this.child || (this.child.exitCode ?? this.child.signalCode) !== null) return;
        const { processes } = this;
        this.child.kill(signal);
        await soon(this.ended, 'PostgreSQL ends', 30_000);
        // Who waits for a lock of one that is gone never finds out.
        const patience = setTimeout(() => {
            for (const each of processes.filter(isPostgres)) process.kill(each, 'SIGKILL');
        }, 5_000);
        await until(() => !processes.some(isPostgres), 'all of PostgreSQL ends', 30_000);
        clearTimeout(patience);
    }
}
