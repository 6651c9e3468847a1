// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audit/journal.hpp"
#include "base/random.hpp"
#include "base/timers.hpp"
#include "events/store.hpp"
#include "gateway/gateway.hpp"
#include "identity/tokens.hpp"
#include "matching/hall.hpp"
#include "node/key_ring.hpp"
#include "node/match_options.hpp"
#include "node/ports.hpp"
#include "node/ways.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "rooms/rooms.hpp"
#include "sessions/sessions.hpp"
#include "sessions/tickets.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::node {

// What the archive came to since the server started.
struct ArchiveTally {
    std::uint64_t rounds = 0;
    std::uint64_t failed_rounds = 0;
    std::uint64_t moved = 0; // Rooms.
    std::uint64_t refused = 0;
    std::uint64_t deleted = 0;
    std::uint64_t moved_events = 0;
    std::uint64_t compacted_events = 0;
    std::uint64_t bytes = 0; // Of their packs.
    WallTime last_good_round{};
};

// Of a game that another process decides: does it answer?
enum class Rules : bool { away, there };

struct Options {
    ShardIndex shard = 0;
    ShardIndex shards = 1;
    std::string version{};
    std::string store_name{}; // For operators.
    std::vector<WayOptions> ways{{"guests", GuestOptions{}}}; // Of `auth:`.
    std::size_t listings_max = 200;
    rooms::RoomsOptions rooms{};
    Matches matches{};
    sessions::Options sessions{};
};

// One shard of gatehouse: the gateway, the sessions and the rooms of one core, wired together over
// ports. Bytes and time come in by the functions below, bytes and appends go out through the ports;
// it waits for nothing and opens nothing, so a simulation runs many in one thread.
//
// Whoever drives it does so in turns: sets the instant, brings any inputs, rings the timers, calls
// end_turn; then what was sent leaves.
class Node final : gateway::Local,
                   gateway::Authenticator,
                   gateway::Accounts,
                   gateway::BanBook,
                   sessions::RoomDoor,
                   sessions::Login,
                   sessions::Claims {
public:
    Node(Options options, Ports ports, rooms::Catalogue const& games,
        identity::SigningKey const& key, std::shared_ptr<gateway::Config const> config);
    ~Node() override;

    // Before start(): what the process before this one died of, and the rooms that are shut for it.
    void beware(std::vector<rooms::CrashSite> const& sites,
        std::vector<rooms::CrashSite> const& shut);

    // Learns its rooms from the store; until `done`, /health/ready says no. They wake behind that,
    // or when somebody asks for them.
    void start(std::move_only_function<void(Result<std::size_t>)> done);

    // ---- A turn
    void opened(ConnectionId id, gateway::Accepted const& how);
    void connected(ConnectionId id);
    void received(ConnectionId id, std::span<char> bytes);
    void drained(ConnectionId id);
    void ended(ConnectionId id);
    void closed(ConnectionId id, gateway::CloseReason reason);
    void end_turn();

    [[nodiscard]] observe::Log& log() { return log_; }

    // ---- Operations
    void reload(std::vector<WayOptions> ways, std::shared_ptr<gateway::Config const> config);
    // What came of Ports::fetch_keys, on this shard or another.
    void keys_came(std::string const& way, JwtOptions const& options,
        Result<FetchedKeys> const& came);
    // No new work: clients are told to go (PROTOCOL.md, goaway), connections close after their
    // answer.
    void drain(Milliseconds in);
    // Ends the sessions that are still there.
    void close_sessions();
    [[nodiscard]] bool is_idle() const;
    // Has it recorded that archived rooms were deleted.
    void note_archive(ArchiveTally const& tally);
    // All that was durable then is backed up, and who was erased then is in no backup: health and a
    // metric say how far behind that is.
    void note_backup(TimePoint shipped_until, std::optional<TimePoint> erased_until)
    {
        backed_up_until_ = shipped_until;
        erased_until_ = erased_until;
    }

    // How far the rows of read models are.
    void note_projections(projections::Progress progress) { projections_ = std::move(progress); }

    // So many keys that were erased are still to be noted where no copy of the store reaches.
    void note_owed(std::size_t notes) { notes_owed_ = notes; }

    // Health says so; a game of another process is away until it is noted.
    void note_rules(std::string_view game, Rules rules)
    {
        rules_.insert_or_assign(std::string(game), rules);
    }

    [[nodiscard]] rooms::Rooms& rooms() { return rooms_; }
    [[nodiscard]] sessions::Sessions& sessions() { return sessions_; }
    [[nodiscard]] gateway::Gateway& gateway() { return gateway_; }
    [[nodiscard]] observe::Metrics& metrics() { return metrics_; }

private:
    // What sessions see of the wire.
    class SessionWire final : public sessions::Wire {
    public:
        explicit SessionWire(gateway::Wire& wire) : wire_(wire) {}
        void send(ConnectionId id, Frame frame) override { wire_.send(id, std::move(frame)); }
        void send(ConnectionId id, std::string_view bytes) override { wire_.send(id, bytes); }
        void close(ConnectionId id) override { wire_.close(id); }
        void reset(ConnectionId id) override { wire_.reset(id); }
        [[nodiscard]] std::size_t backlog(ConnectionId id) const override
        {
            return wire_.backlog(id);
        }
        void drop_waiting(ConnectionId id) override { wire_.drop_waiting(id); }

    private:
        gateway::Wire& wire_;
    };

    // gateway::Local (local_answers.cpp)
    using Done = gateway::Local::Done;
    void answer(gateway::LocalRequest const& request, Done done) override;
    void upgrade(ConnectionId id, http::RequestHead const& head, gateway::Asker const& asker,
        std::string_view leftover) override;
    struct Condition;
    void answer_health(std::string_view path, Done done);
    [[nodiscard]] http::Response render_health(Condition const* condition) const;
    [[nodiscard]] std::int64_t seconds_since(TimePoint then) const;
    void answer_metrics(std::string_view accept, Done done);
    void answer_admin(gateway::LocalRequest const& request, Done done);
    // Operators' orders (operate.cpp)
    [[nodiscard]] static bool is_operators_order(gateway::LocalRequest const& request);
    void operate(gateway::LocalRequest const& request, Done done);
    // What came of an order: for whoever gave it, and for the audit log.
    struct Answer {
        std::string json;
        std::string outcome = "done";
    };
    using OnAnswer = std::move_only_function<void(Result<Answer>)>;
    // An order as it was understood: how the audit log names it, and how it is carried out.
    struct Order {
        audit::Asked asked;
        std::move_only_function<void(OnAnswer)> carry_out;
    };
    void name_room(std::string name, std::move_only_function<void(std::string)> then);
    void give_order(std::string const& path, std::string const& room, std::string const& text,
        audit::Asked by, OnAnswer answer);
    [[nodiscard]] Result<Order> read_order(std::string const& room,
        std::vector<std::string_view> const& parts, json::Node body);
    [[nodiscard]] static Answer render(rooms::Rooms::WentBack const& went);
    [[nodiscard]] static Answer render(rooms::Rooms::Fork const& fork);
    void carry_out(Order order, OnAnswer answer);
    // Persons (subjects.cpp). Only this shard looks inside an erasure.
    struct Erasure {
        std::string subject;
        OnAnswer answer;
        std::uint64_t keys = 0;
        bool is_told = false; // To the rooms of all shards.
        int rounds = 0;
        std::size_t shards_awaited = 0;
    };
    [[nodiscard]] Result<Order> read_subject_order(std::string_view what, json::Node body);
    void erase(std::shared_ptr<Erasure> erasure);
    void drop_rows(std::string const& subject, projections::Boards::OnDone done);
    void tell_all(std::shared_ptr<Erasure> erasure);
    void record(audit::Entry entry, audit::Journal::OnKept done);
    void note(std::string_view place, json::Node body, audit::Asked asked, OnAnswer answer);
    void obey(std::string_view room, rooms::Order order, rooms::Instruction::OnDone done);
    void obey_everywhere(rooms::Order const& order, OnAnswer answer);
    void reopen(std::string_view room, rooms::Instruction::OnDone done);
    void go_back(std::string_view room, rooms::Rooms::Moment moment, OnAnswer answer);
    void fork(std::string_view room, rooms::Rooms::Moment moment, std::string const& name,
        OnAnswer answer);
    [[nodiscard]] auto rendered_at(ShardIndex home, OnAnswer answer);
    // Brings the answer to the shard that asked.
    [[nodiscard]] rooms::Instruction::OnDone answer_at(
        ShardIndex home, rooms::Instruction::OnDone done);
    void list_letters(Done done);
    void note_gauges();
    void note_caches();
    void note_sleep();
    void note_archive_metrics();
    void note_commits(events::CommitTally const& tally);
    void note_projection_metrics();
    void note_total(std::string_view name, std::string_view help, observe::Labels const& labels,
        std::uint64_t now);

    // The room API over HTTP (room_api.cpp)
    void answer_rooms(gateway::LocalRequest const& request, Done done);
    void create_session(gateway::Asker const& asker, Done done);
    void create_room(gateway::LocalRequest const& request, Done done);
    void list_rooms(gateway::LocalRequest const& request, Done done);
    void change_reservation(gateway::LocalRequest const& request, Done done);
    void show_room(gateway::LocalRequest const& request, Done done);
    void list_games(Done done);

    // API keys (keys.cpp). One shard writes them, all know them.
    void ask_for_keys();
    void tell_keys(ShardIndex shard);
    [[nodiscard]] Result<Order> read_keys_order(std::string_view what, json::Node body);
    [[nodiscard]] Result<Order> read_new_key(json::Node body);
    using KeyChange = std::move_only_function<void(KeyRing&, WallTime, KeyRing::OnKept)>;
    void change_key(KeyChange change, KeyRing::OnKept done);
    void publish(Result<identity::ApiKey> kept, ShardIndex home, KeyRing::OnKept done);
    void list_keys(gateway::LocalRequest const& request, Done done);

    // What many games come to (boards.cpp)
    [[nodiscard]] static bool is_about_boards(std::string_view path);
    void answer_boards(gateway::LocalRequest const& request, Done done);
    [[nodiscard]] Result<void> ask_boards(gateway::LocalRequest const& request, Done& done);
    [[nodiscard]] Result<std::string> player_named(
        std::string_view name, gateway::Asker const& asker) const;
    [[nodiscard]] Result<void> ask_leaders(
        std::string game, gateway::LocalRequest const& request, Done& done);
    [[nodiscard]] Result<void> ask_finished(
        std::string game, gateway::LocalRequest const& request, Done& done);
    [[nodiscard]] auto answering(gateway::LocalRequest const& request, Done& done);
    void show_projections(gateway::LocalRequest const& request, Done done);
    [[nodiscard]] Result<Order> read_projections_order(
        std::string_view what, json::Node body);
    using OnCreated = std::move_only_function<void(Result<std::string>)>;
    static constexpr int draws_max = 8; // Of an invite code that is free.
    // What a room is to be.
    struct Plan {
        std::string options; // As Rules::read_options gave them.
        rooms::Wishes wishes{};
    };
    [[nodiscard]] Result<std::string> read_options(
        rooms::Rules const& rules, std::optional<json::Node> given) const;
    void open_room(rooms::Rules const& rules, Plan plan, int draws_left, OnCreated done);
    void find_open(std::string game, OnFound done);

    // Finding others to play with (matches.cpp)
    [[nodiscard]] static bool is_about_matches(std::string_view path);
    [[nodiscard]] ShardIndex owner_of_matches(std::string_view game) const;
    void answer_matches(gateway::LocalRequest const& request, Done done);
    // Of who asks on a connection, so that it can be dropped when that is gone. One at a time.
    struct Seeking {
        matching::Hall::Question question;
        std::optional<ShardIndex> shard{}; // Whose hall was asked.
    };
    [[nodiscard]] auto answering_match(gateway::LocalRequest const& request,
        matching::Hall::Question question, Done& done);
    [[nodiscard]] matching::Hall::Question begin_seeking(ConnectionId id);
    [[nodiscard]] Seeking* seeking_on(ConnectionId id, matching::Hall::Question question);
    void end_seeking(ConnectionId id);
    void look_at_seat(
        std::string room, std::string principal, matching::Hall::OnAwaited then);
    void seek(gateway::LocalRequest const& request, Done done);
    void find_rating(matching::Wish const& wish, std::move_only_function<void(int)> then);
    void seek_on(gateway::LocalRequest const& request, Done done);
    void ask_hall(ShardIndex shard, matching::Hall::OnAnswer answer,
        std::move_only_function<void(Node&, matching::Hall::OnAnswer)> question);
    void leave_hall(ShardIndex shard, std::string match, std::string principal,
        std::move_only_function<void(Result<void>)> done);
    void wind_hall();
    void open_for(matching::Party party, matching::Hall::OnRoom done);
    void note_match(std::string_view game, Milliseconds waited);
    void note_waiting();

    // Where WebSockets do not get through, and where a token must not go (streams.cpp)
    void open_stream(ConnectionId id, gateway::Asker const& asker);
    void take_post(gateway::LocalRequest const& request, Done done);
    void issue_ticket(gateway::LocalRequest const& request, Done done);
    void redeem(std::string ticket, OnAdmitted done) override;

    // gateway::Authenticator, sessions::Login
    [[nodiscard]] identity::Answer verify(
        identity::Evidence const& evidence, std::span<std::string const> ways) override;
    void await(std::move_only_function<void()> again) override { ways_.await(std::move(again)); }
    void verify(std::string_view token, sessions::Ways const* ways, OnVerified done) override;
    [[nodiscard]] sessions::Ways const* kept(std::span<std::string const> ways);

    // gateway::Accounts, sessions::RoomDoor, sessions::Claims (neighbours.cpp)
    [[nodiscard]] ShardIndex owner_of(std::string_view account) const override;
    [[nodiscard]] bool is_own(std::string_view account) const override;
    void ask(std::string_view limit, std::string_view account,
        std::move_only_function<void(limits::Verdict)> done) override;
    void ask_all(ShardIndex owner, std::vector<gateway::LimitAccount> accounts,
        std::move_only_function<void(Verdicts)> done) override;
    void give_back(ShardIndex owner, std::vector<gateway::LimitAccount> accounts,
        TimePoint taken_at) override;
    // gateway::BanBook, and operators' bans (bans.cpp)
    void note_refusal(std::string_view address) override;
    void tell_all(limits::Ban const& ban) override;
    void list_bans(Done done);
    [[nodiscard]] Result<Order> read_ban_order(std::string_view what, json::Node body);
    void ban_everywhere(limits::Ban const& ban, OnAnswer answer);
    void lift_everywhere(limits::Block const& block, OnAnswer answer);

    void ask(std::string_view room, rooms::Request request) override;
    void find(sessions::Destination destination, OnFound done) override;
    void claim(sessions::Claim claim, std::move_only_function<void(bool)> done) override;
    void deliver(rooms::Delivery delivery);
    [[nodiscard]] ShardIndex shard_of(std::string_view room) const;
    // Asks every shard, this one included, and brings the answers here.
    template <typename T>
    void gather(
        std::function<T(Node&)> question, std::move_only_function<void(std::vector<T>)> done);

    Options options_;
    Ports ports_;
    rooms::Catalogue const& games_;
    Now const& now_;
    TimePoint started_at_;
    observe::Metrics metrics_{};
    observe::Log log_;
    identity::GuestTokens guests_; // What it makes; who shows them is judged by ways_.
    Ways ways_;
    std::set<sessions::Ways> ways_kept_{}; // As sessions know them: one for each list of a route.
    json::Parser parser_{};
    SessionWire session_wire_;
    audit::Journal journal_; // Of the shard that has the slot of the audit log.
    KeyRing key_ring_;       // Of the shard that has the slot of API keys.
    Timer keys_again_;       // Where they could not be read.
    rooms::Rooms rooms_;
    sessions::Tickets tickets_{};
    sessions::Sessions sessions_;
    matching::Hall hall_; // Of the games whose matches this shard owns.
    Timer hall_alarm_;
    std::map<ConnectionId, Seeking> seeking_{};
    std::uint64_t questions_ = 0; // Ever asked of a hall here.
    gateway::Gateway gateway_;
    bool is_draining_ = false;
    std::optional<ArchiveTally> archive_{};     // None where there is no archive.
    std::optional<TimePoint> backed_up_until_{}; // None where there is no backup.
    std::optional<TimePoint> erased_until_{};    // None until the backup has looked.
    std::optional<projections::Progress> projections_{}; // None where no rows are kept.
    std::map<std::string, Rules, std::less<>> rules_{}; // Of games of other processes.
    std::optional<std::size_t> notes_owed_{};   // Where there is somebody to note them.
};

}  // namespace gatehouse::node
