// SPDX-License-Identifier: Apache-2.0
// As https://sqlite.org/fileformat2.html#b_tree_pages tells.
#include "storage/sqlite/table_end.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::storage::sqlite {

namespace {

constexpr auto page_size = Pages::page_size;
constexpr int depth_max = 20; // As many as SQLite goes down itself.

// A page of a table's tree, every byte of which is accounted for.
class TablePage {
public:
    static std::optional<TablePage> parse(std::string_view bytes)
    {
        TablePage page(bytes);
        return page.is_whole() ? std::optional(std::move(page)) : std::nullopt;
    }

    [[nodiscard]] bool is_leaf() const { return is_leaf_; }
    [[nodiscard]] std::vector<std::uint64_t> const& keys() const { return keys_; }
    [[nodiscard]] std::uint32_t last_child() const { return last_child_; }

private:
    explicit TablePage(std::string_view bytes)
        : bytes_(bytes)
    { }

    bool is_whole()
    {
        constexpr std::size_t leaf = 13, interior = 5;
        is_leaf_ = byte(0) == leaf;
        if (!is_leaf_ && byte(0) != interior)
            return false;
        last_child_ = static_cast<std::uint32_t>(word(8) << 16 | word(10));
        auto const pointers = is_leaf_ ? 8 : 12;
        auto const pointers_end = static_cast<std::size_t>(pointers) + 2 * word(3);
        auto const content = word(5);
        if (pointers_end > content || content > page_size)
            return false;
        used_ = content + byte(7);
        for (auto at = static_cast<std::size_t>(pointers); at < pointers_end; at += 2)
            if (!take_cell(word(at), content))
                return false;
        return take_free_blocks(content) && used_ == page_size;
    }

    bool take_cell(std::size_t cell, std::size_t content)
    {
        auto at = is_leaf_ ? cell : cell + 4;
        auto const payload = is_leaf_ ? number(at) : 0;
        auto const key = number(at);
        auto const end = at + local(payload);
        if (cell < content || end > page_size || (!keys_.empty() && key <= keys_.back()))
            return false;
        keys_.push_back(key);
        used_ += std::max<std::size_t>(end - cell, 4);
        return true;
    }

    bool take_free_blocks(std::size_t content)
    {
        std::size_t last_end = 0;
        for (auto at = word(1); at != 0; at = word(at)) {
            bool const has_room = at + 4 <= page_size && word(at + 2) >= 4; // Or it never ends.
            if (at < std::max(content, last_end) || !has_room)
                return false;
            last_end = at + word(at + 2);
            used_ += word(at + 2);
        }
        return last_end <= page_size;
    }

    // How much of a payload lies in its cell: all of it, or the first part and where the rest is.
    static std::size_t local(std::uint64_t payload)
    {
        constexpr std::uint64_t all_max = page_size - 35;
        constexpr std::uint64_t part_min = (page_size - 12) * 32 / 255 - 23;
        if (payload <= all_max)
            return static_cast<std::size_t>(payload);
        auto const part = part_min + (payload - part_min) % (page_size - 4);
        return static_cast<std::size_t>(part <= all_max ? part : part_min) + 4;
    }

    // Zero beyond the page's end.
    [[nodiscard]] std::size_t byte(std::size_t at) const
    {
        return at < bytes_.size() ? static_cast<std::uint8_t>(bytes_[at]) : 0;
    }
    [[nodiscard]] std::size_t word(std::size_t at) const { return byte(at) << 8 | byte(at + 1); }

    // Seven bits a byte, the highest first, and all eight of the ninth; moves `at` behind it.
    [[nodiscard]] std::uint64_t number(std::size_t& at) const
    {
        std::uint64_t value = 0;
        for (int i = 0; i < 8; i++) {
            auto const next = byte(at++);
            value = value << 7 | (next & 0x7f);
            if (next < 0x80)
                return value;
        }
        return value << 8 | byte(at++);
    }

    std::string_view bytes_;
    bool is_leaf_ = false;
    std::uint32_t last_child_ = 0;
    std::vector<std::uint64_t> keys_{};
    std::size_t used_ = 0;
};

} // namespace

std::optional<std::uint64_t> last_row_of(Pages const& pages, std::uint32_t root)
{
    std::uint64_t before = 0; // All keys of a last child are greater than those beside it.
    auto number = root;
    for (int depth = 0; depth < depth_max; depth++) {
        auto const bytes = pages.page(number);
        auto const page = bytes ? TablePage::parse(*bytes) : std::nullopt;
        if (!page)
            return std::nullopt;
        auto const& keys = page->keys();
        if (keys.empty())
            return page->is_leaf() && number == root ? std::optional<std::uint64_t>(0)
                                                      : std::nullopt;
        if (keys.front() <= before)
            return std::nullopt;
        if (page->is_leaf())
            return keys.back();
        before = keys.back();
        number = page->last_child();
    }
    return std::nullopt;
}

} // namespace gatehouse::storage::sqlite
