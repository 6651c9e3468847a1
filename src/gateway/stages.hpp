// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/pipeline.hpp"

// One function and one file each; pipeline.cpp has their order.
namespace gatehouse::gateway::stages {

// Who asks on whose behalf, and under which ids: peer, request_id, traceparent.
Progress identify(Exchange&, Context&);
// Is this address let in at all? limits. 403.
Progress admit(Exchange&, Context&);
// Which route takes it: route, path. 400, 404, 405, 413.
Progress route(Exchange&, Context&);
// What a route answers by itself, without asking who it is.
Progress preflight(Exchange&, Context&);
// Who proves to be whom, where the route asks for it: access. 401.
Progress authenticate(Exchange&, Context&);
// May that one do this?
Progress authorise(Exchange&, Context&);
// Not too often: limits. 429.
Progress limit(Exchange&, Context&);
// Is the body what the route takes?
Progress validate(Exchange&, Context&);
// Was the very same asked before, and answered?
Progress deduplicate(Exchange&, Context&);
// Is an answer at hand that still holds?
Progress recall(Exchange&, Context&);
// Which of the route's services takes it?
Progress split(Exchange&, Context&);
// Not too many at a time.
Progress queue(Exchange&, Context&);
// Which endpoint: attempt. 503.
Progress balance(Exchange&, Context&);
// Asks whoever has the answer.
Progress call(Exchange&, Context&);
// Sends the answer, or its head if the rest is streamed.
Progress shape(Exchange&, Context&);
// Metrics and the access log. Always runs.
Progress record(Exchange&, Context&);

}  // namespace gatehouse::gateway::stages
