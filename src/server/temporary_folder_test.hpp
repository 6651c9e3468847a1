// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace gatehouse::server {

// A folder of its own for each test, which is gone afterwards.
struct TemporaryFolder : testing::Test {
    TemporaryFolder()
    {
        auto name = (std::filesystem::temp_directory_path() / "gatehouse-XXXXXX").string();
        folder = ::mkdtemp(name.data());
    }
    ~TemporaryFolder() override { std::filesystem::remove_all(folder); }

    [[nodiscard]] std::string path(std::string const& name) const { return folder / name; }
    void write(std::string const& name, std::string_view bytes) const
    {
        std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
        std::ofstream(path(name), std::ios::binary) << bytes;
    }
    [[nodiscard]] std::string read(std::string const& name) const
    {
        std::ifstream in(path(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    std::filesystem::path folder;
};

}  // namespace gatehouse::server
