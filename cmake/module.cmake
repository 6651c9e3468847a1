# gh_module(<name> [PURE] [SHARDS <n>] [USES <module>...] [LINKS <library>...])
#
# One folder of src/ is one static library. It may include only its own headers and those of the
# modules it USES: each module lends its headers through an include root of its own, so the compiler
# itself refuses any other arrow. PURE modules decide and never touch the world: no clock, thread,
# socket, file or randomness (tests/tidy_test.cpp checks every include, tests/symbols checks what
# the archive asks of the C library).
#
# LINKS names outside libraries. Files named *_test.cpp become the ctest `<name>`, label `unit`; a
# long one is dealt to SHARDS ctests, `<name>_1` and on, which run side by side.
# Files named testing*.cpp are what tests of this and of higher modules share: <name>_testing.
function(gh_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "PURE" "SHARDS" "USES;LINKS")
  foreach(used IN LISTS arg_USES)
    if(NOT TARGET ${used})
      message(FATAL_ERROR "${name} USES ${used}, which no line above declares: arrows point down.")
    endif()
  endforeach()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  set(tests ${sources})
  set(shared ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|/testing[a-z_]*)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER shared INCLUDE REGEX "/testing[a-z_]*\\.cpp$")

  set(root ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${name} ${root}/${name} SYMBOLIC)

  if(sources)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${root}>)
    target_link_libraries(${name} PUBLIC ${arg_USES} ${arg_LINKS})
    target_precompile_headers(${name} REUSE_FROM pch)
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE $<BUILD_INTERFACE:${root}>)
    target_link_libraries(${name} INTERFACE ${arg_USES} ${arg_LINKS})
  endif()
  gh_package(${name})
  if(arg_PURE)
    set_property(GLOBAL APPEND PROPERTY GH_PURE_MODULES ${name})
  endif()

  if(shared AND BUILD_TESTING)
    add_library(${name}_testing STATIC ${shared})
    target_link_libraries(${name}_testing PUBLIC ${name} GTest::gtest)
    target_precompile_headers(${name}_testing REUSE_FROM test_pch)
  endif()
  if(tests AND BUILD_TESTING)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} GTest::gtest_main)
    foreach(used IN LISTS name arg_USES)
      if(TARGET ${used}_testing)
        target_link_libraries(${name}_test PRIVATE ${used}_testing)
      endif()
    endforeach()
    target_precompile_headers(${name}_test REUSE_FROM test_pch)
    gh_add_shards(${name} ${arg_SHARDS})
  endif()
endfunction()

# gh_add_shards(<name> [<n>]): the ctest of <name>_test, whole or in n parts.
function(gh_add_shards name)
  if(NOT ARGN)
    add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 600)
    return()
  endif()
  foreach(shard RANGE 1 ${ARGN})
    math(EXPR index "${shard} - 1")
    add_test(NAME ${name}_${shard} COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name}_${shard} PROPERTIES LABELS unit TIMEOUT 600
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${ARGN};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()
