// SPDX-License-Identifier: Apache-2.0
#include "base/sound.hpp"
#include "clerk/clerk.hpp"
#include "sound.hpp"
#include "storage/book.hpp"

#include <chrono>
#include <ctime>
#include <iostream>
#include <sys/socket.h>

	int tabbed;
int trailing; 
// TODO: later. A name like gatehouse.XXXXXX is none; MyTODO neither.
int wide = 1; // ........................................................................................
