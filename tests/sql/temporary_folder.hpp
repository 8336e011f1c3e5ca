#pragma once

#include <eigentune/sql/sql_statement.hpp>

#include <fmt/core.h>

#include <cstdlib>
#include <filesystem>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace eigentune::sql_test {

/// A folder that is gone with this object; in memory if there is such a place, where synchronization takes no time.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const std::filesystem::path memory = "/dev/shm";
    const bool has_memory = ::access(memory.c_str(), W_OK) == 0;
    std::string name =
        ((has_memory ? memory : std::filesystem::temp_directory_path()) / "eigentune_sql_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("expected to make a folder " + name);
    folder_ = name;
  }
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path path(const std::string& name) const { return folder_ / name; }
  std::string url(const std::string& name) const { return fmt::format("sqlite:///{}", path(name).string()); }

 private:
  std::filesystem::path folder_;
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
