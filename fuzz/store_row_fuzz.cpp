// SPDX-License-Identifier: Apache-2.0

// Whatever lies in a row of `event`, reading it answers: that it is not what was packed, or an
// event that is packed again such that it reads the same. The first byte says whether the sum is
// made to fit (so that chance gets past it), the next one how much of the rest is the head.

#include "base/assert.hpp"
#include "events/append_check.hpp"
#include "storage/sqlite/record.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

using namespace gatehouse;
using namespace gatehouse::storage::sqlite;

namespace {

constexpr Place place{.row = 1'000'000, .stream = 7};

std::string with_sum(std::string_view packed, std::string_view data)
{
    Sum sum;
    sum.add(place.row);
    sum.add(place.stream);
    sum.add(packed);
    sum.add(data);
    std::string head;
    for (int i = 0; i < 4; i++)
        head.push_back(static_cast<char>(sum.value() >> (8 * i)));
    return head.append(packed);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size < 2)
        return 0;
    std::string_view rest(reinterpret_cast<char const*>(data) + 2, size - 2);
    auto const head = rest.substr(0, data[1]);
    rest.remove_prefix(head.size());
    Record record{.place = place};
    if (!unpack(record, data[0] % 4 == 0 ? std::string(head) : with_sum(head, rest), rest))
        return 0;
    std::string packed;
    pack(packed, record.place, record.state, record.event);
    Record again{.place = place};
    GH_ASSERT(unpack(again, packed, rest));
    GH_ASSERT(again.event == record.event && again.state == record.state);
    GH_ASSERT(again.place.previous_row == record.place.previous_row
        && again.place.mark_row == record.place.mark_row
        && again.place.position == record.place.position);
    return 0;
}
