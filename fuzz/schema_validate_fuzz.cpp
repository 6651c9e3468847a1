// SPDX-License-Identifier: Apache-2.0

// The first line is a schema, what follows a value. The same verdict with and without reasons, and
// for the value written anew; each reason is about something that is there.

#include "base/assert.hpp"
#include "schema/pointer.hpp"
#include "schema/schema.hpp"

#include <cstdint>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size)
{
    std::string_view const text(reinterpret_cast<char const*>(bytes), size);
    auto const end = text.find('\n');
    if (end == text.npos)
        return 0;
    schema::Options const options{
        .asserts_format = true, .limits = {.instructions_max = 2000, .steps_max = 20'000}};
    auto const compiled
        = schema::compile({{"s.json", std::string(text.substr(0, end))}}, "s.json", options);
    json::Parser parser;
    auto const value = parser.parse(text.substr(end + 1));
    if (!compiled || !value)
        return 0;

    constexpr std::size_t faults_max = 5;
    auto const faults = schema::validate(**compiled, *value, faults_max);
    bool const is_valid = schema::is_valid(**compiled, *value);
    GH_ASSERT(is_valid == faults.empty() && faults.size() <= faults_max);
    for (auto const& fault : faults)
        GH_ASSERT(!fault.message.empty() && schema::node_at(*value, fault.pointer));

    json::Parser second;
    auto const again = second.parse(value->compact());
    GH_ASSERT(again && schema::is_valid(**compiled, *again) == is_valid);
    return 0;
}
