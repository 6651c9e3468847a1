// SPDX-License-Identifier: Apache-2.0
#include "schema/compiler.hpp"

#include "schema/kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::schema {
namespace {

enum class Vocabulary : std::uint8_t { core, applicator, unevaluated, assertion, format };
enum class In : std::uint8_t { both, draft_07, draft_2020_12 };

} // namespace

struct Compiler::Entry {
    std::string_view name;
    Vocabulary vocabulary;
    Rule rule;
    In in = In::both;
};

// In the order in which they are judged: what is cheap and tells most comes first, and what asks
// which parts were looked at comes last.
std::span<Compiler::Entry const> Compiler::entries()
{
    using enum Vocabulary;
    static constexpr std::array all{
        Entry{"type", assertion, &Compiler::type},
        Entry{"const", assertion, &Compiler::constant},
        Entry{"enum", assertion, &Compiler::enumeration},
        Entry{"multipleOf", assertion, &Compiler::number_bound},
        Entry{"maximum", assertion, &Compiler::number_bound},
        Entry{"exclusiveMaximum", assertion, &Compiler::number_bound},
        Entry{"minimum", assertion, &Compiler::number_bound},
        Entry{"exclusiveMinimum", assertion, &Compiler::number_bound},
        Entry{"maxLength", assertion, &Compiler::count_bound},
        Entry{"minLength", assertion, &Compiler::count_bound},
        Entry{"maxItems", assertion, &Compiler::count_bound},
        Entry{"minItems", assertion, &Compiler::count_bound},
        Entry{"maxProperties", assertion, &Compiler::count_bound},
        Entry{"minProperties", assertion, &Compiler::count_bound},
        Entry{"pattern", assertion, &Compiler::pattern},
        Entry{"format", format, &Compiler::format},
        Entry{"uniqueItems", assertion, &Compiler::unique_items},
        Entry{"required", assertion, &Compiler::required},
        Entry{"dependentRequired", assertion, &Compiler::dependent_required, In::draft_2020_12},
        Entry{"properties", applicator, &Compiler::members},
        Entry{"patternProperties", applicator, &Compiler::members},
        Entry{"additionalProperties", applicator, &Compiler::members},
        Entry{"propertyNames", applicator, &Compiler::property_names},
        Entry{"prefixItems", applicator, &Compiler::elements, In::draft_2020_12},
        Entry{"items", applicator, &Compiler::elements},
        Entry{"additionalItems", applicator, &Compiler::elements, In::draft_07},
        Entry{"contains", applicator, &Compiler::contains},
        Entry{"$ref", core, &Compiler::reference},
        Entry{"$dynamicRef", core, &Compiler::dynamic_reference, In::draft_2020_12},
        Entry{"dependentSchemas", applicator, &Compiler::dependent_schemas, In::draft_2020_12},
        Entry{"dependencies", applicator, &Compiler::dependencies},
        Entry{"allOf", applicator, &Compiler::branches},
        Entry{"anyOf", applicator, &Compiler::branches},
        Entry{"oneOf", applicator, &Compiler::branches},
        Entry{"not", applicator, &Compiler::negation},
        Entry{"if", applicator, &Compiler::condition},
        Entry{"unevaluatedItems", unevaluated, &Compiler::unevaluated, In::draft_2020_12},
        Entry{"unevaluatedProperties", unevaluated, &Compiler::unevaluated, In::draft_2020_12},
    };
    return all;
}

Compiler::Compiler(Resources& resources, Program& program, Options const& options)
    : resources_(resources)
    , program_(program)
    , options_(options)
{
    program_.limits = options.limits;
    program_.blocks.resize(2);
    places_.resize(2);
    program_.blocks[block_never] = {.first = 0, .count = 1, .resource = 0};
    emit({.op = Op::never});
}

std::uint32_t Compiler::block_of(Place const& place)
{
    if (auto const fixed = place.node.boolean())
        return *fixed ? block_always : block_never;
    auto const next = static_cast<std::uint32_t>(program_.blocks.size());
    auto const [at, is_new] = blocks_.emplace(place.key(), next);
    if (is_new) {
        program_.blocks.push_back({.resource = place.resource});
        places_.push_back(place);
        due_.push_back(next);
    }
    return at->second;
}

Checked<void> Compiler::finish()
{
    while (!due_.empty()) {
        auto const block = due_.front();
        due_.pop_front();
        auto const place = places_[block]; // A copy: compiling adds to them.
        GH_CHECK(compile(block, place));
        if (due_.empty())
            GH_CHECK(complete_dynamic_names());
    }
    return find_loop();
}

Checked<void> Compiler::compile(std::uint32_t block, Place const& place)
{
    if (place.node.kind() != json::Kind::object)
        return std::unexpected(resources_.complain(place, "",
            fmt::format(
                "a schema is an object, true or false; this is {}", name_of(place.node.kind()))));
    auto const first = program_.code.size();
    is_tracking_ = false;
    GH_CHECK(compile_keywords(place));
    auto const count = program_.code.size() - first;
    if (program_.code.size() > options_.limits.instructions_max)
        return std::unexpected(resources_.complain(place, "",
            fmt::format(
                "with this schema there are more than {} instructions; cut it, or give it to "
                "fewer routes",
                options_.limits.instructions_max)));
    program_.blocks[block].first = static_cast<std::uint32_t>(first);
    program_.blocks[block].count = static_cast<std::uint32_t>(count);
    program_.blocks[block].is_tracking = is_tracking_;
    return {};
}

Checked<void> Compiler::compile_keywords(Place const& place)
{
    auto const& dialect = resources_.dialect(place.resource);
    bool const is_draft_07 = dialect.draft == Draft::draft_07;
    if (auto const ref = place.node.find("$ref"); ref && is_draft_07)
        return reference({place, "$ref", *ref}); // Nothing beside it means anything.
    for (auto const& entry : entries()) {
        bool const is_known = entry.in == In::both || (entry.in == In::draft_07) == is_draft_07;
        auto const value = is_known ? place.node.find(entry.name) : std::nullopt;
        if (!value)
            continue;
        bool const is_meant = entry.vocabulary == Vocabulary::core
            || (entry.vocabulary == Vocabulary::applicator && dialect.has_applicators)
            || (entry.vocabulary == Vocabulary::unevaluated && dialect.has_unevaluated)
            || (entry.vocabulary == Vocabulary::assertion && dialect.has_assertions)
            || (entry.vocabulary == Vocabulary::format
                && (dialect.asserts_format || options_.asserts_format));
        if (is_meant)
            GH_CHECK((this->*entry.rule)({place, entry.name, *value}));
    }
    return {};
}

// A name that some `$dynamicRef` asks for leads to a block in every resource that has it: which of
// them are in scope is seen only when a value is judged.
Checked<void> Compiler::complete_dynamic_names()
{
    for (auto& name : program_.dynamic_names)
        for (std::uint32_t resource = 0; resource < resources_.resource_count(); resource++) {
            bool const is_there = std::ranges::any_of(
                name.blocks, [=](auto const& each) { return each.first == resource; });
            auto const place = resources_.dynamic_anchor(resource, name.name);
            if (!is_there && place)
                name.blocks.emplace_back(resource, block_of(*place));
        }
    return {};
}

// The schemas that a block applies to the same value.
void Compiler::each_in_place(
    Block const& block, std::function<void(std::uint32_t)> const& visit) const
{
    for (auto at = block.first; at < block.first + block.count; at++) {
        auto const& instruction = program_.code[at];
        switch (instruction.op) {
        case Op::all_of:
        case Op::any_of:
        case Op::one_of:
            for (std::uint32_t i = 0; i < instruction.b; i++)
                visit(program_.lists[instruction.a + i]);
            break;
        case Op::not_of:
        case Op::ref: visit(instruction.a); break;
        case Op::dynamic_ref:
        case Op::dependent_schema: visit(instruction.b); break;
        case Op::if_then:
            for (auto const each : {instruction.a, instruction.b, instruction.c})
                if (each != no_block)
                    visit(each);
            break;
        default: break;
        }
    }
}

// Depth first, without recursion. A block that is met again while it is being visited applies
// itself to the value that it was given: no validation of it would ever end.
Checked<void> Compiler::find_loop() const
{
    enum class Mark : std::uint8_t { fresh, open, done };
    std::vector<Mark> marks(program_.blocks.size(), Mark::fresh);
    std::vector<std::uint32_t> stack;
    for (std::uint32_t start = 0; start < program_.blocks.size(); start++) {
        stack.push_back(start);
        while (!stack.empty()) {
            auto const block = stack.back();
            if (marks[block] != Mark::fresh) {
                marks[block] = Mark::done;
                stack.pop_back();
                continue;
            }
            marks[block] = Mark::open;
            std::optional<std::uint32_t> looping;
            each_in_place(program_.blocks[block], [&](std::uint32_t next) {
                if (marks[next] == Mark::open)
                    looping = next;
                else if (marks[next] == Mark::fresh)
                    stack.push_back(next);
            });
            if (looping)
                return std::unexpected(resources_.complain(places_[*looping], "",
                    "this schema refers back to itself for the same value, without end; take that "
                    "reference out, or put it below properties or items"));
        }
    }
    return {};
}

} // namespace gatehouse::schema
