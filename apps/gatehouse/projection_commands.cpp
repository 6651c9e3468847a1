// SPDX-License-Identifier: Apache-2.0
#include "admin_client.hpp"
#include "commands.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>

namespace gatehouse::cli {
namespace {

using namespace std::chrono_literals;

// What a server answers to GET /admin/projections.
struct Report {
    std::string place{};
    std::uint64_t position = 0;
    std::uint64_t end = 0;
    bool is_whole = false;
    std::uint64_t rooms = 0;
    std::uint64_t seats = 0;
    std::uint64_t players = 0;
    std::optional<std::uint64_t> rebuilt{};
    std::string trouble{};
};

Result<Report> report_of(AdminClient& server)
{
    auto const answer = GH_TRY(server.get("/admin/projections"));
    json::Parser parser;
    auto const root = GH_TRY(parser.parse(answer));
    auto const number = [&](std::string_view name) {
        auto const member = root.find(name);
        return member ? member->unsigned_integer() : std::nullopt;
    };
    auto const text = [&](std::string_view name) {
        auto const member = root.find(name);
        return std::string(member ? member->text().value_or("") : std::string_view());
    };
    auto const whole = root.find("whole");
    return Report{.place = text("place"),
        .position = number("position").value_or(0),
        .end = number("end").value_or(0),
        .is_whole = whole && whole->boolean().value_or(false),
        .rooms = number("rooms").value_or(0),
        .seats = number("seats").value_or(0),
        .players = number("players").value_or(0),
        .rebuilt = number("rebuilt"),
        .trouble = text("trouble")};
}

void print(Report const& report)
{
    fmt::print("rows         {}\n", report.place);
    fmt::print("checkpoint   event {} of the log; {} to come\n", report.position,
        report.end > report.position ? report.end - report.position : 0);
    fmt::print("tells of     {} rooms, {} seats, {} sums of players{}\n", report.rooms,
        report.seats, report.players, report.is_whole ? "" : "; not all of the log was read yet");
    if (report.rebuilt)
        fmt::print("made anew    up to event {}\n", *report.rebuilt);
    if (!report.trouble.empty())
        fmt::print("stands still {}\n", report.trouble);
}

Result<void> rebuild(AdminClient& server, bool forgets_archived)
{
    GH_CHECK(server.post("/admin/projections/rebuild",
        forgets_archived ? R"({"forget_archived":true})" : "{}"));
    bool const is_watched = ::isatty(STDOUT_FILENO) == 1;
    for (;;) {
        auto const now = GH_TRY(report_of(server));
        if (!now.trouble.empty())
            return fail(ErrorCode::unavailable,
                "it goes on when this is over, and the rows stay as they are until it has: "
                    + now.trouble);
        if (!now.rebuilt) {
            fmt::print("{}made anew: {} rooms, {} seats, up to event {}\n", is_watched ? "\r" : "",
                now.rooms, now.seats, now.position);
            return {};
        }
        if (is_watched) {
            fmt::print("\rat event {} of {} ", *now.rebuilt, now.end);
            std::fflush(stdout);
        }
        std::this_thread::sleep_for(100ms);
    }
}

} // namespace

int projections_ls(ConfigArguments const& arguments)
{
    return with_server(arguments, [](AdminClient& server) -> Result<void> {
        auto const report = GH_TRY(report_of(server));
        print(report);
        return {};
    });
}

int projections_rebuild(ConfigArguments const& arguments, bool forgets_archived)
{
    return with_server(
        arguments, [&](AdminClient& server) { return rebuild(server, forgets_archived); });
}

} // namespace gatehouse::cli
