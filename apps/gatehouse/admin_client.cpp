// SPDX-License-Identifier: Apache-2.0
#include "admin_client.hpp"

#include "audit.hpp"

#include "http/parser.hpp"
#include "http/status.hpp"
#include "http/writer.hpp"
#include "server/mapping.hpp"

#include <array>
#include <sys/socket.h>
#include <sys/time.h>

namespace gatehouse::cli {
namespace {

Result<std::string> receive(int socket, http::ResponseParser& parser)
{
    std::string body;
    std::array<char, 65536> buffer;
    while (true) {
        auto const size = ::recv(socket, buffer.data(), buffer.size(), 0);
        if (size < 0)
            return fail(ErrorCode::unavailable, "the server says nothing");
        std::string_view input(buffer.data(), static_cast<std::size_t>(size));
        auto step = size > 0 ? parser.next(input) : parser.finish();
        for (; step != http::Step::need_more; step = parser.next(input)) {
            if (step == http::Step::body)
                body += parser.body();
            else if (step == http::Step::end)
                return body;
            else if (step == http::Step::error)
                return fail(ErrorCode::unavailable, std::string(parser.error().why));
        }
    }
}

bool send_all(int socket, std::string_view bytes)
{
    while (!bytes.empty()) {
        auto const sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

} // namespace

Result<std::string> AdminClient::store_name()
{
    auto const socket = connect();
    if (!socket)
        return {};
    auto const body = ask(socket.get(), "GET", "/admin/store", {});
    auto const root = body ? parser_.parse(*body) : std::unexpected(body.error());
    auto const name = root ? root->find("store") : std::nullopt;
    if (!name || !name->text())
        return fail(ErrorCode::unavailable,
            "what answers at " + admin_.to_string() + " is no gatehouse"
                + (root ? "" : " (" + root.error().message + ")"));
    return std::string(*name->text());
}

Result<std::string> AdminClient::get(std::string const& target)
{
    return call("GET", target, {});
}

Result<std::string> AdminClient::post(std::string const& target, std::string_view json)
{
    return call("POST", target, json);
}

Result<std::string> AdminClient::remove(std::string const& target)
{
    return call("DELETE", target, {});
}

// Empty where nobody listens.
runtime::Descriptor AdminClient::connect() const
{
    constexpr timeval patience{.tv_sec = 10, .tv_usec = 0};
    runtime::Descriptor socket(::socket(admin_.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(socket.get(), admin_.raw(), admin_.raw_bytes()) != 0)
        socket.reset();
    return socket;
}

Result<std::string> AdminClient::call(
    std::string_view method, std::string const& target, std::string_view body)
{
    auto const socket = connect();
    if (!socket)
        return fail(ErrorCode::unavailable,
            "the server at " + admin_.to_string() + " does not answer any more");
    return ask(socket.get(), method, target, body);
}

Result<std::string> AdminClient::ask(
    int socket, std::string_view method, std::string const& target, std::string_view body)
{
    std::string request;
    http::HeadWriter head(request);
    head.request(method, target).field("Host", admin_.to_string());
    if (method != "GET")
        head.field("Gatehouse-Operator", operator_name());
    if (method == "POST")
        head.field("Content-Type", "application/json")
            .field("Content-Length", std::to_string(body.size()));
    head.close().end();
    request += body;
    if (!send_all(socket, request))
        return fail(ErrorCode::unavailable, "the server hung up");
    http::ResponseParser answer;
    answer.begin(method);
    auto text = GH_TRY(receive(socket, answer));
    auto const status = answer.head().status;
    if (status == 200)
        return text;
    auto const problem = parser_.parse(text);
    auto const detail = problem ? problem->find("detail") : std::nullopt;
    return fail(http::code_of(status),
        std::string(method) + " " + target + ": " + std::to_string(status) + " "
            + std::string(
                detail && detail->text() ? *detail->text() : http::reason_of(status)));
}

Result<AdminClient> running_server(config::Settings const& settings)
{
    auto const at = server::to_text(settings.listen.admin);
    auto const wanted = server::store_name(settings.store);
    AdminClient client(GH_TRY(net::Address::parse(at)));
    auto const held = GH_TRY(client.store_name());
    if (held == wanted)
        return client;
    return fail(ErrorCode::unavailable,
        held.empty() ? "no server answers at " + at + ", and only a running one can do this"
                     : "the server at " + at + " holds another store, " + held,
        "name its admin listener: --set listen.admin=HOST:PORT");
}

int with_server(ConfigArguments const& arguments,
    std::function<Result<void>(AdminClient& server)> const& work)
{
    auto const loaded = load(arguments);
    if (!loaded)
        return complain({ErrorCode::bad_request, loaded.error()});
    auto server = running_server(loaded->settings);
    auto const done = server ? work(*server) : std::unexpected(server.error());
    return done ? 0 : complain(done.error());
}

} // namespace gatehouse::cli
