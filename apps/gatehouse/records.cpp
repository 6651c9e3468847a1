// SPDX-License-Identifier: Apache-2.0
#include "records.hpp"

#include "admin/admin.hpp"
#include "admin/rendering.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "http/parser.hpp"
#include "http/writer.hpp"
#include "net/address.hpp"
#include "runtime/descriptor.hpp"
#include "server/mapping.hpp"
#include "storage/sqlite/sqlite_log.hpp"

#include <array>
#include <sys/socket.h>
#include <unistd.h>

namespace gatehouse::cli {
namespace {

// ---- The running server

class ServerRecords final : public Records {
public:
    explicit ServerRecords(net::Address admin) : admin_(admin) {}

    // Fails with unavailable where nobody listens.
    Result<std::string> get(std::string const& target)
    {
        runtime::Descriptor const socket(::socket(admin_.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (!socket || ::connect(socket.get(), admin_.raw(), admin_.raw_bytes()) != 0)
            return fail(ErrorCode::unavailable, "no server answers at " + admin_.to_string());
        std::string request;
        http::HeadWriter head(request);
        head.request("GET", target).field("Host", admin_.to_string()).close().end();
        if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL)
            != static_cast<ssize_t>(request.size()))
            return fail(ErrorCode::unavailable, "the server hung up");
        return receive(socket.get());
    }

    Result<std::vector<events::StreamHead>> heads() override
    {
        auto const body = GH_TRY(get("/admin/rooms"));
        std::vector<events::StreamHead> heads;
        auto const root = GH_TRY(parser_.parse(body));
        if (auto const rooms = root.find("rooms"))
            rooms->each_element([&](json::Node node) {
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
            auto const body = GH_TRY(get("/admin/rooms/" + std::string(room)
                + "/events?after=" + std::to_string(after)));
            auto const root = GH_TRY(parser_.parse(body));
            auto const events = root.find("events");
            if (!events)
                return fail(ErrorCode::not_found, "there is no room " + std::string(room));
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

    Result<std::vector<std::string>> log(events::LogCursor& cursor) override
    {
        auto const body = GH_TRY(get("/admin/log?from=" + std::to_string(cursor)));
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
    static Result<std::string> receive(int socket)
    {
        http::ResponseParser parser;
        parser.begin("GET");
        std::string body;
        std::array<char, 65536> buffer;
        while (true) {
            auto const size = ::recv(socket, buffer.data(), buffer.size(), 0);
            std::string_view input(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
            auto step = size > 0 ? parser.next(input) : parser.finish();
            for (; step != http::Step::need_more; step = parser.next(input)) {
                if (step == http::Step::body)
                    body += parser.body();
                else if (step == http::Step::end)
                    return body;
                else if (step == http::Step::error)
                    return fail(ErrorCode::unavailable, "the server's answer broke off");
            }
            if (size <= 0)
                return fail(ErrorCode::unavailable, "the server's answer broke off");
        }
    }

    net::Address admin_;
    json::Parser parser_;
};

// ---- The files

class FileRecords final : public Records {
public:
    explicit FileRecords(std::unique_ptr<storage::Log> log) : log_(std::move(log)) {}

    Result<std::vector<events::StreamHead>> heads() override
    {
        std::vector<events::StreamHead> all;
        for (Slot slot = 0; slot < slots_total; slot++)
            for (auto& head : GH_TRY(log_->heads(slot)))
                all.push_back(std::move(head));
        return all;
    }

    Result<std::vector<events::Event>> events(std::string_view room) override
    {
        std::vector<events::Event> all;
        while (true) {
            auto const after = all.empty() ? 0 : all.back().version;
            auto page = GH_TRY(log_->read(room, after, admin::events_per_page));
            bool const is_last = page.size() < admin::events_per_page;
            for (auto& event : page)
                all.push_back(std::move(event));
            if (is_last)
                return all;
        }
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
};

}  // namespace

Result<std::unique_ptr<Records>> open_records(config::Settings const& settings)
{
    auto server = std::make_unique<ServerRecords>(
        GH_TRY(net::Address::parse(server::to_text(settings.listen.admin))));
    if (server->get("/health/live"))
        return server;
    if (settings.store.kind == config::Store::Kind::memory)
        return fail(
            ErrorCode::unavailable, "no server runs, and a store in memory is gone with it");
    auto log = GH_TRY(storage::sqlite::SqliteLog::open(
        {.file = settings.store.path.text, .access = storage::sqlite::Access::read_only}));
    return std::make_unique<FileRecords>(std::move(log));
}

}  // namespace gatehouse::cli
