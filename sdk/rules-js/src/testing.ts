// SPDX-License-Identifier: Apache-2.0
//
// Plays a game step by step, as gatehouse would, without it.

import { createHash } from 'node:crypto';
import { decide, type Asked } from './decide.js';
import type { Game } from './game.js';
import { diff, isSame, merge, toJson, type Json, type JsonObject } from './json.js';
import type { Decision, Document, Happened, Occupant, Seat } from './protocol.js';
import { Refused } from './refused.js';

export { Refused };

export interface TableOptions {
    /** Who sits where: two players, if left out. */
    readonly seats?: readonly Occupant[];
    readonly options?: JsonObject;
    /** Another seed, other cards. */
    readonly seed?: string;
    /** Milliseconds since 1970. */
    readonly now?: number;
}

/** A room on the table: every act is decided, stored, and applied as its patch says. */
export class TestTable<S = any, V = any> {
    seats: Occupant[];
    now: number;
    /** Rings at. */
    readonly timers = new Map<string, number>();
    /** All that was stored. */
    readonly history: Happened[] = [];
    isOver = false;
    #document: Document;
    #asked = 0;

    constructor(
        readonly game: Game,
        readonly settings: TableOptions = {},
    ) {
        this.seats = [...(settings.seats ?? ['player', 'player'])];
        this.now = settings.now ?? 1_795_305_600_000;
        this.#document = { options: settings.options ?? {} };
        this.#prepare();
    }

    /** A copy: what is done to it does nothing. */
    get state(): S {
        return structuredClone(this.#document.secret) as S;
    }
    get isOpen(): boolean {
        return this.#document.open ?? false;
    }
    get document(): Document {
        return this.#document;
    }

    /** What this seat is shown; undefined: who only watches. */
    view(seat?: Seat): V {
        const { all, seats } = this.#document;
        return merge(all as Json, seats?.[seat ?? 'watch'] ?? {}) as V;
    }

    /** Throws the Refused that the rules throw. */
    act(seat: Seat, action: string, data: JsonObject = {}): this {
        return this.#ask({ do: 'act', seat, a: action, d: data });
    }

    /** `table.as(0).play('take', {n: 3})` */
    as(seat: Seat): { play(action: string, data?: JsonObject): TestTable<S, V>; see(): V } {
        return {
            play: (action, data = {}) => this.act(seat, action, data),
            see: () => this.view(seat),
        };
    }

    /** Time goes on, and alarms that fall due ring. */
    wait(ms: number): this {
        const until = this.now + ms;
        for (;;) {
            const due = [...this.timers].sort((a, b) => a[1] - b[1])[0];
            if (!due || due[1] > until || this.isOver) break;
            this.now = due[1];
            this.timers.delete(due[0]);
            this.#ask({ do: 'timer', a: due[0] });
        }
        this.now = until;
        return this;
    }

    /** Somebody comes, or goes. */
    sit(seat: Seat, occupant: Occupant): this {
        this.seats[seat] = occupant;
        this.#prepare();
        return this;
    }

    /** Who sits there stayed away too long. */
    forfeit(seat: Seat): this {
        const before = this.history.length;
        this.#ask({ do: 'timer', a: `forfeit:${seat}` });
        if (this.history.length === before) this.isOver = true; // Rules that say nothing to it.
        this.seats[seat] = 'nobody';
        if (!this.isOver) this.#prepare();
        return this;
    }

    /** One bot does what it planned. False where none has a plan. */
    bot(): boolean {
        const [planned] = Object.entries(this.#document.bots ?? {});
        if (!planned || this.isOver) return false;
        this.act(Number(planned[0]), planned[1].a, planned[1].d);
        return true;
    }

    /** All of them play, until it is the turn of somebody else. */
    bots(max = 10_000): this {
        for (let left = max; this.bot(); left--)
            if (left === 0) throw new Error(`bots have played ${max} times and go on`);
        return this;
    }

    /**
     * What a seat could learn that it must not: `permute` changes what is hidden from it (another
     * hand, the deck). The view must be the same: undefined; else it is the patch between the two.
     */
    leak(seat: Seat | undefined, permute: (state: S) => void): Json | undefined {
        const other = this.state;
        permute(other);
        if (isSame(other as Json, this.#document.secret!))
            throw new Error('permute changed nothing: there is nothing to find');
        return diff(this.view(seat) as Json, toJson(this.game.view(other, seat), 'view'));
    }

    #prepare(): void {
        this.#ask({ do: 'prepare' });
    }

    #ask(what: Pick<Asked, 'do' | 'seat' | 'a' | 'd'>): this {
        if (this.isOver) throw new Refused('the game is over', 'room_closed');
        const seed = createHash('sha256')
            .update(`${this.settings.seed ?? 'seed'} ${++this.#asked}`)
            .digest('hex');
        const decision = decide(this.game, this.#document, {
            ...what,
            now: this.now,
            seed,
            seats: [...this.seats],
        });
        if (decision.no) throw new Refused(decision.no.msg, decision.no.code);
        this.#store(decision);
        return this;
    }

    #store(decision: Decision): void {
        for (const event of decision.ev ?? []) {
            this.history.push(event);
            if (event.p) this.#document = merge(this.#document as Json, event.p) as Document;
        }
        for (const [name, ms] of decision.timers ?? [])
            if (ms === null) this.timers.delete(name);
            else this.timers.set(name, this.now + ms);
        this.isOver = decision.over ?? false;
    }
}

export function table<S extends object, V extends object>(
    game: Game<S, V>,
    settings: TableOptions = {},
): TestTable<S, V> {
    return new TestTable<S, V>(game, settings);
}
