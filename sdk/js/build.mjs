// SPDX-License-Identifier: Apache-2.0
//
// src → dist: a bundle for each entry and kind of module, with types; one, minified, for a page
// without tools; and build/: the modules one by one, for the tests.

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

const entryPoints = ['src/index.ts', 'src/react.ts'];
const common = { bundle: true, target: 'es2022', external: ['react'], logLevel: 'warning' };
await build({ ...common, entryPoints, format: 'esm', outdir: 'dist/esm' });
await build({ ...common, entryPoints, format: 'cjs', outdir: 'dist/cjs' });
await build({
    ...common,
    entryPoints: ['src/index.ts'],
    format: 'esm',
    minify: true,
    outfile: 'dist/gatehouse.min.js',
});
