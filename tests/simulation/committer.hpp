// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agenda.hpp"
#include "events/store.hpp"
#include "luck.hpp"
#include "plan.hpp"
#include "rooms/rules.hpp"
#include "storage/log.hpp"
#include "trace.hpp"
#include "witness.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace gatehouse::simulation {

// storage::Committer without its thread: takes whatever queued while the last commit ran, and reads
// in between. A call that blocks (storage/clock.hpp) keeps the thread busy for as long.
class Committer {
public:
    Committer(Agenda& agenda, Luck luck, Trace& trace, Witness& witness, Plan const& plan,
        rooms::Catalogue const& games, std::unique_ptr<storage::Log> log);

    // How answers reach the shard that asked, in the order in which they are given.
    using Deliver = std::function<void(Agenda::Task)>;
    [[nodiscard]] std::unique_ptr<events::EventStore> port(Deliver deliver);

    // The process is gone: nothing is answered any more. What is left: the log, and what was being
    // committed.
    struct Remains {
        std::unique_ptr<storage::Log> log;
        std::vector<events::StreamAppend> in_work{};
    };
    [[nodiscard]] Remains die();
    // Nothing happens here until then.
    void stall(TimePoint until) { free_at_ = std::max(free_at_, until); }
    // Does what waits, and closes the log.
    void stop();

private:
    struct Append {
        std::vector<events::StreamAppend> batch;
        events::EventStore::OnAppended done;
        Deliver const* deliver;
    };
    class Port;
    using Answers = std::vector<Result<events::Appended>>;

    void append(Append append);
    void forget_later(std::string subject);
    void start_commit();
    void finish_commit();
    [[nodiscard]] Result<events::History> hydrate(
        storage::Log& log, std::string_view stream, std::size_t events_max) const;
    [[nodiscard]] Answers keep(std::vector<events::StreamAppend> batch);
    void testify(std::vector<events::StreamAppend> const& batch);
    void answer(Append append, Answers answers);
    template <typename Done, typename Question>
    void ask(Deliver const& deliver, Done done, Question question);
    template <typename Done, typename Question>
    void answer_question(Deliver const& deliver, Done done, Question question);
    // Runs it as soon as the thread is free.
    void when_free(TimePoint at, Agenda::Task task);
    void run_queue();
    template <typename Call>
    auto block_on(Call call);
    void deliver(Deliver const& deliver, Agenda::Task task);

    Agenda& agenda_;
    Luck luck_;
    Trace& trace_;
    Witness& witness_;
    Plan const& plan_;
    rooms::Catalogue const& games_;
    std::unique_ptr<storage::Log> log_;
    std::vector<Append> waiting_;
    std::vector<Append> committing_;
    TimePoint asked_at_{}; // Questions are answered in order.
    TimePoint free_at_{};
    std::deque<Agenda::Task> queue_; // For the thread.
    std::shared_ptr<bool> life_ = std::make_shared<bool>(true); // The dead do nothing.
};

}  // namespace gatehouse::simulation
