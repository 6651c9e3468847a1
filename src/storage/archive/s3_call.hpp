// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace gatehouse::storage::archive {

struct HttpCall {
    std::string method;
    std::string url;
    std::map<std::string, std::string> headers{};
    std::string_view body{};
};

struct HttpAnswer {
    long status = 0;
    std::string body{};
    std::string sha256{}; // x-amz-meta-sha256, where the answer has it.
};

// Blocking HTTP calls over connections that stay open (libcurl). No answer is larger than an object
// may be, and none is waited for longer than `call_max`, or once `stop` is asked for. Follows
// no redirects. Belongs to one thread at a time.
class HttpCaller {
public:
    HttpCaller(std::stop_token stop, std::chrono::seconds call_max);
    ~HttpCaller();

    // Fails where there is no whole answer: `unavailable` where another try may have one,
    // `internal` where it may not (a certificate that does not fit), `busy` where told to stop.
    [[nodiscard]] Result<HttpAnswer> call(HttpCall const& call);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace gatehouse::storage::archive
