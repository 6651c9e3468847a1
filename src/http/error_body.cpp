// SPDX-License-Identifier: Apache-2.0
#include "http/error_body.hpp"

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "http/status.hpp"

namespace gatehouse::http {

std::string error_body(Problem const& problem, WallTime now)
{
    auto const status = problem.status != 0 ? problem.status : status_of(problem.code);
    auto const word = problem.error_code.empty() ? error_code_of(status) : problem.error_code;
    std::string body;
    json::Writer out(body);
    out.object();
    out.key("type").value("about:blank"); // RFC 9457 §4.2.1: the title is that of the status.
    out.key("title").value(reason_of(status));
    out.key("status").value(status);
    out.key("detail").value(problem.message);
    out.key("instance").value(problem.instance);
    out.key("error_code").value(word);
    out.key("code").value(name_of(problem.code));
    out.key("message").value(problem.message);
    out.key("details").raw(problem.details.empty() ? "{}" : problem.details);
    out.key("request_id").value(problem.request_id);
    out.key("timestamp").value(rfc3339(now.ms));
    out.end_object();
    return body;
}

Response error_response(Problem const& problem, WallTime now)
{
    Response response;
    response.status = problem.status != 0 ? problem.status : status_of(problem.code);
    response.content_type = problem_type;
    response.body = error_body(problem, now);
    return response;
}

}  // namespace gatehouse::http
