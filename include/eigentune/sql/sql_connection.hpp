#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/sql/sql_statement.hpp>

#include <fmt/core.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <soci/soci.h>
#include <string>
#include <string_view>
#include <type_traits>
#include <unistd.h>
#include <utility>

namespace eigentune {

/// What differs between the databases that a study may live in.
struct SqlDialect {
  std::string now;    ///< an expression: milliseconds since 1970 began, UTC, the same throughout a statement
  std::string bytes;  ///< the type of a column of bytes
  std::function<std::string(std::string)> time_text;  ///< from a column of such milliseconds to one that people read
  std::string begin_write;                            ///< begins a transaction that nobody can come between
  /// Throws eigentune::Error if the database is no longer where it was opened.
  std::function<void()> check_place = [] {};
  SqlStatement::Fail explains;  ///< throws eigentune::Error with what an error of the database means
};

/// A session with a database, that the threads of one process share: one at a time.
///
/// A process that was forked must not use it: the locks of the database's files are its parent's. It is told so, and
/// ends without closing what is not its own.
class SqlConnection {
 public:
  /// `name` begins the messages.
  SqlConnection(std::string name, std::unique_ptr<soci::session> session, SqlDialect dialect)
      : name_(std::move(name)), dialect_(std::move(dialect)), session_(std::move(session)) {}

  const std::string& name() const { return name_; }
  const SqlDialect& dialect() const { return dialect_; }

  /// A statement of this connection, which must outlive it. `sql` may say {now} for the time.
  SqlStatement statement(std::string sql) const {
    constexpr std::string_view time = "{now}";
    for (std::size_t at = 0; (at = sql.find(time, at)) != std::string::npos; at += dialect_.now.size()) {
      sql.replace(at, time.size(), dialect_.now);
    }
    return SqlStatement(*session_, dialect_.explains, std::move(sql));
  }

  /// Calls `body`, while no other thread uses the connection, unless the database is gone.
  template <class Body>
  auto read(Body body) {
    check_process();
    const std::lock_guard lock(mutex_);
    dialect_.check_place();
    return body();
  }

  /// Calls `body` within a transaction, in which nobody else writes: what it has written is stored, and on the disk,
  /// when this returns; nothing of it if it throws.
  template <class Body>
  auto write(Body body) {
    return read([&] {
      begin_.execute({});
      try {
        if constexpr (std::is_void_v<std::invoke_result_t<Body&>>) {
          body();
          commit_.execute({});
        } else {
          auto result = body();
          commit_.execute({});
          return result;
        }
      } catch (...) {
        roll_back();
        throw;
      }
    });
  }

  bool is_of_this_process() const { return process_ == ::getpid(); }

 private:
  void check_process() const {
    if (is_of_this_process()) return;
    throw Error(
        fmt::format("{}: expected the process that opened it, {}, found {}: a process that was forked must open "
                    "the storage itself",
                    name_, process_, ::getpid()));
  }

  void roll_back() noexcept {
    try {
      rollback_.execute({});
    } catch (...) {  // the database has done so itself
    }
  }

  std::string name_;
  SqlDialect dialect_;
  std::unique_ptr<soci::session> session_;
  std::mutex mutex_;
  ::pid_t process_ = ::getpid();
  SqlStatement begin_ = statement(dialect_.begin_write), commit_ = statement("COMMIT"),
               rollback_ = statement("ROLLBACK");
};

}  // namespace eigentune
