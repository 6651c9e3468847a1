// SPDX-License-Identifier: Apache-2.0
#include "link.hpp"

#include "base/base64.hpp"
#include "websocket/handshake.hpp"

#include <fmt/format.h>

#include <cstring>

namespace gatehouse::load {
namespace {

using namespace std::chrono_literals;
using websocket::CloseCode;

constexpr Duration upgrade_within = 5s;
constexpr std::string_view protocol = "gatehouse.v1.json";

}  // namespace

Link::Link(Setup setup)
    : dialler_(setup.dialler)
    , target_(setup.target)
    , table_(setup.table)
    , stats_(setup.stats)
    , chance_(setup.seed)
    , client_(setup.client, setup.login, setup.seat, chance_.next(), setup.stats, *this)
    , alarm_([this] { on_alarm(); })
{
}

Link::~Link()
{
    if (id_)
        dialler_.let_go(id_);
}

void Link::dial()
{
    dial_at_ = now() + upgrade_within; // Where it does not come to something, again.
    state_ = State::dialling;
    close_code_ = CloseCode::abnormal;
    id_ = dialler_.dial(target_.address, *this);
    if (!id_) {
        stats_.error("no descriptors left (ulimit -n)");
        return lose(CloseCode::abnormal);
    }
    set_alarm();
}

void Link::connected()
{
    state_ = State::upgrading;
    std::string nonce;
    for (int i = 0; i < 2; i++) {
        auto const word = chance_.next();
        nonce.append(reinterpret_cast<char const*>(&word), sizeof word);
    }
    key_ = to_base64(nonce);
    parser_ = http::ResponseParser();
    parser_.begin("GET");
    socket_ = websocket::Connection(websocket::Role::client, message_bytes_max);
    dialler_.send(id_, websocket::render_request({.host = target_.host, .target = "/v1/connect",
                           .key = key_, .protocols = protocol}));
}

void Link::received(std::span<char> bytes)
{
    stats_.bytes += bytes.size();
    if (state_ == State::upgrading) {
        std::string_view input(bytes.data(), bytes.size());
        upgrade(input);
        bytes = bytes.last(input.size());
    }
    if (state_ == State::open)
        read_frames(bytes);
    set_alarm();
}

void Link::upgrade(std::string_view& input)
{
    while (true)
        switch (parser_.next(input)) {
        case http::Step::need_more: return;
        case http::Step::head:
            if (parser_.head().is_interim())
                break;
            if (auto const checked = websocket::check_response(parser_.head(),
                    {.host = target_.host,
                        .target = "/v1/connect",
                        .key = key_,
                        .protocols = protocol});
                !checked || *checked != protocol) {
                stats_.error(fmt::format("upgrade answered {}", parser_.head().status));
                return lose(CloseCode::abnormal);
            }
            break;
        case http::Step::body: break;
        case http::Step::end:
            state_ = State::open;
            dial_at_.reset();
            client_.opened(now());
            return;
        case http::Step::error:
            stats_.error("upgrade answered what is no HTTP");
            return lose(CloseCode::abnormal);
        }
}

void Link::read_frames(std::span<char> bytes)
{
    for (websocket::Step step; (step = socket_.next(bytes)) != websocket::Step::need_more;) {
        if (step == websocket::Step::message) {
            client_.received(socket_.payload(), now());
            failures_ = 0;
            if (state_ != State::open)
                return; // It was dropped.
            continue;
        }
        scratch_.clear();
        socket_.reply(scratch_, mask());
        dialler_.send(id_, scratch_);
        if (step == websocket::Step::error)
            stats_.error("frames that break RFC 6455");
        if (step == websocket::Step::close || step == websocket::Step::error) {
            close_code_ = socket_.close_code();
            return lose(close_code_);
        }
    }
}

// Frames must be masked (RFC 6455 §5.3); that the key can't be foreseen protects browsers' proxies,
// not a load generator.
websocket::MaskKey Link::mask()
{
    websocket::MaskKey key;
    auto const word = chance_.next();
    std::memcpy(key.data(), &word, key.size());
    return key;
}

void Link::send(std::string_view message)
{
    if (state_ != State::open)
        return;
    scratch_.clear();
    websocket::append_frame(scratch_, websocket::Opcode::text, message, mask());
    dialler_.send(id_, scratch_);
}

// Ends it properly, so that the last words are still sent; nobody listens for an answer.
void Link::drop(std::string_view)
{
    if (id_)
        dialler_.abandon(std::exchange(id_, {}));
    lose(CloseCode::abnormal);
}

void Link::closed(net::CloseReason)
{
    id_ = {};
    lose(close_code_);
}

// The connection is gone, or as good as gone.
void Link::lose(CloseCode code)
{
    if (state_ == State::idle)
        return;
    if (id_)
        dialler_.let_go(std::exchange(id_, {}));
    if (state_ == State::open) {
        stats_.reconnects++;
        stats_.refusal(fmt::format("closed {}", std::to_underlying(code)));
    }
    state_ = State::idle;
    client_.closed();
    auto const delay = client_.reconnect_delay(code, failures_++);
    dial_at_ = now() + delay.value_or(1s);
    if (!delay)
        table_.failed(
            fmt::format("the server closed with {}: do not come back", websocket::name_of(code)));
    set_alarm();
}

void Link::on_alarm()
{
    alarm_at_ = TimePoint::max();
    if (dial_at_ && now() >= *dial_at_) {
        if (state_ != State::idle) {
            stats_.error("no upgrade within 5 s");
            lose(CloseCode::abnormal);
        } else {
            dial();
        }
    } else {
        client_.woke(now());
    }
    set_alarm();
}

// Left where it is if it rings early enough: what is due is found out when it rings.
void Link::set_alarm()
{
    auto const due = std::min(client_.wakes_at(), dial_at_.value_or(TimePoint::max()));
    if (due >= alarm_at_)
        return;
    alarm_at_ = due;
    dialler_.reactor().timers().arm(alarm_, due);
}

}  // namespace gatehouse::load
