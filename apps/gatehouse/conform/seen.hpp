// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json_writer.hpp"
#include "base/tree.hpp"

#include <chrono>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::conform {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// How long an answer may take before it counts as none.
inline constexpr Clock::duration patience = 5s;

// What a case was looking for and did not see, in words; or why it could not look.
struct Fault {
    enum class Kind : std::uint8_t { failed, skipped };
    Kind kind = Kind::failed;
    std::string expected{}; // Or why it was skipped.
    std::string came{};
};

template <typename T>
using Seen = std::expected<T, Fault>;

[[nodiscard]] inline std::unexpected<Fault> failed(std::string expected, std::string came)
{
    return std::unexpected(Fault{Fault::Kind::failed, std::move(expected), std::move(came)});
}
[[nodiscard]] inline std::unexpected<Fault> skipped(std::string why)
{
    return std::unexpected(Fault{Fault::Kind::skipped, std::move(why), {}});
}

// ---- Members of messages; -1 or empty where there is no such member.

[[nodiscard]] inline std::int64_t number_in(json::Tree const& message, std::string_view key)
{
    auto const* const found = message.find(key);
    return found ? found->integer().value_or(-1) : -1;
}
// The same, where a member that is left out is 0.
[[nodiscard]] inline std::int64_t count_in(json::Tree const& message, std::string_view key)
{
    return message.find(key) ? number_in(message, key) : 0;
}
[[nodiscard]] inline std::string_view text_in(json::Tree const& message, std::string_view key)
{
    auto const* const found = message.find(key);
    return found ? found->text().value_or("") : std::string_view{};
}
// At most 300 bytes, for people.
[[nodiscard]] std::string shown(json::Tree const& message);

// "\"text\""
[[nodiscard]] inline std::string quoted(std::string_view text)
{
    std::string out;
    json::append_quoted(out, text);
    return out;
}

} // namespace gatehouse::conform
