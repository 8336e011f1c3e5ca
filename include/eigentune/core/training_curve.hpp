#pragma once

#include <eigentune/core/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

/// What was measured at one step of training. What was not is absent. Any value may be NaN or infinite: divergence is
/// data.
struct CurveValues {
  std::optional<double> training_loss{};        ///< of the batch of that step, before its update
  std::optional<double> validation_loss{};      ///< after the update
  std::optional<double> validation_error{};     ///< in [0, 1], after the update
  std::optional<double> learning_rate{};        ///< of the update
  std::optional<double> gradient_norm{};        ///< before clipping
  std::optional<double> clip_scale{};           ///< what clipping multiplied the gradients by: 1 where it did nothing
  std::optional<double> examples_per_second{};  ///< of training, since the last row that has it
  std::map<std::string, double, std::less<>> metrics{};  ///< further ones by name, see check_metric_name

  /// Equal numbers; NaN equals NaN.
  friend bool operator==(const CurveValues& a, const CurveValues& b);
};

/// A column that every curve has.
struct CurveColumn {
  std::string_view name;
  std::optional<double> CurveValues::*value;
};

/// These columns, in the order of a file's: after the step, and before the metrics.
inline constexpr std::array curve_columns = {CurveColumn{"training_loss", &CurveValues::training_loss},
                                             CurveColumn{"validation_loss", &CurveValues::validation_loss},
                                             CurveColumn{"validation_error", &CurveValues::validation_error},
                                             CurveColumn{"learning_rate", &CurveValues::learning_rate},
                                             CurveColumn{"gradient_norm", &CurveValues::gradient_norm},
                                             CurveColumn{"clip_scale", &CurveValues::clip_scale},
                                             CurveColumn{"examples_per_second", &CurveValues::examples_per_second}};

inline bool operator==(const CurveValues& a, const CurveValues& b) {
  const auto same = [](double x, double y) { return x == y || (x != x && y != y); };
  return std::ranges::all_of(curve_columns,
                             [&](const CurveColumn& column) {
                               const auto &x = a.*column.value, &y = b.*column.value;
                               return x.has_value() == y.has_value() && (!x || same(*x, *y));
                             }) &&
         std::ranges::equal(a.metrics, b.metrics, [&](const auto& x, const auto& y) {
           return x.first == y.first && same(x.second, y.second);
         });
}

/// Whether a metric may have this name: printable ASCII without comma and quotation mark, no space at either end, and
/// not the name of a column that every curve has, `step` included.
inline bool is_metric_name(std::string_view name) {
  const auto allowed = [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '"'; };
  return !name.empty() && std::ranges::all_of(name, allowed) && name.front() != ' ' && name.back() != ' ' &&
         name != "step" && std::ranges::find(curve_columns, name, &CurveColumn::name) == curve_columns.end();
}

/// Throws std::invalid_argument unless is_metric_name(name); `who` begins the message.
inline void check_metric_name(std::string_view who, std::string_view name) {
  require(is_metric_name(name),
          "{}: a metric's name must be printable ASCII without ',' and '\"', and no column's name, got \"{}\"", who,
          name);
}

struct CurveRow {
  std::int64_t step = 0;  ///< updates made so far; 0 is the state before the first
  CurveValues values{};

  friend bool operator==(const CurveRow&, const CurveRow&) = default;
};

/// One column of a curve, where it has values: values[i] was measured at steps[i].
struct CurveSeries {
  std::vector<std::int64_t> steps;
  std::vector<double> values;
};

/// The training curves of one run: rows in the order of their steps.
///
///     TrainingCurve curve;
///     curve.add(100, {.training_loss = 0.31, .validation_error = 0.04, .metrics = {{"top5_error", 0.01}}});
///     for (double error : curve.series("validation_error").values) ...
class TrainingCurve {
 public:
  /// Adds a row. Throws std::invalid_argument, and adds nothing, unless `step` is 0 or more and above the last row's,
  /// and the metrics' names are allowed (see is_metric_name).
  void add(std::int64_t step, CurveValues values) {
    check(rows_.empty() ? std::nullopt : std::optional(rows_.back().step), step, values);
    rows_.push_back({step, std::move(values)});
  }

  /// Throws what add(step, values) would after a row of step `last`.
  static void check(std::optional<std::int64_t> last, std::int64_t step, const CurveValues& values) {
    require(step >= 0, "TrainingCurve: step must be at least 0, got {}", step);
    require(!last || step > *last, "TrainingCurve: step must be above the last one, got {} after {}", step,
            last.value_or(0));
    for (const auto& [name, value] : values.metrics) check_metric_name("TrainingCurve", name);
  }

  std::span<const CurveRow> rows() const { return rows_; }
  bool empty() const { return rows_.empty(); }
  std::size_t size() const { return rows_.size(); }

  /// The names of the columns that have a value somewhere: curve_columns in their order, then metrics in that of the
  /// alphabet. `step` is not among them.
  std::vector<std::string> columns() const {
    std::vector<std::string> names;
    for (const CurveColumn& column : curve_columns) {
      const auto has_it = [&](const CurveRow& row) { return (row.values.*column.value).has_value(); };
      if (std::ranges::any_of(rows_, has_it)) names.emplace_back(column.name);
    }
    std::map<std::string_view, bool> metrics;
    for (const CurveRow& row : rows_) {
      for (const auto& [name, value] : row.values.metrics) metrics[name] = true;
    }
    for (const auto& [name, present] : metrics) names.emplace_back(name);
    return names;
  }

  /// The column of that name, one of curve_columns or a metric; empty if no row has it.
  CurveSeries series(std::string_view name) const {
    CurveSeries result;
    const auto column = std::ranges::find(curve_columns, name, &CurveColumn::name);
    for (const CurveRow& row : rows_) {
      std::optional<double> value;
      if (column != curve_columns.end()) {
        value = row.values.*(column->value);
      } else if (const auto metric = row.values.metrics.find(name); metric != row.values.metrics.end()) {
        value = metric->second;
      }
      if (!value) continue;
      result.steps.push_back(row.step);
      result.values.push_back(*value);
    }
    return result;
  }

  /// Drops the rows after `step`, as a run that resumes from there must.
  void drop_after(std::int64_t step) {
    rows_.erase(std::ranges::upper_bound(rows_, step, {}, &CurveRow::step), rows_.end());
  }

  friend bool operator==(const TrainingCurve&, const TrainingCurve&) = default;

 private:
  std::vector<CurveRow> rows_;
};

}  // namespace eigentune
