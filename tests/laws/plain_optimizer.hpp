#pragma once

#include <eigentune/optim/options.hpp>
#include <eigentune/rule/rule.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

// A step as its documentation describes it, and as plainly as it can be written: one element after the other, one
// operation after the other, no blocks of work, no packs, no threads. Of the library it takes the options and the
// rules' formulas, and nothing that moves data.

namespace laws {

/// A number that does one IEEE operation at a time. Each is a call that the compiler cannot see through, so that no
/// flag lets it fuse a product with a sum or keep more digits than the type has.
template <class T>
class Number {
 public:
  Number(double value = 0.0) : value_(static_cast<T>(value)) {}  // NOLINT: implicit, as formulas mix in doubles
  T value() const { return value_; }

  [[gnu::noinline]] friend Number operator+(Number a, Number b) { return Number(a.value_ + b.value_, 0); }
  [[gnu::noinline]] friend Number operator-(Number a, Number b) { return Number(a.value_ - b.value_, 0); }
  [[gnu::noinline]] friend Number operator*(Number a, Number b) { return Number(a.value_ * b.value_, 0); }
  [[gnu::noinline]] friend Number operator/(Number a, Number b) { return Number(a.value_ / b.value_, 0); }
  [[gnu::noinline]] friend Number sqrt(Number a) { return Number(std::sqrt(a.value_), 0); }
  friend Number square(Number a) { return a * a; }
  friend Number abs(Number a) { return Number(std::fabs(a.value_), 0); }
  friend Number sign(Number a) { return a.value_ > 0 ? Number(1.0) : a.value_ < 0 ? Number(-1.0) : a; }
  friend bool operator<(Number a, Number b) { return a.value_ < b.value_; }
  Number& operator+=(Number other) { return *this = *this + other; }
  Number& operator-=(Number other) { return *this = *this - other; }
  Number& operator*=(Number other) { return *this = *this * other; }

 private:
  Number(T value, int /*raw*/) : value_(value) {}
  T value_;
};

template <class Scalar, class State>
struct PlainTensor {
  std::vector<Scalar> parameter, gradient;
  eigentune::TensorOptions options{};
  std::vector<Scalar> sum{};  ///< of accumulated gradients
  std::vector<std::vector<State>> state{};
  std::int64_t updates = 0;

  bool frozen() const { return options.frozen.value_or(false); }
};

/// The sum of squares in the order that the library promises: blocks of 16384 elements, one after the other; within a
/// block lane j of 16 takes the elements j, j + 16, ..., and the lanes are added in a tree.
template <class Scalar>
Number<double> plain_sum_of_squares(const std::vector<Scalar>& values) {
  constexpr std::size_t block_size = 16384, lane_count = 16;
  Number<double> sum;
  for (std::size_t begin = 0; begin < values.size(); begin += block_size) {
    std::array<Number<double>, lane_count> lanes{};
    for (std::size_t i = 0; i < block_size && begin + i < values.size(); ++i) {
      lanes[i % lane_count] += square(Number<double>(values[begin + i]));
    }
    for (std::size_t width = lane_count / 2; width > 0; width /= 2) {
      for (std::size_t lane = 0; lane < width; ++lane) lanes[lane] += lanes[lane + width];
    }
    sum += lanes[0];
  }
  return sum;
}

/// Where the state starts.
template <class Rule>
auto start_values_of(const Rule& rule) {
  if constexpr (requires { rule.start_values(); }) {
    return rule.start_values();
  } else {
    std::array<double, Rule::state.size()> starts{};
    for (std::size_t slot = 0; slot < starts.size(); ++slot) starts[slot] = Rule::state[slot].start;
    return starts;
  }
}

template <class Rule, class Scalar, class State>
class PlainOptimizer {
 public:
  PlainOptimizer(Rule rule, std::vector<PlainTensor<Scalar, State>> bound)
      : tensors(std::move(bound)), rule_(std::move(rule)) {
    const auto starts = start_values_of(rule_);
    for (auto& tensor : tensors) {
      for (const double start : starts) tensor.state.emplace_back(tensor.parameter.size(), static_cast<State>(start));
      tensor.sum.assign(tensor.parameter.size(), Scalar(0));
    }
  }

  void accumulate() {
    for (auto& tensor : tensors) {
      if (tensor.frozen()) continue;
      for (std::size_t i = 0; i < tensor.sum.size(); ++i) {
        tensor.sum[i] = (Number<Scalar>(tensor.sum[i]) + Number<Scalar>(tensor.gradient[i])).value();
      }
    }
    ++accumulated_;
  }

  /// Without adaptive clipping.
  eigentune::StepReport step(const eigentune::StepOptions& options) {
    Number<double> scale = options.gradient_scale;
    if (accumulated_ > 0) {
      scale = scale / static_cast<double>(accumulated_);
      for (auto& tensor : tensors) std::swap(tensor.sum, tensor.gradient);
    }

    std::vector<Number<double>> squares;
    Number<double> sum;
    for (const auto& tensor : tensors) {
      squares.push_back(tensor.frozen() ? Number<double>() : plain_sum_of_squares(tensor.gradient));
      sum += squares.back();
    }
    eigentune::StepReport report;
    report.gradient_norm = (sqrt(sum) * abs(scale)).value();
    const bool finite = std::isfinite(report.gradient_norm);
    report.applied = finite || !options.check_finite;
    const auto clipping = [](const std::optional<double>& threshold, double norm) {
      const bool clips = threshold && std::isfinite(norm) && norm > *threshold;
      return clips ? Number<double>(*threshold) / norm : Number<double>(1.0);
    };
    if (report.applied) {
      const Number<double> clip = clipping(options.max_gradient_norm, report.gradient_norm);
      report.clip_scale = clip.value();
      scale *= clip;
      for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (tensors[i].frozen()) continue;
        const double norm = (sqrt(squares[i]) * abs(scale)).value();
        update(tensors[i], options, scale * clipping(options.max_tensor_norm, norm));
        ++tensors[i].updates;
      }
    }

    for (auto& tensor : tensors) {
      if (accumulated_ > 0) {
        std::swap(tensor.sum, tensor.gradient);
        tensor.sum.assign(tensor.sum.size(), Scalar(0));
      }
      if (options.zero_gradients) tensor.gradient.assign(tensor.gradient.size(), Scalar(0));
    }
    accumulated_ = 0;
    return report;
  }

  std::vector<PlainTensor<Scalar, State>> tensors;

 private:
  using Compute = std::conditional_t<(sizeof(Scalar) > sizeof(State)), Scalar, State>;
  using Element = Number<Compute>;

  void update(PlainTensor<Scalar, State>& tensor, const eigentune::StepOptions& options, Number<double> scale) const {
    const Number<double> rate =
        Number<double>(options.learning_rate.value()) * tensor.options.learning_rate_scale.value_or(1.0);
    const double decay = tensor.options.weight_decay.value_or(0.0);
    const bool coupled = tensor.options.coupled.value_or(false);
    const Element keep = coupled ? 1.0 : (Number<double>(1.0) - rate * decay).value();
    const Element coupled_decay = coupled ? decay : 0.0;
    // Adding nothing is left out where nothing else is to be done to a gradient: it would turn -0 into 0.
    const bool adds_decay = (coupled && decay != 0.0) || options.max_gradient_value;
    const typename Rule::Scalars scalars = rule_.scalars(tensor.updates, rate.value());

    for (std::size_t i = 0; i < tensor.parameter.size(); ++i) {
      Element p(tensor.parameter[i]);
      Element g = Element(tensor.gradient[i]) * Element(scale.value());
      if (options.max_gradient_value) {
        const Element limit(*options.max_gradient_value);
        if (limit < g) g = limit;
        if (g < Element(-*options.max_gradient_value)) g = Element(-*options.max_gradient_value);
      }
      if (adds_decay) g += coupled_decay * p;
      p *= keep;
      update_element(scalars, g, p, tensor.state, i, std::make_index_sequence<Rule::state.size()>());
      tensor.parameter[i] = static_cast<Scalar>(p.value());
    }
  }

  template <std::size_t... slot>
  static void update_element(const typename Rule::Scalars& scalars, Element g, Element& p,
                             [[maybe_unused]] std::vector<std::vector<State>>& state, [[maybe_unused]] std::size_t i,
                             std::index_sequence<slot...>) {
    [[maybe_unused]] std::array<Element, sizeof...(slot)> values{Element(state[slot][i])...};
    Rule::update(scalars, g, p, values[slot]...);
    ((state[slot][i] = static_cast<State>(values[slot].value())), ...);
  }

  Rule rule_;
  std::int64_t accumulated_ = 0;
};

}  // namespace laws
