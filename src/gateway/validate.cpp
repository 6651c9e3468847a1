// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

namespace gatehouse::gateway::stages {

// Every body is taken: nothing judges any.
Progress validate(Exchange&, Context&)
{
    return Progress::go_on;
}

} // namespace gatehouse::gateway::stages
