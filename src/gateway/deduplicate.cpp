// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

namespace gatehouse::gateway::stages {

// Every request counts: nothing remembers their keys.
Progress deduplicate(Exchange&, Context&)
{
    return Progress::go_on;
}

} // namespace gatehouse::gateway::stages
