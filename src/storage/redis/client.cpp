// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/client.hpp"

#include "base/assert.hpp"

#include <hiredis/hiredis.h>

#include <netdb.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace gatehouse::storage::redis {
namespace {

// ---- What hiredis reads becomes a Reply at once. Of arrays only a few numbers are taken, which is
// what functions answer; of others none is made, however big they say they are.

using Said = Result<Reply>;
constexpr int numbers_max = 16;

void* say_text(redisReadTask const* task, char* text, std::size_t size)
{
    if (task->parent != nullptr)
        return nullptr;
    std::string said(text, size);
    if (task->type == REDIS_REPLY_ERROR)
        return new Said(fail(ErrorCode::internal, "Redis refused.", std::move(said)));
    return new Said(Reply{.number = {}, .text = std::move(said)});
}
void* say_array(redisReadTask const* task, int size)
{
    if (task->parent != nullptr || size < 0 || size > numbers_max)
        return nullptr;
    return new Said(Reply{.numbers = std::vector<std::int64_t>(static_cast<std::size_t>(size))});
}
void* say_number(redisReadTask const* task, long long number)
{
    if (task->parent == nullptr)
        return new Said(Reply{.number = number, .text = {}});
    auto* const array = static_cast<Said*>(task->parent->obj);
    (*array)->numbers->at(static_cast<std::size_t>(task->idx)) = number;
    return array; // Anything but null; the root is what is kept.
}
void* say_nothing(redisReadTask const* task)
{
    return task->parent == nullptr ? new Said(Reply{}) : nullptr;
}
void unsay(void* said) { delete static_cast<Said*>(said); }

redisReplyObjectFunctions sayings{.createString = say_text, .createArray = say_array,
    .createInteger = say_number, .createNil = say_nothing, .freeObject = unsay};

Error away(std::string why)
{
    return {ErrorCode::unavailable, "Redis is away.", std::move(why)};
}

std::string in_words(int error) { return std::strerror(error); }

struct FreeAddresses {
    void operator()(addrinfo* found) const { ::freeaddrinfo(found); }
};

// A socket that is being connected, or whatever was wrong in `errno`.
runtime::Descriptor connect_to(sockaddr const* address, socklen_t size)
{
    runtime::Descriptor socket(
        ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket && ::connect(socket.get(), address, size) != 0 && errno != EINPROGRESS)
        return {};
    return socket;
}

runtime::Descriptor connect_to_path(std::string const& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return {};
    }
    path.copy(address.sun_path, path.size());
    return connect_to(reinterpret_cast<sockaddr const*>(&address), sizeof address);
}

runtime::Descriptor connect_to_host(std::string const& numeric, std::uint16_t port)
{
    addrinfo const hints{.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM, .ai_protocol = 0, .ai_addrlen = 0, .ai_addr = nullptr,
        .ai_canonname = nullptr, .ai_next = nullptr};
    addrinfo* found = nullptr;
    if (::getaddrinfo(numeric.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return {};
    }
    std::unique_ptr<addrinfo, FreeAddresses> const owned(found);
    return connect_to(found->ai_addr, found->ai_addrlen);
}

} // namespace

void Client::FreeReader::operator()(redisReader* reader) const
{
    redisReaderFree(reader);
}

Client::Client(ClientOptions options, runtime::Reactor& reactor, Dice& dice, Resolve resolve)
    : options_(std::move(options))
    , reactor_(reactor)
    , dice_(dice)
    , resolve_(std::move(resolve))
    , late_([this] { note_late(); })
    , dial_again_([this] { dial(); })
{
    reactor_.timers().arm(dial_again_, reactor_.now().steady);
}

Client::~Client()
{
    if (socket_)
        reactor_.unwatch(socket_.get());
}

// ---- Coming up

void Client::dial()
{
    state_ = State::dialling;
    dialled_++;
    reactor_.timers().arm(late_, reactor_.now().steady + options_.connect_within);
    if (!options_.target.socket.empty())
        return open({});
    resolve_(options_.target.host, [this, dialled = dialled_](Result<std::string> address) {
        if (dialled != dialled_ || state_ != State::dialling)
            return;
        if (address)
            open(*address);
        else
            give_up(address.error().message);
    });
}

void Client::open(std::string const& address)
{
    auto const& target = options_.target;
    socket_ = target.socket.empty() ? connect_to_host(address, target.port)
                                    : connect_to_path(target.socket);
    if (!socket_)
        return give_up(in_words(errno));
    reactor_.watch(socket_.get(), EPOLLIN | EPOLLOUT, *this);
    waits_to_write_ = true;
    reader_.reset(redisReaderCreateWithFunctions(&sayings));
    GH_ASSERT(reader_);
    greet();
}

// It counts as there when it has answered: a Redis that is stopped accepts connections too.
void Client::greet()
{
    state_ = State::greeting;
    std::vector<std::vector<std::string_view>> greetings;
    auto const database = std::to_string(options_.target.database);
    auto const& [host, port, socket, user, password, number] = options_.target;
    if (!password.empty() && user.empty())
        greetings.push_back({"AUTH", password});
    else if (!password.empty())
        greetings.push_back({"AUTH", user, password});
    if (number != 0)
        greetings.push_back({"SELECT", database});
    greetings.push_back({"PING"});
    for (auto const& words : greetings)
        send(words, options_.connect_within,
            [this, is_last = &words == &greetings.back()](Said const& said) {
                if (!said && state_ == State::greeting)
                    return give_up(said.error().detail);
                if (!said || !is_last)
                    return;
                state_ = State::up;
                failures_ = 0;
                has_told_ = false;
                if (on_change_)
                    on_change_({});
            });
}

// ---- Asking

void Client::ask(std::span<std::string_view const> words, OnReply done)
{
    if (state_ != State::up)
        return done(std::unexpected(away("not connected")));
    if (questions_.size() >= options_.questions_max || unsent_.size() >= options_.unsent_bytes_max)
        return done(fail(ErrorCode::busy, "Too much is asked of Redis."));
    send(words, options_.answer_within, std::move(done));
}

void Client::send(std::span<std::string_view const> words, Milliseconds within, OnReply done)
{
    std::vector<char const*> starts;
    std::vector<std::size_t> sizes;
    for (auto const word : words) {
        starts.push_back(word.data());
        sizes.push_back(word.size());
    }
    char* command = nullptr;
    auto const size = redisFormatCommandArgv(
        &command, static_cast<int>(words.size()), starts.data(), sizes.data());
    GH_ASSERT(size > 0);
    unsent_.append(command, static_cast<std::size_t>(size));
    redisFreeCommand(command);
    questions_.push_back({std::move(done), reactor_.now().steady + within});
    wait_for_answers();
}

void Client::flush()
{
    if (!socket_ || waits_to_write_ || unsent_.empty())
        return;
    auto const sent = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        return give_up(in_words(errno));
    unsent_.erase(0, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
    if (unsent_.empty())
        return;
    waits_to_write_ = true;
    reactor_.change(socket_.get(), EPOLLIN | EPOLLOUT);
}

// ---- Hearing

void Client::ready(std::uint32_t, std::uint32_t events)
{
    int error = 0;
    socklen_t size = sizeof error;
    if ((events & EPOLLERR) != 0
        && ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0)
        return give_up(in_words(error));
    if ((events & EPOLLOUT) != 0) {
        waits_to_write_ = false;
        reactor_.change(socket_.get(), EPOLLIN);
        flush();
    }
    if (socket_ && (events & (EPOLLIN | EPOLLHUP)) != 0)
        receive();
}

void Client::receive()
{
    auto const room = reactor_.read_buffer();
    auto const got = ::recv(socket_.get(), room.data(), room.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0)
        return give_up(got == 0 ? "it closed the connection" : in_words(errno));
    redisReaderFeed(reader_.get(), room.data(), static_cast<std::size_t>(got));
    for (auto const dialled = dialled_; state_ != State::away && dialled == dialled_;) {
        void* said = nullptr;
        if (redisReaderGetReply(reader_.get(), &said) != REDIS_OK)
            return give_up(std::string("this is not what a Redis says: ") + reader_->errstr);
        if (!said)
            break;
        take(std::move(*std::unique_ptr<Said>(static_cast<Said*>(said))));
    }
    if (state_ != State::away && reader_->len > options_.reply_bytes_max)
        give_up("a reply is too big");
}

// Replies come in the order of the questions.
void Client::take(Said said)
{
    if (questions_.empty())
        return give_up("it says what nobody asked");
    auto question = std::move(questions_.front());
    questions_.pop_front();
    if (question.done) {
        late_in_a_row_ = 0;
        wait_for_answers();
        question.done(std::move(said));
    } else {
        answered_late_--;
    }
}

// ---- Going away

void Client::wait_for_answers()
{
    if (answered_late_ < questions_.size())
        reactor_.timers().arm(late_, questions_[answered_late_].due);
    else
        reactor_.timers().cancel(late_);
}

void Client::note_late()
{
    if (state_ != State::up)
        return give_up("no answer in time");
    std::vector<OnReply> late;
    for (; answered_late_ < questions_.size()
         && questions_[answered_late_].due <= reactor_.now().steady;
         answered_late_++)
        late.push_back(std::exchange(questions_[answered_late_].done, nullptr));
    late_in_a_row_ += late.size();
    wait_for_answers();
    if (late_in_a_row_ >= options_.late_max)
        give_up("it answers too late");
    for (auto& done : late)
        done(std::unexpected(away("no answer in time")));
}

void Client::give_up(std::string const& why)
{
    state_ = State::away;
    if (socket_)
        reactor_.unwatch(socket_.get());
    socket_.reset();
    waits_to_write_ = false;
    unsent_.clear();
    auto unanswered = std::exchange(questions_, {});
    answered_late_ = 0;
    late_in_a_row_ = 0;
    reactor_.timers().cancel(late_);

    auto const doubled = options_.pause_min * (1 << std::min<std::size_t>(failures_++, 10));
    auto const pause = std::min(doubled, options_.pause_max);
    auto const share = static_cast<unsigned char>(dice_.bytes(1)[0]); // Of its second half.
    reactor_.timers().arm(
        dial_again_, reactor_.now().steady + pause / 2 + pause * share / (2 * 256));
    if (!std::exchange(has_told_, true) && on_change_)
        on_change_(why);
    for (auto& question : unanswered)
        if (question.done)
            question.done(std::unexpected(away(why)));
}

} // namespace gatehouse::storage::redis
