// SPDX-License-Identifier: Apache-2.0
#pragma once

// A world in memory for the tests of this folder.

#include "config/load.hpp"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config::testing {

// RFC 8037, appendix A.2.
inline constexpr std::string_view key_set
    = R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",)"
      R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

struct World {
    std::map<std::string, std::string, std::less<>> files {};
    std::map<std::string, std::string, std::less<>> variables {};
    std::vector<Flag> flags {};
    std::string main = "gatehouse.yaml";

    [[nodiscard]] std::expected<Loaded, Problems> load(std::string_view text) const
    {
        static constexpr std::array<std::string_view, 2> games {"liap-tui", "draw-guess"};
        auto const find = [](auto const& map, std::string_view key) {
            auto const found = map.find(key);
            return found == map.end() ? std::nullopt : std::optional<std::string>(found->second);
        };
        Sources const sources {
            .read_file = [&](std::string_view path) { return find(files, path); },
            .glob = [&](std::string_view pattern) { return matching(pattern); },
            .environment = [&](std::string_view name) { return find(variables, name); },
        };
        return config::load(main, text, sources, flags, games);
    }

private:
    // One star at most.
    std::vector<std::string> matching(std::string_view pattern) const
    {
        auto const star = std::min(pattern.find('*'), pattern.size());
        std::vector<std::string> found;
        for (auto const& [name, text] : files)
            if (star == pattern.size() ? name == pattern
                                       : name.starts_with(pattern.substr(0, star))
                        && name.ends_with(pattern.substr(star + 1)))
                found.push_back(name);
        return found;
    }
};

} // namespace gatehouse::config::testing
