// SPDX-License-Identifier: Apache-2.0
#include "admin_client.hpp"
#include "commands.hpp"

#include "base/json_writer.hpp"
#include "config/units.hpp"

#include <fmt/format.h>

#include <chrono>

namespace gatehouse::cli {
namespace {

std::string text_of(json::Node const& node, std::string_view name)
{
    auto const member = node.find(name);
    auto const text = member ? member->text() : std::nullopt;
    return std::string(text.value_or(""));
}

void print_ban(json::Node const& ban)
{
    auto const until = text_of(ban, "until");
    auto const is_automatic = ban.find("automatic") && ban.find("automatic")->boolean() == true;
    fmt::print("{:<26} {:<26} {:<9} {}\n", text_of(ban, "block"), until.empty() ? "lifted" : until,
        is_automatic ? "itself" : "hand", text_of(ban, "reason"));
}

} // namespace

int ban_ls(ConfigArguments const& arguments)
{
    return with_server(arguments, [](AdminClient& server) -> Result<void> {
        auto const answer = GH_TRY(server.get("/admin/bans"));
        json::Parser parser;
        auto const root = GH_TRY(parser.parse(answer));
        auto const bans = root.find("bans");
        if (!bans || bans->size() == 0) {
            fmt::print("(none: every address is let in)\n");
            return {};
        }
        fmt::print("{:<26} {:<26} {:<9} {}\n", "BLOCK", "UNTIL", "BY", "WHY");
        bans->each_element([](json::Node ban) {
            print_ban(ban);
            return true;
        });
        return {};
    });
}

int ban_add(ConfigArguments const& arguments, std::string const& block, std::string const& lasts,
    std::string const& reason)
{
    auto const duration
        = lasts.empty() ? config::Read<Duration>(Duration{}) : config::read_duration(lasts);
    if (!duration) {
        static_cast<void>(complain({ErrorCode::bad_request, "--for: " + duration.error(), {}}));
        return 2;
    }
    std::string body;
    json::Writer out(body);
    out.object().key("block").value(block).key("reason").value(reason);
    if (!lasts.empty())
        out.key("for_ms").value(std::chrono::duration_cast<Milliseconds>(*duration).count());
    out.end_object();
    return with_server(arguments, [&](AdminClient& server) -> Result<void> {
        auto const answer = GH_TRY(server.post("/admin/bans", body));
        json::Parser parser;
        auto const ban = GH_TRY(parser.parse(answer));
        auto const until = text_of(ban, "until");
        fmt::print("banned {} {}\n", text_of(ban, "block"),
            until.empty() ? "until it is lifted" : "until " + until);
        return {};
    });
}

int ban_lift(ConfigArguments const& arguments, std::string const& block)
{
    std::string body;
    json::Writer out(body);
    out.object().key("block").value(block).end_object();
    return with_server(arguments, [&](AdminClient& server) -> Result<void> {
        static_cast<void>(GH_TRY(server.post("/admin/bans/lift", body)));
        fmt::print("lifted {}\n", block);
        return {};
    });
}

} // namespace gatehouse::cli
