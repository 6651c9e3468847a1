// SPDX-License-Identifier: Apache-2.0
#include "storage/log.hpp"

namespace gatehouse::storage {

namespace {

std::unexpected<Error> no_keys()
{
    return fail(ErrorCode::unsupported, "This store keeps no keys.");
}

} // namespace

Result<std::vector<events::Membership>> Log::memberships(
    std::string_view, std::string_view, std::size_t)
{
    return no_keys();
}

Result<std::uint64_t> Log::forget(std::string_view)
{
    return no_keys();
}

Result<std::vector<events::Membership>> Log::keys(std::uint64_t, std::size_t)
{
    return no_keys();
}

Result<KeyRing> Log::key_ring()
{
    return no_keys();
}

Result<void> Log::drop_keys(std::string_view)
{
    return no_keys();
}

Result<CopyProgress> Log::copy(std::filesystem::path const&, std::size_t)
{
    return fail(ErrorCode::unsupported, "This store has no file to copy.");
}

} // namespace gatehouse::storage
