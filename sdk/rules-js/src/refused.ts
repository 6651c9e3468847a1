// SPDX-License-Identifier: Apache-2.0

export type RefusalCode =
    | 'bad_request'
    | 'forbidden'
    | 'not_found'
    | 'room_full'
    | 'room_closed'
    | 'wrong_phase'
    | 'not_your_turn'
    | 'rejected'
    | 'too_large'
    | 'unsupported';

/** Thrown by rules: the action changes nothing, and its player reads the message. */
export class Refused extends Error {
    constructor(
        message: string,
        readonly code: RefusalCode = 'rejected',
    ) {
        super(message);
        this.name = 'Refused';
    }
}
