// SPDX-License-Identifier: Apache-2.0
#include "conform/visitor.hpp"

#include "http/parser.hpp"
#include "http/writer.hpp"
#include "websocket/handshake.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace gatehouse::conform {
namespace {

constexpr std::array<std::string_view, 2> protocols{"gatehouse.v1.json", "gatehouse.v1.cbor"};
constexpr std::string_view room = "conform.00000001";

std::string answer_to(http::RequestHead const& head)
{
    std::string out;
    bool const is_login = head.method == "POST" && head.path == "/v1/sessions";
    http::Response const response{.status = is_login ? 201 : 404,
        .body = is_login ? R"({"token":"a.guest.token","principal":"g_1",)"
                           R"("expires_at":"2099-01-01T00:00:00.000Z"})"
                         : R"({"code":"not_found","detail":"nothing is here"})"};
    http::append_response(out, response, {.closes = true});
    return out;
}

} // namespace

// ---- Doorway

Result<Doorway> Doorway::open(std::uint16_t port)
{
    runtime::Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    int const yes = 1;
    ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in at{.sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
        .sin_zero = {}};
    socklen_t size = sizeof at;
    auto* const raw = reinterpret_cast<sockaddr*>(&at);
    if (::bind(listener.get(), raw, size) != 0 || ::listen(listener.get(), 16) != 0
        || ::getsockname(listener.get(), raw, &size) != 0)
        return fail(
            ErrorCode::unavailable, fmt::format("127.0.0.1:{}: {}", port, std::strerror(errno)));
    return Doorway(std::move(listener), ntohs(at.sin_port));
}

std::unique_ptr<Line> Doorway::accept(Clock::time_point until)
{
    while (true) {
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        pollfd asked{.fd = listener_.get(), .events = POLLIN, .revents = 0};
        if (::poll(&asked, 1, static_cast<int>(std::max(left, 0ms).count())) <= 0)
            return nullptr;
        runtime::Descriptor came(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (auto line = receive(std::move(came)))
            return line;
    }
}

// Its request: empty where that is answered without a WebSocket.
std::unique_ptr<Line> Doorway::receive(runtime::Descriptor descriptor)
{
    Socket socket(std::move(descriptor));
    http::RequestParser parser;
    for (auto const until = Clock::now() + patience; !socket.is_over();) {
        auto const bytes = socket.receive(until);
        if (bytes.empty())
            return nullptr;
        std::string_view input = bytes;
        for (http::Step step; (step = parser.next(input)) != http::Step::need_more;) {
            if (step == http::Step::error)
                return nullptr;
            if (step != http::Step::end)
                continue;
            auto const upgrade = websocket::check_request(parser.head(), protocols);
            if (!upgrade || upgrade->protocol.empty()) {
                static_cast<void>(socket.send(answer_to(parser.head())));
                return nullptr;
            }
            auto agreed = *upgrade;
            agreed.deflate.reset();
            static_cast<void>(socket.send(websocket::render_response(agreed)));
            auto const way = agreed.protocol == protocols[0] ? Way::json : Way::cbor;
            return serve_socket(std::move(socket), way, std::string(input));
        }
    }
    return nullptr;
}

// ---- Visitor

Seen<void> Visitor::settle()
{
    if (peer_)
        return {};
    GH_CHECK(let_in(has_come_ ? 15s : 120s));
    auto const join = GH_TRY(expect_join());
    return answer_join(join);
}

Seen<json::Tree> Visitor::let_in(Clock::duration within)
{
    auto line = doorway_.accept(Clock::now() + within);
    is_gone_ = line == nullptr;
    if (!line)
        return failed("the client to connect", "nobody came");
    has_come_ = true;
    peer_ = std::make_unique<Client>(std::move(line), ledger_);
    peer_->answer_beats(false);
    peer_->answer_pings(true);
    auto hello = GH_TRY(peer_->expect("hello", [](json::Tree const&) { return true; }));
    if (text_in(hello, "t") != "hello" || number_in(hello, "v") != 1
        || text_in(hello, "auth").empty())
        return failed("hello with v 1 and auth as the first message", shown(hello));
    auto const* const resume = hello.find("resume");
    auto const tok = fmt::format("tok{}", welcomes_);
    if (resume && text_in(*resume, "tok") != tok)
        return failed("the tok of the newest welcome, " + tok, shown(hello));
    welcomes_++;
    peer_->say(fmt::format(
        R"({{"t":"welcome","sid":"sid{}","tok":"tok{}","ttl":120,"hb":2000,"dead":4500,)"
        R"("now":{},"principal":"g_1","max":{{"bytes":65536,"rate":50,"inflight":16}},)"
        R"("resumed":{}}})",
        welcomes_, welcomes_,
        std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::system_clock::now().time_since_epoch())
            .count(),
        resume != nullptr));
    return hello;
}

Seen<json::Tree> Visitor::expect_join()
{
    return peer_->expect("join");
}

Seen<void> Visitor::answer_join(json::Tree const& join)
{
    auto const id = number_in(join, "id");
    auto const* const at = join.find("at");
    if (id < 0 || (!join.find("room") && !join.find("code") && !join.find("find")))
        return failed("join with an id, and one of room, code and find", shown(join));
    bool const is_there = at && number_in(*at, "e") == epoch_ && number_in(*at, "s") == version_;
    peer_->say(
        fmt::format(R"({{"t":"joined","id":{},"room":"{}","game":"conform","e":{},"s":{},"seat":0,)"
                    R"("how":"{}"{},"last":{},"durability":"durable"}})",
            id, room, epoch_, version_, is_there ? "live" : "snap",
            is_there ? "" : R"(,"view":)" + view(), last_));
    return {};
}

Seen<json::Tree> Visitor::next_act()
{
    auto act = GH_TRY(peer_->expect("act"));
    if (number_in(act, "id") < 1 || text_in(act, "room") != room || text_in(act, "a").empty())
        return failed("act with an id from 1, the room and a", shown(act));
    return act;
}

std::string Visitor::update_for(json::Tree const& act, std::string_view more)
{
    auto const before = version_++;
    last_ = number_in(act, "id");
    return fmt::format(R"({{"t":"upd","room":"{}","p":{},"s":{},"d":{{"game":{{"n":{}}}}},)"
                       R"("me":{}{}}})",
        room, before, version_, version_, last_, more);
}

std::string Visitor::ack_for(json::Tree const& act) const
{
    return fmt::format(
        R"({{"t":"ack","id":{},"room":"{}","s":{}}})", number_in(act, "id"), room, version_);
}

void Visitor::apply(json::Tree const& act)
{
    peer_->say(update_for(act));
    peer_->say(ack_for(act));
}

void Visitor::close(int code)
{
    peer_->line().close(code);
    static_cast<void>(peer_->expect_end(0));
    peer_.reset();
}

std::string Visitor::view() const
{
    return fmt::format(R"({{"room":{{"code":"CONFORM","game":"conform","status":"open",)"
                       R"("seats":[{{"by":"player"}}],"commit":"00"}},"game":{{"n":{}}}}})",
        version_);
}

} // namespace gatehouse::conform
