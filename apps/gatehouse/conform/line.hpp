// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "conform/seen.hpp"
#include "runtime/descriptor.hpp"
#include "target.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace gatehouse::conform {

// A connection in plain blocking calls, each with an end: a runner of cases has nothing else to do.
class Socket {
public:
    // Empty where nobody listens.
    [[nodiscard]] static std::optional<Socket> dial(Target const& target);
    explicit Socket(runtime::Descriptor descriptor)
        : descriptor_(std::move(descriptor))
    { }

    [[nodiscard]] bool send(std::string_view bytes);
    // What came, at most 64 KiB; empty: nothing did until then, or it has ended (is_over).
    [[nodiscard]] std::string receive(Clock::time_point until);
    [[nodiscard]] bool is_over() const { return is_over_; }

private:
    runtime::Descriptor descriptor_;
    bool is_over_ = false;
};

// One request over a connection of its own.
struct Request {
    std::string method = "GET";
    std::string target{};
    std::string token{}; // None where empty.
    std::string body{};
};
struct Answer {
    int status = 0; // 0: none came.
    std::string body{};
};
[[nodiscard]] Answer call(Target const& target, Request const& request);

// What the other side did.
struct Silence { };
struct Said {
    std::string json; // A frame.
};
struct Ponged { };
struct Ended {
    int code = 1006; // As a client sees it: 1005 and 1006 too.
    std::string reason{};
};
using Heard = std::variant<Silence, Said, Ponged, Ended>;

// What carries frames: a WebSocket in one of two languages, or an event stream and posts.
class Line {
public:
    virtual ~Line() = default;
    // A frame, given as JSON.
    virtual void say(std::string_view json) = 0;
    [[nodiscard]] virtual Heard hear(Clock::time_point until) = 0;

    // Where the carrier has no such thing: false.
    virtual bool say_raw(std::string_view /*bytes*/, bool /*as_text*/) { return false; }
    virtual bool ping() { return false; }
    virtual void close(int /*code*/) { }
};

enum class Way : std::uint8_t { json, cbor, events };

[[nodiscard]] Seen<std::unique_ptr<Line>> open_socket(Target const& target, Way language);
// A server's end, once the upgrade was answered; `rest` came behind the request.
[[nodiscard]] std::unique_ptr<Line> serve_socket(Socket socket, Way language, std::string rest);

struct Stream {
    std::unique_ptr<Line> line;
    std::string id;
};
[[nodiscard]] Seen<Stream> open_events(Target const& target);
// What the line does for each frame.
[[nodiscard]] Answer post(
    Target const& target, std::string_view stream, std::uint64_t number, std::string_view json);

// The status that answers an upgrade which offers these subprotocols; 0: none.
[[nodiscard]] int upgrade_status(Target const& target, std::string_view protocols);

} // namespace gatehouse::conform
