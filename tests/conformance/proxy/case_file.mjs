// SPDX-License-Identifier: Apache-2.0
//
// Reads cases/*.txt (README.md describes the format) into values; all bytes are latin1 strings.

import fs from 'node:fs';
import path from 'node:path';

const crlf = '\r\n';

// What the gateway adds to each request, where a case says "= {added}": a pattern, for ids are
// drawn. `host` is what the client asked for, `version` what it speaks.
const added = (host, version) =>
    quoted(
        `X-Forwarded-For: 127.0.0.1${crlf}X-Forwarded-Proto: http${crlf}` +
            `X-Forwarded-Host: ${host}${crlf}Via: ${version} gatehouse${crlf}`,
    ) +
    `X-Request-Id: [0-9a-f]{32}${crlf}` +
    `traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]${crlf}`;

const quoted = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

// \r \n \t \0 \\ \{ \xHH, and {N*text}: the text N times.
export function unescape(text) {
    const unit = (escape) => {
        const known = { r: '\r', n: '\n', t: '\t', 0: '\0', '\\': '\\', '{': '{' };
        if (escape[1] === 'x') return String.fromCharCode(Number.parseInt(escape.slice(2), 16));
        return known[escape[1]] ?? fail(`no escape ${escape}`);
    };
    const plain = (part) => part.replace(/\\(x[0-9A-Fa-f]{2}|[^])/g, unit);
    const pieces = text.split(/(?<!\\)\{(\d+)\*([^}]*)\}/);
    let out = plain(pieces[0]);
    for (let at = 1; at < pieces.length; at += 3)
        out += plain(pieces[at + 1]).repeat(Number(pieces[at])) + plain(pieces[at + 2]);
    return out;
}

function fail(message) {
    throw new Error(message);
}

// One case while it is read.
class Case {
    rfc = '';
    why = '';
    steps = []; // What the client does: {send}, {hear: n answers so far}, {eof}.
    // What the upstream says to the first request: {bytes, then, isWhole: not to be cut}; null:
    // 200 "ok".
    answer = null;
    wants = []; // Answers: {status, body?, isHead, has: [[name, value]], hasnt: [name]}.
    then = null; // keep, close, cut or tunnel.
    saw = null; // Requests at the upstream: {pattern, text}; 'part': none that is whole.

    constructor(name, file) {
        this.name = name;
        this.file = file;
    }

    send(bytes) {
        const last = this.steps.at(-1);
        if (last?.send !== undefined) last.send += bytes;
        else this.steps.push({ send: bytes });
    }

    // All that the client sends.
    get bytes() {
        return this.steps.map((step) => step.send ?? '').join('');
    }

    want(text) {
        const match = /^(\d{3})(?: "(.*)"| (\((?:head|cut)\)))?$/.exec(text);
        if (!match) fail(`"want ${text}" is not: STATUS, STATUS "BODY", STATUS (head) or (cut)`);
        const [, status, body, how] = match;
        this.wants.push({
            status: Number(status),
            body: body === undefined ? undefined : unescape(body),
            isHead: how === '(head)',
            isCut: how === '(cut)',
            has: [],
            hasnt: [],
        });
    }

    expect(line) {
        const request = this.saw?.at?.(-1) ?? fail('"=" without "saw" before');
        const host = /^Host: (.*)\r$/m.exec(request.text)?.[1].replace(/^\{upstream\}$/, '');
        const mark = /^= \{added(?: (1\.[01]))?\}$/.exec(line);
        const bytes = mark ? '' : unescape(line.startsWith('==') ? line.slice(3) : line.slice(2));
        const end = line.startsWith('==') || mark ? '' : crlf;
        request.text += mark ? '' : bytes + end;
        const pattern = quoted(bytes + end).replace('\\{upstream\\}', '127.0.0.1:\\d+');
        request.pattern += mark ? added(host, mark[1] ?? '1.1') : pattern;
    }

    check() {
        if (!/^\S+ \d/.test(this.rfc)) fail('no "rfc"');
        if (!this.then) fail('no "then"');
        if (!this.saw) fail('no "saw"');
        return this;
    }
}

const words = {
    rfc: (it, text) => (it.rfc = text),
    hear: (it) => it.steps.push({ hear: it.wants.length }),
    eof: (it) => it.steps.push({ eof: true }),
    upstream: (it, text) => {
        if (!/^(closes|resets|at once)$/.test(text)) fail(`upstream ${text}`);
        it.answer ??= { bytes: '' };
        if (text === 'at once') it.answer.isWhole = true;
        else it.answer.then = text;
    },
    want: (it, text) => it.want(text),
    has: (it, text) => it.wants.at(-1).has.push(text.split(/: (.*)/).slice(0, 2)),
    hasnt: (it, text) => it.wants.at(-1).hasnt.push(text),
    then: (it, text) => {
        if (!/^(keep|close|cut|tunnel)$/.test(text)) fail(`then ${text}`);
        it.then = text;
    },
    saw: (it, text) => {
        if (text === 'nothing') it.saw = [];
        else if (text === 'part') it.saw = 'part';
        else (it.saw ??= []).push({ pattern: '', text: '' });
    },
    // Both for short.
    refused: (it, text) => {
        it.want(text);
        it.isRefused = true;
        it.then = 'close';
        it.saw = [];
    },
    passed: (it) => {
        it.want('200 "ok"');
        it.then = 'keep';
    },
};

function take(it, line) {
    const mark = /^(>>?|<<?)(?: (.*))?$/.exec(line);
    if (line.startsWith('=')) return it.expect(line.padEnd(2));
    if (!mark) {
        const [, word, text] = /^(\w+)(?: (.*))?$/.exec(line) ?? fail('not understood');
        return (words[word] ?? fail(`no word "${word}"`))(it, text);
    }
    const bytes = unescape(mark[2] ?? '') + (mark[1].length === 1 ? crlf : '');
    if (mark[1].startsWith('>')) return it.send(bytes);
    it.answer ??= { bytes: '' };
    it.answer.bytes += bytes;
}

function readFile(file) {
    const cases = [];
    let remark = '';
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    for (const [number, line] of lines.entries())
        try {
            if (line.startsWith('#')) remark += line.slice(1);
            else if (line.startsWith('case ')) {
                cases.push(new Case(line.slice(5), path.basename(file)));
                cases.at(-1).why = remark.trim();
                remark = '';
            } else if (line) take(cases.at(-1) ?? fail('before the first case'), line);
            else remark = '';
        } catch (error) {
            throw new Error(`${file}:${number + 1}: ${error.message}: ${line}`, { cause: error });
        }
    for (const each of cases)
        try {
            each.check();
        } catch (error) {
            throw new Error(`${file}: ${each.name}: ${error.message}`, { cause: error });
        }
    return cases;
}

// All cases, by file; names are unique.
export function readCases(folder) {
    const files = fs.readdirSync(folder).filter((name) => name.endsWith('.txt'));
    const cases = files.sort().flatMap((name) => readFile(path.join(folder, name)));
    const names = new Set();
    for (const { name } of cases) {
        if (names.has(name)) fail(`two cases are named ${name}`);
        names.add(name);
    }
    return cases;
}
