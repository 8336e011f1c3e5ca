#pragma once

#include <eigentune/core/error.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigentune {

struct EvaluationOptions {
  /// Examples in each batch, at least 1. The playbook: at least training's (see evaluation_batch_size_warning).
  std::int64_t batch_size = 0;

  std::int64_t shard = 0;   ///< which host this is, in [0, shards)
  std::int64_t shards = 1;  ///< how many hosts share the examples, at least 1

  /// Throws std::invalid_argument if a number is out of range.
  void validate() const {
    require(batch_size >= 1, "evaluate: batch_size must be at least 1, got {}", batch_size);
    require(shards >= 1, "evaluate: shards must be at least 1, got {}", shards);
    require(shard >= 0 && shard < shards, "evaluate: shard must be in [0, {}), got {}", shards, shard);
  }
};

/// One batch of an evaluation. Every batch has the full size; where the examples do not fill the last one, the rest is
/// padding, which weighs zero.
struct EvaluationBatch {
  std::int64_t first = 0;  ///< position of the first example; where all examples are evaluated, its index
  std::int64_t count = 0;  ///< of examples; the batch_size - count entries behind them are padding
  std::span<const std::int64_t> examples;  ///< indices [batch_size]; padding repeats the first example of all
  std::span<const float> weights;          ///< [batch_size]; 1 for examples, 0 for padding

  std::int64_t size() const { return static_cast<std::int64_t>(examples.size()); }  ///< batch_size
};

/// What evaluates a batch: returns nothing, or something that `+=` sums over the batches.
template <class Function>
concept EvaluationFunction = std::invocable<Function&, const EvaluationBatch&> && requires {
  typename std::invoke_result_t<Function&, const EvaluationBatch&>;
} &&(std::is_void_v<std::invoke_result_t<Function&, const EvaluationBatch&>> ||
     requires(std::decay_t<std::invoke_result_t<Function&, const EvaluationBatch&>> total,
              std::invoke_result_t<Function&, const EvaluationBatch&> result) {
       total += std::forward<decltype(result)>(result);
     });

namespace evaluation_detail {

/// Runs over positions [0, count), of which `example_at` gives the examples.
template <class ExampleAt, class Function>
auto evaluate(std::int64_t count, const EvaluationOptions& options, const ExampleAt& example_at, Function& function) {
  options.validate();
  require(count >= 1, "evaluate: there must be at least 1 example, got {}", count);
  const std::int64_t smaller = count / options.shards, larger_shards = count % options.shards;
  const std::int64_t begin = options.shard * smaller + std::min(options.shard, larger_shards);
  const std::int64_t end = begin + smaller + (options.shard < larger_shards ? 1 : 0);
  const std::int64_t largest = smaller + (larger_shards > 0 ? 1 : 0);
  const std::int64_t batches = (largest - 1) / options.batch_size + 1;

  std::vector<std::int64_t> examples(static_cast<std::size_t>(options.batch_size));
  std::vector<float> weights(examples.size());
  const auto run = [&](std::int64_t batch) {
    const std::int64_t first = std::min(begin + batch * options.batch_size, end);
    const std::int64_t here = std::min(end - first, options.batch_size);
    for (std::int64_t j = 0; j < options.batch_size; ++j) {
      examples[static_cast<std::size_t>(j)] = example_at(j < here ? first + j : 0);
      weights[static_cast<std::size_t>(j)] = j < here ? 1.0F : 0.0F;
    }
    return std::invoke(function,
                       EvaluationBatch{.first = first, .count = here, .examples = examples, .weights = weights});
  };

  using Result = std::invoke_result_t<Function&, const EvaluationBatch&>;
  if constexpr (std::is_void_v<Result>) {
    for (std::int64_t batch = 0; batch < batches; ++batch) run(batch);
  } else {
    std::decay_t<Result> total = run(0);
    for (std::int64_t batch = 1; batch < batches; ++batch) total += run(batch);
    return total;
  }
}

}  // namespace evaluation_detail

/// Runs `function` over the examples 0, ..., `examples` - 1 in batches, in order, and returns the sum of what it
/// returns, in order, if it returns anything ("Evaluating model performance" in the playbook).
///
///     WeightedMean loss, error;
///     ClassCounts classes(10);
///     evaluate(validation.size(), {.batch_size = 256}, [&](const EvaluationBatch& batch) {
///       ...                                                      // a forward pass over batch.examples
///       for (std::size_t j = 0; j < batch.weights.size(); ++j) {
///         loss.add(losses[j], batch.weights[j]);                 // padding weighs zero, whatever its loss
///         classes.add(labels[j], predicted[j], batch.weights[j]);
///       }
///     });
///
/// What is summed example by example, like this, has the same bits whatever the batch size; sums of batches that the
/// function returns depend on it in the last bits, where they are not whole numbers.
///
/// With `shards`, this host evaluates one of that many pieces of consecutive examples, whose sizes differ by at most 1;
/// every host runs the same number of batches, so that batches may communicate, and the last may be all padding. Sums
/// of the hosts add up to the sum over all.
///
/// Throws std::invalid_argument unless there is an example and the options are in range.
template <EvaluationFunction Function>
auto evaluate(std::int64_t examples, const EvaluationOptions& options, Function&& function) {
  return evaluation_detail::evaluate(
      examples, options, [](std::int64_t position) { return position; }, function);
}

/// The same over the examples with these indices: a sample, for periodic evaluations of a large dataset. What is
/// called EvaluationBatch::first is a position in `examples` then.
template <EvaluationFunction Function>
auto evaluate(std::span<const std::int64_t> examples, const EvaluationOptions& options, Function&& function) {
  return evaluation_detail::evaluate(
      static_cast<std::int64_t>(examples.size()), options,
      [&](std::int64_t position) { return examples[static_cast<std::size_t>(position)]; }, function);
}

/// A sentence if evaluation runs at a smaller batch size than training, else nothing. As no gradients are needed,
/// nothing is kept for a backward pass, so larger batches than training's fit, and evaluate faster ("Evaluation
/// settings" in the playbook). Throws std::invalid_argument unless both are at least 1.
inline std::optional<std::string> evaluation_batch_size_warning(std::int64_t evaluation_batch_size,
                                                                std::int64_t training_batch_size) {
  require(evaluation_batch_size >= 1, "evaluation_batch_size_warning: evaluation_batch_size must be at least 1, got {}",
          evaluation_batch_size);
  require(training_batch_size >= 1, "evaluation_batch_size_warning: training_batch_size must be at least 1, got {}",
          training_batch_size);
  if (evaluation_batch_size >= training_batch_size) return std::nullopt;
  return fmt::format(
      "evaluation runs at a batch size of {}, below training's {}; as it keeps nothing for a backward pass, {} or more "
      "fit into the same memory and evaluate faster",
      evaluation_batch_size, training_batch_size, training_batch_size);
}

}  // namespace eigentune
