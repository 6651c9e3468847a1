// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A digest of the script that was started: what it imports is not in it, unless it was bundled. */
export function tagOfMainScript(): string {
    const script = process.argv[1];
    const source = script === undefined ? '' : readFileSync(script);
    return createHash('sha256').update(source).digest('hex').slice(0, 16);
}
