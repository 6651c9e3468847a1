// SPDX-License-Identifier: Apache-2.0
#include "storage/log.hpp"

namespace gatehouse::storage {

Result<KeyRing> Log::key_ring()
{
    return fail(ErrorCode::unsupported, "This store has backups of its own.");
}

Result<CopyProgress> Log::copy(std::filesystem::path const&, std::size_t)
{
    return fail(ErrorCode::unsupported, "This store has no file to copy.");
}

} // namespace gatehouse::storage
