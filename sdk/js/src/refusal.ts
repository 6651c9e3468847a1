// SPDX-License-Identifier: Apache-2.0

import type { ErrorCode } from './protocol.js';

/**
 * The server's codes, and what only a client can say: `replaced` (this person plays elsewhere now)
 * and `stopped` (the client was, or the server sent it away for good).
 */
export type RefusalCode = ErrorCode | 'replaced' | 'stopped';

/**
 * A typed no. `retry`: the same may succeed later. `isFinal`: it was not applied and never will be;
 * otherwise its outcome is not known here.
 */
export class Refusal extends Error {
    override name = 'Refusal';

    constructor(
        readonly code: RefusalCode,
        message: string = code,
        readonly retry = false,
        readonly isFinal = true,
    ) {
        super(message);
    }
}
