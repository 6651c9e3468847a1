// SPDX-License-Identifier: Apache-2.0
#include "remote/document.hpp"

#include "base/assert.hpp"
#include "base/cbor_json.hpp"
#include "base/json.hpp"
#include "remote/question.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::remote {
namespace {

using json::Kind;
using json::Tree;

Tree empty_object()
{
    return *Tree::parse("{}");
}

// Of the member of that name, this seat's.
Tree const* part_of(Tree const& document, std::string_view member, rooms::Seat audience)
{
    auto const* const parts = document.find(member);
    auto const key = audience == rooms::spectator ? "watch" : std::to_string(audience);
    return parts ? parts->find(key) : nullptr;
}

std::optional<std::int64_t> number_of(Tree const& object, std::string_view key)
{
    auto const* const member = object.find(key);
    return member ? member->integer() : std::nullopt;
}

std::optional<std::string_view> text_of(Tree const& object, std::string_view key)
{
    auto const* const member = object.find(key);
    return member ? member->text() : std::nullopt;
}

} // namespace

std::string to_cbor(std::string_view json)
{
    json::Parser parser;
    auto const node = parser.parse(json);
    GH_ASSERT(node); // A tree wrote it.
    std::string cbor;
    cbor::append_cbor(cbor, *node);
    return cbor;
}

Result<Tree> from_cbor(std::string_view cbor)
{
    std::string json;
    GH_CHECK(cbor::append_json(json, cbor));
    return Tree::parse(json);
}

Document::Document(Tree object)
    : tree_(std::make_shared<Tree>(std::move(object)))
    , size_max_so_far_(tree_->canonical().size())
{ }

Result<Document> Document::read(std::string_view cbor)
{
    auto object = from_cbor(cbor);
    if (!object || object->kind() != Kind::object)
        return fail(ErrorCode::internal, "this room's state cannot be read",
            object ? "it is no object" : object.error().message);
    return Document(*std::move(object));
}

void Document::write(std::string& out) const
{
    out += to_cbor(tree_->canonical());
}

// In place, unless somebody was lent it who is not done with it.
void Document::merge(Tree patch)
{
    size_max_so_far_ += patch.canonical().size();
    if (tree_.use_count() > 1)
        tree_ = std::make_shared<Tree>(*tree_);
    tree_->merge(std::move(patch));
}

// Measures what is there only where the sum of all that came since it was measured is too much.
Result<void> Document::has_place_for(std::span<Tree const> patches)
{
    std::size_t more = 0;
    for (auto const& patch : patches)
        more += patch.canonical().size();
    if (size_max_so_far_ + more <= size_max)
        return {};
    size_max_so_far_ = tree_->canonical().size();
    if (size_max_so_far_ + more <= size_max)
        return {};
    Tree after = *tree_;
    for (auto const& patch : patches)
        after.merge(patch);
    auto const size = after.canonical().size();
    if (size <= size_max)
        return {};
    return fail(ErrorCode::too_large, "this game has no place for that any more",
        "its state would have " + std::to_string(size) + " bytes of JSON; "
            + std::to_string(size_max) + " fit");
}

std::optional<std::string_view> Document::tag() const
{
    return text_of(*tree_, "v");
}

bool Document::is_for(std::span<rooms::Occupant const> seats) const
{
    auto const* const those = tree_->find("for");
    return those
        && std::ranges::equal(those->elements(), seats,
            [](Tree const& each, rooms::Occupant by) { return each.text() == name_of(by); });
}

bool Document::is_open() const
{
    auto const* const open = tree_->find("open");
    return !open || open->boolean().value_or(true);
}

Tree Document::view(rooms::Seat audience) const
{
    auto const* const all = tree_->find("all");
    auto view = all && all->kind() == Kind::object ? *all : empty_object();
    auto const* const own = part_of(*tree_, "seats", audience);
    if (own && own->kind() == Kind::object)
        view.merge(*own);
    return view;
}

std::optional<rooms::BotAction> Document::bot(rooms::Seat seat) const
{
    auto const* const wish = part_of(*tree_, "bots", seat);
    auto const name = wish ? text_of(*wish, "a") : std::nullopt;
    if (!name)
        return std::nullopt;
    auto const* const body = wish->find("d");
    return rooms::BotAction{std::string(*name), body ? body->canonical() : "{}"};
}

std::vector<rooms::Standing> Document::results() const
{
    std::vector<rooms::Standing> standings;
    auto const* const results = tree_->find("results");
    if (!results)
        return standings;
    for (auto const& each : results->elements()) {
        auto const seat = number_of(each, "seat");
        auto const place = number_of(each, "place");
        bool const is_one = seat && place && *seat >= 0 && *seat < rooms::room_seats_max
            && *place >= 1 && *place <= rooms::room_seats_max;
        if (is_one)
            standings.push_back({static_cast<rooms::Seat>(*seat), static_cast<int>(*place),
                number_of(each, "points").value_or(0)});
    }
    return standings;
}

} // namespace gatehouse::remote
