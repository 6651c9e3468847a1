// SPDX-License-Identifier: Apache-2.0
//
// What things are called, and what happened in words: for the panels, and the log that screen
// readers read.

import { groundAt, towerAt, towersOf } from './model.js';
import { counted, nameOfSeat } from './widgets.js';

export const TOWERS = {
    arrow: ['Arrow tower', 'One at a time, quickly'],
    cannon: ['Cannon', 'Hits all around; not those who fly'],
    frost: ['Frost tower', 'Slows all around'],
    ballista: ['Ballista', 'Far, hard, through armour'],
    beacon: ['Beacon', 'Makes towers around it stronger; earns gold'],
};

export const ENEMIES = {
    walker: ['walker', 'walkers'],
    runner: ['runner', 'runners'],
    brute: ['brute', 'brutes'],
    swarm: ['bug', 'bugs'],
    flyer: ['flyer', 'flyers'],
    shaman: ['shaman', 'shamans'],
    boss: ['boss', 'bosses'],
};

export const AIMS = {
    first: 'First',
    last: 'Last',
    strong: 'Strongest',
    near: 'Nearest',
};

export function comingInWords(coming) {
    return coming
        .map(({ kind, count }) => `${count} ${ENEMIES[kind][count === 1 ? 0 : 1]}`)
        .join(', ');
}

function place({ x, y }) {
    return `column ${x + 1}, row ${y + 1}`;
}

function oneOf(kind) {
    const name = TOWERS[kind][0].toLowerCase();
    return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

// What the server said of an event; empty where nobody needs to hear it.
export function newsInWords({ e, d }, view, mySeat) {
    const who = (seat) => (seat === mySeat ? 'You' : nameOfSeat(view, seat));
    const s = (seat) => (seat === mySeat ? '' : 's');
    switch (e) {
        case 'placed':
            return `${who(d.seat)} build${s(d.seat)} ${oneOf(d.kind)} at ${place(d)}.`;
        case 'upgraded':
            return `${who(d.seat)} improve${s(d.seat)} the tower at ${place(d)}.`;
        case 'sold':
            return `${who(d.seat)} sell${s(d.seat)} the tower at ${place(d)}.`;
        case 'called':
            return (
                `${who(d.seat)} call${s(d.seat)} the next wave` +
                (d.gold > 0 ? `: ${d.gold} gold for everybody.` : '.')
            );
        case 'gave':
            return (
                `${who(d.from)} give${s(d.from)} ${d.gold} gold to ` +
                `${d.to === mySeat ? 'you' : nameOfSeat(view, d.to)}.`
            );
        case 'pinged':
            return `${who(d.seat)} point${s(d.seat)} at ${place(d)}.`;
        default:
            return '';
    }
}

// What only views tell.
export function changesInWords(before, after) {
    const said = [];
    if (after.wave > before.wave)
        said.push(
            `Wave ${after.wave} of ${after.options.waves}: ` + `${comingInWords(before.coming)}.`,
        );
    if (after.lives < before.lives)
        said.push(
            `${counted(before.lives - after.lives, 'life').replace('lifes', 'lives')} lost, ` +
                `${after.lives} left.`,
        );
    if (after.phase !== before.phase) {
        if (after.phase === 'playing') said.push('The game begins.');
        if (after.phase === 'won') said.push('You have won: the castle stands.');
        if (after.phase === 'lost') said.push('The castle has fallen.');
    }
    return said;
}

// What is where the keyboard points.
export function tileInWords(book, view, tile) {
    const found = towerAt(view.game, tile);
    if (found)
        return (
            `${TOWERS[found.k][0]}, level ${found.l + 1}, of ${nameOfSeat(view, found.s)}; ` +
            place(tile)
        );
    const ground = groundAt(book, tile);
    const near = towersOf(view.game).filter(
        ({ x, y }) => Math.abs(x - tile.x) <= 1 && Math.abs(y - tile.y) <= 1,
    ).length;
    const name = {
        free: 'free ground',
        way: 'the enemies’ way',
        castle: 'the castle',
        water: 'water',
        rock: 'rock',
        wood: 'a wood',
    }[ground];
    return `${place(tile)}: ${name}${near ? `, ${counted(near, 'tower')} beside it` : ''}`;
}
