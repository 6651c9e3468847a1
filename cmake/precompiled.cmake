# The standard headers that nearly every file includes, compiled once for all modules: this halves
# a clean build. Every header still includes what it uses (tests/headers compiles each one alone).
file(WRITE ${CMAKE_BINARY_DIR}/pch.cpp "")
add_library(pch OBJECT ${CMAKE_BINARY_DIR}/pch.cpp)
target_precompile_headers(pch PRIVATE
  <algorithm> <array> <chrono> <cstdint> <deque> <expected> <functional> <memory> <optional> <span>
  <string> <string_view> <tuple> <unordered_map> <utility> <variant> <vector>)
if(BUILD_TESTING)
  add_library(test_pch OBJECT ${CMAKE_BINARY_DIR}/pch.cpp)
  target_link_libraries(test_pch PRIVATE GTest::gtest)
  target_precompile_headers(test_pch PRIVATE <gtest/gtest.h> <chrono> <expected> <functional>
    <optional> <string> <variant> <vector>)
endif()
