// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/postgres/connection.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::storage::postgres::testing {

// A PostgreSQL of the tests' own, in a temporary folder, reached by a Unix socket alone. One for
// all tests of a program; it ends with it, however that ends. Each test makes a database in it.
class Server {
public:
    // Null, where PostgreSQL 15 or newer is not installed.
    static Server* instance()
    {
        static auto const binaries = find_binaries();
        if (binaries.empty())
            return nullptr;
        static Server server(binaries);
        return &server;
    }
    static constexpr auto what_is_missing = "PostgreSQL 15 (Debian's postgresql-15) is missing";

    ~Server()
    {
        stop(SIGQUIT);
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    // A new, empty database.
    [[nodiscard]] std::string make_database()
    {
        auto name = "test_" + std::to_string(++databases_);
        run("CREATE DATABASE " + name);
        return name;
    }

    // A listener in this folder, such as a proxy, is another `port`: a name of a socket, no more.
    [[nodiscard]] std::string url(std::string_view database, int port = 5432) const
    {
        return "postgresql://postgres@/" + std::string(database) + "?host=" + folder_
            + "&port=" + std::to_string(port);
    }
    [[nodiscard]] std::string socket(int port = 5432) const
    {
        return folder_ + "/.s.PGSQL." + std::to_string(port);
    }

    void run(std::string const& sql, std::string_view database = "postgres")
    {
        auto connection = Connection::open({.url = url(database)});
        if (!connection)
            std::fprintf(stderr, "%s\n", connection.error().detail.c_str());
        else if (auto const done = connection->script(sql); !done)
            std::fprintf(stderr, "%s: %s\n", sql.c_str(), done.error().message.c_str());
    }

    // As a power cut is to the processes: nothing is flushed or said.
    void crash() { stop(SIGQUIT); }

    // In the thread that stays longest: the server ends with it.
    void start()
    {
        postmaster_ = spawn({binaries_ + "/postgres", "-D", folder_ + "/data", "-k", folder_, "-c",
            "listen_addresses=", "-c", "shared_buffers=16MB", "-c", "autovacuum=off", "-c",
            "recovery_init_sync_method=syncfs"}); // All files of all databases, one by one, else.
        while (!Connection::open({.url = url("postgres")}))
            ::poll(nullptr, 0, 10);
    }

private:
    explicit Server(std::string binaries)
        : binaries_(std::move(binaries))
    {
        folder_ = (std::filesystem::temp_directory_path() / "gatehouse_pg_XXXXXX").string();
        ::mkdtemp(folder_.data());
        if (auto const* const user = unprivileged())
            static_cast<void>(::chown(folder_.c_str(), user->pw_uid, user->pw_gid));
        wait_for(spawn({binaries_ + "/initdb", "-D", folder_ + "/data", "-U", "postgres", "-A",
            "trust", "-E", "UTF8", "--locale=C", "--no-sync"}));
        start();
    }

    static std::string find_binaries()
    {
        for (int version = 20; version >= 15; version--) {
            auto folder = "/usr/lib/postgresql/" + std::to_string(version) + "/bin";
            if (std::filesystem::exists(folder + "/initdb"))
                return folder;
        }
        return {};
    }

    // PostgreSQL refuses to run as root.
    static passwd const* unprivileged()
    {
        if (::geteuid() != 0)
            return nullptr;
        auto const* const postgres = ::getpwnam("postgres");
        return postgres ? postgres : ::getpwnam("nobody");
    }

    pid_t spawn(std::vector<std::string> words) const
    {
        std::vector<char*> arguments;
        for (auto& word : words)
            arguments.push_back(word.data());
        arguments.push_back(nullptr);
        auto const* const user = unprivileged();
        auto const log = folder_ + "/log";
        auto const child = ::fork();
        if (child != 0)
            return child;
        if (user && (::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0))
            ::_exit(1);
        ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
        auto const out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        ::dup2(out, 1);
        ::dup2(out, 2);
        static_cast<void>(::chdir("/"));
        ::execv(arguments[0], arguments.data());
        ::_exit(1);
    }

    static void wait_for(pid_t child) { ::waitpid(child, nullptr, 0); }

    void stop(int signal)
    {
        ::kill(postmaster_, signal);
        wait_for(postmaster_);
    }

    std::string binaries_;
    std::string folder_;
    pid_t postmaster_ = 0;
    int databases_ = 0;
};

} // namespace gatehouse::storage::postgres::testing
