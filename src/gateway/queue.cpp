// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

namespace gatehouse::gateway::stages {

// None waits: nothing counts who is served.
Progress queue(Exchange&, Context&)
{
    return Progress::go_on;
}

} // namespace gatehouse::gateway::stages
