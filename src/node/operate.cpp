// SPDX-License-Identifier: Apache-2.0
// What operators do to rooms, and to what is kept of persons (admin/admin.hpp lists the paths).
#include "node/gather.hpp"
#include "node/node.hpp"

#include "events/audit.hpp"
#include "http/error_body.hpp"

#include <algorithm>
#include <charconv>

namespace gatehouse::node {
namespace {

constexpr std::string_view rooms_prefix = "/admin/rooms/";
constexpr std::string_view everywhere = "*"; // In place of a room.
constexpr std::string_view subjects_prefix = "/admin/subjects/";
constexpr std::string_view projections_prefix = "/admin/projections/";
constexpr std::string_view keys_path = "/admin/keys";
constexpr std::string_view audit_path = "/admin/audit";
constexpr std::string_view bans_path = "/admin/bans";

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

Result<rooms::Rooms::Moment> read_moment(json::Node const& body, bool must_be_there)
{
    auto const version = body.find("version");
    auto const at = body.find("at");
    rooms::Rooms::Moment moment;
    if (version)
        moment.version = version->unsigned_integer();
    if (at && at->integer())
        moment.at = WallTime{*at->integer()};
    bool const is_unread = (version && !moment.version) || (at && !moment.at);
    if (is_unread || (version && at) || (must_be_there && !version && !at))
        return fail(ErrorCode::bad_request,
            "expected {\"version\":N}, or {\"at\":milliseconds since 1970}");
    return moment;
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

Node::Answer Node::render(rooms::Rooms::WentBack const& went)
{
    std::string text;
    json::Writer out(text);
    out.object().key("room").value(went.room).key("version").value(went.now);
    out.key("as_of").value(went.to).end_object();
    return {std::move(text),
        "done: version " + std::to_string(went.now) + " is as " + std::to_string(went.to)};
}

Node::Answer Node::render(rooms::Rooms::Fork const& fork)
{
    std::string text;
    json::Writer out(text);
    out.object().key("room").value(fork.room).key("from").value(fork.from);
    out.key("as_of").value(fork.version).key("new").value(fork.is_new).end_object();
    return {std::move(text),
        (fork.is_new ? "done: made " : "done: found ") + fork.room + ", " + fork.from
            + " as of version " + std::to_string(fork.version)};
}

// Asked for by scripts and people, never by a page that some browser happens to show: what is
// sent must say that it is JSON, which no page may send unasked (Fetch Standard, CORS).
bool Node::is_operators_order(gateway::LocalRequest const& request)
{
    auto const path = request.head.path;
    if (request.head.method == "DELETE")
        return path.starts_with(keys_path);
    return request.head.method == "POST"
        && (path.starts_with(rooms_prefix) || path.starts_with(subjects_prefix)
            || path.starts_with(projections_prefix) || path.starts_with(audit_path)
            || path.starts_with(bans_path) || path.starts_with(keys_path));
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
    bool const has_body = request.head.method != "DELETE";
    if (has_body && !type.starts_with("application/json"))
        return done(refuse(
            {ErrorCode::unsupported, "send JSON, and Content-Type: application/json"}, 415));
    auto answer = [refuse, done = std::move(done)](Result<Answer> given) mutable {
        if (!given)
            return done(refuse(given.error()));
        done({.body = std::move(given->json), .headers = {{"Cache-Control", "no-store"}}});
    };
    auto const& head = request.head;
    auto const* const principal = request.asker.principal;
    std::string const who(principal ? std::string_view(principal->id)
                                    : head.headers.find("Gatehouse-Operator").value_or("?"));
    auto give = [this, path = std::string(head.path),
                    text = std::string(has_body ? request.body : "{}"),
                    by = audit::Asked{.who = who, .from = std::string(request.asker.peer)},
                    answer = std::move(answer)](std::string const& room) mutable {
        give_order(path, room, text, std::move(by), std::move(answer));
    };
    if (!head.path.starts_with(rooms_prefix))
        return give("");
    name_room(std::string(parts_of(head.path.substr(rooms_prefix.size()))[0]), std::move(give));
}

// By its id, which will still be that of the same room when its code is another one's. As it is,
// where it leads to none.
void Node::name_room(std::string name, std::move_only_function<void(std::string)> then)
{
    if (name.empty() || name == everywhere || name.contains('.'))
        return then(std::move(name));
    find({.by = sessions::Destination::By::code, .value = name},
        [name, then = std::move(then)](Result<std::string> found) mutable {
            then(found ? *std::move(found) : std::move(name));
        });
}

void Node::give_order(std::string const& path, std::string const& room, std::string const& text,
    audit::Asked by, OnAnswer answer)
{
    auto const body = parser_.parse(text);
    if (!body)
        return answer(fail(ErrorCode::bad_request, body.error().message));
    std::string_view const place = path;
    if (place.starts_with(audit_path))
        return note(place.substr(audit_path.size()), *body, std::move(by), std::move(answer));
    auto order = place.starts_with(subjects_prefix)
        ? read_subject_order(place.substr(subjects_prefix.size()), *body)
        : place.starts_with(keys_path)
        ? read_keys_order(place.substr(keys_path.size()), *body)
        : place.starts_with(projections_prefix)
        ? read_projections_order(place.substr(projections_prefix.size()), *body)
        : place.starts_with(bans_path)
        ? read_ban_order(place.substr(bans_path.size()), *body)
        : read_order(room, parts_of(place.substr(rooms_prefix.size())), *body);
    if (!order)
        return answer(std::unexpected(order.error()));
    order->asked.who = std::move(by.who);
    order->asked.from = std::move(by.from);
    carry_out(std::move(*order), std::move(answer));
}

Result<Node::Order> Node::read_order(
    std::string const& room, std::vector<std::string_view> const& parts, json::Node body)
{
    auto const version_of = [room](OnAnswer answer) -> rooms::Instruction::OnDone {
        return [room, answer = std::move(answer)](Result<events::Version> version) mutable {
            if (!version)
                return answer(std::unexpected(version.error()));
            std::string text;
            json::Writer out(text);
            out.object().key("room").value(room).key("version").value(*version).end_object();
            answer(Answer{std::move(text), "done: version " + std::to_string(*version)});
        };
    };
    if (parts.size() == 2 && parts[1] == "open")
        return Order{{.what = "room open", .about = room},
            [this, room, version_of](
                OnAnswer answer) { reopen(room, version_of(std::move(answer))); }};
    if (parts.size() == 2 && (parts[1] == "pause" || parts[1] == "continue")) {
        bool const pauses = parts[1] == "pause";
        auto order = pauses ? rooms::Order(rooms::Pause{}) : rooms::Order(rooms::Continue{});
        return Order{{.what = pauses ? "room pause" : "room continue", .about = room},
            [this, room, version_of, order = std::move(order)](OnAnswer answer) mutable {
                if (room == everywhere)
                    return obey_everywhere(order, std::move(answer));
                obey(room, std::move(order), version_of(std::move(answer)));
            }};
    }
    if (parts.size() == 2 && parts[1] == "restore") {
        auto const moment = GH_TRY(read_moment(body, true));
        return Order{{.what = "room restore", .about = room, .with = body.compact()},
            [this, room, moment](OnAnswer answer) { go_back(room, moment, std::move(answer)); }};
    }
    if (parts.size() == 2 && parts[1] == "fork") {
        auto const moment = GH_TRY(read_moment(body, false));
        return Order{{.what = "room fork", .about = room, .with = body.compact()},
            [this, room, moment, name = text_member(body, "as").value_or("")](
                OnAnswer answer) { fork(room, moment, name, std::move(answer)); }};
    }
    if (parts.size() == 4 && parts[1] == "letters") {
        auto const letter = number_of(parts[2]);
        auto const about = room + " letter " + std::string(parts[2]);
        auto const obeyed = [&](std::string what, std::string with, rooms::Order order) {
            return Order{{.what = std::move(what), .about = about, .with = std::move(with)},
                [this, room, version_of, order = std::move(order)](OnAnswer answer) mutable {
                    obey(room, std::move(order), version_of(std::move(answer)));
                }};
        };
        if (parts[3] == "discard")
            return obeyed("letter discard", "", rooms::Discard{letter});
        if (parts[3] == "retry") // Its words may be about a person.
            return obeyed("letter retry", "body " + audit::digest_of(body.compact()),
                rooms::Retry{letter, text_member(body, "name"), text_member(body, "body")});
    }
    return fail(ErrorCode::not_found, "no such order");
}

// ---- The audit log

// Nothing is done that is not recorded: first that it was asked for, then, once it is done, what
// came of it. Where only the latter cannot be kept, it is done all the same, and answered so.
void Node::carry_out(Order order, OnAnswer answer)
{
    record(std::move(order.asked),
        [this, carry_out = std::move(order.carry_out), answer = std::move(answer)](
            Result<audit::Place> asked) mutable {
            if (!asked)
                return answer(std::unexpected(Error{asked.error().code,
                    "nothing was done, for it cannot be recorded: " + asked.error().message,
                    asked.error().detail}));
            carry_out([this, asked = *std::move(asked), answer = std::move(answer)](
                          Result<Answer> given) mutable {
                audit::Ended ended{.stream = asked.stream, .version = asked.version,
                    .outcome = given ? given->outcome : given.error().message};
                record(std::move(ended),
                    [answer = std::move(answer), given = std::move(given)](
                        Result<audit::Place> const&) mutable { answer(std::move(given)); });
            });
        });
}

// What the configuration has done without anybody's order (archive.keep).
void Node::note_archive(ArchiveTally const& tally)
{
    auto const deleted = tally.deleted - (archive_ ? archive_->deleted : 0);
    archive_ = tally;
    if (deleted == 0)
        return;
    audit::Asked asked{.who = "archive.keep", .from = "here", .what = "archive delete",
        .with = std::to_string(deleted) + (deleted == 1 ? " room" : " rooms")};
    record(std::move(asked), [this](Result<audit::Place> const& kept) {
        if (kept)
            record(audit::Ended{kept->stream, kept->version, "done"}, [](auto const&) {});
    });
}

// By the shard that has the log.
void Node::record(audit::Entry entry, audit::Journal::OnKept done)
{
    ports_.neighbours.post(shard_of(events::audit_category),
        [entry = std::move(entry), home = options_.shard, done = std::move(done)](
            Node& there) mutable {
            there.journal_.write(there.now_.wall, std::move(entry),
                [&there, home, done = std::move(done)](Result<audit::Place> kept) mutable {
                    there.ports_.neighbours.post(
                        home, [kept = std::move(kept), done = std::move(done)](Node&) mutable {
                            done(std::move(kept));
                        });
                });
        });
}

// What the command line does without this server, and has recorded by it:
//     POST /admin/audit {"what","about","with"}           it is about to
//     POST /admin/audit/{stream}/{version} {"outcome"}    it has
void Node::note(std::string_view place, json::Node body, audit::Asked asked, OnAnswer answer)
{
    auto const member = [&](std::string_view name) { return text_member(body, name).value_or(""); };
    audit::Entry entry;
    if (auto const parts = parts_of(place); parts.size() == 3 && number_of(parts[2]) > 0) {
        entry = audit::Ended{std::string(parts[1]), number_of(parts[2]), member("outcome")};
    } else if (place.empty()) {
        asked.what = member("what");
        asked.about = member("about");
        asked.with = member("with");
        entry = std::move(asked);
    } else {
        return answer(fail(ErrorCode::not_found, "no such order"));
    }
    record(std::move(entry), [answer = std::move(answer)](Result<audit::Place> kept) mutable {
        if (!kept)
            return answer(std::unexpected(kept.error()));
        std::string text;
        json::Writer out(text);
        out.object().key("stream").value(kept->stream);
        out.key("version").value(kept->version).end_object();
        answer(Answer{std::move(text)});
    });
}

// ---- Where rooms live

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

void Node::obey_everywhere(rooms::Order const& order, OnAnswer answer)
{
    struct Tally {
        rooms::Rooms::Obeyed sum;
        std::size_t missing;
        OnAnswer answer;
    };
    auto const tally
        = std::make_shared<Tally>(Tally{{}, options_.shards, std::move(answer)});
    auto const add = [tally](rooms::Rooms::Obeyed some) {
        tally->sum.rooms += some.rooms;
        tally->sum.failed += some.failed;
        if (--tally->missing > 0)
            return;
        std::string text;
        json::Writer out(text);
        out.object().key("rooms").value(tally->sum.rooms);
        out.key("failed").value(tally->sum.failed).end_object();
        tally->answer(Answer{std::move(text),
            "done in " + std::to_string(tally->sum.rooms) + " rooms, not in "
                + std::to_string(tally->sum.failed)});
    };
    for (ShardIndex shard = 0; shard < options_.shards; shard++)
        ports_.neighbours.post(shard, [order, add, home = options_.shard](Node& there) {
            there.rooms_.obey_everywhere(
                order, [&there, add, home](rooms::Rooms::Obeyed some) {
                    there.ports_.neighbours.post(home, [add, some](Node&) { add(some); });
                });
        });
}

// In words, on the shard that asked.
auto Node::rendered_at(ShardIndex home, OnAnswer answer)
{
    return [this, home, answer = std::move(answer)](auto result) mutable {
        Result<Answer> given = std::unexpected(result ? Error{} : result.error());
        if (result)
            given = render(*result);
        ports_.neighbours.post(
            home, [given = std::move(given), answer = std::move(answer)](Node&) mutable {
                answer(std::move(given));
            });
    };
}

void Node::go_back(std::string_view room, rooms::Rooms::Moment moment, OnAnswer answer)
{
    ports_.neighbours.post(shard_of(room),
        [room = std::string(room), moment, home = options_.shard, answer = std::move(answer)](
            Node& there) mutable {
            there.rooms_.go_back(room, moment, there.rendered_at(home, std::move(answer)));
        });
}

void Node::fork(std::string_view room, rooms::Rooms::Moment moment, std::string const& name,
    OnAnswer answer)
{
    ports_.neighbours.post(shard_of(room),
        [room = std::string(room), moment, name, home = options_.shard,
            answer = std::move(answer)](Node& there) mutable {
            there.rooms_.fork(room, moment, name, there.rendered_at(home, std::move(answer)));
        });
}

void Node::reopen(std::string_view room, rooms::Instruction::OnDone done)
{
    ports_.neighbours.post(shard_of(room),
        [room = std::string(room), home = options_.shard, done = std::move(done)](
            Node& there) mutable {
            there.rooms_.reopen(room, there.answer_at(home, std::move(done)));
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
