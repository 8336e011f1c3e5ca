#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/sql/schema.hpp>
#include <eigentune/sql/sql_connection.hpp>
#include <eigentune/sql/sql_statement.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <string>
#include <sys/stat.h>
#include <sys/types.h>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace eigentune {

/// SQLite's part: a file with studies, and all that another database has otherwise.
///
/// The file is in SQLite's write-ahead mode with full synchronization: what was committed survives a loss of power, and
/// readers and a writer do not wait for one another. Beside it are `-wal` and `-shm` while it is in use, which belong
/// to it. It must be on a disk of the machine, since write-ahead mode needs shared memory.
class SqliteDatabase {
 public:
  /// Marks the file as ours: "eigt".
  static constexpr std::int64_t application_id = 0x65696774;

  /// Opens the file, and makes it one with studies if there is none, or, if it must be one, throws. `name` begins the
  /// messages. Throws eigentune::Error, and leaves the file as it is, if it cannot be opened or is something else.
  static std::unique_ptr<SqlConnection> open(const std::string& name, const std::filesystem::path& path,
                                             std::chrono::milliseconds busy_timeout, std::string clock,
                                             bool must_exist) {
    check_place(name, path);
    if (must_exist && !std::filesystem::exists(path)) {
      throw Error(fmt::format("{}: expected a database, found no file {}", name, path.string()));
    }
    const auto opened = std::make_shared<decltype(identity_of(path))>();
    SqlDialect dialect{
        .now = clock.empty() ? "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)" : std::move(clock),
        .bytes = "BLOB",
        .time_text =
            [](const std::string& column) {
              return fmt::format("strftime('%Y-%m-%d %H:%M:%f', {} / 1000.0, 'unixepoch')", column);
            },
        .begin_write = "BEGIN IMMEDIATE",
        // SQLite would go on with a file that is deleted, and all that is written would be gone in the end.
        .check_place =
            [name, path, opened] {
              if (!*opened || identity_of(path) == *opened) return;
              throw Error(
                  fmt::format("{}: expected the file that was opened, found it moved, replaced or deleted: "
                              "nothing more is written to it",
                              name));
            },
        .explains =
            [name, busy_timeout](const soci::soci_error& error) {
              const int code = code_of(error);
              const std::string text = fmt::format("{}: {}", name, explained(code, error, busy_timeout));
              if (code == SQLITE_BUSY) throw Busy(text);
              throw Error(text);
            }};
    std::unique_ptr<soci::session> session;
    try {
      session = std::make_unique<soci::session>(soci::sqlite3, connect_string(name, path));
    } catch (const soci::soci_error& error) {
      dialect.explains(error);
    }
    auto connection = std::make_unique<SqlConnection>(name, std::move(session), std::move(dialect));
    const SqliteDatabase database(*connection);
    database.run(fmt::format("PRAGMA busy_timeout = {}", busy_timeout.count()));
    database.prepare(busy_timeout, must_exist);
    *opened = identity_of(path);
    return connection;
  }

 private:
  explicit SqliteDatabase(SqlConnection& connection) : connection_(connection) {}

  static void check_place(const std::string& name, const std::filesystem::path& path) {
    std::error_code error;
    const std::filesystem::path folder = path.parent_path();
    if (!std::filesystem::is_directory(folder, error)) {
      throw Error(fmt::format("{}: expected a folder {}, found none", name, folder.string()));
    }
    if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error)) {
      throw Error(fmt::format("{}: expected a file, found something else at {}", name, path.string()));
    }
  }

  /// The device and the number of a file, if it is there. A number is not given to another file while this one is open.
  static std::optional<std::pair<::dev_t, ::ino_t>> identity_of(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    return std::pair(status.st_dev, status.st_ino);
  }

  /// What SOCI takes apart: without a '=' it is the name of the file, as it is.
  static std::string connect_string(const std::string& name, const std::filesystem::path& path) {
    const std::string text = path.string();
    if (text.find('=') == std::string::npos) return text;
    if (text.find('"') == std::string::npos) return fmt::format("dbname=\"{}\"", text);
    throw Error(fmt::format("{}: expected a file's name without both '=' and '\"', found {}", name, text));
  }

  class Busy : public Error {
   public:
    using Error::Error;
  };

  /// SQLite's (sqlite.org/rescode.html); SQLITE_OK if the error is not its own.
  static int code_of(const soci::soci_error& error) {
    const auto* sqlite_error = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
    return sqlite_error != nullptr ? sqlite_error->result() & 0xFF : SQLITE_OK;
  }

  static std::string explained(int code, const soci::soci_error& error, std::chrono::milliseconds busy_timeout) {
    switch (code) {
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
      case SQLITE_PROTOCOL:
        return fmt::format("expected it to be free within {} ms, found it locked all that time", busy_timeout.count());
      case SQLITE_READONLY:
        return "expected a file that may be written to, found one that may only be read";
      case SQLITE_CORRUPT:
        return "expected a sound database, found a corrupt one";
      case SQLITE_FULL:
        return "expected room for what is to be written, found the disk full";
      case SQLITE_CANTOPEN:
        return "expected a file that may be opened in a folder where files may be created, found one that may not";
      case SQLITE_NOTADB:
        return "expected an SQLite database, found a file of another kind";
      default:
        return fmt::format("expected the database to work, found: {}", error.what());
    }
  }

  std::int64_t run(std::string sql) const { return connection_.statement(std::move(sql)).execute({}); }

  template <class T>
  T value(std::string sql) const {
    const auto row = connection_.statement(std::move(sql)).row<T>({});
    if (!row) throw Error(fmt::format("{}: expected a value of {}, found none", connection_.name(), sql));
    return std::get<0>(*row);
  }

  void prepare(std::chrono::milliseconds busy_timeout, bool must_exist) const {
    const std::int64_t found = version();
    if (found == 0 && must_exist) {
      throw Error(fmt::format("{}: expected a database of studies, found an empty one", connection_.name()));
    }
    if (found < sql_schema_version) {
      connection_.write([&] {
        const std::int64_t from = version();  // somebody else may have been faster
        for (const std::string& sql : sql_schema_statements(from, connection_.dialect())) run(sql);
        run(fmt::format("PRAGMA application_id = {}", application_id));
        run(fmt::format("PRAGMA user_version = {}", sql_schema_version));
      });
    }
    run("PRAGMA synchronous = FULL");
    write_ahead(busy_timeout);
  }

  /// The version of the schema; 0 if there is nothing at all. Throws eigentune::Error if that is not for us.
  std::int64_t version() const {
    // Another process may make the database its own in between, in one transaction: whoever sees
    // its tables then sees its version and mark too.
    std::vector<std::string> tables;
    connection_.statement("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name LIMIT 4")
        .each<std::string>({}, [&](std::string table) { tables.push_back(std::move(table)); });
    const auto version = value<std::int64_t>("PRAGMA user_version");
    const auto id = value<std::int64_t>("PRAGMA application_id");
    if (id != application_id) {
      if (id == 0 && version == 0 && tables.empty()) return 0;
      throw Error(fmt::format("{}: expected a database of eigentune's or none, found one of something else, with {}",
                              connection_.name(),
                              tables.empty() ? "no tables" : fmt::format("the tables {}", fmt::join(tables, ", "))));
    }
    if (version > sql_schema_version) {
      throw Error(
          fmt::format("{}: expected a database of version {} at most, found version {}, which a newer eigentune "
                      "has written",
                      connection_.name(), sql_schema_version, version));
    }
    return version;
  }

  /// SQLite does not wait for the lock that this takes, when several open a new file at once.
  void write_ahead(std::chrono::milliseconds busy_timeout) const {
    const auto deadline = std::chrono::steady_clock::now() + busy_timeout;
    for (;;) {
      try {
        const auto mode = value<std::string>("PRAGMA journal_mode = WAL");
        if (mode == "wal") return;
        throw Error(
            fmt::format("{}: expected a disk of this machine, on which SQLite can write ahead, found that it "
                        "cannot (mode {})",
                        connection_.name(), mode));
      } catch (const Busy&) {
        if (std::chrono::steady_clock::now() >= deadline) throw;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  SqlConnection& connection_;
};

}  // namespace eigentune
