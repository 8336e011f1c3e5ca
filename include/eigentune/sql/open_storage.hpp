#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/sql/sql_storage.hpp>
#include <eigentune/sql/sqlite_database.hpp>
#include <eigentune/study/storage.hpp>

#include <fmt/core.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace eigentune {

struct SqlOptions {
  /// How long a call waits for a database that others write to before it throws: above 0, below 2^31 ms (24 days).
  std::chrono::milliseconds busy_timeout{60'000};
  /// The database's clock, as an SQL expression: milliseconds since 1970 began, UTC. Empty: its own. For tests.
  std::string clock{};
  /// Whether a file that is not there, or is empty, is an error instead of a new database: for who only looks.
  bool must_exist = false;
};

/// Studies in a database, for any number of threads and processes at once:
///
///     Study study("nesterov-or-adam", space, {.trials = 64, .storage = open_storage("sqlite:///study.db")});
///
/// `sqlite:///study.db` is a file relative to the working directory, `sqlite:////home/me/study.db` an absolute one, as
/// in SQLAlchemy and Optuna; the path is taken as it is, without escapes. The file is made if there is none. It must be
/// on a disk of this machine (see SqliteDatabase).
///
/// What a call has written is on the disk when it returns. A trial waits for the disk twice, when it is claimed with
/// its point and when it ends; once more for each batch of its curve but the last, for each heartbeat, and for its
/// point if the sampler looks at the other trials.
///
/// A process that forks after this must open the storage anew in the child.
///
/// Throws std::invalid_argument if the URL is another, and eigentune::Error if the file cannot be opened or written to,
/// is missing but must exist, or is no database of this library or of a newer version of it.
inline std::shared_ptr<Storage> open_storage(std::string_view url, SqlOptions options = {}) {
  require(options.busy_timeout.count() > 0, "open_storage: busy_timeout must be above 0 ms, got {}",
          options.busy_timeout.count());
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();  // SQLite takes more for 0
  require(options.busy_timeout.count() <= most, "open_storage: busy_timeout must be at most {} ms, got {}", most,
          options.busy_timeout.count());
  constexpr std::string_view scheme = "sqlite://";
  require(url.starts_with(scheme), "open_storage: url must be sqlite:///<file>, got \"{}\"", url);
  std::string_view path = url.substr(scheme.size());
  require(path.size() >= 2 && path.front() == '/',
          "open_storage: url must have a file after three slashes, as in sqlite:///study.db, got \"{}\"", url);
  path.remove_prefix(1);
  require(path != ":memory:", "open_storage: url must name a file, got \"{}\"; for a study in memory give no storage",
          url);
  require(path.find_first_of(std::string_view("?\0", 2)) == std::string_view::npos,
          "open_storage: url must have no options and no NUL, got \"{}\"", url);
  const std::filesystem::path file = std::filesystem::absolute(std::string(path));
  return std::make_shared<SqlStorage>(SqliteDatabase::open(
      fmt::format("storage \"{}\"", url), file, options.busy_timeout, std::move(options.clock), options.must_exist));
}

}  // namespace eigentune
