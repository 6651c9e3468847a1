// SPDX-License-Identifier: Apache-2.0
#include "schema/pattern.hpp"

#include "schema/ecma.hpp"

#include <fmt/format.h>
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <re2/re2.h>
#pragma GCC diagnostic pop

namespace gatehouse::schema {

Pattern::Pattern(std::string source, std::unique_ptr<re2::RE2> compiled)
    : source_(std::move(source))
    , compiled_(std::move(compiled))
{ }

Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

std::expected<Pattern, std::string> Pattern::compile(std::string_view ecma)
{
    auto translated = ecma_to_re2(ecma);
    if (!translated)
        return std::unexpected(std::move(translated).error());
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_max_mem(memory_max);
    options.set_never_capture(true);
    auto compiled = std::make_unique<re2::RE2>(*translated, options);
    if (compiled->ok())
        return Pattern(std::string(ecma), std::move(compiled));
    switch (compiled->error_code()) {
    case re2::RE2::ErrorPatternTooLarge:
        return std::unexpected(
            fmt::format("it needs more than {} KiB compiled; repeat less", memory_max / 1024));
    case re2::RE2::ErrorRepeatSize:
        return std::unexpected(
            fmt::format("\"{}\" repeats too often; at most 1000 times, or say it with maxLength",
                compiled->error_arg()));
    default: return std::unexpected(compiled->error());
    }
}

bool Pattern::is_found_in(std::string_view text) const
{
    return compiled_->Match(
        {text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

} // namespace gatehouse::schema
