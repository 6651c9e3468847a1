// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dialler.hpp"
#include "http/parser.hpp"
#include "target.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::load {

// Requests to one server, over at most `connections_max` kept-alive connections; the others wait in
// line. Every call is answered: within `answer_within` of being sent, or with the error
// `unavailable`. Nothing is retried here. Belongs to the reactor's thread.
class HttpCalls {
public:
    struct Request {
        std::string method;
        std::string target;
        std::string token{}; // A bearer's; none where empty.
        std::string body{};
    };
    struct Answer {
        int status;
        std::string body;
    };
    using Done = std::move_only_function<void(Result<Answer>)>;

    HttpCalls(Dialler& dialler, Target const& target, std::size_t connections_max = 8);
    ~HttpCalls();

    void call(Request request, Done done);

private:
    struct Call {
        std::string bytes;
        std::string method;
        Done done;
    };
    class Line;

    void pump();

    Dialler& dialler_;
    Target const& target_;
    std::deque<Call> waiting_;
    std::vector<std::unique_ptr<Line>> lines_;
};

}  // namespace gatehouse::load
