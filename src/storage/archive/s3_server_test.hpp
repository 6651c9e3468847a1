// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "runtime/descriptor.hpp"
#include "storage/archive/s3.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace gatehouse::storage::archive::testing {

// An S3 of one bucket, "bucket", which checks signatures and says no more than it must. It can be
// told what to answer next in place of what is right. The end-to-end tests have another one, whose
// signatures are checked by code that is not ours.
class S3Server {
public:
    S3Server()
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        socklen_t size = sizeof(address);
        (void)::bind(socket_.get(), generic, size);
        (void)::listen(socket_.get(), 16);
        (void)::getsockname(socket_.get(), generic, &size);
        endpoint = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
        thread_ = std::thread([this] { serve(); });
    }
    ~S3Server()
    {
        ::shutdown(socket_.get(), SHUT_RDWR);
        thread_.join();
    }

    [[nodiscard]] S3Options options() const
    {
        return {.endpoint = endpoint, .bucket = "bucket", .prefix = "some/prefix",
            .region = "here", .keys = keys, .tries_max = 4, .first_pause = Milliseconds(1),
            .clock = [] { return WallTime{1'790'000'000'000}; }};
    }

    // Bytes of the next answers. Empty: the connection is cut. In front of the right one: "after".
    void answer_next(std::vector<std::string> answers)
    {
        std::lock_guard const lock(mutex_);
        answers_.assign(answers.begin(), answers.end());
    }
    std::map<std::string, std::pair<std::string, std::string>> objects() // Bytes and SHA-256.
    {
        std::lock_guard const lock(mutex_);
        return objects_;
    }
    void damage(std::string const& key)
    {
        std::lock_guard const lock(mutex_);
        objects_.at(key).first += "?";
    }
    static std::string answer(
        std::string const& status, std::string const& body, std::string const& headers = {})
    {
        return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size())
            + "\r\nConnection: close\r\n" + headers + "\r\n" + body;
    }
    static std::string error(std::string const& status, std::string const& code)
    {
        return answer(status, "<Error><Code>" + code + "</Code><Message>No.</Message></Error>");
    }

    std::string endpoint;
    S3Keys keys{"id", "secret"};
    std::atomic<int> requests = 0;
    std::size_t page_max = 3; // As services may, it lists fewer than asked for.

private:
    void serve()
    {
        while (true) {
            runtime::Descriptor const peer(::accept(socket_.get(), nullptr, nullptr));
            if (!peer)
                return;
            auto const request = read(peer.get());
            requests++;
            std::lock_guard const lock(mutex_);
            auto reply = answers_.empty() ? handle(request) : answers_.front();
            if (!answers_.empty())
                answers_.pop_front();
            if (reply == "after") {
                (void)handle(request);
                reply.clear();
            }
            (void)::send(peer.get(), reply.data(), reply.size(), MSG_NOSIGNAL);
        }
    }

    static std::string read(int peer)
    {
        std::string bytes;
        std::string chunk(65536, '\0');
        std::size_t whole = std::string::npos;
        while (bytes.size() < whole) {
            auto const size = ::recv(peer, chunk.data(), chunk.size(), 0);
            if (size <= 0)
                break;
            bytes.append(chunk, 0, static_cast<std::size_t>(size));
            auto const end = bytes.find("\r\n\r\n");
            if (whole == std::string::npos && end != std::string::npos) {
                auto const length = bytes.find("Content-Length: ");
                whole = end + 4 + (length < end ? std::stoul(bytes.substr(length + 16)) : 0);
            }
        }
        return bytes;
    }

    static std::string decoded(std::string_view text)
    {
        std::string out;
        for (std::size_t i = 0; i < text.size(); i++)
            if (text[i] == '%') {
                out += from_hex(text.substr(i + 1, 2));
                i += 2;
            } else {
                out += text[i];
            }
        return out;
    }

    std::string handle(std::string const& bytes)
    {
        S3Request request;
        auto const head = bytes.substr(0, bytes.find("\r\n\r\n"));
        auto const body = bytes.substr(std::min(bytes.size(), head.size() + 4));
        request.method = head.substr(0, head.find(' '));
        auto const target = head.substr(request.method.size() + 1,
            head.find(' ', request.method.size() + 1) - request.method.size() - 1);
        request.path = decoded(target.substr(0, target.find('?')));
        for (std::string_view rest = target; rest.contains('?') || rest.contains('&');) {
            rest.remove_prefix(rest.find_first_of("?&") + 1);
            auto const pair = rest.substr(0, rest.find('&'));
            request.query[decoded(pair.substr(0, pair.find('=')))]
                = decoded(pair.substr(pair.find('=') + 1));
        }
        std::string authorization;
        std::string hash;
        for (auto at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at)) {
            at += 2;
            auto name = head.substr(at, head.find(':', at) - at);
            auto const from = at + name.size() + 2;
            auto const end = std::min(head.find("\r\n", at), head.size());
            auto const value = head.substr(from, end - from);
            std::ranges::transform(name, name.begin(), ::tolower);
            if (name == "authorization")
                authorization = value;
            else if (name == "host" || name == "content-type" || name.starts_with("x-amz-"))
                request.headers[name] = value;
            if (name == "x-amz-meta-sha256")
                hash = value;
        }
        request.body = body;
        sign(request, keys, "here", {1'790'000'000'000});
        if (request.headers["authorization"] != authorization)
            return error("403 Forbidden", "SignatureDoesNotMatch");
        if (request.headers["host"].starts_with("bucket."))
            request.path.insert(0, "/bucket");
        return request.path == "/bucket/" ? list(request.query)
                                          : about_object(request, hash);
    }

    std::string about_object(S3Request const& request, std::string const& hash)
    {
        auto const key = request.path.substr(8); // "/bucket/"
        if (request.method == "PUT") {
            objects_[key] = {std::string(request.body), hash};
            return answer("200 OK", "");
        }
        auto const found = objects_.find(key);
        if (request.method == "DELETE") {
            if (found != objects_.end())
                objects_.erase(found);
            return answer("204 No Content", "");
        }
        if (found == objects_.end())
            return error("404 Not Found", "NoSuchKey");
        return answer(
            "200 OK", found->second.first, "X-Amz-Meta-Sha256: " + found->second.second + "\r\n");
    }

    std::string list(std::map<std::string, std::string>& query)
    {
        auto const count = std::min<std::size_t>(std::stoul(query["max-keys"]), page_max);
        std::string rows;
        std::size_t listed = 0;
        bool is_truncated = false;
        for (auto const& [key, object] : objects_) {
            if (!key.starts_with(query["prefix"]) || key <= query["start-after"])
                continue;
            is_truncated = listed == count;
            if (is_truncated)
                break;
            listed++;
            rows += "<Contents><Key>" + key + "</Key><Size>" + std::to_string(object.first.size())
                + "</Size></Contents>";
        }
        return answer("200 OK",
            "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><IsTruncated>"
                + std::string(is_truncated ? "true" : "false") + "</IsTruncated>" + rows
                + "</ListBucketResult>");
    }

    runtime::Descriptor socket_;
    std::mutex mutex_;
    std::deque<std::string> answers_;
    std::map<std::string, std::pair<std::string, std::string>> objects_;
    std::thread thread_;
};

} // namespace gatehouse::storage::archive::testing
