// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/compressed_lines.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <utility>
#include <zstd.h>

namespace gatehouse::storage::archive {

namespace {

constexpr int level = 9;
constexpr int window_log_max = 23;
constexpr std::size_t chunk_size = 128 << 10;

struct FreeZstd {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

std::unexpected<Error> damaged(std::string detail)
{
    return fail(ErrorCode::internal, "An object of the archive is damaged.", std::move(detail));
}

// Cuts what is unpacked into lines.
class Splitter {
public:
    explicit Splitter(OnLine const& visit)
        : visit_(visit)
    { }

    Result<void> add(std::string_view bytes)
    {
        for (auto end = bytes.find('\n'); end != bytes.npos; end = bytes.find('\n')) {
            if (begun_.empty()) {
                GH_CHECK(visit_(bytes.substr(0, end)));
            } else {
                begun_.append(bytes.substr(0, end));
                GH_CHECK(visit_(begun_));
                begun_.clear();
            }
            bytes.remove_prefix(end + 1);
        }
        if (begun_.size() + bytes.size() > line_size_max)
            return damaged("it has a line that is too long");
        begun_.append(bytes);
        return {};
    }

    Result<void> end() const
    {
        return begun_.empty() ? Result<void>{} : damaged("its last line has no end");
    }

private:
    OnLine const& visit_;
    std::string begun_;
};

} // namespace

struct LineWriter::State {
    std::unique_ptr<ZSTD_CCtx, FreeZstd> context{ZSTD_createCCtx()};
    std::string frame{};

    void compress(std::string_view bytes, ZSTD_EndDirective end)
    {
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        std::size_t left = 0;
        do {
            auto const size = frame.size();
            frame.resize(size + chunk_size);
            ZSTD_outBuffer out{frame.data() + size, chunk_size, 0};
            left = ZSTD_compressStream2(context.get(), &out, &in, end);
            GH_ASSERT(!ZSTD_isError(left));
            frame.resize(size + out.pos);
        } while (in.pos < in.size || (end == ZSTD_e_end && left > 0));
    }
};

LineWriter::LineWriter()
    : state_(std::make_unique<State>())
{
    auto* const context = state_->context.get();
    GH_ASSERT(context);
    GH_ASSERT(!ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)));
    GH_ASSERT(!ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log_max)));
    GH_ASSERT(!ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)));
}

LineWriter::~LineWriter() = default;
LineWriter::LineWriter(LineWriter&&) noexcept = default;
LineWriter& LineWriter::operator=(LineWriter&&) noexcept = default;

void LineWriter::add(std::string_view lines)
{
    state_->compress(lines, ZSTD_e_continue);
}

std::string LineWriter::finish()
{
    state_->compress({}, ZSTD_e_end);
    return std::move(state_->frame);
}

Result<void> each_line(std::string_view frame, std::size_t bytes_max, OnLine const& visit)
{
    std::unique_ptr<ZSTD_DCtx, FreeZstd> const context(ZSTD_createDCtx());
    GH_ASSERT(context);
    GH_ASSERT(!ZSTD_isError(
        ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, window_log_max)));
    Splitter splitter(visit);
    std::string chunk(chunk_size, '\0');
    ZSTD_inBuffer in{frame.data(), frame.size(), 0};
    std::size_t left = 1; // 0 when the frame is whole.
    std::size_t unpacked = 0;
    while (left > 0) {
        ZSTD_outBuffer out{chunk.data(), chunk.size(), 0};
        auto const in_before = in.pos;
        left = ZSTD_decompressStream(context.get(), &out, &in);
        if (ZSTD_isError(left))
            return damaged(std::string("it cannot be unpacked: ") + ZSTD_getErrorName(left));
        if (out.pos == 0 && in.pos == in_before && left > 0)
            return damaged("its end is missing");
        unpacked += out.pos;
        if (unpacked > bytes_max)
            return damaged("it unpacks to more than " + std::to_string(bytes_max) + " bytes");
        GH_CHECK(splitter.add({chunk.data(), out.pos}));
    }
    if (in.pos < in.size)
        return damaged("something follows its end");
    return splitter.end();
}

} // namespace gatehouse::storage::archive
