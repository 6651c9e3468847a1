// SPDX-License-Identifier: Apache-2.0

import type { Game, Table, Turn } from './game.js';
import { common, diff, isObject, toJson, type JsonObject } from './json.js';
import type { Decision, Document, Occupant, Question, Seat } from './protocol.js';
import { Random } from './random.js';
import { Refused, type RefusalCode } from './refused.js';

/** What is asked, without its way here. */
export type Asked = Pick<Question, 'do' | 'seat' | 'a' | 'd' | 'now' | 'seed' | 'seats'>;

// Streams of the question's seed: what bots draw says nothing of what is dealt.
const DEALS = 0;
const BOTS = 1;

const FORFEIT = /^forfeit:(\d+)$/; // What the room asks of who stayed away too long.

function refuse(message: string, code?: RefusalCode): never {
    throw new Refused(message, code);
}

/** Pure: decides one question about a state, changes neither. What the rules throw comes out. */
export function decide(game: Game, document: Document, asked: Asked): Decision {
    try {
        return new Deciding(game, document, asked).run();
    } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return { no: { code: error.code, msg: error.message } };
    }
}

class Deciding implements Table<any> {
    state: any;
    readonly seats: readonly Occupant[];
    readonly now: number;
    readonly random: Random;
    readonly #timers = new Map<string, number | null>();
    #told: JsonObject | undefined;
    #isOver = false;

    constructor(
        readonly game: Game,
        readonly document: Document,
        readonly asked: Asked,
    ) {
        this.seats = asked.seats;
        this.now = asked.now;
        this.random = new Random(asked.seed, DEALS);
    }

    arm(timer: string, ms: number): void {
        if (!this.game.timers?.[timer]) throw new TypeError(`there is no timer ${timer}`);
        if (!Number.isFinite(ms) || ms < 0) throw new TypeError(`${timer}: ${ms} ms are no time`);
        this.#timers.set(timer, Math.round(ms));
    }

    cancel(timer: string): void {
        this.#timers.set(timer, null);
    }

    tell(what: JsonObject): void {
        this.#told = what;
    }

    finish(): void {
        this.#isOver = true;
    }

    refuse(message: string, code?: RefusalCode): never {
        refuse(message, code);
    }

    run(): Decision {
        const prepared = this.#begin();
        if (this.asked.do === 'timer' && !this.#alarm()) return { ev: [] };
        const name = this.#happen() ?? prepared;
        const patch = diff(this.document as JsonObject, this.#document());
        return {
            ev: [
                {
                    e: name,
                    ...(this.#told && { d: toJson(this.#told, 'tell()') as JsonObject }),
                    ...(patch !== undefined && { p: patch as JsonObject }),
                },
            ],
            ...(this.#timers.size > 0 && { timers: [...this.#timers] }),
            ...(this.#isOver && { over: true }),
        };
    }

    /** The state that these rules go on from, and what it took to get there. */
    #begin(): string {
        const { document, game } = this;
        if (document.secret === undefined || document.v === undefined) {
            const options = document.options ?? {};
            this.state = game.setup({ ...this.#setting(), options });
            return 'set_up';
        }
        this.state = structuredClone(document.secret);
        if (document.v === game.tag) return 'seated';
        if (game.migrate) this.state = game.migrate(this.state, document.v);
        return 'migrated';
    }

    #setting() {
        const { seats, now, random } = this;
        return { seats, now, random, refuse };
    }

    #happen(): string | undefined {
        const { asked, game } = this;
        if (asked.do === 'prepare') return undefined;
        const name = asked.a ?? '';
        if (asked.do === 'timer') {
            const [event, ring] = this.#alarm()!;
            ring();
            return event;
        }
        if (!Object.hasOwn(game.actions, name))
            refuse(`no such action: ${name.slice(0, 64)}`, 'bad_request');
        const phase = this.#phase();
        if (phase?.actions && !phase.actions.includes(name))
            refuse(`not now: ${this.state.phase}`, 'wrong_phase');
        const seat = asked.seat!;
        if (!isTurn(this.#turn(), seat)) refuse('it is not your turn', 'not_your_turn');
        game.actions[name]!(this, isObject(asked.d) ? asked.d : {}, seat);
        return name;
    }

    /** None that newer rules do not know any more. */
    #alarm(): [string, () => void] | undefined {
        const { game, asked } = this;
        const name = asked.a ?? '';
        const seat = FORFEIT.exec(name)?.[1];
        if (seat !== undefined && game.forfeit)
            return ['forfeit', () => game.forfeit!(this, Number(seat))];
        if (!Object.hasOwn(game.timers ?? {}, name)) return undefined;
        return [name, () => game.timers![name]!(this)];
    }

    #phase() {
        const { phases } = this.game;
        if (!phases) return undefined;
        if (!Object.hasOwn(phases, this.state.phase ?? ''))
            throw new TypeError(`state.phase is ${this.state.phase}, which is none of the phases`);
        return phases[this.state.phase];
    }

    #turn(): Turn {
        const phase = this.#phase();
        return phase?.turn ? phase.turn(this.state) : this.game.turn?.(this.state);
    }

    /** All that is kept: whoever is shown something is shown a part of this. */
    #document(): JsonObject {
        const { game, state } = this;
        const secret = toJson(state, 'state') as JsonObject;
        const seen = (seat?: Seat) => toJson(game.view(state, seat), 'view') as JsonObject;
        const views: [string, JsonObject][] = this.seats.map((_, seat) => [`${seat}`, seen(seat)]);
        views.push(['watch', seen()]);
        const all = common(views.map(([, view]) => view)) as JsonObject;
        const seats: Record<string, JsonObject> = {};
        for (const [audience, view] of views) {
            const own = diff(all, view); // So a hand costs a hand, and not a table.
            if (own !== undefined) seats[audience] = own as JsonObject;
        }
        const bots = this.#bots(views);
        const open = this.#isOver ? false : (this.#phase()?.open ?? !game.phases);
        const results = this.#isOver ? game.results?.(state) : undefined;
        return {
            ...{ v: game.tag, secret, all, seats, bots, open, for: this.seats },
            ...(results && { results: toJson(results, 'results') }),
        };
    }

    #bots(views: readonly [string, JsonObject][]): JsonObject {
        const bots: Record<string, JsonObject> = {};
        const turn = this.#turn();
        const random = new Random(this.asked.seed, BOTS);
        for (const [seat, occupant] of this.seats.entries()) {
            const isAsked = !this.#isOver && occupant === 'bot' && isTurn(turn, seat);
            const wish = isAsked ? this.game.bot?.(views[seat]![1], seat, random) : undefined;
            if (wish) bots[seat] = { a: wish.action, d: toJson(wish.data ?? {}, 'bot') };
        }
        return bots;
    }
}

function isTurn(turn: Turn, seat: Seat): boolean {
    return turn === undefined || (typeof turn === 'number' ? turn === seat : turn.includes(seat));
}
