// SPDX-License-Identifier: Apache-2.0
#include "storage/backup/chain_reader.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"

#include <fmt/format.h>

namespace gatehouse::storage::backup {

namespace {

std::unexpected<Error> damaged(std::string why)
{
    return fail(ErrorCode::internal, "The backup is damaged.", std::move(why));
}

} // namespace

Result<ChainReader> ChainReader::open(Catalogue& catalogue, Manifest const& base)
{
    return ChainReader(catalogue, base, GH_TRY(catalogue.segments(base.chain, base.number)));
}

Result<std::optional<Segment>> ChainReader::next()
{
    if (at_ == names_.size())
        return std::nullopt;
    auto segment = read(names_[at_]);
    if (!segment) {
        names_.resize(at_);
        return std::unexpected(std::move(segment.error()));
    }
    at_++;
    return *std::move(segment);
}

Result<Segment> ChainReader::read(SegmentName const& name)
{
    auto const object = segment_object(chain_, name);
    if (name.number != number_ + 1)
        return damaged(fmt::format("segment {} of chain {} is missing", number_ + 1, chain_));
    if (at_ + 1 < names_.size() && names_[at_ + 1].number == name.number)
        return damaged(fmt::format("{} and {}: two servers shipped to one chain", object,
            segment_object(chain_, names_[at_ + 1])));
    auto const bytes = GH_TRY(catalogue_.segment(chain_, name));
    auto segment = read_segment(bytes);
    if (!segment)
        return fail(segment.error().code, segment.error().message,
            object + ": " + segment.error().detail);
    auto const& header = segment->header;
    if (header.chain != chain_ || header.number != name.number)
        return damaged(object + " is another one: its place is "
            + segment_object(header.chain, {header.number, name.digest}));
    if (header.before != before_ || header.from != from_)
        return damaged(object + " does not follow the segment before it");
    number_ = header.number;
    before_ = to_hex(sha256(bytes));
    from_ = header.next;
    return segment;
}

} // namespace gatehouse::storage::backup
