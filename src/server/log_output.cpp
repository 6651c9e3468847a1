// SPDX-License-Identifier: Apache-2.0
#include "server/log_output.hpp"

#include <algorithm>
#include <cerrno>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gatehouse::server {
namespace {

constexpr std::size_t waiting_max = 1024 * 1024;
constexpr std::size_t flushed_at = 64 * 1024;

bool is_regular(int fd)
{
    struct stat status {};
    return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

// What a pipe takes in one piece (pipe(7)): as many whole lines as fit, or one that does not.
std::string_view atomic_piece(std::string_view lines)
{
    if (lines.size() <= PIPE_BUF)
        return lines;
    auto const last = lines.rfind('\n', PIPE_BUF - 1);
    return lines.substr(0, (last == lines.npos ? lines.find('\n') : last) + 1);
}

}  // namespace

LogOutput::LogOutput(int fd) : fd_(fd), is_file_(is_regular(fd)) {}

void LogOutput::write(observe::Level, std::string_view line)
{
    if (waiting_.size() + line.size() >= waiting_max) {
        dropped_++;
        return;
    }
    waiting_.append(line).append("\n");
    if (waiting_.size() > flushed_at)
        flush();
}

void LogOutput::flush()
{
    if (dropped_ > 0 && waiting_.size() < waiting_max / 2) {
        waiting_.append("{\"level\":\"warning\",\"message\":\"log lines dropped\",\"count\":")
            .append(std::to_string(dropped_)).append("}\n");
        dropped_ = 0;
    }
    std::size_t written = 0;
    while (written < waiting_.size()) {
        auto const size = write_some(std::string_view(waiting_).substr(written));
        if (size == 0)
            break; // Nobody reads, or the disk is full: the rest waits for the next turn.
        written += size;
    }
    waiting_.erase(0, written);
}

// A pipe that poll finds writable takes PIPE_BUF bytes without waiting.
std::size_t LogOutput::write_some(std::string_view lines) const
{
    pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (!is_file_ && ::poll(&ready, 1, 0) != 1)
        return 0;
    auto const piece = is_file_ ? lines : atomic_piece(lines);
    ssize_t size = 0;
    do
        size = ::write(fd_, piece.data(), piece.size());
    while (size < 0 && errno == EINTR);
    return size < 0 ? 0 : static_cast<std::size_t>(size);
}

}  // namespace gatehouse::server
