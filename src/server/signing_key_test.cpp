// SPDX-License-Identifier: Apache-2.0
#include "server/signing_key.hpp"

#include "server/temporary_folder_test.hpp"

namespace gatehouse::server {
namespace {

struct SigningKeyTest : TemporaryFolder {
    config::Settings settings{.store = {.path = {path("data/gatehouse.db")}}};
};

TEST_F(SigningKeyTest, is_made_once_and_kept_where_only_its_owner_reads_it)
{
    auto const made = signing_key(settings);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(signing_key(settings)->to_text(), made->to_text());
    auto const file = path("data/guest.key");
    EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0600));
    std::filesystem::remove(file);
    EXPECT_NE(signing_key(settings)->to_text(), made->to_text());
}

TEST_F(SigningKeyTest, is_not_replaced_where_the_file_is_damaged)
{
    write("data/guest.key", "half a k");
    auto const key = signing_key(settings);
    ASSERT_FALSE(key);
    EXPECT_NE(key.error().message.find(path("data/guest.key")), std::string::npos);
    EXPECT_NE(key.error().message.find("remove it"), std::string::npos);
    EXPECT_EQ(read("data/guest.key"), "half a k");
}

TEST_F(SigningKeyTest, is_the_configured_one_or_says_which_setting_is_wrong)
{
    auto& anonymous = settings.auth["guests"].anonymous.emplace();
    anonymous.key = {.reference = "env:KEY", .value = std::string(64, 'a')};
    EXPECT_EQ(signing_key(settings)->to_text(), std::string(64, 'a'));
    EXPECT_FALSE(std::filesystem::exists(path("data")));
    anonymous.key.value = "secret";
    auto const key = signing_key(settings);
    ASSERT_FALSE(key);
    EXPECT_NE(key.error().message.find("auth.guests.anonymous.key (env:KEY)"), std::string::npos);
    EXPECT_EQ(key.error().message.find("secret"), std::string::npos);
}

TEST_F(SigningKeyTest, is_kept_nowhere_for_a_store_in_memory)
{
    settings.store.kind = config::Store::Kind::memory;
    EXPECT_NE(signing_key(settings)->to_text(), signing_key(settings)->to_text());
    EXPECT_TRUE(std::filesystem::is_empty(folder));
}

}  // namespace
}  // namespace gatehouse::server
