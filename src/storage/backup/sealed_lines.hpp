// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/fields.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

// Lines of JSON of which the last one seals the others: {"sha256":"…"}.
namespace gatehouse::storage::backup {

struct SealLine {
    std::string sha256;

    static void fields(auto& self, auto&& field) { field("sha256", self.sha256); }
};

template <typename Line>
void append_json(std::string& out, Line const& line)
{
    json::Writer writer(out);
    write_json(writer, line);
    out.push_back('\n');
}

// Takes the lines of an object apart. What is wrong with one is `internal`, and said.
class SealedLines {
public:
    // `damage`: "Keys of the backup are damaged."
    explicit SealedLines(char const* damage)
        : damage_(damage)
    { }

    [[nodiscard]] std::unexpected<Error> damaged(std::string why) const
    {
        return fail(ErrorCode::internal, damage_, std::move(why));
    }

    // A line that the seal is over.
    void add(std::string_view line)
    {
        hash_.add(line);
        hash_.add("\n");
    }

    template <typename Line>
    [[nodiscard]] Result<Line> parse(std::string_view text)
    {
        Line line;
        auto const node = parser_.parse(text);
        auto const read = node ? read_json(*node, line) : std::unexpected(node.error());
        if (!read)
            return damaged(read.error().message);
        return line;
    }

    [[nodiscard]] Result<void> take_seal(std::string_view text)
    {
        auto const line = GH_TRY(parse<SealLine>(text));
        if (line.sha256 != to_hex(hash_.digest()))
            return damaged("its lines are not those that were sealed");
        is_sealed_ = true;
        return {};
    }

    [[nodiscard]] Result<void> expect_more() const
    {
        return is_sealed_ ? damaged("lines follow its seal") : Result<void>();
    }
    [[nodiscard]] Result<void> expect_end() const
    {
        return is_sealed_ ? Result<void>() : damaged("it ends before its seal");
    }

    [[nodiscard]] json::Parser& parser() { return parser_; }

private:
    char const* damage_;
    json::Parser parser_{};
    Sha256 hash_{};
    bool is_sealed_ = false;
};

} // namespace gatehouse::storage::backup
