// SPDX-License-Identifier: Apache-2.0

import { decide } from './decide.js';
import type { Game } from './game.js';
import { merge, type Json } from './json.js';
import { PROTOCOL, type Decision, type Document, type Question } from './protocol.js';

const ROOMS_MAX = 10_000;

interface Known {
    readonly q: number;
    readonly document: Document;
}

/**
 * One connection's end: messages in, messages out. Remembers the state that rooms were left with,
 * of those that it was asked about last; what it forgot it asks for.
 */
export class Host {
    readonly #rooms = new Map<string, Known>(); // The one asked about last stands last.

    constructor(
        readonly games: ReadonlyMap<string, Game>,
        readonly onError: (error: unknown, question: Question) => void,
    ) {}

    answer(message: object): object {
        if ('hello' in message) return this.#hello(message.hello);
        const question = message as Question;
        const document = question.state ?? this.#held(question);
        if (!document) return { q: question.q, need: true };
        const decision = this.#decide(document, question);
        this.#keep(question, document, decision);
        return { q: question.q, ...decision };
    }

    #hello(protocol: unknown): object {
        if (protocol !== PROTOCOL) throw new Error(`they speak ${protocol}, this is ${PROTOCOL}`);
        const games = [...this.games].map(([name, { tag }]) => [name, { tag }]);
        return { hello: PROTOCOL, games: Object.fromEntries(games) };
    }

    #held(question: Question): Document | undefined {
        const known = this.#rooms.get(question.room);
        return known?.q === question.after ? known?.document : undefined;
    }

    #decide(document: Document, question: Question): Decision {
        try {
            const game = this.games.get(question.game);
            if (!game) throw new Error(`no game "${question.game}" here`);
            return decide(game, document, question);
        } catch (error) {
            this.onError(error, question);
            return { failed: String(error).slice(0, 300) };
        }
    }

    #keep(question: Question, document: Document, decision: Decision): void {
        let left: Json = document as Json;
        for (const { p } of decision.ev ?? []) if (p) left = merge(left, p);
        this.#rooms.delete(question.room);
        if (decision.over) return;
        this.#rooms.set(question.room, { q: question.q, document: left as Document });
        if (this.#rooms.size > ROOMS_MAX) {
            const [oldest] = this.#rooms.keys();
            this.#rooms.delete(oldest!);
        }
    }
}
