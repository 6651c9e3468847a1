// SPDX-License-Identifier: Apache-2.0

// Whatever clients say and rooms answer, in whatever order: sessions tell valid JSON, ask a room
// only for those who are in it, keep their bounds, and leave every room when the connection ends.
//
// The input is lines. One that begins with one of "+?=~x" is something that happens (see `happen`);
// all others are messages of the client, which talks JSON, CBOR, and JSON by posts in turn.

#include "base/assert.hpp"
#include "base/cbor_json.hpp"
#include "sessions/sessions.hpp"
#include "websocket/frame.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>

using namespace gatehouse;
using namespace gatehouse::sessions;

namespace {

constexpr Options small{.rooms_max = 3, .kernel_backlog_max = 0, .outbox_bytes_max = 2048,
    .outbox_messages_max = 8, .outbox_bytes_hard_max = 8192};

// Everything around the sessions of one shard, and one client after the other.
class World final : Wire, RoomDoor, Login, Claims, Dice, observe::LogSink {
public:
    World() { connect(); }
    ~World() override
    {
        disconnect();
        GH_ASSERT(sessions_.size() == 0 && inside_.empty());
    }

    void take(std::string_view line)
    {
        auto const is_event = !line.empty() && std::string_view("+?=~x").contains(line.front());
        if (is_event)
            happen(line.front(), line.substr(1));
        else
            say(line);
        if (is_closing_ || !sessions_.knows(client_)) {
            disconnect();
            connect();
        }
    }

private:
    using Effect = rooms::Delivery::Effect;

    // CBOR: of what is JSON; all else as it stands.
    [[nodiscard]] bool talks_cbor() const { return client_.number % 3 == 2; }
    [[nodiscard]] bool reads_events() const { return client_.number % 3 == 0; }

    void say(std::string_view line)
    {
        if (reads_events()) {
            using enum Sessions::Posted;
            auto const posted = sessions_.posted(stream_, posts_ + 1, line);
            GH_ASSERT(posted == (line.size() > small.message_bytes_max ? too_large : taken));
            posts_ += posted == taken ? 1 : 0;
            return;
        }
        std::string message(line);
        auto const json = talks_cbor() ? parser_.parse(line) : fail(ErrorCode::unsupported, "");
        if (json) {
            message.clear();
            cbor::append_cbor(message, *json);
        }
        std::string bytes;
        websocket::append_frame(bytes,
            talks_cbor() ? websocket::Opcode::binary : websocket::Opcode::text, message,
            websocket::MaskKey{'m', 'a', 's', 'k'});
        sessions_.received(client_, bytes);
    }

    void read(std::string_view message)
    {
        std::string text(message);
        if (talks_cbor()) {
            text.clear();
            GH_ASSERT(cbor::append_json(text, message).has_value());
        }
        GH_ASSERT(parser_.parse(text).has_value());
    }

    void read_events(std::string_view text)
    {
        while (!text.empty()) {
            auto const end = text.find("\n\n");
            GH_ASSERT(end != text.npos);
            auto event = text.substr(0, end);
            text.remove_prefix(end + 2);
            constexpr std::string_view last = "event: close\n";
            if (event.starts_with(last))
                event.remove_prefix(last.size());
            GH_ASSERT(event.starts_with("data: "));
            auto const data = parser_.parse(event.substr(6));
            GH_ASSERT(data.has_value());
            if (stream_.empty())
                stream_ = data->find("stream")->text().value();
        }
    }

    void happen(char what, std::string_view rest)
    {
        switch (what) {
        case '+': // Time goes by.
            now_.steady += Milliseconds(std::int64_t{1} << std::min<std::size_t>(rest.size(), 20));
            timers_.run(now_.steady);
            break;
        case '?': // What was asked of others is answered.
            if (!searches_.empty())
                answer_search(rest);
            if (!claims_.empty())
                answer_claim();
            break;
        case '=': answer_as_room(rest); break;
        case '~': // The client stops reading, or has read everything.
            backlog_ = rest.empty() ? 0 : 1;
            if (backlog_ == 0)
                sessions_.drained(client_);
            break;
        default: is_closing_ = true;
        }
    }

    void answer_search(std::string_view room)
    {
        auto const done = std::exchange(searches_, {});
        for (auto const& search : done)
            (*search)(room.empty() ? Result<std::string>(fail(ErrorCode::not_found, "no such room"))
                                   : Result<std::string>(std::string(room)));
    }

    void answer_claim()
    {
        auto const waiting = std::exchange(claims_, {});
        for (auto const& [claim, done] : waiting)
            (*done)(sessions_.take(claim));
    }

    // The first letter says what kind of answer; the longer the line, the longer the answer.
    void answer_as_room(std::string_view line)
    {
        if (inside_.empty() || line.empty())
            return;
        auto const letter = static_cast<unsigned char>(line.front());
        auto const who = std::next(inside_.begin(), letter / 8 % std::ssize(inside_))->first;
        auto const effect = static_cast<Effect>(letter % 5);
        if (effect == Effect::ended)
            inside_.erase(who);
        std::string text = "[" + std::to_string(letter) + std::string(line.size() * 16, ' ') + "]";
        sessions_.deliver({.to = who, .frame = make_frame(websocket::encode_text(text)),
            .effect = effect, .answered = static_cast<std::uint16_t>(letter % 3)});
    }

    void connect()
    {
        client_ = {client_.number + 1};
        reader_ = std::make_unique<websocket::Connection>(websocket::Role::client, 1 << 20);
        backlog_ = 0;
        is_closing_ = false;
        stream_.clear();
        posts_ = 0;
        sessions_.opened(client_, "peer", "request",
            {.language = talks_cbor() ? Language::cbor : Language::json,
                .carrier = reads_events() ? Carrier::events : Carrier::websocket});
    }
    void disconnect()
    {
        sessions_.closed(client_);
        for (auto const& [who, room] : inside_)
            GH_ASSERT(who.connection != client_);
    }

    // ---- Wire
    void send(ConnectionId id, Frame frame) override { send(id, std::string_view(*frame)); }
    void send(ConnectionId id, std::string_view bytes) override
    {
        GH_ASSERT(id == client_ && !is_closing_);
        if (reads_events())
            return read_events(bytes);
        std::string copy(bytes);
        std::span<char> input = copy;
        for (websocket::Step step{};
             (step = reader_->next(input)) != websocket::Step::need_more;) {
            GH_ASSERT(step != websocket::Step::error);
            if (step == websocket::Step::message)
                read(reader_->payload());
        }
    }
    void close(ConnectionId id) override { is_closing_ = is_closing_ || id == client_; }
    void reset(ConnectionId id) override { close(id); }
    std::size_t backlog(ConnectionId) const override { return backlog_; }
    void drop_waiting(ConnectionId) override {} // All was sent at once.

    // ---- RoomDoor
    void ask(std::string_view room, rooms::Request request) override
    {
        auto const& [from, what] = request;
        GH_ASSERT(from.connection == client_ && !room.empty());
        if (std::holds_alternative<rooms::Join>(what)) {
            GH_ASSERT(inside_.emplace(from, room).second);
            GH_ASSERT(inside_.size() <= small.rooms_max);
            return;
        }
        auto const found = inside_.find(from);
        GH_ASSERT(found != inside_.end() && found->second == room);
        if (std::holds_alternative<rooms::Gone>(what))
            inside_.erase(found);
        else if (auto const* act = std::get_if<rooms::Act>(&what); act && !act->body.empty())
            GH_ASSERT(parser_.parse(act->body).has_value());
        else if (auto const* asked = std::get_if<rooms::Ask>(&what); asked && !asked->body.empty())
            GH_ASSERT(parser_.parse(asked->body).has_value());
    }
    void find(Destination, OnFound done) override
    {
        searches_.push_back(std::make_unique<OnFound>(std::move(done)));
    }

    // ---- The rest
    void verify(std::string_view token, Ways const*, OnVerified done) override
    {
        done(judge(token));
    }
    Result<identity::Verified> judge(std::string_view token) const
    {
        if (token.empty())
            return fail(ErrorCode::unauthenticated, "no such token");
        return identity::Verified{{.id = std::string(token)}, now_.wall + Milliseconds(5'000)};
    }
    void redeem(std::string ticket, OnAdmitted done) override
    {
        auto login = judge(ticket.substr(0, ticket.size() / 2));
        if (!login)
            return done(std::unexpected(std::move(login.error())));
        done(Admission{*std::move(login), ticket.size() % 3 == 0 ? ticket : ""});
    }
    void claim(Claim claim, std::move_only_function<void(bool)> done) override
    {
        claims_.emplace_back(std::move(claim),
            std::make_unique<std::move_only_function<void(bool)>>(std::move(done)));
    }
    std::string bytes(std::size_t size) override { return std::string(size, 'd'); }
    void write(observe::Level, std::string_view) override {}

    Now now_{TimePoint(std::chrono::hours(1)), WallTime{1'000'000}};
    Timers timers_{now_.steady};
    observe::Metrics metrics_{};
    observe::Log log_{*this, observe::Level::error, 0};
    json::Parser parser_{};
    ConnectionId client_{};
    std::unique_ptr<websocket::Connection> reader_{};
    std::string stream_{}; // What its posts name,
    std::uint64_t posts_ = 0; // and how many there were.
    std::size_t backlog_ = 0;
    bool is_closing_ = false;
    std::map<rooms::Caller, std::string> inside_{}; // Who is in which room, as the rooms see it.
    std::vector<std::unique_ptr<OnFound>> searches_{};
    std::vector<std::pair<Claim, std::unique_ptr<std::move_only_function<void(bool)>>>> claims_{};
    Sessions sessions_{small,
        {.wire = *this, .rooms = *this, .login = *this, .claims = *this, .timers = timers_,
            .dice = *this, .now = now_, .metrics = metrics_, .log = log_, .shard = 0}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    World world;
    std::string_view rest(reinterpret_cast<char const*>(data), size);
    while (!rest.empty()) {
        auto const end = rest.find('\n');
        world.take(rest.substr(0, end));
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    }
    return 0;
}
