// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/erasures.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"

#include <fmt/format.h>

namespace gatehouse::storage::archive {

namespace {

constexpr std::string_view folder = "erased/";
constexpr std::size_t page_max = 100'000; // A folder is read whole for each page.

} // namespace

std::string name_of_key(std::string_view key)
{
    return to_hex(sha256(key));
}

bool is_name_of_key(std::string_view name)
{
    return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == name.npos;
}

Result<void> note_erased(Objects& objects, ErasedKeys const& keys, WallTime at)
{
    for (auto const& key : keys)
        GH_CHECK(objects.put(
            fmt::format("{}{}", folder, key), fmt::format("{{\"at\":{}}}", at.ms)));
    return {};
}

Result<ErasedKeys> erased_keys(Objects& objects)
{
    ErasedKeys keys;
    std::string last;
    while (true) {
        auto const page = GH_TRY(objects.list(folder, last, page_max));
        for (auto const& object : page)
            keys.insert(keys.end(), object.name.substr(folder.size()));
        if (page.size() < page_max)
            return keys;
        last = page.back().name;
    }
}

Result<void> ErasingAgain::step(Log& log)
{
    auto const page = GH_TRY(next_keys(log));
    std::vector<std::uint64_t> numbers;
    for (auto const& [number, stream, member] : page) {
        auto const last = last_.find(member.subject);
        if (!is_deleting_ && erased_.contains(name_of_key(member.key)))
            last_[member.subject] = number;
        else if (is_deleting_ && last != last_.end() && number <= last->second)
            numbers.push_back(number);
    }
    if (!numbers.empty() && before_) {
        GH_CHECK(before_());
        before_ = nullptr;
    }
    if (!numbers.empty())
        gone_ += GH_TRY(log.forget_keys(numbers));
    if (!is_at_end_)
        return {};
    if (is_deleting_)
        static_cast<void>(log.forget_keys({})); // It may fail for what is damaged.
    is_done_ = is_deleting_ || last_.empty();
    is_deleting_ = true;
    is_at_end_ = false;
    after_ = 0;
    return {};
}

std::vector<std::string> ErasingAgain::subjects() const
{
    std::vector<std::string> subjects;
    for (auto const& [subject, last] : last_)
        subjects.push_back(subject);
    return subjects;
}

// Where a page of the store is damaged, those before it and behind it are taken one by one.
Result<std::vector<events::Membership>> ErasingAgain::next_keys(Log& log)
{
    auto page = log.keys(after_, at_once_);
    if (!page && page.error().code != ErrorCode::internal)
        return page;
    if (!page && std::exchange(at_once_, 1) > 1)
        return std::vector<events::Membership>{};
    if (!page) {
        GH_CHECK(pass_over_damage(log));
        return std::vector<events::Membership>{};
    }
    is_at_end_ = page->size() < at_once_;
    if (!page->empty())
        after_ = page->back().number;
    return page;
}

// Where it is not known how far there may be any, it is not known whom they name.
Result<void> ErasingAgain::pass_over_damage(Log& log)
{
    constexpr int numbers_a_piece = 1000;
    constexpr std::uint64_t unread_max = 4'000'000; // A minute.
    has_damage_ = true;
    auto const ring = log.key_ring();
    if (!ring && ring.error().code != ErrorCode::internal)
        return std::unexpected(ring.error());
    if (!ring || unread_ > unread_max)
        return fail(ErrorCode::internal,
            "the keys of the store are damaged, and so is what says how many there are",
            "whoever was erased may be back: bring the file of the keys back from a backup, or "
            "move it away, with all names");
    for (int i = 0; i < numbers_a_piece; i++, unread_++) {
        is_at_end_ = ++after_ >= ring->last;
        if (is_at_end_)
            return {};
        if (log.keys(after_, 1)) {
            at_once_ = forget_max;
            unread_ = 0;
            return {};
        }
    }
    return {};
}

Result<std::uint64_t> erase_again(Log& log, ErasedKeys const& keys)
{
    ErasingAgain erasing(keys);
    while (!erasing.is_done())
        GH_CHECK(erasing.step(log));
    return erasing.keys_gone();
}

} // namespace gatehouse::storage::archive
