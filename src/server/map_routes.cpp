// SPDX-License-Identifier: Apache-2.0
#include "server/map_gateway.hpp"

#include "config/pattern.hpp"
#include "config/validation.hpp"
#include "server/mapping.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace gatehouse::server {

namespace fs = std::filesystem;

namespace {

Result<std::string> read_file(fs::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (!in)
        return fail(ErrorCode::bad_request, "cannot read " + path.string());
    return bytes;
}

gateway::HeaderEdits edits_of(config::Edits const& edits)
{
    return {.remove = edits.remove,
        .set = {edits.set.begin(), edits.set.end()},
        .add = {edits.add.begin(), edits.add.end()}};
}

std::string frame_of(config::Frame frame)
{
    switch (frame) {
    case config::Frame::deny: return "DENY";
    case config::Frame::sameorigin: return "SAMEORIGIN";
    case config::Frame::off: return {};
    }
    std::unreachable();
}

gateway::ShapeOptions shape_of(config::Route const& route)
{
    gateway::ShapeOptions shape{.rewrite = route.rewrite};
    if (route.headers && route.headers->request)
        shape.request = edits_of(*route.headers->request);
    if (route.headers && route.headers->response)
        shape.response = edits_of(*route.headers->response);
    if (route.redirect)
        shape.redirect
            = gateway::RedirectOptions{.to = route.redirect->to, .status = route.redirect->status};
    if (auto const& cors = route.cors)
        shape.cors = gateway::CorsOptions{.origins = cors->origins,
            .headers = cors->headers,
            .expose = cors->expose,
            .credentials = cors->credentials,
            .max_age = cors->max_age};
    if (auto const& security = route.security)
        shape.security = gateway::SecurityOptions{.nosniff = security->nosniff,
            .frame = frame_of(security->frame),
            .referrer = security->referrer,
            .csp = security->csp};
    return shape;
}

config::Size max_body_of(config::Route const& route)
{
    return route.validate && route.validate->max_body ? *route.validate->max_body : route.max_body;
}

gateway::RouteOptions route_of(config::Route const& route)
{
    auto pattern = config::pattern_of(route.match);
    gateway::RouteOptions options{.host = std::move(pattern.host),
        .path = std::move(pattern.path),
        .methods = std::move(pattern.methods),
        .headers = std::move(pattern.headers),
        .query = std::move(pattern.query),
        .auth = route.auth,
        .require = route.require,
        .limits = route.limit,
        .timeout = route.timeout,
        .max_body = max_body_of(route).bytes,
        .normalize_errors = route.errors == config::ErrorBodies::normalize,
        .shape = shape_of(route)};
    if (route.redirect) {
        options.target = gateway::Target::redirect;
        return options;
    }
    switch (route.to.kind) {
    case config::Target::Kind::service:
        options.target = gateway::Target::service;
        options.to = route.to.service;
        break;
    case config::Target::Kind::rooms: options.target = gateway::Target::rooms; break;
    case config::Target::Kind::files:
        options.target = gateway::Target::files;
        options.to = route.to.folder.text;
        break;
    }
    return options;
}

// Routes that say the same share what is compiled of it.
class Validations {
public:
    Result<gateway::ValidationOptions> of(config::Validate const& validate)
    {
        for (auto const& [known, options] : all_)
            if (*known == validate)
                return options;
        auto const compiled = config::compile(validate);
        if (!compiled)
            return fail(ErrorCode::bad_request, compiled.error().text());
        all_.emplace_back(&validate,
            gateway::ValidationOptions{compiled->body, compiled->api, validate.base});
        return all_.back().second;
    }

private:
    std::vector<std::pair<config::Validate const*, gateway::ValidationOptions>> all_;
};

} // namespace

Result<std::shared_ptr<gateway::FileSet const>> read_folder(std::string const& path)
{
    auto files = std::make_shared<gateway::FileSet>();
    std::size_t total = 0;
    std::error_code error;
    fs::recursive_directory_iterator entry(path, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        std::error_code gone; // Since it was listed; or a link that leads nowhere.
        if (!entry->is_regular_file(gone))
            continue;
        auto const size = entry->file_size(gone);
        if (gone)
            continue;
        total += size;
        if (size > file_bytes_max || total > folder_bytes_max)
            return fail(ErrorCode::bad_request,
                entry->path().string()
                    + ": too big to be served from memory (8 MiB a file, 64 MiB a folder)");
        files->add("/" + entry->path().lexically_relative(path).generic_string(),
            GH_TRY(read_file(entry->path())));
    }
    if (error)
        return fail(ErrorCode::bad_request,
            "cannot read the folder " + path + ": " + error.message()
                + "; make it, or name another");
    return files;
}

Result<std::vector<gateway::RouteOptions>> map_routes(config::Settings const& settings)
{
    std::vector<gateway::RouteOptions> all;
    Validations validations;
    for (auto const& route : settings.routes) {
        all.push_back(route_of(route));
        if (route.validate)
            all.back().validation = GH_TRY(validations.of(*route.validate));
    }
    // Operators' questions: answered on the admin listener alone.
    all.push_back({.id = "admin", .path = "/admin/**", .target = gateway::Target::admin});
    return all;
}

Result<std::vector<gateway::FilesOptions>> map_files(config::Settings const& settings)
{
    std::vector<gateway::FilesOptions> all;
    for (std::size_t number = 0; number < settings.routes.size(); number++) {
        auto const& to = settings.routes[number].to;
        auto const& folder = to.folder.text;
        bool const is_known
            = std::ranges::find(all, folder, &gateway::FilesOptions::name) != all.end();
        if (to.kind != config::Target::Kind::files || is_known)
            continue;
        auto files = read_folder(folder);
        if (!files)
            return fail(ErrorCode::bad_request,
                "/routes/" + std::to_string(number) + "/to: " + files.error().message);
        all.push_back({folder, std::move(*files)});
    }
    return all;
}

} // namespace gatehouse::server
