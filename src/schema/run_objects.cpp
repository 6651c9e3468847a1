// SPDX-License-Identifier: Apache-2.0
#include "schema/messages.hpp"
#include "schema/run.hpp"

#include <fmt/format.h>

#include <bit>
#include <functional>

namespace gatehouse::schema {

bool Run::required(Instruction const& instruction, Subject const& subject)
{
    bool has_all = true;
    for (auto const& name : program_.tables[instruction.a].names()) {
        if (!steps_.take(1 + subject.value.node.size() / 8))
            return false;
        if (!subject.value.node.find(name))
            has_all = fault(subject.way, "required", [&] { return lacks(name); });
        if (is_done(has_all))
            return false;
    }
    return has_all;
}

bool Run::dependent_required(Instruction const& instruction, Subject const& subject)
{
    auto const& names = program_.tables[instruction.a].names();
    if (!subject.value.node.find(names.front()))
        return true;
    bool has_all = true;
    for (auto const& name : names) {
        if (!steps_.take(1 + subject.value.node.size() / 8))
            return false;
        if (!subject.value.node.find(name))
            has_all = fault(subject.way, "dependentRequired", [&] {
                return fmt::format("{}, because it has {}", lacks(name), quoted(names.front()));
            });
    }
    return has_all;
}

bool Run::members(Instruction const& instruction, Subject const& subject)
{
    auto const& table = program_.members[instruction.a];
    bool all_fit = true;
    std::uint64_t seen = 0;
    std::size_t index = 0;
    auto const look = [&](std::string_view name, json::Node node) {
        auto const at = index++;
        Way const way{subject.way, name, 0};
        Subject const member{Value::of(node), &way, subject.scope, nullptr};
        bool is_known = false;
        if (auto const key = table.keys.find(name)) {
            auto const& named = table.named[*key];
            if (named.required)
                seen |= std::uint64_t{1} << *named.required;
            if (named.block != no_block) {
                is_known = true;
                all_fit &= apply(named.block, member);
            }
        }
        for (auto const& [pattern, block] : table.by_pattern)
            if (steps_.take(1 + name.size() / 16) && program_.patterns[pattern].is_found_in(name)) {
                is_known = true;
                all_fit &= apply(block, member);
            }
        if (!is_known && table.rest == block_never)
            all_fit = unknown_member(table, name, way);
        else if (!is_known && table.rest != no_block)
            all_fit &= apply(table.rest, member);
        if (subject.marks != nullptr && (is_known || table.rest != no_block))
            subject.marks->set(at);
        return steps_.take() && !is_done(all_fit);
    };
    subject.value.node.each_member(std::ref(look));
    if (is_done(all_fit) || std::popcount(seen) == table.required)
        return all_fit;
    return missing(table, seen, subject);
}

bool Run::missing(MemberTable const& table, std::uint64_t seen, Subject const& subject)
{
    for (std::size_t at = 0; at < table.named.size(); at++) {
        auto const bit = table.named[at].required;
        if (bit && (seen >> *bit & 1) == 0)
            fault(subject.way, "required", [&] { return lacks(table.keys.names()[at]); });
    }
    return false;
}

bool Run::unknown_member(MemberTable const& table, std::string_view name, Way const& way)
{
    return fault(&way, "additionalProperties", [&] { return not_known(name, table.keys.names()); });
}

bool Run::property_names(Instruction const& instruction, Subject const& subject)
{
    bool all_fit = true;
    auto const look = [&](std::string_view name, json::Node) {
        Subject const named{Value::of_name(name), subject.way, subject.scope, nullptr};
        if (!fits(instruction.a, named))
            all_fit = fault(subject.way, "propertyNames", [&] {
                // What the name lacks is told by a run of its own.
                Run why(program_, Wants::faults, 1);
                Scope const scope{nullptr, program_.blocks[instruction.a].resource};
                (void)why.apply(instruction.a, {named.value, nullptr, &scope, nullptr});
                auto const faults = why.take_faults();
                return fmt::format("has the name {}, which {}", quoted(name),
                    faults.empty() ? "is not allowed" : faults.front().message);
            });
        return steps_.take() && !is_done(all_fit);
    };
    subject.value.node.each_member(std::ref(look));
    return all_fit;
}

bool Run::dependent_schema(Instruction const& instruction, Subject const& subject)
{
    auto const& reason = program_.tables[instruction.a].names().front();
    return !subject.value.node.find(reason) || apply(instruction.b, subject);
}

bool Run::unevaluated_properties(Instruction const& instruction, Subject const& subject)
{
    bool all_fit = true;
    std::size_t index = 0;
    auto const look = [&](std::string_view name, json::Node node) {
        auto const at = index++;
        if (subject.marks->has(at))
            return steps_.take();
        Way const way{subject.way, name, 0};
        all_fit &= instruction.a == block_never
            ? fault(&way, "unevaluatedProperties",
                [] { return "is not expected here: no part of the schema speaks of it"; })
            : apply(instruction.a, {Value::of(node), &way, subject.scope, nullptr});
        return steps_.take() && !is_done(all_fit);
    };
    subject.value.node.each_member(std::ref(look));
    subject.marks->set_all();
    return all_fit;
}

} // namespace gatehouse::schema
