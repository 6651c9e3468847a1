// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::http {

// One field line. Names compare without regard to case; values have no outer white space.
struct Header {
    std::string_view name;
    std::string_view value;
};

// The field lines of a message in their order. Lent: valid as long as the parser (or the buffers)
// behind it holds still.
class Headers {
public:
    void add(std::string_view name, std::string_view value) { lines_.push_back({name, value}); }
    void clear() { lines_.clear(); }
    // All lines of that name.
    void remove(std::string_view name);

    // The first value of that name.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    [[nodiscard]] std::size_t count(std::string_view name) const;
    [[nodiscard]] auto begin() const { return lines_.begin(); }
    [[nodiscard]] auto end() const { return lines_.end(); }
    [[nodiscard]] std::size_t size() const { return lines_.size(); }

private:
    std::vector<Header> lines_;
};

// How a body is delimited (RFC 9112 §6).
enum class Framing : std::uint8_t { none, length, chunked, until_close };

struct RequestHead {
    std::string_view method;
    std::string_view target;   // As sent: origin-form, absolute-form, or "*".
    std::string_view path;     // Of the target, still percent-encoded, without the query.
    std::string_view query;    // Without the "?"; empty where there is none.
    std::string_view host;     // Of the absolute target, else of Host: validated, with its port.
    int minor_version = 1;     // HTTP/1.x
    Headers headers;
    Framing framing = Framing::none;
    std::uint64_t content_length = 0;
    bool keeps_alive = true;       // After the answer to this request.
    bool expects_continue = false; // Expect: 100-continue
    bool wants_upgrade = false;    // Connection: upgrade with an Upgrade header.
};

struct ResponseHead {
    int status = 0;
    std::string_view reason;
    int minor_version = 1;
    Headers headers;
    Framing framing = Framing::none;
    std::uint64_t content_length = 0;
    bool keeps_alive = true;

    // 100, 102, 103: another head follows. (101 is final: the connection has changed its protocol.)
    [[nodiscard]] bool is_interim() const { return status < 200 && status != 101; }
};

// An answer made here, whole in memory.
struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {}; // Beside type, length, date.
};

}  // namespace gatehouse::http
