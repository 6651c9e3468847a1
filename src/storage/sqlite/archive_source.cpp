// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/archive.hpp"
#include "storage/sqlite/repair_source.hpp"

#include <map>
#include <utility>

namespace gatehouse::storage::sqlite {

namespace {

using archive::PackName;
using archive::PartName;

class ArchiveSource final : public RepairSource {
public:
    explicit ArchiveSource(archive::Objects& objects)
        : archive_(objects)
    { }

    std::string name() const override { return "the archive"; }
    Origin origin() const override { return Origin::its_histories; }
    Result<void> streams(std::vector<std::string>&) override { return {}; }

    Result<bool> read(std::string const& stream, Kept& kept, OnEvent const& visit) override
    {
        if (!std::exchange(is_listed_, true))
            GH_CHECK(list()); // Once is enough to wait for it, and to say that it is away.
        if (auto const packs = packs_.find(stream); packs != packs_.end())
            return read_packs(packs->second, kept, visit);
        if (auto const parts = parts_.find(stream); parts != parts_.end())
            return read_parts(parts->second, kept, visit);
        return false;
    }

private:
    Result<void> list()
    {
        GH_CHECK(archive_.each_pack("", [this](PackName const& name, std::uint64_t) {
            packs_[name.room].push_back(name);
            return Result<void>();
        }));
        return archive_.each_part("", [this](PartName const& name, std::uint64_t) {
            parts_[name.room].push_back(name);
            return Result<void>();
        });
    }

    // The first that can be read at all. That it is whole is known when all of it was read.
    Result<bool> read_packs(std::vector<PackName> const& packs, Kept& kept, OnEvent const& visit)
    {
        Result<bool> found = false;
        for (auto const& each : packs) {
            kept = {.category = each.game};
            bool has_some = false;
            auto const pack = archive_.read(each, [&](events::Event event) {
                has_some = true;
                kept.at = event.at;
                return visit(std::move(event));
            });
            if (pack) {
                kept.state = events::StreamState{.finished = true, .deadline = {}};
                return true;
            }
            found = std::unexpected(pack.error());
            if (has_some)
                break;
        }
        return found;
    }

    // What was compacted of a room that is not finished, as far as its parts lie end to end. They
    // do not say whether it waited for an alarm.
    Result<bool> read_parts(std::vector<PartName> const& parts, Kept& kept, OnEvent const& visit)
    {
        events::Version reach = 0;
        for (auto const& name : parts) {
            if (name.first != reach + 1)
                continue;
            auto part = GH_TRY(archive_.read(name));
            kept = {.category = std::move(part.game), .at = part.events.back().at,
                .snapshot = std::move(part.snapshot)};
            for (auto& event : part.events)
                GH_CHECK(visit(std::move(event)));
            reach = name.last;
        }
        return reach > 0;
    }

    archive::Archive archive_;
    std::map<std::string, std::vector<PackName>, std::less<>> packs_{};
    std::map<std::string, std::vector<PartName>, std::less<>> parts_{};
    bool is_listed_ = false;
};

} // namespace

std::unique_ptr<RepairSource> source_of(archive::Objects& objects)
{
    return std::make_unique<ArchiveSource>(objects);
}

} // namespace gatehouse::storage::sqlite
