// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json_writer.hpp"
#include "base/time.hpp"

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::observe {

enum class Level : std::uint8_t { debug, info, warning, error };

[[nodiscard]] std::string_view name_of(Level level);

// Where finished lines go: each is one JSON object without the line feed. server/ writes them to
// standard error or a file, tests keep them.
class LogSink {
public:
    virtual ~LogSink() = default;
    virtual void write(Level level, std::string_view line) = 0;
};

class Log;

// One line in the making; written when it goes out of scope. Fields keep their order.
class LogLine {
public:
    LogLine(LogLine const&) = delete;
    LogLine& operator=(LogLine const&) = delete;
    ~LogLine();

    template <typename T>
    LogLine& field(std::string_view name, T const& value)
    {
        if (log_)
            writer_.key(name).value(value);
        return *this;
    }

private:
    friend class Log;
    LogLine(Log* log, Level level, std::string_view message, WallTime at);

    Log* log_; // Null where the level is not logged.
    Level level_;
    json::Writer writer_;
};

// Structured log of one shard. A line looks like
//     {"time":"2026-11-21T14:03:07.123Z","level":"info","shard":0,"message":"opened","room":"…"}
// Messages are constants, what varies stands in fields. Secrets never do. Keeps its line buffer, so
// a line allocates nothing once the buffer has grown.
class Log {
public:
    Log(LogSink& sink, Level lowest, int shard) : sink_(sink), lowest_(lowest), shard_(shard) {}

    LogLine line(Level level, std::string_view message, WallTime at);
    void set_lowest(Level lowest) { lowest_ = lowest; }
    [[nodiscard]] bool is_on(Level level) const { return level >= lowest_; }

private:
    friend class LogLine;
    [[nodiscard]] std::string_view stamp_of(WallTime at);

    LogSink& sink_;
    Level lowest_;
    int shard_;
    std::string buffer_;
    std::string stamp_; // Of `stamped_at_`.
    WallTime stamped_at_{};
};

}  // namespace gatehouse::observe
