// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

namespace gatehouse::gateway::stages {

// No route answers by itself.
Progress preflight(Exchange&, Context&) { return Progress::go_on; }

}  // namespace gatehouse::gateway::stages
