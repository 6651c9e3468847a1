// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "luck.hpp"
#include "plan.hpp"
#include "trace.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::simulation {

// A disk with the kernel's cache in front of it, as rough as POSIX and fsyncgate allow it to be.
//
//     kill -9      what was written stays in the cache, synced or not
//     power cut    of what was not synced, each 512-byte sector is kept, lost, or (where the file
//                  grew) garbage, in any order; names that were not synced come and go
//     sync fails   once; of what it should have written some is on the disk, the rest is clean to
//                  the kernel: later syncs succeed without it. The cache may show it or not
//     write fails  with EIO or, for a while, ENOSPC, having written a part
//     read fails   with EIO
//
// It may stop in the middle of any operation (stop_after): from then on nothing has any effect.
class Disk {
public:
    enum class Fault : std::uint8_t { none, failed, full };

    struct Write {
        std::size_t offset;
        std::string bytes;
        bool is_truncation = false; // To `offset`.
    };
    struct File {
        std::string cache;           // What reads see,
        std::string platter;         // what a power cut leaves,
        std::vector<Write> unsynced; // and what of this may be there, too.
    };
    using FilePointer = std::shared_ptr<File>;

    Disk(Luck luck, Trace& trace, Now const& now, DiskPlan const& plan)
        : luck_(luck)
        , trace_(trace)
        , now_(now)
        , plan_(plan)
    { }

    // ---- For the VFS
    [[nodiscard]] FilePointer open(std::string const& name, bool creates);
    [[nodiscard]] bool exists(std::string const& name) const;
    [[nodiscard]] Fault remove(std::string const& name, bool is_synced);
    // Fills what lies beyond the end with zeros and tells how much was there.
    [[nodiscard]] Fault read(File const& file, std::size_t offset, std::span<char> into,
        std::size_t& there);
    [[nodiscard]] Fault write(File& file, std::size_t offset, std::string_view bytes);
    [[nodiscard]] Fault truncate(File& file, std::size_t size);
    [[nodiscard]] Fault sync(File& file);
    // So that all names stay as they are now.
    void sync_folder();
    [[nodiscard]] Luck& luck() { return luck_; }
    [[nodiscard]] Now const& now() const { return now_; }

    // ---- For fate
    // Everything stops for this process with this many operations from now, or at once.
    void stop_after(int operations) { left_ = operations; }
    void stop() { left_ = 0; }
    // The process is gone; the next one begins.
    void restart() { left_ = -1; }
    void cut_power();
    // A bit of what is kept changes by itself, or a sector reads as zeros. Seen where the kernel's
    // cache has let go of it, at the latest after a power cut. False where there is none.
    [[nodiscard]] bool rot(std::string const& name, Luck& luck);
    // As an operator moves files, and all of it stays so.
    void rename(std::string const& from, std::string const& to);
    void remove(std::string const& name) { names_.erase(name); }
    void lay(std::string const& name, std::string const& bytes);

    // As it is now, with nobody in it.
    using Image = std::map<std::string, std::string>;
    [[nodiscard]] Image image() const;
    void restore(Image const& image);

private:
    struct Name {
        FilePointer now;     // Null: removed.
        FilePointer platter; // As it is after a power cut, unless luck has it otherwise.
    };

    // Counts an operation. False where nothing happens any more.
    [[nodiscard]] bool goes_on();
    [[nodiscard]] bool is_full();
    void note(std::string_view what) { trace_.note(now_, "disk", 0, what); }
    static void apply(std::string& to, Write const& write);
    void settle(File& file);

    Luck luck_;
    Trace& trace_;
    Now const& now_;
    DiskPlan const& plan_;
    std::map<std::string, Name> names_;
    int left_ = -1; // Operations; negative: no end in sight.
    TimePoint full_until_{};
};

}  // namespace gatehouse::simulation
