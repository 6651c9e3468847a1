// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "runtime/reactor.hpp"

#include <functional>
#include <string>
#include <vector>

namespace gatehouse::runtime {

// Tells when one of some files may have changed (inotify). It watches the folders, that of the name
// and that where its links end, so it sees files that are replaced by a rename (editors, deploys)
// and the swapped links of Kubernetes' volumes. One save may be told more than once: the caller
// waits until it is quiet. Belongs to the reactor's thread.
class FileWatch : Watcher {
public:
    FileWatch(Reactor& reactor, Task on_change);
    ~FileWatch();

    // From now on these, and only these. A file need not exist yet, its folder must.
    [[nodiscard]] Result<void> watch(std::vector<std::string> const& files);

private:
    struct Fingerprint {
        std::uint64_t device = 0, inode = 0;
        std::int64_t size = -1, modified_ns = 0;
        bool operator==(Fingerprint const&) const = default;
    };
    struct File {
        std::string path;
        Fingerprint seen;
    };

    void ready(std::uint32_t tag, std::uint32_t events) override;
    [[nodiscard]] static Fingerprint fingerprint(std::string const& path);
    [[nodiscard]] bool names_one_of_ours(std::string_view name) const;
    [[nodiscard]] bool has_changed();
    [[nodiscard]] Result<void> watch_folders_of(std::string const& path);

    Reactor& reactor_;
    Task on_change_;
    Descriptor inotify_;
    std::vector<File> files_;
};

}  // namespace gatehouse::runtime
