// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/archive.hpp"
#include "storage/sqlite/repair_source.hpp"

#include <cstddef>
#include <map>
#include <utility>

namespace gatehouse::storage::sqlite {

namespace {

using archive::PackName;
using archive::PartName;

// What there is, listed once for all sources that read of it.
struct Listing {
    archive::Archive archive;
    std::map<std::string, std::vector<PackName>, std::less<>> packs{}; // Of each room, by day.
    std::map<std::string, std::vector<PartName>, std::less<>> parts{};
    bool is_listed = false;

    // Once is enough to wait for it, and to say that it is away.
    Result<void> list()
    {
        if (std::exchange(is_listed, true))
            return {};
        GH_CHECK(archive.each_pack("", [this](PackName const& name, std::uint64_t) {
            packs[name.room].push_back(name);
            return Result<void>();
        }));
        return archive.each_part("", [this](PartName const& name, std::uint64_t) {
            parts[name.room].push_back(name);
            return Result<void>();
        });
    }
};

class ArchiveSource : public RepairSource {
public:
    ArchiveSource(std::shared_ptr<Listing> listing, std::string name)
        : listing_(std::move(listing))
        , name_(std::move(name))
    { }

    std::string name() const override { return name_; }
    Origin origin() const override { return Origin::its_histories; }
    Result<void> streams(std::vector<std::string>&) override { return {}; }

protected:
    std::shared_ptr<Listing> listing_;

private:
    std::string name_;
};

class PackSource final : public ArchiveSource {
public:
    // Of the packs of a room: the newest, the one before it, …
    PackSource(std::shared_ptr<Listing> listing, std::string name, std::size_t from_the_newest)
        : ArchiveSource(std::move(listing), std::move(name))
        , from_the_newest_(from_the_newest)
    { }

    // That it is whole is known when all of it was read.
    Result<bool> read(std::string const& stream, Kept& kept, OnEvent const& visit) override
    {
        GH_CHECK(listing_->list());
        auto const packs = listing_->packs.find(stream);
        if (packs == listing_->packs.end() || packs->second.size() <= from_the_newest_)
            return false;
        auto const& name = packs->second[packs->second.size() - 1 - from_the_newest_];
        kept = {.category = name.game};
        GH_CHECK(listing_->archive.read(name, [&](events::Event event) {
            kept.at = event.at;
            return visit(std::move(event));
        }));
        kept.state = events::StreamState{.finished = true, .deadline = {}};
        return true;
    }

private:
    std::size_t from_the_newest_;
};

class PartsSource final : public ArchiveSource {
public:
    using ArchiveSource::ArchiveSource;

    // What was compacted of a room, as far as its parts lie end to end. They do not say whether it
    // waited for an alarm.
    Result<bool> read(std::string const& stream, Kept& kept, OnEvent const& visit) override
    {
        GH_CHECK(listing_->list());
        auto const parts = listing_->parts.find(stream);
        if (parts == listing_->parts.end())
            return false;
        events::Version reach = 0;
        for (auto const& name : parts->second) {
            if (name.first != reach + 1)
                continue;
            auto part = GH_TRY(listing_->archive.read(name));
            kept = {.category = std::move(part.game), .at = part.events.back().at,
                .snapshot = std::move(part.snapshot)};
            for (auto& event : part.events)
                GH_CHECK(visit(std::move(event)));
            reach = name.last;
        }
        return reach > 0;
    }
};

} // namespace

std::vector<std::unique_ptr<RepairSource>> sources_of(archive::Objects& objects)
{
    auto const listing = std::make_shared<Listing>(archive::Archive(objects));
    std::vector<std::unique_ptr<RepairSource>> sources;
    sources.push_back(std::make_unique<PackSource>(listing, "the archive", 0));
    sources.push_back(std::make_unique<PackSource>(listing, "the archive's older pack", 1));
    sources.push_back(std::make_unique<PackSource>(listing, "the archive's oldest pack", 2));
    sources.push_back(std::make_unique<PartsSource>(listing, "the archive's parts"));
    return sources;
}

} // namespace gatehouse::storage::sqlite
