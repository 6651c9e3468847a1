// SPDX-License-Identifier: Apache-2.0
#include "server/log_output.hpp"

#include <algorithm>
#include <cerrno>
#include <limits.h>
#include <unistd.h>

namespace gatehouse::server {
namespace {

constexpr std::size_t waiting_max = 1024 * 1024;

}  // namespace

void LogOutput::write(observe::Level, std::string_view line)
{
    if (waiting_.size() + line.size() >= waiting_max) {
        dropped_++;
        return;
    }
    waiting_ += line;
    waiting_ += '\n';
    if (waiting_.size() > PIPE_BUF / 2)
        flush();
}

void LogOutput::flush()
{
    if (dropped_ > 0 && waiting_.size() < waiting_max / 2) {
        waiting_ += "{\"level\":\"warning\",\"message\":\"log lines dropped\",\"count\":"
            + std::to_string(dropped_) + "}\n";
        dropped_ = 0;
    }
    std::size_t written = 0;
    while (written < waiting_.size()) {
        auto const n = ::write(fd_, waiting_.data() + written, waiting_.size() - written);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break; // A full pipe, a full disk: the rest waits for the next flush.
        written += static_cast<std::size_t>(n);
    }
    waiting_.erase(0, written);
}

}  // namespace gatehouse::server
