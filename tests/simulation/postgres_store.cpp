// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/postgres_log.hpp"

#include "database.hpp"
#include "store.hpp"
#include "storage/postgres/reader.hpp"

#include <fmt/format.h>

#include <utility>

namespace gatehouse::simulation {

namespace {

// PostgresLog as it is, in front of a database that is not.
class PostgresStore final : public Store {
public:
    explicit PostgresStore(StoreSurroundings around)
        : around_(around)
        , database_(around_.agenda, around_.luck.fork(), around_.trace, around_.plan)
    { }

    [[nodiscard]] Result<std::unique_ptr<storage::Log>> open(News news) override;
    void die(std::unique_ptr<storage::Log> log, std::vector<events::StreamAppend> in_work,
        Death death) override;
    bool put_to_sleep(TimePoint until) override;
    bool cut_off(TimePoint until) override
    {
        database_.cut_off(target().url, until);
        return true;
    }
    void go_away(Duration length) override { database_.crash(length); }
    bool fail_over() override { return database_.fail_over(); }
    [[nodiscard]] Result<std::unique_ptr<storage::Log>> history() override;

private:
    [[nodiscard]] storage::postgres::Target target() const
    {
        return {.url = fmt::format("postgresql://simulated/{}", opened_),
            .answer_within = around_.plan.postgres.answer_within,
            .connect_within = std::chrono::seconds(1)};
    }

    StoreSurroundings around_;
    Database database_;
    int opened_ = 0;
};

Result<std::unique_ptr<storage::Log>> PostgresStore::open(News news)
{
    opened_++;
    auto opened = storage::postgres::PostgresLog::open({.target = target(),
        .lease = around_.plan.postgres.lease,
        .resolve_within = around_.plan.postgres.resolve_within,
        .on_lost = std::move(news.lost),
        .on_held = std::move(news.held)});
    if (opened)
        return *std::move(opened);
    around_.trace.note(around_.agenda.now(), "store", 0, "stays shut", opened.error().detail);
    return std::unexpected(std::move(opened.error()));
}

void PostgresStore::die(
    std::unique_ptr<storage::Log> log, std::vector<events::StreamAppend> in_work, Death)
{
    if (!in_work.empty()) {
        database_.expect_last_words();
        static_cast<void>(log->append(std::move(in_work)));
    }
    database_.set_silent(true);
    log.reset();
    database_.set_silent(false);
    if (around_.plan.postgres.is_one_host)
        database_.bury_all();
}

bool PostgresStore::put_to_sleep(TimePoint until)
{
    database_.put_to_sleep(database_.newest_pulse(), until);
    return true;
}

Result<std::unique_ptr<storage::Log>> PostgresStore::history()
{
    database_.look_back();
    return storage::postgres::Reader::open(target());
}

}  // namespace

std::unique_ptr<Store> make_postgres_store(StoreSurroundings around)
{
    return std::make_unique<PostgresStore>(around);
}

}  // namespace gatehouse::simulation
