// SPDX-License-Identifier: Apache-2.0
#include "player.hpp"

#include "base/assert.hpp"

#include <charconv>

namespace gatehouse::scenarios {
namespace {

constexpr websocket::MaskKey mask{'m', 'a', 's', 'k'};

}  // namespace

// ---- HTTP

void Player::request(std::string const& method, std::string const& path, std::string const& body)
{
    end_ = network_.connect();
    in_.clear();
    talk_ = Talk::http;
    is_waiting_ = true;
    std::string const login = token_.empty() ? "" : "Authorization: Bearer " + token_ + "\r\n";
    network_.send(end_, method + " " + path + " HTTP/1.1\r\nHost: house\r\n" + login
            + "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size())
            + "\r\n\r\n" + body);
}

void Player::log_in() { request("POST", "/v1/sessions", ""); }

void Player::open_room(Json const& options)
{
    request("POST", "/v1/rooms", Json{{"game", "liap-tui"}, {"options", options}}.dump());
}

void Player::pump_http()
{
    auto const head_end = in_.find("\r\n\r\n");
    if (head_end == std::string::npos)
        return;
    constexpr std::string_view length_field = "Content-Length: ";
    auto const field = in_.find(length_field);
    GH_ASSERT(field < head_end);
    std::size_t length = 0;
    std::from_chars(in_.data() + field + length_field.size(), in_.data() + head_end, length);
    if (in_.size() < head_end + 4 + length)
        return;
    auto const body = Json::parse(in_.substr(head_end + 4, length));
    if (body.contains("token"))
        token_ = body["token"];
    else if (body.contains("room"))
        code_ = body["code"];
    else
        complaints_.push_back("HTTP says " + in_);
    network_.hang_up(end_);
    is_waiting_ = false;
}

Player Player::on_another_device(std::string name) const
{
    Player other(network_, std::move(name));
    other.token_ = token_;
    return other;
}

// ---- WebSocket

void Player::connect()
{
    end_ = network_.connect();
    in_.clear();
    socket_ = websocket::Connection(websocket::Role::client, 1 << 20);
    talk_ = Talk::handshake;
    is_waiting_ = true;
    network_.send(end_,
        "GET /v1/connect HTTP/1.1\r\nHost: house\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Protocol: gatehouse.v1.json\r\n\r\n");
    Json hello{{"t", "hello"}, {"v", 1}, {"auth", token_}};
    if (resume_)
        hello["resume"] = *resume_;
    is_connected_ = true;
    say(hello);
}

void Player::say(Json const& message)
{
    std::string frame;
    websocket::append_frame(frame, websocket::Opcode::text, message.dump(), mask);
    network_.send(end_, frame);
}

void Player::join(std::string const& code, bool as_spectator)
{
    Json message{{"t", "join"}, {"id", 1}, {"as", as_spectator ? "spectator" : "player"}};
    if (!room_.empty())
        message["room"] = room_;
    else
        message["code"] = code;
    if (version_ && is_spectator_ == as_spectator)
        message["at"] = {{"e", 1}, {"s", *version_}};
    is_spectator_ = as_spectator;
    is_waiting_ = true;
    say(message);
}

void Player::act(std::string const& name, Json const& body, std::optional<std::uint64_t> id)
{
    answer_.clear();
    if (!id)
        last_action_++;
    is_waiting_ = true;
    say({{"t", "act"}, {"id", id.value_or(last_action_)}, {"room", room_}, {"a", name},
        {"d", body}});
}

void Player::leave()
{
    is_waiting_ = true;
    say({{"t", "leave"}, {"id", 2}, {"room", room_}});
}

void Player::ping()
{
    if (!is_connected_)
        return;
    is_waiting_ = true;
    std::string frame;
    websocket::append_frame(frame, websocket::Opcode::ping, "there?", mask);
    network_.send(end_, frame);
}

void Player::drop()
{
    network_.hang_up(end_);
    lose_connection();
}

void Player::lose_connection()
{
    is_connected_ = false;
    is_waiting_ = false;
}

void Player::pump()
{
    if (talk_ == Talk::http ? !is_waiting_ : !is_connected_)
        return;
    in_ += network_.receive(end_);
    if (talk_ == Talk::http)
        return pump_http();
    if (talk_ == Talk::handshake) {
        auto const head_end = in_.find("\r\n\r\n");
        if (head_end == std::string::npos)
            return;
        if (!in_.starts_with("HTTP/1.1 101 "))
            complaints_.push_back("no upgrade: " + in_);
        in_.erase(0, head_end + 4);
        talk_ = Talk::frames;
    }
    pump_frames();
}

void Player::pump_frames()
{
    auto bytes = std::exchange(in_, {});
    std::span<char> input = bytes;
    for (websocket::Step step; (step = socket_.next(input)) != websocket::Step::need_more;) {
        if (step == websocket::Step::message)
            hear(Json::parse(socket_.payload()));
        else if (step == websocket::Step::pong)
            is_waiting_ = false;
        else if (step == websocket::Step::close)
            lose_connection();
        else
            complaints_.emplace_back("a strange frame");
    }
}

// ---- What is said

void Player::hear(Json const& message)
{
    if (message.is_array()) {
        for (auto const& each : message)
            hear(each);
        return;
    }
    std::string const type = message.value("t", "");
    if (type == "welcome") {
        if (message["resumed"] != resume_.has_value())
            complaints_.emplace_back("the session was not resumed");
        resume_ = Json{{"sid", message["sid"]}, {"tok", message["tok"]}};
        is_waiting_ = false;
    } else if (type == "joined") {
        joined(message);
    } else if (type == "upd") {
        updated(message);
    } else if (type == "ack") {
        std::uint64_t const version = message["s"];
        auto const [known, is_new] = acks_.emplace(message["id"], version);
        if (known->second != version)
            complaints_.push_back("two answers to one action: " + message.dump());
        if (version_ && *version_ < version)
            complaints_.push_back("an ack before its update: " + message.dump());
        answer_ = "ack " + std::to_string(version);
        is_waiting_ = false;
    } else if (type == "err") {
        answer_ = message["code"];
        is_waiting_ = false;
    } else if (type == "left") {
        left_ = message["why"];
        version_.reset();
        is_waiting_ = false;
    }
}

void Player::joined(Json const& message)
{
    room_ = message["room"];
    seat_ = message["seat"];
    left_.clear();
    answer_ = "joined";
    // The next id follows the last one applied.
    if (message["last"] > last_action_)
        last_action_ = message["last"];
    if (message["how"] == "snap")
        view_ = message["view"];
    else if (message["s"] != *version_)
        complaints_.push_back("goes on from elsewhere: " + message.dump());
    version_ = message["s"];
    is_waiting_ = false;
}

void Player::updated(Json const& message)
{
    if (message.contains("view")) {
        view_ = message["view"];
    } else {
        if (!version_ || message["p"] != *version_)
            complaints_.push_back("a gap before " + message.dump());
        view_.merge_patch(message["d"]);
    }
    version_ = message["s"];
}

}  // namespace gatehouse::scenarios
