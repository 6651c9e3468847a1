// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

namespace gatehouse {

// A member of an object. (A template, for Shape is not complete yet where it has them: clang wants
// to know the type by the end of that struct.)
template <typename S>
struct MemberOf {
    std::string_view name;
    S shape;
    bool is_optional = false;
};

// What the JSON of a type looks like, as a value: for whoever writes types or documents of it.
struct Shape {
    enum class Kind : std::uint8_t {
        any, // Nested deeper than shape_depth_max: a struct that holds itself.
        boolean,
        integer,
        text,
        word,     // One of `words`.
        sequence, // Of `elements[0]`; of just `length` of them, if that is not 0.
        object,
    };
    using Member = MemberOf<Shape>;

    Kind kind = Kind::any;
    std::vector<std::string_view> words{};
    std::vector<Shape> elements{};
    std::size_t length = 0;
    std::vector<Member> members{};
    bool is_lenient = false; // Who sends such an object may leave members out.
};

inline constexpr std::size_t shape_depth_max = 16;

template <typename T>
[[nodiscard]] Shape shape_of(std::size_t depth = 0)
{
    using Kind = Shape::Kind;
    if (depth == shape_depth_max)
        return {};
    if constexpr (std::same_as<T, bool>) {
        return {.kind = Kind::boolean};
    } else if constexpr (std::integral<T>) {
        return {.kind = Kind::integer};
    } else if constexpr (NamedEnum<T>) {
        auto const& names = enum_names(T{});
        return {.kind = Kind::word, .words = {names.begin(), names.end()}};
    } else if constexpr (std::convertible_to<T const&, std::string_view>) {
        return {.kind = Kind::text};
    } else if constexpr (Sequence<T>) {
        Shape shape{.kind = Kind::sequence};
        shape.elements.push_back(shape_of<typename T::value_type>(depth + 1));
        if constexpr (fields_detail::is_array<T>)
            shape.length = std::tuple_size_v<T>;
        return shape;
    } else {
        static_assert(Described<T>, "only described structs have a shape");
        Shape shape{.kind = Kind::object};
        shape.is_lenient = requires
        {
            T::lenient;
        };
        T value{};
        fields_detail::each_field(value, [&]<typename F>(std::string_view name, F&) {
            if constexpr (fields_detail::is_optional<F>)
                shape.members.push_back({name, shape_of<typename F::value_type>(depth + 1), true});
            else
                shape.members.push_back({name, shape_of<F>(depth + 1), false});
        });
        return shape;
    }
}

// Of each alternative, under its name.
template <typename... Ts>
[[nodiscard]] std::vector<Shape::Member> shapes_of(std::variant<Ts...> const*)
{
    std::vector<Shape::Member> shapes;
    (shapes.push_back({Ts::name, shape_of<Ts>()}), ...);
    return shapes;
}

} // namespace gatehouse
