// One mistake per case; with none defined, this compiles.

#include <eigentune/eigentune.hpp>

void mistakes() {
  Eigen::MatrixXf weights(3, 4), gradient(3, 4);
  const Eigen::MatrixXf constant(3, 4);
  eigentune::Adam<float> optimizer;
  optimizer.add("weights", weights, gradient);
  optimizer.add("column", weights.col(0), gradient.col(0));  // a temporary, but of a window
  optimizer.step({.learning_rate = 0.1});
#if defined(OWNING_TEMPORARY)
  optimizer.add("w", Eigen::MatrixXf(3, 4), gradient);
#elif defined(MOVED_OWNER)
  optimizer.add("w", std::move(weights), gradient);
#elif defined(EXPRESSION)
  optimizer.add("w", weights, weights + gradient);
#elif defined(CONSTANT_GRADIENT)
  optimizer.add("w", weights, constant);
#elif defined(CONSTANT_VIEW)
  optimizer.add("w", weights, Eigen::Map<const Eigen::MatrixXf>(gradient.data(), 3, 4));
#elif defined(OTHER_SCALAR)
  Eigen::MatrixXd doubles(3, 4);
  optimizer.add("w", weights, doubles);
#elif defined(INTEGER_OPTIMIZER)
  eigentune::Adam<int> integers;
#elif defined(NO_LEARNING_RATE)
  optimizer.step({.max_gradient_norm = 1.0});
#elif defined(COPY)
  auto copy = optimizer;
#endif
}
