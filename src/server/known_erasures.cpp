// SPDX-License-Identifier: Apache-2.0
#include "server/known_erasures.hpp"

#include "config/values.hpp"
#include "storage/sqlite/open.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string_view>
#include <sys/stat.h>
#include <utility>

namespace gatehouse::server {

namespace archive = storage::archive;

namespace {

// The first line of the one is the sight, the others are targets that were used; a line of the
// other is a key and a target.
constexpr std::string_view memory_file = "erasures";
constexpr std::string_view owed_file = "erasures.owed";

std::string_view take_until(std::string_view& rest, char end)
{
    auto const taken = rest.substr(0, rest.find(end));
    rest.remove_prefix(std::min(taken.size() + 1, rest.size()));
    return taken;
}

std::optional<std::uint64_t> take_number(std::string_view& line)
{
    auto const digits = take_until(line, ' ');
    std::uint64_t number = 0;
    auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

// Its first 8 bytes.
std::uint64_t number_of(std::string_view id)
{
    std::uint64_t number = 0;
    for (auto const byte : id.substr(0, 8))
        number = number << 8 | static_cast<unsigned char>(byte);
    return number;
}

std::string owed_line(std::string_view key, std::string_view target)
{
    return std::string(key) + " " + std::string(target) + "\n";
}

Result<std::string> text_of(archive::Folder* folder, std::string_view file)
{
    auto text = folder ? folder->get(file) : Result<std::string>(std::string());
    return text || text.error().code != ErrorCode::not_found ? text : std::string();
}

} // namespace

TargetNames erasure_target_names(config::Settings const& settings)
{
    TargetNames names;
    for (auto const& to : {settings.archive.to, settings.backup.to})
        if (to.kind != config::ObjectStore::Kind::none)
            names.insert(config::write_value(to));
    return names;
}

KnownErasures::KnownErasures(config::Settings const& settings)
    : targets_(erasure_target_names(settings))
{
    if (settings.store.kind == config::Store::Kind::sqlite)
        key_file_ = storage::sqlite::keys_of(settings.store.path.text);
    auto const path = settings.store.data_folder();
    auto folder = path.empty() || targets_.empty()
        ? Result<std::unique_ptr<archive::Folder>>(nullptr)
        : archive::Folder::open(path);
    folder_ = folder ? *std::move(folder) : nullptr;
}

Result<std::unique_ptr<KnownErasures>> KnownErasures::open(config::Settings const& settings)
{
    std::unique_ptr<KnownErasures> known(new KnownErasures(settings));
    known->read_memory();
    GH_CHECK(known->read_owed());
    return known;
}

// ---- The store

// Older servers wrote the history alone. What cannot be read is as good as nothing.
void KnownErasures::read_memory()
{
    auto const text = text_of(folder_.get(), memory_file).value_or("");
    std::string_view rest = text;
    auto first = take_until(rest, '\n');
    if (auto const history = take_number(first)) {
        auto const key_file = take_number(first).value_or(0);
        sight_ = {*history, key_file, take_number(first).value_or(0)};
    }
    while (!rest.empty())
        used_.emplace(take_until(rest, '\n'));
}

KnownErasures::Sight KnownErasures::sight_of(storage::Log& log, std::uint64_t history) const
{
    struct stat status {};
    bool const has_file = !key_file_.empty() && ::stat(key_file_.c_str(), &status) == 0;
    auto const ring = log.key_ring();
    bool const has_table = key_file_.empty() && ring;
    return {.history = history,
        .key_file = has_file ? status.st_ino : has_table ? number_of(ring->id) : 0,
        .forgotten = ring ? ring->forgotten : 0};
}

bool KnownErasures::knows(Sight const& sight) const
{
    std::lock_guard const lock(mutex_);
    return sight_ && sight_->history == sight.history && sight_->forgotten <= sight.forgotten
        && (sight_->key_file == 0 || sight_->key_file == sight.key_file);
}

Result<void> KnownErasures::note_sight(Sight const& sight)
{
    std::lock_guard const lock(mutex_);
    return save_memory(sight, used_);
}

TargetNames KnownErasures::used() const
{
    std::lock_guard const lock(mutex_);
    return used_;
}

Result<void> KnownErasures::note_used(TargetNames const& targets)
{
    std::lock_guard const lock(mutex_);
    auto used = used_;
    used.insert(targets.begin(), targets.end());
    return save_memory(sight_, used);
}

Result<void> KnownErasures::save_memory(
    std::optional<Sight> const& sight, TargetNames const& used)
{
    if (sight_ == sight && used_ == used)
        return {};
    std::string text;
    if (sight)
        text = std::to_string(sight->history) + " " + std::to_string(sight->key_file) + " "
            + std::to_string(sight->forgotten);
    text += "\n";
    for (auto const& target : used)
        text += target + "\n";
    if (folder_)
        GH_CHECK(folder_->put(memory_file, text));
    sight_ = sight;
    used_ = used;
    return {};
}

// ---- What is owed

// A line without an end was never kept: whoever wrote it died.
Result<void> KnownErasures::read_owed()
{
    auto const text = GH_TRY(text_of(folder_.get(), owed_file));
    for (std::string_view rest = text; !rest.empty();) {
        bool const has_end = rest.contains('\n');
        auto target = take_until(rest, '\n');
        auto const key = take_until(target, ' ');
        lines_++;
        if (has_end && archive::is_name_of_key(key) && !target.empty())
            owed_[std::string(target)].emplace(key);
        else
            lines_lost_ += has_end ? 1 : 0;
        is_owed_saved_ = is_owed_saved_ && has_end;
    }
    is_owed_saved_ = is_owed_saved_ && lines_lost_ == 0;
    static_cast<void>(save_owed({})); // If not now, then with what is owed next.
    return {};
}

Result<void> KnownErasures::owe(Keys const& keys)
{
    std::lock_guard const lock(mutex_);
    std::string lines;
    for (auto const& target : targets_) {
        auto const& owed = owed_[target];
        auto const is_new = [&owed](auto const& key) { return !owed.contains(key); };
        if (owed.size() + static_cast<std::size_t>(std::ranges::count_if(keys, is_new)) > owed_max)
            return fail(ErrorCode::busy, "too many erasures are still to be noted elsewhere",
                "bring back what archive.to and backup.to name, then ask again");
    }
    for (auto const& target : targets_)
        for (auto const& key : keys)
            if (owed_[target].insert(key).second)
                lines += owed_line(key, target);
    return save_owed(lines);
}

KnownErasures::Keys KnownErasures::some_owed(
    std::string const& target, std::size_t keys_max) const
{
    std::lock_guard const lock(mutex_);
    auto const found = owed_.find(target);
    if (found == owed_.end())
        return {};
    auto const& all = found->second;
    auto const most = static_cast<std::ptrdiff_t>(std::min(keys_max, all.size()));
    return {all.begin(), std::next(all.begin(), most)};
}

Result<void> KnownErasures::note_paid(std::string const& target, Keys const& keys)
{
    std::lock_guard const lock(mutex_);
    for (auto const& key : keys)
        owed_[target].erase(key);
    return save_owed({});
}

std::size_t KnownErasures::owed_count() const
{
    std::lock_guard const lock(mutex_);
    std::size_t count = 0;
    for (auto const& target : targets_)
        if (auto const owed = owed_.find(target); owed != owed_.end())
            count += owed->second.size();
    return count;
}

KnownErasures::Keys KnownErasures::all_owed() const
{
    std::lock_guard const lock(mutex_);
    Keys all;
    for (auto const& [target, keys] : owed_)
        all.insert(keys.begin(), keys.end());
    return all;
}

std::size_t KnownErasures::lines_owed() const
{
    std::size_t lines = 0;
    for (auto const& [target, keys] : owed_)
        lines += keys.size();
    return lines;
}

// `more` is what the file lacks of what is owed, if it has all that was owed before.
Result<void> KnownErasures::save_owed(std::string const& more)
{
    auto const lines = lines_owed();
    bool const is_enough = is_owed_saved_ && lines_ <= 2 * lines;
    if (!folder_ || (is_enough && more.empty()))
        return {};
    is_owed_saved_ = false;
    if (is_enough) {
        GH_CHECK(folder_->append(owed_file, more));
        lines_ += static_cast<std::size_t>(std::ranges::count(more, '\n'));
    } else {
        std::string text;
        for (auto const& [target, keys] : owed_)
            for (auto const& key : keys)
                text += owed_line(key, target);
        GH_CHECK(text.empty() ? folder_->remove(owed_file) : folder_->put(owed_file, text));
        lines_ = lines;
    }
    is_owed_saved_ = true;
    return {};
}

} // namespace gatehouse::server
