// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/owner.hpp"

#include "runtime/dice.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace gatehouse::storage::postgres {

namespace {

std::string read(std::string const& path)
{
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

// proc(5), /proc/PID/stat, field 22. The second field, in brackets, may hold anything; the third is
// Z where a process has ended and is only not yet waited for: told as "ended". Empty: it cannot be
// seen.
std::string start_of(std::string_view pid)
{
    auto const stat = read(fmt::format("/proc/{}/stat", pid));
    auto at = stat.rfind(')');
    if (at != std::string::npos && at + 2 < stat.size() && stat[at + 2] == 'Z')
        return "ended";
    for (int field = 2; field < 22 && at != std::string::npos; field++)
        at = stat.find(' ', at + 1);
    return at == std::string::npos ? std::string()
                                   : stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
}

// Where a pid means one process: this boot of this machine, this namespace.
std::string space()
{
    std::error_code ignored;
    auto const boot = read("/proc/sys/kernel/random/boot_id").substr(0, 8);
    auto const pids = std::filesystem::read_symlink("/proc/self/ns/pid", ignored).string();
    std::string digits;
    for (auto const c : pids)
        if (std::isdigit(static_cast<unsigned char>(c)) != 0)
            digits.push_back(c);
    return boot + "-" + digits;
}

std::string host()
{
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0)
        return "unknown";
    return name.data();
}

struct Parts {
    std::string_view host, pid, start, space;
};

Parts parts_of(std::string_view owner)
{
    auto const next = [&owner] {
        auto const end = owner.find('/');
        auto const part = owner.substr(0, end);
        owner.remove_prefix(end == owner.npos ? owner.size() : end + 1);
        return part;
    };
    auto const name = next();
    auto const pid = next();
    auto const start = next();
    return {name, pid, start, next()};
}

} // namespace

std::string new_owner()
{
    std::string chance;
    for (auto const byte : runtime::KernelDice().bytes(8))
        chance += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    auto const pid = std::to_string(::getpid());
    return fmt::format("{}/{}/{}/{}/{}", host(), pid, start_of(pid), space(), chance);
}

bool has_ended(std::string_view owner)
{
    auto const [its_host, pid, start, its_space] = parts_of(owner);
    pid_t number = 0;
    auto const read = std::from_chars(pid.data(), pid.data() + pid.size(), number);
    if (its_host != host() || its_space != space() || read.ec != std::errc() || number <= 0)
        return false;
    if (::kill(number, 0) != 0 && errno == ESRCH)
        return true;
    auto const now = start_of(std::to_string(number));
    return !now.empty() && now != start;
}

std::string describe_owner(std::string_view owner)
{
    auto const parts = parts_of(owner);
    return fmt::format("process {} on {}", parts.pid, parts.host);
}

} // namespace gatehouse::storage::postgres
