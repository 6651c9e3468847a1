// SPDX-License-Identifier: Apache-2.0

import { ask, realWorld, type Auth, type Refusal, type World } from './index.js';
import { request } from './request.js';

export interface Listing {
    room: string;
    code: string;
    game: string;
    [more: string]: unknown;
}

/** The rooms of a server, before one is joined. `auth` as for connect(). */
export class Lobby {
    #url: URL;
    #auth: Auth;
    #world: World;

    constructor({ url, auth, world }: { url: string | URL; auth: Auth; world?: Partial<World> }) {
        this.#url = new URL(url);
        this.#auth = auth;
        this.#world = { ...realWorld(), ...world };
    }

    async createRoom(game: string, options: object = {}): Promise<{ room: string; code: string }> {
        return this.#request('/v1/rooms', { method: 'POST', body: { game, options } });
    }

    async listRooms(which: { game?: string; open?: boolean } = {}): Promise<Listing[]> {
        const { game, open = true } = which;
        const asked = new URLSearchParams({ open: String(open), ...(game && { game }) });
        return (await this.#request<{ rooms: Listing[] }>(`/v1/rooms?${asked}`)).rooms;
    }

    // A token that will not do is asked for once more.
    async #request<T>(path: string, asked = {}): Promise<T> {
        const send = (token: string) =>
            request<T>(this.#world, new URL(path, this.#url), { ...asked, token });
        const { token } = await ask(this.#auth);
        return send(token).catch(async (no: Refusal) => {
            if (no.code !== 'token_expired' && no.code !== 'unauthenticated') throw no;
            return send((await ask(this.#auth, token)).token);
        });
    }
}
