// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "rooms/crumbs.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::server {

// The breadcrumbs of all shards, in one mapped file beside the store: laying one is a copy of a few
// bytes, and the kernel keeps them when the process dies. (A power cut may lose them. Rooms cause
// none.)
//
// A fatal signal marks the crumb of the thread that it strikes. A crumb without a mark blames
// nobody: its process was killed from outside, by chance at that moment.
//
// A room that is to blame for more than a single action (it was read or shown) is shut: its name
// stays in the file until an operator opens it. Bound: `shut_max` rooms; the oldest makes way.
class CrumbFile {
public:
    static constexpr std::size_t shut_max = 64;

    // Reads what the last process left, and begins anew. Fails with what an operator can act on.
    [[nodiscard]] static Result<std::unique_ptr<CrumbFile>> open(
        std::filesystem::path const& file, std::size_t shards);
    // In no file: for a watchdog alone. The next process finds nothing.
    [[nodiscard]] static Result<std::unique_ptr<CrumbFile>> in_memory(std::size_t shards);
    ~CrumbFile();

    // For the thread of that shard alone.
    [[nodiscard]] rooms::Crumbs& of(ShardIndex shard);

    // ---- For a watchdog (watchdog.hpp), from any thread
    // The number of the crumb that lies before this shard; 0: none. No two have the same.
    [[nodiscard]] std::uint64_t laid(ShardIndex shard) const;
    // Marks that crumb: the process will die of it. Empty where it does not lie there any more.
    [[nodiscard]] std::optional<rooms::CrashSite> accuse(ShardIndex shard, std::uint64_t number);

    // What the last process died of: actions, timers and bots to set aside.
    [[nodiscard]] std::vector<rooms::CrashSite> const& found() const { return found_; }
    // Rooms that nobody may touch, and why. From any thread.
    [[nodiscard]] std::vector<rooms::CrashSite> shut() const;
    // False where it was not shut. From any thread.
    bool reopen(std::string_view room);

private:
    struct Layout;
    struct Page;
    class ShardCrumbs;
    struct Unmap {
        std::size_t size;
        void operator()(Layout* layout) const;
    };

    explicit CrumbFile(std::unique_ptr<Layout, Unmap> layout, std::size_t shards);

    void collect();
    void blame(Page& page);
    void shut(rooms::CrashSite const& site);

    std::unique_ptr<Layout, Unmap> layout_;
    std::vector<std::unique_ptr<ShardCrumbs>> shards_;
    std::vector<rooms::CrashSite> found_;
};

// From here on SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT mark the crumb of their thread, before
// they do what they did before. Once per process.
void mark_crumbs_on_crash();

} // namespace gatehouse::server
