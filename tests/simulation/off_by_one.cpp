// SPDX-License-Identifier: Apache-2.0
#include "off_by_one.hpp"

#include "base/cbor.hpp"
#include "base/digest.hpp"
#include "rooms/state.hpp"

#include <string>
#include <string_view>

namespace gatehouse::simulation {

namespace {

void replace_first(std::string& in, std::string_view what, std::string_view by)
{
    if (auto const at = in.find(what); at != std::string::npos)
        in.replace(at, what.size(), by);
}

std::string version_as_written(events::Version version)
{
    std::string bytes;
    cbor::Writer(bytes).text("version").integer(version);
    return bytes;
}

std::string_view bytes_of(events::Link const& link)
{
    return {reinterpret_cast<char const*>(link.data()), link.size()};
}

}  // namespace

void set_off_by_one(
    events::StreamSnapshot& snapshot, storage::Log& log, rooms::Catalogue const& games)
{
    auto& [version, link, state, hash] = snapshot.snapshot;
    rooms::RoomState before(snapshot.stream);
    auto const events = log.read(snapshot.stream, 0, version - 1);
    if (version < 2 || !events)
        return;
    for (auto const& event : *events)
        if (!before.evolve(event, games))
            return;
    auto const written = before.snapshot();
    state = written.state;
    replace_first(state, bytes_of(written.link), bytes_of(link));
    replace_first(state, version_as_written(version - 1), version_as_written(version));
    hash = sha256(state);
}

}  // namespace gatehouse::simulation
