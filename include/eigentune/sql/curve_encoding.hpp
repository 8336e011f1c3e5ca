#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/training_curve.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

/// Rows of a training curve as bytes, the same on every machine:
///
///     version  1 byte: 1
///     rows     n, a number
///     steps    n numbers: the first step, then what each is above the one before
///     columns  a number; and for each column that has a value somewhere
///       name     its length, a number, and its bytes
///       present  1 byte: 1 if every row has a value; else 0, and (n + 7) / 8 bytes, whose bit i % 8 of byte
///                i / 8, from the lowest, is 1 if row i has one
///       values   of the rows that have one: 8 bytes each, IEEE 754, the lowest byte first
///
/// A number has 7 bits in each byte, the lowest first; all its bytes but the last have the highest bit set (LEB128).
/// Values keep every bit, also those of NaN.
inline constexpr char curve_encoding_version = 1;

namespace sql_detail {

inline void append_number(std::string& bytes, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>((number & 0x7F) | 0x80);
  bytes += static_cast<char>(number);
}

inline void append_double(std::string& bytes, double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>((bits >> shift) & 0xFF);
}

/// Appends a column, unless no row has it. `value_of` is a row's value, or null.
template <class ValueOf>
bool append_column(std::string& bytes, std::string_view name, std::span<const CurveRow> rows, ValueOf value_of) {
  std::string present((rows.size() + 7) / 8, '\0');
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (value_of(rows[i].values) == nullptr) continue;
    present[i / 8] = static_cast<char>(static_cast<unsigned char>(present[i / 8]) | 1u << i % 8);
    ++count;
  }
  if (count == 0) return false;
  append_number(bytes, name.size());
  bytes += name;
  bytes += count == rows.size() ? '\1' : '\0';
  if (count < rows.size()) bytes += present;
  for (const CurveRow& row : rows) {
    if (const double* value = value_of(row.values)) append_double(bytes, *value);
  }
  return true;
}

/// Reads what the functions above wrote. What is not there to be read is std::invalid_argument.
class CurveBytes {
 public:
  explicit CurveBytes(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }

  std::string_view take(std::size_t size) {
    require(size <= bytes_.size(), "{} more bytes, found {}", size, bytes_.size());
    const std::string_view result = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return result;
  }

  std::uint64_t number() {
    std::uint64_t result = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      result |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return result;
    }
    require(false, "a number of 64 bits, found a longer one");
    return 0;
  }

  /// A number of things of which each takes at least `least` bits.
  std::size_t count(std::size_t least) {
    const std::uint64_t result = number();
    require(result <= 8 * bytes_.size() / least, "no more than the bytes there are, found {}", result);
    return static_cast<std::size_t>(result);
  }

  double value() {
    std::uint64_t bits = 0;
    int shift = 0;
    for (const char byte : take(8)) {
      bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(byte)) << shift;
      shift += 8;
    }
    return std::bit_cast<double>(bits);
  }

 private:
  std::string_view bytes_;
};

inline std::vector<CurveRow> decode_curve_rows(CurveBytes bytes) {
  const char version = bytes.take(1).front();
  require(version == curve_encoding_version, "version {}, found {}", int{curve_encoding_version}, int{version});
  std::vector<CurveRow> rows(bytes.count(8));
  std::uint64_t step = 0;
  for (CurveRow& row : rows) {
    const std::uint64_t more = bytes.number();
    require(more <= std::numeric_limits<std::int64_t>::max() - step, "steps of 63 bits, found {} after {}", more, step);
    step += more;
    row.step = static_cast<std::int64_t>(step);
  }
  for (std::size_t columns = bytes.count(16); columns > 0; --columns) {
    const std::string name(bytes.take(bytes.count(8)));
    const bool everywhere = bytes.take(1).front() == '\1';
    const std::string_view present = bytes.take(everywhere ? 0 : (rows.size() + 7) / 8);
    const auto column = std::ranges::find(curve_columns, name, &CurveColumn::name);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!everywhere && (static_cast<unsigned char>(present[i / 8]) >> i % 8 & 1u) == 0) continue;
      if (column != curve_columns.end()) {
        rows[i].values.*(column->value) = bytes.value();
      } else {
        rows[i].values.metrics.emplace_hint(rows[i].values.metrics.end(), name, bytes.value());
      }
    }
  }
  require(bytes.empty(), "an end, found more bytes");
  return rows;
}

}  // namespace sql_detail

/// `rows` in the format above; their steps must ascend.
inline std::string encode_curve(std::span<const CurveRow> rows) {
  using namespace sql_detail;
  std::string bytes{curve_encoding_version};
  append_number(bytes, rows.size());
  std::int64_t last = 0;
  std::set<std::string_view> metrics;
  for (const CurveRow& row : rows) {
    append_number(bytes, static_cast<std::uint64_t>(row.step - last));
    last = row.step;
    for (const auto& [name, value] : row.values.metrics) metrics.insert(name);
  }
  std::string columns;
  std::uint64_t count = 0;
  for (const CurveColumn& column : curve_columns) {
    const auto value_of = [&](const CurveValues& values) -> const double* {
      const std::optional<double>& value = values.*column.value;
      return value ? &*value : nullptr;
    };
    if (append_column(columns, column.name, rows, value_of)) ++count;
  }
  for (const std::string_view name : metrics) {
    const auto value_of = [&](const CurveValues& values) -> const double* {
      const auto metric = values.metrics.find(name);
      return metric != values.metrics.end() ? &metric->second : nullptr;
    };
    if (append_column(columns, name, rows, value_of)) ++count;
  }
  append_number(bytes, count);
  return bytes + columns;
}

/// Appends the rows of `bytes` to `curve`. Throws eigentune::Error that begins with `what` if they are none.
inline void decode_curve(const std::string& what, std::string_view bytes, TrainingCurve& curve) {
  try {
    for (CurveRow& row : sql_detail::decode_curve_rows(sql_detail::CurveBytes(bytes))) {
      curve.add(row.step, std::move(row.values));
    }
  } catch (const std::invalid_argument& error) {
    throw Error(fmt::format("{}: expected rows of a curve: {}", what, error.what()));
  }
}

}  // namespace eigentune
