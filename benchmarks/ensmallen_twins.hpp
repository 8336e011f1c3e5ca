#pragma once

#include <cstdint>
#include <memory>

// ensmallen's part of the comparisons, in a translation unit of its own, as for libtorch: it brings Armadillo along.

namespace ensmallen_twins {

/// Adam on one vector of `size` floats with a constant gradient, as ensmallen's update policy does it: what ens::Adam
/// runs in each iteration, without the function that it would minimize.
class Adam {
 public:
  explicit Adam(std::int64_t size);
  ~Adam();

  void step(double rate);

 private:
  struct Held;
  std::unique_ptr<Held> held_;
};

}  // namespace ensmallen_twins
