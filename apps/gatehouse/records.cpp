// SPDX-License-Identifier: Apache-2.0
#include "records.hpp"

#include "admin/admin.hpp"
#include "admin/rendering.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "http/parser.hpp"
#include "http/status.hpp"
#include "http/writer.hpp"
#include "net/address.hpp"
#include "runtime/descriptor.hpp"
#include "server/mapping.hpp"
#include "server/store.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <sys/socket.h>
#include <sys/time.h>

namespace gatehouse::cli {
namespace {

// ---- The running server

class ServerRecords final : public Records {
public:
    explicit ServerRecords(net::Address admin) : admin_(admin) {}

    // The name of the store that it holds. Empty where nobody listens; fails where somebody does
    // who is no such server.
    Result<std::string> store_name()
    {
        auto const socket = connect();
        if (!socket)
            return {};
        auto const body = ask(socket.get(), "/admin/store");
        auto const root = body ? parser_.parse(*body) : std::unexpected(body.error());
        auto const name = root ? root->find("store") : std::nullopt;
        if (!name || !name->text())
            return fail(ErrorCode::unavailable, "what answers at " + admin_.to_string()
                    + " is no gatehouse" + (root ? "" : " (" + root.error().message + ")"));
        return std::string(*name->text());
    }

    Result<std::vector<events::StreamHead>> heads() override
    {
        std::vector<events::StreamHead> heads;
        std::string after;
        for (bool is_last = false; !is_last;) {
            auto const body = GH_TRY(get("/admin/rooms?after=" + after));
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

    Result<std::vector<events::Event>> events(std::string_view room) override
    {
        std::vector<events::Event> all;
        for (bool is_last = false; !is_last;) {
            auto const after = all.empty() ? 0 : all.back().version;
            auto const body = get("/admin/rooms/" + std::string(room)
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
    // Empty where nobody listens. Whoever listens and says nothing for this long is given up.
    [[nodiscard]] runtime::Descriptor connect() const
    {
        constexpr timeval patience{.tv_sec = 10, .tv_usec = 0};
        runtime::Descriptor socket(::socket(admin_.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
        ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (::connect(socket.get(), admin_.raw(), admin_.raw_bytes()) != 0)
            socket.reset();
        return socket;
    }

    Result<std::string> get(std::string const& target)
    {
        auto const socket = connect();
        if (!socket)
            return fail(ErrorCode::unavailable,
                "the server at " + admin_.to_string() + " does not answer any more");
        return ask(socket.get(), target);
    }

    // The body of the answer, which must be 200.
    Result<std::string> ask(int socket, std::string const& target)
    {
        std::string request;
        http::HeadWriter head(request);
        head.request("GET", target).field("Host", admin_.to_string()).close().end();
        if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL)
            != static_cast<ssize_t>(request.size()))
            return fail(ErrorCode::unavailable, "the server hung up");
        http::ResponseParser answer;
        answer.begin("GET");
        auto body = GH_TRY(receive(socket, answer));
        auto const status = answer.head().status;
        if (status == 200)
            return body;
        auto const problem = parser_.parse(body);
        auto const detail = problem ? problem->find("detail") : std::nullopt;
        return fail(http::code_of(status), "GET " + target + ": " + std::to_string(status) + " "
                + std::string(detail && detail->text() ? *detail->text()
                                                       : http::reason_of(status)));
    }

    static Result<std::string> receive(int socket, http::ResponseParser& parser)
    {
        std::string body;
        std::array<char, 65536> buffer;
        while (true) {
            auto const size = ::recv(socket, buffer.data(), buffer.size(), 0);
            if (size < 0)
                return fail(ErrorCode::unavailable, "the server says nothing");
            std::string_view input(buffer.data(), static_cast<std::size_t>(size));
            auto step = size > 0 ? parser.next(input) : parser.finish();
            for (; step != http::Step::need_more; step = parser.next(input)) {
                if (step == http::Step::body)
                    body += parser.body();
                else if (step == http::Step::end)
                    return body;
                else if (step == http::Step::error)
                    return fail(ErrorCode::unavailable, std::string(parser.error().why));
            }
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
        while (true) {
            auto page = GH_TRY(
                log_->streams(all.empty() ? "" : all.back().stream, admin::rooms_per_page));
            bool const is_last = page.size() < admin::rooms_per_page;
            std::ranges::move(page, std::back_inserter(all));
            if (is_last)
                return all;
        }
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

// The server is asked only where it holds the store that the configuration names: whoever else
// listens there must not be taken for it.
Result<std::unique_ptr<Records>> open_records(config::Settings const& settings)
{
    auto const& listen = settings.listen.admin;
    auto const wanted = server::store_name(settings.store);
    auto server
        = std::make_unique<ServerRecords>(GH_TRY(net::Address::parse(server::to_text(listen))));
    auto const held = server->store_name();
    if (held && *held == wanted)
        return server;
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
    return std::make_unique<FileRecords>(std::move(*log));
}

}  // namespace gatehouse::cli
