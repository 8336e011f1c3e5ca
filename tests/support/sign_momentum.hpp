#pragma once

#include <eigentune/rule/rule.hpp>

namespace support {

/// A rule that a user might write: momentum that steps by its sign.
struct SignMomentum {
  double momentum = 0.9;
  static constexpr std::array state = {eigentune::StateSlot{"v", 0.0}};
  struct Scalars {
    double momentum, rate;
  };
  Scalars scalars(std::int64_t /*step*/, double rate) const { return {momentum, rate}; }
  template <class T>
  static void update(const auto& s, T gradient, T& parameter, T& v) {
    v = s.momentum * v + gradient;
    parameter -= s.rate * sign(v);
  }
};

}  // namespace support
