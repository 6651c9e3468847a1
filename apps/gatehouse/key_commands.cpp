// SPDX-License-Identifier: Apache-2.0
#include "admin_client.hpp"
#include "commands.hpp"

#include "base/json_writer.hpp"
#include "config/units.hpp"
#include "runtime/clock.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <string>
#include <vector>

namespace gatehouse::cli {
namespace {

std::string text_of(json::Node const& node, std::string_view name)
{
    auto const member = node.find(name);
    return std::string(member ? member->text().value_or("") : std::string_view());
}

Result<std::string> body_of(KeyArguments const& given)
{
    std::string body;
    json::Writer out(body);
    out.object().key("principal").value(given.principal).key("roles").array();
    for (auto const& role : given.roles)
        out.value(role);
    out.end_array().key("note").value(given.note);
    if (!given.lasts.empty()) {
        auto const lasts = config::read_duration(given.lasts);
        if (!lasts)
            return fail(ErrorCode::bad_request, "--for: " + lasts.error());
        auto const now = runtime::Clock().read().wall;
        out.key("expires_at").value((now + std::chrono::duration_cast<Milliseconds>(*lasts)).ms);
    }
    out.end_object();
    return body;
}

void print(json::Node const& key)
{
    std::vector<std::string> roles;
    if (auto const all = key.find("roles"))
        all->each_element([&](json::Node role) {
            roles.emplace_back(role.text().value_or(""));
            return true;
        });
    auto const revoked = text_of(key, "revoked_at");
    auto const expires = text_of(key, "expires_at");
    auto const end = !revoked.empty() ? "revoked " + revoked
        : !expires.empty()            ? "until " + expires
                                      : std::string("for ever");
    fmt::print("{:<18} {:<24} {:<20} {:<34} {}\n", text_of(key, "id"), text_of(key, "principal"),
        fmt::format("{}", fmt::join(roles, ",")), end, text_of(key, "note"));
}

} // namespace

int key_create(ConfigArguments const& arguments, KeyArguments const& given)
{
    return with_server(arguments, [&](AdminClient& server) -> Result<void> {
        auto const body = GH_TRY(body_of(given));
        auto const answer = GH_TRY(server.post("/admin/keys", body));
        json::Parser parser;
        auto const root = GH_TRY(parser.parse(answer));
        fmt::print("{}\n", text_of(root, "key"));
        fmt::print(stderr, "This is shown once: what is kept of it lets nobody in. Its id is {}.\n",
            text_of(root, "id"));
        return {};
    });
}

int key_ls(ConfigArguments const& arguments)
{
    return with_server(arguments, [](AdminClient& server) -> Result<void> {
        fmt::print("{:<18} {:<24} {:<20} {:<34} {}\n", "ID", "PRINCIPAL", "ROLES", "GOOD", "NOTE");
        std::string after;
        for (bool is_last = false; !is_last;) {
            auto const answer
                = GH_TRY(server.get("/admin/keys" + (after.empty() ? "" : "?after=" + after)));
            json::Parser parser;
            auto const root = GH_TRY(parser.parse(answer));
            if (auto const keys = root.find("keys"))
                keys->each_element([&](json::Node key) {
                    after = text_of(key, "id");
                    print(key);
                    return true;
                });
            auto const last = root.find("last");
            is_last = !last || last->boolean().value_or(true);
        }
        return {};
    });
}

int key_revoke(ConfigArguments const& arguments, KeyArguments const& given)
{
    return with_server(arguments, [&](AdminClient& server) -> Result<void> {
        bool const is_id = given.id.size() == 16
            && given.id.find_first_not_of("0123456789abcdef") == given.id.npos;
        if (!is_id)
            return fail(ErrorCode::bad_request,
                "an id is the 16 digits behind gh_: gatehouse key ls lists them");
        GH_CHECK(server.remove("/admin/keys/" + given.id));
        fmt::print("revoked: {} lets nobody in any more\n", given.id);
        return {};
    });
}

} // namespace gatehouse::cli
