#include <eigentune/sql.hpp>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "sql/temporary_folder.hpp"
#include "study/storage_conformance.hpp"

namespace eigentune {
namespace {

using sql_test::TemporaryFolder;

/// The clock is a number in the database, so that every door to it sees the same time.
StorageUnderTest sqlite_storage() {
  const auto folder = std::make_shared<TemporaryFolder>();
  const std::string url = folder->url("study.db");
  open_storage(url);
  const auto clock = std::make_shared<sql_test::RawDatabase>(folder->path("study.db"));
  clock->run("CREATE TABLE test_clock (now BIGINT NOT NULL)");
  clock->run("INSERT INTO test_clock VALUES (1700000000000)");
  const auto open = [url, folder] { return open_storage(url, {.clock = "(SELECT now FROM test_clock)"}); };
  return {.storage = open(), .another = open, .advance = [clock, folder](std::chrono::milliseconds time) {
            clock->run(fmt::format("UPDATE test_clock SET now = now + {}", time.count()));
          }};
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StorageConformance, testing::Values(StorageFactory{"sqlite", sqlite_storage}));

}  // namespace
}  // namespace eigentune
