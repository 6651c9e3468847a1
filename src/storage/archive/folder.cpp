// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/folder.hpp"

#include "runtime/descriptor.hpp"
#include "storage/folders.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace gatehouse::storage::archive {

namespace fs = std::filesystem;
using runtime::Descriptor;

namespace {

constexpr mode_t folder_mode = 0750;

std::unexpected<Error> trouble(char const* what, fs::path const& path, int error)
{
    auto const code = error == ENOSPC || error == EROFS || error == EACCES || error == EDQUOT
        ? ErrorCode::unavailable
        : ErrorCode::internal;
    return fail(code, "The archive's folder cannot be used.",
        std::string(what) + " " + path.string() + ": " + std::generic_category().message(error));
}

Result<void> sync(int fd, fs::path const& path)
{
    if (::fsync(fd) != 0)
        return trouble("cannot make durable", path, errno);
    return {};
}

Result<void> write_all(int fd, std::string_view bytes, fs::path const& path)
{
    while (!bytes.empty()) {
        auto const written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return trouble("cannot write", path, errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

// `how`: O_TRUNC or O_APPEND.
Result<void> write_file(fs::path const& path, int how, std::string_view bytes)
{
    Descriptor const file(::open(path.c_str(), O_WRONLY | O_CREAT | how | O_CLOEXEC, 0640));
    if (!file)
        return trouble("cannot write", path, errno);
    GH_CHECK(write_all(file.get(), bytes, path));
    return sync(file.get(), path);
}

std::string draft_of(fs::path const& path)
{
    return "." + path.filename().string() + "." + std::to_string(::getpid()) + ".draft";
}

// With what a process that was killed left half written there.
void remove_if_deserted(fs::path const& folder)
{
    std::error_code ignored;
    std::vector<fs::path> drafts;
    for (auto const& entry : fs::directory_iterator(folder, ignored)) {
        auto const leaf = entry.path().filename().native();
        if (!leaf.starts_with('.') || !leaf.ends_with(".draft"))
            return;
        drafts.push_back(entry.path());
    }
    for (auto const& draft : drafts)
        ::unlink(draft.c_str());
    ::rmdir(folder.c_str());
}

Result<std::string> read_all(int fd, fs::path const& path)
{
    struct stat about {};
    if (::fstat(fd, &about) != 0)
        return trouble("cannot read", path, errno);
    if (static_cast<std::uint64_t>(about.st_size) > object_size_max)
        return fail(ErrorCode::too_large, "An object of the archive is too large.", path.string());
    std::string bytes(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t size = 0;
    while (size < bytes.size()) {
        auto const more = ::read(fd, bytes.data() + size, bytes.size() - size);
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return trouble("cannot read", path, errno);
        if (more == 0)
            break;
        size += static_cast<std::size_t>(more);
    }
    bytes.resize(size);
    return bytes;
}

// Walks a tree in the order of the names of its files, as bytes: a folder stands where its name
// with a '/' behind it belongs, so "a-b" comes before "a/b". Holds one folder's entries per level.
class Walk {
public:
    Walk(std::string_view prefix, std::string_view after, std::size_t objects_max)
        : prefix_(prefix)
        , after_(after)
        , objects_max_(objects_max)
    { }

    // `base` is the folder's name with '/' behind it, or nothing for the root.
    Result<void> visit(fs::path const& folder, std::string const& base)
    {
        for (auto const& [name, path] : GH_TRY(entries(folder, base))) {
            if (objects.size() == objects_max_)
                break;
            if (name.ends_with('/')) {
                GH_CHECK(visit(path, name));
                continue;
            }
            std::error_code gone;
            auto const size = fs::file_size(path, gone);
            if (!gone)
                objects.push_back({name, size});
        }
        return {};
    }

    std::vector<ObjectInfo> objects;

private:
    using Entries = std::map<std::string, fs::path>;

    // Those that may hold something that is asked for.
    Result<Entries> entries(fs::path const& folder, std::string const& base) const
    {
        Entries all;
        std::error_code error;
        fs::directory_iterator entry(folder, error);
        for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
            auto const leaf = entry->path().filename().string();
            std::error_code gone;
            bool const is_folder = entry->is_directory(gone);
            auto name = base + leaf + (is_folder ? "/" : "");
            bool const is_object = is_folder || entry->is_regular_file(gone);
            bool const is_ours = check_name(base + leaf).has_value();
            if (is_ours && is_object && is_asked_for(name, is_folder))
                all.emplace(std::move(name), entry->path());
        }
        if (error && error != std::errc::no_such_file_or_directory)
            return trouble("cannot list", folder, error.value());
        return all;
    }

    bool is_asked_for(std::string_view name, bool is_folder) const
    {
        if (!is_folder)
            return name.starts_with(prefix_) && name > after_;
        return (name.starts_with(prefix_) || prefix_.starts_with(name))
            && (name > after_ || after_.starts_with(name));
    }

    std::string_view prefix_;
    std::string_view after_;
    std::size_t objects_max_;
};

} // namespace

Result<std::unique_ptr<Folder>> Folder::open(fs::path root)
{
    root = fs::absolute(root).lexically_normal();
    if (!root.has_filename())
        root = root.parent_path();
    GH_CHECK(make_folders(root, folder_mode));
    GH_CHECK(sync_folder(root));
    return std::unique_ptr<Folder>(new Folder(std::move(root)));
}

Folder::Place Folder::place() const
{
    struct stat about {};
    if (::stat(root_.c_str(), &about) != 0)
        return {};
    return {about.st_dev, about.st_ino};
}

Result<void> Folder::check_place()
{
    auto const here = place();
    if (here == place_)
        return {};
    if (::access((root_ / marker).c_str(), F_OK) == 0) {
        place_ = here;
        return {};
    }
    return fail(ErrorCode::unavailable, "The archive's folder is another one than it was.",
        root_.string() + ": is its disk mounted?");
}

Result<void> Folder::put(std::string_view name, std::string_view bytes)
{
    GH_CHECK(check_name(name));
    GH_CHECK(check_place());
    if (bytes.size() > object_size_max)
        return fail(ErrorCode::too_large, "The archive takes no object of this size.",
            std::string(name) + " has " + std::to_string(bytes.size()) + " bytes");
    auto const path = root_ / name;
    auto const folder = path.parent_path();
    GH_CHECK(make_folders(folder, folder_mode));
    auto const draft = folder / draft_of(path);
    auto written = write_file(draft, O_TRUNC, bytes);
    if (written && ::rename(draft.c_str(), path.c_str()) != 0)
        written = trouble("cannot rename", draft, errno);
    if (!written) {
        ::unlink(draft.c_str());
        return written;
    }
    return sync_folder(folder);
}

Result<void> Folder::append(std::string_view name, std::string_view bytes)
{
    GH_CHECK(check_name(name));
    GH_CHECK(check_place());
    auto const path = root_ / name;
    GH_CHECK(make_folders(path.parent_path(), folder_mode));
    GH_CHECK(write_file(path, O_APPEND, bytes));
    return sync_folder(path.parent_path());
}

Result<std::string> Folder::get(std::string_view name)
{
    GH_CHECK(check_name(name));
    GH_CHECK(check_place());
    auto const path = root_ / name;
    Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file && (errno == ENOENT || errno == ENOTDIR))
        return fail(ErrorCode::not_found, "The archive has no such object.", path.string());
    if (!file)
        return trouble("cannot read", path, errno);
    return read_all(file.get(), path);
}

Result<std::vector<ObjectInfo>> Folder::list(
    std::string_view prefix, std::string_view after, std::size_t objects_max)
{
    GH_CHECK(check_place());
    Walk walk(prefix, after, objects_max);
    GH_CHECK(walk.visit(root_, ""));
    return std::move(walk.objects);
}

Result<void> Folder::remove(std::string_view name)
{
    GH_CHECK(check_name(name));
    GH_CHECK(check_place());
    auto const path = root_ / name;
    if (::unlink(path.c_str()) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return {};
        return trouble("cannot remove", path, errno);
    }
    auto const folder = path.parent_path();
    GH_CHECK(sync_folder(folder));
    if (folder != root_)
        remove_if_deserted(folder);
    return {};
}

} // namespace gatehouse::storage::archive
