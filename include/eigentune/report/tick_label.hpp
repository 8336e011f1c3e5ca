#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eigentune::report_detail {

/// The number units 10^exponent, of which a label can be made without rounding.
struct Decimal {
  std::int64_t units = 0;
  int exponent = 0;

  /// The nearest double, or for exponents beyond 22, where a power of ten is none itself, one beside it.
  double value() const {
    double power = 1.0;
    for (int i = 0; i < std::min(std::abs(exponent), 308); ++i) power *= 10.0;
    const double number = static_cast<double>(units);
    if (exponent >= -308) return exponent < 0 ? number / power : number * power;
    for (int i = exponent; i < -308; ++i) power *= 10.0;
    return number / power;
  }
};

/// Digits with a comma before each group of three.
inline std::string grouped(std::string digits) {
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

/// The number with exactly `decimals` decimals, which are enough for it: "20,000", "0.50".
inline std::string fixed_label(Decimal number, int decimals) {
  const bool negative = number.units < 0;
  std::string digits = fmt::format("{}", negative ? -number.units : number.units);
  const int zeros = number.exponent + decimals;
  if (zeros > 0 && number.units != 0) digits.append(static_cast<std::size_t>(zeros), '0');
  if (zeros < 0) digits.resize(digits.size() - std::min(digits.size(), static_cast<std::size_t>(-zeros)));
  const auto places = static_cast<std::size_t>(decimals);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  std::string result = negative ? "-" : "";
  result += grouped(digits.substr(0, digits.size() - places));
  if (places > 0) result.append(".").append(digits, digits.size() - places);
  return result;
}

/// The number as "5e-06" or "1.25e+10"; 0 as "0".
inline std::string scientific_label(Decimal number) {
  if (number.units == 0) return "0";
  while (number.units % 10 == 0) {
    number.units /= 10;
    ++number.exponent;
  }
  const bool negative = number.units < 0;
  std::string digits = fmt::format("{}", negative ? -number.units : number.units);
  const int exponent = number.exponent + static_cast<int>(digits.size()) - 1;
  if (digits.size() > 1) digits.insert(1, 1, '.');
  return fmt::format("{}{}e{}{:02}", negative ? "-" : "", digits, exponent < 0 ? '-' : '+', std::abs(exponent));
}

/// Labels of one axis. Numbers of one exponent, as on a linear scale, get the same number of decimals, as many as all
/// of them need; 0 is "0".
inline std::vector<std::string> labels_of(const std::vector<Decimal>& numbers) {
  constexpr std::size_t longest = 10;  // of a label that is not scientific
  const auto same = [&](const Decimal& number) { return number.exponent == numbers.front().exponent; };
  const bool one_exponent = std::ranges::all_of(numbers, same);
  std::vector<std::string> labels;
  bool all_short = true;
  for (Decimal number : numbers) {
    const int decimals = std::max(0, -number.exponent);
    std::string label = number.units == 0 ? "0" : fixed_label(number, decimals);
    const bool is_short = label.size() <= longest && decimals <= 4 && (number.exponent < 6 || number.units == 0);
    all_short = all_short && is_short;
    labels.push_back(is_short ? std::move(label) : scientific_label(number));
  }
  if (one_exponent && !all_short) {
    std::ranges::transform(numbers, labels.begin(), [](const Decimal& number) { return scientific_label(number); });
  }
  return labels;
}

/// Labels of 1 - number, without loss: of 10^-3 "0.999". `numbers` are positive and their exponents of a common size.
inline std::vector<std::string> one_minus_labels(const std::vector<Decimal>& numbers) {
  std::vector<std::string> labels;
  for (const Decimal& number : numbers) {
    const int decimals = std::max(0, -number.exponent);
    if (decimals > 15 || number.exponent > 15) {
      labels.push_back(fmt::format("1-{}", scientific_label(number)));
      continue;
    }
    std::int64_t one = 1, scale = 1;
    for (int i = 0; i < decimals; ++i) one *= 10;
    for (int i = 0; i < number.exponent; ++i) scale *= 10;
    const Decimal difference{one - number.units * scale, -decimals};
    labels.push_back(difference.units == 0 ? "0" : fixed_label(difference, decimals));
  }
  return labels;
}

}  // namespace eigentune::report_detail
