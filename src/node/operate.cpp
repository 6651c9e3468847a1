// SPDX-License-Identifier: Apache-2.0
// What operators do to rooms (admin/admin.hpp lists the paths).
#include "node/gather.hpp"
#include "node/node.hpp"

#include "http/error_body.hpp"

#include <algorithm>
#include <charconv>

namespace gatehouse::node {
namespace {

constexpr std::string_view rooms_prefix = "/admin/rooms/";

// "k7qxm.9f/letters/12/retry" → {"k7qxm.9f", "letters", "12", "retry"}
std::vector<std::string_view> parts_of(std::string_view path)
{
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0; begin <= path.size();) {
        auto const end = std::min(path.find('/', begin), path.size());
        parts.push_back(path.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

// 0, which no letter has, where it is none.
std::uint64_t number_of(std::string_view text)
{
    std::uint64_t number = 0;
    auto const read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ptr == text.data() + text.size() ? number : 0;
}

std::optional<std::string> text_member(json::Node const& body, std::string_view name)
{
    auto const member = body.find(name);
    auto const text = member ? member->text() : std::nullopt;
    return text ? std::optional(std::string(*text)) : std::nullopt;
}

void write_letter(json::Writer& out, rooms::Rooms::OpenLetter const& letter)
{
    auto const& about = letter.letter.about;
    out.object().key("room").value(letter.room).key("letter").value(letter.letter.number);
    out.key("doing").value(about.doing);
    if (about.doing == rooms::name_of(rooms::Doing::act))
        out.key("principal").value(letter.principal).key("action").value(about.action);
    if (about.doing == rooms::name_of(rooms::Doing::bot))
        out.key("seat").value(about.seat);
    out.key("name").value(about.what).key("body").value(about.body);
    out.key("why").value(about.why).end_object();
}

} // namespace

// Asked for by scripts and people, never by a page that some browser happens to show: what is
// sent must say that it is JSON, which no page may send unasked (Fetch Standard, CORS).
bool Node::is_operators_order(gateway::LocalRequest const& request)
{
    return request.head.method == "POST" && request.head.path.starts_with(rooms_prefix);
}

void Node::operate(gateway::LocalRequest const& request, Done done)
{
    auto refuse = [now = now_.wall, path = std::string(request.head.path),
                      id = std::string(request.asker.request_id)](
                      Error const& why, int status = 0) {
        http::Problem const problem{.code = why.code,
            .message = why.message,
            .status = status,
            .instance = path,
            .request_id = id};
        return http::error_response(problem, now);
    };
    auto const type = request.head.headers.find("Content-Type").value_or("");
    if (!type.starts_with("application/json"))
        return done(refuse(
            {ErrorCode::unsupported, "send JSON, and Content-Type: application/json"}, 415));
    auto const body = parser_.parse(request.body);
    if (!body)
        return done(refuse({ErrorCode::bad_request, body.error().message}));

    auto const parts = parts_of(request.head.path.substr(rooms_prefix.size()));
    auto answer = [refuse, room = std::string(parts[0]), done = std::move(done)](
                      Result<events::Version> version) mutable {
        if (!version)
            return done(refuse(version.error()));
        std::string text;
        json::Writer out(text);
        out.object().key("room").value(room).key("version").value(*version).end_object();
        done({.body = std::move(text), .headers = {{"Cache-Control", "no-store"}}});
    };
    if (parts.size() == 2 && parts[1] == "open")
        return reopen(parts[0], std::move(answer));
    if (parts.size() == 2 && parts[1] == "restore") {
        auto const version = body->find("version");
        auto const at = body->find("at");
        rooms::Rooms::Moment moment;
        if (version)
            moment.version = version->unsigned_integer();
        if (at && at->integer())
            moment.at = WallTime{*at->integer()};
        if (moment.version.has_value() == moment.at.has_value())
            return answer(fail(ErrorCode::bad_request,
                "expected {\"version\":N}, or {\"at\":milliseconds since 1970}"));
        return go_back(parts[0], moment, std::move(answer));
    }
    if (parts.size() == 4 && parts[1] == "letters") {
        auto const letter = number_of(parts[2]);
        if (parts[3] == "discard")
            return obey(parts[0], rooms::Discard{letter}, std::move(answer));
        if (parts[3] == "retry")
            return obey(parts[0],
                rooms::Retry{letter, text_member(*body, "name"), text_member(*body, "body")},
                std::move(answer));
    }
    answer(fail(ErrorCode::not_found, "no such order"));
}

rooms::Instruction::OnDone Node::answer_at(ShardIndex home, rooms::Instruction::OnDone done)
{
    return [this, home, done = std::move(done)](Result<events::Version> result) mutable {
        ports_.neighbours.post(
            home, [result = std::move(result), done = std::move(done)](Node&) mutable {
                done(std::move(result));
            });
    };
}

void Node::obey(std::string_view room, rooms::Order order, rooms::Instruction::OnDone done)
{
    ports_.neighbours.post(shard_of(room),
        [room = std::string(room), order = std::move(order), home = options_.shard,
            done = std::move(done)](Node& there) mutable {
            there.rooms_.obey(room, std::move(order), there.answer_at(home, std::move(done)));
        });
}

void Node::go_back(std::string_view room, rooms::Rooms::Moment moment,
    rooms::Instruction::OnDone done)
{
    ports_.neighbours.post(shard_of(room),
        [room = std::string(room), moment, home = options_.shard, done = std::move(done)](
            Node& there) mutable {
            there.rooms_.go_back(room, moment, there.answer_at(home, std::move(done)));
        });
}

void Node::reopen(std::string_view room, rooms::Instruction::OnDone done)
{
    ports_.neighbours.post(shard_of(room),
        [room = std::string(room), home = options_.shard, done = std::move(done)](
            Node& there) mutable {
            there.answer_at(home, std::move(done))(there.rooms_.reopen(room));
        });
}

void Node::list_letters(Done done)
{
    struct Found {
        std::vector<rooms::Rooms::OpenLetter> letters;
        std::vector<rooms::CrashSite> shut;
    };
    gather<Found>(
        [](Node& there) -> Found { return {there.rooms_.letters(), there.rooms_.shut()}; },
        [done = std::move(done)](std::vector<Found> const& shards) mutable {
            std::string text;
            json::Writer out(text);
            out.object().key("letters").array();
            for (auto const& shard : shards)
                for (auto const& letter : shard.letters)
                    write_letter(out, letter);
            out.end_array().key("shut").array();
            for (auto const& shard : shards)
                for (auto const& site : shard.shut) {
                    out.object().key("room").value(site.room);
                    out.key("doing").value(name_of(site.doing));
                    out.key("why").value(site.why).end_object();
                }
            out.end_array().end_object();
            done({.body = std::move(text), .headers = {{"Cache-Control", "no-store"}}});
        });
}

} // namespace gatehouse::node
