// SPDX-License-Identifier: Apache-2.0
#include "events/append_check.hpp"

#include "events/subject.hpp"

#include <string>

namespace gatehouse::events {

namespace {

Result<void> check_size(
    char const* what, std::size_t size, std::size_t size_min, std::size_t size_max)
{
    if (size >= size_min && size <= size_max)
        return {};
    return fail(ErrorCode::bad_request,
        std::string(what) + " has " + std::to_string(size) + " bytes; from "
            + std::to_string(size_min) + " to " + std::to_string(size_max) + " fit.");
}

} // namespace

Result<void> check(StreamAppend const& append)
{
    GH_CHECK(check_size("The stream's name", append.stream.size(), 1, stream_size_max));
    GH_CHECK(check_size("The category", append.category.size(), 1, word_size_max));
    if (append.events.empty())
        return fail(ErrorCode::bad_request, "An append without events says nothing.");

    Version version = append.expected;
    for (auto const& event : append.events) {
        if (event.version != ++version)
            return fail(ErrorCode::bad_request, "The versions of the events do not count on.");
        GH_CHECK(check(event));
    }
    for (auto const& member : append.keys) {
        if (!is_subject(member.subject))
            return fail(ErrorCode::bad_request,
                "The person's id is no text of 1 to " + std::to_string(subject_size_max)
                    + " bytes: UTF-8 without the character 0, which no database takes.");
        GH_CHECK(check_size("The key", member.key.size(), key_size, key_size));
        if (member.actor == 0)
            return fail(ErrorCode::bad_request, "Actor 0 is nobody: it has no key.");
    }
    return {};
}

Result<void> check(StreamSnapshot const& snapshot)
{
    GH_CHECK(check_size("The stream's name", snapshot.stream.size(), 1, stream_size_max));
    GH_CHECK(check_size("The state", snapshot.snapshot.state.size(), 1, snapshot_size_max));
    return check_size("The hash", snapshot.snapshot.hash.size(), 32, 32);
}

Result<void> check(Event const& event)
{
    GH_CHECK(check_size("The event's type", event.type.size(), 1, word_size_max));
    return check_size("The event's data", event.data.size(), 0, data_size_max);
}

} // namespace gatehouse::events
