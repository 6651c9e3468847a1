// SPDX-License-Identifier: Apache-2.0
//
// src → dist: a bundle for each entry and kind of module, with types; for a page without tools
// minified, too, all but React's; and build/: the modules one by one, for the tests.

import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

for (const folder of ['dist', 'build']) fs.rmSync(folder, { recursive: true, force: true });

execFileSync('node_modules/.bin/tsc', ['-p', '.', '--outDir', 'build'], { stdio: 'inherit' });
for (const folder of ['dist/esm', 'dist/cjs']) {
    fs.mkdirSync(folder, { recursive: true });
    for (const name of fs.readdirSync('build').filter((each) => each.endsWith('.d.ts')))
        fs.copyFileSync(`build/${name}`, `${folder}/${name}`);
}
fs.writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');

// One core, whatever is used beside it.
const withCoreAs = (file) => ({
    name: 'one core',
    setup({ onResolve }) {
        onResolve({ filter: /^\.\/index\.js$/ }, () => ({ path: file, external: true }));
    },
});

const names = ['index', 'http', 'react', 'stream', 'cbor'];
const entryPoints = names.map((name) => `src/${name}.ts`);
const common = { bundle: true, target: 'es2022', external: ['react'], logLevel: 'warning' };
for (const format of ['esm', 'cjs'])
    await build({
        ...common,
        entryPoints,
        format,
        outdir: `dist/${format}`,
        plugins: [withCoreAs('./index.js')],
    });

// Names that no server, page or caller of the core ever sees.
const hidden = `
    _become _call _close _isKept _room _tell _try actionId answer awaitJoin awaits before call
    client clock codec core cutOff decode due enter frame giveUp heard highest isAlso isAsking
    isFull isOnline isWaiting joined least left letGo limits link mayActAt news offset outboxKey
    owner ports recall remove request requestRefused reset sample settle show since step stop
    subprotocol takeOver takesOver target tell tick toText until within words`;
const minified = { ...common, format: 'esm', minify: true };
await build({
    ...minified,
    entryPoints: ['src/index.ts'],
    outfile: 'dist/gatehouse.min.js',
    mangleProps: new RegExp(`^(${hidden.trim().split(/\s+/).join('|')})$`),
});
for (const name of ['http', 'stream', 'cbor'])
    await build({
        ...minified,
        entryPoints: [`src/${name}.ts`],
        outfile: `dist/gatehouse-${name}.min.js`,
        plugins: [withCoreAs('./gatehouse.min.js')],
    });
