// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/table_end.hpp"

#include "storage/sqlite/table_page.hpp"

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
        is_leaf_ = bytes_.byte(0) == leaf_page;
        if (!is_leaf_ && bytes_.byte(0) != interior_page)
            return false;
        last_child_ = bytes_.page_number(8);
        auto const pointers = is_leaf_ ? 8 : 12;
        auto const pointers_end = static_cast<std::size_t>(pointers) + 2 * bytes_.word(3);
        auto const content = bytes_.word(5);
        if (pointers_end > content || content > page_size)
            return false;
        used_ = content + bytes_.byte(7);
        for (auto at = static_cast<std::size_t>(pointers); at < pointers_end; at += 2)
            if (!take_cell(bytes_.word(at), content))
                return false;
        return take_free_blocks(content) && used_ == page_size;
    }

    bool take_cell(std::size_t cell, std::size_t content)
    {
        auto at = is_leaf_ ? cell : cell + 4;
        auto const payload = is_leaf_ ? bytes_.number(at) : 0;
        auto const key = bytes_.number(at);
        auto const part = part_in_cell(payload);
        auto const end = at + part + (part < payload ? 4 : 0);
        if (cell < content || end > page_size || (!keys_.empty() && key <= keys_.back()))
            return false;
        keys_.push_back(key);
        used_ += std::max<std::size_t>(end - cell, 4);
        return true;
    }

    bool take_free_blocks(std::size_t content)
    {
        std::size_t last_end = 0;
        for (auto at = bytes_.word(1); at != 0; at = bytes_.word(at)) {
            auto const size = bytes_.word(at + 2);
            bool const has_room = at + 4 <= page_size && size >= 4; // Or it never ends.
            if (at < std::max(content, last_end) || !has_room)
                return false;
            last_end = at + size;
            used_ += size;
        }
        return last_end <= page_size;
    }

    PageBytes bytes_;
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
