# Dependencies: the system's package if there is one, else a pinned source.
include(FetchContent)

# eigentune_find(<package> <target> <repository> <tag> [version]): find_package first, then FetchContent.
macro(eigentune_find package target repository tag)
  if(NOT TARGET ${target})
    find_package(${package} ${ARGN} QUIET)
    if(NOT TARGET ${target})
      message(STATUS "${package} is not installed: fetching ${tag}")
      if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.25)
        set(eigentune_system SYSTEM)  # so that its headers do not answer to our warnings
      endif()
      FetchContent_Declare(${package} GIT_REPOSITORY ${repository} GIT_TAG ${tag} GIT_SHALLOW ON ${eigentune_system})
      FetchContent_MakeAvailable(${package})
    endif()
  endif()
endmacro()

# What a user of the library needs.
macro(eigentune_find_library_dependencies)
  set(EIGEN_BUILD_DOC OFF)
  set(EIGEN_BUILD_TESTING OFF)
  set(EIGEN_BUILD_PKGCONFIG OFF)
  set(FMT_INSTALL ${EIGENTUNE_INSTALL})
  eigentune_find(Eigen3 Eigen3::Eigen https://gitlab.com/libeigen/eigen.git 3.4.0 3.4)
  eigentune_find(fmt fmt::fmt https://github.com/fmtlib/fmt.git 9.1.0 8)
  find_package(Threads REQUIRED)
endmacro()

# What checkpoints and run logs need besides.
macro(eigentune_find_training_dependencies)
  set(JSON_BuildTests OFF)
  set(JSON_Install ${EIGENTUNE_INSTALL})
  eigentune_find(nlohmann_json nlohmann_json::nlohmann_json https://github.com/nlohmann/json.git v3.11.2)
  include(cmake/xxhash.cmake)
  if(NOT TARGET eigentune::xxhash)
    message(STATUS "xxHash is not installed: fetching v0.8.1")
    FetchContent_Declare(xxhash GIT_REPOSITORY https://github.com/Cyan4973/xxHash.git GIT_TAG v0.8.1 GIT_SHALLOW ON)
    FetchContent_GetProperties(xxhash)
    if(NOT xxhash_POPULATED)
      FetchContent_Populate(xxhash)
    endif()
    set(EIGENTUNE_XXHASH_INCLUDE ${xxhash_SOURCE_DIR} CACHE PATH "Where xxhash.h is" FORCE)
    include(cmake/xxhash.cmake)
  endif()
endmacro()

# What studies in a database need.
macro(eigentune_find_sql_dependencies)
  include(cmake/soci.cmake)
  if(NOT TARGET eigentune::soci)
    find_package(SQLite3 REQUIRED)
    message(STATUS "SOCI is not installed: fetching v4.0.3")
    set(SOCI_TESTS OFF)
    set(SOCI_SHARED OFF)
    set(SOCI_EMPTY OFF)
    foreach(backend IN ITEMS DB2 FIREBIRD MYSQL ODBC ORACLE POSTGRESQL)
      set(WITH_${backend} OFF)
    endforeach()
    FetchContent_Declare(soci GIT_REPOSITORY https://github.com/SOCI/soci.git GIT_TAG v4.0.3 GIT_SHALLOW ON)
    FetchContent_MakeAvailable(soci)
    add_library(eigentune_soci INTERFACE)
    add_library(eigentune::soci ALIAS eigentune_soci)
    target_link_libraries(eigentune_soci INTERFACE soci_sqlite3_static soci_core_static)
    target_include_directories(eigentune_soci SYSTEM INTERFACE
      ${soci_SOURCE_DIR}/include ${soci_BINARY_DIR}/include ${SQLite3_INCLUDE_DIRS})
  endif()
endmacro()

# What the tests need.
macro(eigentune_find_test_dependencies)
  set(INSTALL_GTEST OFF)
  eigentune_find(GTest GTest::gtest_main https://github.com/google/googletest.git release-1.12.1)
endmacro()

# What the trainer needs.
macro(eigentune_find_example_dependencies)
  eigentune_find(CLI11 CLI11::CLI11 https://github.com/CLIUtils/CLI11.git v2.1.2)
  find_package(ZLIB REQUIRED)
endmacro()

# What the benchmarks need.
macro(eigentune_find_benchmark_dependencies)
  set(BENCHMARK_ENABLE_TESTING OFF)
  set(BENCHMARK_ENABLE_INSTALL OFF)
  eigentune_find(benchmark benchmark::benchmark https://github.com/google/benchmark.git v1.7.1)
endmacro()
