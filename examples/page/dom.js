// SPDX-License-Identifier: Apache-2.0
//
// The page as a function of its state: `h` describes elements, `render` makes a container look like
// the description and touches nothing else, so focus, scroll and running animations stay.

const SVG = 'http://www.w3.org/2000/svg';
const SVG_TAGS = new Set(['svg', 'use', 'circle']);

// props: attributes, `on…` listeners, and `key` for children that move.
export function h(tag, props, ...children) {
    return { tag, props: props ?? {}, children: flat(children) };
}

export function render(container, ...nodes) {
    reconcile(container, flat(nodes));
}

function flat(nodes) {
    return nodes
        .flat(Infinity)
        .filter((node) => node !== null && node !== undefined && node !== false)
        .map((node) => (typeof node === 'object' ? node : { text: String(node) }));
}

function reconcile(parent, nodes) {
    const keyed = new Map();
    for (const child of parent.childNodes)
        if (child.madeFrom?.props?.key !== undefined) keyed.set(child.madeFrom.props.key, child);
    let at = parent.firstChild;
    for (const node of nodes) {
        const key = node.props?.key;
        let child = key === undefined ? at : keyed.get(key);
        if (!child || !fits(child.madeFrom, node)) child = create(node);
        if (child === at) at = at.nextSibling;
        else parent.insertBefore(child, at);
        update(child, node);
    }
    while (at) {
        const next = at.nextSibling;
        at.remove();
        at = next;
    }
}

function fits(old, node) {
    return old !== undefined && old.tag === node.tag && old.props?.key === node.props?.key;
}

function create(node) {
    if (node.text !== undefined) return document.createTextNode(node.text);
    return SVG_TAGS.has(node.tag)
        ? document.createElementNS(SVG, node.tag)
        : document.createElement(node.tag);
}

function update(child, node) {
    const old = child.madeFrom ?? { props: {} };
    child.madeFrom = node;
    if (node.text !== undefined) {
        if (child.data !== node.text) child.data = node.text;
        return;
    }
    for (const name of new Set([...Object.keys(old.props), ...Object.keys(node.props)]))
        if (old.props[name] !== node.props[name]) set(child, name, node.props[name]);
    reconcile(child, node.children);
}

function set(element, name, value) {
    if (name === 'key') return;
    if (name.startsWith('on')) element[name] = value ?? null;
    else if (value === undefined || value === null || value === false)
        element.removeAttribute(name);
    else element.setAttribute(name, value === true ? '' : value);
}
