#pragma once

namespace eigentune {

/// How the values of a hyperparameter lie on an axis.
enum class Scale {
  linear,         ///< differences count
  log,            ///< ratios count; all values are above 0
  one_minus_log,  ///< ratios of 1 - x count; all values are below 1
  ordered,        ///< listed values, of which only the order counts
  unordered       ///< listed values in no order
};

/// "linear", "log", "one_minus_log", "ordered" or "unordered".
constexpr const char* to_string(Scale scale) {
  switch (scale) {
    case Scale::linear:
      return "linear";
    case Scale::log:
      return "log";
    case Scale::one_minus_log:
      return "one_minus_log";
    case Scale::ordered:
      return "ordered";
    case Scale::unordered:
      break;
  }
  return "unordered";
}

}  // namespace eigentune
