// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

namespace gatehouse::gateway::stages {

// No answer is at hand: nothing keeps any.
Progress recall(Exchange&, Context&)
{
    return Progress::go_on;
}

} // namespace gatehouse::gateway::stages
