// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/chain.hpp"
#include "server/erasures.hpp"
#include "server/temporary_folder_test.hpp"
#include "storage/archive/folder.hpp"
#include "storage/memory_log.hpp"

#include <filesystem>
#include <string>
#include <utility>

namespace gatehouse::server {

// A store with Anna in a.1 and Ben in a.2, and two folders where erasures are noted.
class ErasedWorld : public TemporaryFolder {
protected:
    ErasedWorld()
    {
        constexpr auto kind = config::ObjectStore::Kind::folder;
        settings_.store.path = {path("data/g.db")};
        settings_.archive.to = {.kind = kind, .folder = {path("archive")}};
        settings_.backup.to = {.kind = kind, .folder = {path("backup")}};
        join(log_, "a.1", "u:anna", key('a'));
        join(log_, "a.2", "u:ben", key('b'));
    }

    static std::string key(char of) { return std::string(32, of); }
    static std::string name(char of_key) { return storage::archive::name_of_key(key(of_key)); }
    static void join(storage::Log& log, std::string const& room, std::string subject,
        std::string key)
    {
        events::Event event{.version = 1, .type = "opened", .schema = 1, .at = {1}, .cause = {},
            .data = ""};
        event.link = events::chain_link(events::chain_start(room), event);
        ASSERT_TRUE(log.append({{.stream = room, .category = "liap-tui", .events = {event},
                                   .keys = {{std::move(subject), 1, std::move(key)}}}})
                        .front());
    }

    void note(std::string const& target, char of_key)
    {
        auto const objects = storage::archive::Folder::open(path(target)).value();
        ASSERT_TRUE(storage::archive::note_erased(*objects, {name(of_key)}, {1}));
    }
    // What it says of itself cannot be read.
    void lead_astray(std::string const& target)
    {
        std::filesystem::remove_all(path(target + "/gatehouse"));
        std::filesystem::create_directories(path(target + "/gatehouse/x"));
    }
    void bring_back(std::string const& target)
    {
        std::filesystem::remove_all(path(target + "/gatehouse"));
    }

    // As a new process.
    [[nodiscard]] std::unique_ptr<KnownErasures> known() const
    {
        return KnownErasures::open(settings_).value();
    }
    Result<ErasedAgain> start(storage::Log& log, std::uint64_t history = 0)
    {
        return erase_again(erasure_targets(settings_).value(), log, history, *known());
    }

    std::size_t rooms_of(std::string_view subject)
    {
        return log_.memberships(subject, "", 10)->size();
    }

    config::Settings settings_;
    storage::MemoryLog log_;
};

} // namespace gatehouse::server
