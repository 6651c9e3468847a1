// SPDX-License-Identifier: Apache-2.0
#include "network.hpp"

#include <map>
#include <vector>

namespace gatehouse::scenarios {
namespace {

class Memory final : public Network, gateway::Wire {
public:
    gateway::Wire& wire() override { return *this; }
    void serve(node::Node& node) override { node_ = &node; }

    int connect() override
    {
        auto const end = ++ends_;
        pipes_[id_of(end)] = {};
        return end;
    }
    void send(int end, std::string_view bytes) override { pipes_[id_of(end)].up += bytes; }
    std::string receive(int end) override { return std::exchange(pipes_[id_of(end)].down, {}); }
    void hang_up(int end) override { pipes_[id_of(end)].is_closing = true; }

    bool bring() override
    {
        bool had_something = false;
        std::vector<ConnectionId> ids;
        for (auto const& [id, pipe] : pipes_)
            ids.push_back(id);
        for (auto const id : ids)
            had_something = bring(id, pipes_[id]) || had_something;
        return had_something;
    }
    void flush() override {}

private:
    struct Pipe {
        std::string up{};
        std::string down{};
        bool is_open = false;
        bool is_closing = false;
        bool is_closed = false;
    };

    static ConnectionId id_of(int end) { return {static_cast<std::uint64_t>(end)}; }

    bool bring(ConnectionId id, Pipe& pipe)
    {
        if (pipe.is_closed)
            return false;
        if (!std::exchange(pipe.is_open, true))
            node_->opened(id, {.ip = "127.0.0.1"});
        auto bytes = std::exchange(pipe.up, {});
        if (!bytes.empty())
            node_->received(id, bytes);
        if (pipe.is_closing) {
            pipe.is_closed = true;
            node_->closed(id, gateway::CloseReason::done);
        }
        return !bytes.empty() || pipe.is_closing;
    }

    // gateway::Wire
    void send(ConnectionId id, std::string_view bytes) override { pipes_[id].down += bytes; }
    void send(ConnectionId id, Frame frame) override { pipes_[id].down += *frame; }
    void finish(ConnectionId) override {}
    void close(ConnectionId id) override { pipes_[id].is_closing = true; }
    void reset(ConnectionId id) override { pipes_[id].is_closing = true; }
    void pause(ConnectionId) override {}
    void resume(ConnectionId) override {}
    std::size_t backlog(ConnectionId) const override { return 0; }
    ConnectionId dial(std::string_view) override { return {}; }

    node::Node* node_ = nullptr;
    std::map<ConnectionId, Pipe> pipes_;
    int ends_ = 0;
};

}  // namespace

std::unique_ptr<Network> in_memory() { return std::make_unique<Memory>(); }

}  // namespace gatehouse::scenarios
