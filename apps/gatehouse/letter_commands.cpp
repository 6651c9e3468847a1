// SPDX-License-Identifier: Apache-2.0
#include "admin_client.hpp"
#include "commands.hpp"

#include "base/json_writer.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace gatehouse::cli {
namespace {

std::string text_of(json::Node const& node, std::string_view name)
{
    auto const member = node.find(name);
    if (!member)
        return {};
    auto const text = member->text();
    return text ? std::string(*text) : member->compact();
}

void print_letter(json::Node const& letter)
{
    auto const who = text_of(letter, "principal");
    fmt::print("{:<18} {:>6}  {:<6} {:<12} {}\n", text_of(letter, "room"),
        text_of(letter, "letter"), text_of(letter, "doing"), text_of(letter, "why"),
        text_of(letter, "name") + " " + text_of(letter, "body"));
    if (!who.empty())
        fmt::print("{:<26}  by {}, their action {}\n", "", who, text_of(letter, "action"));
}

std::string letter_path(std::string const& room, std::uint64_t letter, std::string_view what)
{
    return fmt::format("/admin/rooms/{}/letters/{}/{}", room, letter, what);
}

Result<void> order(AdminClient& server, std::string const& path, std::string_view body,
    std::string_view done)
{
    auto const answer = GH_TRY(server.post(path, body));
    json::Parser parser;
    auto const root = GH_TRY(parser.parse(answer));
    fmt::print("{} {}: it is at version {}\n", done, text_of(root, "room"),
        text_of(root, "version"));
    return {};
}

} // namespace

int letter_ls(ConfigArguments const& arguments)
{
    return with_server(arguments, [](AdminClient& server) -> Result<void> {
        auto const answer = GH_TRY(server.get("/admin/letters"));
        json::Parser parser;
        auto const root = GH_TRY(parser.parse(answer));
        std::size_t count = 0;
        fmt::print("{:<18} {:>6}  {:<6} {:<12} {}\n", "ROOM", "LETTER", "DOING", "WHY", "WHAT");
        if (auto const letters = root.find("letters"))
            letters->each_element([&](json::Node letter) {
                count++;
                print_letter(letter);
                return true;
            });
        if (count == 0)
            fmt::print("(none: nothing that was asked of a room has broken the server)\n");
        if (auto const shut = root.find("shut"))
            shut->each_element([&](json::Node room) {
                fmt::print("{} is shut: {} when it was {}; gatehouse room open {}\n",
                    text_of(room, "room"), text_of(room, "why"),
                    text_of(room, "doing") == "read" ? "read" : "shown", text_of(room, "room"));
                return true;
            });
        return {};
    });
}

int letter_retry(ConfigArguments const& arguments, std::string const& room, std::uint64_t letter,
    std::string const& name, std::string const& body)
{
    std::string with;
    json::Writer out(with);
    out.object();
    if (!name.empty())
        out.key("name").value(name);
    if (!body.empty())
        out.key("body").value(body);
    out.end_object();
    return with_server(arguments, [&](AdminClient& server) {
        return order(server, letter_path(room, letter, "retry"), with, "applied to");
    });
}

int letter_discard(ConfigArguments const& arguments, std::string const& room, std::uint64_t letter)
{
    return with_server(arguments, [&](AdminClient& server) {
        return order(server, letter_path(room, letter, "discard"), "{}", "discarded in");
    });
}

int room_open(ConfigArguments const& arguments, std::string const& room)
{
    return with_server(arguments, [&](AdminClient& server) {
        return order(server, "/admin/rooms/" + room + "/open", "{}", "opened");
    });
}

namespace {

int pause_or_continue(ConfigArguments const& arguments, std::string const& room,
    std::string_view what, std::string_view done)
{
    return with_server(arguments, [&](AdminClient& server) -> Result<void> {
        auto const path = fmt::format("/admin/rooms/{}/{}", room.empty() ? "*" : room, what);
        if (!room.empty())
            return order(server, path, "{}", done);
        auto const answer = GH_TRY(server.post(path, "{}"));
        json::Parser parser;
        auto const root = GH_TRY(parser.parse(answer));
        fmt::print("{} {} rooms\n", done, text_of(root, "rooms"));
        if (auto const failed = text_of(root, "failed"); failed != "0")
            return fail(ErrorCode::unavailable,
                failed + " rooms could not be; the log of the server may say why");
        return {};
    });
}

} // namespace

int room_pause(ConfigArguments const& arguments, std::string const& room)
{
    return pause_or_continue(arguments, room, "pause", "paused");
}

int room_continue(ConfigArguments const& arguments, std::string const& room)
{
    return pause_or_continue(arguments, room, "continue", "continued");
}

} // namespace gatehouse::cli
