// SPDX-License-Identifier: Apache-2.0
// What takes the store back in time, or changes it at rest, and what operators do then.
#include "store_clock.hpp"
#include "world.hpp"

#include <fmt/format.h>

#include <utility>

namespace gatehouse::simulation {

using namespace std::chrono_literals;

void World::back_up()
{
    if (!is_decayed_) // Else a backup says that it fails.
        store_->back_up();
}

// Everything burns down, and a backup takes its place, on another machine. What was told since is
// held against the history that is lost; from then on the other one counts.
void World::set_back()
{
    if (checker_.has_faults() || asleep_ || is_decayed_)
        return;
    trace_.note(agenda_.now(), "world", 0, "is set back");
    network_.go_dark();
    if (process_)
        bury(std::move(process_));
    set_store_clock(agenda_.now().steady);
    while_calm([this] {
        if (auto const burnt = store_->history())
            checker_.compare_with(**burnt, scenery_.games, {});
        else
            checker_.blame("the store cannot be opened: " + burnt.error().detail);
        begin_anew();
    });
    if (plan_.bug != Bug::stale_epoch)
        plan_.rooms_options.history++;
    boot_later();
}

// With what a backup has.
void World::begin_anew()
{
    store_->set_back();
    if (auto const kept = store_->history())
        go_on_with(**kept);
}

void World::go_on_with(storage::Log& history)
{
    checker_.go_on_with(history);
    std::erase_if(lobby_, [this](auto const& room) { return !checker_.knows(room); });
}

// ---- Decay

void World::decay()
{
    if (asleep_ || checker_.has_faults())
        return;
    auto const decay = store_->rot(process_ != nullptr);
    if (decay == Store::Decay::none)
        return;
    is_decayed_ = true;
    if (decay == Store::Decay::file)
        agenda_.after(luck_.between(Duration(100ms), Duration(6s)), [this] { mend(false); });
    else
        mend(true);
}

// The server is stopped, and its store verified and mended; rooms that were cut in the midst of
// what was done go back to what was done before. What `is_cut_off` is as it was at an
// earlier moment, and does not know it: SQLite takes the first frame of its WAL that is not what
// was written for the end. All that is promised then is that nothing else has changed.
void World::mend(bool is_cut_off)
{
    if (!std::exchange(is_decayed_, false))
        return;
    trace_.note(agenda_.now(), "world", 0, "is mended");
    network_.go_dark(); // Nobody hears any more what is on its way.
    if (process_)
        bury(std::move(process_));
    set_store_clock(agenda_.now().steady);
    bool has_lost = is_cut_off;
    while_calm([&] {
        auto losses = store_->mend(agenda_.now().wall);
        if (!losses)
            return checker_.blame("the store cannot be mended: " + losses.error().detail);
        has_lost = has_lost || losses->any();
        if (losses->is_everything)
            return begin_anew();
        if (plan_.bug == Bug::hushes_losses)
            losses = Losses{};
        auto const left = store_->history();
        if (!left)
            return checker_.blame("the store cannot be opened: " + left.error().detail);
        if (!is_cut_off)
            checker_.count_losses(**left, *losses);
        if (has_lost) {
            go_on_with(**left);
            store_->back_up(); // As a repaired store does first: older ones have what did not stay.
        }
        checker_.compare_with(**left, scenery_.games, {});
        for (auto const& [room, version] : checker_.stuck_rooms(**left, scenery_.games))
            operator_.order(fmt::format("/admin/rooms/{}/restore", room),
                fmt::format(R"({{"version":{}}})", version), [] {});
    });
    if (has_lost)
        plan_.rooms_options.history++;
    boot_later();
}

}  // namespace gatehouse::simulation
