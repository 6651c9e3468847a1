// SPDX-License-Identifier: Apache-2.0
#include "websocket/utf8_stream.hpp"

#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include <random>

namespace gatehouse::websocket {
namespace {

bool accepts(std::initializer_list<std::string_view> pieces)
{
    Utf8Stream stream;
    for (auto const piece : pieces)
        if (!stream.accept(piece))
            return false;
    return stream.is_complete();
}

// Can some continuation make UTF-8 of it?
bool is_prefix_of_utf8(std::string const& bytes)
{
    if (is_utf8(bytes))
        return true;
    for (std::string_view const end : {"\x80", "\x90", "\xa0", "\x80\x80", "\x90\x80", "\xa0\x80",
             "\x80\x80\x80", "\x90\x80\x80"})
        if (is_utf8(bytes + std::string(end)))
            return true;
    return false;
}

TEST(Utf8Stream, agrees_with_the_whole_check_on_every_one_two_and_three_bytes_and_every_split)
{
    for (unsigned number = 0; number < 0x100'0000; number += number < 0x1'0000 ? 1 : 13) {
        char const bytes[] = {static_cast<char>(number), static_cast<char>(number >> 8),
            static_cast<char>(number >> 16)};
        std::string_view const text(bytes, number < 0x100 ? 1 : number < 0x1'0000 ? 2 : 3);
        bool const expected = is_utf8(text);
        for (std::size_t cut = 0; cut < text.size(); cut++)
            ASSERT_EQ(accepts({text.substr(0, cut), text.substr(cut)}), expected) << number;
    }
}

TEST(Utf8Stream, agrees_on_random_texts_of_edge_sequences_however_they_are_split)
{
    std::string_view const parts[] = {
        "a", "0123456789abcdef", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
        "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\x80", "\xbf",
        "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82", "\xf0\x9f"};
    std::mt19937 chance(7);
    for (int i = 0; i < 20'000; i++) {
        std::string text;
        for (auto n = chance() % 6; n > 0; n--)
            text += parts[chance() % (chance() % 4 == 0 ? std::size(parts) : 10)];
        auto const a = text.empty() ? 0 : chance() % text.size();
        auto const b = text.empty() ? 0 : a + chance() % (text.size() - a);
        std::string_view const view = text;
        bool const accepted = accepts({view.substr(0, a), view.substr(a, b - a), view.substr(b)});
        ASSERT_EQ(accepted, is_utf8(text));
    }
}

TEST(Utf8Stream, refuses_the_first_byte_with_which_no_text_can_go_on)
{
    std::mt19937 chance(3);
    std::uint8_t const leads[]
        = {'a', 0x80, 0xc0, 0xc2, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5};
    std::uint8_t const edges[] = {0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0};
    for (int i = 0; i < 20'000; i++) {
        Utf8Stream stream;
        std::string text;
        for (int n = 0; n < 4; n++) {
            text += static_cast<char>(n == 0 ? leads[chance() % 12] : edges[chance() % 8]);
            bool const possible = is_prefix_of_utf8(text);
            ASSERT_EQ(stream.accept(std::string_view(text).substr(text.size() - 1)), possible);
            if (!possible)
                break;
        }
    }
}

}  // namespace
}  // namespace gatehouse::websocket
