// SPDX-License-Identifier: Apache-2.0
#pragma once

// Random values of any described type, drawn from its shape alone (base/fields.hpp).

#include "base/fields.hpp"
#include "rooms/chance.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace gatehouse::testing {

// The numbers and texts that stand in a view. What players can sensibly ask for is mostly made of
// them: the piece that they hold, the square that they see.
struct Vocabulary {
    static constexpr std::size_t words_max = 256;
    std::vector<std::int64_t> numbers{};
    std::vector<std::string> texts{};

    template <typename T>
    void learn(T const& value)
    {
        if constexpr (std::same_as<T, bool> || std::is_enum_v<T>) {
            return;
        } else if constexpr (std::integral<T>) {
            if (numbers.size() < words_max && std::in_range<std::int64_t>(value))
                numbers.push_back(static_cast<std::int64_t>(value));
        } else if constexpr (std::same_as<T, std::string>) {
            if (texts.size() < words_max)
                texts.push_back(value);
        } else if constexpr (fields_detail::is_optional<T>) {
            if (value)
                learn(*value);
        } else if constexpr (Sequence<T>) {
            for (auto const& element : value)
                learn(element);
        } else if constexpr (Described<T>) {
            fields_detail::each_field(
                value, [this](std::string_view, auto const& field) { learn(field); });
        }
    }
};

class Imagination {
public:
    Imagination(Vocabulary words, rooms::Rng& rng)
        : words_(std::move(words))
        , rng_(rng)
    { }

    // One of the alternatives, filled with this and that.
    template <typename... Ts>
    void imagine(std::variant<Ts...>& value)
    {
        Choice<std::variant<Ts...>>::select(pick(Choice<std::variant<Ts...>>::names), value);
        std::visit([this](auto& body) { imagine(body); }, value);
    }

    template <typename T>
    void imagine(T& value)
    {
        if constexpr (std::same_as<T, bool>) {
            value = one_in(2);
        } else if constexpr (std::integral<T>) {
            value = number<T>();
        } else if constexpr (NamedEnum<T>) {
            auto const names = static_cast<std::uint32_t>(enum_names(value).size());
            value = static_cast<T>(rng_.below(names));
        } else if constexpr (std::same_as<T, std::string>) {
            value = text();
        } else if constexpr (fields_detail::is_optional<T>) {
            if (one_in(2))
                imagine(value.emplace());
        } else if constexpr (Sequence<T>) {
            if constexpr (fields_detail::is_vector<T>)
                value.resize(one_in(32) ? rng_.below(65) : rng_.below(7));
            for (auto& element : value)
                imagine(element);
        } else {
            static_assert(Described<T>, "only described structs can be imagined");
            fields_detail::each_field(
                value, [this](std::string_view, auto& field) { imagine(field); });
        }
    }

private:
    [[nodiscard]] bool one_in(std::uint32_t n) { return rng_.below(n) == 0; }

    template <typename Range>
    auto pick(Range const& range)
    {
        return range[rng_.below(static_cast<std::uint32_t>(range.size()))];
    }

    // Seen, between two that are seen, small, or at the edge of what fits.
    template <typename T>
    T number()
    {
        using Limits = std::numeric_limits<T>;
        if (one_in(16))
            return one_in(2) ? Limits::min() : Limits::max();
        auto wanted = static_cast<std::int64_t>(rng_.below(20)) - 2;
        if (!words_.numbers.empty() && !one_in(3)) {
            auto const [from, to] = std::minmax({pick(words_.numbers), pick(words_.numbers)});
            auto const span = static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
            bool const is_near = span < 1'000'000;
            wanted = from;
            if (is_near && one_in(2))
                wanted += rng_.below(static_cast<std::uint32_t>(span) + 1);
        }
        return std::in_range<T>(wanted) ? static_cast<T>(wanted) : T{};
    }

    std::string text()
    {
        if (one_in(16))
            return std::string(rng_.below(2'000), 'x');
        return words_.texts.empty() || one_in(3) ? "word" : pick(words_.texts);
    }

    Vocabulary words_;
    rooms::Rng& rng_;
};

}  // namespace gatehouse::testing
