// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/marks.hpp"
#include "schema/program.hpp"
#include "schema/value.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::schema {

// One validation: the interpreter of a program. Where faults are not wanted it stops at the first
// that it meets, and allocates nothing but for what is said in marks.hpp and `unique_items`.
class Run {
public:
    enum class Wants : std::uint8_t { verdict, faults };
    Run(Program const& program, Wants wants, std::size_t faults_max);

    // Does the value fit? What a limit cut short does not.
    [[nodiscard]] bool judge(std::uint32_t block, json::Node value);
    // Which limit it was, in words for people.
    [[nodiscard]] std::optional<std::string> cut_short() const;
    [[nodiscard]] std::vector<Fault> take_faults() { return std::move(faults_); }

private:
    // The way to a value, from the inside out: spelled only for faults.
    struct Way {
        Way const* outer;
        std::string_view name; // Of a member; without data for an element.
        std::size_t index;
    };
    // The resources that were entered, from the inside out (2020-12 core §7.1).
    struct Scope {
        Scope const* outer;
        std::uint32_t resource;
    };
    struct Subject {
        Value value;
        Way const* way;
        Scope const* scope;
        Marks* marks; // What was looked at; nobody asks where there are none.
    };

    bool apply(std::uint32_t block, Subject const& subject);
    bool execute(Block const& block, Subject const& subject);
    bool step(Instruction const& instruction, Subject const& subject);
    // A verdict alone, whatever is wanted.
    bool fits(std::uint32_t block, Subject const& subject);

    static std::strong_ordering order(json::Node number, Bound const& bound);
    bool number(Instruction const& instruction, Subject const& subject);
    bool text(Instruction const& instruction, Subject const& subject);
    bool type(Instruction const& instruction, Subject const& subject);
    bool constants(Instruction const& instruction, Subject const& subject);
    bool sizes(Instruction const& instruction, Subject const& subject);

    bool unique_items(Subject const& subject);
    bool contains(Instruction const& instruction, Subject const& subject);
    bool items(Instruction const& instruction, Subject const& subject);
    bool unevaluated_items(Instruction const& instruction, Subject const& subject);

    bool required(Instruction const& instruction, Subject const& subject);
    bool dependent_required(Instruction const& instruction, Subject const& subject);
    bool members(Instruction const& instruction, Subject const& subject);
    bool missing(MemberTable const& table, std::uint64_t seen, Subject const& subject);
    bool unknown_member(MemberTable const& table, std::string_view name, Way const& way);
    bool property_names(Instruction const& instruction, Subject const& subject);
    bool dependent_schema(Instruction const& instruction, Subject const& subject);
    bool unevaluated_properties(Instruction const& instruction, Subject const& subject);

    bool all_of(Instruction const& instruction, Subject const& subject);
    bool any_of(Instruction const& instruction, Subject const& subject);
    bool one_of(Instruction const& instruction, Subject const& subject);
    bool not_of(Instruction const& instruction, Subject const& subject);
    bool if_then(Instruction const& instruction, Subject const& subject);
    bool dynamic_ref(Instruction const& instruction, Subject const& subject);
    bool explain_branches(
        std::span<std::uint32_t const> blocks, std::string_view keyword, Subject const& subject);
    [[nodiscard]] std::span<std::uint32_t const> list(Instruction const& instruction) const
    {
        return std::span(program_.lists).subspan(instruction.a, instruction.b);
    }

    // Notes a fault where they are wanted; always false. The message is made only then.
    template <typename Message>
    bool fault(Way const* way, std::string_view keyword, Message const& message)
    {
        // What is found after the steps are spent was not looked at to its end.
        if (wants_ == Wants::faults && faults_.size() < faults_max_ && !steps_.is_spent())
            faults_.push_back({pointer_of(way), std::string(keyword), std::string(message())});
        return false;
    }
    [[nodiscard]] static std::string pointer_of(Way const* way);
    // No use in going on: the verdict is clear, or enough is said.
    [[nodiscard]] bool is_done(bool fits) const
    {
        return steps_.is_spent()
            || (!fits && (wants_ == Wants::verdict || faults_.size() >= faults_max_));
    }

    Program const& program_;
    Wants wants_;
    std::size_t faults_max_;
    std::size_t depth_ = 0;
    bool is_too_deep_ = false;
    Steps steps_;
    std::vector<Fault> faults_;
};

} // namespace gatehouse::schema
