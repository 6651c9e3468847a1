// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agenda.hpp"
#include "luck.hpp"
#include "plan.hpp"
#include "storage/log.hpp"
#include "trace.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::simulation {

enum class Death : std::uint8_t {
    kill,  // Of the process: the machine lives on.
    power, // Of the machine.
};

// What a store has lost for good, as its repair says.
struct Losses {
    // Where only the first events of a room stay: so many.
    std::map<std::string, events::Version, std::less<>> kept{};
    std::uint64_t nameless = 0; // Events of which nobody knows whose they are,
    bool may_be_more = false;   // nor how many there were.
    bool is_everything = false; // Nothing can be read: there is only what a backup has.

    [[nodiscard]] bool any() const
    {
        return is_everything || may_be_more || nameless > 0 || !kept.empty();
    }
};

// What survives the processes, and how it fails: a log in memory that is told to fail, the real
// SQLite on a simulated disk, or the real PostgreSQL store before a simulated database. Faults end
// where the plan says so (Plan::calm).
class Store {
public:
    virtual ~Store() = default;

    // What a process is told of a store that others may take over.
    struct News {
        std::function<void(std::string const& why)> lost{}; // The process should end.
        std::function<void(TimePoint until)> held{};        // It is surely its own until then.
    };
    // A process opens it: fails where the store cannot be had now. Who is done with it orderly
    // destroys the log.
    [[nodiscard]] virtual Result<std::unique_ptr<storage::Log>> open(News news) = 0;

    // The process is gone, in the middle of this append if it is not empty. The log must never have
    // an effect again.
    virtual void die(std::unique_ptr<storage::Log> log, std::vector<events::StreamAppend> in_work,
        Death death)
        = 0;

    // May a process stand still, and another one begin? Then this one, which opened it last, does.
    virtual bool put_to_sleep(TimePoint) { return false; }
    // May a process lose its way to the store, and another one begin? Then this one does.
    virtual bool cut_off(TimePoint) { return false; }
    // The machine that the store is on goes down for a while.
    virtual void go_away(Duration) {}
    // A standby takes over. True: what it did not hear of is lost, so nobody may go on as if it
    // were there; history() still has it.
    virtual bool fail_over() { return false; }

    // Keeps a copy of what a process would find now, as a backup has it; and goes back to it, once
    // no process is left.
    virtual void back_up() {}
    virtual void set_back() {}

    // Something of what it keeps changes at rest.
    enum class Decay : std::uint8_t {
        none,
        file,     // What is read of it is not what was written.
        last_ones // The commits since the last checkpoint may end there, and nothing tells.
    };
    virtual Decay rot(bool /* has_process */) { return Decay::none; }
    // Verifies it, and mends it where that finds anything. No process is left, and no fault.
    virtual Result<Losses> mend(WallTime) { return Losses{}; }

    // Do these bytes lie anywhere on what it writes to, but for copies?
    [[nodiscard]] virtual bool holds(std::string_view /* bytes */) const { return false; }

    // Once all is calm and no process is left: what an outside checker finds on what is durable.
    [[nodiscard]] virtual Result<std::unique_ptr<storage::Log>> history() = 0;
};

struct StoreSurroundings {
    Agenda& agenda;
    Luck luck;
    Trace& trace;
    Plan const& plan;
};

[[nodiscard]] std::unique_ptr<Store> make_memory_store(StoreSurroundings around);
[[nodiscard]] std::unique_ptr<Store> make_sqlite_store(StoreSurroundings around);
[[nodiscard]] std::unique_ptr<Store> make_postgres_store(StoreSurroundings around);

}  // namespace gatehouse::simulation
