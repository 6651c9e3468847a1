// SPDX-License-Identifier: Apache-2.0
#include "server/shard.hpp"

#include "gateway/config.hpp"
#include "server/temporary_folder_test.hpp"
#include "storage/committer.hpp"
#include "storage/memory_log.hpp"

#include <fcntl.h>
#include <sys/socket.h>

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
    rooms::Catalogue games;
    identity::SigningKey key = identity::SigningKey::from_seed(std::string(32, 'k'));
    runtime::Descriptor log{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    Shard shard{{.node = {}, .connections_max = 100, .log_fd = log.get(),
                    .log_level = observe::Level::info},
        reactor, resolving, committer.store(0), games, key, config()};
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

}  // namespace
}  // namespace gatehouse::server
