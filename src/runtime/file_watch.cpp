// SPDX-License-Identifier: Apache-2.0
#include "runtime/file_watch.hpp"

#include "base/assert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace gatehouse::runtime {
namespace {

std::string folder_of(std::string_view path)
{
    auto const slash = path.rfind('/');
    if (slash == std::string_view::npos)
        return ".";
    return std::string(slash == 0 ? "/" : path.substr(0, slash));
}

std::string_view name_of(std::string_view path)
{
    return path.substr(path.rfind('/') + 1);
}

}  // namespace

FileWatch::FileWatch(Reactor& reactor, Task on_change)
    : reactor_(reactor)
    , on_change_(std::move(on_change))
    , inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
{
    GH_ASSERT(inotify_);
    reactor_.watch(inotify_.get(), EPOLLIN, *this);
}

FileWatch::~FileWatch()
{
    reactor_.unwatch(inotify_.get());
}

// Folders of files that are no longer named stay watched: their news is about no file of ours.
Result<void> FileWatch::watch(std::vector<std::string> const& files)
{
    files_.clear();
    for (auto const& path : files) {
        GH_CHECK(watch_folders_of(path));
        files_.push_back({.path = path, .seen = fingerprint(path)});
    }
    return {};
}

Result<void> FileWatch::watch_folders_of(std::string const& path)
{
    constexpr auto changes = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
    auto const folder = folder_of(path);
    if (inotify_add_watch(inotify_.get(), folder.c_str(), changes) < 0) {
        return fail(ErrorCode::unavailable, fmt::format("can't watch the folder {}", folder),
            std::generic_category().message(errno));
    }
    auto const free_it = [](char* text) { std::free(text); };
    std::unique_ptr<char, decltype(free_it)> const target(realpath(path.c_str(), nullptr));
    if (target)
        inotify_add_watch(inotify_.get(), folder_of(target.get()).c_str(), changes);
    return {};
}

void FileWatch::ready(std::uint32_t, std::uint32_t)
{
    auto const buffer = reactor_.read_buffer();
    auto const got = read(inotify_.get(), buffer.data(), buffer.size());
    bool told = false;
    for (std::size_t at = 0; got > 0 && at < static_cast<std::size_t>(got);) {
        inotify_event event;
        std::memcpy(&event, &buffer[at], sizeof event);
        auto const* const name = event.len > 0 ? &buffer[at + sizeof event] : "";
        told = told || (event.mask & IN_Q_OVERFLOW) != 0 || names_one_of_ours(name);
        at += sizeof event + event.len;
    }
    if (has_changed() || told)
        on_change_();
}

bool FileWatch::names_one_of_ours(std::string_view name) const
{
    return std::ranges::any_of(
        files_, [&](auto const& file) { return name_of(file.path) == name; });
}

// Also follows a link to its new folder. It may have ended in one that is gone by now.
bool FileWatch::has_changed()
{
    bool changed = false;
    for (auto& file : files_) {
        auto const seen = std::exchange(file.seen, fingerprint(file.path));
        if (seen == file.seen)
            continue;
        changed = true;
        static_cast<void>(watch_folders_of(file.path));
    }
    return changed;
}

FileWatch::Fingerprint FileWatch::fingerprint(std::string const& path)
{
    struct stat found;
    if (stat(path.c_str(), &found) != 0)
        return {};
    return {
        .device = found.st_dev,
        .inode = found.st_ino,
        .size = found.st_size,
        .modified_ns = found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec,
    };
}

}  // namespace gatehouse::runtime
