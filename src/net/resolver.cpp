// SPDX-License-Identifier: Apache-2.0
#include "net/resolver.hpp"

#include <fmt/format.h>

#include <memory>
#include <netdb.h>
#include <utility>

namespace gatehouse::net {
namespace {

using Addresses = Resolver::Addresses;

constexpr std::size_t names_max = 1024;
constexpr std::size_t waiting_max = 1024;
constexpr auto kept = std::chrono::seconds(30);
constexpr auto failure_kept = std::chrono::seconds(1);

// Blocks for as long as the system's resolver likes.
Result<Addresses> look_up(std::string const& host)
{
    addrinfo const wanted{.ai_flags = AI_ADDRCONFIG, .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM, .ai_protocol = 0, .ai_addrlen = 0, .ai_addr = nullptr,
        .ai_canonname = nullptr, .ai_next = nullptr};
    addrinfo* found = nullptr;
    if (auto const error = getaddrinfo(host.c_str(), nullptr, &wanted, &found); error != 0) {
        return fail(ErrorCode::unavailable, fmt::format("the host {} was not found", host),
            gai_strerror(error));
    }
    std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> const owner(found, freeaddrinfo);
    Addresses addresses;
    for (auto const* each = found; each; each = each->ai_next)
        addresses.emplace_back(each->ai_addr);
    return addresses;
}

Result<Addresses> with_port(Result<Addresses> found, std::uint16_t port)
{
    if (found)
        for (auto& address : *found)
            address.set_port(port);
    return found;
}

std::unexpected<Error> busy(std::string_view host)
{
    return fail(ErrorCode::busy, fmt::format("too many names to look up besides {}", host));
}

}  // namespace

Resolver::Resolver(runtime::Reactor& shard, runtime::Reactor& helper)
    : shard_(shard), helper_(helper)
{
}

void Resolver::resolve(std::string_view host, std::uint16_t port, Answer answer)
{
    if (auto const numeric = Address::of_host(host, port))
        return answer_later(std::move(answer), Addresses{*numeric});
    std::string const name(host);
    auto const known = names_.find(name);
    bool const asked = known != names_.end() && known->second.expires == TimePoint::max();
    if (known != names_.end() && !asked && known->second.expires > shard_.now().steady)
        return answer_later(std::move(answer), with_port(known->second.found, port));
    if (waiting_ >= waiting_max)
        return answer_later(std::move(answer), busy(host));
    if (!asked)
        if (auto const under_way = ask(name); !under_way)
            return answer_later(std::move(answer), std::unexpected(under_way.error()));
    names_[name].waiting.push_back({.port = port, .answer = std::move(answer)});
    waiting_++;
}

Result<void> Resolver::ask(std::string const& host)
{
    if (names_.size() >= names_max)
        std::erase_if(names_, [now = shard_.now().steady](auto const& name) {
            return name.second.expires <= now;
        });
    if (names_.size() >= names_max && !names_.contains(host))
        return busy(host);
    bool const posted = helper_.mailbox().try_post([this, &answers = shard_.mailbox(), host] {
        answers.post_answer([this, host, found = look_up(host)]() mutable {
            settle(host, std::move(found));
        });
    });
    if (!posted)
        return busy(host);
    names_[host].expires = TimePoint::max();
    return {};
}

void Resolver::settle(std::string const& host, Result<Addresses> found)
{
    auto& name = names_[host];
    name.expires = shard_.now().steady + (found ? Duration(kept) : Duration(failure_kept));
    name.found = found;
    auto waiting = std::exchange(name.waiting, {});
    waiting_ -= waiting.size();
    for (auto& [port, answer] : waiting)
        answer_later(std::move(answer), with_port(found, port));
}

// Each answer is a task of its own: one that fails leaves the others alone.
void Resolver::answer_later(Answer answer, Result<Addresses> found)
{
    shard_.mailbox().post_answer(
        [answer = std::move(answer), found = std::move(found)]() mutable { answer(found); });
}

}  // namespace gatehouse::net
