// SPDX-License-Identifier: Apache-2.0
#include "server/owed_notes.hpp"

#include <iterator>
#include <string_view>
#include <utility>

namespace gatehouse::server {

namespace {

constexpr std::string_view file = "erasures.owed"; // A key and a target a line.

} // namespace

Result<OwedNotes> OwedNotes::open(
    std::unique_ptr<storage::archive::Objects> folder, std::vector<std::string> targets)
{
    OwedNotes notes(std::move(folder), std::move(targets));
    auto const text = notes.folder_
        ? notes.folder_->get(file)
        : Result<std::string>(fail(ErrorCode::not_found, "There is no folder."));
    if (!text && text.error().code != ErrorCode::not_found)
        return std::unexpected(text.error());
    for (std::string_view rest = text ? *text : std::string_view(); !rest.empty();) {
        auto const line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (auto const space = line.find(' '); space != line.npos)
            notes.owed_[std::string(line.substr(space + 1))].emplace(line.substr(0, space));
    }
    return notes;
}

Result<void> OwedNotes::owe(Keys const& keys)
{
    if (count() + keys.size() * targets_.size() > owed_max)
        return fail(ErrorCode::busy, "too many erasures are still to be noted elsewhere",
            "bring back what archive.to and backup.to name");
    for (auto const& target : targets_)
        owed_[target].insert(keys.begin(), keys.end());
    return keys.empty() && is_saved_ ? Result<void>{} : save();
}

OwedNotes::Keys OwedNotes::some(std::string const& target, std::size_t keys_max) const
{
    auto const found = owed_.find(target);
    if (found == owed_.end())
        return {};
    auto const& all = found->second;
    auto const most = static_cast<std::ptrdiff_t>(std::min(keys_max, all.size()));
    return {all.begin(), std::next(all.begin(), most)};
}

Result<void> OwedNotes::note_paid(std::string const& target, Keys const& keys)
{
    auto& owed = owed_[target];
    for (auto const& key : keys)
        owed.erase(key);
    if (!owed.empty())
        return {};
    owed_.erase(target);
    return save();
}

std::size_t OwedNotes::count() const
{
    std::size_t count = 0;
    for (auto const& target : targets_)
        if (auto const owed = owed_.find(target); owed != owed_.end())
            count += owed->second.size();
    return count;
}

OwedNotes::Keys OwedNotes::all() const
{
    Keys all;
    for (auto const& [target, keys] : owed_)
        all.insert(keys.begin(), keys.end());
    return all;
}

Result<void> OwedNotes::save()
{
    is_saved_ = false;
    std::string text;
    for (auto const& [target, keys] : owed_)
        for (auto const& key : keys)
            text += key + " " + target + "\n";
    if (folder_)
        GH_CHECK(text.empty() ? folder_->remove(file) : folder_->put(file, text));
    is_saved_ = true;
    return {};
}

} // namespace gatehouse::server
