// SPDX-License-Identifier: Apache-2.0
//
// node run.mjs [gatehouse run's options]: builds what it needs, and runs the rules and the server.
// Rules that end are started again: no room is lost.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

process.chdir(import.meta.dirname);
const binary = path.resolve(process.env.GATEHOUSE ?? '../../build/release/gatehouse');
if (!fs.existsSync(binary)) {
    console.error(`no gatehouse at ${binary}: "make" builds it, or name it: GATEHOUSE=PATH`);
    process.exit(1);
}
const run = (cwd, ...words) =>
    execFileSync(words[0], words.slice(1), { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
const quiet = ['--no-audit', '--no-fund', '--prefer-offline'];
for (const sdk of ['../../sdk/rules-js', '../../sdk/js']) {
    if (fs.existsSync(`${sdk}/dist`)) continue;
    run(sdk, 'npm', 'ci', ...quiet);
    run(sdk, 'npm', 'run', 'build');
}
run('.', 'npm', 'install', '--no-package-lock', ...quiet);
run('.', '../../sdk/rules-js/node_modules/.bin/tsc', '-p', '.');
fs.cpSync('page', 'build/page', { recursive: true });
for (const name of ['gatehouse.min.js', 'gatehouse-http.min.js'])
    fs.copyFileSync(`../../sdk/js/dist/${name}`, `build/page/${name}`);

const how = { stdio: 'inherit', detached: true }; // Ctrl-C comes once, from here.
let rules;
let isStopping = false;
function decide() {
    if (isStopping) return;
    rules = spawn(process.execPath, ['build/rules.js', 'build/rules.sock'], how);
    rules.once('exit', () => setTimeout(decide, 200));
}
decide();

const options = ['run', '-c', 'gatehouse.yaml', ...process.argv.slice(2)];
const server = spawn(binary, options, how);
server.once('exit', (code) => {
    isStopping = true;
    rules.kill();
    process.exitCode = code ?? 1;
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
