// A rule of one's own, written in fifteen lines in lion.hpp, trains like the built-in ones: by SIMD, on threads if
// wanted, with clipping, weight decay and saved state.
//
// Output:
// 0.255
// 0.250
// 0.250
// 0.250
// 0.250

#include <eigentune/optim.hpp>

#include "lion.hpp"

int main() {
  Eigen::VectorXf weights = Eigen::VectorXf::LinSpaced(5, -1.0f, 1.0f), gradient(5);
  eigentune::Optimizer<Lion, float> optimizer({.beta1 = 0.95});
  optimizer.add("weights", weights, gradient, {.weight_decay = 0.1});

  const auto rate = eigentune::linear_decay(0.02, 400);
  for (std::int64_t step = 0; step < 400; ++step) {
    gradient = weights.array() - 0.25f;  // of |w - 1/4|^2 / 2
    optimizer.step({.learning_rate = rate(step)});
  }
  for (const float weight : weights) fmt::print("{:.3f}\n", weight);
}
