// SPDX-License-Identifier: Apache-2.0
#include "events/chain.hpp"

#include "base/digest.hpp"

#include <cstring>
#include <string>

namespace gatehouse::events {

namespace {

void append_number(std::string& bytes, std::uint64_t number)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<char>(number >> shift));
}

Link link_over(std::string_view bytes)
{
    Link link;
    std::memcpy(link.data(), sha256(bytes).data(), link.size());
    return link;
}

} // namespace

Link chain_start(std::string_view stream)
{
    return link_over(stream);
}

Link chain_link(Link const& before, Event const& event)
{
    std::string bytes;
    bytes.reserve(before.size() + 6 * 8 + event.type.size() + event.data.size());
    bytes.append(reinterpret_cast<char const*>(before.data()), before.size());
    append_number(bytes, event.version);
    append_number(bytes, static_cast<std::uint64_t>(event.at.ms));
    append_number(bytes, event.cause.actor);
    append_number(bytes, event.cause.action);
    append_number(bytes, event.schema);
    append_number(bytes, event.type.size());
    bytes += event.type;
    bytes += event.data;
    return link_over(bytes);
}

} // namespace gatehouse::events
