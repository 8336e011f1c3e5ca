#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// libtorch's part of the comparisons, in a translation unit of its own: its headers take half a minute, and come with
// flags.

namespace torch_twins {

/// Adam on tensors of these sizes, as torch::optim does it.
class AdamTail {
 public:
  explicit AdamTail(const std::vector<std::int64_t>& sizes);
  ~AdamTail();

  /// Fills all gradients.
  void fill_gradients(float value);
  /// clip_grad_norm_, Adam's step, zero_grad. A max_norm of 0: the step alone.
  void step(double max_norm);

 private:
  struct Held;
  std::unique_ptr<Held> held_;
};

/// The trainer's network: pre-norm residual MLP with LayerNorm, cross-entropy, Adam.
class Network {
 public:
  Network(std::int64_t inputs, std::int64_t width, std::int64_t depth, std::int64_t classes, std::int64_t batch);
  ~Network();

  void step();

 private:
  struct Held;
  std::unique_ptr<Held> held_;
};

/// Of libtorch's own loops, and of its matrix products if OpenBLAS does them: that one has threads of its own and did
/// not heed libtorch's setting where we looked (1.13 over OpenBLAS 0.3.21 with pthreads).
void set_threads(int threads, int blas_threads = 1);

/// The library behind libtorch's matrix products, in its own words if it is OpenBLAS, else "unknown: " and its file:
/// over the reference BLAS, which a Linux distribution installs if nobody asks for better, libtorch is many times
/// slower.
std::string blas();

}  // namespace torch_twins
