#include <eigentune/eigentune.hpp>

bool step_elsewhere(eigentune::AnyOptimizer<float>& optimizer);

int main() {
  Eigen::VectorXf parameter = Eigen::VectorXf::Ones(3), gradient = Eigen::VectorXf::Ones(3);
  eigentune::Adam<float> optimizer;
  optimizer.add("theta", parameter, gradient);
  return step_elsewhere(optimizer) && parameter[0] < 1.0f ? 0 : 1;
}
