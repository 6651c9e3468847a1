// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/archive/objects.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// What several fuzzers make of their input.
namespace gatehouse::fuzz {

// Lays the input over bytes in pieces: three of its bytes say where, one how much.
inline void lay(std::string& bytes, std::string_view input)
{
    while (input.size() > 4 && !bytes.empty()) {
        std::uint32_t at = 0;
        for (char const byte : input.substr(0, 3))
            at = at << 8 | static_cast<unsigned char>(byte);
        auto const piece = input.substr(4, static_cast<unsigned char>(input[3]));
        for (std::size_t i = 0; i < piece.size(); i++)
            bytes[(at + i) % bytes.size()] = piece[i];
        input.remove_prefix(4 + piece.size());
    }
}

// Files by name: a line ">name" begins each, what follows up to the next one is in it.
inline std::map<std::string, std::string> files_in(std::string_view input)
{
    std::map<std::string, std::string> files;
    while (input.starts_with('>')) {
        auto const end = std::min(input.find('\n'), input.size());
        auto const name = std::string(input.substr(1, end - 1));
        input.remove_prefix(std::min(end + 1, input.size()));
        auto const next = input.starts_with('>') ? 0 : std::min(input.find("\n>"), input.size());
        files[name] = std::string(input.substr(0, next));
        input.remove_prefix(next);
        if (input.starts_with('\n'))
            input.remove_prefix(1);
    }
    return files;
}

inline std::string bytes_of(std::filesystem::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator(in), {}};
}

inline void write(std::filesystem::path const& path, std::string_view bytes)
{
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// A bucket in memory: whatever lies there, of whatever name that an object can have.
class MemoryObjects final : public storage::archive::Objects {
public:
    explicit MemoryObjects(std::map<std::string, std::string> const& all = {})
    {
        for (auto const& [name, bytes] : all)
            static_cast<void>(MemoryObjects::put(name, bytes));
    }

    Result<void> put(std::string_view name, std::string_view bytes) override
    {
        GH_CHECK(storage::archive::check_name(name));
        all_.insert_or_assign(std::string(name), std::string(bytes));
        return {};
    }
    Result<std::string> get(std::string_view name) override
    {
        auto const found = all_.find(name);
        if (found == all_.end())
            return fail(ErrorCode::not_found, "There is no such object.", std::string(name));
        return found->second;
    }
    Result<std::vector<storage::archive::ObjectInfo>> list(
        std::string_view prefix, std::string_view after, std::size_t objects_max) override
    {
        std::vector<storage::archive::ObjectInfo> found;
        for (auto at = all_.upper_bound(after); at != all_.end() && found.size() < objects_max;
             ++at)
            if (at->first.starts_with(prefix))
                found.push_back({at->first, at->second.size()});
        return found;
    }
    Result<void> remove(std::string_view name) override
    {
        if (auto const found = all_.find(name); found != all_.end())
            all_.erase(found);
        return {};
    }

    using All = std::map<std::string, std::string, std::less<>>;
    [[nodiscard]] All const& all() const { return all_; }

private:
    All all_;
};

// A folder in memory that goes with the process.
struct Folder {
    std::filesystem::path path;

    Folder()
    {
        std::string name = "/dev/shm/gatehouse_fuzz-XXXXXX";
        path = ::mkdtemp(name.data());
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }

    [[nodiscard]] std::filesystem::path emptied(std::string_view name) const
    {
        auto const folder = path / name;
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        return folder;
    }
};

} // namespace gatehouse::fuzz
