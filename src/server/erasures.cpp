// SPDX-License-Identifier: Apache-2.0
#include "server/erasures.hpp"

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "config/values.hpp"
#include "server/archiver.hpp"
#include "server/owed_notes.hpp"
#include "server/shipper.hpp"
#include "storage/archive/folder.hpp"
#include "storage/sqlite/open.hpp"

#include <algorithm>
#include <charconv>
#include <sys/stat.h>
#include <utility>

namespace gatehouse::server {

namespace archive = storage::archive;

namespace {

constexpr std::string_view marker = "gatehouse";
constexpr std::string_view memory = "erasures";

std::string_view take_until(std::string_view& rest, char end)
{
    auto const taken = rest.substr(0, rest.find(end));
    rest.remove_prefix(std::min(taken.size() + 1, rest.size()));
    return taken;
}

std::optional<std::uint64_t> take_number(std::string_view& line)
{
    auto const digits = take_until(line, ' ');
    std::uint64_t number = 0;
    auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

// Of a marker; none where it cannot be read, as of one that an operator put there.
TargetNames names_in(std::string_view text)
{
    TargetNames names;
    json::Parser parser;
    auto const root = parser.parse(text);
    auto const targets = root ? root->find("targets") : std::nullopt;
    if (targets)
        targets->each_element([&](json::Node node) {
            names.emplace(node.text().value_or(""));
            return true;
        });
    return names;
}

std::string marker_of(TargetNames const& names)
{
    std::string text;
    json::Writer out(text);
    out.object().key("targets").array();
    for (auto const& name : names)
        out.value(name);
    out.end_array().end_object();
    return text;
}

std::unexpected<Error> another_place(std::string const& name)
{
    return fail(ErrorCode::unsupported,
        name + " is empty, and was not: it is another place than it was",
        "is its disk mounted, its bucket the same? Whoever was erased is noted there, and might be "
        "back. To use it as it is, put an object \"" + std::string(marker) + "\" into it");
}

// What one start has found. A target is taken for used when it has its own marker, and not before:
// else one that could not be marked would look like another place for ever.
class Look {
public:
    Look(ErasureTargets const& targets, TargetNames used)
        : targets_(targets)
        , done_{.used = std::move(used)}
    { }

    // Each may know of others.
    Result<void> read_markers()
    {
        std::vector<std::string> unmarked;
        for (auto const& target : targets_) {
            auto const text = target.objects->get(marker);
            if (text)
                done_.used.merge(names_in(*text));
            else if (text.error().code == ErrorCode::not_found)
                unmarked.push_back(target.name);
            else
                note_away(target, text.error());
        }
        for (auto const& name : unmarked)
            if (done_.used.contains(name))
                return another_place(name);
        return {};
    }

    archive::ErasedKeys read_notes()
    {
        archive::ErasedKeys all;
        for (auto const& target : targets_) {
            if (away_.contains(target.name))
                continue;
            if (auto keys = archive::erased_keys(*target.objects))
                all.merge(*keys);
            else
                note_away(target, keys.error());
        }
        return all;
    }

    void mark()
    {
        for (auto const& target : targets_)
            if (mark(target, {target.name}))
                done_.used.insert(target.name);
        for (auto const& target : targets_)
            if (done_.used.contains(target.name))
                mark(target, done_.used);
    }

    // Those that could not be asked now are to be asked when they are back.
    void owe_questions() { done_.unasked.assign(away_.begin(), away_.end()); }

    [[nodiscard]] bool is_anybody_away() const { return !away_.empty(); }
    [[nodiscard]] ErasedAgain& done() { return done_; }

private:
    // Is it one that tells of at least these?
    bool mark(ErasureTarget const& target, TargetNames const& names)
    {
        if (away_.contains(target.name))
            return false;
        auto const text = target.objects->get(marker);
        if (text && std::ranges::includes(names_in(*text), names))
            return true;
        auto const put = target.objects->put(marker, marker_of(names));
        if (!put)
            note_away(target, put.error());
        return put.has_value();
    }

    void note_away(ErasureTarget const& target, Error const& why)
    {
        away_.insert(target.name);
        done_.away = why;
    }

    ErasureTargets const& targets_;
    TargetNames away_{};
    ErasedAgain done_;
};

// Erased while a target was away, which may have no note of it yet.
Result<archive::ErasedKeys> owed_keys(config::Settings const& settings)
{
    auto const owed = GH_TRY(OwedNotes::open(data_folder(settings), {}));
    return owed.all();
}

} // namespace

Result<ErasureTargets> erasure_targets(config::Settings const& settings, std::stop_token stop)
{
    ErasureTargets targets;
    if (settings.archive.to.kind != config::ObjectStore::Kind::none)
        targets.push_back({config::write_value(settings.archive.to),
            GH_TRY(open_objects(settings.archive, stop))});
    if (settings.backup.to.kind != config::ObjectStore::Kind::none)
        targets.push_back(
            {config::write_value(settings.backup.to), GH_TRY(open_backup(settings, stop))});
    return targets;
}

std::unique_ptr<archive::Objects> data_folder(config::Settings const& settings)
{
    auto const path = settings.store.data_folder();
    if (path.empty())
        return nullptr;
    auto folder = archive::Folder::open(path);
    return folder ? *std::move(folder) : nullptr;
}

Result<archive::ErasedKeys> ask_target(ErasureTarget const& target, TargetNames const& used)
{
    auto const text = target.objects->get(marker);
    if (!text && text.error().code != ErrorCode::not_found)
        return std::unexpected(text.error());
    if (!text && used.contains(target.name))
        return another_place(target.name);
    if (!text)
        GH_CHECK(target.objects->put(marker, marker_of({target.name})));
    return archive::erased_keys(*target.objects);
}

// The first line is the sight; older servers wrote the history alone.
Remembered::Remembered(config::Settings const& settings)
    : folder_(data_folder(settings))
{
    if (settings.store.kind == config::Store::Kind::sqlite)
        key_file_ = storage::sqlite::keys_of(settings.store.path.text);
    auto const text = folder_ ? folder_->get(memory) : Result<std::string>(std::string());
    std::string_view rest = text ? *text : std::string_view();
    auto first = take_until(rest, '\n');
    if (auto const history = take_number(first)) {
        auto const key_file = take_number(first).value_or(0);
        sight_ = {*history, key_file, take_number(first).value_or(0)};
    }
    while (!rest.empty())
        targets_.emplace(take_until(rest, '\n'));
}

Remembered::Sight Remembered::sight_of(storage::Log& log, std::uint64_t history) const
{
    struct stat status {};
    bool const has_file = !key_file_.empty() && ::stat(key_file_.c_str(), &status) == 0;
    auto const ring = log.key_ring();
    return {.history = history,
        .key_file = has_file ? status.st_ino : 0,
        .forgotten = ring ? ring->forgotten : 0};
}

bool Remembered::knows(Sight const& sight) const
{
    return sight_ && sight_->history == sight.history && sight_->forgotten <= sight.forgotten
        && (sight_->key_file == 0 || sight_->key_file == sight.key_file);
}

void Remembered::save(Sight const& sight, TargetNames const& targets)
{
    if (sight_ == sight && targets_ == targets)
        return;
    auto text = std::to_string(sight.history) + " " + std::to_string(sight.key_file) + " "
        + std::to_string(sight.forgotten) + "\n";
    for (auto const& target : targets)
        text += target + "\n";
    sight_ = sight;
    targets_ = targets;
    if (folder_)
        static_cast<void>(folder_->put(memory, text));
}

Result<ErasedAgain> erase_again(
    config::Settings const& settings, storage::Log& log, std::uint64_t history)
{
    auto const targets = GH_TRY(erasure_targets(settings));
    if (targets.empty())
        return ErasedAgain{};
    Remembered remembered(settings);
    Look look(targets, remembered.targets());
    GH_CHECK(look.read_markers());
    auto const keys = log.keys(0, 1);
    bool const has_anybody = !keys || !keys->empty();
    auto& done = look.done();
    if (has_anybody) {
        auto noted = look.read_notes();
        noted.merge(GH_TRY(owed_keys(settings)));
        archive::ErasingAgain erasing(std::move(noted));
        auto const sight = remembered.sight_of(log, history);
        if (look.is_anybody_away() && !remembered.knows(sight))
            return fail(done.away->code,
                "whoever was erased may be back, and not all can be asked who that is",
                done.away->message + " " + done.away->detail
                    + " (the store was set back, or is a copy, and archive.to and backup.to know "
                      "who was erased: bring both back, or leave out the one that is lost)");
        while (!erasing.is_done())
            GH_CHECK(erasing.step(log));
        done.keys = erasing.keys_gone();
        done.has_damage = erasing.has_damage();
    }
    look.mark();
    if (has_anybody) // Else nobody could be back.
        look.owe_questions();
    remembered.save(remembered.sight_of(log, history), done.used);
    return std::move(done);
}

} // namespace gatehouse::server
