// SPDX-License-Identifier: Apache-2.0
//
// People at the page, each in a browser context of their own.

import { chromium } from 'playwright-core';

const flags = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
];
// What a page's console may say while its server is away.
const lostConnection = /ERR_CONNECTION_|ERR_EMPTY_RESPONSE|ERR_SOCKET|WebSocket connection to/;

export function launch() {
    const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
    return chromium.launch({ executablePath, args: flags });
}

export class Person {
    frames = []; // All text that the server has sent.
    complaints = []; // Of the page, but for lost connections.

    // `before` gets the page while it is empty; the other options are the browser context's.
    static async come(browser, name, url, { before, ...options } = {}) {
        const person = new Person();
        person.name = name;
        person.context = await browser.newContext(options);
        const page = (person.page = await person.context.newPage());
        page.setDefaultTimeout(20_000);
        page.on('websocket', (socket) =>
            socket.on('framereceived', ({ payload }) => person.frames.push(String(payload))),
        );
        page.on('pageerror', (error) => person.complaints.push(`${name}: ${error.stack}`));
        page.on('console', (message) => {
            if (message.type() === 'error' && !lostConnection.test(message.text()))
                person.complaints.push(`${name}: ${message.text()}`);
        });
        await before?.(page);
        await page.goto(url);
        return person;
    }

    async press(testid) {
        await this.page.getByTestId(testid).click();
    }

    // What the page's room knows.
    room() {
        return this.page.evaluate(() => {
            const { id, seat, pending, view } = window.liapTui.room;
            return { id, seat, pending, view };
        });
    }

    // Until `condition(room)` holds in the page; it is sent there, so it sees nothing else.
    async sees(condition) {
        const room = 'window.liapTui?.room';
        await this.page.waitForFunction(`${room}?.view && (${condition})(${room})`);
    }

    // Until the client's state is the wanted one.
    async is(state) {
        await this.page
            .getByTestId('connection')
            .and(this.page.locator(`[data-state=${state}]`))
            .waitFor();
    }
}
