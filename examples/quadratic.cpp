// One optimizer on a quadratic: bind a parameter and its gradient once, then step.
//
// f(x) = |A x - b|^2 / 2 has its least value, 0, at x = (1, -2). The gradient is A^T (A x - b).
//
// Output:
// after 0 steps: f = 19.6250, x = (0.0000, 0.0000)
// after 100 steps: f = 0.0495, x = (0.4333, -1.8445)
// after 200 steps: f = 0.0000, x = (0.9999, -2.0000)

#include <eigentune/optim.hpp>

int main() {
  Eigen::Matrix2f A;
  A << 1.0f, 2.0f, 0.5f, 3.0f;
  const Eigen::Vector2f b = A * Eigen::Vector2f(1.0f, -2.0f);
  Eigen::Vector2f x = Eigen::Vector2f::Zero(), gradient = Eigen::Vector2f::Zero();

  eigentune::Adam<float> optimizer({.beta1 = 0.9, .beta2 = 0.99});
  optimizer.add("x", x, gradient);

  for (int step = 0; step <= 200; ++step) {
    const Eigen::Vector2f residual = A * x - b;
    if (step % 100 == 0) {
      const float loss = 0.5f * residual.squaredNorm();
      fmt::print("after {} steps: f = {:.4f}, x = ({:.4f}, {:.4f})\n", step, loss, x[0], x[1]);
    }
    gradient = A.transpose() * residual;
    optimizer.step({.learning_rate = 0.1});
  }
}
