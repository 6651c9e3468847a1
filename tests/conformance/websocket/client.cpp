// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <algorithm>

namespace gatehouse::conformance {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ=="; // Of RFC 6455 §1.3.
constexpr std::string_view accepted = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
constexpr std::string_view mask = "\x37\xfa\x21\x3d"; // Of §5.7.

std::string value_of(std::string_view head, std::string_view name)
{
    auto const line = head.find(std::string("\r\n").append(name).append(": "));
    if (line == head.npos)
        return {};
    auto const begin = line + name.size() + 4;
    return std::string(head.substr(begin, head.find("\r\n", begin) - begin));
}

} // namespace

Client::Client()
    : sockets_(reactor_, *this, {.backlog_bytes_max = std::size_t{256} << 20})
{
    reactor_.at_end_of_turn([this] {
        echo_.flush();
        sockets_.flush();
    });
    address_ = echo_.listen(*net::Address::parse("127.0.0.1:0"))->address;
}

template <typename Condition>
bool Client::comes_to_pass(Condition condition)
{
    sockets_.flush(); // What was sent between two turns.
    auto const limit = clock_.read().steady + 20s;
    while (!condition() && clock_.read().steady < limit)
        reactor_.turn(100ms);
    return condition();
}

std::optional<std::string> Client::connect(std::string_view extension_lines)
{
    sockets_.reset(id_);
    is_connected_ = is_closed_ = false;
    received_.clear();
    taken_ = 0;
    chop = SIZE_MAX;
    id_ = sockets_.dial(address_);
    if (!comes_to_pass([this] { return is_connected_; }))
        return {};
    send(std::string("GET / HTTP/1.1\r\nHost: echo\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ")
             .append(key).append("\r\n").append(extension_lines).append("\r\n"));
    constexpr std::string_view end = "\r\n\r\n";
    if (!comes_to_pass([&] { return received_.find(end) != received_.npos || is_closed_; }))
        return {};
    taken_ = std::min(received_.find(end) + end.size(), received_.size());
    auto const head = received_.substr(0, taken_);
    if (!head.starts_with("HTTP/1.1 101 ") || head.find(accepted) == head.npos)
        return {};
    return value_of(head, "Sec-WebSocket-Extensions");
}

void Client::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        auto const piece = bytes.substr(0, chop);
        sockets_.send(id_, piece);
        bytes.remove_prefix(piece.size());
        if (!bytes.empty())
            reactor_.turn(Duration::zero());
    }
}

void Client::send_frame(int first, std::string payload)
{
    std::string bytes(1, static_cast<char>(first));
    auto const size = payload.size();
    int const size_bytes = size < 126 ? 0 : size <= 0xffff ? 2 : 8;
    bytes += static_cast<char>(
        0x80 | (size_bytes == 0 ? static_cast<int>(size) : size_bytes == 2 ? 126 : 127));
    for (int at = size_bytes - 1; at >= 0; at--)
        bytes += static_cast<char>(size >> 8 * at);
    bytes += mask;
    for (std::size_t i = 0; i < size; i++)
        payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
    send(bytes += payload);
}

std::size_t Client::whole_frame() const
{
    auto const byte = [this](std::size_t at) -> std::size_t {
        return static_cast<unsigned char>(received_[taken_ + at]);
    };
    auto const there = received_.size() - taken_;
    if (there < 2)
        return 0;
    std::size_t size = byte(1) & 0x7f;
    std::size_t const extended = size < 126 ? 0 : size == 126 ? 2 : 8;
    if (there < 2 + extended)
        return 0;
    if (extended > 0)
        size = 0;
    for (std::size_t i = 0; i < extended; i++)
        size = size << 8 | byte(2 + i);
    return there < 2 + extended + size ? 0 : 2 + extended + size;
}

std::optional<Frame> Client::hear()
{
    static_cast<void>(comes_to_pass([this] { return whole_frame() > 0 || is_closed_; }));
    auto const size = whole_frame();
    if (size == 0)
        return {};
    auto const first = static_cast<unsigned char>(received_[taken_]);
    auto const length = static_cast<unsigned char>(received_[taken_ + 1]);
    if (length > 127) // Frames of servers are not masked.
        return {};
    std::size_t const header = length < 126 ? 2 : length == 126 ? 4 : 10;
    Frame frame{first, received_.substr(taken_ + header, size - header)};
    taken_ += size;
    if (taken_ == received_.size())
        received_.clear();
    taken_ = std::min(taken_, received_.size());
    return frame;
}

bool Client::hears_the_end()
{
    return comes_to_pass([this] { return is_closed_; }) && taken_ == received_.size();
}

void Client::received(ConnectionId id, std::span<char> bytes)
{
    if (id == id_)
        received_.append(bytes.data(), bytes.size());
}

void Client::closed(ConnectionId id, net::CloseReason)
{
    if (id == id_)
        is_closed_ = true;
}

} // namespace gatehouse::conformance
