#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <soci/soci.h>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace eigentune {

/// What a column of bytes holds.
struct SqlBytes {
  std::string bytes;
};

/// A value on its way into a database; std::monostate is NULL.
using SqlValue = std::variant<std::monostate, long long, double, std::string, SqlBytes>;

inline SqlValue sql_value(std::int64_t value) {
  return static_cast<long long>(value);
}
inline SqlValue sql_value(double value) {
  return value;
}
inline SqlValue sql_value(std::string_view value) {
  return std::string(value);
}
inline SqlValue sql_value(SqlBytes value) {
  return value;
}
template <class T>
SqlValue sql_value(const std::optional<T>& value) {
  return value ? sql_value(*value) : SqlValue();
}

/// A value for the `:name` of a statement.
struct SqlParameter {
  template <class T>
  SqlParameter(std::string its_name, T&& its_value)
      : name(std::move(its_name)), value(sql_value(std::forward<T>(its_value))) {}

  std::string name;
  SqlValue value;
};

/// A place for one column of a result: std::int64_t, double, std::string, SqlBytes, or std::optional of one of these.
template <class T>
class SqlColumn {
 public:
  explicit SqlColumn(soci::session&) {}
  auto destination() { return soci::into(value_, indicator_); }
  bool is_null() const { return indicator_ == soci::i_null; }
  T take() {
    if (is_null()) throw soci::soci_error("expected a value, found NULL");
    return static_cast<T>(std::move(value_));
  }

 private:
  std::conditional_t<std::integral<T>, long long, T> value_{};
  soci::indicator indicator_ = soci::i_ok;
};

template <>
class SqlColumn<SqlBytes> {
 public:
  explicit SqlColumn(soci::session& session) : value_(session) {}
  SqlColumn(const SqlColumn&) = delete;  // a copy of a soci::blob would end as the original does
  SqlColumn& operator=(const SqlColumn&) = delete;
  auto destination() { return soci::into(value_, indicator_); }
  bool is_null() const { return indicator_ == soci::i_null; }
  SqlBytes take() {
    if (is_null()) throw soci::soci_error("expected bytes, found NULL");
    SqlBytes result{std::string(value_.get_len(), '\0')};
    if (!result.bytes.empty()) value_.read(0, result.bytes.data(), result.bytes.size());
    return result;
  }

 private:
  soci::blob value_;
  soci::indicator indicator_ = soci::i_ok;
};

template <class T>
class SqlColumn<std::optional<T>> : public SqlColumn<T> {
 public:
  using SqlColumn<T>::SqlColumn;
  std::optional<T> take() { return this->is_null() ? std::nullopt : std::optional<T>(SqlColumn<T>::take()); }
};

/// A statement that is prepared at its first use and kept. What goes wrong is given to `fail`, which throws what the
/// caller is to see. For one thread at a time.
class SqlStatement {
 public:
  /// Turns an error of the database into one that says what was expected, and throws it.
  using Fail = std::function<void(const soci::soci_error&)>;

  /// `session` and `fail` must outlive this.
  SqlStatement(soci::session& session, const Fail& fail, std::string sql)
      : session_(session), fail_(fail), sql_(std::move(sql)) {}
  SqlStatement(const SqlStatement&) = delete;
  SqlStatement& operator=(const SqlStatement&) = delete;

  const std::string& text() const { return sql_; }

  /// Runs it to its end and calls `take` with the columns of each row.
  ///
  ///     statement.each<std::int64_t, std::string>({{"study", id}}, [](std::int64_t number, std::string text) {...});
  template <class... Columns, class Take>
  void each(std::vector<SqlParameter> parameters, Take take) {
    guarded([&] {
      soci::statement& statement = prepared();
      std::tuple<SqlColumn<Columns>...> columns((static_cast<void>(sizeof(Columns)), session_)...);
      std::apply([&](auto&... column) { (statement.exchange(column.destination()), ...); }, columns);
      run(statement, parameters, [&] { std::apply([&](auto&... column) { take(column.take()...); }, columns); });
    });
  }

  /// The only row of its result, if there is one.
  template <class... Columns>
  std::optional<std::tuple<Columns...>> row(std::vector<SqlParameter> parameters) {
    std::optional<std::tuple<Columns...>> result;
    each<Columns...>(std::move(parameters), [&](Columns... columns) { result.emplace(std::move(columns)...); });
    return result;
  }

  /// Runs it; returns how many rows it has changed.
  std::int64_t execute(std::vector<SqlParameter> parameters) {
    std::int64_t changed = 0;
    guarded([&] {
      run(prepared(), parameters, [] {});
      changed = statement_->get_affected_rows();
    });
    return changed;
  }

 private:
  soci::statement& prepared() {
    if (!statement_) {
      statement_.emplace(session_);
      statement_->alloc();
      statement_->prepare(sql_);
    }
    return *statement_;
  }

  /// To the end, even if nobody cares for the second row: a statement holds its locks until then.
  template <class Row>
  void run(soci::statement& statement, std::vector<SqlParameter>& parameters, Row row) {
    for (SqlParameter& parameter : parameters) bind(statement, parameter);
    statement.define_and_bind();
    for (bool found = statement.execute(true); found; found = statement.fetch()) row();
    statement.bind_clean_up();
  }

  void bind(soci::statement& statement, SqlParameter& parameter) {
    if (std::holds_alternative<std::monostate>(parameter.value)) {
      statement.exchange(soci::use(nothing_, null_, parameter.name));
    } else if (auto* whole = std::get_if<long long>(&parameter.value)) {
      statement.exchange(soci::use(*whole, parameter.name));
    } else if (auto* number = std::get_if<double>(&parameter.value)) {
      statement.exchange(soci::use(*number, parameter.name));
    } else if (auto* text = std::get_if<std::string>(&parameter.value)) {
      statement.exchange(soci::use(*text, parameter.name));
    } else {
      const std::string& bytes = std::get<SqlBytes>(parameter.value).bytes;
      blob_.emplace(session_);  // at most one in a statement
      blob_->write(0, bytes.data(), bytes.size());
      statement.exchange(soci::use(*blob_, parameter.name));
    }
  }

  /// After a failure the statement is in no state to be used again, or to be left open.
  template <class Body>
  void guarded(Body body) {
    try {
      body();
    } catch (const soci::soci_error& error) {
      statement_.reset();
      fail_(error);
    } catch (...) {
      statement_.reset();
      throw;
    }
  }

  soci::session& session_;
  const Fail& fail_;
  std::string sql_;
  std::string nothing_;  // what a NULL is bound to
  soci::indicator null_ = soci::i_null;
  std::optional<soci::blob> blob_;
  std::optional<soci::statement> statement_;
};

}  // namespace eigentune
