// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/repair_source.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::storage::sqlite {

using events::StreamHead;
using events::Version;

namespace {

constexpr std::size_t per_page = 1000;

class LogSource final : public RepairSource {
public:
    LogSource(std::string name, Origin origin, storage::Log& log)
        : name_(std::move(name))
        , origin_(origin)
        , log_(log)
    { }

    std::string name() const override { return name_; }
    Origin origin() const override { return origin_; }

    Result<void> streams(std::vector<std::string>& names) override
    {
        std::string after;
        while (true) {
            auto const heads = GH_TRY(log_.streams(after, per_page));
            if (heads.empty() || heads.back().stream <= after)
                return {};
            after = heads.back().stream;
            for (auto const& head : heads)
                names.push_back(head.stream);
        }
    }

    Result<bool> read(std::string const& stream, Kept& kept, OnEvent const& visit) override
    {
        auto const heads = GH_TRY(log_.find(stream));
        auto const head = std::ranges::find(heads, stream, &StreamHead::stream);
        if (head == heads.end())
            return false;
        kept = {.category = head->category, .at = head->at};
        auto history = log_.hydrate(stream, 1);
        if (history)
            kept.snapshot = std::move(history->snapshot);
        if (GH_TRY(read_events(*head, visit)) == head->version)
            kept.state = head->state;
        GH_CHECK(history);
        return true;
    }

private:
    // Where a page cannot be read, as far as single events can. Answers the last version.
    Result<Version> read_events(StreamHead const& head, OnEvent const& visit)
    {
        auto count = per_page;
        auto after = head.floor;
        while (after < head.version) {
            auto page = log_.read(head.stream, after, count);
            if (!page && std::exchange(count, 1) > 1)
                continue;
            GH_CHECK(page);
            if (page->empty())
                break;
            after = page->back().version;
            for (auto& event : *page)
                GH_CHECK(visit(std::move(event)));
        }
        return after;
    }

    std::string name_;
    Origin origin_;
    storage::Log& log_;
};

} // namespace

std::unique_ptr<RepairSource> source_of(std::string name, Origin origin, storage::Log& log)
{
    return std::make_unique<LogSource>(std::move(name), origin, log);
}

} // namespace gatehouse::storage::sqlite
