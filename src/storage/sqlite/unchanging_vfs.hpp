// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace gatehouse::storage::sqlite {

// The name of a VFS (https://sqlite.org/vfs.html) by which SQLite reads and locks files as by its
// default one, and changes none: it refuses to write, to shorten, to make and to remove. SQLite
// does so unasked where a database looks as if it needed that, and a damaged one may: a header that
// says another mode, an empty file beside a WAL, a journal. Of databases in exclusive mode.
[[nodiscard]] char const* unchanging_vfs();

} // namespace gatehouse::storage::sqlite
