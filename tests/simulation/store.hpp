// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agenda.hpp"
#include "events/store.hpp"
#include "luck.hpp"
#include "plan.hpp"
#include "storage/memory_log.hpp"
#include "trace.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace gatehouse::simulation {

// What survives the processes: a log behind a committer that takes whatever queued while the last
// commit ran. A commit may fail having kept everything or nothing (`internal`), refuse for a while
// (`unavailable`) or be cut by a crash, which loses what was not committed.
class Store {
public:
    Store(Agenda& agenda, Luck luck, Trace& trace, Plan const& plan);

    // How answers reach the shard that asked, in the order in which they are given.
    using Deliver = std::function<void(Agenda::Task)>;
    [[nodiscard]] std::unique_ptr<events::EventStore> port(Deliver deliver);

    // The process that asked is gone: nothing of it is answered any more. A commit that was running
    // is kept or lost.
    void crash();
    void heal() { is_healed_ = true; }

    // What an outside checker finds.
    [[nodiscard]] storage::Log& log() { return log_; }

private:
    struct Append {
        std::vector<events::StreamAppend> batch;
        events::EventStore::OnAppended done;
        Deliver const* deliver;
    };
    class Port;

    void append(Append append);
    void start_commit();
    void finish_commit();
    std::vector<Result<events::Appended>> keep(std::vector<events::StreamAppend> batch);
    void distort(std::vector<events::StreamAppend>& batch);
    static void answer(Append append, std::vector<Result<events::Appended>> results);
    template <typename Done, typename Question>
    void ask(Deliver const& deliver, Done done, Question question);
    [[nodiscard]] bool strikes(int one_in) { return !is_healed_ && luck_.one_in(one_in); }

    Agenda& agenda_;
    Luck luck_;
    Trace& trace_;
    Plan const& plan_;
    storage::MemoryLog log_;
    bool is_healed_ = false;
    TimePoint full_until_{};

    std::vector<Append> waiting_;
    std::vector<Append> committing_;
    TimePoint answers_at_{};            // Reads are answered in order.
    std::shared_ptr<bool> process_ = std::make_shared<bool>(true); // Tasks of an older one die.
};

}  // namespace gatehouse::simulation
