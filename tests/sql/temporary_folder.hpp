#pragma once

#include <eigentune/sql/sql_statement.hpp>

#include <fmt/core.h>

#include <filesystem>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "support/temporary_folder.hpp"

namespace eigentune::sql_test {

/// A folder that is gone with this object; in memory if there is such a place, where synchronization takes no time.
class TemporaryFolder {
 public:
  std::filesystem::path path(const std::string& name) const { return folder_ / name; }
  std::string url(const std::string& name) const { return fmt::format("sqlite:///{}", path(name).string()); }

 private:
  static std::filesystem::path place() {
    const std::filesystem::path memory = "/dev/shm";
    return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  }

  ::support::TemporaryFolder folder_{place()};
};

/// A database, as somebody else sees it.
class RawDatabase {
 public:
  explicit RawDatabase(const std::filesystem::path& path) : session_(soci::sqlite3, path.string()) {
    run("PRAGMA busy_timeout = 60000");
  }

  void run(const std::string& sql) { SqlStatement(session_, fail_, sql).execute({}); }

  /// The values of the only column.
  template <class T = std::string>
  std::vector<T> values(const std::string& sql) {
    std::vector<T> result;
    SqlStatement(session_, fail_, sql).each<T>({}, [&](T value) { result.push_back(std::move(value)); });
    return result;
  }
  template <class T = std::string>
  T value(const std::string& sql) {
    return values<T>(sql).at(0);
  }

 private:
  soci::session session_;
  SqlStatement::Fail fail_ = [](const soci::soci_error& error) { throw std::runtime_error(error.what()); };
};

}  // namespace eigentune::sql_test
