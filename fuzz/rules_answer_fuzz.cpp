// SPDX-License-Identifier: Apache-2.0

// Whatever a rules process says, each question is answered exactly once and a line holds no more
// than its bounds. What it says is bytes, dealt out in pieces: the first byte says how large. And
// a JSON tree reads what it wrote as what it was, takes nothing that the parser of messages
// refuses, and a patch leads from one to the other.

#include "base/assert.hpp"
#include "base/json.hpp"
#include "remote/line.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

using namespace gatehouse;

namespace {

void talk(std::string_view said, std::size_t piece)
{
    remote::LineOptions const options;
    Now now{};
    remote::Line line(options, now);
    int answers = 0;
    constexpr int questions = 4;
    auto const state = std::make_shared<json::Tree const>();
    for (int i = 0; i < questions; i++)
        line.ask({.game = "g", .room = "r", .state = state, .held = remote::Held{1, 1},
                     .what = remote::Prepare{}, .seed = std::string(32, '\0'), .seats = {}},
            [&answers](Result<remote::Answer> const& answer) {
                GH_ASSERT(!answer || answer->events.size() <= remote::events_per_answer_max);
                answers++;
            });
    line.connected();
    std::string out;
    bool speaks = true;
    for (std::size_t at = 0; speaks && at < said.size(); at += piece) {
        while (line.write(out)) { }
        speaks = line.received(said.substr(at, piece)).has_value();
    }
    line.disconnected();
    now.steady += options.deadline;
    (void)line.ring();
    GH_ASSERT(answers == questions && line.questions() == 0);
}

void grow(std::string_view text)
{
    auto const tree = json::Tree::parse(text);
    if (!tree)
        return;
    json::Parser parser;
    GH_ASSERT(parser.parse(text));
    auto const again = json::Tree::parse(tree->canonical());
    GH_ASSERT(again && *again == *tree && again->canonical() == tree->canonical());
    auto const& parts = tree->elements();
    if (parts.size() != 2 || tree->has_null_member())
        return;
    auto from = parts[0];
    if (auto patch = json::Tree::patch(from, parts[1]))
        from.merge(std::move(*patch));
    GH_ASSERT(from == parts[1]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size < 1)
        return 0;
    std::string_view const rest(reinterpret_cast<char const*>(data) + 1, size - 1);
    talk(rest, std::max<std::size_t>(data[0], 1));
    grow(rest);
    return 0;
}
