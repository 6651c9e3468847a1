// SPDX-License-Identifier: Apache-2.0
#include "clerk/clerk.hpp"

#include <fstream>
#include <sstream>
#include <thread>

void wait() { std::this_thread::sleep_for(std::chrono::seconds(1)); }
