// SPDX-License-Identifier: Apache-2.0
#include "disk.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace gatehouse::lossy_fs {

namespace {

void change_bytes(std::string& bytes, FileChange const& change)
{
    if (change.bytes.empty())
        return bytes.resize(change.at);
    bytes.resize(std::max(bytes.size(), change.at + change.bytes.size()));
    bytes.replace(change.at, change.bytes.size(), change.bytes);
}

template <typename NameChange>
void change_names(Names Node::*names, NameChange const& change)
{
    if (change.node)
        (*change.folder.*names)[change.name] = change.node;
    else
        (*change.folder.*names).erase(change.name);
}

} // namespace

// ---- Names

std::expected<Disk::Place, int> Disk::place(std::string_view path) const
{
    auto const cut = path.rfind('/');
    auto folder = find(path.substr(0, cut));
    if (!folder)
        return std::unexpected(folder.error());
    if (!(*folder)->is_folder)
        return std::unexpected(ENOTDIR);
    return Place{*folder, std::string(path.substr(cut + 1))};
}

Disk::NodeOr Disk::find(std::string_view path) const
{
    if (path.empty() || path == "/")
        return root_;
    auto const where = place(path);
    if (!where)
        return std::unexpected(where.error());
    auto const found = where->folder->names.find(where->name);
    if (found == where->folder->names.end())
        return std::unexpected(ENOENT);
    return found->second;
}

Disk::NodeOr Disk::make(std::string_view path, Node node)
{
    auto const where = place(path);
    if (!where)
        return std::unexpected(where.error());
    if (where->folder->names.contains(where->name))
        return std::unexpected(EEXIST);
    auto made = std::make_shared<Node>(std::move(node));
    take({{where->folder, where->name, made}});
    return made;
}

int Disk::link(std::string_view from, std::string_view to)
{
    auto const node = find(from);
    auto const where = place(to);
    if (!node || !where)
        return node ? where.error() : node.error();
    if (where->folder->names.contains(where->name))
        return EEXIST;
    take({{where->folder, where->name, *node}});
    return 0;
}

int Disk::rename(std::string_view from, std::string_view to)
{
    auto const node = find(from);
    auto const origin = place(from);
    auto const target = place(to);
    if (!node || !target)
        return node ? target.error() : node.error();
    auto const there = target->folder->names.find(target->name);
    if (there != target->folder->names.end() && !there->second->names.empty())
        return ENOTEMPTY;
    take({{origin->folder, origin->name, nullptr}, {target->folder, target->name, *node}});
    return 0;
}

int Disk::remove(std::string_view path, bool is_folder)
{
    auto const node = find(path);
    auto const where = place(path);
    if (!node || !where)
        return ENOENT;
    if ((*node)->is_folder != is_folder)
        return is_folder ? ENOTDIR : EISDIR;
    if (!(*node)->names.empty())
        return ENOTEMPTY;
    take({{where->folder, where->name, nullptr}});
    return 0;
}

void Disk::take(std::vector<NameChange> changes)
{
    for (auto const& change : changes)
        change_names(&Node::names, change);
    journal_.push_back({++last_change_, std::move(changes)});
}

// ---- Bytes

void Disk::write(Node& file, std::size_t at, std::string_view bytes)
{
    while (!bytes.empty()) {
        auto const piece = bytes.substr(0, sector - at % sector);
        file.changes.push_back({++last_change_, at, std::string(piece)});
        change_bytes(file.bytes, file.changes.back());
        bytes.remove_prefix(piece.size());
        at += piece.size();
    }
}

void Disk::resize(Node& file, std::size_t size)
{
    file.changes.push_back({++last_change_, size, {}});
    change_bytes(file.bytes, file.changes.back());
}

// ---- What stays

void Disk::sync(std::shared_ptr<Node> const& node, ChangeNumber up_to)
{
    std::erase_if(node->changes, [&](FileChange const& change) {
        if (change.number > up_to)
            return false;
        change_bytes(node->kept_bytes, change);
        return true;
    });
    std::erase_if(journal_, [&](Step const& step) {
        auto const is_its = std::ranges::find(step.changes, node, &NameChange::folder);
        if (step.number > up_to || is_its == step.changes.end())
            return false;
        for (auto const& change : step.changes)
            change_names(&Node::kept_names, change);
        return true;
    });
}

void Disk::sync_names(ChangeNumber up_to)
{
    std::erase_if(journal_, [up_to](Step const& step) {
        if (step.number > up_to)
            return false;
        for (auto const& change : step.changes)
            change_names(&Node::kept_names, change);
        return true;
    });
}

void Disk::fail_sync(Node& file, ChangeNumber up_to)
{
    std::erase_if(
        file.changes, [up_to](FileChange const& change) { return change.number <= up_to; });
}

Tally Disk::cut(Loss loss, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    Tally tally;
    tally.names_kept = loss == Loss::by_chance ? random() % (journal_.size() + 1) : 0;
    tally.names_lost = journal_.size() - tally.names_kept;
    journal_.resize(tally.names_kept);
    for (auto const& step : journal_)
        for (auto const& change : step.changes)
            change_names(&Node::kept_names, change);
    journal_.clear();
    restore(*root_, loss, random, tally);
    return tally;
}

// Files differ in how much of them got through.
void Disk::restore(Node& node, Loss loss, std::mt19937_64& random, Tally& tally)
{
    static constexpr std::array<unsigned, 6> percents{0, 0, 10, 50, 90, 100};
    auto const percent = loss == Loss::by_chance ? percents[random() % percents.size()] : 0;
    for (auto const& change : node.changes) {
        bool const is_kept = random() % 100 < percent;
        (is_kept ? tally.sectors_kept : tally.sectors_lost)++;
        if (is_kept)
            change_bytes(node.kept_bytes, change);
    }
    // The new size may be kept where the bytes are not.
    if (percent != 0 && random() % 4 == 0)
        node.kept_bytes.resize(std::max(node.kept_bytes.size(), node.bytes.size()));
    node.changes.clear();
    node.bytes = node.kept_bytes;
    node.names = node.kept_names;
    for (auto const& [name, child] : node.names)
        restore(*child, loss, random, tally);
}

} // namespace gatehouse::lossy_fs
