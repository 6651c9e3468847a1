// SPDX-License-Identifier: Apache-2.0
#include "server/stale_rows.hpp"

#include "base/assert.hpp"
#include "runtime/descriptor.hpp"
#include "storage/folders.hpp"
#include "storage/sqlite/open.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <system_error>

namespace gatehouse::server {

namespace fs = std::filesystem;

namespace {

// It says nothing, so there is nothing of it to be synced but that it is there.
Result<void> make(fs::path const& file)
{
    runtime::Descriptor const descriptor(
        ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!descriptor)
        return fail(ErrorCode::unavailable, "Whose rows are stale cannot be noted.",
            file.native() + ": " + std::strerror(errno));
    return storage::sync_folder(file.parent_path());
}

} // namespace

StaleRows::StaleRows(std::optional<fs::path> const& store)
    : file_(store ? storage::sqlite::views_of(*store).native() + ".stale" : "")
{
    std::error_code error;
    suspicions_ = !file_.empty() && fs::exists(file_, error) ? 1 : 0;
}

std::size_t StaleRows::suspicions() const
{
    std::lock_guard const lock(mutex_);
    return suspicions_;
}

Result<void> StaleRows::suspect()
{
    std::lock_guard const lock(mutex_);
    if (!file_.empty() && suspicions_ == 0)
        GH_CHECK(make(file_));
    suspicions_++;
    return {};
}

void StaleRows::clear()
{
    std::lock_guard const lock(mutex_);
    GH_ASSERT(suspicions_ > 0);
    if (--suspicions_ > 0 || file_.empty())
        return;
    std::error_code error;
    fs::remove(file_, error);
}

} // namespace gatehouse::server
