// SPDX-License-Identifier: Apache-2.0
#include "http_load.hpp"

#include "http/parser.hpp"
#include "http/writer.hpp"

#include <fmt/format.h>

namespace gatehouse::load {
namespace {

using namespace std::chrono_literals;

constexpr Duration answer_within = 10s;
constexpr Duration dial_again_after = 100ms;

}  // namespace

class HttpLoad::Line : Dialler::Endpoint {
public:
    explicit Line(HttpLoad& load)
        : load_(load)
        , alarm_([this] { on_alarm(); })
    {
    }

    ~Line() { hang_up(); }

    void dial()
    {
        id_ = load_.dialler_.dial(load_.options_.target.address, *this);
        asked_at_ = now();
        if (id_)
            arm(answer_within);
        else
            fail_with("no descriptors left (ulimit -n)");
    }

    void hang_up()
    {
        if (id_)
            load_.dialler_.let_go(std::exchange(id_, {}));
        load_.dialler_.reactor().timers().cancel(alarm_);
    }

private:
    [[nodiscard]] TimePoint now() const { return load_.dialler_.reactor().now().steady; }

    void arm(Duration after)
    {
        load_.dialler_.reactor().timers().arm(alarm_, now() + after);
    }

    void on_alarm()
    {
        if (!id_)
            dial();
        else if (now() - asked_at_ >= answer_within)
            fail_with("no answer within 10 s");
        else
            arm(asked_at_ + answer_within - now()); // It was set for a request before this one.
    }

    void ask()
    {
        asked_at_ = now();
        parser_.begin(load_.options_.method);
        load_.dialler_.send(id_, load_.request_);
    }

    void connected() override
    {
        parser_ = http::ResponseParser();
        ask();
    }

    void received(std::span<char> bytes) override
    {
        load_.stats_.bytes += bytes.size();
        std::string_view input(bytes.data(), bytes.size());
        while (true)
            switch (parser_.next(input)) {
            case http::Step::need_more: return;
            case http::Step::end:
                if (finish(); !id_)
                    return;
                break;
            case http::Step::error: return fail_with("an answer that is no HTTP");
            default: break;
            }
    }

    void closed(net::CloseReason reason) override
    {
        id_ = {};
        if (parser_.finish() == http::Step::end) {
            count();
            dial();
        } else {
            fail_with(fmt::format("connection {}", name_of(reason)));
        }
    }

    void count()
    {
        auto const status = parser_.head().status;
        load_.stats_.http_answers++;
        load_.stats_.latency.record(now() - asked_at_);
        if (status != status_counted_) {
            status_counted_ = status;
            status_text_ = std::to_string(status);
        }
        load_.stats_.refusal(status_text_);
    }

    void finish()
    {
        count();
        if (parser_.head().keeps_alive && load_.options_.keep_alive)
            return ask();
        hang_up();
        dial();
    }

    void fail_with(std::string_view why)
    {
        load_.stats_.error(why);
        hang_up();
        arm(dial_again_after);
    }

    HttpLoad& load_;
    Timer alarm_;
    ConnectionId id_{};
    TimePoint asked_at_{};
    http::ResponseParser parser_{};
    int status_counted_ = 0;
    std::string status_text_{};
};

HttpLoad::HttpLoad(runtime::Reactor& reactor, HttpLoadOptions options)
    : options_(std::move(options))
    , dialler_(reactor, 2 * static_cast<std::size_t>(options_.connections) + 16)
{
    http::HeadWriter head(request_);
    head.request(options_.method, options_.target.path).field("Host", options_.target.host);
    if (!options_.token.empty())
        head.field("Authorization", "Bearer " + options_.token);
    if (!options_.keep_alive)
        head.close();
    if (options_.body_bytes > 0)
        head.field("Content-Type", "application/octet-stream")
            .framing(http::Framing::length, options_.body_bytes);
    head.end();
    request_.append(options_.body_bytes, 'x');
}

HttpLoad::~HttpLoad() = default;

void HttpLoad::begin(std::move_only_function<void(Result<void>)> on_done)
{
    on_done_ = std::move(on_done);
    for (int i = 0; i < options_.connections; i++)
        lines_.push_back(std::make_unique<Line>(*this));
    for (auto const& line : lines_)
        line->dial();
}

void HttpLoad::stop()
{
    for (auto const& line : lines_)
        line->hang_up();
    if (auto done = std::exchange(on_done_, nullptr))
        done({});
}

}  // namespace gatehouse::load
