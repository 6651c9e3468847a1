// SPDX-License-Identifier: Apache-2.0
#include "server/erasures.hpp"

#include "server/archiver.hpp"
#include "server/shipper.hpp"
#include "storage/archive/erasures.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace gatehouse::server {

namespace archive = storage::archive;

namespace {

// Says up to which history of the store erasures were looked at here. That it is lost, or older
// than it might be, costs a look that was not needed.
class Looked {
public:
    explicit Looked(config::Settings const& settings)
        : folder_(settings.store.data_folder())
    { }

    [[nodiscard]] bool at(std::uint64_t history) const
    {
        std::uint64_t known = 0;
        return !folder_.empty() && (std::ifstream(file()) >> known) && known == history;
    }

    void note(std::uint64_t history) const
    {
        std::error_code ignored;
        if (folder_.empty() || at(history))
            return;
        std::filesystem::create_directories(folder_, ignored);
        std::ofstream(file()) << history << '\n';
    }

private:
    [[nodiscard]] std::filesystem::path file() const { return folder_ / "erasures"; }

    std::filesystem::path folder_;
};

} // namespace

Result<ErasureTargets> erasure_targets(config::Settings const& settings, std::stop_token stop)
{
    ErasureTargets targets;
    if (settings.archive.to.kind != config::ObjectStore::Kind::none)
        targets.push_back(GH_TRY(open_objects(settings.archive, stop)));
    if (settings.backup.to.kind != config::ObjectStore::Kind::none)
        targets.push_back(GH_TRY(open_backup(settings, stop)));
    return targets;
}

Result<ErasedAgain> erase_again(
    config::Settings const& settings, storage::Log& log, std::uint64_t history)
{
    auto targets = GH_TRY(erasure_targets(settings));
    ErasedAgain done;
    if (targets.empty())
        return done;
    Looked const looked(settings);
    bool is_known = GH_TRY(log.keys(0, 1)).empty();
    if (is_known)
        targets.clear(); // There is nobody who could be back.
    for (auto const& target : targets) {
        if (auto const erased = archive::erased_keys(*target)) {
            done.keys += GH_TRY(archive::erase_again(log, *erased));
            is_known = true;
        } else {
            done.away = erased.error();
        }
    }
    if (is_known)
        looked.note(history);
    else if (!looked.at(history))
        return fail(done.away->code,
            "whoever was erased may be back, and nobody can be asked who that is",
            done.away->message + " " + done.away->detail
                + " (archive.to and backup.to know it: bring one back, or leave both out)");
    return done;
}

} // namespace gatehouse::server
