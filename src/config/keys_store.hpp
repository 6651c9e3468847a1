// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/note.hpp"
#include "config/settings_store.hpp"

namespace gatehouse::config {

template <> struct Keys<Archive> {
    static void each(auto& at, auto&& key)
    {
        key("to", at.to,
            Note {.help = "none: they stay in the store; file:FOLDER, or s3://BUCKET/PREFIX of any "
                          "service that speaks S3.",
                .example = "s3://my-archive/gatehouse"});
        key("endpoint", at.endpoint,
            Note {.help = "The service of s3:. Left out: Amazon's of the region.",
                .example = "https://s3.example.com"});
        key("region", at.region, Note {.help = "Of s3:.", .example = "eu-central-1"});
        key("style", at.style,
            Note {.help = "Where the bucket stands: in the path, or before the host.",
                .example = "host"});
        key("access_key", at.access_key,
            Note {.help = "The id of the key that s3: is asked with.",
                .example = "env:ARCHIVE_KEY"});
        key("secret_key", at.secret_key,
            Note {.help = "Its secret.", .example = "env:ARCHIVE_SECRET"});
        key("after", at.after,
            Note {.help = "A room moves to the archive when it is finished this long.",
                .example = "24h"});
        key("keep", at.keep,
            Note {.help = "It is deleted when it is finished this long, unless it is held. Left "
                          "out: never.",
                .example = "365d"});
        key("compact", at.compact,
            Note {.help = "Of a room that is not finished, the events before a snapshot move to "
                          "the archive when they are so many. Left out: never.",
                .example = "2000",
                .max = 50'000});
    }
};

template <> struct Keys<Backup> {
    static void each(auto& at, auto&& key)
    {
        key("to", at.to,
            Note {.help = "none, file:FOLDER on another disk, or s3://BUCKET/PREFIX of the service "
                          "that archive names, with its keys.",
                .example = "s3://my-backups/gatehouse"});
        key("base_every", at.base_every,
            Note {.help = "Time between copies of the whole store. What comes between is shipped "
                          "every second.",
                .example = "12h"});
        key("keep", at.keep,
            Note {.help = "Any moment of so long a time can be restored.", .example = "30d"});
    }
};

template <> struct Keys<GameArchive> {
    static void each(auto& at, auto&& key)
    {
        key("after", at.after, Note {.help = "In place of archive.after.", .example = "1h"});
        key("keep", at.keep, Note {.help = "In place of archive.keep.", .example = "30d"});
    }
};

} // namespace gatehouse::config
