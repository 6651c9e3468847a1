// SPDX-License-Identifier: Apache-2.0
#pragma once
#define FUSE_USE_VERSION 31
#include "disk.hpp"

#include <fuse.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <utility>

namespace gatehouse::lossy_fs {

using Life = std::uint64_t; // From one power cut to the next.

// Somebody's open file or folder.
struct Handle {
    std::shared_ptr<Node> node;
    Life life;
};

// The disk with its power supply. Calls come from any thread.
class Machine {
public:
    enum class NamesKept : std::uint8_t { with_folders, with_files };

    Machine(std::uint64_t sync_us_max, NamesKept names_kept)
        : sync_us_max_(sync_us_max)
        , names_kept_(names_kept)
    { }

    // What `use` answers with the disk at hand; an error where there is no power.
    template <typename Use>
    int use(fuse_file_info const* file, Use&& use)
    {
        std::lock_guard const lock(mutex_);
        if (!is_on_ || (file && handle(file).life != life_))
            return -EIO;
        return use(disk_);
    }

    // The same, for the node that is open or has this path.
    template <typename Use>
    int use_node(char const* path, fuse_file_info const* file, Use&& use_it)
    {
        return use(file, [&](Disk& disk) {
            auto const node = file ? Disk::NodeOr(handle(file).node) : disk.find(path);
            return node ? use_it(disk, *node) : -node.error();
        });
    }

    // To be called while the disk is in use.
    void open(fuse_file_info* file, std::shared_ptr<Node> node) const
    {
        file->fh = reinterpret_cast<std::uint64_t>(new Handle{std::move(node), life_});
    }

    static Handle& handle(fuse_file_info const* file)
    {
        return *reinterpret_cast<Handle*>(file->fh);
    }

    int sync(fuse_file_info const* file)
    {
        std::unique_lock lock(mutex_);
        auto const opened = handle(file);
        if (syncs_to_trip_ > 0 && --syncs_to_trip_ == 0) {
            lose_power();
            return -EIO;
        }
        auto const up_to = disk_.last_change();
        auto const is_lost = [&] { return !is_on_ || opened.life != life_; };
        if (power_.wait_for(lock, sync_takes(), is_lost))
            return -EIO;
        if (syncs_to_fail_ > 0 && !opened.node->is_folder) {
            syncs_to_fail_--;
            disk_.fail_sync(*opened.node, up_to);
            return -EIO;
        }
        if (is_lying_)
            return 0;
        disk_.sync(opened.node, up_to);
        if (names_kept_ == NamesKept::with_files)
            disk_.sync_names(up_to);
        return 0;
    }

    // From here on every call fails.
    Tally cut(Loss loss, std::uint64_t seed)
    {
        std::lock_guard const lock(mutex_);
        lose_power();
        return disk_.cut(loss, seed);
    }

    // In the middle of a sync to come: its number, counted from now.
    Tally trip(std::uint64_t syncs, std::uint64_t seed)
    {
        std::unique_lock lock(mutex_);
        syncs_to_trip_ = syncs;
        if (!power_.wait_for(lock, std::chrono::seconds(10), [this] { return !is_on_; }))
            lose_power();
        return disk_.cut(Loss::by_chance, seed);
    }

    void power_up()
    {
        std::lock_guard const lock(mutex_);
        is_on_ = true;
    }

    // Syncs keep nothing and say that they did.
    void lie(bool is_lying)
    {
        std::lock_guard const lock(mutex_);
        is_lying_ = is_lying;
    }

    // The next so many, and what they should have kept will not be kept by others.
    void fail_syncs(std::uint64_t count)
    {
        std::lock_guard const lock(mutex_);
        syncs_to_fail_ = count;
    }

private:
    void lose_power()
    {
        is_on_ = false;
        life_++;
        syncs_to_fail_ = 0;
        syncs_to_trip_ = 0;
        power_.notify_all();
    }

    std::chrono::microseconds sync_takes()
    {
        auto const us_max = random_() % 4 == 0 ? sync_us_max_ : sync_us_max_ / 10;
        return std::chrono::microseconds(random_() % (us_max + 1));
    }

    std::uint64_t const sync_us_max_;
    NamesKept const names_kept_;
    std::mutex mutex_{};
    std::condition_variable power_{};
    std::mt19937_64 random_{std::random_device{}()};
    Disk disk_{};
    bool is_on_ = true;
    bool is_lying_ = false;
    Life life_ = 0;
    std::uint64_t syncs_to_fail_ = 0;
    std::uint64_t syncs_to_trip_ = 0;
};

} // namespace gatehouse::lossy_fs
