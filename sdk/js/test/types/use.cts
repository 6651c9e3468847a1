// SPDX-License-Identifier: Apache-2.0

import gatehouse = require('@gatehouse/client');
import hooks = require('@gatehouse/client/react');

const client: gatehouse.Client = gatehouse.connect({ url: 'http://localhost', auth: 'token' });
export const status: string = hooks.useClient(client).status;
