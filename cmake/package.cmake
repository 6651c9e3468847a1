# What `cmake --install` lays down, for games in trees of their own (docs/writing-a-game.md):
#
#     find_package(gatehouse REQUIRED)
#     target_link_libraries(my-game PRIVATE gatehouse::gatehouse)   # And gatehouse::testing in tests.
#
# All headers lie under one root, so that "rooms/game.hpp" means the same there as here, and the
# libraries in a folder of their own, for their names are short. What this tree is compiled with
# (warnings, precompiled headers, sanitizers) stays here.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(GH_INSTALL_HEADERS ${CMAKE_INSTALL_INCLUDEDIR}/gatehouse-${PROJECT_VERSION})
set(GH_INSTALL_PACKAGE ${CMAKE_INSTALL_LIBDIR}/cmake/gatehouse)

# gh_package(<library>): it belongs to the package.
function(gh_package name)
  target_compile_features(${name} INTERFACE cxx_std_23)
  target_include_directories(${name} INTERFACE $<INSTALL_INTERFACE:${GH_INSTALL_HEADERS}>)
  install(TARGETS ${name} EXPORT gatehouse
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/gatehouse-${PROJECT_VERSION})
endfunction()

# What a game may include: the contract, and what it is made of.
foreach(module base cache events rooms)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/src/${module} DESTINATION ${GH_INSTALL_HEADERS}
    FILES_MATCHING PATTERN "*.hpp" PATTERN "testing*" EXCLUDE)
endforeach()
install(DIRECTORY ${CMAKE_SOURCE_DIR}/sdk/cpp/gatehouse DESTINATION ${GH_INSTALL_HEADERS}
  FILES_MATCHING PATTERN "*.hpp")

install(EXPORT gatehouse NAMESPACE gatehouse:: FILE gatehouse-targets.cmake
  DESTINATION ${GH_INSTALL_PACKAGE})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/gatehouse-config.cmake.in
  ${CMAKE_BINARY_DIR}/gatehouse-config.cmake INSTALL_DESTINATION ${GH_INSTALL_PACKAGE})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/gatehouse-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/gatehouse-config.cmake
  ${CMAKE_BINARY_DIR}/gatehouse-config-version.cmake DESTINATION ${GH_INSTALL_PACKAGE})
