// SPDX-License-Identifier: Apache-2.0
#include "audit/entry.hpp"

#include "base/bytes.hpp"
#include "base/cbor.hpp"
#include "base/digest.hpp"
#include "base/fields.hpp"

#include <array>

namespace gatehouse::audit {
namespace {

constexpr std::size_t text_size_max = 2048;

} // namespace

events::Event encode(Entry entry)
{
    events::Event event;
    cbor::Writer out(event.data);
    auto const cut = [](std::string_view, auto& value) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, std::string>)
            if (value.size() > text_size_max) {
                value.resize(text_size_max);
                value += "…";
            }
    };
    std::visit(
        [&](auto& each) {
            each.fields(each, cut);
            write_cbor(out, each);
            event.type = each.name;
        },
        entry);
    return event;
}

Result<Entry> decode(events::Event const& event)
{
    Entry entry;
    if (event.schema != 1 || !Choice<Entry>::select(event.type, entry))
        return fail(ErrorCode::unavailable, "This entry is of a newer version of gatehouse.",
            event.type + ", schema " + std::to_string(event.schema));
    cbor::Reader in(event.data);
    std::visit([&in](auto& each) { read_cbor(in, each); }, entry);
    if (in.is_broken() || !in.is_at_end())
        return fail(ErrorCode::internal, "This entry cannot be read.",
            "version " + std::to_string(event.version));
    return entry;
}

std::string digest_of(std::string_view subject)
{
    return "sha256:" + to_hex(sha256(subject));
}

} // namespace gatehouse::audit
