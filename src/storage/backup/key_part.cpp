// SPDX-License-Identifier: Apache-2.0
#include "storage/backup/key_part.hpp"

#include "base/base64.hpp"
#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/fields.hpp"
#include "storage/archive/compressed_lines.hpp"

#include <utility>

namespace gatehouse::storage::backup {

namespace {

struct HeaderLine {
    std::uint64_t format = 0;
    std::string ring;
    std::uint64_t generation = 0;
    std::uint64_t after = 0;
    std::uint64_t last = 0;
    std::uint64_t keys = 0;

    static void fields(auto& self, auto&& field)
    {
        field("format", self.format);
        field("ring", self.ring);
        field("generation", self.generation);
        field("after", self.after);
        field("last", self.last);
        field("keys", self.keys);
    }
};

struct KeyLine {
    std::uint64_t number = 0;
    std::string stream;
    std::uint32_t actor = 0;
    std::string subject;
    std::string key;

    static void fields(auto& self, auto&& field)
    {
        field("number", self.number);
        field("stream", self.stream);
        field("actor", self.actor);
        field("subject", self.subject);
        field("key", self.key);
    }
};

struct SealLine {
    std::string sha256;

    static void fields(auto& self, auto&& field) { field("sha256", self.sha256); }
};

std::unexpected<Error> damaged(std::string why)
{
    return fail(ErrorCode::internal, "Keys of the backup are damaged.", std::move(why));
}

template <typename Line>
void append_json(std::string& out, Line const& line)
{
    json::Writer writer(out);
    write_json(writer, line);
    out.push_back('\n');
}

// Takes a part apart, line by line. Everything that a line says is checked before it is used.
class PartReader {
public:
    Result<void> take(std::string_view line)
    {
        if (is_sealed_)
            return damaged("lines follow its seal");
        if (has_header_ && part_.keys.size() == keys_)
            return take_seal(line);
        GH_CHECK(has_header_ ? take_key(line) : take_header(line));
        hash_.add(line);
        hash_.add("\n");
        return {};
    }

    Result<KeyPart> finish()
    {
        if (!is_sealed_)
            return damaged("it ends before its seal");
        return std::move(part_);
    }

private:
    template <typename Line>
    Result<Line> parse(std::string_view text)
    {
        Line line;
        auto const node = parser_.parse(text);
        auto const read = node ? read_json(*node, line) : std::unexpected(node.error());
        if (!read)
            return damaged(read.error().message);
        return line;
    }

    Result<void> take_header(std::string_view text)
    {
        auto line = GH_TRY(parse<HeaderLine>(text));
        if (line.format != key_part_format)
            return fail(ErrorCode::unsupported, "A newer gatehouse wrote this backup.",
                "its keys have format " + std::to_string(line.format));
        if (line.last < line.after || line.keys > key_part_max)
            return damaged("its header contradicts itself");
        part_.header = {std::move(line.ring), line.generation, line.after, line.last};
        keys_ = line.keys;
        has_header_ = true;
        return {};
    }

    Result<void> take_key(std::string_view text)
    {
        auto line = GH_TRY(parse<KeyLine>(text));
        auto key = from_base64(line.key);
        auto const before = part_.keys.empty() ? part_.header.after : part_.keys.back().number;
        if (line.number <= before || line.number > part_.header.last || line.actor == 0
            || line.subject.empty() || line.subject.size() > events::subject_size_max || !key
            || key->size() != events::key_size)
            return damaged("a key is not what was written");
        auto& [number, stream, member] = part_.keys.emplace_back();
        number = line.number;
        stream = std::move(line.stream);
        member.subject = std::move(line.subject);
        member.actor = line.actor;
        member.key = *std::move(key);
        return {};
    }

    Result<void> take_seal(std::string_view text)
    {
        auto const line = GH_TRY(parse<SealLine>(text));
        if (line.sha256 != to_hex(hash_.digest()))
            return damaged("its lines are not those that were sealed");
        is_sealed_ = true;
        return {};
    }

    json::Parser parser_{};
    Sha256 hash_{};
    KeyPart part_{};
    std::uint64_t keys_ = 0;
    bool has_header_ = false;
    bool is_sealed_ = false;
};

} // namespace

std::string write_key_part(
    KeyPartHeader const& header, std::span<events::Membership const> keys)
{
    std::string text;
    append_json(text,
        HeaderLine{key_part_format, header.ring, header.generation, header.after, header.last,
            keys.size()});
    for (auto const& [number, stream, member] : keys)
        append_json(text,
            KeyLine{number, stream, member.actor, member.subject, to_base64(member.key)});
    append_json(text, SealLine{to_hex(sha256(text))});
    archive::LineWriter lines;
    lines.add(text);
    return lines.finish();
}

Result<KeyPart> read_key_part(std::string_view bytes)
{
    PartReader reader;
    GH_CHECK(archive::each_line(bytes, key_part_lines_max,
        [&reader](std::string_view line) { return reader.take(line); }));
    return reader.finish();
}

} // namespace gatehouse::storage::backup
