// SPDX-License-Identifier: Apache-2.0

import fs from 'node:fs';
import net from 'node:net';
import { FrameReader, toFrames } from './frames.js';
import type { Game } from './game.js';
import { Host } from './host.js';
import type { Question } from './protocol.js';

export interface Serving {
    /** The socket that is listened on. */
    readonly path: string;
    /** Ends all connections: what is asked meanwhile gatehouse asks the next process. */
    close(): Promise<void>;
}

function complain(error: unknown, about: Partial<Question> = {}): void {
    const where = about.room === undefined ? '' : `${about.game} ${about.room} ${about.a ?? ''}: `;
    console.error(where + (error instanceof Error ? error.stack : String(error)));
}

function talk(socket: net.Socket, games: ReadonlyMap<string, Game>): void {
    const host = new Host(games, complain);
    const reader = new FrameReader();
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
        try {
            const answers = reader.take(bytes).map((message) => host.answer(message));
            for (const frame of toFrames(answers)) socket.write(frame);
        } catch (error) {
            complain(error);
            socket.destroy();
        }
    });
}

/** Nobody listens on it any more: a process that was killed leaves its socket behind. */
function isDead(path: string): Promise<boolean> {
    return new Promise((resolve) => {
        const probe = net.connect(path);
        probe.on('connect', () => (probe.destroy(), resolve(false)));
        probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
    });
}

/**
 * Decides these games for whoever dials this Unix socket, until it is closed. Fails where somebody
 * else listens there.
 */
export async function serve(path: string, ...games: readonly Game[]): Promise<Serving> {
    const known = new Map(games.map((game) => [game.name, game]));
    const open = new Set<net.Socket>();
    const server = net.createServer((socket) => {
        open.add(socket);
        socket.on('close', () => open.delete(socket));
        talk(socket, known);
    });
    if (fs.existsSync(path) && (await isDead(path))) fs.unlinkSync(path);
    await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(path, resolve);
    });
    const close = () =>
        new Promise<void>((resolve) => {
            server.close(() => resolve());
            for (const socket of open) socket.destroy();
        });
    return { path, close };
}
