// What a user's first file costs to compile: the umbrella and a step of each of the six optimizers. evidence.py times
// it beside compile_time_twin.cpp.

#include <eigentune/optim.hpp>

template <class Optimizer>
void step(Eigen::MatrixXf& parameter, Eigen::MatrixXf& gradient) {
  Optimizer optimizer;
  optimizer.add("parameter", parameter, gradient);
  optimizer.step({.learning_rate = 1e-3});
}

void step_each(Eigen::MatrixXf& parameter, Eigen::MatrixXf& gradient) {
  step<eigentune::SGD<float>>(parameter, gradient);
  step<eigentune::Momentum<float>>(parameter, gradient);
  step<eigentune::Nesterov<float>>(parameter, gradient);
  step<eigentune::RMSProp<float>>(parameter, gradient);
  step<eigentune::Adam<float>>(parameter, gradient);
  step<eigentune::NAdam<float>>(parameter, gradient);
}
