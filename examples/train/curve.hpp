#pragma once

#include <eigentune/core/error.hpp>

#include <fmt/core.h>

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace example {

/// One row of the training curves. What was not measured at that step is absent.
struct CurveRow {
  std::int64_t step = 0;                        ///< updates made so far; 0 is the state before the first
  std::optional<double> training_loss{};        ///< of the batch of update number `step`, before that update
  std::optional<double> validation_loss{};      ///< after it
  std::optional<double> validation_error{};     ///< in [0, 1]
  std::optional<double> learning_rate{};        ///< of that update
  std::optional<double> gradient_norm{};        ///< before clipping
  std::optional<double> clip_scale{};           ///< 1 where nothing was clipped
  std::optional<double> examples_per_second{};  ///< of training since the last row that has it; the only figure that
                                                ///< differs between two runs with the same options
};

/// A CSV file of curves, with a header and one line for each row; absent values are empty. Every member function throws
/// eigentune::Error, with the path and the reason, if the file cannot be written.
class CurveFile {
 public:
  /// Creates the file, or empties it, and writes the header.
  explicit CurveFile(std::string path) : path_(std::move(path)), file_(std::fopen(path_.c_str(), "w")) {
    check(file_ != nullptr);
    check(std::fputs("step,training_loss,validation_loss,validation_error,learning_rate,gradient_norm,clip_scale,"
                     "examples_per_second\n",
                     file_.get()) >= 0);
    flush();
  }

  void add(const CurveRow& row) {
    const auto text = [](const std::optional<double>& value) -> std::string {
      if (!value) return "";
      return std::isnan(*value) ? "nan" : fmt::format("{}", *value);  // a NaN's sign means nothing
    };
    const std::string line =
        fmt::format("{},{},{},{},{},{},{},{}\n", row.step, text(row.training_loss), text(row.validation_loss),
                    text(row.validation_error), text(row.learning_rate), text(row.gradient_norm), text(row.clip_scale),
                    row.examples_per_second ? fmt::format("{:.0f}", *row.examples_per_second) : "");
    check(std::fputs(line.c_str(), file_.get()) >= 0);
  }

  /// Makes sure that what was added so far is in the file.
  void flush() { check(std::fflush(file_.get()) == 0); }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void check(bool good) const {
    if (!good) throw eigentune::Error(fmt::format("{}: the curves cannot be written: {}", path_, std::strerror(errno)));
  }

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace example
