// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/lines.hpp"

#include "base/base64.hpp"
#include "base/bytes.hpp"
#include "base/fields.hpp"
#include "events/append_check.hpp"

#include <cstring>

namespace gatehouse::storage::archive {

namespace {

struct Line {
    events::Version version = 0;
    std::string type;
    std::uint16_t schema = 0;
    std::int64_t at = 0;
    std::uint32_t actor = 0;
    std::uint64_t action = 0;
    std::string data;
    std::string link;

    static void fields(auto& self, auto&& field)
    {
        field("version", self.version);
        field("type", self.type);
        field("schema", self.schema);
        field("at", self.at);
        field("actor", self.actor);
        field("action", self.action);
        field("data", self.data);
        field("link", self.link);
    }
};

} // namespace

void append_line(std::string& out, events::Event const& event)
{
    std::string_view const link(
        reinterpret_cast<char const*>(event.link.data()), event.link.size());
    json::Writer writer(out);
    write_json(writer,
        Line{.version = event.version,
            .type = event.type,
            .schema = event.schema,
            .at = event.at.ms,
            .actor = event.cause.actor,
            .action = event.cause.action,
            .data = to_base64(event.data),
            .link = to_hex(link)});
}

Result<events::Event> read_line(json::Parser& parser, std::string_view line)
{
    Line read;
    GH_CHECK(read_json(GH_TRY(parser.parse(line)), read));
    auto data = from_base64(read.data);
    if (!data)
        return fail(ErrorCode::bad_request, "/data: expected base64");
    events::Event event{.version = read.version,
        .type = std::move(read.type),
        .schema = read.schema,
        .at = {read.at},
        .cause = {.actor = read.actor, .action = read.action},
        .data = *std::move(data)};
    auto const link = from_hex(read.link);
    if (link.size() != event.link.size())
        return fail(ErrorCode::bad_request, "/link: expected 32 hexadecimal digits");
    std::memcpy(event.link.data(), link.data(), link.size());
    GH_CHECK(events::check(event));
    return event;
}

} // namespace gatehouse::storage::archive
