// SPDX-License-Identifier: Apache-2.0
#include "conform/line.hpp"

#include "base/base64.hpp"
#include "base/cbor_json.hpp"
#include "http/parser.hpp"
#include "http/writer.hpp"
#include "runtime/dice.hpp"
#include "websocket/connection.hpp"
#include "websocket/handshake.hpp"

#include <array>
#include <cstring>
#include <deque>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace gatehouse::conform {
namespace {

constexpr std::size_t message_bytes_max = 16 << 20;
constexpr std::string_view json_protocol = "gatehouse.v1.json";
constexpr std::string_view cbor_protocol = "gatehouse.v1.cbor";

// One end of a WebSocket, and what it heard and nobody asked for yet.
class WebSocketLine : public Line {
public:
    WebSocketLine(Socket socket, Way language, websocket::Role role)
        : socket_(std::move(socket))
        , language_(language)
        , role_(role)
        , machine_(role, message_bytes_max)
    { }

    void say(std::string_view json) override
    {
        if (language_ == Way::json)
            return static_cast<void>(say_raw(json, true));
        std::string cbor;
        json::Parser parser;
        if (auto const root = parser.parse(json))
            cbor::append_cbor(cbor, *root);
        static_cast<void>(say_raw(cbor, false));
    }

    bool say_raw(std::string_view bytes, bool as_text) override
    {
        using enum websocket::Opcode;
        send(as_text ? text : binary, bytes);
        return true;
    }

    bool ping() override
    {
        send(websocket::Opcode::ping, "?");
        return true;
    }

    void close(int code) override
    {
        std::string out;
        machine_.close(out, static_cast<websocket::CloseCode>(code), {}, mask());
        static_cast<void>(socket_.send(out));
    }

    Heard hear(Clock::time_point until) override
    {
        while (heard_.empty()) {
            if (is_over_)
                return Ended{};
            auto bytes = socket_.receive(until);
            if (bytes.empty() && !socket_.is_over())
                return Silence{};
            is_over_ = socket_.is_over();
            read(bytes);
        }
        auto first = std::move(heard_.front());
        heard_.pop_front();
        return first;
    }

    void read(std::span<char> bytes)
    {
        using enum websocket::Step;
        for (websocket::Step step; (step = machine_.next(bytes)) != need_more;) {
            if (step == message)
                take_message();
            else if (step == pong)
                heard_.emplace_back(Ponged{});
            else
                take_control(step);
        }
    }

private:
    void take_message()
    {
        if (machine_.is_text() != (language_ == Way::json))
            return heard_.emplace_back(Ended{0, "it sent the wrong kind of frame"}), void();
        std::string json;
        if (language_ == Way::json)
            json = machine_.payload();
        else if (auto const read = cbor::append_json(json, machine_.payload()); !read)
            return heard_.emplace_back(Ended{0, "no CBOR: " + read.error().message}), void();
        heard_.emplace_back(Said{std::move(json)});
    }

    void take_control(websocket::Step step)
    {
        auto const code = std::to_underlying(machine_.close_code());
        auto const reason = std::string(machine_.payload());
        std::string out;
        machine_.reply(out, mask());
        static_cast<void>(socket_.send(out));
        if (step == websocket::Step::close)
            heard_.emplace_back(Ended{code, reason});
        else if (step == websocket::Step::error)
            heard_.emplace_back(Ended{0, fmt::format("frames that break RFC 6455 ({})", code)});
        is_over_ |= step != websocket::Step::ping;
    }

    void send(websocket::Opcode opcode, std::string_view payload)
    {
        std::string out;
        bool const is_client = role_ == websocket::Role::client;
        websocket::append_frame(
            out, opcode, payload, is_client ? std::optional(mask()) : std::nullopt);
        static_cast<void>(socket_.send(out)); // Whether it is over, hear() tells.
    }

    websocket::MaskKey mask()
    {
        websocket::MaskKey key;
        auto const bytes = dice_.bytes(key.size());
        std::memcpy(key.data(), bytes.data(), key.size());
        return key;
    }

    Socket socket_;
    Way language_;
    websocket::Role role_;
    bool is_over_ = false;
    std::deque<Heard> heard_{};
    runtime::KernelDice dice_{};
    websocket::Connection machine_;
};

// Reads events; what it says goes out as posts, one after the other.
class EventLine : public Line {
public:
    EventLine(Target target, Socket socket)
        : target_(std::move(target))
        , socket_(std::move(socket))
    {
        parser_.begin("GET");
    }

    void say(std::string_view json) override
    {
        auto const answer = post(target_, stream_, ++posted_, json);
        if (answer.status != 204)
            heard_.emplace_back(
                Ended{0, fmt::format("post {} was answered {}", posted_, answer.status)});
    }

    Heard hear(Clock::time_point until) override
    {
        while (heard_.empty()) {
            if (is_over_)
                return Ended{};
            auto const bytes = socket_.receive(until);
            if (bytes.empty() && !socket_.is_over())
                return Silence{};
            is_over_ = socket_.is_over();
            read(bytes);
        }
        auto first = std::move(heard_.front());
        heard_.pop_front();
        return first;
    }

    void set_stream(std::string stream) { stream_ = std::move(stream); }

private:
    void read(std::string_view input)
    {
        for (http::Step step; (step = parser_.next(input)) != http::Step::need_more;) {
            if (step == http::Step::body) {
                text_ += parser_.body();
            } else if (step == http::Step::head && parser_.head().status != 200) {
                is_over_ = true;
                heard_.emplace_back(
                    Ended{0, fmt::format("GET /v1/stream: {}", parser_.head().status)});
                return;
            } else if (step == http::Step::error || step == http::Step::end) {
                is_over_ = true;
                break;
            }
        }
        for (auto end = text_.find("\n\n"); end != std::string::npos; end = text_.find("\n\n")) {
            take(std::string_view(text_).substr(0, end));
            text_.erase(0, end + 2);
        }
    }

    void take(std::string_view event)
    {
        constexpr std::string_view closing = "event: close\n";
        constexpr std::string_view data = "data: ";
        bool const is_end = event.starts_with(closing);
        event.remove_prefix(is_end ? closing.size() : 0);
        if (!event.starts_with(data))
            return; // A comment.
        event.remove_prefix(data.size());
        if (!is_end)
            return heard_.emplace_back(Said{std::string(event)}), void();
        auto const last = json::Tree::parse(event).value_or(json::Tree());
        is_over_ = true;
        heard_.emplace_back(
            Ended{static_cast<int>(number_in(last, "code")), std::string(text_in(last, "reason"))});
    }

    Target target_;
    Socket socket_;
    std::string stream_{};
    std::uint64_t posted_ = 0;
    bool is_over_ = false;
    std::deque<Heard> heard_{};
    std::string text_{};
    http::ResponseParser parser_{};
};

// The head of an answer, and what came behind it.
struct Upgraded {
    int status = 0;
    Result<std::string> protocol{};
    std::string rest{};
};

Upgraded upgrade(Socket& socket, Target const& target, std::string_view protocols)
{
    runtime::KernelDice dice;
    auto const key = to_base64(dice.bytes(16));
    websocket::ClientRequest const request{
        .host = target.host, .target = "/v1/connect", .key = key, .protocols = protocols};
    if (!socket.send(websocket::render_request(request)))
        return {};
    http::ResponseParser parser;
    parser.begin("GET");
    for (auto const until = Clock::now() + patience; !socket.is_over();) {
        auto const bytes = socket.receive(until);
        if (bytes.empty())
            break;
        std::string_view input = bytes;
        while (true) {
            auto const step = parser.next(input);
            if (step == http::Step::error)
                return {};
            if (step == http::Step::need_more)
                break;
            auto const& head = parser.head();
            if (step == http::Step::head && !head.is_interim() && head.status != 101)
                return {head.status, {}, {}};
            if (step == http::Step::end)
                return {head.status, websocket::check_response(head, request), std::string(input)};
        }
    }
    return {};
}

std::unexpected<Fault> nobody(Target const& target)
{
    return failed("a server at " + target.host, "nobody answers there");
}

} // namespace

Seen<std::unique_ptr<Line>> open_socket(Target const& target, Way language)
{
    auto socket = Socket::dial(target);
    if (!socket)
        return nobody(target);
    auto const protocol = language == Way::json ? json_protocol : cbor_protocol;
    auto upgraded = upgrade(*socket, target, protocol);
    if (upgraded.status != 101)
        return failed(fmt::format("101 to an upgrade that offers {}", protocol),
            fmt::format("status {}", upgraded.status));
    if (!upgraded.protocol || *upgraded.protocol != protocol)
        return failed(fmt::format("an upgrade to {}", protocol),
            upgraded.protocol ? "\"" + *upgraded.protocol + "\""
                              : upgraded.protocol.error().message);
    auto line
        = std::make_unique<WebSocketLine>(std::move(*socket), language, websocket::Role::client);
    line->read(upgraded.rest);
    return line;
}

std::unique_ptr<Line> serve_socket(Socket socket, Way language, std::string rest)
{
    auto line
        = std::make_unique<WebSocketLine>(std::move(socket), language, websocket::Role::server);
    line->read(rest);
    return line;
}

Seen<Stream> open_events(Target const& target)
{
    auto socket = Socket::dial(target);
    if (!socket)
        return nobody(target);
    std::string request;
    http::HeadWriter(request).request("GET", "/v1/stream").field("Host", target.host).end();
    static_cast<void>(socket->send(request));
    auto line = std::make_unique<EventLine>(target, std::move(*socket));
    auto const first = line->hear(Clock::now() + patience);
    auto const* const said = std::get_if<Said>(&first);
    auto const open = said ? json::Tree::parse(said->json).value_or(json::Tree()) : json::Tree();
    auto id = std::string(text_in(open, "stream"));
    if (text_in(open, "t") != "open" || id.empty()) {
        auto const* const end = std::get_if<Ended>(&first);
        return failed("a stream that begins with open",
            said                              ? said->json
                : end && !end->reason.empty() ? end->reason
                                              : "nothing");
    }
    line->set_stream(id);
    return Stream{std::move(line), std::move(id)};
}

Answer post(
    Target const& target, std::string_view stream, std::uint64_t number, std::string_view json)
{
    return call(target,
        {.method = "POST",
            .target = fmt::format("/v1/frames?stream={}&n={}", stream, number),
            .token = {},
            .body = std::string(json)});
}

int upgrade_status(Target const& target, std::string_view protocols)
{
    auto socket = Socket::dial(target);
    return socket ? upgrade(*socket, target, protocols).status : 0;
}

Answer call(Target const& target, Request const& request)
{
    auto socket = Socket::dial(target);
    if (!socket)
        return {};
    std::string text;
    http::HeadWriter head(text);
    head.request(request.method, request.target).field("Host", target.host);
    if (!request.token.empty())
        head.field("Authorization", "Bearer " + request.token);
    if (request.method == "POST")
        head.field("Content-Type", "application/json")
            .framing(http::Framing::length, request.body.size());
    head.close().end();
    text += request.body;
    if (!socket->send(text))
        return {};
    http::ResponseParser parser;
    parser.begin(request.method);
    Answer answer;
    for (auto const until = Clock::now() + patience;;) {
        auto const bytes = socket->receive(until);
        if (bytes.empty() && !socket->is_over())
            return {};
        std::string_view input = bytes;
        auto step = bytes.empty() ? parser.finish() : parser.next(input);
        for (; step != http::Step::need_more; step = parser.next(input)) {
            if (step == http::Step::body)
                answer.body += parser.body();
            if (step == http::Step::error)
                return {};
            answer.status = parser.head().status;
            if (step == http::Step::end)
                return answer;
        }
        if (bytes.empty())
            return {};
    }
}

// ---- Socket

std::optional<Socket> Socket::dial(Target const& target)
{
    constexpr timeval within{.tv_sec = 5, .tv_usec = 0};
    runtime::Descriptor socket(::socket(target.address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &within, sizeof within);
    if (::connect(socket.get(), target.address.raw(), target.address.raw_bytes()) != 0)
        return std::nullopt;
    return Socket(std::move(socket));
}

bool Socket::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        auto const sent = ::send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string Socket::receive(Clock::time_point until)
{
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    pollfd asked{.fd = descriptor_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&asked, 1, static_cast<int>(std::max(left, 0ms).count())) <= 0)
        return {};
    std::array<char, 65536> buffer;
    auto const size = ::recv(descriptor_.get(), buffer.data(), buffer.size(), 0);
    is_over_ = size <= 0;
    return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : std::string();
}

} // namespace gatehouse::conform
