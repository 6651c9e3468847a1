// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace gatehouse::runtime {

// As many descriptors as this process may have: each connection is one. Debian begins with 1024,
// and allows far more to whoever asks.
void raise_descriptor_limit();

}  // namespace gatehouse::runtime
