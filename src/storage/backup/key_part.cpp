// SPDX-License-Identifier: Apache-2.0
#include "storage/backup/key_part.hpp"

#include "base/base64.hpp"
#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "storage/archive/compressed_lines.hpp"
#include "storage/backup/sealed_lines.hpp"

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

// Takes a part apart, line by line. Everything that a line says is checked before it is used.
class PartReader {
public:
    Result<void> take(std::string_view line)
    {
        GH_CHECK(lines_.expect_more());
        if (has_header_ && part_.keys.size() == keys_)
            return lines_.take_seal(line);
        GH_CHECK(has_header_ ? take_key(line) : take_header(line));
        lines_.add(line);
        return {};
    }

    Result<KeyPart> finish()
    {
        GH_CHECK(lines_.expect_end());
        return std::move(part_);
    }

private:
    Result<void> take_header(std::string_view text)
    {
        auto line = GH_TRY(lines_.parse<HeaderLine>(text));
        if (line.format != key_part_format)
            return fail(ErrorCode::unsupported, "A newer gatehouse wrote this backup.",
                "its keys have format " + std::to_string(line.format));
        if (line.last < line.after || line.keys > key_part_max)
            return lines_.damaged("its header contradicts itself");
        part_.header = {std::move(line.ring), line.generation, line.after, line.last};
        keys_ = line.keys;
        has_header_ = true;
        return {};
    }

    Result<void> take_key(std::string_view text)
    {
        auto line = GH_TRY(lines_.parse<KeyLine>(text));
        auto key = from_base64(line.key);
        auto const before = part_.keys.empty() ? part_.header.after : part_.keys.back().number;
        if (line.number <= before || line.number > part_.header.last || line.actor == 0
            || line.subject.empty() || line.subject.size() > events::subject_size_max || !key
            || key->size() != events::key_size)
            return lines_.damaged("a key is not what was written");
        auto& [number, stream, member] = part_.keys.emplace_back();
        number = line.number;
        stream = std::move(line.stream);
        member.subject = std::move(line.subject);
        member.actor = line.actor;
        member.key = *std::move(key);
        return {};
    }

    SealedLines lines_{"Keys of the backup are damaged."};
    KeyPart part_{};
    std::uint64_t keys_ = 0;
    bool has_header_ = false;
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
