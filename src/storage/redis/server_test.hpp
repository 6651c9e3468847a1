// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

namespace gatehouse::storage::redis::testing {

// A Redis of one test, in a temporary folder, reached by a Unix socket alone. It ends with the
// test, however that ends.
class Server {
public:
    static constexpr auto binary = "/usr/bin/redis-server";
    static constexpr auto what_is_missing = "Redis 7 (Debian's redis-server) is missing";
    [[nodiscard]] static bool is_installed() { return std::filesystem::exists(binary); }

    explicit Server(std::vector<std::string> more = {})
        : more_(std::move(more))
    {
        folder_ = (std::filesystem::temp_directory_path() / "gatehouse_redis_XXXXXX").string();
        ::mkdtemp(folder_.data());
        start();
    }
    ~Server()
    {
        kill();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    Server(Server const&) = delete;
    Server& operator=(Server const&) = delete;

    [[nodiscard]] std::string socket() const { return folder_ + "/socket"; }

    void start()
    {
        std::vector<std::string> words{binary, "--port", "0", "--unixsocket", socket(), "--save",
            "", "--appendonly", "no", "--dir", folder_, "--logfile", folder_ + "/log"};
        words.insert(words.end(), more_.begin(), more_.end());
        std::vector<char*> arguments;
        for (auto& word : words)
            arguments.push_back(word.data());
        arguments.push_back(nullptr);
        child_ = ::fork();
        if (child_ != 0)
            return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::execv(arguments[0], arguments.data());
        ::_exit(1);
    }
    void kill()
    {
        if (child_ == 0)
            return;
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
        child_ = 0;
    }
    void hang() { ::kill(child_, SIGSTOP); }
    void go_on() { ::kill(child_, SIGCONT); }

private:
    std::vector<std::string> more_;
    std::string folder_;
    pid_t child_ = 0;
};

} // namespace gatehouse::storage::redis::testing
