// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/address.hpp"
#include "runtime/reactor.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gatehouse::net {

// Turns names into addresses for one shard. The system's resolver blocks, so it is called on a
// helper thread, which the shards share, one name after the other; each shard keeps what it was
// told for 30 s (failures for 1 s), and asks once for a name that several wait for.
// Bounds: 1,024 names kept, 1,024 answers waited for; beyond that the answer is "busy".
// Belongs to the shard's thread; both reactors have stopped turning before it goes.
class Resolver {
public:
    // At least one address where it succeeds.
    using Addresses = std::vector<Address>;
    using Answer = std::move_only_function<void(Result<Addresses> const&)>;

    Resolver(runtime::Reactor& shard, runtime::Reactor& helper);

    // Answers in a later turn, never from inside this call. Numeric addresses are names too.
    void resolve(std::string_view host, std::uint16_t port, Answer answer);

private:
    struct Waiting {
        std::uint16_t port;
        Answer answer;
    };
    struct Name {
        Result<Addresses> found{};
        TimePoint expires = TimePoint::max(); // While it is asked for: never.
        std::vector<Waiting> waiting{};
    };

    [[nodiscard]] Result<void> ask(std::string const& host);
    void settle(std::string const& host, Result<Addresses> found);
    void answer_later(Answer answer, Result<Addresses> found);

    runtime::Reactor& shard_;
    runtime::Reactor& helper_;
    std::unordered_map<std::string, Name> names_;
    std::size_t waiting_ = 0;
};

}  // namespace gatehouse::net
