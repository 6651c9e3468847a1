// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <sys/uio.h>
#include <variant>
#include <vector>

namespace gatehouse::net {

// What waits to be written to one connection: copied bytes, gathered into few pieces, and shared
// frames. Holds no memory while it is empty. Its owner bounds it.
class Output {
public:
    static constexpr std::size_t slices_max = 64;
    using Slices = std::array<iovec, slices_max>;

    void append(std::string_view bytes);
    void append(Frame const& frame);

    struct Gathered {
        std::size_t slices;
        std::size_t bytes;
    };
    // The first bytes, as many as fit.
    [[nodiscard]] Gathered gather(Slices& slices) const;
    // They went out.
    void consume(std::size_t bytes);
    void clear();
    // Drops what is not begun: all but the first piece, which ends where an `append` ended.
    void drop_waiting();

    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    using Piece = std::variant<std::string, Frame>;
    [[nodiscard]] static std::string_view view(Piece const& piece);

    std::vector<Piece> pieces_;
    std::size_t first_ = 0;      // Those before it went out.
    std::size_t first_sent_ = 0; // Bytes of the first piece.
    std::size_t bytes_ = 0;
};

}  // namespace gatehouse::net
