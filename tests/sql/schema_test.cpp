#include <eigentune/sql.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/temporary_folder.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using sql_test::RawDatabase;
using sql_test::TemporaryFolder;

using support::infinity;

/// A database as version 1 left it, from the file beside this one.
void restore_version_1(const std::filesystem::path& path) {
  std::ifstream file(std::filesystem::path(__FILE__).parent_path() / "version_1.sql");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(text.empty());
  RawDatabase raw(path);
  constexpr std::string_view end = ";\n";
  std::size_t begin = 0;
  for (std::size_t at = 0; (at = text.find(end, begin)) != std::string::npos; begin = at + end.size()) {
    raw.run(text.substr(begin, at - begin));
  }
}

std::vector<std::string> schema_of(const std::filesystem::path& path) {
  return RawDatabase(path).values("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name");
}

TEST(SqlSchema, OfVersion1IsTheSameForEver) {
  const TemporaryFolder folder;
  restore_version_1(folder.path("old.db"));
  open_storage(folder.url("new.db"));
  EXPECT_EQ(schema_of(folder.path("new.db")), schema_of(folder.path("old.db")));
}

TEST(SqlSchema, ReadsADatabaseOfVersion1) {
  const TemporaryFolder folder;
  restore_version_1(folder.path("study.db"));
  const auto storage = open_storage(folder.url("study.db"));
  EXPECT_EQ(storage->study_names(), (std::vector<std::string>{"first \"study\"", "second"}));
  const StudyId study = storage->find_study("first \"study\"").value();
  const StudyDefinition definition{.name = "first \"study\"",
                                   .question = "Which is better?",
                                   .notes = "Two\nlines; it's so.",
                                   .space = "nuisance x: uniform(0.0, 1.0)\n",
                                   .space_version = "0123456789abcdef",
                                   .sampler = "halton(seed=1)",
                                   .metric = "validation_error",
                                   .objective = "best(validation_error, minimize)",
                                   .trials = 8,
                                   .max_attempts = 2};
  EXPECT_EQ(storage->definition(study), definition);
  EXPECT_EQ(storage->definition(storage->find_study("second").value()).direction, Direction::maximize);

  const auto point = [](double x) { return Point({{"x", x}, {"optimizer", "adam"}, {"layers", std::int64_t{3}}}); };
  const auto second = [](int seconds) {
    return std::optional(StorageTime(std::chrono::milliseconds(1'700'000'000'000 + 1000 * seconds)));
  };
  const std::vector<TrialRecord> expected = {
      {.number = 0,
       .point = point(0.0),
       .state = TrialState::complete,
       .attempt = 1,
       .objective = 0.5,
       .best_step = 0,
       .diverged_step = 10,
       .worker = "host/1",
       .started = second(3),
       .finished = second(5)},
      {.number = 1,
       .point = point(0.1),
       .state = TrialState::infeasible,
       .attempt = 1,
       .reason = "out of memory",
       .infeasible_step = 7,
       .worker = "host/1",
       .started = second(6),
       .finished = second(7)},
      {.number = 2,
       .point = point(0.2),
       .state = TrialState::failed,
       .attempt = 2,
       .reason = "twice",
       .worker = "host/1",
       .started = second(10),
       .finished = second(11)},
      {.number = 3,
       .point = point(0.1 * 3.0),
       .state = TrialState::running,
       .attempt = 1,
       .worker = "host/1",
       .started = second(12)},
      {.number = 4, .state = TrialState::running, .attempt = 1, .worker = "host/2", .started = second(13)},
      {.number = 5, .point = point(0.5), .state = TrialState::queued}};
  const Changes changes = storage->read(study, 0);
  EXPECT_EQ(changes.revision, 16);
  EXPECT_EQ(changes.records, expected);

  TrainingCurve curve;
  curve.add(0, {.training_loss = 2.5, .validation_error = 0.5});
  curve.add(10, {.training_loss = infinity});
  curve.add(20, {.training_loss = std::nan(""), .metrics = {{"top5 error", -infinity}}});
  EXPECT_EQ(storage->curve(study, 0), curve);

  // And goes on with it: with the one that waits, and with the first of those whose workers have not been heard of.
  EXPECT_EQ(storage->claim(study, "worker", std::chrono::seconds(60)).value().number, 3);
  EXPECT_EQ(storage->claim(study, "worker", std::chrono::seconds(60)).value().number, 4);
  EXPECT_EQ(storage->claim(study, "worker", std::chrono::seconds(60)).value().number, 5);
  EXPECT_EQ(storage->claim(study, "worker", std::chrono::seconds(60)).value().number, 6);
}

}  // namespace
}  // namespace eigentune
