// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "disk.hpp"

namespace gatehouse::simulation {

// Puts a Disk under every SQLite database that this process opens from now on, with chance and time
// from there too: so that the real SQLite does the same thing for the same seed. One at a time, in
// one thread.
class Vfs {
public:
    explicit Vfs(Disk& disk);
    Vfs(Vfs const&) = delete;
    Vfs& operator=(Vfs const&) = delete;
    ~Vfs();

    // How many pages the WAL gathers before a commit moves them into the database, and how many
    // SQLite keeps in memory.
    void set_pages(int checkpoint, int cache);
    // Undoes nothing: what a crash leaves half done stays half done.
    void set_without_journal();
};

}  // namespace gatehouse::simulation
