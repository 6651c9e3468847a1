// SPDX-License-Identifier: Apache-2.0
//
// The same bytes to gatehouse, NGINX and HAProxy, each before a recording upstream of its own.
// Prints where they differ; with --write, keeps it in docs/conformance.md.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
    Server,
    configuration,
    nobody,
    temporaryFolder,
    until,
} from '../../end_to_end/harness.mjs';
import { readCases } from './case_file.mjs';
import { RawClient } from './raw_client.mjs';
import { Recorder, withJoinedChunks } from './recorder.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
export const document = path.join(here, '../../../docs/conformance.md');
const mark = '<!-- made by tests/conformance/proxy/differential.mjs --write -->\n';

// How long nothing must happen until a proxy is taken to have said all: longer while it still
// owes an answer. A measurement, not a test.
const quiet_ms = 60;
const owing_quiet_ms = 500;

const temporary = (folder) =>
    ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((of) => `${of}_temp_path ${folder}/${of};`)
        .join(' ');

const nginx = (folder, port, upstream) => `
daemon off; worker_processes 1; error_log ${folder}/nginx.log; pid ${folder}/nginx.pid; user root;
events {}
http { access_log off; ${temporary(folder)}
  upstream things { server ${upstream}; keepalive 16; }
  server { listen 127.0.0.1:${port};
    location / { proxy_pass http://things; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Host $host; } } }
`;

const haproxy = (folder, port, upstream) => `
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend front
  bind 127.0.0.1:${port}
  default_backend things
backend things
  http-reuse always
  server one ${upstream}
`;

async function answersAt(port) {
    await until(
        () =>
            new Promise((resolve, reject) => {
                const socket = net.connect(port, '127.0.0.1', () => resolve(socket.destroy()));
                socket.on('error', reject);
            }).then(() => true),
        `port ${port} answers`,
    );
}

class Peer {
    static async start(name, recorder, config, command) {
        const folder = temporaryFolder();
        const port = Number((await nobody()).split(':')[1]);
        const file = path.join(folder, `${name}.conf`);
        fs.writeFileSync(file, config(folder, port, `127.0.0.1:${recorder.port}`));
        const child = spawn(command[0], [...command.slice(1), file], { stdio: 'ignore' });
        await answersAt(port);
        return { name, port, recorder, stop: () => child.kill() };
    }
}

async function startGatehouse(recorder) {
    const server = new Server(
        temporaryFolder(),
        configuration({
            shards: 1,
            services: { things: { endpoints: [`127.0.0.1:${recorder.port}`] } },
            routes: [{ match: '/**', to: 'things' }],
        }),
    );
    await server.start();
    return { name: 'gatehouse', port: server.port, recorder, stop: () => server.kill() };
}

// Those of the peers that are installed, after gatehouse.
export async function startAll() {
    const starts = [
        ['gatehouse', startGatehouse],
        ['NGINX', (to) => Peer.start('nginx', to, nginx, ['nginx', '-c'])],
        ['HAProxy', (to) => Peer.start('haproxy', to, haproxy, ['haproxy', '-db', '-f'])],
    ];
    const proxies = [];
    for (const [name, start] of starts)
        if (name === 'gatehouse' || isInstalled(name.toLowerCase()))
            proxies.push({ ...(await start(await Recorder.listen())), name });
    return proxies;
}

export async function stopAll(proxies) {
    for (const { stop, recorder } of proxies) {
        await stop();
        recorder.close();
    }
}

const isInstalled = (program) => {
    try {
        return execFileSync('which', [program], { stdio: ['ignore', 'pipe', 'ignore'] }).length > 0;
    } catch {
        return false;
    }
};

// Until nothing more comes.
async function settle(client, isOwed) {
    for (let seen = -1; !client.ended && seen !== client.text.length;) {
        seen = client.text.length;
        const wait = isOwed() ? owing_quiet_ms : quiet_ms;
        const more = () => client.ended || client.text.length > seen;
        await client.when(more, 'more', wait).catch(() => {});
    }
}

// What a proxy made of a case: {answers, seen: what the upstream saw, isSpoilt: what came next did
// not get its own answer}.
export async function observe({ port, recorder }, it) {
    const client = new RawClient(port);
    const heard = () => client.when(() => client.text !== '', 'what the upstream said', 500);
    recorder.begin(it.answer, { heard });
    const any = { isHead: false };
    const wants = [...it.wants, any, any, any];
    const heardSoFar = () => {
        try {
            return client.answers(wants).answers;
        } catch {
            return [{ status: '?' }];
        }
    };
    for (const step of it.steps) {
        if (step.send !== undefined) await client.send([step.send]);
        if (step.eof) client.socket.end();
        if (step.hear !== undefined)
            await client.when(() => heardSoFar().length >= step.hear, 'it', 500).catch(() => {});
    }
    const isOwed = () =>
        heardSoFar().length < it.wants.length || heardSoFar().some((each) => !each.isWhole);
    await settle(client, isOwed);
    const got = heardSoFar();
    const seen = recorder.requests.map(summary);
    if (recorder.malformed.length > 0) seen.push({});
    client.close();
    const isSpoilt = await spoils(port);
    recorder.hangUp();
    const outcome = got.map(({ status, isWhole }) => (isWhole ? `${status}` : `${status}, cut`));
    if (outcome.length === 0) outcome.push(client.ended ? 'closed' : 'waits');
    return { answers: outcome, seen, isSpoilt };
}

async function spoils(port) {
    const client = new RawClient(port);
    await client.send(['GET /next HTTP/1.1\r\nHost: h\r\n\r\n']);
    const isAnswered = () => /\r\n\r\n../.test(client.text) || client.ended;
    await client.when(isAnswered, 'it', 1000).catch(() => {});
    client.close();
    return !/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/.test(client.text);
}

// What each proxy adds or writes in its own way.
const own = new Set([
    ...['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-request-id', 'traceparent'],
    ...['via', 'content-length', 'transfer-encoding', 'host', 'connection'],
]);

// Of a request at the upstream: what it asks, of whom, what else it says, and its body.
function summary(request) {
    const joined = withJoinedChunks(request);
    const end = joined.indexOf('\r\n\r\n');
    const [line, ...fields] = joined.slice(0, end).split('\r\n');
    const pairs = fields.map((each) => each.split(/:[ \t]*(.*)/s));
    const said = pairs.filter(([name]) => !own.has(name.toLowerCase()));
    const host = pairs.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
    return {
        line: line.replace(/ HTTP\/1\.[01]$/, ''),
        host: /^(127\.0\.0\.1:\d+|things)?$/.test(host) ? '' : host, // Its own choice.
        fields: said.map(([name, value]) => `${name.toLowerCase()}: ${value}`).sort(),
        body: joined.slice(end + 4).replace(/^\{([^]*)\}$/, '$1'),
    };
}

const code = (text) => {
    const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text).slice(1, -1);
    return '`' + shown.replaceAll('|', '\\|').replaceAll('`', "'") + '`';
};

// What of a request is not as gatehouse sent it on.
function difference(request, ours) {
    if (!request.line) return 'what cannot be read';
    const parts = [code(request.line)];
    if (request.host !== ours?.host && (ours || request.host !== 'h'))
        parts.push(code(`Host: ${request.host}`));
    const fields = request.fields.filter((each) => !ours?.fields.includes(each));
    parts.push(...fields.slice(0, 3).map(code));
    const lacking = ours?.fields.filter((each) => !request.fields.includes(each)) ?? [];
    parts.push(...lacking.slice(0, 3).map((each) => `without ${code(each)}`));
    if (request.body !== (ours?.body ?? '')) parts.push(`body ${code(request.body)}`);
    return parts.join(' ');
}

function cell({ answers, seen, isSpoilt }, ours) {
    let text = answers.length > 3 ? `${answers.length} × ${answers[0]} …` : answers.join(', ');
    if (ours && !same(seen, ours.seen)) {
        const requests = seen.slice(0, 2).map((each, at) => difference(each, ours.seen[at]));
        text += `; sends on ${requests.join(', then ') || 'nothing'}`;
    }
    return isSpoilt ? `${text}; **spoils the next answer**` : text;
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// Refused is refused: whether by 400 or 501, by 502 or an end without an answer, is not counted.
const essence = ({ answers, seen, isSpoilt }) => ({
    delivered: answers.filter((each) => /^[123]\d\d$/.test(each)),
    seen,
    isSpoilt,
});

export async function compare(proxies, cases) {
    const rows = [];
    for (const it of cases) {
        const outcomes = [];
        for (const proxy of proxies) outcomes.push(await observe(proxy, it));
        rows.push({ it, outcomes });
    }
    return rows;
}

const version = (program, ...args) =>
    execFileSync('sh', ['-c', `${program} ${args.join(' ')} 2>&1`], { encoding: 'utf8' })
        .split('\n')[0]
        .match(/\d+\.\d+\.\d+/)[0];

function table(proxies, rows) {
    const differs = ({ outcomes: [ours, ...others] }) =>
        others.some((each) => !same(essence(each), essence(ours)));
    const differing = rows.filter(differs);
    const names = proxies.map(({ name }) => name);
    const rest = rows.length - differing.length;
    const lines = [
        `${rows.length} cases; all three deliver and send on the same in ${rest} of them, ` +
            `and not in the ${differing.length} below. ` +
            `Beside NGINX ${version('nginx', '-v')} and HAProxy ${version('haproxy', '-v')}.`,
    ];
    for (const file of new Set(differing.map(({ it }) => it.file))) {
        lines.push('', `### ${file.replace('.txt', '').replaceAll('_', ' ')}`, '');
        lines.push(`| case | RFC | ${names.join(' | ')} |`);
        lines.push(`|---|---|${'---|'.repeat(names.length)}`);
        for (const { it, outcomes } of differing.filter((row) => row.it.file === file)) {
            const cells = outcomes.map((each, at) => cell(each, at > 0 && outcomes[0]));
            lines.push(`| ${it.name} | ${it.rfc.replace(' ', ' §')} | ${cells.join(' | ')} |`);
        }
    }
    return lines.join('\n') + '\n';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const cases = readCases(path.join(here, 'cases'));
    const proxies = await startAll();
    if (proxies.length < 3)
        throw new Error('nginx or haproxy is missing: scripts/install-packages test');
    const text = table(proxies, await compare(proxies, cases));
    await stopAll(proxies);
    if (process.argv.includes('--write')) {
        const before = fs.readFileSync(document, 'utf8').split(mark)[0];
        fs.writeFileSync(document, before + mark + text);
    } else process.stdout.write(text);
    process.exit();
}
