// SPDX-License-Identifier: Apache-2.0
// The connection of a client: HTTP for a token and for rooms, the handshake, frames.
#include "client.hpp"

#include "base/base64.hpp"
#include "websocket/handshake.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace gatehouse::simulation {

using namespace std::chrono_literals;
using websocket::CloseCode;
using websocket::Step;

Client::Client(Surroundings around, Luck luck, int number, bool is_slow)
    : around_(around)
    , luck_(luck)
    , number_(number)
    , is_slow_(is_slow)
{
    schedule();
}

void Client::dial()
{
    note("dials");
    stage_ = Stage::dialling;
    heard_at_ = now();
    link_ = around_.network.dial(*this, address(), is_slow_ && !is_calm_);
}

void Client::connected()
{
    heard_at_ = connected_at_ = now();
    if (token_.empty())
        ask("/v1/sessions", "");
    else if (rooms_to_open_ > 0 && luck_.one_in(4))
        ask("/v1/rooms",
            fmt::format(R"({{"game":"snails","options":{{"length":{},"mark":{}}}}})",
                luck_.between(10, 400), luck_.one_in(2) ? 1 : 10));
    else if (rooms_to_open_ > 0)
        ask("/v1/rooms",
            fmt::format(R"({{"game":"liap-tui","options":{{"goal":{},"rounds":{},)"
                        R"("preparation_seconds":1,"declaration_seconds":{},"turn_seconds":{},)"
                        R"("scoring_seconds":1}}}})",
                luck_.between(3, 30), luck_.between(1, 6), luck_.between(1, 4),
                luck_.between(1, 4)));
    else if (auto room = seat_to_have_wait(); !room.empty())
        have_wait(std::move(room));
    else
        upgrade();
}

void Client::ask(std::string_view path, std::string_view body)
{
    stage_ = Stage::asking;
    bool const is_by_principal = around_.plan.limit.is_by_principal && !token_.empty();
    begin_request("POST", is_by_principal ? principal_ : address());
    auto const login = token_.empty() ? "" : "Authorization: Bearer " + token_ + "\r\n";
    around_.network.send(link_,
        fmt::format("POST {} HTTP/1.1\r\nHost: gatehouse\r\n{}Content-Length: {}\r\n\r\n{}", path,
            login, body.size(), body));
}

void Client::begin_request(std::string_view method, std::string account)
{
    http_ = http::ResponseParser();
    http_.begin(method);
    http_body_.clear();
    told_to_wait_ = {};
    request_ = around_.turnstile.asked(std::move(account), link_->life, now());
}

// Answers that the limit's judgement stands on, and a handshake, which came through without a word.
void Client::on_head()
{
    http_status_ = http_.head().status;
    auto const& headers = http_.head().headers;
    // Rooms say 429, too, of seats that wait: without a word on when to come back.
    bool const is_limited = http_status_ == 429 && headers.find("Retry-After");
    if (http_status_ == 101 || headers.find("RateLimit"))
        around_.turnstile.answered(request_, !is_limited, now());
    int seconds = 0;
    if (auto const wait = headers.find("Retry-After"))
        std::from_chars(wait->data(), wait->data() + wait->size(), seconds);
    told_to_wait_ = std::chrono::seconds(seconds);
}

void Client::lose_refused()
{
    lose(told_to_wait_ + luck_.between(Duration(50ms), Duration(500ms)));
}

void Client::on_answer()
{
    note("answered", http_body_);
    auto const parsed = parser_.parse(http_body_);
    auto const text = [&](std::string_view key) {
        auto const member = parsed ? parsed->find(key) : std::nullopt;
        return std::string(member ? member->text().value_or("") : "");
    };
    if (!reserving_.empty())
        return on_waiting();
    if (http_status_ != 201)
        return lose_refused();
    if (token_.empty()) {
        token_ = text("token");
        principal_ = text("principal");
    } else {
        around_.lobby.push_back(text("room"));
        tables_.push_back({.room = text("room"), .people = luck_.between(1, 3)});
        rooms_to_open_--;
    }
    connected();
}

void Client::upgrade()
{
    stage_ = Stage::upgrading;
    begin_request("GET", address());
    socket_ = websocket::Connection(websocket::Role::client, 1 << 20);
    around_.network.send(link_,
        websocket::render_request({.host = "gatehouse", .target = "/v1/connect",
            .key = to_base64(luck_.bytes(16)), .protocols = "gatehouse.v1.json"}));
}

void Client::received(std::span<char> bytes)
{
    heard_at_ = now();
    std::string_view input(bytes.data(), bytes.size());
    if (stage_ == Stage::asking || stage_ == Stage::upgrading)
        read_http(input);
    if (stage_ >= Stage::greeting)
        read_frames(bytes.last(input.size()));
}

void Client::read_http(std::string_view& input)
{
    while (true)
        switch (http_.next(input)) {
        case http::Step::need_more: return;
        case http::Step::head: on_head(); break;
        case http::Step::body: http_body_ += http_.body(); break;
        case http::Step::error: blame("no HTTP", input); return lose(1s);
        case http::Step::end:
            if (stage_ == Stage::asking)
                return on_answer();
            if (http_status_ != 101)
                return lose_refused();
            stage_ = Stage::greeting;
            auto const resume = sid_.empty() || luck_.one_in(5)
                ? ""
                : fmt::format(R"(,"resume":{{"sid":"{}","tok":"{}"}})", sid_, session_token_);
            say(fmt::format(
                R"({{"t":"hello","v":1,"sdk":"simulated","auth":"{}"{}}})", token_, resume));
            return;
        }
}

void Client::read_frames(std::span<char> bytes)
{
    for (Step step; link_ && (step = socket_.next(bytes)) != Step::need_more;) {
        if (step == Step::message) {
            hear(socket_.payload());
            continue;
        }
        scratch_.clear();
        socket_.reply(scratch_, {'s', 'e', 'e', 'd'});
        if (!scratch_.empty())
            around_.network.send(link_, scratch_);
        if (step == Step::error)
            blame("frames that break RFC 6455", {});
        if (step == Step::close || step == Step::error)
            return on_close(socket_.close_code());
    }
}

void Client::on_close(CloseCode code)
{
    note("closed by", fmt::to_string(std::to_underlying(code)));
    switch (code) {
    case CloseCode::restart:
    case CloseCode::replaced:
    case CloseCode::no_pong:
    case CloseCode::slow: return lose(luck_.between(0ms, 500ms));
    case CloseCode::no_hello:
    case CloseCode::overloaded:
    case CloseCode::rate_limited: return lose(luck_.between(1'000ms, 1'500ms));
    default:
        blame(fmt::format("closed with {}", std::to_underlying(code)), {});
        lose(1s);
    }
}

void Client::closed()
{
    note("is cut");
    link_.reset();
    lose(luck_.between(0ms, 500ms));
}

void Client::lose(Duration pause)
{
    if (link_)
        luck_.one_in(2) ? around_.network.close(link_) : around_.network.reset(link_);
    link_.reset();
    reserving_.clear();
    stage_ = Stage::away;
    dial_at_ = now() + pause;
    for (auto& table : tables_) {
        table.is_in = table.is_joining = false;
        table.ahead.clear();
    }
}

void Client::say(std::string_view message)
{
    if (is_silent_)
        return;
    note("says", message);
    send_frame(websocket::Opcode::text, message);
}

void Client::send_frame(websocket::Opcode opcode, std::string_view payload)
{
    std::string frame;
    websocket::append_frame(frame, opcode, payload, websocket::MaskKey{'m', 'a', 's', 'k'});
    around_.network.send(link_, frame);
}

}  // namespace gatehouse::simulation
