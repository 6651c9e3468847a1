// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/archive/lines.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::storage::archive {

// Lines into one zstd frame with a checksum, as they come. Holds what is compressed so far.
class LineWriter {
public:
    LineWriter();
    ~LineWriter();
    LineWriter(LineWriter&&) noexcept;
    LineWriter& operator=(LineWriter&&) noexcept;

    // Several lines may come at once, each with its newline.
    void add(std::string_view lines);
    // The frame; once, at the end.
    [[nodiscard]] std::string finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

// Visits the lines of a frame, without their newlines, until the visitor fails. Untrusted bytes:
// `internal` and what is wrong where they are no whole frame, are followed by others, unpack to
// more than `bytes_max`, or have a line beyond line_size_max or one without its end. Holds one
// line, and the 8 MiB that a frame may look back.
using OnLine = std::function<Result<void>(std::string_view)>;
[[nodiscard]] Result<void> each_line(
    std::string_view frame, std::size_t bytes_max, OnLine const& visit);

} // namespace gatehouse::storage::archive
