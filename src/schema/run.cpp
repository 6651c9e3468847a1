// SPDX-License-Identifier: Apache-2.0
#include "schema/run.hpp"

#include "schema/messages.hpp"
#include "schema/pointer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <utility>

namespace gatehouse::schema {

Run::Run(Program const& program, Wants wants, std::size_t faults_max)
    : program_(program)
    , wants_(wants)
    , faults_max_(faults_max)
    , steps_(program.limits.steps_max * (wants == Wants::faults ? 4 : 1)) // It asks why, as well.
{ }

bool Run::judge(std::uint32_t block, json::Node value)
{
    Scope const scope{nullptr, program_.blocks[block].resource};
    bool const fits = apply(block, {Value::of(value), nullptr, &scope, nullptr});
    return fits && !steps_.is_spent();
}

std::optional<std::string> Run::cut_short() const
{
    if (is_too_deep_)
        return fmt::format(
            "cannot be judged: its schema goes deeper than {} schemas within another",
            program_.limits.depth_max);
    if (steps_.is_spent())
        return fmt::format("cannot be judged: that takes more than {} steps; send less at once",
            program_.limits.steps_max);
    return std::nullopt;
}

std::string Run::pointer_of(Way const* way)
{
    if (way == nullptr)
        return {};
    auto pointer = pointer_of(way->outer);
    if (way->name.data() == nullptr)
        return pointer.append("/").append(std::to_string(way->index));
    append_segment(pointer, way->name);
    return pointer;
}

bool Run::fits(std::uint32_t block, Subject const& subject)
{
    auto const wanted = std::exchange(wants_, Wants::verdict);
    bool const fits = apply(block, subject);
    wants_ = wanted;
    return fits;
}

bool Run::apply(std::uint32_t id, Subject const& subject)
{
    auto const& block = program_.blocks[id];
    if (block.count == 0)
        return true;
    if (depth_ >= program_.limits.depth_max) {
        is_too_deep_ = true;
        steps_.take(SIZE_MAX);
        return false;
    }
    depth_++;
    Scope const inner{subject.scope, block.resource};
    auto const* const scope = block.resource == subject.scope->resource ? subject.scope : &inner;
    bool fits = false;
    if (block.is_tracking) {
        // Its unevaluated… asks what its own parts looked at, not what others beside it did.
        Marks marks(subject.value.kind == json::Kind::text ? 0 : subject.value.node.size());
        fits = execute(block, {subject.value, subject.way, scope, &marks});
        if (fits && subject.marks != nullptr)
            subject.marks->add(marks);
    } else {
        fits = execute(block, {subject.value, subject.way, scope, subject.marks});
    }
    depth_--;
    return fits;
}

bool Run::execute(Block const& block, Subject const& subject)
{
    auto const kind = bit_of(subject.value.kind);
    bool fits = true;
    for (auto const& instruction : std::span(program_.code).subspan(block.first, block.count)) {
        if ((instruction.kinds & kind) == 0)
            continue;
        if (!steps_.take())
            return false;
        bool const asks_rest = instruction.op >= Op::unevaluated_items;
        if (asks_rest && !fits) // What failed looked at nothing: all would be said twice.
            continue;
        fits &= step(instruction, subject);
        if (is_done(fits))
            return false;
    }
    return fits;
}

bool Run::step(Instruction const& instruction, Subject const& subject)
{
    switch (instruction.op) {
    case Op::never:
        return fault(subject.way, "false", [] { return "is not allowed here, whatever it is"; });
    case Op::type: return type(instruction, subject);
    case Op::const_is:
    case Op::enum_has:
    case Op::enum_has_text: return constants(instruction, subject);
    case Op::multiple_of:
    case Op::maximum:
    case Op::exclusive_maximum:
    case Op::minimum:
    case Op::exclusive_minimum: return number(instruction, subject);
    case Op::max_length:
    case Op::min_length:
    case Op::pattern:
    case Op::format: return text(instruction, subject);
    case Op::max_items:
    case Op::min_items:
    case Op::max_properties:
    case Op::min_properties: return sizes(instruction, subject);
    case Op::unique_items: return unique_items(subject);
    case Op::contains: return contains(instruction, subject);
    case Op::items: return items(instruction, subject);
    case Op::required: return required(instruction, subject);
    case Op::dependent_required: return dependent_required(instruction, subject);
    case Op::members: return members(instruction, subject);
    case Op::property_names: return property_names(instruction, subject);
    case Op::dependent_schema: return dependent_schema(instruction, subject);
    case Op::all_of: return all_of(instruction, subject);
    case Op::any_of: return any_of(instruction, subject);
    case Op::one_of: return one_of(instruction, subject);
    case Op::not_of: return not_of(instruction, subject);
    case Op::if_then: return if_then(instruction, subject);
    case Op::ref: return apply(instruction.a, subject);
    case Op::dynamic_ref: return dynamic_ref(instruction, subject);
    case Op::unevaluated_items: return unevaluated_items(instruction, subject);
    case Op::unevaluated_properties: return unevaluated_properties(instruction, subject);
    }
    std::unreachable();
}

bool Run::type(Instruction const& instruction, Subject const& subject)
{
    auto const kinds = static_cast<Kinds>(instruction.a);
    auto const& value = subject.value;
    bool fits = (kinds & bit_of(value.kind)) != 0;
    if (!fits && (kinds & whole_number) != 0 && value.kind == json::Kind::number)
        fits = value.node.integer() || Decimal::of(value.node).is_integer();
    return fits || fault(subject.way, "type", [&] { return wrong_type(kinds, value); });
}

bool Run::constants(Instruction const& instruction, Subject const& subject)
{
    auto const& value = subject.value;
    if (instruction.op == Op::enum_has_text) {
        auto const& table = program_.tables[instruction.a];
        bool const fits = value.kind == json::Kind::text && table.find(value.text);
        return fits || fault(subject.way, "enum", [&] { return not_among(table.names(), value); });
    }
    bool const is_const = instruction.op == Op::const_is;
    auto const constants
        = std::span(program_.constants).subspan(instruction.a, is_const ? 1 : instruction.b);
    for (auto const& each : constants)
        if (is_equal(value, Value::of(each), steps_))
            return true;
    return fault(
        subject.way, is_const ? "const" : "enum", [&] { return not_among(constants, value); });
}

// Two numbers whose doubles differ stand in the order of these; of others more must be known.
std::strong_ordering Run::order(json::Node number, Bound const& bound)
{
    auto const rounded = *number.number();
    if (rounded != bound.rounded)
        return rounded < bound.rounded ? std::strong_ordering::less : std::strong_ordering::greater;
    return Decimal::of(number) <=> bound.exact;
}

bool Run::number(Instruction const& instruction, Subject const& subject)
{
    auto const node = subject.value.node;
    auto const& bound = program_.numbers[instruction.a];
    auto const wrong = [&](std::string_view keyword, std::string_view must) {
        return fault(
            subject.way, keyword, [&] { return beyond(must, bound.exact, subject.value); });
    };
    switch (instruction.op) {
    case Op::multiple_of:
        return Decimal::of(node).is_multiple_of(bound.exact)
            || wrong("multipleOf", "must be a multiple of");
    case Op::maximum: return order(node, bound) <= 0 || wrong("maximum", "must be at most");
    case Op::exclusive_maximum:
        return order(node, bound) < 0 || wrong("exclusiveMaximum", "must be less than");
    case Op::minimum: return order(node, bound) >= 0 || wrong("minimum", "must be at least");
    default: return order(node, bound) > 0 || wrong("exclusiveMinimum", "must be more than");
    }
}

bool Run::text(Instruction const& instruction, Subject const& subject)
{
    auto const text = subject.value.text;
    if (!steps_.take(text.size() / 16))
        return false;
    switch (instruction.op) {
    case Op::pattern: {
        auto const& pattern = program_.patterns[instruction.a];
        return pattern.is_found_in(text) || fault(subject.way, "pattern", [&] {
            return fmt::format("must match {}, but is {}", pattern.source(), shown(subject.value));
        });
    }
    case Op::format: {
        auto const format = static_cast<Format>(instruction.a);
        // Whoever sent it chose what is compiled there: some milliseconds each.
        constexpr std::size_t regex_steps = 50'000;
        if (format == Format::regex && !steps_.take(regex_steps))
            return false;
        return is_of(format, text) || fault(subject.way, "format", [&] {
            return fmt::format("must be {}, but is {}", describe(format), shown(subject.value));
        });
    }
    default: break;
    }
    bool const is_most = instruction.op == Op::max_length;
    // No text has more characters than bytes, nor less than a quarter of them.
    if (is_most ? text.size() <= instruction.a : text.size() / 4 >= instruction.a)
        return true;
    auto const length = length_of(text);
    bool const fits = is_most ? length <= instruction.a : length >= instruction.a;
    return fits || fault(subject.way, is_most ? "maxLength" : "minLength", [&] {
        return wrong_count(is_most, instruction.a, "character", length);
    });
}

bool Run::sizes(Instruction const& instruction, Subject const& subject)
{
    auto const size = subject.value.node.size();
    auto const wrong = [&](bool is_most, std::string_view keyword, std::string_view noun) {
        bool const fits = is_most ? size <= instruction.a : size >= instruction.a;
        return fits || fault(subject.way, keyword, [&] {
            return wrong_count(is_most, instruction.a, noun, size);
        });
    };
    switch (instruction.op) {
    case Op::max_items: return wrong(true, "maxItems", "element");
    case Op::min_items: return wrong(false, "minItems", "element");
    case Op::max_properties: return wrong(true, "maxProperties", "member");
    default: return wrong(false, "minProperties", "member");
    }
}

// ---------------------------------------------------------------------------

std::vector<Fault> validate(Schema const& schema, json::Node value, std::size_t faults_max)
{
    // Most values fit: why one does not is asked a second time, at leisure.
    Run verdict(schema.program(), Run::Wants::verdict, 0);
    if (verdict.judge(schema.block(), value))
        return {};
    if (auto const why = verdict.cut_short())
        return {{"", "", *why}};
    Run run(schema.program(), Run::Wants::faults, std::max<std::size_t>(faults_max, 1));
    (void)run.judge(schema.block(), value);
    if (auto faults = run.take_faults(); !faults.empty())
        return faults;
    return {{"", "", run.cut_short().value_or("does not fit its schema")}};
}

bool is_valid(Schema const& schema, json::Node value)
{
    return Run(schema.program(), Run::Wants::verdict, 0).judge(schema.block(), value);
}

} // namespace gatehouse::schema
