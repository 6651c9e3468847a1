// SPDX-License-Identifier: Apache-2.0
#include "http_calls.hpp"

#include "http/writer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gatehouse::load {
namespace {

constexpr Duration answer_within = std::chrono::seconds(10);
constexpr std::size_t body_bytes_max = std::size_t{64} << 20;

}  // namespace

// One connection and the call that it is busy with.
class HttpCalls::Line : Dialler::Endpoint {
public:
    explicit Line(HttpCalls& calls)
        : calls_(calls)
        , late_([this] { fail_with("no answer within 10 s"); })
    {
    }

    ~Line()
    {
        if (id_)
            calls_.dialler_.let_go(id_);
    }

    [[nodiscard]] bool is_idle() const { return !call_; }

    void take(Call call)
    {
        call_ = std::move(call);
        body_.clear();
        auto& reactor = calls_.dialler_.reactor();
        reactor.timers().arm(late_, reactor.now().steady + answer_within);
        if (id_ && is_connected_)
            return begin();
        if (!(id_ = calls_.dialler_.dial(calls_.target_.address, *this)))
            fail_with("this process may open no more connections");
    }

private:
    void begin()
    {
        parser_.begin(call_->method);
        calls_.dialler_.send(id_, call_->bytes);
    }

    void connected() override
    {
        is_connected_ = true;
        if (call_)
            begin();
    }

    void received(std::span<char> bytes) override
    {
        std::string_view input(bytes.data(), bytes.size());
        while (true)
            switch (parser_.next(input)) {
            case http::Step::need_more: return;
            case http::Step::head: break;
            case http::Step::body:
                body_ += parser_.body();
                if (body_.size() > body_bytes_max)
                    return fail_with("the answer is too long");
                break;
            case http::Step::end: return finish();
            case http::Step::error: return fail_with(parser_.error().why);
            }
    }

    void closed(net::CloseReason reason) override
    {
        id_ = {};
        is_connected_ = false;
        if (!call_)
            return;
        if (parser_.finish() == http::Step::end)
            return finish();
        fail_with(
            fmt::format("the connection to {} ended: {}", calls_.target_.host, name_of(reason)));
    }

    void hang_up()
    {
        if (id_)
            calls_.dialler_.let_go(std::exchange(id_, {}));
        is_connected_ = false;
        parser_ = http::ResponseParser();
    }

    void finish()
    {
        Answer answer{parser_.head().status, std::move(body_)};
        if (!parser_.head().keeps_alive)
            hang_up();
        settle(std::move(answer));
    }

    void fail_with(std::string_view why)
    {
        hang_up();
        settle(fail(ErrorCode::unavailable, std::string(why)));
    }

    void settle(Result<Answer> result)
    {
        calls_.dialler_.reactor().timers().cancel(late_);
        auto call = std::exchange(call_, std::nullopt);
        if (call)
            call->done(std::move(result));
        calls_.pump();
    }

    HttpCalls& calls_;
    Timer late_;
    ConnectionId id_{};
    bool is_connected_ = false;
    http::ResponseParser parser_{};
    std::optional<Call> call_{};
    std::string body_{};
};

HttpCalls::HttpCalls(Dialler& dialler, Target const& target, std::size_t connections_max)
    : dialler_(dialler)
    , target_(target)
{
    for (std::size_t i = 0; i < connections_max; i++)
        lines_.push_back(std::make_unique<Line>(*this));
}

HttpCalls::~HttpCalls() = default;

void HttpCalls::call(Request request, Done done)
{
    Call call{.bytes = {}, .method = request.method, .done = std::move(done)};
    http::HeadWriter head(call.bytes);
    head.request(request.method, request.target).field("Host", target_.host);
    if (!request.token.empty())
        head.field("Authorization", "Bearer " + request.token);
    if (!request.body.empty() || request.method == "POST")
        head.field("Content-Type", "application/json")
            .framing(http::Framing::length, request.body.size());
    head.end();
    call.bytes += request.body;
    waiting_.push_back(std::move(call));
    pump();
}

void HttpCalls::pump()
{
    while (!waiting_.empty()) {
        auto const idle = std::ranges::find_if(lines_, &Line::is_idle);
        if (idle == lines_.end())
            return;
        auto call = std::move(waiting_.front());
        waiting_.pop_front();
        (*idle)->take(std::move(call));
    }
}

}  // namespace gatehouse::load
