#pragma once

#include <eigentune/core/error.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <deque>

namespace eigentune {

/// Options of minimize_in_box.
struct ProjectedLbfgsOptions {
  int max_evaluations = 100;         ///< of the function, at least 1
  int memory = 10;                   ///< steps whose curvature is remembered, at least 1
  double gradient_tolerance = 1e-6;  ///< stop where no free component of the gradient is larger
  double relative_decrease = 1e-10;  ///< stop where a step lowers f by less than this times max(|f|, 1)
};

/// Where minimize_in_box has stopped.
struct BoxMinimum {
  Eigen::VectorXd x;
  double value = 0.0;
  int evaluations = 0;
};

/// A local minimum of a smooth function over the box lower <= x <= upper [n], from `start` (moved into the box).
///
/// `function(x, gradient)` returns f(x) and writes its gradient [n]. A value that is not finite rejects the step that
/// led there. Limited-memory BFGS (Nocedal 1980) in the components that are free, that is, not held at a bound by the
/// sign of their gradient; each step is projected into the box and shortened until it decreases f enough (Armijo;
/// Bertsekas, "Projected Newton Methods", 1982). The value returned is never above f(start).
template <class Function>
requires std::invocable<Function&, const Eigen::VectorXd&, Eigen::VectorXd&> BoxMinimum
minimize_in_box(Function&& function, const Eigen::VectorXd& start, const Eigen::VectorXd& lower,
                const Eigen::VectorXd& upper, const ProjectedLbfgsOptions& options = {}) {
  struct Step {
    Eigen::VectorXd move, gradient_change;
  };
  require(lower.size() == start.size() && upper.size() == start.size(),
          "minimize_in_box: start, lower and upper must have one size, got {}, {} and {}", start.size(), lower.size(),
          upper.size());
  Eigen::VectorXd x = start.cwiseMax(lower).cwiseMin(upper), gradient(x.size());
  double value = function(x, gradient);
  int evaluations = 1;
  std::deque<Step> steps;

  while (evaluations < options.max_evaluations && is_finite(value)) {
    const Eigen::VectorXd free = ((x.array() <= lower.array() && gradient.array() > 0.0) ||
                                  (x.array() >= upper.array() && gradient.array() < 0.0))
                                     .select(Eigen::VectorXd::Zero(x.size()), Eigen::VectorXd::Ones(x.size()));
    const Eigen::VectorXd free_gradient = gradient.cwiseProduct(free);
    if (free_gradient.size() == 0 || free_gradient.cwiseAbs().maxCoeff() <= options.gradient_tolerance) break;

    // The two loops of L-BFGS, with the components that are held left out of every product.
    Eigen::VectorXd direction = -free_gradient;
    std::deque<double> weights;
    double scale = 0.0;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      const Eigen::VectorXd change = step->gradient_change.cwiseProduct(free);
      const double curvature = step->move.dot(change);
      weights.push_front(curvature > 0.0 ? step->move.cwiseProduct(free).dot(direction) / curvature : 0.0);
      direction -= weights.front() * change;
      if (scale == 0.0 && curvature > 0.0) scale = curvature / change.squaredNorm();
    }
    direction *= scale > 0.0 ? scale : 1.0 / std::max(1.0, free_gradient.norm());
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const Eigen::VectorXd move = steps[i].move.cwiseProduct(free);
      const double curvature = move.dot(steps[i].gradient_change);
      if (curvature > 0.0) {
        direction += move * (weights[i] - steps[i].gradient_change.cwiseProduct(free).dot(direction) / curvature);
      }
    }
    if (!(direction.dot(free_gradient) < 0.0)) {
      steps.clear();
      direction = -free_gradient / std::max(1.0, free_gradient.norm());
    }

    Eigen::VectorXd next(x.size()), next_gradient(x.size());
    double next_value = 0.0;
    bool decreased = false;
    for (double length = 1.0; length > 1e-9 && evaluations < options.max_evaluations;) {
      next = (x + length * direction).cwiseMax(lower).cwiseMin(upper);
      next_value = function(next, next_gradient);
      ++evaluations;
      const double slope = gradient.dot(next - x);
      decreased = is_finite(next_value) && next_value <= value + 1e-4 * slope && slope < 0.0;
      if (decreased) break;
      // The minimum of the parabola through both values and the slope at x, within safe bounds.
      const double parabola = is_finite(next_value) ? -0.5 * slope / (next_value - value - slope) : 0.1;
      length *= std::clamp(parabola, 0.1, 0.5);
    }
    if (!decreased) {
      if (steps.empty()) break;
      steps.clear();  // once more, along the gradient itself
      continue;
    }
    const Step step = {next - x, next_gradient - gradient};
    if (step.move.dot(step.gradient_change) > 1e-12 * step.gradient_change.squaredNorm()) {
      steps.push_back(step);
      if (steps.size() > static_cast<std::size_t>(options.memory)) steps.pop_front();
    }
    const bool stalled = value - next_value < options.relative_decrease * std::max(std::fabs(next_value), 1.0);
    x = next;
    gradient = next_gradient;
    value = next_value;
    if (stalled) break;
  }
  return {std::move(x), value, evaluations};
}

}  // namespace eigentune
