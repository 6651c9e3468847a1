// SPDX-License-Identifier: Apache-2.0
#include "observe/log.hpp"

#include "base/text.hpp"

#include <utility>

namespace gatehouse::observe {

std::string_view name_of(Level level)
{
    switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warning: return "warning";
    case Level::error: return "error";
    }
    std::unreachable();
}

LogLine::LogLine(Log* log, Level level, std::string_view message, WallTime at)
    : log_(log->is_on(level) ? log : nullptr)
    , level_(level)
    , writer_(log->buffer_)
{
    if (!log_)
        return;
    log_->buffer_.clear();
    writer_.object();
    writer_.key("time").value(log_->stamp_of(at)).key("level").value(name_of(level));
    writer_.key("shard").value(log_->shard_).key("message").value(message);
}

LogLine::~LogLine()
{
    if (!log_)
        return;
    writer_.end_object();
    log_->sink_.write(level_, log_->buffer_);
}

// Lines come in bursts of one instant: written down once for all of them.
std::string_view Log::stamp_of(WallTime at)
{
    if (stamp_.empty() || at != stamped_at_) {
        stamped_at_ = at;
        stamp_ = rfc3339(at.ms);
    }
    return stamp_;
}

LogLine Log::line(Level level, std::string_view message, WallTime at)
{
    return LogLine(this, level, message, at);
}

}  // namespace gatehouse::observe
