// SPDX-License-Identifier: Apache-2.0
#include "config/checking.hpp"
#include "config/validation.hpp"
#include "config/values.hpp"

#include <fmt/format.h>
#include <string>

namespace gatehouse::config {
namespace {

void check_files(Checking& check, Validate const& validate, std::string const& pointer)
{
    auto const compiled = compile(validate);
    if (compiled)
        return;
    auto const& complaint = compiled.error();
    if (auto place = place_of(validate, complaint))
        check.wrong_at(*std::move(place), complaint.pointer, complaint.message);
    else
        check.wrong(pointer, complaint.text());
}

void check_bound(Checking& check, Route const& route, std::string const& pointer)
{
    auto const& own = route.validate->max_body;
    auto const max_body = own.value_or(route.max_body);
    if (max_body.bytes <= validated_body_max)
        return;
    check.wrong(pointer + (own ? "/validate/max_body" : "/validate"),
        fmt::format("bodies that are judged are held in memory: {} of max_body is more than {}",
            write_value(max_body), write_value(Size{validated_body_max})));
}

} // namespace

void check_validation(Checking& check, Route const& route, std::string const& pointer)
{
    if (!route.validate)
        return;
    auto const& validate = *route.validate;
    auto const at = pointer + "/validate";
    if (check.is_blamed(at))
        return;
    bool const is_service = route.to.kind == Target::Kind::service && !route.redirect;
    if (!is_service)
        return check.wrong(at, "only what a service gets is judged: leave it out");
    auto const& base = validate.base;
    if (!base.empty() && validate.openapi.text.empty())
        check.wrong(at + "/base", "goes with openapi: leave it out");
    if (!base.empty() && (!base.starts_with('/') || base.ends_with('/')))
        check.wrong(at + "/base",
            fmt::format("{} is none: write it as /api/v1, without a slash behind", quote(base)));
    check_bound(check, route, pointer);
    check_files(check, validate, at);
}

} // namespace gatehouse::config
