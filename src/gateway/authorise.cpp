// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

namespace gatehouse::gateway::stages {

// Whoever is authenticated may: no route can require more.
Progress authorise(Exchange&, Context&) { return Progress::go_on; }

}  // namespace gatehouse::gateway::stages
