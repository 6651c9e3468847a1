// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network.hpp"
#include "websocket/connection.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::scenarios {

using Json = nlohmann::json;

// A client of gatehouse.v1 as its users would write it: keeps its place, folds updates into its
// view, comes back with what it holds, sends again what was not answered. What breaks the
// protocol's promises is noted in `complaints`.
class Player {
public:
    Player(Network& network, std::string name) : network_(network), name_(std::move(name)) {}

    // Steps of getting in; each is done when `is_waiting` turns false.
    void log_in();                 // POST /v1/sessions
    void open_room(Json const& options); // POST /v1/rooms
    void connect();                // Handshake and hello, with what is there to resume.
    void join(std::string const& code, bool as_spectator);
    void act(std::string const& name, Json const& body, std::optional<std::uint64_t> id = {});
    void leave();
    void ping();
    void drop();
    // The connection is gone, for the server is.
    void lose_connection();

    // The same person, elsewhere.
    [[nodiscard]] Player on_another_device(std::string name) const;
    void forget_session() { resume_.reset(); }

    // Reads what has arrived.
    void pump();

    [[nodiscard]] bool is_waiting() const { return is_waiting_; }
    [[nodiscard]] bool is_connected() const { return is_connected_; }
    [[nodiscard]] bool was_in_room() const { return !room_.empty(); }
    [[nodiscard]] bool is_spectator() const { return is_spectator_; }
    [[nodiscard]] std::string const& name() const { return name_; }
    [[nodiscard]] std::string const& code() const { return code_; }
    [[nodiscard]] std::string const& room() const { return room_; }
    [[nodiscard]] Json const& view() const { return view_; }
    [[nodiscard]] std::string answer() const { return answer_; }
    [[nodiscard]] std::string const& left() const { return left_; }
    [[nodiscard]] std::uint64_t last_action() const { return last_action_; }
    [[nodiscard]] std::vector<std::string> const& complaints() const { return complaints_; }

private:
    void request(std::string const& method, std::string const& path, std::string const& body);
    void pump_http();
    void pump_frames();
    void say(Json const& message);
    void hear(Json const& message);
    void joined(Json const& message);
    void updated(Json const& message);

    Network& network_;
    std::string name_;
    std::string token_;
    std::string code_;
    std::optional<Json> resume_;

    enum class Talk : std::uint8_t { http, handshake, frames };
    Talk talk_ = Talk::http;
    int end_ = 0;
    std::string in_;
    websocket::Connection socket_{websocket::Role::client, 1 << 20};
    bool is_connected_ = false;
    bool is_waiting_ = false;
    bool is_spectator_ = false;

    std::string room_;
    std::optional<std::uint64_t> version_;
    Json view_;
    Json seat_;
    std::uint64_t last_action_ = 0;
    std::string answer_;
    std::string left_;
    std::map<std::uint64_t, std::uint64_t> acks_;
    std::vector<std::string> complaints_;
};

}  // namespace gatehouse::scenarios
