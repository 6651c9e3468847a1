// SPDX-License-Identifier: Apache-2.0
#include "server/erasures.hpp"

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "config/values.hpp"
#include "server/shipper.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace gatehouse::server {

namespace archive = storage::archive;

namespace {

using archive::marker;

// Of a marker; none where it cannot be read, as of one that an operator put there.
TargetNames names_in(std::string_view text)
{
    TargetNames names;
    json::Parser parser;
    auto const root = parser.parse(text);
    auto const targets = root ? root->find("targets") : std::nullopt;
    if (targets)
        targets->each_element([&](json::Node node) {
            names.emplace(node.text().value_or(""));
            return true;
        });
    return names;
}

std::string marker_of(TargetNames const& names)
{
    std::string text;
    json::Writer out(text);
    out.object().key("targets").array();
    for (auto const& name : names)
        out.value(name);
    out.end_array().end_object();
    return text;
}

std::unexpected<Error> another_place(std::string const& name)
{
    return fail(ErrorCode::unsupported,
        name + " is another place than it was: it does not say that it is the one that was used",
        "is its disk mounted, its bucket the same? Was it restored from a copy of its own? Whoever "
        "was erased is noted there, and might be back. To use it as it is, put an object \""
            + std::string(marker) + "\" into it");
}

// What one start has found. A target is taken for used when it has its own marker, and not before:
// else one that could not be marked would look like another place for ever.
class Look {
public:
    enum class At : std::uint8_t { all, near };

    Look(ErasureTargets const& targets, TargetNames used, At at)
        : used_(std::move(used))
    {
        for (auto const& target : targets)
            if (at == At::all || target.is_near)
                targets_.emplace_back(target);
    }

    // Each may know of others.
    Result<void> read_markers()
    {
        TargetNames unmarked;
        for (ErasureTarget const& target : targets_) {
            auto const text = target.objects->get(marker);
            if (text)
                used_.merge(names_in(*text));
            else if (text.error().code == ErrorCode::not_found)
                unmarked.insert(target.name);
            else
                note_away(target, text.error());
        }
        for (auto const& name : unmarked)
            if (used_.contains(name))
                return another_place(name);
        return {};
    }

    archive::ErasedKeys read_notes()
    {
        archive::ErasedKeys all;
        for (ErasureTarget const& target : targets_) {
            if (away_.contains(target.name))
                continue;
            if (auto keys = archive::erased_keys(*target.objects))
                all.merge(*keys);
            else
                note_away(target, keys.error());
        }
        return all;
    }

    // All that are known to have been used.
    TargetNames const& mark()
    {
        for (ErasureTarget const& target : targets_)
            if (mark(target, {target.name}))
                used_.insert(target.name);
        for (ErasureTarget const& target : targets_)
            if (used_.contains(target.name))
                mark(target, used_);
        return used_;
    }

    [[nodiscard]] TargetNames const& away() const { return away_; }
    [[nodiscard]] std::optional<Error> const& why() const { return why_; }

private:
    // Is it one that tells of at least these?
    bool mark(ErasureTarget const& target, TargetNames const& names)
    {
        if (away_.contains(target.name))
            return false;
        auto const text = target.objects->get(marker);
        if (text && std::ranges::includes(names_in(*text), names))
            return true;
        auto const put = target.objects->put(marker, marker_of(names));
        if (!put)
            note_away(target, put.error());
        return put.has_value();
    }

    void note_away(ErasureTarget const& target, Error const& why)
    {
        away_.insert(target.name);
        why_ = why;
    }

    std::vector<std::reference_wrapper<ErasureTarget const>> targets_{};
    TargetNames used_;
    TargetNames away_{};
    std::optional<Error> why_{};
};

TargetNames names_of(ErasureTargets const& targets)
{
    TargetNames names;
    for (auto const& target : targets)
        names.insert(target.name);
    return names;
}

} // namespace

Result<ErasureTargets> erasure_targets(
    config::Settings const& settings, std::stop_token stop, Patience patience)
{
    ErasureTargets targets;
    if (settings.archive.to.kind != config::ObjectStore::Kind::none) {
        auto archive = GH_TRY(open_objects(settings.archive, stop, patience));
        targets.push_back({config::write_value(settings.archive.to), std::move(archive),
            settings.archive.to.kind == config::ObjectStore::Kind::folder});
    }
    if (settings.backup.to.kind != config::ObjectStore::Kind::none) {
        auto backup = GH_TRY(open_backup(settings, stop, patience));
        targets.push_back({config::write_value(settings.backup.to), std::move(backup),
            settings.backup.to.kind == config::ObjectStore::Kind::folder});
    }
    return targets;
}

Result<archive::ErasedKeys> ask_target(ErasureTarget const& target, TargetNames const& used)
{
    auto const text = target.objects->get(marker);
    if (!text && text.error().code != ErrorCode::not_found)
        return std::unexpected(text.error());
    if (!text && used.contains(target.name))
        return another_place(target.name);
    if (!text)
        GH_CHECK(target.objects->put(marker, marker_of({target.name})));
    return archive::erased_keys(*target.objects);
}

Result<ErasedAgain> erase_again(ErasureTargets const& targets, storage::Log& log,
    std::uint64_t history, KnownErasures& known, archive::ErasingAgain::Before before)
{
    ErasedAgain done;
    if (targets.empty())
        return done;
    auto const keys = log.keys(0, 1);
    bool const has_anybody = !keys || !keys->empty();
    bool const is_known = known.knows(known.sight_of(log, history));
    // However many keys and notes there are, and whatever is away: nobody waits for them.
    bool const may_wait = is_known && known.owed_count() == 0;
    Look look(targets, known.used(), may_wait ? Look::At::near : Look::At::all);
    GH_CHECK(look.read_markers());
    if (has_anybody && !may_wait) {
        auto noted = look.read_notes();
        noted.merge(known.all_owed()); // Erased while a target was away, which may have no note.
        if (!look.away().empty() && !is_known)
            return fail(look.why()->code,
                "whoever was erased may be back, and not all can be asked who that is",
                look.why()->message + " " + look.why()->detail
                    + " (the store was set back, or is a copy, and archive.to and backup.to know "
                      "who was erased: bring both back, or leave out the one that is lost)");
        archive::ErasingAgain erasing(std::move(noted), std::move(before));
        while (!erasing.is_done())
            GH_CHECK(erasing.step(log));
        done.keys = erasing.keys_gone();
        done.has_damage = erasing.has_damage();
    }
    // Neither is true before. That it cannot be kept costs a look.
    static_cast<void>(known.note_used(look.mark()));
    static_cast<void>(known.note_sight(known.sight_of(log, history)));
    if (has_anybody) // Else nobody could be back.
        done.unasked = may_wait ? names_of(targets) : look.away();
    done.away = look.why();
    return done;
}

} // namespace gatehouse::server
