// SPDX-License-Identifier: Apache-2.0
#include "operator.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace gatehouse::simulation {

using namespace std::chrono_literals;

void Operator::order(std::string path, std::string body, OnDone done)
{
    orders_.push_back({std::move(path), std::move(body), std::move(done)});
    if (orders_.size() == 1)
        step();
}

void Operator::step()
{
    constexpr Duration patience = 4s;
    if (orders_.empty())
        return;
    around_.agenda.after(luck_.between(Duration(50ms), Duration(400ms)), [this] { step(); });
    if (link_ && around_.agenda.now().steady - dialled_at_ < patience)
        return;
    hang_up();
    dialled_at_ = around_.agenda.now().steady;
    link_ = around_.network.dial(*this, "192.0.2.1", false, gateway::Listener::admin);
}

void Operator::connected()
{
    auto const& [path, body, done] = orders_.front();
    http_ = http::ResponseParser();
    http_.begin("POST");
    around_.network.send(link_,
        fmt::format("POST {} HTTP/1.1\r\nHost: gatehouse\r\nContent-Type: application/json\r\n"
                    "Content-Length: {}\r\n\r\n{}",
            path, body.size(), body));
}

void Operator::received(std::span<char> bytes)
{
    std::string_view input(bytes.data(), bytes.size());
    for (auto step = http_.next(input); step != http::Step::need_more; step = http_.next(input)) {
        if (step != http::Step::end && step != http::Step::error)
            continue;
        bool const is_done = step == http::Step::end && http_.head().status == 200;
        around_.trace.note(around_.agenda.now(), "operator", 0, is_done ? "is obeyed" : "waits");
        hang_up();
        if (!is_done)
            return;
        auto const done = std::move(orders_.front().done);
        orders_.pop_front();
        return done();
    }
}

void Operator::hang_up()
{
    if (link_)
        around_.network.close(std::exchange(link_, nullptr));
}

}  // namespace gatehouse::simulation
