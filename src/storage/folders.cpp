// SPDX-License-Identifier: Apache-2.0
#include "storage/folders.hpp"

#include "runtime/descriptor.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace gatehouse::storage {

namespace fs = std::filesystem;

namespace {

std::unexpected<Error> trouble(char const* what, fs::path const& folder, int error)
{
    return fail(ErrorCode::unavailable, "A folder cannot be used.",
        fmt::format(
            "cannot {} {}: {}", what, folder.native(), std::generic_category().message(error)));
}

} // namespace

Result<void> sync_folder(fs::path const& folder)
{
    runtime::Descriptor const opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened)
        return trouble("open", folder, errno);
    // What knows of no syncing (a file system in memory, of the kernel, of a network) says EINVAL.
    if (::fsync(opened.get()) != 0 && errno != EINVAL)
        return trouble("sync", folder, errno);
    return {};
}

Result<void> make_folders(fs::path const& folder, mode_t mode)
{
    std::error_code unknown;
    if (fs::is_directory(folder, unknown))
        return {};
    if (folder.has_parent_path() && folder != folder.parent_path())
        GH_CHECK(make_folders(folder.parent_path(), mode));
    auto const error = ::mkdir(folder.c_str(), mode) == 0 ? 0 : errno;
    if (error != 0 && !fs::is_directory(folder, unknown)) // Others may have made it.
        return trouble("make", folder, error);
    return sync_folder(folder.parent_path());
}

} // namespace gatehouse::storage
