# `cmake --install`: headers and a package that find_package(eigentune) finds.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(DIRECTORY include/eigentune DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS eigentune_optim eigentune_eigentune EXPORT eigentune-targets)
if(EIGENTUNE_SQL)
  install(TARGETS eigentune_sql EXPORT eigentune-targets)
endif()
install(EXPORT eigentune-targets NAMESPACE eigentune:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/eigentune)

configure_package_config_file(cmake/eigentune-config.cmake.in ${PROJECT_BINARY_DIR}/eigentune-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/eigentune)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/eigentune-config-version.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/eigentune-config.cmake ${PROJECT_BINARY_DIR}/eigentune-config-version.cmake
              cmake/xxhash.cmake cmake/soci.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/eigentune)
