// SPDX-License-Identifier: Apache-2.0
#include "base/sound.hpp"

#include <string>
