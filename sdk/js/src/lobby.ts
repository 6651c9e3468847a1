// SPDX-License-Identifier: Apache-2.0

import { ask, realWorld, Refusal, type Auth, type World } from './index.js';
import { request, type Asked } from './request.js';

/** Which rooms a list shows; all hold at once. */
export interface Filters {
    game?: string;
    /** Those that can be joined: true, if it is left out. false: all. */
    open?: boolean;
    status?: 'open' | 'running' | 'paused' | 'finished';
    /** With so many seats that nobody has, and that wait for nobody. */
    free?: number;
    /** Made with these; beside `game`. */
    options?: Record<string, string | number | boolean>;
    /** So many at most on a page, 1 to 200. */
    limit?: number;
    /** What comes behind `next` of the page before. */
    after?: string;
}

export interface Listing {
    room: string;
    code: string;
    game: string;
    options: Record<string, unknown>;
    status: string;
    open: boolean;
    free: number;
    seats: { by: string; name?: string; reserved?: boolean }[];
    opened_at: string;
    [more: string]: unknown;
}

export interface Page {
    rooms: Listing[];
    next?: string;
}

/** What a room is made with, beside the options of its game. */
export interface Making {
    /** false: no list shows it, and nobody is led there by `find`. */
    listed?: boolean;
    /** Principals whose seats wait for them, from seat 0 on; "me" is whoever asks. */
    reserve?: string[];
}

export interface Ticket {
    ticket: string;
    principal: string;
    expires_at: string;
}

export interface Match {
    match: string;
    room: string;
    code: string;
    seat: number;
    players: number;
    waited_ms: number;
}

type Answered = ({ status: 'found' } & Match) | { status: 'waiting'; match: string };

const MATCH_TRIES = 8;
const PAUSE = 1000;
const PAUSE_MAX = 8000;

const roomPath = (room: string, rest = '') => `/v1/rooms/${encodeURIComponent(room)}${rest}`;

/**
 * The rooms of a server, before one is joined (docs/lobby.md). `auth` as for connect(). All of it
 * rejects with a Refusal.
 */
export class Lobby {
    #url: URL;
    #auth: Auth;
    #world: World;

    constructor({ url, auth, world }: { url: string | URL; auth: Auth; world?: Partial<World> }) {
        this.#url = new URL(url);
        this.#auth = auth;
        this.#world = { ...realWorld(), ...world };
    }

    async createRoom(
        game: string,
        options: object = {},
        making: Making = {},
    ): Promise<{ room: string; code: string }> {
        return this.#request('/v1/rooms', {
            method: 'POST',
            body: { game, options, ...making },
        });
    }

    /** The first page, the newest first: what `pageOfRooms` gives as `rooms`. */
    async listRooms(which: Filters = {}): Promise<Listing[]> {
        return (await this.pageOfRooms(which)).rooms;
    }

    async pageOfRooms({ open = true, options = {}, ...rest }: Filters = {}): Promise<Page> {
        const asked = new URLSearchParams({ open: String(open) });
        for (const [name, value] of Object.entries(rest))
            if (value !== undefined) asked.set(name, String(value));
        for (const [name, value] of Object.entries(options))
            asked.set(`option.${name}`, String(value));
        return this.#request(`/v1/rooms?${asked}`);
    }

    /** All of them, a page at a time, as they are asked for. */
    async *everyRoom(which: Filters = {}): AsyncGenerator<Listing, void> {
        for (let after = which.after; ;) {
            const { rooms, next } = await this.pageOfRooms({ ...which, after });
            yield* rooms;
            if (next === undefined) return;
            after = next;
        }
    }

    /** A seat waits for whoever asks, until they join or its time is up. */
    async reserveSeat(room: string, seat?: number): Promise<void> {
        await this.#request(roomPath(room, '/reservation'), { method: 'POST', body: { seat } });
    }

    /** They do not want the seat that waits for them. */
    async releaseSeat(room: string): Promise<void> {
        await this.#request(roomPath(room, '/reservation'), { method: 'DELETE' });
    }

    /**
     * Stands for the token once, within 30 s: in another window, in an address. With a room, a seat
     * waits there for whoever comes with it.
     */
    async issueTicket(place: { room?: string; seat?: number } = {}): Promise<Ticket> {
        return this.#request('/v1/tickets', { method: 'POST', body: place });
    }

    /**
     * Looks for others to play with, and resolves when there are some: join the room within its
     * time. `signal` ends it (`stopped`): who aborts within the first half minute, before the
     * server has said which match they wait in, still is in the queue for some seconds.
     * `onWaiting` hears that it goes on. Where the server is away, or asks for time, it is asked
     * again: eight times in a row, with growing pauses.
     */
    async findMatch(
        game: string,
        options: object = {},
        { signal, onWaiting }: { signal?: AbortSignal; onWaiting?: (match: string) => void } = {},
    ): Promise<Match> {
        let match: string | undefined;
        for (let tries = 0; ;) {
            if (signal?.aborted) return this.#leave(match);
            const asked: Asked = { method: 'POST', body: { game, options }, signal };
            const answer = await this.#request<Answered>('/v1/matches', asked).catch(
                async (no: Refusal) => {
                    if (signal?.aborted) return null;
                    if (!no.retry || ++tries === MATCH_TRIES) throw no;
                    await this.#pause(tries, signal);
                    return null;
                },
            );
            if (!answer) continue;
            tries = 0;
            const { status, ...found } = answer;
            match = found.match;
            if (status === 'found') return found as Match;
            if (status !== 'waiting') throw new Refusal('internal', 'no answer about a match');
            onWaiting?.(match);
        }
    }

    // It may be too late: then others wait there.
    async #leave(match: string | undefined): Promise<Match> {
        if (match === undefined) throw new Refusal('stopped', 'nobody is looked for any more');
        const path = `/v1/matches/${match}`;
        const isTooLate = await this.#request(path, { method: 'DELETE' }).then(
            () => false,
            ({ code }: Refusal) => code === 'out_of_order',
        );
        if (!isTooLate) throw new Refusal('stopped', 'nobody is looked for any more');
        const { status, ...found } = await this.#request<Answered>(path);
        return found as Match;
    }

    #pause(tries: number, signal?: AbortSignal): Promise<void> {
        return new Promise((resolve) => {
            const longest = Math.min(PAUSE * 2 ** (tries - 1), PAUSE_MAX);
            const end = () => {
                this.#world.clearTimeout(timer);
                signal?.removeEventListener('abort', end);
                resolve();
            };
            const timer = this.#world.setTimeout(end, longest * (0.5 + this.#world.random() / 2));
            signal?.addEventListener('abort', end);
        });
    }

    // A token that will not do is asked for once more.
    async #request<T>(path: string, asked: Asked = {}): Promise<T> {
        const send = (token: string) =>
            request<T>(this.#world, new URL(path, this.#url), { ...asked, token });
        const { token } = await ask(this.#auth);
        return send(token).catch(async (no: Refusal) => {
            if (no.code !== 'token_expired' && no.code !== 'unauthenticated') throw no;
            return send((await ask(this.#auth, token)).token);
        });
    }
}
