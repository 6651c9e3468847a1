// SPDX-License-Identifier: Apache-2.0
#include "server/shard.hpp"

#include "gateway/config.hpp"
#include "server/temporary_folder_test.hpp"
#include "storage/committer.hpp"
#include "storage/memory_log.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/socket.h>
#include <vector>

namespace gatehouse::server {
namespace {

using namespace std::chrono_literals;

// One shard, turned by hand, with a route to an upstream that is nowhere.
struct ShardTest : TemporaryFolder {
    ShardTest() { shard.meet({&shard}); }

    static std::shared_ptr<gateway::Config const> config()
    {
        gateway::GatewayOptions options;
        options.services = {{.name = "nowhere", .endpoints = {"no-such-host.invalid:80"}}};
        options.routes = {{.path = "/**", .to = "nowhere"}};
        return gateway::compile(std::move(options)).value();
    }

    // The answer to one request on a connection of its own.
    std::string ask(net::Address const& to, std::string_view request)
    {
        runtime::Descriptor const socket(::socket(to.family(), SOCK_STREAM, 0));
        EXPECT_EQ(::connect(socket.get(), to.raw(), to.raw_bytes()), 0);
        EXPECT_EQ(::send(socket.get(), request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
        std::string answer;
        std::array<char, 4096> buffer;
        auto const limit = clock.read().steady + 20s;
        while (clock.read().steady < limit) {
            reactor.turn(1ms);
            resolving.turn(0ms);
            auto const size = ::recv(socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (size == 0)
                return answer;
            if (size > 0)
                answer.append(buffer.data(), static_cast<std::size_t>(size));
        }
        return answer + "(and no end)";
    }

    runtime::Clock clock;
    runtime::Reactor reactor{clock}, resolving{clock};
    storage::Committer committer{std::make_unique<storage::MemoryLog>(), [] {
        std::vector<storage::Committer::Deliver> none;
        none.emplace_back([](storage::Committer::Task) { });
        return none;
    }()};
    identity::SigningKey key = identity::SigningKey::from_seed(std::string(32, 'k'));
    runtime::Descriptor log{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    Shard shard{{.node = {}, .connections_max = 100, .log_fd = log.get(),
                    .log_level = observe::Level::info},
        reactor, resolving, committer.store(0), key, config()};
};

TEST_F(ShardTest, answers_502_at_once_for_an_upstream_without_an_address)
{
    auto const front = shard.listen(
        *net::Address::parse("127.0.0.1:0"), Shard::front, net::PortUse::claim);
    ASSERT_TRUE(front) << front.error().message;
    for (int i = 0; i < 2; i++) { // The second time the name is known to lead nowhere.
        auto const answer = ask(
            front->address, "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 502 ")) << answer;
        EXPECT_TRUE(answer.ends_with("}")) << answer;
    }
}

// ---- Two shards, the second of which may stand still.

struct Pair : ShardTest {
    Pair() { first.meet({&first, &second}), second.meet({&first, &second}); }

    // A connection whose request asks both shards.
    runtime::Descriptor knock(net::Address const& to)
    {
        runtime::Descriptor socket(::socket(to.family(), SOCK_STREAM, 0));
        EXPECT_EQ(::connect(socket.get(), to.raw(), to.raw_bytes()), 0);
        constexpr std::string_view request = "GET /health HTTP/1.1\r\nHost: h\r\n\r\n";
        EXPECT_EQ(::send(socket.get(), request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
        return socket;
    }
    static bool is_answered(runtime::Descriptor const& socket)
    {
        std::array<char, 16> start;
        return ::recv(socket.get(), start.data(), start.size(), MSG_DONTWAIT | MSG_PEEK) > 0;
    }
    static Shard::Setup setup(ShardIndex index, int log_fd)
    {
        return {.node = {.shard = index, .shards = 2}, .connections_max = 100, .unsent_max = 3,
            .log_fd = log_fd, .log_level = observe::Level::error};
    }

    runtime::Reactor busy{clock, {.letters_max = 2}}, slow{clock, {.letters_max = 2}};
    Shard first{setup(0, log.get()), busy, resolving, committer.store(0), key, config()};
    Shard second{setup(1, log.get()), slow, resolving, committer.store(0), key, config()};
};

TEST_F(Pair, read_no_more_while_a_neighbour_lags_and_lose_nothing)
{
    auto const front = first.listen(
        *net::Address::parse("127.0.0.1:0"), Shard::front, net::PortUse::claim);
    ASSERT_TRUE(front) << front.error().message;
    std::vector<runtime::Descriptor> clients;
    auto const limit = clock.read().steady + 20s;
    while (!busy.hears_only_mail() && clock.read().steady < limit) {
        clients.push_back(knock(front->address));
        for (int i = 0; i < 5; i++)
            busy.turn(1ms);
    }
    EXPECT_EQ(clients.size(), 2u + 3u + 1u) << "in the mailbox, waiting, one too many";
    clients.push_back(knock(front->address));

    auto const answered = [&] { return std::ranges::all_of(clients, is_answered); };
    while (!answered() && clock.read().steady < limit)
        slow.turn(1ms), busy.turn(1ms);
    EXPECT_TRUE(answered());
    EXPECT_FALSE(busy.hears_only_mail());
}

}  // namespace
}  // namespace gatehouse::server
