// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agenda.hpp"
#include "checker.hpp"
#include "client.hpp"
#include "luck.hpp"
#include "network.hpp"
#include "operator.hpp"
#include "plan.hpp"
#include "process.hpp"
#include "store.hpp"
#include "trace.hpp"
#include "turnstile.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::simulation {

struct Setting {
    std::uint64_t seed = 1;
    Bug bug = Bug::none;
    std::optional<StoreKind> store{}; // The seed's, where nobody asks for another.
    Trace::Voice voice = Trace::Voice::quiet;
    bool is_repetition = false; // Only the trace is asked for.
};

struct Outcome {
    StoreKind store = StoreKind::memory;
    std::vector<std::string> faults; // Empty: all promises were kept.
    std::uint64_t trace = 0;
    std::uint64_t acks = 0;
    std::uint64_t views = 0;
    std::uint64_t events = 0;
    std::uint64_t slept = 0; // Times that a room left memory, for it was idle.
    Duration simulated{};
};

// Everything there is, in one thread, from one seed: a store, one process after the other on it,
// clients and the network between. First it storms; then all faults end, and everybody must get
// what is still owed to them.
class World {
public:
    World(Setting const& setting, Scenery const& scenery);

    [[nodiscard]] Outcome run();

private:
    void boot();
    void boot_later();
    void foresee_faults();
    void crash();
    void bury(std::unique_ptr<Process> process);
    void drain();
    void stand_still();
    void lose_the_database();
    void make_room_for_another(TimePoint until);
    void wake_up(std::uint64_t number);
    void lose(std::uint64_t number);
    [[nodiscard]] Store::News news_for(std::uint64_t number);
    [[nodiscard]] Process* of_number(std::uint64_t number);
    [[nodiscard]] Process* whom_to_reach();
    void fail_over();
    void have_room_go_back();
    void have_room_forked();
    void back_up();
    void set_back();
    void decay();
    void mend(bool is_cut_off);
    void begin_anew();
    void go_on_with(storage::Log& history);
    void erase_somebody();
    void have_erased(Client& client);
    void weather_the_storm();
    void heal();
    std::uint64_t look_back();
    // Without faults of the store meanwhile.
    template <typename Work>
    void while_calm(Work const& work)
    {
        auto const plan = plan_;
        plan_.calm();
        work();
        plan_ = plan;
    }
    [[nodiscard]] std::string complaint() const;

    bool is_repetition_;
    Luck luck_;
    Plan plan_;
    Agenda agenda_{};
    Trace trace_;
    Witness witness_{};
    Checker checker_{witness_};
    std::unique_ptr<Store> store_;
    Network network_;
    Scenery const& scenery_;
    std::shared_ptr<gateway::Config const> gateway_;
    Turnstile turnstile_{plan_.limit};
    Lobby lobby_{};
    std::vector<std::unique_ptr<Client>> clients_{};
    Operator operator_;
    std::uint64_t slept_ = 0;
    std::unique_ptr<Process> process_{};
    std::uint64_t number_ = 0;          // Its, or of the last one.
    std::unique_ptr<Process> asleep_{}; // One that stood still or was cut off, and may not know.
    std::uint64_t asleep_number_ = 0;
    bool asleep_is_awake_ = false;
    std::uint64_t numbers_ = 0;
    bool is_decayed_ = false; // The store, and nobody has mended it yet.
    bool has_lost_history_ = false; // A standby knew less than clients were told.
};

[[nodiscard]] Outcome simulate(Setting const& setting, Scenery const& scenery);

}  // namespace gatehouse::simulation
