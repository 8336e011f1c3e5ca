# What holds for our own tests, examples and benchmarks, and for nothing that a user builds.
add_library(eigentune_own INTERFACE)
target_link_libraries(eigentune_own INTERFACE eigentune::eigentune)
target_compile_options(eigentune_own INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  $<$<BOOL:${EIGENTUNE_WERROR}>:-Werror>)

# For examples and benchmarks: the machine at hand, if EIGENTUNE_NATIVE says so.
add_library(eigentune_machine INTERFACE)
if(EIGENTUNE_NATIVE)
  # g++ takes the undefined values in its own AVX-512 headers for uninitialized ones.
  target_compile_options(eigentune_machine INTERFACE -march=native $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()

# eigentune_test(<name> <sources...>): a GoogleTest program whose tests ctest knows one by one.
function(eigentune_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE eigentune_own GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/examples)
  gtest_discover_tests(${name} TEST_PREFIX "${name}." NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
endfunction()
