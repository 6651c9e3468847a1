// SPDX-License-Identifier: Apache-2.0

// Connections that are cut at any moment: either end learns of it late, or not at all, and what was
// under way to the server may still arrive. Within a connection order is kept, as TCP does; unless
// `plan.mangled`: then messages are lost, doubled and overtaken, too.
export class Network {
    constructor(agenda, luck, plan, server) {
        Object.assign(this, { agenda, luck, plan, server });
        this.links = new Set();
    }

    // client: {opened(), heard(frame), closed(code)}
    dial(client) {
        const { agenda, luck } = this;
        const link = { isUp: true, isGone: false, up: 0, down: 0, client, peer: null };
        this.links.add(link);
        agenda.in(luck.between(1, this.plan.delayMs), () => {
            if (link.isGone) return;
            if (!this.server.isUp) return this.#tell(link, 1006);
            link.peer = this.server.accept({
                send: (message) => this.#down(link, JSON.stringify(message)),
                close: (code) => this.#down(link, code),
            });
            client.opened();
        });
        return {
            send: (frame) => link.isUp && this.#up(link, frame),
            hangUp: () => {
                link.isGone = true;
                this.#up(link, null);
            },
        };
    }

    #tell(link, code) {
        this.links.delete(link);
        if (link.isGone) return;
        link.isGone = true;
        link.client.closed(code);
    }

    #up(link, frame) {
        this.#carry(link, 'up', frame === null, () => {
            if (frame === null) link.peer?.gone();
            else link.peer?.hear(JSON.parse(frame));
        });
    }

    #down(link, what) {
        const isClose = typeof what === 'number';
        this.#carry(link, 'down', isClose, () => {
            if (!link.isUp || link.isGone) return;
            if (isClose) this.#tell(link, what);
            else link.client.heard(what);
        });
    }

    #carry(link, way, isClose, deliver) {
        const { luck, agenda, plan } = this;
        const wait = luck.between(1, plan.delayMs);
        if (plan.mangled && !isClose && link.peer) {
            if (luck.happens(plan.mangled)) return; // Lost,
            if (luck.happens(plan.mangled)) agenda.in(wait + luck.below(50), deliver); // doubled,
            if (luck.happens(plan.mangled)) return agenda.in(wait + luck.below(50), deliver);
        }
        link[way] = Math.max(link[way], agenda.now + wait);
        agenda.in(link[way] - agenda.now, deliver);
    }

    cut() {
        const { luck } = this;
        for (const link of this.links) {
            if (!link.peer || !link.isUp) continue;
            link.isUp = false; // Nothing more comes through in either direction,
            if (luck.happens(0.7)) this.agenda.in(luck.below(3000), () => this.#tell(link, 1006));
            if (luck.happens(0.7)) this.agenda.in(luck.below(3000), () => link.peer.gone());
        }
    }
}
