# What holds for our own tests, examples and benchmarks, and for nothing that a user builds.
add_library(eigentune_own INTERFACE)
target_link_libraries(eigentune_own INTERFACE eigentune::eigentune)
target_compile_options(eigentune_own INTERFACE -Wall -Wextra -Wpedantic -Wconversion
  $<$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wshadow>  # in one unit, one file's names hide another's
  $<$<BOOL:${EIGENTUNE_WERROR}>:-Werror>)

# For examples and benchmarks: the machine at hand, if EIGENTUNE_NATIVE says so.
add_library(eigentune_machine INTERFACE)
if(EIGENTUNE_NATIVE)
  # g++ takes the undefined values in its own AVX-512 headers for uninitialized ones.
  target_compile_options(eigentune_machine INTERFACE -march=native $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()

# What has no hot loops, or none whose speed matters, compiles much sooner at -O1 and gains nothing from -O3.
function(eigentune_no_hot_loops target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

option(EIGENTUNE_UNITY "Compile all test files of a program as one: much sooner as a whole, later after a change" OFF)

# eigentune_test(<name> <sources...>): a GoogleTest program whose tests ctest knows one by one.
function(eigentune_test name)
  add_executable(${name} ${ARGN})
  if(EIGENTUNE_UNITY)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
    # What replaces operator new must not be seen by what calls it: compilers take the pair for a mistake.
    set_source_files_properties(${PROJECT_SOURCE_DIR}/tests/laws/allocations.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
  target_link_libraries(${name} PRIVATE eigentune_own GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/examples)
  gtest_discover_tests(${name} TEST_PREFIX "${name}." NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
endfunction()
