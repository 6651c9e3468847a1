// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dialler.hpp"
#include "run.hpp"
#include "target.hpp"

#include <memory>
#include <string>
#include <vector>

namespace gatehouse::load {

struct HttpLoadOptions {
    Target target;
    std::string method = "GET";
    std::string token{};
    std::size_t body_bytes = 0;
    int connections = 50;
    bool keep_alive = true;
};

// Plain HTTP/1.1: every connection sends a request, waits for the whole answer, sends the next one.
// An answer later than 10 s, or none, is an error; the connection is dialled again after 100 ms.
// Belongs to the reactor's thread.
class HttpLoad : public Load {
public:
    HttpLoad(runtime::Reactor& reactor, HttpLoadOptions options);
    ~HttpLoad() override;

    void begin(std::move_only_function<void(Result<void>)> on_done) override;
    void stop() override;
    [[nodiscard]] Stats take_stats() override { return std::exchange(stats_, Stats{}); }
    [[nodiscard]] Gauges gauges() const override
    {
        return {.connected = dialler_.open(), .rooms = 0};
    }

private:
    class Line;

    HttpLoadOptions options_;
    Dialler dialler_;
    std::string request_;
    Stats stats_;
    std::vector<std::unique_ptr<Line>> lines_;
    std::move_only_function<void(Result<void>)> on_done_;
};

}  // namespace gatehouse::load
