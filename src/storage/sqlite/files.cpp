// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/files.hpp"

#include "storage/sqlite/open.hpp"

namespace gatehouse::storage::sqlite {

std::vector<std::filesystem::path> files_of(std::filesystem::path const& store)
{
    std::vector<std::filesystem::path> files;
    for (auto const& file : {store, keys_of(store)})
        for (auto const* const ending : {"", "-wal", "-shm", "-journal"})
            files.emplace_back(file.native() + ending);
    return files;
}

} // namespace gatehouse::storage::sqlite
