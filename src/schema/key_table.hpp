// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::schema {

// Names to their numbers, made once and asked often: open addressing over at least twice as many
// slots as there are names. Who asks chooses no name of the table, so cannot make it slow.
class KeyTable {
public:
    // The number of that name, which is added where it is new.
    std::uint32_t add(std::string_view name)
    {
        if (auto const known = find(name))
            return *known;
        names_.emplace_back(name);
        if (names_.size() * 2 > slots_.size())
            grow();
        else
            place(static_cast<std::uint32_t>(names_.size() - 1));
        return static_cast<std::uint32_t>(names_.size() - 1);
    }

    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name) const
    {
        if (slots_.empty())
            return std::nullopt;
        for (auto at = slot_of(name); slots_[at] != empty; at = (at + 1) & (slots_.size() - 1))
            if (names_[slots_[at]] == name)
                return slots_[at];
        return std::nullopt;
    }

    [[nodiscard]] std::vector<std::string> const& names() const { return names_; }

private:
    static constexpr std::uint32_t empty = UINT32_MAX;

    [[nodiscard]] std::size_t slot_of(std::string_view name) const
    {
        return std::hash<std::string_view>{}(name) & (slots_.size() - 1);
    }
    void place(std::uint32_t number)
    {
        auto at = slot_of(names_[number]);
        while (slots_[at] != empty)
            at = (at + 1) & (slots_.size() - 1);
        slots_[at] = number;
    }
    void grow()
    {
        slots_.assign(slots_.empty() ? 8 : slots_.size() * 2, empty);
        for (std::uint32_t number = 0; number < names_.size(); number++)
            place(number);
    }

    std::vector<std::string> names_;
    std::vector<std::uint32_t> slots_; // A power of two.
};

} // namespace gatehouse::schema
