// SPDX-License-Identifier: Apache-2.0

/** `expiresAt`: milliseconds since 1970, or as Date reads it. A JWT says it itself. */
export type Token = string | { token: string; expiresAt?: number | string };

/**
 * Asked before every connection, and before the token's end. `stale`: what it gave, if that will
 * not do any more. What it throws is tried again, unless it is a Refusal without `retry`.
 */
export type Auth = Token | ((about: { stale?: string }) => Token | Promise<Token>);

export async function ask(
    auth: Auth,
    stale?: string,
): Promise<{ token: string; expiresAt?: number }> {
    const given = typeof auth === 'function' ? await auth({ stale }) : auth;
    const { token, expiresAt = undefined } = typeof given === 'string' ? { token: given } : given;
    const end = expiresAt === undefined ? endOf(token) : new Date(expiresAt).getTime();
    // A token that cannot be asked for again is used to its end.
    return { token, expiresAt: typeof auth === 'function' ? end : undefined };
}

function endOf(token: string): number | undefined {
    try {
        const claims = token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/');
        const { exp } = JSON.parse(atob(claims));
        return typeof exp === 'number' ? exp * 1000 : undefined;
    } catch {
        return undefined; // No JWT.
    }
}
