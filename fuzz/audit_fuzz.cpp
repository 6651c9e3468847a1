// SPDX-License-Identifier: Apache-2.0

// Whatever stands in the streams of the audit log, reading an entry answers: an error, or an entry
// that is written again such that it reads the same. The first byte says which type it has.

#include "audit/entry.hpp"
#include "base/assert.hpp"

#include <array>
#include <cstdint>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    constexpr std::array types{
        audit::Asked::name, audit::Ended::name, audit::Continued::name, std::string_view("?")};
    if (size == 0)
        return 0;
    events::Event event;
    event.version = 1;
    event.schema = data[0] < 128 ? 1 : 2;
    event.type = types[data[0] % types.size()];
    event.data.assign(reinterpret_cast<char const*>(data) + 1, size - 1);
    auto const entry = audit::decode(event);
    if (!entry)
        return 0;
    // What is too long is cut, once.
    auto const written = audit::encode(*entry);
    auto const again = audit::decode(
        {.version = 1, .type = written.type, .schema = 1, .data = written.data});
    GH_ASSERT(again && again->index() == entry->index());
    return 0;
}
