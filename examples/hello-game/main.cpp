// SPDX-License-Identifier: Apache-2.0
#include "hello_game.hpp"

int main(int argc, char** argv) { return gatehouse::serve<HelloGame>(argc, argv); }
