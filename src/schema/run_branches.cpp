// SPDX-License-Identifier: Apache-2.0
#include "schema/messages.hpp"
#include "schema/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace gatehouse::schema {
namespace {

std::size_t size_of(Value const& value)
{
    return value.kind == json::Kind::text ? 0 : value.node.size();
}

// A branch that asks for another type, or for another constant in a member right below, is not the
// one that whoever sent the value had in mind.
bool is_other_form(std::vector<Fault> const& faults, std::string const& pointer)
{
    return std::ranges::any_of(faults, [&](Fault const& fault) {
        bool const is_constant = fault.keyword == "const" || fault.keyword == "enum";
        bool const is_here = fault.pointer == pointer;
        bool const is_right_below = fault.pointer.starts_with(pointer)
            && fault.pointer.find('/', pointer.size() + 1) == std::string::npos;
        return (is_here && (fault.keyword == "type" || is_constant))
            || (is_right_below && is_constant);
    });
}

} // namespace

bool Run::all_of(Instruction const& instruction, Subject const& subject)
{
    bool all_fit = true;
    for (auto const block : list(instruction)) {
        all_fit &= apply(block, subject);
        if (is_done(all_fit))
            return false;
    }
    return all_fit;
}

bool Run::any_of(Instruction const& instruction, Subject const& subject)
{
    bool any_fits = false;
    for (auto const block : list(instruction)) {
        if (subject.marks == nullptr) {
            if (fits(block, subject))
                return true;
            continue;
        }
        // All that fit count for what was looked at.
        Marks marks(size_of(subject.value));
        if (!fits(block, {subject.value, subject.way, subject.scope, &marks}))
            continue;
        any_fits = true;
        subject.marks->add(marks);
    }
    return any_fits || explain_branches(list(instruction), "anyOf", subject);
}

bool Run::one_of(Instruction const& instruction, Subject const& subject)
{
    std::optional<std::size_t> fitting;
    auto const blocks = list(instruction);
    for (std::size_t at = 0; at < blocks.size(); at++) {
        Marks marks(subject.marks == nullptr ? 0 : size_of(subject.value));
        auto* const looked = subject.marks == nullptr ? nullptr : &marks;
        if (!fits(blocks[at], {subject.value, subject.way, subject.scope, looked}))
            continue;
        if (fitting)
            return fault(subject.way, "oneOf", [&] {
                return fmt::format("fits form {} and form {} of {}, but must fit only one",
                    *fitting + 1, at + 1, blocks.size());
            });
        fitting = at;
        if (looked != nullptr)
            subject.marks->add(marks);
    }
    return fitting || explain_branches(blocks, "oneOf", subject);
}

// Where only one of the forms can have been meant, what it lacks is told; else that none fits.
bool Run::explain_branches(
    std::span<std::uint32_t const> blocks, std::string_view keyword, Subject const& subject)
{
    if (wants_ == Wants::verdict || faults_.size() >= faults_max_)
        return false;
    auto before = std::exchange(faults_, {});
    auto const pointer = pointer_of(subject.way);
    std::vector<std::vector<Fault>> meant;
    for (auto const block : blocks) {
        (void)apply(block, {subject.value, subject.way, subject.scope, nullptr});
        auto faults = std::exchange(faults_, {});
        if (!faults.empty() && !is_other_form(faults, pointer))
            meant.push_back(std::move(faults));
    }
    faults_ = std::move(before);
    if (meant.size() != 1)
        return fault(subject.way, keyword, [&] {
            return fmt::format(
                "fits none of the {} that its schema allows", counted(blocks.size(), "form"));
        });
    for (auto& each : meant.front())
        if (faults_.size() < faults_max_)
            faults_.push_back(std::move(each));
    return false;
}

bool Run::not_of(Instruction const& instruction, Subject const& subject)
{
    return !fits(instruction.a, {subject.value, subject.way, subject.scope, nullptr})
        || fault(subject.way, "not", [] { return "is what its schema excludes by \"not\""; });
}

bool Run::if_then(Instruction const& instruction, Subject const& subject)
{
    Marks marks(subject.marks == nullptr ? 0 : size_of(subject.value));
    auto* const looked = subject.marks == nullptr ? nullptr : &marks;
    bool const is_so = fits(instruction.a, {subject.value, subject.way, subject.scope, looked});
    if (is_so && looked != nullptr)
        subject.marks->add(marks);
    auto const block = is_so ? instruction.b : instruction.c;
    return block == no_block || apply(block, subject);
}

// The outermost resource in scope that has such an anchor says what is meant.
bool Run::dynamic_ref(Instruction const& instruction, Subject const& subject)
{
    auto block = instruction.b;
    auto const& name = program_.dynamic_names[instruction.a];
    for (auto const* scope = subject.scope; scope != nullptr; scope = scope->outer) {
        auto const found = std::ranges::find(
            name.blocks, scope->resource, &std::pair<std::uint32_t, std::uint32_t>::first);
        if (found != name.blocks.end())
            block = found->second;
        if (!steps_.take())
            return false;
    }
    return apply(block, subject);
}

} // namespace gatehouse::schema
