// SPDX-License-Identifier: Apache-2.0
#include "server/log_output.hpp"

#include "runtime/descriptor.hpp"
#include "server/temporary_folder_test.hpp"

#include <fcntl.h>

namespace gatehouse::server {
namespace {

using observe::Level;
using LogOutputTest = TemporaryFolder;

struct Pipe {
    Pipe()
    {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        out = runtime::Descriptor(ends[0]);
        in = runtime::Descriptor(ends[1]);
        EXPECT_EQ(::fcntl(out.get(), F_SETFL, O_NONBLOCK), 0);
    }
    std::string read() const
    {
        std::string all;
        std::array<char, 4096> buffer;
        for (ssize_t size = 0; (size = ::read(out.get(), buffer.data(), buffer.size())) > 0;)
            all.append(buffer.data(), static_cast<std::size_t>(size));
        return all;
    }
    runtime::Descriptor out, in;
};

TEST_F(LogOutputTest, writes_at_the_end_of_the_turn)
{
    Pipe const pipe;
    LogOutput log(pipe.in.get());
    log.write(Level::info, "one");
    log.write(Level::info, "two");
    EXPECT_EQ(pipe.read(), "");
    log.flush();
    EXPECT_EQ(pipe.read(), "one\ntwo\n");
}

TEST_F(LogOutputTest, writes_all_of_it_to_a_file_and_what_is_left_when_it_goes)
{
    std::string all;
    {
        runtime::Descriptor const file(::open(path("log").c_str(), O_WRONLY | O_CREAT, 0600));
        LogOutput log(file.get());
        for (int i = 0; i < 1000; i++) {
            auto const line = std::to_string(i) + std::string(1000, 'x');
            log.write(Level::info, line);
            all += line + "\n";
        }
    }
    EXPECT_EQ(read("log"), all);
}

TEST_F(LogOutputTest, waits_for_no_reader_and_says_how_much_it_dropped)
{
    Pipe const pipe;
    LogOutput log(pipe.in.get());
    std::string const line(999, 'x');
    for (int i = 0; i < 3000; i++)
        log.write(Level::info, line);
    std::string all;
    for (std::string some = " "; !some.empty(); log.flush())
        all += some = pipe.read();
    std::size_t whole = 0;
    std::uint64_t dropped = 0;
    for (std::string_view rest = all; !rest.empty();) {
        auto const each = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(each.size() + 1);
        if (auto const at = each.find("\"count\":"); at != each.npos)
            dropped += std::stoull(std::string(each.substr(at + 8)));
        else
            whole += each == line;
    }
    EXPECT_GT(dropped, 0u);
    EXPECT_EQ(whole + dropped, 3000u);
}

}  // namespace
}  // namespace gatehouse::server
