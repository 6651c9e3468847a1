// SPDX-License-Identifier: Apache-2.0
#include "server/signing_key.hpp"

#include "runtime/descriptor.hpp"
#include "runtime/dice.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace gatehouse::server {
namespace {

std::unexpected<Error> trouble(std::string const& path, std::string_view what)
{
    return fail(ErrorCode::unavailable, "cannot " + std::string(what) + " " + path + ": "
            + std::strerror(errno));
}

Result<identity::SigningKey> read_key(std::string const& path)
{
    runtime::Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file)
        return trouble(path, "open");
    std::string text(256, '\0');
    auto const size = ::read(file.get(), text.data(), text.size());
    if (size < 0)
        return trouble(path, "read");
    text.resize(static_cast<std::size_t>(size));
    auto key = identity::SigningKey::from_text(text);
    if (!key)
        return fail(ErrorCode::unavailable, path + " holds no key: " + key.error().message
                + "; restore it, or remove it and all guests start anew");
    return key;
}

Result<identity::SigningKey> configured_key(config::Secret const& secret)
{
    auto key = identity::SigningKey::from_text(secret.value);
    if (!key)
        return fail(ErrorCode::bad_request, "auth.guests.anonymous.key (" + secret.reference + "): "
                + key.error().message + "; openssl rand -hex 32 makes one");
    return key;
}

// Written beside, synced, then renamed, and the folder synced: a power cut leaves a whole key or
// none, and none only where nobody was given a token yet.
Result<void> write_key(std::string const& path, identity::SigningKey const& key)
{
    auto const beside = path + ".new";
    auto const text = key.to_text() + "\n";
    {
        runtime::Descriptor const file(
            ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        if (!file)
            return trouble(beside, "create");
        if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())
            || ::fsync(file.get()) != 0)
            return trouble(beside, "write");
    }
    if (::rename(beside.c_str(), path.c_str()) != 0)
        return trouble(path, "create");
    runtime::Descriptor const folder(
        ::open(std::filesystem::path(path).parent_path().c_str(), O_RDONLY | O_CLOEXEC));
    if (!folder || ::fsync(folder.get()) != 0)
        return trouble(path, "keep");
    return {};
}

}  // namespace

config::Secret guests_key(config::Settings const& settings)
{
    for (auto const& [name, auth] : settings.auth)
        if (auth.anonymous)
            return auth.anonymous->key;
    return {};
}

Result<identity::SigningKey> signing_key(config::Settings const& settings)
{
    if (auto const configured = guests_key(settings); !configured.reference.empty())
        return configured_key(configured);

    runtime::KernelDice dice;
    auto const folder = settings.store.data_folder();
    if (folder.empty())
        return identity::SigningKey::from_seed(dice.bytes(identity::SigningKey::seed_bytes));
    auto const path = folder + "/guest.key";
    if (std::filesystem::exists(path))
        return read_key(path);
    std::error_code ignored; // The open below says what is wrong.
    std::filesystem::create_directories(folder, ignored);
    auto key = identity::SigningKey::from_seed(dice.bytes(identity::SigningKey::seed_bytes));
    GH_CHECK(write_key(path, key));
    return key;
}

}  // namespace gatehouse::server
