// SPDX-License-Identifier: Apache-2.0

import { decide } from './decide.js';
import type { Game } from './game.js';
import { insistReadable, merge, toText, type Json } from './json.js';
import { FRAME_BYTES_MAX, PROTOCOL } from './protocol.js';
import type { Decision, Document, Question } from './protocol.js';

const ROOMS_MAX = 10_000;

interface Known {
    readonly q: number;
    readonly document: Document;
}

/** Throws where no frame would hold it, or gatehouse could not read it: that cuts all rooms off. */
function textOf(q: number, decision: Decision): string {
    insistReadable(decision);
    const text = toText({ q, ...decision });
    const bytes = Buffer.byteLength(text);
    if (bytes > FRAME_BYTES_MAX - 2)
        throw new RangeError(`an answer of ${bytes} bytes; ${FRAME_BYTES_MAX - 2} fit`);
    return text;
}

/**
 * One connection's end: messages in, their answers' texts out. Remembers the state that rooms were
 * left with, of those that it was asked about last; what it forgot it asks for.
 */
export class Host {
    readonly #rooms = new Map<string, Known>(); // The one asked about last stands last.

    constructor(
        readonly games: ReadonlyMap<string, Game>,
        readonly onError: (error: unknown, question: Question) => void,
    ) {}

    answer(message: object): string {
        if ('hello' in message) return toText(this.#hello(message.hello));
        const question = message as Question;
        const { q } = question;
        const document = question.state ?? this.#held(question);
        if (!document) return toText({ q, need: true });
        try {
            const decision = this.#decide(document, question);
            const text = textOf(q, decision);
            this.#keep(question, document, decision);
            return text;
        } catch (error) {
            this.onError(error, question); // The state is as it was: what is held of it, too.
            return toText({ q, failed: String(error).slice(0, 300) });
        }
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
        const game = this.games.get(question.game);
        if (!game) throw new Error(`no game "${question.game}" here`);
        return decide(game, document, question);
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
