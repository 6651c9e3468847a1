// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/log_file.hpp"

#include <utility>

namespace gatehouse::storage::sqlite {

Result<CopyProgress> LogFile::copy(std::filesystem::path const& file, std::size_t pages)
{
    if (!copy_ || copy_->file() != std::filesystem::absolute(file))
        copy_ = GH_TRY(Copy::begin(database_, file));
    auto const left = copy_->step(pages);
    if (!left || *left == 0)
        copy_.reset();
    auto const pages_left = GH_TRY(left);
    return CopyProgress{pages_left, streams_.last_row() + 1};
}

} // namespace gatehouse::storage::sqlite
