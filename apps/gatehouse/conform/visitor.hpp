// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "conform/stage.hpp"
#include "runtime/descriptor.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace gatehouse::conform {

// A listener for one client at a time. Whoever posts to /v1/sessions is a guest, all else but
// WebSockets is not found.
class Doorway {
public:
    // Of this machine alone; 0 is any port.
    [[nodiscard]] static Result<Doorway> open(std::uint16_t port);
    [[nodiscard]] std::uint16_t port() const { return port_; }

    // Empty: nobody came until then.
    [[nodiscard]] std::unique_ptr<Line> accept(Clock::time_point until);

private:
    Doorway(runtime::Descriptor listener, std::uint16_t port)
        : listener_(std::move(listener))
        , port_(port)
    { }
    [[nodiscard]] std::unique_ptr<Line> receive(runtime::Descriptor descriptor);

    runtime::Descriptor listener_;
    std::uint16_t port_;
};

// The client that is looked at: it logs in with anything, joins the room with the code CONFORM, and
// takes one action after the other there, whatever their answers. A case begins where it is in the
// room, and ends there.
class Visitor {
public:
    explicit Visitor(Doorway& doorway)
        : doorway_(doorway)
    { }

    // It is in the room: comes, says hello and joins, where it has not.
    [[nodiscard]] Seen<void> settle();
    // The next connection, its hello and the welcome. Gives the hello.
    [[nodiscard]] Seen<json::Tree> let_in(Clock::duration within = 15s);
    // Its join; the answer has to be given.
    [[nodiscard]] Seen<json::Tree> expect_join();
    // `at`, if it has it, must be where the room was left.
    [[nodiscard]] Seen<void> answer_join(json::Tree const& join);
    // What it wants to do next. The room has not changed yet.
    [[nodiscard]] Seen<json::Tree> next_act();
    // The update that an action leads to, and its ack: messages.
    [[nodiscard]] std::string update_for(json::Tree const& act, std::string_view more = {});
    [[nodiscard]] std::string ack_for(json::Tree const& act) const;
    void apply(json::Tree const& act);

    // As a cable that is pulled, and with a close frame.
    void cut() { peer_.reset(); }
    void close(int code);

    [[nodiscard]] Client& peer() { return *peer_; }
    [[nodiscard]] std::int64_t version() const { return version_; }
    void skip_versions(std::int64_t count) { version_ += count; }
    [[nodiscard]] std::string view() const;
    // Nobody came when somebody had to.
    [[nodiscard]] bool is_gone() const { return is_gone_; }

private:
    Doorway& doorway_;
    Ledger ledger_{};
    std::unique_ptr<Client> peer_{};
    bool is_gone_ = false;
    bool has_come_ = false;
    std::int64_t welcomes_ = 0;
    std::int64_t epoch_ = 1;
    std::int64_t version_ = 10;
    std::int64_t last_ = 0;
};

using ClientCase = CaseOn<Visitor>;
[[nodiscard]] std::span<ClientCase const> client_cases();

} // namespace gatehouse::conform
