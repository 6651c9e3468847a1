// SPDX-License-Identifier: Apache-2.0
#include "admin/admin.hpp"

#include "admin/rendering.hpp"
#include "events/audit.hpp"
#include "events/page.hpp"
#include "http/error_body.hpp"
#include "http/target.hpp"

#include <charconv>
#include <optional>

namespace gatehouse::admin {
namespace {

// Answers that a question cannot be answered: kept for when that turns out later.
class Refuse {
public:
    explicit Refuse(Request const& request)
        : path_(request.path)
        , request_id_(request.request_id)
        , now_(request.now)
    {
    }

    http::Response operator()(Error const& error, int status = 0) const
    {
        return http::error_response({.code = error.code, .message = error.message, .status = status,
                                        .instance = path_, .request_id = request_id_}, now_);
    }

private:
    std::string path_;
    std::string request_id_;
    WallTime now_;
};

std::optional<std::uint64_t> number_in(std::string_view query, std::string_view name)
{
    auto const text = http::query_value(query, name);
    if (!text)
        return 0;
    std::uint64_t number = 0;
    auto const end = text->data() + text->size();
    auto const parsed = std::from_chars(text->data(), end, number);
    return parsed.ec == std::errc() && parsed.ptr == end ? std::optional(number) : std::nullopt;
}

void name_store(Request const& request, Done done)
{
    std::string body;
    json::Writer(body).object().key("store").value(request.store_name).end_object();
    done({.body = std::move(body)});
}

void list_rooms(Request const& request, events::EventStore& store, Done done)
{
    auto after = http::query_value(request.query, "after").value_or("");
    auto answer = [done = std::move(done), refuse = Refuse(request), after,
                      game = http::query_value(request.query, "game").value_or(""),
                      status = http::query_value(request.query, "status").value_or("")](
                      Result<std::vector<events::StreamHead>> const& heads) mutable {
        if (!heads)
            return done(refuse(heads.error()));
        std::string body;
        json::Writer out(body);
        out.object().key("rooms").array();
        for (auto const& head : *heads) {
            bool const fits = events::is_room(head) && (game.empty() || head.category == game)
                && (status.empty() || (status == "finished") == head.state.finished);
            if (fits)
                write_head(out, head);
        }
        out.end_array().key("next").value(heads->empty() ? after : heads->back().stream);
        out.key("last").value(heads->size() < rooms_per_page).end_object();
        done({.body = std::move(body)});
    };
    store.streams(std::move(after), rooms_per_page, std::move(answer));
}

void list_audit(Request const& request, events::EventStore& store, Done done)
{
    store.find(std::string(events::audit_category),
        [done = std::move(done), refuse = Refuse(request)](
            Result<std::vector<events::StreamHead>> const& heads) mutable {
            if (!heads)
                return done(refuse(heads.error()));
            std::string body;
            json::Writer out(body);
            out.object().key("months").array();
            for (auto const& head : *heads)
                write_head(out, head);
            out.end_array().end_object();
            done({.body = std::move(body)});
        });
}

void show_events(
    std::string_view room, Request const& request, events::EventStore& store, Done done)
{
    auto const after = number_in(request.query, "after");
    if (!after)
        return done(Refuse(request)({ErrorCode::bad_request, "after: expected a version"}));
    store.read(std::string(room), *after, events_per_page,
        [done = std::move(done), refuse = Refuse(request), after = *after](
            Result<std::vector<events::Event>> events) mutable {
            if (!events)
                return done(refuse(events.error()));
            if (events->empty() && after == 0)
                return done(refuse({ErrorCode::not_found, "there is no such room"}));
            std::string body;
            json::Writer out(body);
            out.object().key("events").array();
            for (auto const& event : *events)
                write_event(out, event);
            out.end_array().key("last");
            out.value(events::is_last_page(*events, events_per_page)).end_object();
            done({.body = std::move(body)});
        });
}

void show_keys(
    std::string_view room, Request const& request, events::EventStore& store, Done done)
{
    store.hydrate(std::string(room), 1,
        [done = std::move(done), refuse = Refuse(request)](
            Result<events::History> const& history) mutable {
            if (!history)
                return done(refuse(history.error()));
            std::string body;
            json::Writer out(body);
            out.object().key("keys").array();
            for (auto const& key : history->keys)
                write_key(out, key);
            out.end_array().end_object();
            done({.body = std::move(body), .headers = {{"Cache-Control", "no-store"}}});
        });
}

void show_log(Request const& request, events::EventStore& store, Done done)
{
    auto const from = number_in(request.query, "from");
    if (!from)
        return done(Refuse(request)({ErrorCode::bad_request, "from: expected a cursor"}));
    auto answer = [done = std::move(done), refuse = Refuse(request)](
                      Result<events::LogPage> page) mutable {
        if (!page)
            return done(refuse(page.error()));
        std::string body;
        json::Writer out(body);
        out.object().key("events").array();
        for (auto const& each : page->events)
            write_event(out, each.event, &each);
        out.end_array().key("next").value(page->next).key("last").value(page->is_last).end_object();
        done({.body = std::move(body)});
    };
    store.log(*from, events_per_page, std::move(answer));
}

}  // namespace

void answer(Request const& request, events::EventStore& store, Done done)
{
    if (request.method != "GET" && request.method != "HEAD") {
        auto refusal = Refuse(request)({ErrorCode::unsupported, "this is read only"}, 405);
        refusal.headers.emplace_back("Allow", "GET, HEAD");
        return done(std::move(refusal));
    }
    constexpr std::string_view rooms = "/admin/rooms";
    auto const path = request.path;
    if (path == "/admin/store")
        return name_store(request, std::move(done));
    if (path == rooms)
        return list_rooms(request, store, std::move(done));
    if (path == "/admin/audit")
        return list_audit(request, store, std::move(done));
    if (path == "/admin/log")
        return show_log(request, store, std::move(done));
    if (path.starts_with("/admin/rooms/")) {
        auto const rest = path.substr(rooms.size() + 1); // ROOM/events
        auto const room = rest.substr(0, rest.find('/'));
        if (rest.substr(room.size()) == "/events")
            return show_events(room, request, store, std::move(done));
        if (rest.substr(room.size()) == "/keys")
            return show_keys(room, request, store, std::move(done));
    }
    done(Refuse(request)({ErrorCode::not_found, "no such question"}));
}

}  // namespace gatehouse::admin
