// SPDX-License-Identifier: Apache-2.0
#include "config/show.hpp"

#include "config/testing.hpp"

#include <gtest/gtest.h>
#include <random>

namespace gatehouse::config {
namespace {

using testing::World;

// Random settings that load would accept.
class Inventor {
public:
    explicit Inventor(unsigned seed)
        : random_(seed)
    { }

    Settings settings()
    {
        Settings made;
        made.listen = {{"", port()}, std::nullopt, {"::1", port()}};
        if (coin())
            serve_tls(made);
        made.store = std::array {Store {Store::Kind::memory, {}},
            Store {Store::Kind::sqlite, {path()}},
            Store {Store::Kind::postgres, Store {}.path, "postgresql://u@h/d",
                coin() ? Secret {} : Secret {"env:KEY", "hush"}}}[static_cast<std::size_t>(
            number(0, 2))];
        made.auth["guests"].anonymous
            = Anonymous {duration(), coin() ? Secret {} : Secret {"env:KEY", "hush"}};
        made.auth["players"].jwt = jwt();
        made.auth["partners"].api_keys = ApiKeys {};
        made.roles["admin"].permissions = {"designs.*", "users.read"};
        made.roles["nobody"] = {};
        for (auto const* name : {"a", "b"})
            made.limits[name] = {{number(1, 99), duration()}, number(1, 99), {choice<LimitBy>(3)},
                LimitStore::memory, OnStoreFailure::local, 1, coin()};
        for (auto const* name : {"users", "de-signs"})
            made.services[name] = service();
        made.archive = archive();
        if (made.store.kind == Store::Kind::sqlite && coin())
            made.backup = {{ObjectStore::Kind::folder, {path()}, "", ""}, duration(), duration()};
        made.redis = redis();
        made.projections = coin();
        made.rooms["liap-tui"] = {choice<Durability>(1), {duration()}, duration(), duration(),
            number(1, 999), {},
            {coin() ? std::optional(duration()) : std::nullopt,
                coin() ? std::optional(duration()) : std::nullopt}};
        made.rooms["liap-tui"].match = matching();
        made.rooms["nim"].rules = {{path()}};
        made.rooms["nim"].seats = {number(1, 4), number(4, 64)};
        made.rooms["nim"].title = coin() ? "Nim" : "";
        for (int i = 0; i < number(0, 5); i++)
            made.routes.push_back(route(i));
        made.log = {choice<LogLevel>(4), coin()};
        made.shards = {number(0, 256)};
        made.capacity = {{static_cast<std::uint64_t>(number(64, 9'999)) << 20}, {number(1, 100)},
            duration(), Milliseconds(number(1'000, 60'000))};
        made.drain = {duration()};
        return made;
    }

private:
    int number(int min, int max) { return std::uniform_int_distribution(min, max)(random_); }
    bool coin() { return number(0, 1) == 1; }
    template <typename E> E choice(int count) { return static_cast<E>(number(0, count - 1)); }
    std::uint16_t port() { return static_cast<std::uint16_t>(number(1024, 65535)); }
    Duration duration() { return Milliseconds(number(1, 100'000'000)); }
    void serve_tls(Settings& made)
    {
        made.listen.https = Https {{"10.0.0.1", port()}, coin()};
        made.trusted_proxies = {"10.0.0.0/8"};
        made.tls.certificates = {{{path()}, {path()}, {"b.example", "*.b.example"}}};
        made.tls.min = choice<TlsVersion>(2);
        if (coin())
            made.tls.cert = made.tls.key = Path {path()};
        if (coin())
            made.tls.client_ca = Path {path()};
        if (made.tls.client_ca && coin())
            made.tls.client = choice<ClientCertificates>(2);
    }
    std::optional<Matching> matching()
    {
        if (coin())
            return std::nullopt;
        auto const players = number(1, 64);
        auto const window = number(0, 500);
        return Matching {coin() ? std::optional(players) : std::nullopt,
            coin() ? std::optional(number(1, players)) : std::nullopt, duration(), window,
            number(0, 90), window + number(0, 900), number(1, 99), duration()};
    }
    Redis redis()
    {
        switch (number(0, 2)) {
        case 0: return {};
        case 1: return {Redis::Kind::socket, {}, {path()}, "", {}, 0};
        default:
            return {Redis::Kind::host, {coin() ? "::1" : "cache.svc", port()}, {},
                "", coin() ? Secret {} : Secret {"env:KEY", "hush"}, number(0, 15)};
        }
    }
    std::string path()
    {
        std::string text = "/";
        for (int i = 0; i < 12; i++)
            text += std::string_view("ab $\"'\\{}:#é\n")[static_cast<std::size_t>(number(0, 10))];
        return text;
    }
    Archive archive()
    {
        Archive made;
        made.to.kind = choice<ObjectStore::Kind>(3);
        if (made.to.kind == ObjectStore::Kind::folder)
            made.to.folder = {path()};
        if (made.to.kind == ObjectStore::Kind::bucket) {
            made.to.bucket = "my-bucket";
            made.to.prefix = coin() ? "a/b=c" : "";
        }
        made.endpoint = coin() ? "https://s3.example.com:9000" : "";
        made.style = choice<S3Style>(2);
        made.access_key = made.secret_key = {"env:KEY", "hush"};
        made.after = duration();
        if (coin())
            made.keep = duration();
        return made;
    }
    Service service()
    {
        Service made {.endpoints = {{"10.0.0.1", port()}},
            .balance = choice<Balance>(3),
            .timeout = duration(),
            .connect_timeout = duration(),
            .health
            = {coin() ? "/health" : "", duration(), duration(), number(1, 9), number(1, 9)}};
        if (coin())
            made.endpoints.push_back({"fe80::1", port()});
        return made;
    }
    Jwt jwt()
    {
        Jwt made {.issuer = "https://id.example"};
        if (coin())
            made.audience = {"game", "other"};
        using enum Jwks::Kind;
        made.jwks = std::array {Jwks {.kind = file,
                                    .file = {"/keys.json"},
                                    .text = std::string(testing::key_set)},
            Jwks {.kind = url, .url = "https://id.example/keys"},
            Jwks {.kind = issuer}}[static_cast<std::size_t>(number(0, 2))];
        made.cooldown = std::chrono::seconds(number(1, 3600));
        made.skew = std::chrono::seconds(number(1, 600));
        made.roles = coin() ? "realm.roles" : "";
        made.prefix = coin() ? "u:" : "";
        made.kind = choice<JwtKind>(2);
        return made;
    }
    Route route(int i)
    {
        Route made;
        made.match
            = {coin() ? "a.example" : "", "/" + std::to_string(i) + (coin() ? "/:id/**" : ""), {}};
        if (coin())
            made.match.methods = {"GET", "POST"};
        made.to.kind = choice<Target::Kind>(3);
        if (made.to.kind == Target::Kind::service)
            made.to.service = "users";
        if (made.to.kind == Target::Kind::files)
            made.to.folder = {path()};
        if (coin())
            made.auth = {"guests", "players"};
        if (!made.auth.empty() && made.to.kind != Target::Kind::rooms && coin())
            made.require = "role in (admin, nobody) and not permission users.read";
        made.limit = coin() ? std::vector<std::string> {"a"} : std::vector<std::string> {};
        if (coin())
            made.timeout = duration();
        made.max_body = {static_cast<std::uint64_t>(number(0, 1 << 30))};
        made.errors = choice<ErrorBodies>(2);
        shape(made);
        return made;
    }
    // Of a path that ends in "/:id/**", or in neither.
    void shape(Route& made)
    {
        bool const takes_rest = made.match.path.ends_with("**");
        if (coin())
            made.match.headers = {{"X-Beta", coin() ? "*" : "a \"$b"}};
        if (coin())
            made.match.query = {{"v", "2"}};
        if (coin()) {
            made.redirect = {takes_rest ? "https://b.example/:id/**" : "/b", coin() ? 308 : 302};
            made.to = {};
        } else if (made.to.kind != Target::Kind::rooms && coin()) {
            made.rewrite = takes_rest ? "/x/:id/**" : "/x";
        }
        if (coin())
            made.headers = {.request = Edits {{"X-A"}, {{"X-B", "1"}}, {}},
                .response = coin() ? std::optional(Edits {{}, {}, {{"X-C", "a: 'b'"}}})
                                   : std::nullopt};
        if (coin())
            made.cors = Cors {{"https://*.a.example"}, {"X-A"}, {}, coin(), duration()};
        if (coin())
            made.security
                = Security {coin(), choice<Frame>(3), "no-referrer", "default-src 'self'"};
    }

    std::mt19937 random_;
};

TEST(Show, reads_back_as_the_same_settings)
{
    World const world {.files = {{"/keys.json", std::string(testing::key_set)}},
        .variables = {{"KEY", "hush"}}};
    for (unsigned seed = 0; seed < 500; seed++) {
        auto const settings = Inventor(seed).settings();
        auto const text = show_yaml({.settings = settings});
        auto const loaded = world.load(text);
        ASSERT_TRUE(loaded) << text << loaded.error().text();
        ASSERT_EQ(loaded->settings, settings) << text << show_yaml(*loaded);
    }
}

TEST(Show, says_where_each_value_came_from_and_keeps_secrets)
{
    World const world {
        .variables = {{"KEY", "hush"}, {"GATEHOUSE_LOG_LEVEL", "debug"}},
        .flags = {{"shards", "2"}},
    };
    auto const loaded
        = world.load("listen: { http: ':9090' }\n"
                     "auth: { guests: { anonymous: { key: env:KEY } } }\n"
                     "routes:\n  - { match: { path: /, method: GET }, to: { files: page } }\n");
    ASSERT_TRUE(loaded) << loaded.error().text();
    EXPECT_EQ(show_yaml(*loaded), R"(listen:
  http: ":9090"                                    # gatehouse.yaml:1:17
  admin: "127.0.0.1:9901"                          # default
tls: {}                                            # default
store: "sqlite:data/gatehouse.db"                  # default
archive:
  to: "none"                                       # default
  region: "us-east-1"                              # default
  style: "path"                                    # default
  after: "1d"                                      # default
backup:
  to: "none"                                       # default
  base_every: "1d"                                 # default
  keep: "14d"                                      # default
redis: "none"                                      # default
projections: true                                  # default
auth:
  guests:
    anonymous:
      ttl: "1d"                                    # default
      key: "env:KEY"                               # gatehouse.yaml:2:37
routes:
  - match:
      path: "/"                                    # gatehouse.yaml:4:22
      method: ["GET"]                              # gatehouse.yaml:4:33
    to:
      files: "page"                                # gatehouse.yaml:4:53
    max_body: "1MiB"                               # default
    errors: "pass"                                 # default
log:
  level: "debug"                                   # GATEHOUSE_LOG_LEVEL
  access: true                                     # default
shards: "2"                                        # --set shards
capacity:
  memory: "4GiB"                                   # default
  short_at: "80%"                                  # default
  sleep_after: "10m"                               # default
  stuck_after: "5s"                                # default
drain:
  timeout: "10s"                                   # default
)");
    auto const text = show_json(*loaded);
    EXPECT_NE(text.find(R"("listen":{"http":":9090","admin":"127.0.0.1:9901"})"), std::string::npos)
        << text;
    EXPECT_NE(text.find(R"("/listen/http":"gatehouse.yaml:1:17")"), std::string::npos) << text;
    EXPECT_EQ(text.find("hush"), std::string::npos);
}

} // namespace
} // namespace gatehouse::config
