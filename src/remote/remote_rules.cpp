// SPDX-License-Identifier: Apache-2.0
#include "remote/remote_rules.hpp"

#include "remote/document.hpp"
#include "remote/remote_play.hpp"

namespace gatehouse::remote {

Result<std::string> RemoteRules::read_options(json::Node options) const
{
    auto const text = options.compact();
    if (text.size() > options_size_max)
        return fail(ErrorCode::too_large,
            ": " + std::to_string(text.size()) + " bytes; "
                + std::to_string(options_size_max) + " fit");
    auto const tree = GH_TRY(json::Tree::parse(text));
    if (tree.kind() != json::Kind::object)
        return fail(ErrorCode::bad_request, ": expected an object");
    if (tree.has_null_member())
        return fail(ErrorCode::bad_request, ": null says nothing: leave the member out");
    auto stored = to_cbor(tree.canonical());
    GH_CHECK(from_cbor(stored));
    if (auto const room = begin(stored); !room) // There they lie a level deeper.
        return fail(ErrorCode::bad_request, ": " + room.error().message);
    return stored;
}

Result<std::unique_ptr<rooms::Play>> RemoteRules::begin(std::string_view options) const
{
    auto const chosen = from_cbor(options);
    if (!chosen)
        return fail(
            ErrorCode::internal, "this room's options cannot be read", chosen.error().message);
    auto document = GH_TRY(json::Tree::parse(R"({"options":)" + chosen->canonical() + "}"));
    return std::make_unique<RemotePlay>(game_.name, line_, Document(std::move(document)));
}

Result<std::unique_ptr<rooms::Play>> RemoteRules::resume(std::string_view state) const
{
    auto document = GH_TRY(Document::read(state));
    return std::make_unique<RemotePlay>(game_.name, line_, std::move(document));
}

} // namespace gatehouse::remote
