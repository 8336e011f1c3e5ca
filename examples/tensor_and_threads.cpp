// Eigen::Tensor and threads: a convolution's kernel is bound like a matrix, and a step runs on Eigen's thread pool,
// with the same bits as on one thread.
//
// Output:
// the same bits on 1 and 4 threads: true

#include <eigentune/optim.hpp>
#include <eigentune/tensor.hpp>

#include <unsupported/Eigen/CXX11/ThreadPool>

#include <algorithm>

int main() {
  using Kernel = Eigen::Tensor<float, 4, Eigen::RowMajor>;  // [out, in, height, width]
  Kernel kernel(64, 128, 3, 3), kernel_gradient(64, 128, 3, 3);
  eigentune::Random random(1);
  random.fill_normal(std::span(kernel.data(), static_cast<std::size_t>(kernel.size())), 0.0, 0.05);
  random.fill_normal(std::span(kernel_gradient.data(), static_cast<std::size_t>(kernel.size())));
  Kernel copy = kernel;

  eigentune::NAdam<float> serial, parallel;
  serial.add("kernel", kernel, kernel_gradient);
  parallel.add("kernel", copy, kernel_gradient);

  Eigen::ThreadPool pool(4);
  for (int step = 0; step < 10; ++step) {
    serial.step({.learning_rate = 1e-3, .max_gradient_norm = 1.0});
    parallel.step(pool, {.learning_rate = 1e-3, .max_gradient_norm = 1.0});
  }
  const bool same = std::equal(kernel.data(), kernel.data() + kernel.size(), copy.data());
  fmt::print("the same bits on 1 and 4 threads: {}\n", same);
}
