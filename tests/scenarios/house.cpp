// SPDX-License-Identifier: Apache-2.0
#include "house.hpp"

#include "base/assert.hpp"
#include "liap_tui/liap_tui.hpp"
#include "rooms/rules_of.hpp"

namespace gatehouse::scenarios {
namespace {

std::shared_ptr<gateway::Config const> config()
{
    gateway::GatewayOptions options;
    options.access_log = false;
    options.routes.push_back(
        {.path = "/v1/**", .target = gateway::Target::rooms, .auth = {"guests"}});
    auto compiled = gateway::compile(std::move(options));
    GH_ASSERT(compiled);
    return *compiled;
}

}  // namespace

House::House(std::unique_ptr<Network> network) : network_(std::move(network))
{
    games_.add(rooms::rules_of<liap_tui::LiapTui>());
    build();
}

House::~House() = default;

void House::configure(HouseOptions options)
{
    options_ = options;
    restart();
}

void House::restart()
{
    node_.reset();
    letters_.clear();
    answers_.clear();
    build();
}

void House::build()
{
    timers_ = std::make_unique<Timers>(now_.steady);
    node::Options options;
    options.rooms.others.room.overdue_grace = options_.overdue_grace;
    options.rooms.others.room.bot_after = options_.bot_after;
    if (options_.takes_snapshots) {
        options.rooms.others.room.snapshot_events = 1;
        options.rooms.others.room.snapshot_growth = 0;
    }
    options.rooms.others.room.bot_delay = Milliseconds(100);
    // Players here are never silent, nor too loud: that is tested elsewhere.
    options.sessions.heartbeat = options.sessions.dead = std::chrono::hours(1'000);
    options.sessions.messages_per_second = 1'000'000;
    auto const key
        = identity::SigningKey::from_seed(std::string(identity::SigningKey::seed_bytes, 's'));
    node_ = std::make_unique<node::Node>(std::move(options),
        node::Ports{.wire = network_->wire(), .neighbours = *this, .store = *this,
            .timers = *timers_, .now = now_, .dice = *this, .log = *this},
        games_, key, config());
    network_->serve(*node_);
    bool is_ready = false;
    node_->start([&](Result<std::size_t> const& rooms) { is_ready = rooms.has_value(); });
    while (!is_ready || turn()) // Until all rooms are awake, too.
        turn();
}

bool House::turn()
{
    bool happened = network_->bring();
    for (auto& letter : std::exchange(letters_, {})) {
        letter(*node_);
        happened = true;
    }
    for (auto& answer : std::exchange(answers_, {})) {
        answer();
        happened = true;
    }
    timers_->run(now_.steady);
    node_->end_turn();
    network_->flush();
    return happened || !letters_.empty() || !answers_.empty();
}

void House::pass(Milliseconds span)
{
    now_.steady += span;
    now_.wall = now_.wall + span;
}

std::optional<Milliseconds> House::until_next_alarm() const
{
    auto const next = timers_->next();
    if (!next)
        return std::nullopt;
    return std::max(std::chrono::ceil<Milliseconds>(*next - now_.steady), Milliseconds(0));
}

template <typename Answer, typename Done>
void House::answer(Answer answer, Done done)
{
    answers_.push_back([answer = std::move(answer), done = std::move(done)]() mutable {
        done(std::move(answer));
    });
}

void House::append(std::vector<events::StreamAppend> batch, OnAppended done)
{
    answer(log_.append(std::move(batch)), std::move(done));
}

void House::read(
    std::string stream, events::Version after, std::size_t events_max, OnEvents done)
{
    answer(log_.read(stream, after, events_max), std::move(done));
}

void House::hydrate(std::string stream, std::size_t events_max, OnHistory done)
{
    answer(log_.hydrate(stream, events_max), std::move(done));
}

void House::keep(events::StreamSnapshot snapshot, OnKept done)
{
    auto const [stream, version] = std::pair(snapshot.stream, snapshot.snapshot.version);
    auto kept = log_.keep(std::move(snapshot));
    if (kept) // Nothing else tells of those events now.
        GH_ASSERT(log_.compact(stream, version));
    answer(std::move(kept), std::move(done));
}

void House::heads(Slot slot, OnHeads done)
{
    answer(log_.heads(slot), std::move(done));
}

void House::find(std::string name, OnHeads done)
{
    answer(log_.find(name), std::move(done));
}

void House::streams(std::string after, std::size_t streams_max, OnHeads done)
{
    answer(log_.streams(after, streams_max), std::move(done));
}

void House::memberships(
    std::string subject, std::string after, std::size_t memberships_max, OnMemberships done)
{
    answer(log_.memberships(subject, after, memberships_max), std::move(done));
}

void House::forget(std::string subject, OnForgotten done)
{
    answer(log_.forget(subject), std::move(done));
}

void House::log(events::LogCursor from, std::size_t events_max, OnPage done)
{
    answer(log_.log(from, events_max), std::move(done));
}

// A room's seed is told by its 32 bytes. So are the keys of people, whom it does no harm.
std::string House::bytes(std::size_t size)
{
    if (size == 32 && !room_seed_.empty())
        return room_seed_;
    std::string drawn(size, '\0');
    for (char& c : drawn)
        c = static_cast<char>(random_());
    return drawn;
}

}  // namespace gatehouse::scenarios
