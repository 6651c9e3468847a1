// SPDX-License-Identifier: Apache-2.0
#include "audit.hpp"

#include "admin_client.hpp"

#include "audit/trail.hpp"
#include "base/json_writer.hpp"
#include "events/audit.hpp"
#include "runtime/clock.hpp"
#include "server/mapping.hpp"
#include "server/store.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <pwd.h>
#include <unistd.h>

namespace gatehouse::cli {
namespace {

using audit::Entry;
using audit::Place;
using Record = std::function<Result<Place>(Entry)>;

Result<audit::Trail> read_trail(storage::Log& log)
{
    auto const newest = audit::Trail::newest(GH_TRY(log.find(events::audit_category)));
    if (!newest)
        return audit::Trail();
    auto const last = GH_TRY(log.read(newest->stream, newest->version - 1, 1));
    if (last.empty())
        return fail(ErrorCode::internal, "the last entry of the audit log is gone");
    return audit::Trail({newest->stream, newest->version}, last.front().link);
}

Result<Place> record(storage::Log& log, Entry entry)
{
    auto trail = GH_TRY(read_trail(log));
    auto extended = trail.extend(runtime::Clock().read().wall, {std::move(entry)});
    auto const answers = log.append(std::move(extended.appends));
    GH_CHECK(answers.front());
    return extended.places.front();
}

Result<Place> record(AdminClient& server, Entry const& entry)
{
    std::string path = "/admin/audit";
    std::string body;
    json::Writer out(body);
    out.object();
    if (auto const* const asked = std::get_if<audit::Asked>(&entry)) {
        out.key("what").value(asked->what).key("about").value(asked->about);
        out.key("with").value(asked->with);
    } else if (auto const* const ended = std::get_if<audit::Ended>(&entry)) {
        path += fmt::format("/{}/{}", ended->stream, ended->version);
        out.key("outcome").value(ended->outcome);
    }
    out.end_object();
    auto const answer = GH_TRY(server.post(path, body));
    json::Parser parser;
    auto const root = GH_TRY(parser.parse(answer));
    auto const stream = root.find("stream");
    auto const version = root.find("version");
    if (!stream || !stream->text() || !version || !version->unsigned_integer())
        return fail(ErrorCode::internal, "the server does not say where it recorded this");
    return Place{std::string(*stream->text()), *version->unsigned_integer()};
}

Result<std::string> audited(audit::Asked asked, Record const& record, Work const& work)
{
    asked.who = operator_name();
    asked.from = "here";
    auto const place = record(std::move(asked));
    if (!place)
        return fail(place.error().code,
            "nothing was done, for it cannot be recorded: " + place.error().message,
            place.error().detail);
    auto done = work();
    auto const ended = record(audit::Ended{
        place->stream, place->version, done ? "done" : done.error().message});
    if (!ended)
        fmt::print(stderr, "gatehouse: what came of it could not be recorded: {}\n",
            ended.error().message);
    return done;
}

} // namespace

std::string operator_name()
{
    auto const* const account = ::getpwuid(::geteuid());
    return account ? account->pw_name : std::to_string(::geteuid());
}

Result<std::string> audited(storage::Log& log, audit::Asked asked, Work const& work)
{
    auto const in_store = [&log](Entry entry) { return record(log, std::move(entry)); };
    return audited(std::move(asked), in_store, work);
}

Result<std::string> audited(
    config::Settings const& settings, audit::Asked asked, Work const& work)
{
    auto server = running_server(settings);
    auto const by_server = [&server](Entry const& entry) { return record(*server, entry); };
    auto const in_store = [&settings](Entry entry) -> Result<Place> {
        if (settings.store.kind == config::Store::Kind::memory)
            return fail(ErrorCode::unavailable, "no server runs, and its store is in memory");
        auto const log
            = GH_TRY(server::open_store(settings.store, {}, storage::sqlite::Synchronous::full));
        return record(*log, std::move(entry));
    };
    return server ? audited(std::move(asked), by_server, work)
                  : audited(std::move(asked), in_store, work);
}

} // namespace gatehouse::cli
