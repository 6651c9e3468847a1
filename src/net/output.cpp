// SPDX-License-Identifier: Apache-2.0
#include "net/output.hpp"

#include "base/assert.hpp"

#include <utility>

namespace gatehouse::net {
namespace {

// Short ones are copied: cheaper than counting references across cores and one more slice each.
constexpr std::size_t frame_bytes_shared_from = 256;
constexpr std::size_t gathered_bytes_max = 16'384;

}  // namespace

void Output::append(std::string_view bytes)
{
    if (bytes.empty())
        return;
    bytes_ += bytes.size();
    auto* const last = pieces_.empty() ? nullptr : std::get_if<std::string>(&pieces_.back());
    if (last && last->size() + bytes.size() <= gathered_bytes_max)
        last->append(bytes);
    else
        pieces_.emplace_back(std::string(bytes));
}

void Output::append(Frame const& frame)
{
    if (frame->size() < frame_bytes_shared_from)
        return append(std::string_view(*frame));
    bytes_ += frame->size();
    pieces_.emplace_back(frame);
}

Output::Gathered Output::gather(Slices& slices) const
{
    Gathered gathered{.slices = 0, .bytes = 0};
    auto sent = first_sent_;
    for (auto i = first_; i < pieces_.size() && gathered.slices < slices_max; i++) {
        auto const rest = view(pieces_[i]).substr(std::exchange(sent, 0));
        slices[gathered.slices++] = {const_cast<char*>(rest.data()), rest.size()};
        gathered.bytes += rest.size();
    }
    return gathered;
}

void Output::consume(std::size_t bytes)
{
    GH_ASSERT(bytes <= bytes_);
    bytes_ -= bytes;
    if (bytes_ == 0)
        return clear();
    first_sent_ += bytes;
    while (first_sent_ >= view(pieces_[first_]).size()) {
        first_sent_ -= view(pieces_[first_]).size();
        pieces_[first_++] = std::string();
    }
    // Half of it went out: move the rest up, or a backlog that never empties would grow for ever.
    if (first_ < pieces_.size() - first_)
        return;
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
}

void Output::clear()
{
    pieces_ = {};
    first_ = first_sent_ = bytes_ = 0;
}

void Output::drop_waiting()
{
    if (bytes_ == 0)
        return;
    pieces_.erase(pieces_.begin() + static_cast<std::ptrdiff_t>(first_) + 1, pieces_.end());
    bytes_ = view(pieces_[first_]).size() - first_sent_;
}

std::string_view Output::view(Piece const& piece)
{
    auto const* const frame = std::get_if<Frame>(&piece);
    return frame ? std::string_view(**frame) : std::string_view(std::get<std::string>(piece));
}

}  // namespace gatehouse::net
