// SPDX-License-Identifier: Apache-2.0

// Whatever the text, it is operations or a complaint that says something. Each operation is found
// by a path that its variables make, and what is sent to it is judged.

#include "base/assert.hpp"
#include "schema/openapi.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

using namespace gatehouse;

namespace {

// "/a/{id}.{kind}" with "1" for each variable.
std::string filled(std::string_view path)
{
    std::string out;
    while (!path.empty()) {
        auto const open = path.find('{');
        auto const close = path.find('}', std::min(open, path.size()));
        out.append(path.substr(0, close == path.npos ? path.npos : open));
        if (close == path.npos)
            break;
        out.push_back('1');
        path.remove_prefix(close + 1);
    }
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size)
{
    std::string const text(reinterpret_cast<char const*>(bytes), size);
    schema::Options const options{.limits = {.instructions_max = 2000, .steps_max = 20'000}};
    auto const api = schema::read_openapi({{"api.json", text}}, "api.json", options);
    if (!api) {
        GH_ASSERT(!api.error().message.empty());
        return 0;
    }
    for (auto const& operation : (*api)->operations()) {
        auto const path = filled(operation.path);
        auto const found = (*api)->find(operation.method, path);
        GH_ASSERT(found && (*api)->has_path(path));
        (void)operation.body("application/json; charset=utf-8");
        for (auto const& parameter : operation.parameters)
            for (auto const& values : std::vector<std::vector<std::string>>{
                     {}, {""}, {"1", "2"}, {"a,b|c d"}, {"null"}, {"{\"a\":[1]}"}})
                (void)schema::validate(parameter, values);
    }
    return 0;
}
