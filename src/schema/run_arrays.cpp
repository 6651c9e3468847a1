// SPDX-License-Identifier: Apache-2.0
#include "schema/messages.hpp"
#include "schema/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

namespace gatehouse::schema {
namespace {

using Pair = std::pair<std::size_t, std::size_t>;

// The first two that are equal. Few are compared each with each; of many, those whose hashes agree.
std::optional<Pair> equal_pair(std::vector<json::Node> const& elements, Steps& steps)
{
    constexpr std::size_t few = 8;
    if (elements.size() <= few) {
        for (std::size_t b = 1; b < elements.size(); b++)
            for (std::size_t a = 0; a < b; a++)
                if (is_equal(elements[a], elements[b], steps))
                    return Pair{a, b};
        return std::nullopt;
    }
    std::vector<std::pair<std::uint64_t, std::size_t>> hashes;
    hashes.reserve(elements.size());
    for (std::size_t at = 0; at < elements.size() && !steps.is_spent(); at++)
        hashes.emplace_back(hash_of(elements[at], steps), at);
    std::ranges::sort(hashes);
    for (std::size_t a = 0; a < hashes.size(); a++)
        for (auto b = a + 1; b < hashes.size() && hashes[b].first == hashes[a].first; b++) {
            if (is_equal(elements[hashes[a].second], elements[hashes[b].second], steps))
                return Pair{hashes[a].second, hashes[b].second};
            if (steps.is_spent())
                return std::nullopt;
        }
    return std::nullopt;
}

} // namespace

bool Run::unique_items(Subject const& subject)
{
    auto const size = subject.value.node.size();
    if (size < 2)
        return true;
    std::vector<json::Node> elements;
    elements.reserve(size);
    subject.value.node.each_element([&elements](json::Node element) {
        elements.push_back(element);
        return true;
    });
    auto const pair = equal_pair(elements, steps_);
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
