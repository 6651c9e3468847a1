// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "observe/log.hpp"

#include <string>

namespace gatehouse::server {

// Log lines of one thread, on their way to a descriptor: kept until the end of the turn, then written
// in one call (up to PIPE_BUF bytes at a time arrive whole between those of other threads). Bound: at
// most 1 MiB waits; what a stuck reader of the log keeps us from writing is dropped and counted.
class LogOutput final : public observe::LogSink {
public:
    explicit LogOutput(int fd) : fd_(fd) {}
    ~LogOutput() override { flush(); }

    void write(observe::Level level, std::string_view line) override;
    void flush();

private:
    int fd_;
    std::string waiting_;
    std::uint64_t dropped_ = 0;
};

}  // namespace gatehouse::server
