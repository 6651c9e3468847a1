// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/s3_call.hpp"

#include "base/assert.hpp"
#include "base/text.hpp"
#include "storage/archive/objects.hpp"

#include <curl/curl.h>

#include <utility>

namespace gatehouse::storage::archive {

namespace {

constexpr long connect_seconds = 5;
constexpr long stalled_seconds = 30; // With less than one KiB a second.
constexpr long stalled_speed = 1024;
constexpr std::string_view hash_header = "x-amz-meta-sha256:";

struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, FreeList>;

// What another try does not change.
bool is_final(CURLcode code)
{
    switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_WRITE_ERROR: return true;
    default: return false;
    }
}

std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* into)
{
    auto& body = static_cast<HttpAnswer*>(into)->body;
    if (body.size() + size > object_size_max)
        return 0;
    body.append(bytes, size);
    return size;
}

std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* into)
{
    std::string_view line(bytes, size);
    if (size > hash_header.size()
        && equal_ignoring_case(line.substr(0, hash_header.size()), hash_header)) {
        line.remove_prefix(hash_header.size());
        auto const from = line.find_first_not_of(' ');
        auto const to = line.find_last_not_of(" \r\n");
        if (from != line.npos)
            static_cast<HttpAnswer*>(into)->sha256 = line.substr(from, to - from + 1);
    }
    return size;
}

int is_stopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

Headers headers_of(HttpCall const& call)
{
    Headers list;
    auto const add = [&list](std::string const& line) {
        auto* const longer = curl_slist_append(list.get(), line.c_str());
        GH_ASSERT(longer);
        (void)list.release();
        list.reset(longer);
    };
    for (auto const& [name, value] : call.headers)
        add(name + ": " + value);
    add("Expect:"); // Or it waits a second for servers that do not know 100-continue.
    if (!call.headers.contains("content-type"))
        add("Content-Type:");
    return list;
}

} // namespace

struct HttpCaller::State {
    State(std::stop_token token, std::chrono::seconds call_max)
        : stop(std::move(token))
        , call_seconds(call_max.count())
    { }
    ~State() { curl_easy_cleanup(curl); }
    State(State const&) = delete;
    State& operator=(State const&) = delete;

    template <typename Value>
    void set(CURLoption option, Value value)
    {
        auto const done = curl_easy_setopt(curl, option, value);
        GH_ASSERT(done == CURLE_OK);
    }

    std::stop_token stop;
    long call_seconds;
    CURL* curl = curl_easy_init();
};

HttpCaller::HttpCaller(std::stop_token stop, std::chrono::seconds call_max)
    : state_(std::make_unique<State>(std::move(stop), call_max))
{
    GH_ASSERT(state_->curl);
}

HttpCaller::~HttpCaller() = default;

Result<HttpAnswer> HttpCaller::call(HttpCall const& call)
{
    HttpAnswer answer;
    auto const headers = headers_of(call);
    std::string reason(CURL_ERROR_SIZE, '\0');
    auto& it = *state_;
    curl_easy_reset(it.curl); // Keeps its connections.
    it.set(CURLOPT_URL, call.url.c_str());
    it.set(CURLOPT_PROTOCOLS_STR, "http,https");
    it.set(CURLOPT_PATH_AS_IS, 1L);
    it.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    it.set(CURLOPT_NOSIGNAL, 1L);
    it.set(CURLOPT_CONNECTTIMEOUT, connect_seconds);
    it.set(CURLOPT_LOW_SPEED_LIMIT, stalled_speed);
    it.set(CURLOPT_LOW_SPEED_TIME, stalled_seconds);
    it.set(CURLOPT_TIMEOUT, it.call_seconds);
    it.set(CURLOPT_CUSTOMREQUEST, call.method.c_str());
    it.set(CURLOPT_HTTPHEADER, headers.get());
    if (call.method == "PUT") {
        it.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
        it.set(CURLOPT_POSTFIELDS, call.body.empty() ? "" : call.body.data());
    }
    it.set(CURLOPT_WRITEFUNCTION, &take_body);
    it.set(CURLOPT_WRITEDATA, &answer);
    it.set(CURLOPT_HEADERFUNCTION, &take_header);
    it.set(CURLOPT_HEADERDATA, &answer);
    it.set(CURLOPT_NOPROGRESS, 0L);
    it.set(CURLOPT_XFERINFOFUNCTION, &is_stopped);
    it.set(CURLOPT_XFERINFODATA, &it.stop);
    it.set(CURLOPT_ERRORBUFFER, reason.data());

    auto const code = curl_easy_perform(it.curl);
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return fail(ErrorCode::busy, "Told to stop.");
    if (code != CURLE_OK) {
        auto const* const why = reason[0] ? reason.c_str() : curl_easy_strerror(code);
        return fail(is_final(code) ? ErrorCode::internal : ErrorCode::unavailable,
            "The archive's service cannot be reached.", call.url + ": " + why);
    }
    curl_easy_getinfo(it.curl, CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
}

} // namespace gatehouse::storage::archive
