// SPDX-License-Identifier: Apache-2.0
#include "disk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gatehouse::simulation {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t sector = 512;

}  // namespace

bool Disk::goes_on()
{
    if (left_ > 0 && --left_ == 0)
        note("stops");
    return left_ != 0;
}

bool Disk::is_full()
{
    if (luck_.one_in(plan_.full_one_in))
        full_until_ = now_.steady + luck_.between(Duration(50ms), Duration(3s));
    return plan_.full_one_in != 0 && now_.steady < full_until_;
}

// ---- Names

Disk::FilePointer Disk::open(std::string const& name, bool creates)
{
    if (!goes_on())
        return nullptr;
    auto& entry = names_[name];
    if (!entry.now && creates)
        entry.now = std::make_shared<File>();
    return entry.now;
}

bool Disk::exists(std::string const& name) const
{
    auto const found = names_.find(name);
    return found != names_.end() && found->second.now;
}

Disk::Fault Disk::remove(std::string const& name, bool is_synced)
{
    if (!goes_on())
        return Fault::failed;
    auto& entry = names_[name];
    entry.now.reset();
    if (is_synced)
        entry.platter.reset();
    return Fault::none;
}

// ---- Bytes

Disk::Fault Disk::read(
    File const& file, std::size_t offset, std::span<char> into, std::size_t& there)
{
    if (!goes_on() || luck_.one_in(plan_.read_error_one_in))
        return Fault::failed;
    auto const begin = std::min(offset, file.cache.size());
    there = std::min(into.size(), file.cache.size() - begin);
    std::copy_n(file.cache.data() + begin, there, into.begin());
    std::ranges::fill(into.subspan(there), '\0');
    return Fault::none;
}

void Disk::apply(std::string& to, Write const& write)
{
    auto const end = write.offset + write.bytes.size();
    if (write.is_truncation || to.size() < end)
        to.resize(end);
    std::ranges::copy(write.bytes, to.begin() + static_cast<std::ptrdiff_t>(write.offset));
}

Disk::Fault Disk::write(File& file, std::size_t offset, std::string_view bytes)
{
    if (left_ == 0)
        return Fault::failed;
    auto fault = Fault::none;
    if (!goes_on() || luck_.one_in(plan_.write_error_one_in))
        fault = Fault::failed;
    else if (offset + bytes.size() > file.cache.size() && is_full())
        fault = Fault::full;
    if (fault != Fault::none)
        bytes = bytes.substr(0, luck_.next() % bytes.size());
    if (!bytes.empty()) {
        file.unsynced.push_back({offset, std::string(bytes)});
        apply(file.cache, file.unsynced.back());
    }
    if (fault != Fault::none)
        note(fault == Fault::full ? "is full" : "fails to write");
    return plan_.bug == Bug::ignores_write_error && fault == Fault::failed && left_ != 0
        ? Fault::none
        : fault;
}

Disk::Fault Disk::truncate(File& file, std::size_t size)
{
    if (!goes_on())
        return Fault::failed;
    file.unsynced.push_back({.offset = size, .bytes = {}, .is_truncation = true});
    apply(file.cache, file.unsynced.back());
    return Fault::none;
}

Disk::Fault Disk::sync(File& file)
{
    if (!goes_on())
        return Fault::failed;
    if (luck_.one_in(plan_.sync_error_one_in)) {
        note("fails to sync");
        settle(file);
        if (plan_.drops_failed_pages)
            file.cache = file.platter;
        return plan_.bug == Bug::retries_sync ? Fault::none : Fault::failed;
    }
    for (auto const& write : file.unsynced)
        apply(file.platter, write);
    file.unsynced.clear();
    return Fault::none;
}

void Disk::sync_folder()
{
    if (goes_on())
        for (auto& [name, entry] : names_)
            entry.platter = entry.now;
}

// ---- Fate

// Of what was not synced, luck decides what is there.
void Disk::settle(File& file)
{
    enum class Mode : std::uint8_t { nothing, all, first_ones, some, sectors };
    auto const mode = static_cast<Mode>(luck_.below(5));
    auto const until = file.unsynced.empty() ? 0 : luck_.next() % (file.unsynced.size() + 1);
    auto const grown_from = file.platter.size();
    for (std::size_t i = 0; i < file.unsynced.size(); i++) {
        auto const& write = file.unsynced[i];
        bool const is_kept = mode == Mode::all || (mode == Mode::first_ones && i < until)
            || (mode == Mode::some && luck_.one_in(2));
        if (is_kept || (mode == Mode::sectors && write.is_truncation && luck_.one_in(2)))
            apply(file.platter, write);
        if (mode != Mode::sectors)
            continue;
        for (std::size_t at = 0; at < write.bytes.size();) {
            auto const size
                = std::min(sector - (write.offset + at) % sector, write.bytes.size() - at);
            Write part{write.offset + at, write.bytes.substr(at, size)};
            if (luck_.one_in(2))
                apply(file.platter, part);
            else if (part.offset >= grown_from && luck_.one_in(8))
                apply(file.platter, {part.offset, luck_.bytes(size)});
            at += size;
        }
    }
    file.unsynced.clear();
}

void Disk::cut_power()
{
    note("loses power");
    for (auto& [name, entry] : names_) {
        auto& there = luck_.one_in(2) ? entry.now : entry.platter;
        if (there) {
            settle(*there);
            there->cache = there->platter;
        }
        auto const kept = there;
        entry = {kept, kept};
    }
}

bool Disk::rot(std::string const& name, Luck& luck)
{
    auto const found = names_.find(name);
    if (found == names_.end() || !found->second.now || found->second.now->platter.empty())
        return false;
    auto& file = *found->second.now;
    auto const byte = luck.next() % file.platter.size();
    Write decay{byte, file.platter.substr(byte, 1)};
    if (luck.one_in(4))
        decay = {byte - byte % sector,
            std::string(std::min(sector, file.platter.size() - (byte - byte % sector)), '\0')};
    else
        decay.bytes[0] = static_cast<char>(decay.bytes[0] ^ (1 << luck.below(8)));
    note(fmt::format("rots: {} at {}", name, byte));
    apply(file.platter, decay);
    if (file.unsynced.empty() && !luck.one_in(3))
        apply(file.cache, decay);
    return true;
}

void Disk::rename(std::string const& from, std::string const& to)
{
    auto const file = names_.at(from).now;
    names_.erase(from);
    names_[to] = {file, file};
}

Disk::Image Disk::image() const
{
    Image image;
    for (auto const& [name, entry] : names_)
        if (entry.now)
            image[name] = entry.now->cache;
    return image;
}

void Disk::restore(Image const& image)
{
    names_.clear();
    for (auto const& [name, bytes] : image)
        lay(name, bytes);
}

void Disk::lay(std::string const& name, std::string const& bytes)
{
    auto const file
        = std::make_shared<File>(File{.cache = bytes, .platter = bytes, .unsynced = {}});
    names_[name] = {file, file};
}

}  // namespace gatehouse::simulation
