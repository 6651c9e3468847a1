// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "observe/log.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::server {

// Log lines of one thread, on their way to a descriptor that several threads share: kept until the
// end of the turn, then written in one call, whole lines at a time so that those of two threads
// never mix. A reader that has stopped reading stops nobody: at most 1 MiB waits, more is dropped
// and counted.
class LogOutput final : public observe::LogSink {
public:
    explicit LogOutput(int fd);
    ~LogOutput() override { flush(); }

    void write(observe::Level level, std::string_view line) override;
    void flush();

private:
    [[nodiscard]] std::size_t write_some(std::string_view lines) const;

    int fd_;
    bool is_file_; // Writing to one never waits for a reader.
    std::string waiting_;
    std::uint64_t dropped_ = 0;
};

}  // namespace gatehouse::server
