// SPDX-License-Identifier: Apache-2.0
#include "server/crumb_file.hpp"

#include "base/assert.hpp"
#include "runtime/descriptor.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/core.h>
#include <memory>
#include <sys/mman.h>
#include <utility>

namespace gatehouse::server {

using rooms::CrashSite;
using rooms::Crumb;
using rooms::Crumbs;
using rooms::Doing;

namespace {

constexpr std::uint64_t magic = 0x3162'6d75'7263'4847; // "GHcrumb1"
constexpr std::size_t shards_max = 256;
constexpr std::size_t name_max = 128;
constexpr std::uint8_t stuck = 255; // Where a signal's number would stand: it did not return.

// A text in a fixed place. What is too long is cut: the body of an action that no message can hold.
template <std::size_t size_max>
struct Text {
    std::uint32_t size;
    char bytes[size_max];

    void operator=(std::string_view text)
    {
        size = static_cast<std::uint32_t>(text.copy(bytes, size_max));
    }
    // Never trusts the size that a file names.
    [[nodiscard]] std::string_view view() const
    {
        return {bytes, std::min<std::size_t>(size, size_max)};
    }
};

// A file may name one that there is not.
std::string name_of_signal(int signal)
{
    if (signal == stuck)
        return "did not return";
    auto const* const name = ::sigabbrev_np(signal);
    return name ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

} // namespace

struct CrumbFile::Page {
    std::uint8_t is_laid;
    std::uint8_t signal; // That struck while it lay.
    std::uint8_t doing;
    std::int32_t seat;
    std::uint64_t action;
    Text<name_max> room;
    Text<512> principal;
    Text<256> name;
    Text<64 * 1024> body;

    [[nodiscard]] CrashSite site() const
    {
        return {.room = std::string(room.view()),
            .doing = static_cast<Doing>(std::min<int>(doing, std::to_underlying(Doing::open))),
            .principal = std::string(principal.view()),
            .seat = seat,
            .action = action,
            .name = std::string(name.view()),
            .body = std::string(body.view()),
            .why = name_of_signal(signal)};
    }
};

struct CrumbFile::Layout {
    struct Shut {
        std::uint8_t is_used;
        std::uint8_t doing;
        std::uint64_t order;
        Text<name_max> room;
        Text<64> why;
    };

    std::uint64_t magic;
    std::uint64_t shut_ever;
    Shut shut[shut_max];
    Page pages[shards_max];
};

namespace {

// Of the shard whose thread this is. Read in a signal handler: plain memory, and nothing else.
thread_local std::uint8_t* marked_by_signal = nullptr;

// A game that calls itself without an end has no stack left for the handler to run on.
class OtherStack {
public:
    OtherStack()
    {
        stack_t there{};
        if (::sigaltstack(nullptr, &there) != 0 || (there.ss_flags & SS_DISABLE) == 0)
            return; // A sanitizer's.
        bytes_ = std::make_unique<char[]>(size);
        stack_t const ours{.ss_sp = bytes_.get(), .ss_flags = 0, .ss_size = size};
        if (::sigaltstack(&ours, nullptr) != 0)
            bytes_.reset();
    }
    OtherStack(OtherStack const&) = delete;
    OtherStack& operator=(OtherStack const&) = delete;
    ~OtherStack()
    {
        stack_t const none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
        if (bytes_)
            ::sigaltstack(&none, nullptr);
    }

    void stand_by() const { }

private:
    static constexpr std::size_t size = 64 * 1024;
    std::unique_ptr<char[]> bytes_{};
};

thread_local OtherStack const other_stack;

constexpr std::array fatal{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
std::array<struct sigaction, fatal.size()> before;

void on_fatal(int signal)
{
    if (marked_by_signal)
        *marked_by_signal = static_cast<std::uint8_t>(signal);
    auto const at = std::ranges::find(fatal, signal) - fatal.begin();
    ::sigaction(signal, &before[static_cast<std::size_t>(at)], nullptr);
    ::raise(signal); // Strikes when this handler returns.
}

} // namespace

void mark_crumbs_on_crash()
{
    struct sigaction action { };
    action.sa_handler = on_fatal;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < fatal.size(); i++)
        ::sigaction(fatal[i], &action, &before[i]);
}

class CrumbFile::ShardCrumbs final : public Crumbs {
public:
    ShardCrumbs(CrumbFile& file, Page& page)
        : file_(file)
        , page_(page)
    { }

    // The compiler may not move the mark: whoever reads it does so after this process.
    // A mark that was meant for the crumb before blames nobody.
    void lay(Crumb const& crumb) override
    {
        other_stack.stand_by();
        std::atomic_ref(page_.signal).store(0);
        page_.room = crumb.room;
        page_.doing = static_cast<std::uint8_t>(crumb.doing);
        page_.principal = crumb.principal;
        page_.seat = crumb.seat;
        page_.action = crumb.action;
        page_.name = crumb.name;
        page_.body = crumb.body;
        marked_by_signal = &page_.signal;
        std::atomic_signal_fence(std::memory_order_seq_cst);
        page_.is_laid = 1;
        std::atomic_signal_fence(std::memory_order_seq_cst);
        laid_.store(++laid_ever_, std::memory_order_release);
    }

    void take_up() override
    {
        laid_.store(0, std::memory_order_release);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        page_.is_laid = 0;
        marked_by_signal = nullptr;
    }

    void forgive(std::string_view room) override { file_.reopen(room); }

    [[nodiscard]] std::uint64_t laid() const { return laid_.load(std::memory_order_acquire); }

    // The page stands still as long as its crumb lies there. Whoever returns at this very moment
    // is let go.
    [[nodiscard]] std::optional<CrashSite> accuse(std::uint64_t number)
    {
        std::atomic_ref(page_.signal).store(stuck);
        auto site = page_.site();
        if (laid() == number)
            return site;
        std::atomic_ref(page_.signal).store(0);
        return std::nullopt;
    }

private:
    CrumbFile& file_;
    Page& page_;
    std::uint64_t laid_ever_ = 0;
    std::atomic<std::uint64_t> laid_ = 0;
};

void CrumbFile::Unmap::operator()(Layout* layout) const
{
    ::munmap(layout, size);
}

Result<std::unique_ptr<CrumbFile>> CrumbFile::open(
    std::filesystem::path const& file, std::size_t shards)
{
    GH_ASSERT(shards <= shards_max);
    auto const trouble = [&](std::string_view what) {
        return fail(ErrorCode::unavailable,
            fmt::format("cannot {} {}: {}", what, file.native(), std::strerror(errno)));
    };
    runtime::Descriptor const descriptor(
        ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!descriptor)
        return trouble("open");
    std::uint64_t found = 0;
    bool const is_ours = ::pread(descriptor.get(), &found, sizeof found, 0) == sizeof found
        && found == magic;
    if (!is_ours && ::ftruncate(descriptor.get(), 0) != 0)
        return trouble("empty");
    // Sparse but for what these shards write: a disk that is full then would be a SIGBUS later.
    auto const used = offsetof(Layout, pages) + shards * sizeof(Page);
    if (::ftruncate(descriptor.get(), sizeof(Layout)) != 0)
        return trouble("make room in");
    errno = ::posix_fallocate(descriptor.get(), 0, static_cast<off_t>(used));
    if (errno != 0)
        return trouble("make room in");
    auto* const mapped = ::mmap(
        nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.get(), 0);
    if (mapped == MAP_FAILED)
        return trouble("map");
    std::unique_ptr<CrumbFile> crumbs(new CrumbFile(
        {static_cast<Layout*>(mapped), Unmap{sizeof(Layout)}}, shards));
    crumbs->collect();
    return crumbs;
}

Result<std::unique_ptr<CrumbFile>> CrumbFile::in_memory(std::size_t shards)
{
    GH_ASSERT(shards <= shards_max);
    auto* const mapped = ::mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED)
        return fail(ErrorCode::unavailable, "no memory for breadcrumbs", std::strerror(errno));
    return std::unique_ptr<CrumbFile>(
        new CrumbFile({static_cast<Layout*>(mapped), Unmap{sizeof(Layout)}}, shards));
}

CrumbFile::CrumbFile(std::unique_ptr<Layout, Unmap> layout, std::size_t shards)
    : layout_(std::move(layout))
{
    layout_->magic = magic;
    for (std::size_t shard = 0; shard < shards; shard++)
        shards_.push_back(std::make_unique<ShardCrumbs>(*this, layout_->pages[shard]));
}

CrumbFile::~CrumbFile() = default;

Crumbs& CrumbFile::of(ShardIndex shard)
{
    return *shards_[shard];
}

std::uint64_t CrumbFile::laid(ShardIndex shard) const
{
    return shards_[shard]->laid();
}

std::optional<CrashSite> CrumbFile::accuse(ShardIndex shard, std::uint64_t number)
{
    return shards_[shard]->accuse(number);
}

void CrumbFile::collect()
{
    for (auto& page : layout_->pages) {
        if (page.is_laid != 0 && page.signal != 0)
            blame(page);
        page.is_laid = page.signal = 0;
    }
}

void CrumbFile::blame(Page& page)
{
    auto site = page.site();
    if (site.doing == Doing::read || site.doing == Doing::show)
        shut(site);
    else
        found_.push_back(std::move(site));
}

void CrumbFile::shut(CrashSite const& site)
{
    auto* place = std::ranges::find(layout_->shut, 0, &Layout::Shut::is_used);
    if (place == std::end(layout_->shut))
        place = std::ranges::min_element(layout_->shut, {}, &Layout::Shut::order);
    place->room = site.room;
    place->why = site.why;
    place->doing = static_cast<std::uint8_t>(site.doing);
    place->order = ++layout_->shut_ever;
    place->is_used = 1;
}

std::vector<CrashSite> CrumbFile::shut() const
{
    std::vector<CrashSite> all;
    for (auto& each : layout_->shut)
        if (std::atomic_ref(each.is_used).load() != 0)
            all.push_back({.room = std::string(each.room.view()),
                .doing = each.doing == std::to_underlying(Doing::show) ? Doing::show : Doing::read,
                .why = std::string(each.why.view())});
    return all;
}

bool CrumbFile::reopen(std::string_view room)
{
    bool was_shut = false;
    for (auto& each : layout_->shut)
        if (each.room.view() == room && std::atomic_ref(each.is_used).exchange(0) != 0)
            was_shut = true;
    return was_shut;
}

} // namespace gatehouse::server
