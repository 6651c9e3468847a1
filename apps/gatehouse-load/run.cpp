// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include "runtime/signals.hpp"

#include <csignal>
#include <cstdlib>

namespace gatehouse::load {
namespace {

using namespace std::chrono_literals;

class Run {
public:
    Run(runtime::Clock& clock, RunOptions options,
        std::function<std::unique_ptr<Load>(runtime::Reactor&, int)> const& make)
        : options_(options)
        , reactor_(clock)
        , signals_(reactor_, {SIGINT, SIGTERM}, [this](int) { on_signal(); })
        , show_([this] { ask_for_stats(); })
        , time_is_over_([this] { stop(); })
    {
        for (int i = 0; i < options.threads; i++) {
            auto& worker = *ran_.workers.emplace_back(std::make_unique<runtime::Worker>(
                clock, runtime::Worker::Options{.name = "load-" + std::to_string(i)}));
            ran_.loads.push_back(make(worker.reactor(), i));
        }
    }

    ~Run()
    {
        reactor_.timers().cancel(show_);
        reactor_.timers().cancel(time_is_over_);
    }

    Ran operator()()
    {
        began_at_ = shown_at_ = stopped_at_ = reactor_.now().steady;
        for (std::size_t i = 0; i < ran_.workers.size(); i++) {
            ran_.workers[i]->start();
            post(i, [this](Load& load) {
                load.begin([this](Result<void> how) {
                    tell_main([this, how = std::move(how)] { on_done(how); });
                });
            });
        }
        arm_show();
        reactor_.timers().arm(time_is_over_, began_at_ + options_.lasts);
        reactor_.run();
        progress_.end();
        for (auto const& worker : ran_.workers)
            worker->stop();
        for (auto const& load : ran_.loads)
            ran_.total.merge(load->take_stats());
        auto const end = stopping_ ? stopped_at_ : reactor_.now().steady;
        ran_.seconds = std::chrono::duration<double>(end - began_at_).count();
        return std::move(ran_);
    }

private:
    void post(std::size_t thread, std::move_only_function<void(Load&)> work)
    {
        ran_.workers[thread]->reactor().mailbox().post_answer(
            [load = ran_.loads[thread].get(), work = std::move(work)]() mutable { work(*load); });
    }

    void tell_main(runtime::Task task) { reactor_.mailbox().post_answer(std::move(task)); }

    void on_signal()
    {
        if (stopping_)
            std::_Exit(130);
        stop();
    }

    void stop()
    {
        if (std::exchange(stopping_, true))
            return;
        stopped_at_ = reactor_.now().steady;
        for (std::size_t i = 0; i < ran_.workers.size(); i++)
            post(i, [](Load& load) { load.stop(); });
    }

    void on_done(Result<void> const& how)
    {
        if (!how && ran_.how) {
            ran_.how = how;
            stop();
        }
        if (++done_ == ran_.workers.size())
            reactor_.stop();
    }

    void arm_show()
    {
        reactor_.timers().arm(show_, reactor_.now().steady + progress_.seconds_between() * 1s);
    }

    void ask_for_stats()
    {
        interval_ = {};
        answered_ = 0;
        gauges_ = {};
        for (std::size_t i = 0; i < ran_.workers.size(); i++)
            post(i, [this](Load& load) {
                tell_main([this, stats = load.take_stats(), gauges = load.gauges()] {
                    take(stats, gauges);
                });
            });
    }

    void take(Stats const& stats, Load::Gauges gauges)
    {
        interval_.merge(stats);
        ran_.total.merge(stats);
        gauges_.connected += gauges.connected;
        gauges_.rooms += gauges.rooms;
        if (++answered_ < ran_.workers.size())
            return;
        auto const now = reactor_.now().steady;
        progress_.show(options_.line(interval_,
            {.seconds_so_far = std::chrono::duration<double>(now - began_at_).count(),
                .acks_so_far = ran_.total.acks,
                .seconds = std::chrono::duration<double>(now - shown_at_).count(),
                .connected = gauges_.connected, .rooms = gauges_.rooms}));
        shown_at_ = now;
        arm_show();
    }

    RunOptions options_;
    runtime::Reactor reactor_;
    runtime::Signals signals_;
    Timer show_;
    Timer time_is_over_;
    Progress progress_{};
    Ran ran_{};
    TimePoint began_at_{};
    TimePoint shown_at_{};
    TimePoint stopped_at_{};
    bool stopping_ = false;
    std::size_t done_ = 0;
    Stats interval_{};
    std::size_t answered_ = 0;
    Load::Gauges gauges_{};
};

}  // namespace

Ran run(runtime::Clock& clock, RunOptions options,
    std::function<std::unique_ptr<Load>(runtime::Reactor&, int)> const& make)
{
    return Run(clock, options, make)();
}

}  // namespace gatehouse::load
