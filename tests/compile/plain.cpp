#include <eigentune/eigentune.hpp>

int main() {
  Eigen::VectorXf parameter = Eigen::VectorXf::Ones(3), gradient = Eigen::VectorXf::Ones(3);
  eigentune::Adam<float> optimizer;
  optimizer.add("theta", parameter, gradient);
  return optimizer.step({.learning_rate = 0.1}).applied ? 0 : 1;
}
