// SPDX-License-Identifier: Apache-2.0
// What operators ask about persons: where somebody was, and that they be forgotten.
#include "node/node.hpp"

#include "base/bytes.hpp"
#include "events/subject.hpp"

namespace gatehouse::node {
namespace {

constexpr std::size_t memberships_per_page = 1000;
constexpr int rounds_max = 8; // Of those who come again while they are erased.

std::string text_of(json::Node const& body, std::string_view name)
{
    auto const member = body.find(name);
    return std::string(member ? member->text().value_or("") : std::string_view());
}

std::string write(std::vector<events::Membership> const& memberships)
{
    std::string text;
    json::Writer out(text);
    out.object().key("memberships").array();
    for (auto const& each : memberships) {
        out.object().key("room").value(each.stream).key("actor").value(each.member.actor);
        out.key("key").value(to_hex(each.member.key)).end_object();
    }
    out.end_array().key("last").value(memberships.size() < memberships_per_page).end_object();
    return text;
}

} // namespace

// Whom it is about stands in the body: paths are logged. Nor does the audit log name them, for it
// is kept when they are forgotten: who knows the id finds the entry by its digest.
Result<Node::Order> Node::read_subject_order(std::string_view what, json::Node body)
{
    auto subject = text_of(body, "id");
    if (!events::is_subject(subject))
        return fail(ErrorCode::bad_request, "expected {\"id\":\"the principal's id\"}");
    auto const about = audit::digest_of(subject);
    if (what == "export")
        return Order{{.what = "subject export", .about = about},
            [this, subject, after = text_of(body, "after")](OnAnswer answer) {
                ports_.store.memberships(subject, after, memberships_per_page,
                    [answer = std::move(answer)](
                        Result<std::vector<events::Membership>> const& found) mutable {
                        if (!found)
                            return answer(std::unexpected(found.error()));
                        answer(Answer{write(*found)});
                    });
            }};
    if (what == "erase")
        return Order{{.what = "subject erase", .about = about},
            [this, subject](OnAnswer answer) {
                auto erasure = std::make_shared<Erasure>(subject, std::move(answer));
                // Whatever comes of it: they are asked again when the keys are gone.
                drop_rows(subject, [this, erasure = std::move(erasure)](Result<void> const&) {
                    erase(erasure);
                });
            }};
    return fail(ErrorCode::not_found, "no such order");
}

// The keys go first, then all rooms are told. What was on its way to the store meanwhile may have
// brought a key again, so the store is asked once more.
void Node::erase(std::shared_ptr<Erasure> erasure)
{
    ports_.store.forget(erasure->subject, [this, erasure](Result<std::uint64_t> gone) {
        if (!gone && !erasure->is_told)
            return tell_all(erasure); // Even then; and it may go better next time.
        if (!gone)
            return erasure->answer(std::unexpected(Error{gone.error().code,
                "not all of it could be erased, ask again: " + gone.error().message,
                gone.error().detail}));
        erasure->keys += *gone;
        if (*gone > 0) { // There may be more, and the rooms may know who came meanwhile.
            if (erasure->is_told && ++erasure->rounds == rounds_max)
                return erasure->answer(
                    fail(ErrorCode::busy, "they come again and again; ask again"));
            erasure->is_told = false;
            return erase(erasure);
        }
        if (!erasure->is_told)
            return tell_all(erasure);
        drop_rows(erasure->subject, [erasure](Result<void> const& dropped) {
            if (!dropped)
                return erasure->answer(std::unexpected(Error{dropped.error().code,
                    "nobody can read their name any more, but leaderboards may show it, ask again: "
                        + dropped.error().message,
                    dropped.error().detail}));
            std::string text;
            json::Writer out(text);
            out.object().key("memberships").value(erasure->keys).end_object();
            erasure->answer(Answer{std::move(text)});
        });
    });
}

// What a page of the log brings after that is of nobody, for it asks for their keys.
void Node::drop_rows(std::string const& subject, projections::Boards::OnDone done)
{
    if (!ports_.boards)
        return done({});
    ports_.boards->forget(subject, std::move(done));
}

void Node::tell_all(std::shared_ptr<Erasure> erasure)
{
    erasure->is_told = true;
    erasure->shards_awaited = options_.shards;
    for (ShardIndex shard = 0; shard < options_.shards; shard++)
        ports_.neighbours.post(
            shard, [erasure, subject = erasure->subject, home = options_.shard](Node& there) {
                there.hall_.forget(subject);
                there.wind_hall();
                there.rooms_.forget(subject, [&there, erasure, home] {
                    there.ports_.neighbours.post(home, [erasure](Node& back) {
                        if (--erasure->shards_awaited == 0)
                            back.erase(erasure);
                    });
                });
            });
}

} // namespace gatehouse::node
