// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client.hpp"
#include "dialler.hpp"
#include "http/parser.hpp"
#include "target.hpp"
#include "websocket/connection.hpp"

#include <functional>
#include <optional>
#include <string>

namespace gatehouse::load {

// A client and its WebSocket: dials, upgrades, carries messages, and dials again when the
// connection is gone, after the delay that the close code asks for. It goes on for ever; who wants
// an end counts how long nobody was connected. Belongs to the reactor's thread.
class Link : Dialler::Endpoint, Client::Around {
public:
    // Who sits at the same table.
    class Table {
    public:
        virtual void moved() = 0;
        virtual void failed(std::string_view why) = 0;

    protected:
        ~Table() = default;
    };

    struct Setup {
        Dialler& dialler;
        Target const& target;
        Table& table;
        Client::Options client;
        Login const& login;
        int seat;
        std::uint64_t seed;
        Stats& stats;
    };

    explicit Link(Setup setup);
    ~Link();

    void dial();
    [[nodiscard]] Client& client() { return client_; }
    // Runs something on the client, then sees to its alarm.
    template <typename Work>
    void with_client(Work&& work)
    {
        work(client_, now());
        set_alarm();
    }

private:
    enum class State : std::uint8_t { idle, dialling, upgrading, open };

    void connected() override;
    void received(std::span<char> bytes) override;
    void closed(net::CloseReason reason) override;
    void send(std::string_view message) override;
    void drop(std::string_view why) override;
    void moved() override { table_.moved(); }
    void failed(std::string_view why) override { table_.failed(why); }

    void upgrade(std::string_view& input);
    void read_frames(std::span<char> bytes);
    void on_alarm();
    void set_alarm();
    void lose(websocket::CloseCode code);
    [[nodiscard]] websocket::MaskKey mask();
    [[nodiscard]] TimePoint now() const { return dialler_.reactor().now().steady; }

    Dialler& dialler_;
    Target const& target_;
    Table& table_;
    Stats& stats_;
    Chance chance_;
    Client client_;
    Timer alarm_;
    TimePoint alarm_at_ = TimePoint::max();
    State state_ = State::idle;
    ConnectionId id_{};
    std::optional<TimePoint> dial_at_{};
    int failures_ = 0; // In a row.
    websocket::CloseCode close_code_ = websocket::CloseCode::abnormal;
    std::string key_{};
    std::string scratch_{};
    http::ResponseParser parser_{};
    websocket::Connection socket_{websocket::Role::client, message_bytes_max};
    static constexpr std::size_t message_bytes_max = 16 << 20;
};

}  // namespace gatehouse::load
