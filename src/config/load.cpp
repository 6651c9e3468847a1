// SPDX-License-Identifier: Apache-2.0
#include "config/load.hpp"

#include "config/checks.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <iterator>
#include <utility>

namespace gatehouse::config {
namespace {

std::string_view folder_of(std::string_view file)
{
    auto const slash = file.rfind('/');
    return slash == std::string_view::npos ? std::string_view {} : file.substr(0, slash + 1);
}

// "a/gatehouse.yaml", "prod" → "a/gatehouse.prod.yaml".
std::string environment_file(std::string_view file, std::string_view name)
{
    auto const folder = folder_of(file);
    auto const dot = file.substr(folder.size()).rfind('.');
    auto const stem = dot == std::string_view::npos ? file : file.substr(0, folder.size() + dot);
    return fmt::format("{}.{}{}", stem, name, file.substr(stem.size()));
}

std::optional<Node> take_member(Node& map, std::string_view key)
{
    auto const found = std::ranges::find(map.children, key, &Node::key);
    if (map.kind != Node::Kind::map || found == map.children.end())
        return std::nullopt;
    auto taken = std::move(*found);
    map.children.erase(found);
    return taken;
}

// Builds the tree of all files, layer upon layer.
class Layers {
public:
    Layers(std::string const& file, Sources const& sources, Problems& problems)
        : main_(file)
        , sources_(sources)
        , problems_(problems)
    { }

    std::optional<Node> build(std::string_view text)
    {
        auto tree = parse(main_, text);
        if (!tree)
            return std::nullopt;
        if (auto const globs = take_member(*tree, "import"))
            import_all(*globs, *tree);
        if (auto const name = sources_.environment("GATEHOUSE_ENV"); name && !name->empty())
            add(environment_file(main_, *name), {"GATEHOUSE_ENV"}, *tree);
        return tree;
    }

    std::vector<std::string> take_files() { return std::move(files_); }

private:
    std::optional<Node> parse(std::string const& name, std::string_view text)
    {
        files_.push_back(name);
        return parse_document(name, text, sources_.environment, problems_);
    }

    void import_all(Node const& globs, Node& tree)
    {
        if (globs.kind == Node::Kind::scalar)
            import_glob(globs, "/import", tree);
        else if (globs.kind == Node::Kind::list)
            for (std::size_t i = 0; i < globs.children.size(); i++)
                import_glob(globs.children[i], fmt::format("/import/{}", i), tree);
        else
            problems_.add(globs.place, "/import", "write a list of globs, such as [routes/*.yaml]");
    }

    void import_glob(Node const& glob, std::string const& pointer, Node& tree)
    {
        if (glob.kind != Node::Kind::scalar || glob.text.empty()) {
            problems_.add(glob.place, pointer, "write a glob, such as routes/*.yaml");
            return;
        }
        auto const pattern = resolve_path(glob.text, folder_of(main_));
        auto const files = sources_.glob(pattern);
        if (files.empty() && !glob.text.contains('*'))
            problems_.add(glob.place, pointer, fmt::format("there is no file {}", quote(pattern)));
        for (auto const& file : files) {
            if (files_.size() > imports_max) {
                problems_.add(glob.place, pointer,
                    fmt::format("more than {} files are imported", imports_max));
                return;
            }
            add_import(file, glob.place, tree);
        }
    }

    void add_import(std::string const& file, Place const& asked_at, Node& tree)
    {
        auto layer = read(file, asked_at);
        if (!layer)
            return;
        auto routes = take_member(*layer, "routes");
        merge(tree, *std::move(layer));
        if (!routes)
            return;
        Node const* const before = tree.find("routes");
        if (!before || before->kind != Node::Kind::list || routes->kind != Node::Kind::list) {
            (void)take_member(tree, "routes");
            tree.children.push_back(*std::move(routes));
        } else {
            auto all = *take_member(tree, "routes");
            std::ranges::move(routes->children, std::back_inserter(all.children));
            tree.children.push_back(std::move(all));
        }
    }

    void add(std::string const& file, Place const& asked_at, Node& tree)
    {
        if (auto layer = read(file, asked_at))
            merge(tree, *std::move(layer));
    }

    // One more file, which imports nothing itself.
    std::optional<Node> read(std::string const& file, Place const& asked_at)
    {
        auto const text = sources_.read_file(file);
        if (!text) {
            problems_.add(asked_at, "", fmt::format("{} can't be read", quote(file)));
            return std::nullopt;
        }
        auto layer = parse(file, *text);
        if (!layer || layer->kind == Node::Kind::null)
            return std::nullopt;
        if (layer->kind != Node::Kind::map) {
            problems_.add(layer->place, "", "a configuration is a map of keys");
            return std::nullopt;
        }
        if (auto const nested = take_member(*layer, "import"))
            problems_.add(nested->key_place, "/import", "only the main file imports");
        return layer;
    }

    std::string const& main_;
    Sources const& sources_;
    Problems& problems_;
    std::vector<std::string> files_;
};

} // namespace

std::expected<Loaded, Problems> load(std::string const& file, std::string_view text,
    Sources const& sources, std::span<Flag const> flags, std::span<std::string_view const> games)
{
    Problems problems;
    Loaded loaded;
    std::vector<std::string> named; // Files that the settings lead to.
    Layers layers(file, sources, problems);
    if (auto const tree = layers.build(text)) {
        auto const read_file = std::function<std::optional<std::string>(std::string_view)>(
            [&](std::string_view path) {
                named.emplace_back(path);
                return sources.read_file(path);
            });
        Surroundings const around {folder_of(file), sources.environment, read_file};
        loaded.settings = read_settings(*tree, flags, around, loaded.origins, problems);
        check_settings(loaded.settings, games, loaded.origins, problems);
    }
    loaded.files = layers.take_files();
    std::ranges::sort(named); // Several routes may lead to one.
    std::ranges::unique_copy(named, std::back_inserter(loaded.files));
    problems.sort_by_place();
    if (!problems.empty())
        return std::unexpected(std::move(problems));
    return loaded;
}

} // namespace gatehouse::config
