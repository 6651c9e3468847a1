// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/sealed.hpp"

#include "base/bytes.hpp"
#include "base/fields.hpp"
#include "events/chain.hpp"

#include <cstring>

namespace gatehouse::storage::archive {

using events::Event;
using events::Link;

namespace {

struct SealLine {
    std::string sha256;
    std::string link;

    static void fields(auto& self, auto&& field)
    {
        field("sha256", self.sha256);
        field("link", self.link);
    }
};

} // namespace

bool is_linked(std::string_view room, Link const& before, Event const& event)
{
    if (event.link == Link{})
        return before == Link{} || (event.version == 1 && before == events::chain_start(room));
    return event.link == events::chain_link(before, event);
}

std::optional<std::string> ChainEnd::follow(Event const& event)
{
    auto const version = version_ + 1;
    if (event.version != version)
        return "version " + std::to_string(version) + " is missing";
    if (!is_linked(room_, link_, event))
        return "version " + std::to_string(version) + " does not follow the one before";
    version_ = version;
    link_ = event.link;
    return std::nullopt;
}

Result<void> SealedWriter::add(std::string& line)
{
    line += '\n';
    size_ += line.size();
    if (size_ > pack_lines_max)
        return fail(ErrorCode::too_large, "The room is too large for a pack.",
            room_ + " takes more than " + std::to_string(pack_lines_max) + " bytes");
    hash_.add(line);
    lines_.add(line);
    line.clear();
    return {};
}

std::string SealedWriter::finish(Link const& link)
{
    std::string line;
    json::Writer out(line);
    write_json(out, SealLine{to_hex(hash_.digest()), hex_of(link)});
    line += '\n';
    lines_.add(line);
    return lines_.finish();
}

void SealReader::add(std::string_view line)
{
    hash_.add(line);
    hash_.add("\n");
}

Result<std::string> SealReader::check(
    json::Parser& parser, std::string_view line, Link const& link)
{
    SealLine seal;
    GH_CHECK(read_json(GH_TRY(parser.parse(line)), seal));
    auto sha256 = to_hex(hash_.digest());
    if (seal.sha256 != sha256 || seal.link != hex_of(link))
        return fail(ErrorCode::bad_request, "its seal is that of other lines");
    return sha256;
}

std::string hex_of(Link const& link)
{
    return to_hex({reinterpret_cast<char const*>(link.data()), link.size()});
}

std::optional<Link> link_of(std::string_view hex)
{
    Link link{};
    auto const bytes = from_hex(hex);
    if (bytes.size() != link.size())
        return std::nullopt;
    std::memcpy(link.data(), bytes.data(), link.size());
    return link;
}

} // namespace gatehouse::storage::archive
