// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "link.hpp"

#include <memory>
#include <vector>

namespace gatehouse::load {

class RoomLoad;

// The clients that sit around one room, and the rooms that they play one after the other: open,
// play to the end, join afresh to compare what updates led to with what the server shows now, next
// room. Belongs to the reactor's thread.
class Table : Link::Table {
public:
    Table(RoomLoad& load, int number);

    void begin();
    // What is under way is answered and compared, then the table is done.
    void stop();
    // Was told of a change, or a second has passed.
    void look();
    [[nodiscard]] bool is_done() const { return state_ == State::done; }
    [[nodiscard]] std::size_t connected() const;
    // Says what is still waited for, as errors.
    void give_up();

private:
    enum class State : std::uint8_t { idle, opening, playing, comparing, resting, done };

    void moved() override;
    void failed(std::string_view why) override;

    void open_room();
    void enter(std::string room);
    void close_room();
    void rest();
    void watch_progress();
    [[nodiscard]] bool all_are(Client::Stage stage) const;
    [[nodiscard]] TimePoint now() const;

    RoomLoad& load_;
    int number_;
    std::vector<std::unique_ptr<Link>> links_;
    RoomRecord* record_ = nullptr;
    State state_ = State::idle;
    bool is_stopping_ = false;
    bool has_failed_ = false;
    TimePoint rests_until_{};
    std::uint64_t progress_ = 0;
    TimePoint progress_at_{};
};

}  // namespace gatehouse::load
