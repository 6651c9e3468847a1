# gh_module(<name> [PURE] [USES <module>...] [LINKS <library>...])
#
# One folder of src/ is one static library. It may include only its own headers and those of the
# modules it USES: each module lends its headers through an include root of its own, so the compiler
# itself refuses any other arrow. PURE modules decide and never touch the world: no clock, thread,
# socket, file or randomness (tests/tidy_test.cpp checks every include, tests/symbols checks what
# the archive asks of the C library).
#
# LINKS names outside libraries. Files named *_test.cpp become the ctest `<name>`, label `unit`.
function(gh_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "PURE" "" "USES;LINKS")
  foreach(used IN LISTS arg_USES)
    if(NOT TARGET ${used})
      message(FATAL_ERROR "${name} USES ${used}, which no line above declares: arrows point down.")
    endif()
  endforeach()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  set(root ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${name} ${root}/${name} SYMBOLIC)

  if(sources)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${root})
    target_link_libraries(${name} PUBLIC ${arg_USES} ${arg_LINKS})
    target_precompile_headers(${name} REUSE_FROM pch)
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${root})
    target_link_libraries(${name} INTERFACE ${arg_USES} ${arg_LINKS})
  endif()
  if(arg_PURE)
    set_property(GLOBAL APPEND PROPERTY GH_PURE_MODULES ${name})
  endif()

  if(tests AND BUILD_TESTING)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} GTest::gtest_main)
    target_precompile_headers(${name}_test REUSE_FROM test_pch)
    add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 600)
  endif()
endfunction()
