// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

namespace gatehouse::gateway::stages {

// Every address is let in: nothing bans any.
Progress admit(Exchange&, Context&) { return Progress::go_on; }

}  // namespace gatehouse::gateway::stages
