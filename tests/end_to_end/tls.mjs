// SPDX-License-Identifier: Apache-2.0
//
// Certificates for tests, by the openssl of this machine, and a client of HTTPS.

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './harness.mjs';

const execute = promisify(execFile);

// Runs openssl to its end.
export const openssl = (...args) => execute('openssl', args);

// A CA in a folder of its own, whose certificate is `ca`.
export class Authority {
    folder = temporaryFolder();
    ca = path.join(this.folder, 'ca.pem');
    #key = path.join(this.folder, 'ca.key');

    static async create(name = 'An Authority') {
        const authority = new Authority();
        await openssl(
            ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
            ...['-keyout', authority.#key, '-out', authority.ca, '-days', '30'],
            ...['-subj', `/CN=${name}`],
        );
        return authority;
    }

    get pem() {
        return fs.readFileSync(this.ca);
    }

    // Writes FILE.pem and FILE.key, and says where. `names` are as in subjectAltName.
    async issue(file, names, { days = 30 } = {}) {
        const to = (suffix) => path.join(this.folder, file + suffix);
        await openssl(
            ...['req', '-new', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
            ...['-keyout', to('.key'), '-out', to('.csr'), '-subj', `/CN=${file}`],
        );
        fs.writeFileSync(to('.ext'), `subjectAltName=${names}\n`);
        await openssl(
            ...['x509', '-req', '-in', to('.csr'), '-CA', this.ca, '-CAkey', this.#key],
            ...['-CAcreateserial', '-out', to('.pem'), '-days', `${days}`],
            ...['-extfile', to('.ext')],
        );
        return { cert: to('.pem'), key: to('.key') };
    }
}

// As a deploy does it: whole, by a rename.
export function replace(file, text) {
    fs.writeFileSync(`${file}.new`, text);
    fs.renameSync(`${file}.new`, file);
}

// One request over TLS, on a connection of its own unless an agent is given.
export function ask(url, { method = 'GET', body, headers = {}, ...options } = {}) {
    return new Promise((resolve, reject) => {
        const how = { method, headers, agent: false, ...options };
        const asked = https.request(url, how, (answer) => {
            const { socket } = answer; // It goes back to its agent at the end.
            const connection = {
                certificate: socket.getPeerCertificate(),
                port: socket.localPort,
                version: socket.getProtocol(),
                protocol: socket.alpnProtocol,
            };
            const parts = [];
            answer.on('data', (bytes) => parts.push(bytes));
            answer.on('error', reject);
            answer.on('end', () =>
                resolve({
                    status: answer.statusCode,
                    headers: answer.headers,
                    text: Buffer.concat(parts).toString(),
                    ...connection,
                }),
            );
        });
        asked.on('error', reject);
        asked.end(body);
    });
}
