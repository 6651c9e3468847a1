// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/shared_limits.hpp"

#include "base/assert.hpp"

#include <array>
#include <utility>

namespace gatehouse::storage::redis {
namespace {

// As limits::Gcra, in microseconds; it remembers for just as long as anything is owed. Whoever owes
// more than a period, because the limit was another one, owes that. All are asked before any is
// paid, so it is all or nothing. KEYS: the accounts; ARGV: cost, then emission and burst of each.
// Answers {allowed, remaining, retry_after, reset_after, which}.
constexpr std::string_view library = R"(#!lua name=gatehouse_limits_1
local function owed(key, emission, burst, now)
  local paid_at = tonumber(redis.call('GET', key) or now)
  return math.min(math.max(paid_at - now, 0), emission * burst)
end
redis.register_function('gatehouse_gcra_1', function(keys, args)
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
  local cost = tonumber(args[1])
  local debts = {}
  for i = 1, #keys do
    local emission, burst = tonumber(args[2 * i]), tonumber(args[2 * i + 1])
    local before = owed(keys[i], emission, burst, now)
    local debt = before + emission * cost
    if debt > emission * burst then
      local left = math.floor((emission * burst - before) / emission)
      return {0, left, debt - emission * burst, before, i}
    end
    debts[i] = debt
  end
  local worst
  for i = 1, #keys do
    local emission, burst = tonumber(args[2 * i]), tonumber(args[2 * i + 1])
    redis.call('SET', keys[i], string.format('%.0f', now + debts[i]),
      'PX', math.max(math.ceil(debts[i] / 1000), 1))
    local left = math.floor((emission * burst - debts[i]) / emission)
    if not worst or left < worst[2] then worst = {1, left, 0, debts[i], i} end
  end
  return worst
end)
)";
constexpr std::string_view function = "gatehouse_gcra_1";
constexpr std::string_view unknown_function = "ERR Function not found";
constexpr std::size_t denials_max = 10'000;

using Micros = std::chrono::duration<std::int64_t, std::micro>;

// {allowed, remaining, retry_after, reset_after, which}
Result<limits::SharedVerdict> read_verdict(Reply const& reply, std::size_t questions)
{
    auto const is_said = reply.numbers && reply.numbers->size() == 5;
    auto const which = is_said ? (*reply.numbers)[4] : 0;
    if (which < 1 || std::cmp_greater(which, questions))
        return fail(ErrorCode::internal, "Redis said no verdict.");
    auto const& numbers = *reply.numbers;
    return limits::SharedVerdict{.verdict = {.allowed = numbers[0] == 1,
                                     .retry_after = Micros(numbers[2]),
                                     .remaining = static_cast<int>(numbers[1]),
                                     .reset_after = Micros(numbers[3])},
        .which = static_cast<std::size_t>(which - 1)};
}

} // namespace

SharedLimits::SharedLimits(
    ClientOptions options, runtime::Reactor& reactor, Dice& dice, Client::Resolve resolve)
    : reactor_(reactor)
    , client_(std::move(options), reactor, dice, std::move(resolve))
    , denials_(denials_max)
{ }

void SharedLimits::ask(std::span<limits::Question const> questions, int cost, OnVerdict done)
{
    GH_ASSERT(!questions.empty());
    auto const now = reactor_.now().steady;
    for (std::size_t i = 0; i < questions.size(); i++)
        if (auto const denial = denials_.find(questions[i].key, questions[i].limit, cost, now))
            return done(limits::SharedVerdict{*denial, i});

    std::vector<std::string> words{
        "FCALL", std::string(function), std::to_string(questions.size())};
    for (auto const& each : questions)
        words.push_back("gatehouse:limit:" + each.key);
    words.push_back(std::to_string(cost));
    for (auto const& [key, limit] : questions) {
        // Rounded up: rather a little too slow than faster than was said.
        words.push_back(std::to_string(std::chrono::ceil<Micros>(limit.price()).count()));
        words.push_back(std::to_string(limit.burst));
    }
    call(std::make_shared<Call>(
             Call{std::move(words), {questions.begin(), questions.end()}, cost, std::move(done)}),
        Try::first);
}

void SharedLimits::call(std::shared_ptr<Call> const& call, Try attempt)
{
    std::vector<std::string_view> const words(call->words.begin(), call->words.end());
    client_.ask(
        words, [this, call, attempt](Result<Reply> const& reply) { hear(call, attempt, reply); });
}

// What is asked from here on comes behind it. If it is refused, so is that.
void SharedLimits::teach()
{
    if (std::exchange(is_teaching_, true))
        return;
    client_.ask(std::array<std::string_view, 4>{"FUNCTION", "LOAD", "REPLACE", library},
        [this](Result<Reply> const&) { is_teaching_ = false; });
}

void SharedLimits::hear(std::shared_ptr<Call> const& asked, Try attempt, Result<Reply> const& reply)
{
    if (!reply && attempt == Try::first && reply.error().detail.starts_with(unknown_function)) {
        teach();
        return call(asked, Try::last);
    }
    if (!reply)
        return asked->done(std::unexpected(reply.error()));
    auto const verdict = read_verdict(*reply, asked->questions.size());
    if (verdict) {
        auto const& [key, limit] = asked->questions[verdict->which];
        denials_.note(key, limit, asked->cost, verdict->verdict, reactor_.now().steady);
    }
    asked->done(verdict);
}

} // namespace gatehouse::storage::redis
