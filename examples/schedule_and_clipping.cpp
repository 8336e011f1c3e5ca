// A schedule and clipping: warm the learning rate up, let it decay, and bound the gradient's norm.
//
// The loss is the mean of cosh(w_i), whose gradient grows exponentially away from the minimum at 0: without clipping
// the first steps would be enormous.
//
// Output:
// schedule: warmup(20, cosine_decay(0.5, 180))
// step   0: learning rate 0.000, gradient norm 4.29e+07, clip scale 2.33e-08
// step  50: learning rate 0.467, gradient norm 0.388, clip scale 1
// step 100: learning rate 0.293, gradient norm 0.0176, clip scale 1
// step 150: learning rate 0.089, gradient norm 0.00112, clip scale 1
// largest weight: 1.0e-03

#include <eigentune/optim.hpp>

int main() {
  using namespace eigentune;
  Eigen::ArrayXd weights = Eigen::ArrayXd::LinSpaced(8, -20.0, 20.0), gradient(8);

  Momentum<double> optimizer({.momentum = 0.9});
  optimizer.add("weights", weights, gradient);
  const auto rate = warmup(20, cosine_decay(0.5, 180));
  fmt::print("schedule: {}\n", to_string(rate));

  for (std::int64_t step = 0; step < 200; ++step) {
    gradient = weights.sinh() / 8.0;
    const StepReport report = optimizer.step({.learning_rate = rate(step), .max_gradient_norm = 1.0});
    if (step % 50 == 0) {
      fmt::print("step {:3}: learning rate {:.3f}, gradient norm {:.3g}, clip scale {:.3g}\n", step, rate(step),
                 report.gradient_norm, report.clip_scale);
    }
  }
  fmt::print("largest weight: {:.1e}\n", weights.abs().maxCoeff());
}
