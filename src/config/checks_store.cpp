// SPDX-License-Identifier: Apache-2.0
#include "config/checking.hpp"

namespace gatehouse::config {

void check_backup(Checking& check)
{
    using enum ObjectStore::Kind;
    auto const& to = check.settings().backup.to;
    if (to.kind == none)
        return;
    if (check.settings().store.kind == Store::Kind::postgres)
        check.wrong("/backup/to",
            "a PostgreSQL store is backed up by its own tools, pg_basebackup and WAL archiving "
            "(docs/backup.md): leave backup out");
    else if (check.settings().store.kind == Store::Kind::memory)
        check.wrong(
            "/backup/to", "a store in memory cannot be backed up: write store: sqlite:PATH");
    else if (to.kind == bucket && check.settings().archive.access_key.reference.empty())
        check.wrong("/backup/to",
            "s3: is asked with the keys of archive: write archive.access_key "
            "and archive.secret_key");
}

} // namespace gatehouse::config
