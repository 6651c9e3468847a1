// SPDX-License-Identifier: Apache-2.0
// Whatever the text, loading answers; and what it accepts, it shows such that it loads the same.

#include "base/assert.hpp"
#include "config/load.hpp"
#include "config/show.hpp"

#include <array>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size)
{
    using namespace gatehouse::config;
    static constexpr std::array<std::string_view, 1> games {"liap-tui"};
    Sources const sources {
        .read_file = [](std::string_view) { return std::nullopt; },
        .glob = [](std::string_view) { return std::vector<std::string> {}; },
        .environment =
            [](std::string_view name) {
                return name == "A" ? std::optional<std::string>("a") : std::nullopt;
            },
    };
    std::string_view const text(reinterpret_cast<char const*>(bytes), size);
    auto const loaded = load("gatehouse.yaml", text, sources, {}, games);
    if (!loaded)
        return 0;
    auto const again = load("gatehouse.yaml", show_yaml(*loaded), sources, {}, games);
    GH_ASSERT(again && again->settings == loaded->settings);
    return 0;
}
