#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
await new Promise((resolve) => setTimeout(resolve, 100));
const deadline = setTimeout(() => process.exit(1), 100);
import { setTimeout as pause } from 'node:timers/promises';
