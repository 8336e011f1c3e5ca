#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/space/scale.hpp>
#include <eigentune/space/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace eigentune::space_detail {

/// Values one by one, with or without an order, each as likely as the others.
class ListedDomain {
 public:
  ListedDomain(Scale scale, std::vector<Value> values) : scale_(scale), values_(std::move(values)) {
    require(!values_.empty(), "{}: there must be at least one value", name());
    for (std::size_t i = 1; i < values_.size(); ++i) {
      const auto earlier = values_.begin() + static_cast<std::ptrdiff_t>(i);
      require(std::find(values_.begin(), earlier, values_[i]) == earlier, "{}: values must differ, got {} twice",
              name(), values_[i].text());
      if (scale == Scale::ordered) check_order(values_[i - 1], values_[i]);
    }
  }

  const char* name() const { return scale_ == Scale::ordered ? "discrete" : "choice"; }
  const std::vector<Value>& arguments() const { return values_; }
  Scale scale() const { return scale_; }
  const Value& low() const { return ordered("low").front(); }
  const Value& high() const { return ordered("high").back(); }
  std::optional<std::int64_t> cardinality() const { return static_cast<std::int64_t>(values_.size()); }

  bool contains(const Value& value) const { return std::find(values_.begin(), values_.end(), value) != values_.end(); }

  const Value& at(std::int64_t index) const { return values_[static_cast<std::size_t>(index)]; }
  std::int64_t index_of(const Value& value) const {
    return std::find(values_.begin(), values_.end(), value) - values_.begin();
  }

  Value from_unit(double unit) const {
    const auto index = static_cast<std::size_t>(std::floor(unit * count()));
    return values_[std::min(index, values_.size() - 1)];
  }
  double to_unit(const Value& value) const { return (static_cast<double>(index_of(value)) + 0.5) / count(); }

  friend bool operator==(const ListedDomain&, const ListedDomain&) = default;

 private:
  void check_order(const Value& before, const Value& after) const {
    require(before.is_number() == after.is_number(), "{}: values must be all numbers or all strings, got {} and {}",
            name(), before.text(), after.text());
    require(before.is_string() || before.as_double() < after.as_double(), "{}: numbers must ascend, got {} before {}",
            name(), before.text(), after.text());
  }

  const std::vector<Value>& ordered(const char* bound) const {
    require(scale_ == Scale::ordered, "choice: values without an order have no {}", bound);
    return values_;
  }

  double count() const { return static_cast<double>(values_.size()); }

  Scale scale_;
  std::vector<Value> values_;
};

}  // namespace eigentune::space_detail
