// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include "runtime/descriptor_limit.hpp"
#include "server/mapping.hpp"

#include <cstdio>
#include <utility>

namespace gatehouse::cli {

int run(ConfigArguments const& arguments, server::Faults faults)
{
    runtime::raise_descriptor_limit();
    auto loaded = load(arguments);
    if (!loaded) {
        std::fputs(loaded.error().c_str(), stderr);
        return 1;
    }
    auto const& store = loaded->settings.store;
    auto const store_line = server::store_name(store)
        + (store.kind == config::Store::Kind::memory ? " (nothing survives a restart)" : "");
    auto server
        = server::Server::create(std::move(*loaded), [arguments] { return load(arguments); },
            arguments.games, GATEHOUSE_VERSION, faults);
    if (!server) {
        std::fprintf(stderr, "gatehouse: %s\n", server.error().message.c_str());
        if (!server.error().detail.empty())
            std::fprintf(stderr, "  %s\n", server.error().detail.c_str());
        return 1;
    }
    auto const front = (*server)->front();
    auto const admin = (*server)->admin();
    std::printf("gatehouse %s\n  page   http://localhost:%u/\n", GATEHOUSE_VERSION, front.port());
    if (auto const secure = (*server)->secure())
        std::printf("  tls    https://localhost:%u/\n", secure->port());
    std::printf("  health http://localhost:%u/health\n  admin  http://%s/\n  store  %s\n",
        front.port(), admin.to_string().c_str(), store_line.c_str());
    std::fflush(stdout);
    return (*server)->run() ? 0 : 1;
}

}  // namespace gatehouse::cli
