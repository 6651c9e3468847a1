// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/mending.hpp"

#include "events/chain.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace gatehouse::storage::sqlite {

using events::Event;
using events::Link;
using events::Version;

Mending::Mending(Salvage& salvage, Spool& spool, CategoryOf const& category_of,
    SalvagedStream found, Tail tail)
    : salvage_(salvage)
    , spool_(spool)
    , category_of_(category_of)
    , found_(std::move(found))
    , tail_(tail)
{ }

Result<void> Mending::run(
    std::vector<RepairSource*> const& sources, std::vector<std::string>& unread)
{
    // A stream whose first event has no link has none at all (events/stream_check.cpp).
    if (!found_.events.empty())
        if (auto const first = own(found_.events.front().version))
            is_unchained_ = first->link == Link{};
    snapshot_ = found_.snapshot;
    if (found_.is_renamed)
        find_category();
    bool const has_head = !found_.is_renamed
        || (!found_.events.empty() && !found_.category.empty() && !found_.is_name_doubted);
    if (walk() && tail_ == Tail::sure && has_head)
        return {};
    for (auto* const source : sources)
        GH_CHECK(ask(*source, unread));
    if (found_.is_renamed)
        adopt_head();
    if (!snapshot_ || snapshot_->version < found_.floor)
        GH_CHECK(borrow_snapshot());
    walk();
    mended_.unproven_name = found_.is_name_doubted && !is_name_proven();
    return drop_unused();
}

void Mending::give_up()
{
    whole_.events.clear();
    whole_.floor = 0;
    mended_ = {.stream = found_.name.empty() ? "?" + std::to_string(found_.id) : found_.name};
    found_.version = std::max<Version>(found_.version, 1); // It came with its first event.
    name_rest(1);
}

bool Mending::is_mended() const
{
    return !mended_.taken.empty() || !mended_.unproven.empty() || !mended_.compacted.empty()
        || !mended_.cut.empty() || mended_.lost_snapshot || mended_.lost_row;
}

// Compacted ones were missing by intent.
std::uint64_t Mending::explained() const
{
    std::uint64_t count = 0;
    auto const add = [&](Version version) {
        count += version > found_.floor && !found_.row_of(version) ? 1 : 0;
    };
    for (auto const& each : whole_.events)
        if (each.is_taken)
            add(each.version);
    for (auto const* const lost : {&mended_.compacted, &mended_.cut})
        for (auto const& each : *lost)
            add(each.version);
    return count;
}

// ---- Sources

Result<void> Mending::ask(RepairSource& source, std::vector<std::string>& unread)
{
    Source asked{.name = source.name()};
    Result<void> spooled;
    WallTime last_at{};
    auto const has = source.read(found_.name, asked.kept, [&](Event const& event) -> Result<void> {
        if (asked.last != 0 && event.version != asked.last + 1)
            return fail(ErrorCode::internal, "Events are missing.");
        auto const row = spool_.add(event);
        if (!row) {
            spooled = std::unexpected(row.error());
            return spooled;
        }
        if (asked.first == 0) {
            asked.first = event.version;
            asked.first_row = *row;
        }
        asked.last = event.version;
        last_at = event.at;
        return {};
    });
    GH_CHECK(spooled);
    if (!has) { // Where it ended there, it does not end here.
        unread.push_back(asked.name + ": " + found_.name + ": " + has.error().message + " "
            + has.error().detail);
        asked.kept.state.reset();
        asked.kept.at = last_at;
    }
    asked.origin = origin_of(source, asked.kept);
    if (!has || *has)
        sources_.push_back(std::move(asked));
    return {};
}

Origin Mending::origin_of(RepairSource const& source, Kept const& kept) const
{
    auto const origin = source.origin();
    if (origin != Origin::its_histories)
        return origin;
    auto const restored = salvage_.last_restoration();
    return !restored || kept.at > *restored ? Origin::this_store : Origin::another;
}

// ---- Of a stream whose row was lost

void Mending::find_category()
{
    std::string told;
    if (!category_of_)
        return;
    if (auto const first = own(1))
        told = category_of_(&*first, nullptr);
    else if (auto const snapshot = salvage_.snapshot(found_.id); snapshot && *snapshot)
        told = category_of_(nullptr, &**snapshot);
    if (!told.empty())
        found_.category = std::move(told);
}

// By events that begin with the name, and lead to one that is here.
bool Mending::is_name_proven()
{
    for (std::size_t i = 0; i < sources_.size(); i++)
        if (way_from(1, events::chain_start(found_.name), i).proof == Proof::proven)
            return true;
    return false;
}

void Mending::adopt_head()
{
    for (auto const& [name, origin, kept, first, last, row] : sources_) {
        if (found_.category.empty())
            found_.category = kept.category;
        if (origin == Origin::this_store && kept.state && found_.at == WallTime{}) {
            found_.state = *kept.state;
            found_.at = kept.at;
        }
    }
}

// Where the stream's own is gone: one that what is left of the stream goes on from.
Result<void> Mending::borrow_snapshot()
{
    auto const usable = [&](Source const& source) {
        auto const& snapshot = source.kept.snapshot;
        return snapshot && snapshot->version >= std::max<Version>(found_.floor, 1)
            && (snapshot->version <= end()
                || (tail_ == Tail::unsure && source.origin == Origin::this_store));
    };
    for (std::size_t i = 0; i < sources_.size(); i++) {
        if (!usable(sources_[i]))
            continue;
        auto const& snapshot = *sources_[i].kept.snapshot;
        auto proof = prove(snapshot.version, snapshot.link);
        if (proof == Proof::none)
            proof = way_from(snapshot.version + 1, snapshot.link, i).proof;
        bool const is_all = found_.floor > 0 && found_.events.empty();
        if (proof == Proof::refuted || (proof == Proof::none && !is_all))
            continue;
        snapshot_ = {snapshot.version, snapshot.link};
        is_snapshot_taken_ = true;
        unproven_snapshot_ = proof == Proof::none && sources_[i].origin == Origin::another;
        return spool_.keep(found_.id, snapshot);
    }
    return {};
}

// What of them the stream does not need.
Result<void> Mending::drop_unused()
{
    std::set<RowId> used;
    for (auto const& each : whole_.events)
        if (each.is_taken)
            used.insert(each.row);
    for (auto const& source : sources_)
        for (auto version = source.first; source.has(version); version++)
            if (!used.contains(source.row_of(version)))
                GH_CHECK(spool_.remove(source.row_of(version)));
    return {};
}

// ---- Along the chain

// The last version that the stream had, as far as anything here tells.
Version Mending::end() const
{
    auto const last = found_.events.empty() ? 0 : found_.events.back().version;
    return std::max({found_.version, last, found_.snapshot ? found_.snapshot->version : 0});
}

// From the first event on; true where nothing was missing.
bool Mending::walk()
{
    whole_ = {.id = found_.id, .name = found_.name, .category = found_.category,
        .state = found_.state, .at = found_.at, .snapshot = snapshot_,
        .is_snapshot_taken = is_snapshot_taken_};
    mended_ = {.stream = found_.name, .lost_row = found_.is_renamed};
    bool const is_compacted
        = found_.floor > 0 && snapshot_ && snapshot_->version >= found_.floor;
    whole_.floor = is_compacted ? found_.floor : 0;
    link_ = is_compacted ? std::nullopt : std::optional(events::chain_start(found_.name));
    if (is_compacted)
        pass_snapshot(whole_.floor);
    auto next = whole_.floor + 1;
    auto const goes_on = [&] { return next <= end() || tail_ == Tail::unsure; };
    for (; goes_on(); next = last() + 1) {
        if (keep_own(next) || bridge(next))
            continue;
        if (!whole_.snapshot || whole_.snapshot->version < next)
            break;
        leave_below(next);
    }
    leave_half_done();
    name_rest(last() + 1);
    mended_.lost_snapshot |= found_.had_damaged_snapshot && !whole_.snapshot;
    if (whole_.snapshot && unproven_snapshot_)
        mended_.unproven.push_back(whole_.snapshot->version);
    return mended_.taken.empty() && mended_.compacted.empty() && mended_.cut.empty()
        && !mended_.lost_snapshot;
}

Version Mending::last() const
{
    return whole_.events.empty() ? whole_.floor : whole_.events.back().version;
}

std::optional<Event> Mending::own(Version version)
{
    auto const row = found_.row_of(version);
    if (!row)
        return std::nullopt;
    auto record = salvage_.event(*row);
    return record ? std::optional(std::move(record->event)) : std::nullopt;
}

// Does it follow? Where the link before it is unknown, nothing speaks against it.
bool Mending::follows(std::optional<Link> const& before, Event const& event) const
{
    bool const has_none = event.link == Link{};
    if (is_unchained_ || has_none)
        return is_unchained_ && has_none;
    return !before || events::chain_link(*before, event) == event.link;
}

bool Mending::keep_own(Version version)
{
    auto const event = own(version);
    if (!event || !follows(link_, *event))
        return false;
    link_ = event->link;
    whole_.at = event->at;
    whole_.events.push_back({.version = version, .row = *found_.row_of(version)});
    pass_snapshot(version);
    return true;
}

// With events of sources, to the next one that is ours; or as far as they go, where none comes.
bool Mending::bridge(Version from)
{
    std::optional<Way> best;
    for (std::size_t i = 0; i < sources_.size(); i++) {
        auto way = way_from(from, link_, i);
        if (way.steps.empty() || way.proof == Proof::refuted)
            continue;
        if (way.proof == Proof::proven) {
            take(way);
            return true;
        }
        auto const worth = [](Way const& each) {
            return std::pair(each.is_ours, each.steps.size());
        };
        if (link_ && (!best || worth(way) > worth(*best)))
            best = std::move(way);
    }
    if (best)
        take(*best);
    return best.has_value();
}

// From one source as far as it goes, else from the first one that has what follows. Behind the last
// event of the stream there is something only where events are missing, and only this store's is
// its own.
Mending::Way Mending::way_from(Version from, std::optional<Link> link, std::size_t preferred)
{
    Way way;
    for (auto version = from; way.proof == Proof::none; version++) {
        auto const step = step_to(version, link, preferred);
        if (!step)
            break;
        link = step->link;
        way.steps.push_back(*step);
        way.is_ours = way.is_ours && sources_[step->source].origin == Origin::this_store;
        way.proof = prove(version, *link);
    }
    return way;
}

std::optional<Mending::Step> Mending::step_to(
    Version version, std::optional<Link> const& link, std::size_t preferred)
{
    for (std::size_t i = 0; i <= sources_.size(); i++) {
        auto const index = i == 0 ? preferred : i - 1;
        auto const& source = sources_[index];
        bool const may_have = version <= end()
            || (tail_ == Tail::unsure && source.origin == Origin::this_store);
        if (!may_have || !source.has(version))
            continue;
        auto const record = spool_.event(source.row_of(version));
        if (record && follows(link, record->event))
            return Step{index, version, record->event.link, record->event.at};
    }
    return std::nullopt;
}

// Is this the link that the stream had at this version? Its event there tells, its snapshot, or the
// event after.
Mending::Proof Mending::prove(Version version, Link const& link)
{
    auto const proof = [](bool fits) { return fits ? Proof::proven : Proof::refuted; };
    if (is_unchained_)
        return Proof::none;
    if (auto const event = own(version))
        return proof(event->link == link);
    if (found_.snapshot && found_.snapshot->version == version)
        return proof(found_.snapshot->link == link);
    auto const next = own(version + 1);
    return next ? proof(follows(link, *next)) : Proof::none;
}

void Mending::take(Way const& way)
{
    for (auto const& step : way.steps) {
        auto const& source = sources_[step.source];
        whole_.events.push_back({.version = step.version,
            .row = source.row_of(step.version), .is_taken = true});
        whole_.at = step.at;
        whole_.state = state_after(step);
        mended_.taken[source.name].push_back(step.version);
        if (way.proof != Proof::proven && !way.is_ours)
            mended_.unproven.push_back(step.version);
        link_ = step.link;
        pass_snapshot(step.version);
    }
}

// Where nobody knows it, the room may wait for an alarm: then it is looked at first of all.
events::StreamState Mending::state_after(Step const& step) const
{
    auto const& source = sources_[step.source];
    if (step.version == source.last && source.kept.state)
        return *source.kept.state;
    bool const is_head = step.version == found_.version && found_.at != WallTime{};
    return is_head ? found_.state
                   : events::StreamState{.finished = false, .deadline = step.at};
}

// At its version the chain has the snapshot's link, or takes it up. A chain from the first event on
// needs none, and is not left for one.
void Mending::pass_snapshot(Version version)
{
    if (!whole_.snapshot || whole_.snapshot->version != version || link_ == whole_.snapshot->link)
        return;
    if (!link_) {
        link_ = whole_.snapshot->link;
    } else if (whole_.floor > 0) {
        leave_below(version);
    } else {
        whole_.snapshot.reset();
        mended_.lost_snapshot = true;
    }
}

// No source has this event, but the snapshot tells of it: the chain begins anew behind it.
void Mending::leave_below(Version version)
{
    for (auto each = std::max(whole_.floor, found_.floor) + 1; each <= version; each++)
        mended_.compacted.push_back({.version = each});
    mended_.taken.clear();
    mended_.unproven.clear();
    whole_.events.clear();
    whole_.floor = mended_.floor = version;
    link_.reset();
    pass_snapshot(version);
}

// The events of one append are neighbours. Where the row behind the last one that stays is lost, or
// is of this stream too, the append may have been longer: a game that is left in the midst of what
// it does waits for an alarm that comes last, and so for ever.
void Mending::leave_half_done()
{
    auto const floor = whole_.snapshot ? whole_.snapshot->version : whole_.floor;
    bool const is_cut = !whole_.events.empty() && last() < end();
    if (!is_cut || whole_.events.back().is_taken || last() <= floor)
        return;
    auto const behind = salvage_.event(whole_.events.back().row + 1);
    bool const is_longer = behind ? behind->place.stream == found_.id
                                  : salvage_.is_lost(whole_.events.back().row + 1);
    auto const tip = own(last());
    if (!is_longer || !tip)
        return;
    while (last() > floor) {
        auto const event = own(last());
        if (!event)
            return;
        whole_.at = event->at;
        if (event->at != tip->at || event->cause != tip->cause)
            return;
        whole_.events.pop_back();
    }
}

// What comes behind the last one that fits.
void Mending::name_rest(Version from)
{
    for (auto version = from; version <= end(); version++) {
        Lost lost{.version = version};
        if (auto const event = own(version)) {
            lost.type = event->type;
            lost.at = event->at;
        }
        mended_.cut.push_back(std::move(lost));
    }
}

} // namespace gatehouse::storage::sqlite
