#include <eigentune/sql.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <string>
#include <utility>
#include <vector>

#include "sql/temporary_folder.hpp"

namespace eigentune {
namespace {

using sql_test::TemporaryFolder;
using Calls = std::map<std::string, std::int64_t>;

constexpr std::chrono::milliseconds long_lease{60'000};

std::int64_t instructions = 0;

int count_instruction(void*) {
  ++instructions;
  return 0;
}

int watch(sqlite_api::sqlite3* database, const char**, const sqlite_api::sqlite3_api_routines*) {
  sqlite_api::sqlite3_progress_handler(database, 1, count_instruction, nullptr);
  return SQLITE_OK;
}

/// SQLite counts its machine's instructions in all databases that are opened while this lives.
class CountedInstructions {
 public:
  CountedInstructions() { sqlite_api::sqlite3_auto_extension(reinterpret_cast<void (*)()>(watch)); }
  ~CountedInstructions() { sqlite_api::sqlite3_reset_auto_extension(); }
  CountedInstructions(const CountedInstructions&) = delete;
  CountedInstructions& operator=(const CountedInstructions&) = delete;
};

/// How many instructions each call takes in a study of so many trials.
Calls instructions_among(std::int64_t trials) {
  const TemporaryFolder folder;
  const CountedInstructions counted;
  const std::shared_ptr<Storage> shared = open_storage(folder.url("study.db"), {.clock = "1700000000000"});
  Storage& storage = *shared;
  const StudyId study = storage.open_study({.name = "study",
                                            .space = "x: nuisance uniform(0.0, 1.0)",
                                            .space_version = "0",
                                            .sampler = "by number",
                                            .metric = "validation_error",
                                            .objective = "best",
                                            .trials = 1'000'000});
  const auto point_of = [](std::int64_t) { return Point({{"x", 0.5}}); };
  const std::vector<CurveRow> rows = {{.step = 1, .values = {.validation_error = 0.5}}};
  for (std::int64_t number = 0; number < trials; ++number) {
    storage.finish(storage.claim_with_point(study, "worker", long_lease, point_of).value(), {.objective = 0.5}, rows);
  }

  Calls calls;
  const auto count = [&](const std::string& name, const std::function<void()>& call) {
    call();  // for the first time: statements are prepared
    instructions = 0;
    call();
    calls[name] = instructions;
  };
  Claim held;
  count("claim", [&] { held = storage.claim(study, "worker", long_lease).value(); });
  const Revision seen = storage.read(study, 0).revision;
  count("read", [&] { EXPECT_EQ(storage.read(study, seen - 1).records.size(), 1u); });
  count("heartbeat", [&] { storage.heartbeat(held, long_lease); });
  const Claim other = storage.claim(study, "worker", long_lease).value();
  std::vector<Claim> claims = {held, other};
  const Revision all = storage.read(study, seen).revision;
  count("set_point", [&] {
    const Revision now = storage.read(study, all).revision;
    EXPECT_TRUE(storage.set_point(claims.back(), Point({{"x", 0.5}}), now));
    claims.pop_back();
  });
  std::int64_t step = 0;
  count("report", [&] { storage.report(held, std::vector<CurveRow>{{.step = ++step}}); });
  count("curve", [&] { EXPECT_EQ(storage.curve(study, held.number).size(), 2u); });
  claims = {held, other};
  count("finish", [&] {
    storage.finish(claims.back(), {.objective = 0.5}, {});
    claims.pop_back();
  });
  count("enqueue", [&] { storage.enqueue(study, Point({{"x", 0.5}})); });
  count("claim of one that waits", [&] { held = storage.claim(study, "worker", long_lease).value(); });
  count("claim with a point", [&] { storage.claim_with_point(study, "worker", long_lease, point_of); });
  return calls;
}

TEST(SqlStorage, DoesAsMuchForATrialWhateverTheNumberOfTrials) {
  const Calls calls = instructions_among(100);
  EXPECT_GT(calls.at("claim"), 0);
  EXPECT_EQ(calls, instructions_among(2000));
}

}  // namespace
}  // namespace eigentune
