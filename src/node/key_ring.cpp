// SPDX-License-Identifier: Apache-2.0
#include "node/key_ring.hpp"

#include "base/cbor.hpp"
#include "base/fields.hpp"
#include "events/audit.hpp"
#include "events/chain.hpp"

#include <memory>
#include <utility>

namespace gatehouse::node {

using identity::ApiKey;

namespace {

constexpr std::string_view made = "api_key.made";
constexpr std::string_view revoked = "api_key.revoked";

std::unexpected<Error> damaged(std::string detail)
{
    return fail(ErrorCode::internal,
        "the API keys cannot be read: `gatehouse events verify` says what is damaged",
        std::move(detail));
}

Result<ApiKey> decode(events::Event const& event)
{
    if (event.schema != 1 || (event.type != made && event.type != revoked))
        return fail(ErrorCode::unavailable, "an API key was written by a newer gatehouse",
            event.type + ", schema " + std::to_string(event.schema));
    ApiKey key;
    cbor::Reader in(event.data);
    read_cbor(in, key);
    if (in.is_broken() || !in.is_at_end())
        return damaged("version " + std::to_string(event.version));
    return key;
}

} // namespace

void KeyRing::read(OnRead done)
{
    readers_.push_back(std::move(done));
    go_on();
}

void KeyRing::add(ApiKey key, WallTime now, OnKept done)
{
    submit({std::move(key), {}, now, std::move(done)});
}

void KeyRing::revoke(std::string id, WallTime now, OnKept done)
{
    submit({std::nullopt, std::move(id), now, std::move(done)});
}

void KeyRing::submit(Write write)
{
    if (writes_.size() >= waiting_max)
        return write.done(fail(ErrorCode::busy, "too many changes of API keys wait; try again"));
    writes_.push_back(std::move(write));
    go_on();
}

void KeyRing::go_on()
{
    while (!is_asking_ && (!readers_.empty() || !writes_.empty())) {
        if (!is_known_) {
            keys_.clear();
            version_ = 0;
            link_ = events::chain_start(events::keys_stream);
            is_asking_ = true;
            return read_page();
        }
        for (auto& each : std::exchange(readers_, {}))
            each(&keys_);
        if (writes_.empty())
            return;
        auto write = std::move(writes_.front());
        writes_.pop_front();
        begin(std::move(write));
    }
}

void KeyRing::read_page()
{
    store_.read(std::string(events::keys_stream), version_, page,
        [this](Result<std::vector<events::Event>> const& events) {
            if (!events)
                return finish_reading(std::unexpected(events.error()));
            for (auto const& event : *events)
                if (auto const taken = take(event); !taken)
                    return finish_reading(taken);
            events->empty() ? finish_reading({}) : read_page();
        });
}

Result<void> KeyRing::take(events::Event const& event)
{
    auto key = GH_TRY(decode(event));
    if (event.version != version_ + 1 || events::chain_link(link_, event) != event.link)
        return damaged("the chain breaks at version " + std::to_string(event.version));
    version_ = event.version;
    link_ = event.link;
    auto id = key.id;
    keys_.insert_or_assign(std::move(id), std::move(key));
    return {};
}

void KeyRing::finish_reading(Result<void> const& how)
{
    is_asking_ = false;
    is_known_ = how.has_value();
    if (!how) {
        for (auto& each : std::exchange(readers_, {}))
            each(std::unexpected(how.error()));
        for (auto& each : std::exchange(writes_, {}))
            each.done(std::unexpected(how.error()));
    }
    go_on();
}

void KeyRing::begin(Write write)
{
    if (write.key) {
        if (keys_.size() >= keys_max)
            return write.done(fail(ErrorCode::unavailable,
                "there were " + std::to_string(keys_max) + " API keys: no more can be made"));
        auto key = *write.key;
        return append(std::move(key), made, std::move(write));
    }
    auto const found = keys_.find(write.id);
    if (found == keys_.end())
        return write.done(fail(ErrorCode::not_found, "there is no API key " + write.id));
    auto key = found->second;
    if (key.revoked_ms)
        return write.done(std::move(key));
    key.revoked_ms = write.now.ms;
    append(std::move(key), revoked, std::move(write));
}

void KeyRing::append(ApiKey key, std::string_view type, Write write)
{
    events::Event event{
        .version = version_ + 1, .type = std::string(type), .at = write.now, .data = {}};
    cbor::Writer out(event.data);
    write_cbor(out, key);
    event.link = events::chain_link(link_, event);
    is_asking_ = true;
    auto const link = event.link;
    std::vector<events::StreamAppend> batch;
    batch.push_back({.stream = std::string(events::keys_stream),
        .category = std::string(events::keys_category),
        .expected = version_,
        .events = {std::move(event)}});
    store_.append(std::move(batch),
        [this, link, key = std::move(key), done = std::move(write.done)](
            std::vector<Result<events::Appended>> const& results) mutable {
            is_asking_ = false;
            is_known_ = results.front().has_value();
            if (is_known_) {
                version_++;
                link_ = link;
                keys_.insert_or_assign(key.id, key);
                done(std::move(key));
            } else {
                done(std::unexpected(results.front().error()));
            }
            go_on();
        });
}

} // namespace gatehouse::node
