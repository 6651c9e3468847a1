// SPDX-License-Identifier: Apache-2.0
#include "schema/messages.hpp"
#include "schema/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

namespace gatehouse::schema {
namespace {

using Pair = std::pair<std::size_t, std::size_t>;

constexpr std::size_t few = 16; // Compared each with each, without an allocation.

std::optional<Pair> equal_pair_of_few(json::Node array, Steps& steps)
{
    std::array<Value, few> elements;
    std::size_t count = 0;
    std::optional<Pair> found;
    auto const look = [&](json::Node node) {
        auto const& element = elements[count] = Value::of(node);
        for (std::size_t at = 0; at < count && !found; at++)
            if (is_equal(elements[at], element, steps))
                found = Pair{at, count};
        count++;
        return !found && !steps.is_spent();
    };
    array.each_element(std::ref(look));
    return found;
}

// Of many, those are compared whose hashes agree.
std::optional<Pair> equal_pair_of_many(json::Node array, Steps& steps)
{
    struct Hashed {
        std::uint64_t hash;
        std::size_t index;
        json::Node node;
    };
    std::vector<Hashed> all;
    all.reserve(array.size());
    auto const add = [&](json::Node node) {
        all.push_back({hash_of(node, steps), all.size(), node});
        return !steps.is_spent();
    };
    array.each_element(std::ref(add));
    std::ranges::sort(all, {}, [](Hashed const& each) { return std::pair(each.hash, each.index); });
    for (std::size_t a = 0; a < all.size(); a++)
        for (auto b = a + 1; b < all.size() && all[b].hash == all[a].hash; b++) {
            if (is_equal(all[a].node, all[b].node, steps))
                return Pair{all[a].index, all[b].index};
            if (steps.is_spent())
                return std::nullopt;
        }
    return std::nullopt;
}

} // namespace

bool Run::unique_items(Subject const& subject)
{
    auto const array = subject.value.node;
    auto const pair = array.size() <= few ? equal_pair_of_few(array, steps_)
                                          : equal_pair_of_many(array, steps_);
    return !pair || fault(subject.way, "uniqueItems", [&] {
        return fmt::format(
            "must not repeat itself, but elements {} and {} are equal", pair->first, pair->second);
    });
}

bool Run::contains(Instruction const& instruction, Subject const& subject)
{
    std::size_t found = 0;
    std::size_t index = 0;
    auto const look = [&](json::Node element) {
        Way const way{subject.way, {}, index++};
        if (!fits(instruction.a, {Value::of(element), &way, subject.scope, nullptr}))
            return steps_.take();
        found++;
        if (subject.marks != nullptr)
            subject.marks->set(index - 1);
        bool const is_clear = found >= instruction.b && instruction.c == unbounded;
        return steps_.take() && (!is_clear || subject.marks != nullptr);
    };
    subject.value.node.each_element(std::ref(look));
    if (found < instruction.b)
        return fault(subject.way, instruction.b == 1 ? "contains" : "minContains", [&] {
            return fmt::format("must have at least {} that {} \"contains\", but has {}",
                counted(instruction.b, "element"), instruction.b == 1 ? "fits" : "fit", found);
        });
    return found <= instruction.c || fault(subject.way, "maxContains", [&] {
        return fmt::format("must have at most {} that {} \"contains\", but has {}",
            counted(instruction.c, "element"), instruction.c == 1 ? "fits" : "fit", found);
    });
}

bool Run::items(Instruction const& instruction, Subject const& subject)
{
    auto const prefix = list(instruction);
    bool all_fit = true;
    std::size_t index = 0;
    auto const look = [&](json::Node element) {
        auto const at = index++;
        auto const block = at < prefix.size() ? prefix[at] : instruction.c;
        if (block == no_block)
            return false;
        if (subject.marks != nullptr)
            subject.marks->set(at);
        Way const way{subject.way, {}, at};
        if (block == block_never)
            all_fit = fault(&way, "items",
                [&] { return fmt::format("is one too many: at most {}", counted(at, "element")); });
        else
            all_fit &= apply(block, {Value::of(element), &way, subject.scope, nullptr});
        return steps_.take() && !is_done(all_fit) && block != block_never;
    };
    subject.value.node.each_element(std::ref(look));
    return all_fit;
}

bool Run::unevaluated_items(Instruction const& instruction, Subject const& subject)
{
    bool all_fit = true;
    std::size_t index = 0;
    auto const look = [&](json::Node element) {
        auto const at = index++;
        if (subject.marks->has(at))
            return steps_.take();
        Way const way{subject.way, {}, at};
        all_fit &= instruction.a == block_never
            ? fault(&way, "unevaluatedItems",
                [] { return "is not expected here: no part of the schema speaks of it"; })
            : apply(instruction.a, {Value::of(element), &way, subject.scope, nullptr});
        return steps_.take() && !is_done(all_fit);
    };
    subject.value.node.each_element(std::ref(look));
    subject.marks->set_all();
    return all_fit;
}

} // namespace gatehouse::schema
