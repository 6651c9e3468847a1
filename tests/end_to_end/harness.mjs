// SPDX-License-Identifier: Apache-2.0
//
// The real binary, its upstreams and HTTP, for tests that wait for conditions and never for time.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
export const binary = path.resolve(
    process.env.GATEHOUSE ?? path.join(here, '../../build/release/gatehouse'),
);

// Asks until the answer is truthy, and gives it. What throws is asked again.
export async function until(question, what, within = 10_000) {
    const deadline = Date.now() + within;
    for (;;) {
        let trouble;
        try {
            const answer = await question();
            if (answer) return answer;
        } catch (error) {
            trouble = error;
        }
        if (Date.now() > deadline)
            throw new Error(`not in ${within} ms: ${what}`, { cause: trouble });
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
}

// For the promise of something that must happen soon.
export function soon(promise, what, within = 10_000) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not in ${within} ms: ${what}`)), within);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const folders = [];
// When all servers have ended: one that still writes there would be in the way.
process.once('exit', () => {
    for (const each of folders) fs.rmSync(each, { recursive: true, force: true });
});

export function temporaryFolder() {
    folders.push(fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-e2e-')));
    return folders.at(-1);
}

// An address where nobody listens.
export async function nobody() {
    const server = net.createServer();
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return `127.0.0.1:${port}`;
}

// A configuration with rooms and no waiting; parts are replaced by `changes`.
export function configuration(changes = {}) {
    return {
        listen: { http: '127.0.0.1:0', admin: '127.0.0.1:0' },
        store: 'sqlite:data/gatehouse.db',
        auth: { guests: { anonymous: { ttl: '24h' } } },
        rooms: { 'liap-tui': { bot_think: '5ms', absence: { bot_after: '20s' } } },
        drain: { timeout: '5s' },
        ...changes,
        routes: [{ match: '/v1/**', to: 'rooms', auth: ['guests'] }, ...(changes.routes ?? [])],
    };
}

// Runs a command to its end.
export const gatehouse = (...args) => run(binary, args);

async function run(program, args) {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const [out, err, [code, signal]] = await Promise.all([
        textOf(child.stdout),
        textOf(child.stderr),
        new Promise((resolve) => child.once('close', (...end) => resolve(end))),
    ]);
    return { out, err, code, signal };
}

async function textOf(stream) {
    let text = '';
    for await (const bytes of stream.setEncoding('utf8')) text += bytes;
    return text;
}

// One server and its folder, over any number of lives.
export class Server {
    log = []; // Of all lives, parsed.
    noise = []; // Lines that are not JSON.
    lives = 0;

    constructor(folder, config, program = binary) {
        this.folder = folder;
        this.program = program;
        this.file = path.join(folder, 'gatehouse.yaml');
        this.write(config);
    }

    // JSON is YAML.
    write(config) {
        const text = typeof config === 'string' ? config : JSON.stringify(config, null, 2);
        fs.writeFileSync(this.file, text);
    }

    get pid() {
        return this.child.pid;
    }

    get isRunning() {
        return this.child?.exitCode === null && this.child.signalCode === null;
    }

    async start({ ready = true, args = [] } = {}) {
        this.lives++;
        this.out = '';
        this.child = spawn(this.program, ['run', '-c', this.file, ...args], {
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        this.ended = new Promise((resolve) => {
            this.child.once('close', (code, signal) => resolve({ code, signal }));
        });
        this.child.stdout.setEncoding('utf8').on('data', (text) => (this.out += text));
        createInterface(this.child.stderr).on('line', (line) => this.#take(line));
        await until(() => this.out.includes('store') || !this.isRunning, 'the URLs are printed');
        if (!this.isRunning) throw new Error(`the server did not start:\n${this.noise.join('\n')}`);
        this.port = Number(/page +http:\/\/[^/]*:(\d+)\//.exec(this.out)[1]);
        this.url = `http://127.0.0.1:${this.port}`;
        const secure = /tls +https:\/\/[^/]*:(\d+)\//.exec(this.out); // Where it listens for it.
        this.secureUrl = secure && `https://127.0.0.1:${secure[1]}`;
        this.adminUrl = /admin +(http:\/\/[^/]+)\//.exec(this.out)[1];
        if (ready)
            await until(
                async () => (await get(this.url + '/health/ready')).status === 200,
                'the server is ready',
            );
        return this;
    }

    #take(line) {
        try {
            this.log.push(JSON.parse(line));
        } catch {
            this.noise.push(line);
        }
    }

    logged(predicate, what = String(predicate)) {
        return until(() => this.log.find(predicate), `in the log: ${what}`);
    }

    async kill(signal = 'SIGKILL') {
        this.child.kill(signal);
        return soon(this.ended, `the server ends after ${signal}`, 15_000);
    }

    // The same folder, a new process: other ports, unless asked for the old.
    async restart({ signal = 'SIGKILL', samePort = false } = {}) {
        await this.kill(signal);
        return this.start({
            args: samePort ? ['--set', `listen.http=127.0.0.1:${this.port}`] : [],
        });
    }

    // Memory of the process in bytes.
    get memory() {
        const status = fs.readFileSync(`/proc/${this.pid}/status`, 'utf8');
        return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024;
    }

    async metric(name) {
        return this.metricIn((await get(this.adminUrl + '/metrics')).text, name);
    }

    metricIn(text, name) {
        const line = text.split('\n').find((each) => each.startsWith(name + ' '));
        return line === undefined ? undefined : Number(line.split(' ')[1]);
    }

    // A command about this server's configuration, such as ('room', 'ls').
    async command(...words) {
        const admin = this.isRunning ? new URL(this.adminUrl).host : await nobody();
        return run(this.program, [...words, '-c', this.file, '--set', `listen.admin=${admin}`]);
    }

    async isHealthy() {
        assert.ok(this.isRunning, `the server ended: ${this.noise.join('\n')}`);
        assert.equal((await get(this.url + '/health/live')).status, 200);
    }
}

// A server that ends with the test, which fails if it ended before.
export async function serve(t, changes = {}, { folder, program, ...how } = {}) {
    let server;
    t.after(async () => {
        if (!server?.child) return;
        const { code, signal } = server.isRunning ? {} : await server.ended;
        if (server.isRunning) await server.kill();
        const wasAsked = code === undefined || code === 0 || signal === 'SIGKILL';
        assert.ok(wasAsked, `the server ended: ${code} ${signal}\n${server.noise.join('\n')}`);
    });
    server = new Server(folder ?? temporaryFolder(), configuration(changes), program);
    return server.start(how);
}

// An upstream in a process of its own (upstream.mjs).
export async function upstream(t, { port = 0, name = 'one' } = {}) {
    const child = spawn(process.execPath, [path.join(here, 'upstream.mjs'), port, name], {
        stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    const ended = new Promise((resolve) => child.once('close', resolve));
    const [line] = await soon(
        new Promise((resolve) =>
            createInterface(child.stdout).once('line', (text) => resolve([text])),
        ),
        'the upstream prints its port',
    );
    return {
        port: Number(line),
        endpoint: `127.0.0.1:${line}`,
        memory: () => fs.readFileSync(`/proc/${child.pid}/status`, 'utf8'),
        kill: () => (child.kill('SIGKILL'), ended),
    };
}

// ---- HTTP

// One request on a connection of its own, unless an agent is given.
export function request(url, { method = 'GET', headers = {}, body, agent = false } = {}) {
    return new Promise((resolve, reject) => {
        const asked = http.request(url, { method, headers, agent }, (answer) => {
            const parts = [];
            answer.on('data', (bytes) => parts.push(bytes));
            answer.on('error', reject);
            answer.on('end', () => {
                const bytes = Buffer.concat(parts);
                resolve({
                    status: answer.statusCode,
                    headers: answer.headers,
                    bytes,
                    text: bytes.toString(),
                    get json() {
                        return JSON.parse(bytes.toString());
                    },
                });
            });
        });
        asked.setTimeout(60_000, () => asked.destroy(new Error('no answer in a minute')));
        asked.on('error', reject);
        asked.end(body);
    });
}

export const get = (url, headers) => request(url, { headers });

export function post(url, value, token) {
    const headers = { 'content-type': 'application/json' };
    if (token) headers.authorization = `Bearer ${token}`;
    return request(url, { method: 'POST', headers, body: JSON.stringify(value) });
}

// Every error of the server has the one body.
export function assertProblem(answer, { status, error_code, code }) {
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.headers['content-type'], /^application\/problem\+json/);
    const body = answer.json;
    assert.equal(body.status, status);
    if (error_code) assert.equal(body.error_code, error_code);
    if (code) assert.equal(body.code, code);
    for (const key of ['type', 'title', 'detail', 'instance', 'message', 'request_id', 'timestamp'])
        assert.equal(typeof body[key], 'string', key);
    assert.equal(body.detail, body.message);
    assert.equal(typeof body.details, 'object');
    assert.ok(body.title && body.message, 'title and message say something');
    assert.ok(Math.abs(Date.now() - Date.parse(body.timestamp)) < 60_000, body.timestamp);
    if (answer.headers['x-request-id'])
        assert.equal(body.request_id, answer.headers['x-request-id'], 'ids of header and body');
    return body;
}
