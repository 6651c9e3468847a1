// SPDX-License-Identifier: Apache-2.0
#include "websocket/handshake.hpp"

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "http/grammar.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace gatehouse::websocket {
namespace {

constexpr std::size_t key_bytes = 16;

// Visits the elements of a comma-separated list (RFC 9110 §5.6.1) until the visitor returns true.
bool any_element(std::string_view list, auto&& visit)
{
    for (;;) {
        auto const comma = list.find(',');
        auto const element = http::trim(list.substr(0, comma));
        if (!element.empty() && visit(element))
            return true;
        if (comma == std::string_view::npos)
            return false;
        list.remove_prefix(comma + 1);
    }
}

// The same over all lines of one name.
bool any_element(http::Headers const& headers, std::string_view name, auto&& visit)
{
    for (auto const& line : headers)
        if (equal_ignoring_case(line.name, name) && any_element(line.value, visit))
            return true;
    return false;
}

bool lists(http::Headers const& headers, std::string_view name, std::string_view token)
{
    return any_element(headers, name,
        [token](std::string_view element) { return equal_ignoring_case(element, token); });
}

bool is_upgrade_to_websocket(http::Headers const& headers)
{
    return lists(headers, "Upgrade", "websocket") && lists(headers, "Connection", "upgrade");
}

// The only value of that name, else nothing.
std::string_view only(http::Headers const& headers, std::string_view name)
{
    return headers.count(name) == 1 ? *headers.find(name) : std::string_view{};
}

std::string pick_protocol(http::Headers const& headers, std::span<std::string_view const> protocols)
{
    std::string picked;
    any_element(headers, "Sec-WebSocket-Protocol", [&](std::string_view offered) {
        if (std::ranges::find(protocols, offered) == protocols.end())
            return false;
        picked = offered;
        return true;
    });
    return picked;
}

}  // namespace

std::string accept_for(std::string_view key)
{
    return to_base64(sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

// In the order of §4.2.1.
std::expected<Upgrade, Refusal> check_request(
    http::RequestHead const& request, std::span<std::string_view const> protocols)
{
    auto const refuse = [](int status, std::string_view message) {
        return std::unexpected(Refusal{status, message});
    };
    auto const& headers = request.headers;
    if (request.method != "GET")
        return refuse(405, "a WebSocket opens with GET");
    if (request.minor_version < 1)
        return refuse(400, "a WebSocket needs HTTP/1.1");
    if (request.framing == http::Framing::chunked || request.content_length > 0)
        return refuse(400, "a WebSocket request has no body");
    if (!is_upgrade_to_websocket(headers))
        return refuse(400, "this address speaks WebSocket: Upgrade and Connection are missing");
    auto const key = only(headers, "Sec-WebSocket-Key");
    auto const key_decoded = from_base64(key);
    if (!key_decoded || key_decoded->size() != key_bytes)
        return refuse(400, "Sec-WebSocket-Key must be 16 bytes in base64");
    if (only(headers, "Sec-WebSocket-Version") != "13")
        return refuse(426, "Sec-WebSocket-Version must be 13");
    return Upgrade{accept_for(key), pick_protocol(headers, protocols), agree_on_deflate(headers)};
}

std::string render_response(Upgrade const& upgrade)
{
    auto response = fmt::format("HTTP/1.1 101 Switching Protocols\r\n"
                                "Upgrade: websocket\r\n"
                                "Connection: Upgrade\r\n"
                                "Sec-WebSocket-Accept: {}\r\n",
        upgrade.accept);
    if (!upgrade.protocol.empty())
        fmt::format_to(
            std::back_inserter(response), "Sec-WebSocket-Protocol: {}\r\n", upgrade.protocol);
    if (upgrade.deflate)
        fmt::format_to(std::back_inserter(response), "Sec-WebSocket-Extensions: {}\r\n",
            describe(*upgrade.deflate));
    return response += "\r\n";
}

std::string render_request(ClientRequest const& request)
{
    auto text = fmt::format("GET {} HTTP/1.1\r\n"
                            "Host: {}\r\n"
                            "Upgrade: websocket\r\n"
                            "Connection: Upgrade\r\n"
                            "Sec-WebSocket-Key: {}\r\n"
                            "Sec-WebSocket-Version: 13\r\n",
        request.target, request.host, request.key);
    if (!request.protocols.empty())
        fmt::format_to(
            std::back_inserter(text), "Sec-WebSocket-Protocol: {}\r\n", request.protocols);
    return text.append(request.extra_lines).append("\r\n");
}

Result<std::string> check_response(
    http::ResponseHead const& response, ClientRequest const& request)
{
    auto const& headers = response.headers;
    if (response.status != 101)
        return fail(ErrorCode::bad_request,
            fmt::format("the server answered {} instead of 101", response.status));
    if (!is_upgrade_to_websocket(headers))
        return fail(ErrorCode::bad_request, "the server does not upgrade to WebSocket");
    if (only(headers, "Sec-WebSocket-Accept") != accept_for(request.key))
        return fail(ErrorCode::bad_request, "Sec-WebSocket-Accept does not fit the key");
    if (headers.find("Sec-WebSocket-Extensions"))
        return fail(ErrorCode::bad_request, "the server uses an extension that was not offered");
    auto const picked = headers.find("Sec-WebSocket-Protocol").value_or("");
    auto const is_picked = [picked](std::string_view offered) { return offered == picked; };
    if (headers.count("Sec-WebSocket-Protocol") > 0
        && !any_element(request.protocols, is_picked))
        return fail(ErrorCode::bad_request, "the server picked a protocol that was not offered");
    return std::string(picked);
}

}  // namespace gatehouse::websocket
