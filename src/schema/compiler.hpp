// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema/program.hpp"
#include "schema/resources.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::schema {

// Turns schemas into blocks of instructions: each place once, whoever refers to it, and the places
// that it refers to afterwards, from a queue. So neither recursion of schemas nor their number can
// exhaust the stack.
class Compiler {
public:
    Compiler(Resources& resources, Program& program, Options const& options);

    // The block of that place, which is compiled by `finish` at the latest.
    std::uint32_t block_of(Place const& place);
    // Compiles all that is due, and looks for schemas that would apply themselves without end.
    Checked<void> finish();

private:
    // One keyword of the schema that is being compiled.
    struct Keyword {
        Place const& schema;
        std::string_view name;
        json::Node value;
    };
    using Rule = Checked<void> (Compiler::*)(Keyword const&);
    struct Entry;
    static std::span<Entry const> entries();

    Checked<void> compile(std::uint32_t block, Place const& place);
    Checked<void> compile_keywords(Place const& place);
    Checked<void> complete_dynamic_names();
    [[nodiscard]] Checked<void> find_loop() const;
    void each_in_place(Block const& block, std::function<void(std::uint32_t)> const& visit) const;

    // What a value has to be: the complaint says what it is instead.
    Checked<std::uint32_t> count_of(Keyword const& keyword);
    Checked<std::uint32_t> number_of(Keyword const& keyword);
    Checked<std::vector<std::string>> names_of(
        Keyword const& keyword, json::Node value, std::string_view below);
    Checked<std::vector<std::uint32_t>> schemas_of(Keyword const& keyword);
    Checked<std::uint32_t> pattern_of(
        Keyword const& keyword, std::string_view pattern, std::string_view below);
    Checked<std::uint32_t> block_at(
        Keyword const& keyword, json::Node value, std::string_view below = "");
    Checked<std::optional<std::uint32_t>> sibling(Keyword const& keyword, std::string_view name);
    [[nodiscard]] std::unexpected<Complaint> wrong(
        Keyword const& keyword, std::string message, std::string_view below = "") const;

    // Assertions.
    Checked<void> type(Keyword const& keyword);
    Checked<void> constant(Keyword const& keyword);
    Checked<void> enumeration(Keyword const& keyword);
    Checked<void> number_bound(Keyword const& keyword);
    Checked<void> count_bound(Keyword const& keyword);
    Checked<void> pattern(Keyword const& keyword);
    Checked<void> format(Keyword const& keyword);
    Checked<void> unique_items(Keyword const& keyword);
    Checked<void> required(Keyword const& keyword);
    Checked<void> dependent_required(Keyword const& keyword);

    // Applicators. Of those that act together one compiles all, and the others check their form.
    Checked<void> members(Keyword const& keyword);
    Checked<void> member_names(Keyword const& keyword, MemberTable& table);
    Checked<void> member_patterns(Keyword const& keyword, MemberTable& table);
    Checked<void> elements(Keyword const& keyword);
    Checked<void> contains(Keyword const& keyword);
    Checked<void> property_names(Keyword const& keyword);
    Checked<void> dependent_schemas(Keyword const& keyword);
    Checked<void> dependencies(Keyword const& keyword);
    Checked<void> branches(Keyword const& keyword);
    Checked<void> negation(Keyword const& keyword);
    Checked<void> condition(Keyword const& keyword);
    Checked<void> reference(Keyword const& keyword);
    Checked<void> dynamic_reference(Keyword const& keyword);
    Checked<void> unevaluated(Keyword const& keyword);

    Checked<void> add_required(Keyword const& keyword, std::vector<std::string> const& names);
    std::uint32_t add_table(std::vector<std::string> const& names);
    std::uint32_t add_list(std::vector<std::uint32_t> const& blocks);
    void emit(Instruction instruction) { program_.code.push_back(instruction); }

    Resources& resources_;
    Program& program_;
    Options const& options_;
    std::map<Place::Key, std::uint32_t> blocks_;
    std::vector<Place> places_; // By block.
    std::deque<std::uint32_t> due_;
    std::map<std::string, std::uint32_t, std::less<>> patterns_;
    std::map<std::string, std::uint32_t, std::less<>> dynamic_names_;
    bool is_tracking_ = false; // What is compiled now has unevaluated….
};

} // namespace gatehouse::schema
