// SPDX-License-Identifier: Apache-2.0
//
//     schema_validate CASES [MILLISECONDS]
//
// What judging JSON by a schema costs: for each case of a JSON file (name, schema, value), CPU time
// and allocations of one validation, with and without parsing before it. One JSON line a case,
// which bench/schema/run.mjs reads.

#include "base/json.hpp"
#include "schema/schema.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <new>
#include <string>

namespace {

std::uint64_t allocations = 0;

} // namespace

void* operator new(std::size_t size)
{
    allocations++;
    if (void* const memory = std::malloc(size))
        return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

namespace gatehouse {
namespace {

double cpu_seconds()
{
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct Cost {
    double nanoseconds;
    double allocations;
};

template <typename Work>
Cost measure(double seconds, Work const& work)
{
    for (int i = 0; i < 100; i++)
        work(); // Buffers grow, patterns build their states.
    std::uint64_t count = 0;
    auto const allocated = allocations;
    auto const begun = cpu_seconds();
    double took = 0;
    for (; took < seconds; took = cpu_seconds() - begun, count += 100)
        for (int i = 0; i < 100; i++)
            work();
    auto const each = static_cast<double>(count);
    return {took / each * 1e9, static_cast<double>(allocations - allocated) / each};
}

int run(std::string const& file, double seconds)
{
    std::ifstream in(file, std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(in), {}};
    json::Parser cases;
    auto const all = cases.parse(text);
    if (!all) {
        fmt::print(stderr, "{}: {}\n", file, all.error().message);
        return 1;
    }
    int status = 0;
    all->each_element([&](json::Node each) {
        auto const name = *each.find("name")->text();
        auto const schema = schema::compile({{"s.json", each.find("schema")->compact()}}, "s.json");
        auto const value = each.find("value")->compact();
        json::Parser parser;
        auto const node = parser.parse(value);
        if (!schema || !node || !schema::is_valid(**schema, *node)) {
            fmt::print(stderr, "{}: not valid\n", name);
            status = 1;
            return false;
        }
        bool is_valid = true;
        auto const judged
            = measure(seconds, [&] { is_valid &= schema::is_valid(**schema, *node); });
        json::Parser again;
        auto const parsed = measure(seconds, [&] {
            auto const fresh = again.parse(value);
            is_valid &= schema::is_valid(**schema, *fresh);
        });
        fmt::print("{{\"name\":\"{}\",\"valid\":{},\"validate_ns\":{:.1f},\"allocations\":{:.2f},"
                   "\"parse_and_validate_ns\":{:.1f}}}\n",
            name, is_valid, judged.nanoseconds, judged.allocations, parsed.nanoseconds);
        return true;
    });
    return status;
}

} // namespace
} // namespace gatehouse

int main(int argc, char** argv)
{
    if (argc < 2) {
        fmt::print(stderr, "schema_validate CASES [MILLISECONDS]\n");
        return 2;
    }
    return gatehouse::run(argv[1], argc > 2 ? std::atof(argv[2]) / 1000 : 0.5);
}
