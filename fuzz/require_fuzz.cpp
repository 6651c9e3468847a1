// SPDX-License-Identifier: Apache-2.0

// Whatever an operator writes as `require`: a fault that points into the text, or an expression
// that is shown such that it reads the same and means the same to everybody.

#include "base/assert.hpp"
#include "identity/require.hpp"

#include <array>
#include <cstdint>
#include <vector>

using namespace gatehouse;
using namespace gatehouse::identity;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    static RoleTable const table = *RoleTable::of({{"a", {"*"}}, {"b", {"x.*", "p"}}, {"c", {}}});
    auto const parsed = Require::parse(text);
    if (!parsed) {
        GH_ASSERT(parsed.error().column >= 1 && parsed.error().column <= text.size() + 1);
        GH_ASSERT(!parsed.error().message.empty());
        return 0;
    }
    static_cast<void>(parsed->check(table));
    auto const shown = parsed->show();
    auto const again = Require::parse(shown);
    GH_ASSERT(again.has_value() == (shown.size() <= Require::text_bytes_max));
    if (!again)
        return 0;
    GH_ASSERT(again->show() == shown);
    static std::array<std::vector<std::string>, 5> const people{
        {{}, {"a"}, {"b"}, {"c", "b"}, {"stranger"}}};
    for (auto const& roles : people)
        GH_ASSERT(parsed->allows(roles, table) == again->allows(roles, table));
    return 0;
}
