// SPDX-License-Identifier: Apache-2.0
#include "server/mapping.hpp"
#include "server/server.hpp"

#include <algorithm>
#include <iterator>

// Where the server hears: of connections, and of files that change.
namespace gatehouse::server {

Result<void> Server::listen()
{
    auto const& listen = loaded_.settings.listen;
    GH_CHECK(certificates_.begin(loaded_));
    front_ = GH_TRY(net::Address::parse(to_text(listen.http)));
    if (listen.https)
        secure_ = GH_TRY(net::Address::parse(to_text(listen.https->address)));
    admin_ = GH_TRY(net::Address::parse(to_text(listen.admin)));
    for (auto& shard : shards_) {
        bool const is_first = shard == shards_.front();
        auto const use = is_first ? net::PortUse::claim : net::PortUse::share;
        front_ = GH_TRY(shard->listen(front_, Shard::front, use)).address;
        if (secure_)
            secure_ = GH_TRY(shard->listen_securely(*secure_, use, *listen.https)).address;
        admin_ = GH_TRY(shard->listen(admin_, Shard::admin, use)).address;
    }
    return {};
}

void Server::watch_files()
{
    auto files = loaded_.files;
    std::ranges::move(Certificates::files(loaded_.settings), std::back_inserter(files));
    if (auto const watched = files_.watch(files); !watched)
        note(observe::Level::warning, "cannot watch the configuration; SIGHUP reloads it",
            watched.error().message);
}

} // namespace gatehouse::server
