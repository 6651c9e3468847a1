// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "projections/views.hpp"
#include "storage/sqlite/database.hpp"
#include "storage/sqlite/open.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::storage::sqlite {

// What is asked of the rows, in SQL.
struct ViewQuestions {
    std::string room;
    std::string played;
    std::string player;
    std::array<std::string, 3> leaders; // By projections::By.
    std::string stats;
    std::string finished;
    std::string finished_by;
    std::string finished_room;
};
[[nodiscard]] ViewQuestions view_questions();

// Rows in a file beside the store, or in memory for a store that has no file of its own. Commits
// are not synced, so a power cut may take back the newest pages of the log with their checkpoint:
// they are folded again. settle() syncs. Who was forgotten is overwritten, in the WAL too. Each
// answer is read in the order of an index, and looks at no more rows than it tells of.
class ViewsFile final : public projections::Views {
public:
    // `options` are those of the store.
    [[nodiscard]] static Result<std::unique_ptr<ViewsFile>> open(Options const& options);
    [[nodiscard]] static Result<std::unique_ptr<ViewsFile>> in_memory(
        std::size_t bytes_max = views_in_memory_max);

    Result<projections::Checkpoint> checkpoint() override;
    Result<void> begin(std::string const& source) override;
    Result<bool> advance(projections::Checkpoint const& from, projections::Checkpoint const& to,
        std::function<void(projections::Rows&)> const& change) override;
    Result<void> settle() override;
    Result<void> forget(std::string const& player) override;
    Result<std::vector<projections::Player>> leaders(
        projections::LeadersQuestion const& question) override;
    Result<std::vector<projections::Player>> stats(std::string const& player) override;
    Result<std::vector<projections::FinishedRoom>> finished(
        projections::FinishedQuestion const& question) override;

    struct Tally {
        std::int64_t rooms = 0;
        std::int64_t seats = 0;
        std::int64_t players = 0; // A row for each game, ever and by month.
    };
    // Counts all rows: a look at each.
    [[nodiscard]] Result<Tally> tally();

private:
    class OpenRows;
    struct Statements {
        Statement checkpoint;
        Statement advance;
        Statement room;
        Statement put_room;
        Statement played;
        Statement put_played;
        Statement remove_played;
        Statement player;
        Statement put_player;
        Statement remove_player;
        std::array<Statement, 3> leaders; // By projections::By.
        Statement stats;
        Statement finished;
        Statement finished_by;
        Statement finished_room;
    };

    ViewsFile(Database database, Statements statements)
        : database_(std::move(database))
        , statements_(std::move(statements))
    { }

    static Result<std::unique_ptr<ViewsFile>> over(Database database);
    template <typename Work>
    Result<void> transaction(Work const& work);
    Result<projections::FinishedRoom> finished_room(std::string const& room);

    Database database_;
    Statements statements_;
};

} // namespace gatehouse::storage::sqlite
