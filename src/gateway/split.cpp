// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

namespace gatehouse::gateway::stages {

// A route has one service.
Progress split(Exchange&, Context&)
{
    return Progress::go_on;
}

} // namespace gatehouse::gateway::stages
