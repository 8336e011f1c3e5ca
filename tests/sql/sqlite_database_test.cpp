#include <eigentune/sql.hpp>
#include <eigentune/tune.hpp>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "sql/temporary_folder.hpp"
#include "support/expect.hpp"

namespace eigentune {
namespace {

using sql_test::RawDatabase;
using sql_test::TemporaryFolder;
using std::chrono::milliseconds;
using support::error_of;

constexpr milliseconds lease{60'000};

StudyDefinition definition_of(std::string name) {
  SearchSpace space;
  space.nuisance("x", uniform(0.0, 1.0));
  return {.name = std::move(name),
          .space = space.text(),
          .space_version = space.version(),
          .sampler = "halton(seed=1)",
          .metric = "validation_error",
          .objective = "best",
          .trials = 100'000};
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The text that `body` returns or throws in a process of its own, as another user if this one is root, whom no
/// permission stops.
std::string text_of_child(const std::function<std::string()>& body, const std::function<bool()>& prepare) {
  int ends[2] = {};
  if (::pipe(ends) != 0) return "no pipe";
  const ::pid_t child = ::fork();
  if (child == 0) {
    std::string text = "skipped";
    try {
      if (prepare()) text = body();
    } catch (const std::exception& error) {
      text = error.what();
    }
    if (::write(ends[1], text.data(), text.size()) < 0) ::_exit(1);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[256];
  for (::ssize_t size = 0; (size = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

bool become_nobody() {
  return ::geteuid() != 0 || (::setegid(65534) == 0 && ::seteuid(65534) == 0);
}

// URLs

TEST(OpenStorage, RefusesAUrlThatIsNotOfAFile) {
  EXPECT_EQ(error_of([] { open_storage("postgresql://host/studies"); }),
            "open_storage: url must be sqlite:///<file>, got \"postgresql://host/studies\"");
  EXPECT_EQ(error_of([] { open_storage("study.db"); }), "open_storage: url must be sqlite:///<file>, got \"study.db\"");
  for (const char* url : {"sqlite://", "sqlite:///", "sqlite://study.db"}) {
    EXPECT_EQ(error_of([&] { open_storage(url); }),
              fmt::format(
                  "open_storage: url must have a file after three slashes, as in sqlite:///study.db, got \"{}\"", url));
  }
  EXPECT_EQ(error_of([] { open_storage("sqlite:///:memory:"); }),
            "open_storage: url must name a file, got \"sqlite:///:memory:\"; for a study in memory give no storage");
  EXPECT_EQ(error_of([] { open_storage("sqlite:///study.db?mode=ro"); }),
            "open_storage: url must have no options and no NUL, got \"sqlite:///study.db?mode=ro\"");
  EXPECT_EQ(error_of([] { open_storage("sqlite:///study.db", {.busy_timeout = milliseconds(0)}); }),
            "open_storage: busy_timeout must be above 0 ms, got 0");
  EXPECT_EQ(error_of([] { open_storage("sqlite:///study.db", {.busy_timeout = std::chrono::hours(1000)}); }),
            "open_storage: busy_timeout must be at most 2147483647 ms, got 3600000000");
}

TEST(OpenStorage, TakesThreeSlashesForARelativeFileAndFourForAnAbsoluteOne) {
  const TemporaryFolder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path(""));
  open_storage("sqlite:///relative.db");
  std::filesystem::current_path(before);
  open_storage("sqlite:///" + folder.path("absolute.db").string());
  EXPECT_TRUE(std::filesystem::exists(folder.path("relative.db")));
  EXPECT_TRUE(std::filesystem::exists(folder.path("absolute.db")));
}

TEST(OpenStorage, TakesThePathAsItIs) {
  const TemporaryFolder folder;
  for (const std::string name : {"two words.db", "a=b.db", "a=b c.db", "'q'.db", "\"q\".db", "%20.db", "\xc3\xbc.db"}) {
    open_storage(folder.url(name))->open_study(definition_of("study"));
    EXPECT_TRUE(std::filesystem::exists(folder.path(name))) << name;
    EXPECT_TRUE(open_storage(folder.url(name))->find_study("study").has_value()) << name;
  }
  EXPECT_NE(error_of<Error>([&] { open_storage(folder.url("a=\"b\".db")); }).find("without both"), std::string::npos);
}

TEST(OpenStorage, WritesAheadWithFullSynchronization) {
  const TemporaryFolder folder;
  const auto storage = open_storage(folder.url("study.db"));
  RawDatabase raw(folder.path("study.db"));
  EXPECT_EQ(raw.value("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(raw.value<std::int64_t>("PRAGMA user_version"), 1);
  EXPECT_EQ(raw.value<std::int64_t>("PRAGMA application_id"), 0x65696774);
}

TEST(OpenStorage, MakesOneDatabaseForManyWhoComeAtOnce) {
  const TemporaryFolder folder;
  std::vector<std::thread> threads;
  std::atomic<int> ready = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (++ready; ready < 8;) std::this_thread::yield();
      open_storage(folder.url("study.db"))->open_study(definition_of("study"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(open_storage(folder.url("study.db"))->study_names(), std::vector<std::string>{"study"});
}

// Files that are something else

TEST(OpenStorage, MakesNoFileIfItMustExist) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of<Error>([&] { open_storage(folder.url("study.db"), {.must_exist = true}); }),
            fmt::format("storage \"{}\": expected a database, found no file {}", folder.url("study.db"),
                        folder.path("study.db").string()));
  EXPECT_FALSE(std::filesystem::exists(folder.path("study.db")));
  open_storage(folder.url("study.db"));
  open_storage(folder.url("study.db"), {.must_exist = true});
}

TEST(OpenStorage, LeavesAnEmptyFileAloneIfItMustBeADatabase) {
  const TemporaryFolder folder;
  std::ofstream(folder.path("study.db")).close();
  const std::string message =
      fmt::format("storage \"{}\": expected a database of studies, found an empty one", folder.url("study.db"));
  EXPECT_EQ(error_of<Error>([&] { open_storage(folder.url("study.db"), {.must_exist = true}); }), message);
  EXPECT_EQ(std::filesystem::file_size(folder.path("study.db")), 0u);
  EXPECT_FALSE(std::filesystem::exists(folder.path("study.db-wal")));
  soci::session(soci::sqlite3, folder.path("study.db").string()) << "VACUUM";  // SQLite's header, and no table
  const std::string before = contents(folder.path("study.db"));
  EXPECT_EQ(error_of<Error>([&] { open_storage(folder.url("study.db"), {.must_exist = true}); }), message);
  EXPECT_EQ(contents(folder.path("study.db")), before);
  open_storage(folder.url("study.db"));
  open_storage(folder.url("study.db"), {.must_exist = true});
}

TEST(OpenStorage, RefusesAFolderThatIsNotThere) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of<Error>([&] { open_storage(folder.url("none/study.db")); }),
            fmt::format("storage \"{}\": expected a folder {}, found none", folder.url("none/study.db"),
                        folder.path("none").string()));
  std::filesystem::create_directory(folder.path("study.db"));
  EXPECT_EQ(error_of<Error>([&] { open_storage(folder.url("study.db")); }),
            fmt::format("storage \"{}\": expected a file, found something else at {}", folder.url("study.db"),
                        folder.path("study.db").string()));
}

TEST(OpenStorage, RefusesAFileThatIsNoDatabase) {
  const TemporaryFolder folder;
  const std::string text(5000, 'x');
  std::ofstream(folder.path("study.db")) << text;
  EXPECT_EQ(
      error_of<Error>([&] { open_storage(folder.url("study.db")); }),
      fmt::format("storage \"{}\": expected an SQLite database, found a file of another kind", folder.url("study.db")));
  EXPECT_EQ(contents(folder.path("study.db")), text);
}

TEST(OpenStorage, RefusesADatabaseOfSomethingElseAndLeavesItAlone) {
  const TemporaryFolder folder;
  RawDatabase(folder.path("study.db")).run("CREATE TABLE trials (trial_id INTEGER)");
  const std::string before = contents(folder.path("study.db"));
  EXPECT_EQ(error_of<Error>([&] { open_storage(folder.url("study.db")); }),
            fmt::format("storage \"{}\": expected a database of eigentune's or none, found one of something else, with "
                        "the tables trials",
                        folder.url("study.db")));
  EXPECT_EQ(contents(folder.path("study.db")), before);

  RawDatabase(folder.path("marked.db")).run("PRAGMA application_id = 7");
  EXPECT_NE(error_of<Error>([&] { open_storage(folder.url("marked.db")); }).find("something else, with no tables"),
            std::string::npos);
}

TEST(OpenStorage, RefusesADatabaseOfANewerVersionAndLeavesItAlone) {
  const TemporaryFolder folder;
  open_storage(folder.url("study.db"));
  RawDatabase(folder.path("study.db")).run("PRAGMA user_version = 2");
  const std::string before = contents(folder.path("study.db"));
  EXPECT_EQ(error_of<Error>([&] { open_storage(folder.url("study.db")); }),
            fmt::format("storage \"{}\": expected a database of version 1 at most, found version 2, which a newer "
                        "eigentune has written",
                        folder.url("study.db")));
  EXPECT_EQ(contents(folder.path("study.db")), before);
}

TEST(OpenStorage, RefusesAFileThatMayOnlyBeRead) {
  const TemporaryFolder folder;
  { open_storage(folder.url("study.db"))->open_study(definition_of("study")); }
  ASSERT_EQ(::chmod(folder.path("study.db").c_str(), 0444), 0);
  ASSERT_EQ(::chmod(folder.path("").c_str(), 0777), 0);
  const std::string url = folder.url("study.db");
  EXPECT_EQ(
      text_of_child(
          [&] {
            open_storage(url)->open_study(definition_of("another"));
            return std::string("opened");
          },
          become_nobody),
      fmt::format("storage \"{}\": expected a file that may be written to, found one that may only be read", url));
}

TEST(OpenStorage, RefusesAFolderThatMayOnlyBeRead) {
  const TemporaryFolder folder;
  ASSERT_EQ(::chmod(folder.path("").c_str(), 0555), 0);
  const std::string url = folder.url("study.db");
  EXPECT_EQ(text_of_child(
                [&] {
                  open_storage(url);
                  return std::string("opened");
                },
                become_nobody),
            fmt::format("storage \"{}\": expected a file that may be opened in a folder where files may be created, "
                        "found one that may not",
                        url));
  ASSERT_EQ(::chmod(folder.path("").c_str(), 0755), 0);
}

// What goes wrong later

TEST(SqlStorage, TellsOfACorruptDatabase) {
  const TemporaryFolder folder;
  const std::string url = folder.url("study.db");
  StudyId study{};
  {
    const auto storage = open_storage(url);
    study = storage->open_study(definition_of("study"));
    for (int i = 0; i < 500; ++i) storage->enqueue(study, Point({{"x", 0.5}}));
  }
  const auto size = std::filesystem::file_size(folder.path("study.db"));
  ASSERT_GT(size, 20u * 4096u);
  {
    std::fstream file(folder.path("study.db"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(12 * 4096);
    file << std::string(size - 12 * 4096, '\x5a');
  }
  EXPECT_EQ(error_of<Error>([&] { open_storage(url)->read(study, 0); }),
            fmt::format("storage \"{}\": expected a sound database, found a corrupt one", url));
}

TEST(SqlStorage, TellsOfAFileThatWasCutOff) {
  const TemporaryFolder folder;
  const std::string url = folder.url("study.db");
  { open_storage(url)->open_study(definition_of("study")); }
  std::filesystem::resize_file(folder.path("study.db"), 4096);
  const std::string error = error_of<Error>([&] { open_storage(url)->find_study("study"); });
  EXPECT_NE(error.find("found a corrupt one"), std::string::npos) << error;
}

TEST(SqlStorage, TellsOfValuesThatAreNone) {
  const TemporaryFolder folder;
  const std::string url = folder.url("study.db");
  const auto storage = open_storage(url);
  const StudyId study = storage->open_study(definition_of("study"));
  const Claim held = *storage->claim_with_point(study, "worker", lease, [](auto) { return Point({{"x", 0.5}}); });
  storage->report(held, std::vector<CurveRow>{{.step = 1, .values = {.training_loss = 1.0}}});
  RawDatabase raw(folder.path("study.db"));
  raw.run("UPDATE curve SET steps = x'0200'");
  EXPECT_EQ(error_of<Error>([&] { storage->curve(study, 0); }),
            fmt::format("storage \"{}\": trial 0: expected rows of a curve: version 1, found 2", url));
  raw.run("UPDATE trial SET point = '{\"x\": '");
  EXPECT_NE(error_of<Error>([&] { storage->read(study, 0); }).find("trial 0: expected a point, found {\"x\": "),
            std::string::npos);
}

TEST(SqlStorage, TellsOfALockThatLastsTooLong) {
  const TemporaryFolder folder;
  const std::string url = folder.url("study.db");
  const auto storage = open_storage(url, {.busy_timeout = milliseconds(50)});
  const StudyId study = storage->open_study(definition_of("study"));
  RawDatabase raw(folder.path("study.db"));
  raw.run("BEGIN IMMEDIATE");
  const std::string locked =
      fmt::format("storage \"{}\": expected it to be free within 50 ms, found it locked all that time", url);
  EXPECT_EQ(error_of<Error>([&] { storage->claim(study, "worker", lease); }), locked);
  EXPECT_TRUE(storage->read(study, 0).records.empty());  // readers do not wait
  raw.run("COMMIT");
  EXPECT_EQ(storage->claim(study, "worker", lease).value().number, 0);
}

TEST(SqlStorage, TellsOfAFileThatIsNoLongerThere) {
  const TemporaryFolder folder;
  const std::string url = folder.url("study.db");
  const auto storage = open_storage(url);
  const StudyId study = storage->open_study(definition_of("study"));
  const Claim claim = storage->claim(study, "worker", lease).value();
  const std::string gone = fmt::format(
      "storage \"{}\": expected the file that was opened, found it moved, replaced or deleted: nothing more is written "
      "to it",
      url);
  std::filesystem::rename(folder.path("study.db"), folder.path("moved.db"));
  EXPECT_EQ(error_of<Error>([&] { storage->claim(study, "worker", lease); }), gone);
  EXPECT_EQ(error_of<Error>([&] { storage->finish(claim, {.objective = 0.5}, {}); }), gone);
  std::ofstream(folder.path("study.db")) << "another";
  EXPECT_EQ(error_of<Error>([&] { storage->read(study, 0); }), gone);
  std::filesystem::rename(folder.path("moved.db"), folder.path("study.db"));
  EXPECT_EQ(storage->finish(claim, {.objective = 0.5}, {}), TrialState::complete);
}

/// Fills a disk of 400 KB; what it could still store is there afterwards.
TEST(SqlStorage, TellsOfAFullDiskAndGoesOnWhenThereIsRoom) {
  const TemporaryFolder folder;
  const std::string url = folder.url("study.db");
  const auto mount_small_disk = [&] {
    const int spaces = ::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS;
    return ::unshare(spaces) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("tmpfs", folder.path("").c_str(), "tmpfs", 0, "size=400k") == 0;
  };
  const auto fill = [&]() -> std::string {
    std::ofstream(folder.path("filler")) << std::string(100'000, 'x');
    const auto storage = open_storage(url);
    const StudyId study = storage->open_study(definition_of("study"));
    std::int64_t stored = 0;
    const std::string error = error_of<Error>([&] {
      for (;; ++stored) storage->enqueue(study, Point({{"x", std::string(2000, 'y')}}));
    });
    if (error != fmt::format("storage \"{}\": expected room for what is to be written, found the disk full", url)) {
      return error;
    }
    std::filesystem::remove(folder.path("filler"));
    const std::int64_t next = storage->enqueue(study, Point({{"x", 0.5}}));
    const auto trials = static_cast<std::int64_t>(open_storage(url)->read(study, 0).records.size());
    return stored > 0 && next == stored && trials == stored + 1 ? "full, and went on" : "trials were lost";
  };
  const std::string text = text_of_child(fill, mount_small_disk);
  if (text == "skipped") GTEST_SKIP() << "may not mount a small disk here";
  EXPECT_EQ(text, "full, and went on");
}

TEST(SqlStorage, RefusesToWorkInAForkedProcess) {
  const TemporaryFolder folder;
  auto storage = open_storage(folder.url("study.db"));
  const StudyId study = storage->open_study(definition_of("study"));
  const std::string text = text_of_child(
      [&] {
        const std::string error = error_of<Error>([&] { storage->claim(study, "child", lease); });
        storage.reset();
        return error;
      },
      [] { return true; });
  EXPECT_EQ(text, fmt::format("storage \"{}\": expected the process that opened it, {}, found ", folder.url("study.db"),
                              ::getpid()) +
                      text.substr(text.find("found ") + 6));
  EXPECT_NE(text.find("a process that was forked must open the storage itself"), std::string::npos);
  EXPECT_EQ(storage->claim(study, "parent", lease).value().number, 0);
}

// For people

TEST(SqlStorage, ShowsPeopleWhatItKnows) {
  const TemporaryFolder folder;
  const auto storage = open_storage(folder.url("study.db"), {.clock = "1700000000123"});
  const StudyId study = storage->open_study(definition_of("study"));
  const auto point_of = [](auto) { return Point({{"optimizer", "adam"}, {"learning_rate", 0.001}}); };
  const Claim held = *storage->claim_with_point(study, "host/1", lease, point_of);
  storage->finish(held, {.state = TrialState::infeasible, .reason = "diverged", .infeasible_step = 7}, {});
  RawDatabase raw(folder.path("study.db"));
  const auto shown = [&](const std::string& column) { return raw.value("SELECT " + column + " FROM trials"); };
  EXPECT_EQ(shown("study"), "study");
  EXPECT_EQ(shown("state"), "infeasible");
  EXPECT_EQ(shown("point"), "{\"optimizer\": \"adam\", \"learning_rate\": 0.001}");
  EXPECT_EQ(shown("reason"), "diverged");
  EXPECT_EQ(shown("worker"), "host/1");
  EXPECT_EQ(shown("finished"), "2023-11-14 22:13:20.123");
}

TEST(SqlStorage, TellsTheTimeOfTheDatabase) {
  const TemporaryFolder folder;
  const auto storage = open_storage(folder.url("study.db"));
  const StudyId study = storage->open_study(definition_of("study"));
  const auto now = [] { return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now()); };
  const StorageTime before = now();
  storage->claim(study, "worker", lease);
  const StorageTime started = storage->read(study, 0).records.at(0).started.value(), after = now();
  EXPECT_GE(started, before - milliseconds(1));  // SQLite rounds
  EXPECT_LE(started, after + milliseconds(1));
}

TEST(SqlStorage, KeepsAStudyWhenItIsOpenedAgain) {
  const TemporaryFolder folder;
  SearchSpace space;
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-1));
  const auto study = [&] {
    return Study("study", space,
                 {.trials = 8, .sampler = Halton{.seed = 1}, .storage = open_storage(folder.url("study.db"))});
  };
  const auto train = [](Trial& trial) {
    for (std::int64_t step = 0; step < 20; ++step) {
      trial.report(step, {.validation_error = trial.get<double>("learning_rate") / static_cast<double>(step + 1)});
    }
  };
  study().run(train, {.progress = nullptr});
  const std::vector<TrialRecord> trials = study().trials();
  ASSERT_EQ(trials.size(), 8u);
  for (const TrialRecord& trial : trials) EXPECT_EQ(trial.objective, trial.point->get<double>("learning_rate") / 20.0);
  EXPECT_EQ(study().curve(7).size(), 20u);

  SearchSpace other;
  other.nuisance("learning_rate", log_uniform(1e-4, 1e-1));
  const std::string error = error_of<Error>([&] {
    Study("study", other, {.trials = 8, .sampler = Halton{.seed = 1}, .storage = open_storage(folder.url("study.db"))});
  });
  EXPECT_NE(error.find("study \"study\": expected the search space it was created with"), std::string::npos) << error;
}

}  // namespace
}  // namespace eigentune
