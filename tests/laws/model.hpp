#pragma once

#include <eigentune/optim/optimizers.hpp>
#include <eigentune/tensor.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <list>
#include <numeric>
#include <string>
#include <vector>

#include "support/numbers.hpp"
#include "lion.hpp"

// What the laws have in common: the rules and types that they hold for, and a model to train.

namespace laws {

using namespace eigentune;

template <class RuleType, class ScalarType>
struct Kind {
  using Rule = RuleType;
  using Scalar = ScalarType;
};

/// The rules with hyperparameters that leave nothing out: momentum in RMSProp, an epsilon that matters.
template <class Rule>
Rule lively() {
  if constexpr (std::same_as<Rule, RMSPropRule>) {
    return {.momentum = 0.9, .epsilon = 1e-3};
  } else if constexpr (requires(Rule rule) { rule.epsilon; }) {
    return {.epsilon = 1e-3};
  } else {
    return {};
  }
}

using Kinds =
    testing::Types<Kind<SGDRule, float>, Kind<SGDRule, double>, Kind<MomentumRule, float>, Kind<MomentumRule, double>,
                   Kind<NesterovRule, float>, Kind<NesterovRule, double>, Kind<RMSPropRule, float>, Kind<RMSPropRule, double>,
                   Kind<AdamRule, float>, Kind<AdamRule, double>, Kind<NAdamRule, float>, Kind<NAdamRule, double>,
                   Kind<Lion, float>, Kind<Lion, double>>;

inline const std::vector<std::int64_t> sizes = {0, 1, 7, 15, 16, 17, 1000, 4099};

/// How the elements of a tensor are held.
enum class Container { matrix, map, tensor };

/// Vectors of these sizes, one tensor each, and an optimizer on them.
template <class Rule, class Scalar>
class Model {
 public:
  explicit Model(const std::vector<std::int64_t>& tensor_sizes, Container container = Container::map, TensorOptions options = {},
                 std::uint64_t seed = 7)
      : optimizer(lively<Rule>()) {
    const std::int64_t total = std::accumulate(tensor_sizes.begin(), tensor_sizes.end(), std::int64_t{0});
    parameters = support::uneven_numbers<Scalar>(total, seed);
    gradients.resize(parameters.size());
    std::int64_t begin = 0;
    for (const std::int64_t size : tensor_sizes) {
      add(size, begin, container, options);
      begin += size;
    }
  }

  /// One step with gradients of this seed. The model's own vectors are what matters; the containers copy from and to them.
  template <class... Pool>
  StepReport step(std::uint64_t seed, const StepOptions& options, Pool&... pool) {
    gradients = support::uneven_numbers<Scalar>(static_cast<std::int64_t>(parameters.size()), seed);
    return step_as_is(options, pool...);
  }
  template <class... Pool>
  StepReport step_as_is(const StepOptions& options, Pool&... pool) {
    for (Held& held : held_) held.copy_in(*this);
    const StepReport report = optimizer.step(pool..., options);
    for (Held& held : held_) held.copy_out(*this);
    return report;
  }

  /// All state, tensor after tensor, for each slot.
  std::vector<std::vector<Scalar>> state() const {
    std::vector<std::vector<Scalar>> slots(Rule::state.size());
    for (const auto& tensor : optimizer.state().tensors) {
      for (std::size_t slot = 0; slot < slots.size(); ++slot) {
        slots[slot].insert(slots[slot].end(), tensor.slots[slot].values.begin(), tensor.slots[slot].values.end());
      }
    }
    return slots;
  }

  Optimizer<Rule, Scalar> optimizer;
  std::vector<Scalar> parameters, gradients;

 private:
  using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
  using Tensor = Eigen::Tensor<Scalar, 3, Eigen::RowMajor>;

  struct Held {
    std::int64_t begin, size;
    Container container;
    Matrix matrix, matrix_gradient;
    Tensor tensor, tensor_gradient;

    void copy_in(const Model& model) {
      std::copy_n(model.parameters.data() + begin, size, parameter_data());
      std::copy_n(model.gradients.data() + begin, size, gradient_data());
    }
    void copy_out(Model& model) {
      std::copy_n(parameter_data(), size, model.parameters.data() + begin);
      std::copy_n(gradient_data(), size, model.gradients.data() + begin);
    }
    Scalar* parameter_data() { return container == Container::tensor ? tensor.data() : matrix.data(); }
    Scalar* gradient_data() { return container == Container::tensor ? tensor_gradient.data() : matrix_gradient.data(); }
  };

  void add(std::int64_t size, std::int64_t begin, Container container, const TensorOptions& options) {
    const std::string name = "tensor" + std::to_string(held_.size());
    const std::int64_t rows = size % 7 == 0 ? 7 : 1;  // not only vectors
    Held& held = held_.emplace_back(Held{begin, size, container, {}, {}, {}, {}});
    switch (container) {
      case Container::map: {
        using Map = Eigen::Map<Eigen::Matrix<Scalar, Eigen::Dynamic, 1>>;
        held.matrix.resize(size, 1);
        held.matrix_gradient.resize(size, 1);
        optimizer.add(name, Map(held.matrix.data(), size), Map(held.matrix_gradient.data(), size), options);
        break;
      }
      case Container::matrix:
        held.matrix.resize(rows, size / rows);
        held.matrix_gradient.resize(rows, size / rows);
        optimizer.add(name, held.matrix, held.matrix_gradient, options);
        break;
      case Container::tensor:
        held.tensor.resize(1, rows, size / rows);
        held.tensor_gradient.resize(1, rows, size / rows);
        optimizer.add(name, held.tensor, held.tensor_gradient, options);
        break;
    }
  }

  std::list<Held> held_;  // a list: the optimizer keeps addresses
};

}  // namespace laws
