// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "commands.hpp"

#include "base/json.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "net/address.hpp"
#include "runtime/descriptor.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace gatehouse::cli {

// Asks a running server through its admin listener: one connection per question, in plain blocking
// calls, for a command line has nothing else to do. Whoever says nothing for 10 s is given up.
class AdminClient {
public:
    explicit AdminClient(net::Address admin)
        : admin_(admin)
    { }

    // The name of the store that it holds. Empty where nobody listens; fails where somebody does
    // who is no such server.
    [[nodiscard]] Result<std::string> store_name();

    // The body of the answer, which must be 200.
    [[nodiscard]] Result<std::string> get(std::string const& target);
    [[nodiscard]] Result<std::string> post(std::string const& target, std::string_view json);
    [[nodiscard]] Result<std::string> remove(std::string const& target);

    [[nodiscard]] net::Address const& address() const { return admin_; }

private:
    [[nodiscard]] runtime::Descriptor connect() const;
    Result<std::string> call(
        std::string_view method, std::string const& target, std::string_view body);
    Result<std::string> ask(int socket, std::string_view method, std::string const& target,
        std::string_view body);

    net::Address admin_;
    json::Parser parser_;
};

// The server that the configuration names. Fails where none runs, or another store's.
[[nodiscard]] Result<AdminClient> running_server(config::Settings const& settings);

// What is done by the running server alone. Says what went wrong; the exit code of the process.
int with_server(ConfigArguments const& arguments,
    std::function<Result<void>(AdminClient& server)> const& work);

} // namespace gatehouse::cli
