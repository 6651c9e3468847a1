// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace gatehouse::lossy_fs {

struct Node;
using Names = std::map<std::string, std::shared_ptr<Node>, std::less<>>;

// Changes are numbered in the order in which they were asked for.
using ChangeNumber = std::uint64_t;

// One sector that was written, or a part of one; or, without bytes, a file cut or grown to `at`.
struct FileChange {
    ChangeNumber number;
    std::size_t at;
    std::string bytes;
};

// A file or a folder: as it is now, and as it would be found after a power cut.
struct Node {
    bool is_folder = false;
    mode_t mode = 0;
    uid_t user = 0;
    gid_t group = 0;

    std::string bytes{};
    std::string kept_bytes{};
    std::vector<FileChange> changes{}; // Lead from kept_bytes to bytes.

    Names names{};
    Names kept_names{};
};

enum class Loss : std::uint8_t {
    everything, // All that was not synced.
    by_chance,  // Sectors in any order and halves of writes may have reached the disk, or not.
};

// Of one power cut.
struct Tally {
    std::uint64_t sectors_kept = 0;
    std::uint64_t sectors_lost = 0;
    std::uint64_t names_kept = 0;
    std::uint64_t names_lost = 0;
};

// A tree of files that keeps what was synced and no more. It is as rough as POSIX allows: bytes
// and the size are kept once their file is synced; a name that was made, moved or removed once a
// folder that it concerns is synced, whatever became of the file. Names are lost from the end, as a
// journal loses them; a rename is one change. All in memory, for one thread at a time.
//
// What fails answers with an errno.
class Disk {
public:
    using NodeOr = std::expected<std::shared_ptr<Node>, int>;

    static constexpr std::size_t sector = 512;

    // Paths are absolute; "/" is always there.
    [[nodiscard]] NodeOr find(std::string_view path) const;
    [[nodiscard]] NodeOr make(std::string_view path, Node node);
    [[nodiscard]] int link(std::string_view from, std::string_view to);
    [[nodiscard]] int rename(std::string_view from, std::string_view to);
    [[nodiscard]] int remove(std::string_view path, bool is_folder);

    void write(Node& file, std::size_t at, std::string_view bytes);
    void resize(Node& file, std::size_t size);

    [[nodiscard]] ChangeNumber last_change() const { return last_change_; }
    // Keeps what was changed of the file or folder up to that change.
    void sync(std::shared_ptr<Node> const& node, ChangeNumber up_to);

    // Keeps all names up to that change.
    void sync_names(ChangeNumber up_to);
    // What such a sync does that fails: the cache takes the bytes for written and shows them for
    // now, but they will never be kept, whatever later syncs say, unless they are written again.
    void fail_sync(Node& file, ChangeNumber up_to);

    // What was not synced is gone, and the tree as it would be found by whoever starts again.
    Tally cut(Loss loss, std::uint64_t seed);

private:
    // Null where the name was removed.
    struct NameChange {
        std::shared_ptr<Node> folder;
        std::string name;
        std::shared_ptr<Node> node;
    };
    // All of them or none.
    struct Step {
        ChangeNumber number;
        std::vector<NameChange> changes;
    };
    // A name, and the folder where it is or would be.
    struct Place {
        std::shared_ptr<Node> folder;
        std::string name;
    };

    [[nodiscard]] std::expected<Place, int> place(std::string_view path) const;
    void take(std::vector<NameChange> changes);
    void restore(Node& node, Loss loss, std::mt19937_64& random, Tally& tally);

    std::shared_ptr<Node> root_
        = std::make_shared<Node>(Node{.is_folder = true, .mode = 0755});
    std::vector<Step> journal_; // Of names, since their folders were synced.
    ChangeNumber last_change_ = 0;
};

} // namespace gatehouse::lossy_fs
