// SPDX-License-Identifier: Apache-2.0
//
// dist → what the pages of examples share, which have no build step of their own. What lies there
// is checked to be what is built (test/package.test.mjs).

import fs from 'node:fs';

for (const name of ['gatehouse.min.js', 'gatehouse-http.min.js']) {
    const built = new URL(`dist/${name}`, import.meta.url);
    const head = `// SPDX-License-Identifier: Apache-2.0\n// sdk/js/dist/${name}\n`;
    fs.writeFileSync(
        new URL(`../../examples/page/${name}`, import.meta.url),
        head + fs.readFileSync(built, 'utf8'),
    );
}
