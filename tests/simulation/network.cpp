// SPDX-License-Identifier: Apache-2.0
#include "network.hpp"

#include <utility>

namespace gatehouse::simulation {

using namespace std::chrono_literals;
using gateway::CloseReason;

namespace {

constexpr std::size_t slow_pipe_bytes = 1'500;
constexpr std::size_t pipe_bytes = 1 << 20;

}  // namespace

Duration Network::delay()
{
    return luck_.between(Duration(50us), is_healed_ ? Duration(5ms) : plan_.network_delay_max);
}

void Network::upward(LinkPointer const& link, std::move_only_function<void(Link&)> arrive)
{
    link->up_at = std::max(link->up_at, agenda_.now().steady + delay());
    agenda_.at(link->up_at, [link, arrive = std::move(arrive)]() mutable {
        if (link->server && !link->is_dark)
            arrive(*link);
    });
}

void Network::downward(LinkPointer const& link, std::move_only_function<void(Link&)> arrive)
{
    link->down_at = std::max(link->down_at, agenda_.now().steady + delay());
    agenda_.at(link->down_at, [link, arrive = std::move(arrive)]() mutable {
        if (link->client && !link->is_dark)
            arrive(*link);
    });
}

void Network::tell_server(Link& link, CloseReason reason)
{
    if (auto* const server = std::exchange(link.server, nullptr))
        server->closed(link.id, reason);
}

void Network::tell_client(Link& link)
{
    if (auto* const client = std::exchange(link.client, nullptr))
        client->closed();
}

// ---- Clients

LinkPointer Network::dial(
    ClientEnd& client, std::string address, bool is_slow, gateway::Listener listener)
{
    auto link = std::make_shared<Link>(
        Link{.id = {++last_id_}, .client = &client, .address = std::move(address),
            .listener = listener, .is_slow = is_slow});
    std::erase_if(links_, [](auto const& each) { return each.expired(); });
    links_.push_back(link);
    agenda_.after(delay(), [this, link] {
        auto* const server = accept_();
        if (!server)
            return downward(link, tell_client);
        if (!link->client)
            return; // It gave up meanwhile.
        link->server = server;
        server->opened(link);
        downward(link, [](Link& each) { each.client->connected(); });
    });
    return link;
}

void Network::send(LinkPointer const& link, std::string_view bytes)
{
    while (!bytes.empty()) {
        auto const size = luck_.one_in(4) ? 1 + luck_.next() % bytes.size() : bytes.size();
        upward(link, [piece = std::string(bytes.substr(0, size))](Link& each) mutable {
            if (each.is_paused)
                each.held += piece;
            else
                each.server->received(each.id, std::move(piece));
        });
        bytes.remove_prefix(size);
    }
}

void Network::close(LinkPointer const& link)
{
    link->client = nullptr;
    upward(link, [](Link& each) { each.server->ended(each.id); });
}

void Network::reset(LinkPointer const& link)
{
    link->client = nullptr;
    upward(link, [](Link& each) { tell_server(each, CloseReason::failed); });
}

void Network::vanish(LinkPointer const& link)
{
    link->client = nullptr;
    link->is_dark = true;
}

void Network::set_reading(LinkPointer const& link, bool is_reading)
{
    link->is_reading = is_reading;
    if (is_reading && !link->unread.empty())
        hand_over(link, std::exchange(link->unread, {}));
}

// ---- Towards the client

void Network::flush(LinkPointer const& link)
{
    auto const pipe_max = link->is_slow ? slow_pipe_bytes : pipe_bytes;
    if (link->unsent.size() > low_water)
        link->was_above_low = true;
    auto const room = pipe_max - std::min(pipe_max, link->in_pipe);
    if (auto const taken = std::min(room, link->unsent.size()); taken > 0) {
        link->in_pipe += taken;
        deliver(link, link->unsent.substr(0, taken));
        link->unsent.erase(0, taken);
        if (link->unsent.empty())
            link->unsent_sizes.clear();
    }
    if (link->was_above_low && link->unsent.size() <= low_water && link->server) {
        link->was_above_low = false;
        if (!link->is_closing)
            link->server->drained(link->id);
    }
    if (link->is_closing && link->unsent.empty() && link->server) {
        downward(link, tell_client);
        tell_server(*link, CloseReason::done);
    }
}

void Network::deliver(LinkPointer const& link, std::string piece)
{
    downward(link, [this, link, piece = std::move(piece)](Link& each) mutable {
        if (each.is_reading)
            hand_over(link, std::move(piece));
        else
            each.unread += piece;
    });
}

// Keeps the link alive: a client may let go of its own at what it hears.
void Network::hand_over(LinkPointer link, std::string piece)
{
    link->in_pipe -= piece.size();
    std::span<char> rest(piece);
    while (!rest.empty() && link->client) {
        auto const size = luck_.one_in(4) ? 1 + luck_.next() % rest.size() : rest.size();
        link->client->received(rest.first(size));
        rest = rest.subspan(size);
    }
    if (link->server && (!link->unsent.empty() || link->was_above_low))
        flush(link);
}

// ---- Servers

// What is not begun; a portion that is half sent stays whole.
void Network::drop_waiting(Link& link)
{
    auto& sizes = link.unsent_sizes;
    for (; sizes.size() > 1 && sizes.back() <= link.unsent.size(); sizes.pop_back())
        link.unsent.resize(link.unsent.size() - sizes.back());
}

void Network::resume(LinkPointer const& link)
{
    if (std::exchange(link->is_paused, false) && !link->held.empty() && link->server)
        link->server->received(link->id, std::exchange(link->held, {}));
}

void Network::reset_by_server(LinkPointer const& link)
{
    link->unsent.clear();
    tell_server(*link, CloseReason::failed);
    downward(link, tell_client);
}

void Network::orphan(LinkPointer const& link)
{
    link->server = nullptr;
    link->unsent.clear();
    link->is_dark = link->is_dark || luck_.one_in(4); // The machine is gone, and nobody says so.
    if (!link->is_dark && luck_.one_in(2) && link->client)
        agenda_.after(delay(), [link] { tell_client(*link); }); // It overtakes what was under way.
    else
        downward(link, tell_client);
}

// ---- Fate

void Network::go_dark()
{
    for (auto const& each : links_)
        if (auto const link = each.lock()) {
            link->is_dark = true;
            link->unread.clear();
        }
}

void Network::part(Duration length)
{
    auto const until = agenda_.now().steady + length;
    for (auto const& each : links_)
        if (auto const link = each.lock(); link && luck_.one_in(2)) {
            link->up_at = std::max(link->up_at, until);
            link->down_at = std::max(link->down_at, until);
        }
}

void Network::cut(LinkPointer const& link)
{
    link->is_dark = true;
    auto const kind = luck_.below(4);
    if (kind & 1)
        agenda_.after(delay(), [link] { tell_client(*link); });
    if (kind & 2)
        agenda_.after(delay(), [link] { tell_server(*link, CloseReason::failed); });
}

}  // namespace gatehouse::simulation
