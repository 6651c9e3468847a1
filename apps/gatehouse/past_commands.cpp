// SPDX-License-Identifier: Apache-2.0
// Rooms as they were: going back to it, or on from it beside.
#include "admin_client.hpp"
#include "commands.hpp"

#include "base/json_writer.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gatehouse::cli {
namespace {

// A version, or a time; nothing where it is empty.
Result<void> write_moment(json::Writer& out, std::string const& moment)
{
    if (moment.empty())
        return {};
    if (std::ranges::all_of(moment, [](char c) { return c >= '0' && c <= '9'; })) {
        out.key("version").raw(moment);
        return {};
    }
    auto const at = from_rfc3339(moment);
    if (!at)
        return fail(ErrorCode::bad_request,
            "--at " + moment + ": expected a version (412) or a time (2026-11-21T14:03:07Z)");
    out.key("at").value(*at);
    return {};
}

struct Past {
    std::string room;
    std::string from;
    std::uint64_t as_of = 0;
    std::uint64_t version = 0;
    bool is_new = false;
};

Result<Past> order(AdminClient& server, std::string const& path, std::string_view body)
{
    auto const answer = GH_TRY(server.post(path, body));
    json::Parser parser;
    auto const root = GH_TRY(parser.parse(answer));
    auto const text = [&](std::string_view name) {
        auto const node = root.find(name);
        return std::string(node ? node->text().value_or("") : "");
    };
    auto const number = [&](std::string_view name) {
        auto const node = root.find(name);
        return node ? node->unsigned_integer().value_or(0) : 0;
    };
    auto const is_new = root.find("new");
    return Past{text("room"), text("from"), number("as_of"), number("version"),
        is_new && is_new->boolean().value_or(false)};
}

} // namespace

int room_restore(
    ConfigArguments const& arguments, std::string const& room, std::string const& moment)
{
    return with_server(arguments, [&](AdminClient& server) -> Result<void> {
        std::string body;
        json::Writer out(body);
        GH_CHECK(write_moment(out.object(), moment));
        out.end_object();
        auto const past = GH_TRY(order(server, "/admin/rooms/" + room + "/restore", body));
        fmt::print("restored {}: it is as it was at version {}, and at version {} now\n", past.room,
            past.as_of, past.version);
        return {};
    });
}

int room_fork(ConfigArguments const& arguments, std::string const& room, std::string const& moment,
    std::string const& name)
{
    return with_server(arguments, [&](AdminClient& server) -> Result<void> {
        std::string body;
        json::Writer out(body);
        GH_CHECK(write_moment(out.object(), moment));
        if (!name.empty())
            out.key("as").value(name);
        out.end_object();
        auto const past = GH_TRY(order(server, "/admin/rooms/" + room + "/fork", body));
        auto code = past.room.substr(0, past.room.find('.'));
        std::ranges::transform(code, code.begin(),
            [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
        fmt::print("{} {} as it was at version {}: room {}, code {}\n",
            past.is_new ? "forked" : "forked already:", past.from, past.as_of, past.room, code);
        fmt::print("its time goes on when the first of its players is there\n");
        return {};
    });
}

} // namespace gatehouse::cli
