// SPDX-License-Identifier: Apache-2.0
//
//     lossy_fs FOLDER [SYNC_US_MAX [journal]]     mounts a lossy disk there (needs /dev/fuse)
//
// Commands on standard input, one a line, each answered by one line:
//
//     off          the power fails: all that was not synced is lost; every call fails from now on
//     off SEED     the same, but of what was not synced any part may be kept, by that chance
//     trip N SEED  the same in the middle of the N-th sync from now, at the latest in ten seconds;
//                  answered when it has happened
//     on           the power is back; what was open before stays lost to whoever had it
//     fail N       the next N syncs of files fail with EIO, and their bytes are not kept by later
//                  ones either
//     lie          from now on a sync keeps nothing and says that it did
//     truth        until now
//
// At the end of input the folder is unmounted, and everything forgotten. One sync in four
// takes up to SYNC_US_MAX microseconds, the others a tenth: time in which the power may fail.
// With `journal` a sync of any file keeps all names, as it does on ext4 and XFS, and as PostgreSQL
// expects.
#include "machine.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace {

using namespace gatehouse::lossy_fs;

Machine& machine()
{
    return *static_cast<Machine*>(fuse_get_context()->private_data);
}

// ---- Commands

std::string obey(Machine& of, std::string_view command)
{
    std::array<std::uint64_t, 2> numbers{};
    auto const word = command.substr(0, command.find(' '));
    auto rest = command.substr(word.size());
    for (auto& number : numbers) {
        rest.remove_prefix(rest.starts_with(' ') ? 1 : 0);
        auto const* const end = std::from_chars(rest.begin(), rest.end(), number).ptr;
        rest.remove_prefix(static_cast<std::size_t>(end - rest.begin()));
    }
    if (word == "on") {
        of.power_up();
        return "on";
    }
    if (word == "fail") {
        of.fail_syncs(numbers[0]);
        return "fail";
    }
    if (word == "lie" || word == "truth") {
        of.lie(word == "lie");
        return std::string(word);
    }
    if (word != "off" && word != "trip")
        return "there are the commands off, off SEED, trip N SEED, on, fail N, lie, truth";
    auto const tally = word == "trip" ? of.trip(numbers[0], numbers[1])
        : word == command             ? of.cut(Loss::everything, 0)
                                      : of.cut(Loss::by_chance, numbers[0]);
    return "off  sectors kept " + std::to_string(tally.sectors_kept) + " lost "
        + std::to_string(tally.sectors_lost) + "  names kept " + std::to_string(tally.names_kept)
        + " lost " + std::to_string(tally.names_lost);
}

void obey_until_the_end(Machine& of, fuse* mounted)
{
    std::puts("mounted");
    std::fflush(stdout);
    for (char line[64]; std::fgets(line, sizeof line, stdin);) {
        std::puts(obey(of, {line, std::strcspn(line, "\n")}).c_str());
        std::fflush(stdout);
    }
    fuse_unmount(mounted);
    std::_Exit(0);
}

// ---- Calls

void* begin(fuse_conn_info*, fuse_config* config)
{
    config->hard_remove = 1;  // Files that are open need no name.
    config->nullpath_ok = 1;
    config->direct_io = 1;    // No cache of the kernel: a cut is not to be hidden.
    config->entry_timeout = 0;
    config->attr_timeout = 0;
    config->negative_timeout = 0;
    auto* const context = fuse_get_context();
    std::thread(obey_until_the_end, std::ref(machine()), context->fuse).detach();
    return context->private_data;
}

int get_attributes(char const* path, struct stat* status, fuse_file_info* file)
{
    return machine().use_node(path, file, [&](Disk&, std::shared_ptr<Node> const& node) {
        *status = {};
        status->st_mode = (node->is_folder ? S_IFDIR : S_IFREG) | node->mode;
        status->st_nlink = node->is_folder ? 2 : 1;
        status->st_uid = node->user;
        status->st_gid = node->group;
        status->st_size = static_cast<off_t>(node->bytes.size());
        status->st_blocks = (status->st_size + 511) / 512;
        return 0;
    });
}

Node node_of_caller(mode_t mode)
{
    auto const* const context = fuse_get_context();
    return {.is_folder = S_ISDIR(mode),
        .mode = mode & 07777,
        .user = context->uid,
        .group = context->gid};
}

int make_folder(char const* path, mode_t mode)
{
    return machine().use(nullptr, [&](Disk& disk) {
        auto const made = disk.make(path, node_of_caller(mode | S_IFDIR));
        return made ? 0 : -made.error();
    });
}

int create(char const* path, mode_t mode, fuse_file_info* file)
{
    return machine().use(nullptr, [&](Disk& disk) {
        auto made = disk.make(path, node_of_caller(mode));
        if (made)
            machine().open(file, *std::move(made));
        return made ? 0 : -made.error();
    });
}

int open(char const* path, fuse_file_info* file)
{
    return machine().use_node(path, nullptr, [&](Disk& disk, std::shared_ptr<Node> const& node) {
        if ((file->flags & O_TRUNC) != 0)
            disk.resize(*node, 0);
        machine().open(file, node);
        return 0;
    });
}

int release(char const*, fuse_file_info* file)
{
    delete &Machine::handle(file);
    return 0;
}

int read_bytes(char const*, char* bytes, std::size_t size, off_t at, fuse_file_info* file)
{
    return machine().use_node(nullptr, file, [&](Disk&, std::shared_ptr<Node> const& node) {
        auto const begin = static_cast<std::size_t>(at);
        if (begin >= node->bytes.size())
            return 0;
        return static_cast<int>(node->bytes.copy(bytes, size, begin));
    });
}

int write_bytes(char const*, char const* bytes, std::size_t size, off_t at, fuse_file_info* file)
{
    return machine().use_node(nullptr, file, [&](Disk& disk, std::shared_ptr<Node> const& node) {
        disk.write(*node, static_cast<std::size_t>(at), {bytes, size});
        return static_cast<int>(size);
    });
}

int resize(char const* path, off_t size, fuse_file_info* file)
{
    return machine().use_node(path, file, [&](Disk& disk, std::shared_ptr<Node> const& node) {
        disk.resize(*node, static_cast<std::size_t>(size));
        return 0;
    });
}

// Space is for the asking; only a size is made of it.
int allocate(char const* path, int mode, off_t at, off_t length, fuse_file_info* file)
{
    if (mode != 0)
        return -EOPNOTSUPP;
    return machine().use_node(path, file, [&](Disk& disk, std::shared_ptr<Node> const& node) {
        auto const end = static_cast<std::size_t>(at + length);
        if (end > node->bytes.size())
            disk.resize(*node, end);
        return 0;
    });
}

int sync(char const*, int, fuse_file_info* file)
{
    return machine().sync(file);
}

int remove_file(char const* path)
{
    return machine().use(nullptr, [&](Disk& disk) { return -disk.remove(path, false); });
}

int remove_folder(char const* path)
{
    return machine().use(nullptr, [&](Disk& disk) { return -disk.remove(path, true); });
}

int rename(char const* from, char const* to, unsigned flags)
{
    if (flags != 0)
        return -EINVAL;
    return machine().use(nullptr, [&](Disk& disk) { return -disk.rename(from, to); });
}

int link(char const* from, char const* to)
{
    return machine().use(nullptr, [&](Disk& disk) { return -disk.link(from, to); });
}

int change_mode(char const* path, mode_t mode, fuse_file_info* file)
{
    return machine().use_node(path, file, [&](Disk&, std::shared_ptr<Node> const& node) {
        node->mode = mode & 07777;
        return 0;
    });
}

int change_owner(char const* path, uid_t user, gid_t group, fuse_file_info* file)
{
    return machine().use_node(path, file, [&](Disk&, std::shared_ptr<Node> const& node) {
        node->user = user == static_cast<uid_t>(-1) ? node->user : user;
        node->group = group == static_cast<gid_t>(-1) ? node->group : group;
        return 0;
    });
}

int change_times(char const*, timespec const*, fuse_file_info*)
{
    return 0; // None are kept.
}

int list(char const*, void* into, fuse_fill_dir_t fill, off_t, fuse_file_info* file,
    fuse_readdir_flags)
{
    return machine().use_node(nullptr, file, [&](Disk&, std::shared_ptr<Node> const& node) {
        for (char const* const always : {".", ".."})
            fill(into, always, nullptr, 0, fuse_fill_dir_flags{});
        for (auto const& [name, child] : node->names)
            fill(into, name.c_str(), nullptr, 0, fuse_fill_dir_flags{});
        return 0;
    });
}

fuse_operations all_calls()
{
    fuse_operations calls{};
    calls.init = begin;
    calls.getattr = get_attributes;
    calls.mkdir = make_folder;
    calls.create = create;
    calls.open = open;
    calls.release = release;
    calls.read = read_bytes;
    calls.write = write_bytes;
    calls.truncate = resize;
    calls.fallocate = allocate;
    calls.fsync = sync;
    calls.unlink = remove_file;
    calls.rmdir = remove_folder;
    calls.rename = rename;
    calls.link = link;
    calls.chmod = change_mode;
    calls.chown = change_owner;
    calls.utimens = change_times;
    calls.opendir = open;
    calls.readdir = list;
    calls.releasedir = release;
    calls.fsyncdir = sync;
    return calls;
}

} // namespace

int main(int count, char** arguments)
{
    if (count < 2) {
        std::fputs("lossy_fs FOLDER [SYNC_US_MAX [journal]]\n", stderr);
        return 2;
    }
    using enum Machine::NamesKept;
    Machine all(count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 0,
        count > 3 && std::string_view(arguments[3]) == "journal" ? with_files : with_folders);
    auto const calls = all_calls();
    char foreground[] = "-f";
    char for_all[] = "-oallow_other"; // Only root may say so.
    char threads[] = "-omax_threads=8";
    char* words[] = {arguments[0], arguments[1], foreground, threads, for_all, nullptr};
    return fuse_main(geteuid() == 0 ? 5 : 4, words, &calls, &all);
}
