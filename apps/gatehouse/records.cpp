// SPDX-License-Identifier: Apache-2.0
#include "records.hpp"

#include "admin_client.hpp"

#include "admin/admin.hpp"
#include "admin/rendering.hpp"
#include "base/json_writer.hpp"
#include "events/audit.hpp"
#include "events/page.hpp"
#include "server/archiver.hpp"
#include "server/mapping.hpp"
#include "server/store.hpp"
#include "storage/archive/compacted.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace gatehouse::cli {
namespace {

// ---- The running server

class ServerRecords final : public Records {
public:
    explicit ServerRecords(AdminClient client) : client_(std::move(client)) {}

    Result<std::vector<events::StreamHead>> heads() override
    {
        std::vector<events::StreamHead> heads;
        std::string after;
        for (bool is_last = false; !is_last;) {
            auto const body = GH_TRY(client_.get("/admin/rooms?after=" + after));
            auto const root = GH_TRY(parser_.parse(body));
            if (auto const rooms = root.find("rooms"))
                rooms->each_element([&](json::Node node) {
                    if (auto head = admin::read_head(node))
                        heads.push_back(std::move(*head));
                    return true;
                });
            auto const next = root.find("next");
            after = next ? std::string(next->text().value_or("")) : "";
            auto const last = root.find("last");
            is_last = !last || last->boolean().value_or(true);
        }
        return heads;
    }

    Result<std::vector<events::StreamHead>> audit_heads() override
    {
        auto const body = GH_TRY(client_.get("/admin/audit"));
        auto const root = GH_TRY(parser_.parse(body));
        std::vector<events::StreamHead> heads;
        if (auto const months = root.find("months"))
            months->each_element([&](json::Node node) {
                if (auto head = admin::read_head(node))
                    heads.push_back(std::move(*head));
                return true;
            });
        return heads;
    }

    Result<std::vector<events::Event>> events(std::string_view room) override
    {
        std::vector<events::Event> all;
        for (bool is_last = false; !is_last;) {
            auto const after = all.empty() ? 0 : all.back().version;
            auto const body = client_.get("/admin/rooms/" + std::string(room)
                + "/events?after=" + std::to_string(after));
            if (!body && body.error().code == ErrorCode::not_found)
                return std::vector<events::Event>();
            auto const text = GH_TRY(body);
            auto const root = GH_TRY(parser_.parse(text));
            if (auto const events = root.find("events"))
                events->each_element([&](json::Node node) {
                    if (auto event = admin::read_event(node))
                        all.push_back(std::move(*event));
                    return true;
                });
            auto const last = root.find("last");
            is_last = !last || last->boolean().value_or(true);
        }
        return all;
    }

    Result<std::vector<events::MemberKey>> keys(std::string_view room) override
    {
        auto const body = GH_TRY(client_.get("/admin/rooms/" + std::string(room) + "/keys"));
        auto const root = GH_TRY(parser_.parse(body));
        std::vector<events::MemberKey> all;
        if (auto const keys = root.find("keys"))
            keys->each_element([&](json::Node node) {
                if (auto key = admin::read_key(node))
                    all.push_back(std::move(*key));
                return true;
            });
        return all;
    }

    Result<std::vector<std::string>> log(events::LogCursor& cursor) override
    {
        auto const body = GH_TRY(client_.get("/admin/log?from=" + std::to_string(cursor)));
        auto const root = GH_TRY(parser_.parse(body));
        std::vector<std::string> lines;
        if (auto const events = root.find("events"))
            events->each_element([&](json::Node node) {
                lines.push_back(node.compact());
                return true;
            });
        if (auto const next = root.find("next"))
            cursor = next->unsigned_integer().value_or(cursor);
        return lines;
    }

private:
    AdminClient client_;
    json::Parser parser_;
};

// ---- The files

class FileRecords final : public Records {
public:
    FileRecords(std::unique_ptr<storage::Log> log,
        std::unique_ptr<storage::archive::Objects> archive)
        : log_(std::move(log))
        , archive_(std::move(archive))
    { }

    Result<std::vector<events::StreamHead>> heads() override
    {
        std::vector<events::StreamHead> all;
        while (true) {
            auto page = GH_TRY(
                log_->streams(all.empty() ? "" : all.back().stream, admin::rooms_per_page));
            bool const is_last = page.size() < admin::rooms_per_page;
            std::ranges::move(page, std::back_inserter(all));
            if (is_last)
                break;
        }
        std::erase_if(all, [](auto const& head) { return !events::is_room(head); });
        return all;
    }

    Result<std::vector<events::StreamHead>> audit_heads() override
    {
        return log_->find(events::audit_category);
    }

    Result<std::vector<events::Event>> events(std::string_view room) override
    {
        std::vector<events::Event> all;
        while (true) {
            auto const after = all.empty() ? 0 : all.back().version;
            auto page = GH_TRY(history_.read(room, after, admin::events_per_page));
            bool const is_last = events::is_last_page(page, admin::events_per_page);
            for (auto& event : page)
                all.push_back(std::move(event));
            if (is_last)
                return all;
        }
    }

    Result<std::vector<events::MemberKey>> keys(std::string_view room) override
    {
        return GH_TRY(log_->hydrate(room, 1)).keys;
    }

    Result<std::vector<std::string>> log(events::LogCursor& cursor) override
    {
        auto const page = GH_TRY(log_->log(cursor, admin::events_per_page));
        cursor = page.next;
        std::vector<std::string> lines;
        for (auto const& each : page.events) {
            json::Writer out(lines.emplace_back());
            admin::write_event(out, each.event, &each);
        }
        return lines;
    }

private:
    std::unique_ptr<storage::Log> log_;
    std::unique_ptr<storage::archive::Objects> archive_; // Null: there is none.
    storage::archive::WholeHistory history_{*log_, archive_.get()};
};

}  // namespace

// The server is asked only where it holds the store that the configuration names: whoever else
// listens there must not be taken for it.
Result<std::unique_ptr<Records>> open_records(config::Settings const& settings)
{
    auto const& listen = settings.listen.admin;
    auto const wanted = server::store_name(settings.store);
    AdminClient client(GH_TRY(net::Address::parse(server::to_text(listen))));
    auto const held = client.store_name();
    if (held && *held == wanted)
        return std::make_unique<ServerRecords>(std::move(client));
    bool const is_silent = held && held->empty();
    auto const stranger = is_silent ? "no server answers at " + server::to_text(listen)
        : held ? "the server at " + server::to_text(listen) + " holds another store, " + *held
               : held.error().message;
    constexpr auto what_to_do = "where the server of this store runs, name its admin listener: "
                                "--set listen.admin=HOST:PORT";
    if (settings.store.kind == config::Store::Kind::memory)
        return fail(ErrorCode::unavailable,
            stranger + ", and a store in memory has no files to read", what_to_do);
    auto log = server::open_store_to_read(settings.store);
    if (!log)
        return fail(log.error().code, stranger + "; nor can " + wanted + " be read from its files: "
                + log.error().detail, what_to_do);
    if (!is_silent)
        std::fprintf(stderr, "gatehouse: %s; this is read from the files of %s\n",
            stranger.c_str(), wanted.c_str());
    std::unique_ptr<storage::archive::Objects> archive;
    if (settings.archive.to.kind != config::ObjectStore::Kind::none)
        archive = GH_TRY(server::open_objects(settings.archive));
    return std::make_unique<FileRecords>(std::move(*log), std::move(archive));
}

}  // namespace gatehouse::cli
