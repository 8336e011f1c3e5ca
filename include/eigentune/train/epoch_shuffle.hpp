#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/random.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <numeric>
#include <shared_mutex>
#include <span>
#include <vector>

namespace eigentune {

struct EpochShuffleOptions {
  std::uint64_t seed = 0;   ///< of all orders; the same on every host, as `shard` tells the hosts apart
  std::int64_t shard = 0;   ///< which host this is, in [0, shards)
  std::int64_t shards = 1;  ///< how many hosts share the examples, at least 1
};

/// The order in which training takes its examples: an endless stream of epochs, each of which takes every example once,
/// in an order of its own. What stands at a position is a pure function of (seed, position), so the one integer a
/// checkpoint must keep is the position, and to continue there is to ask for it:
///
///     order of epoch e    = Random(seed, 1).split(e).permutation(examples)
///     stream              = order of epoch 0, order of epoch 1, ...
///     position p of shard = position p * shards + shard of the stream
///
/// So batches are always full: one that an epoch does not fill goes on with the next epoch. And the batches b of all
/// shards together are the batch b, `shards` times as large, of an unsharded stream. The shards of one epoch partition
/// the examples, their sizes differ by at most 1, and no host runs ahead of another. (The playbook, "Considerations for
/// multi-host pipelines", asks for another shuffle on every host; shards of one stream give that with one seed.)
///
/// May be used by any number of threads at once. Keeps the orders of two epochs, 16 bytes an example, each made when it
/// is first asked for, in O(examples); any position in them is O(1). A copy makes its own.
class EpochShuffle {
 public:
  /// Throws std::invalid_argument unless examples >= 1, shards >= 1 and shard is in [0, shards).
  explicit EpochShuffle(std::int64_t examples, EpochShuffleOptions options = {})
      : examples_(examples), options_(options), random_(options.seed, 1) {
    require(examples >= 1, "EpochShuffle: examples must be at least 1, got {}", examples);
    require(options.shards >= 1, "EpochShuffle: shards must be at least 1, got {}", options.shards);
    require(options.shard >= 0 && options.shard < options.shards, "EpochShuffle: shard must be in [0, {}), got {}",
            options.shards, options.shard);
  }

  std::int64_t examples() const { return examples_; }  ///< in one epoch, of all shards together
  const EpochShuffleOptions& options() const { return options_; }

  /// The epoch, from 0, to which `position` belongs. Throws std::invalid_argument if `position` is negative or so large
  /// that the position in the stream is beyond 63 bits.
  std::int64_t epoch(std::int64_t position) const { return in_stream(position, 1) / examples_; }

  /// The example at `position`, in [0, examples). Throws as epoch().
  std::int64_t operator()(std::int64_t position) const {
    std::int64_t example = 0;
    fill(position, std::span(&example, 1));
    return example;
  }

  /// The examples at `position`, `position` + 1, ... [indices.size()]. With batches of `size` examples, batch b is
  /// `fill(b * size, indices)`. Allocates nothing once two epochs were made. Throws as epoch(), for any of them.
  void fill(std::int64_t position, std::span<std::int64_t> indices) const {
    if (indices.empty()) return;
    const auto size = static_cast<std::int64_t>(indices.size());
    std::int64_t next = in_stream(position, size);
    for (std::int64_t done = 0;;) {
      const std::int64_t first = next % examples_;
      const std::int64_t left_in_epoch = (examples_ - 1 - first) / options_.shards + 1;
      const std::int64_t count = std::min(left_in_epoch, size - done);
      with_order(next / examples_, [&](const std::vector<std::int64_t>& order) {
        for (std::int64_t i = 0; i < count; ++i) {
          indices[static_cast<std::size_t>(done + i)] = order[static_cast<std::size_t>(first + i * options_.shards)];
        }
      });
      done += count;
      if (done == size) return;
      next += count * options_.shards;
    }
  }

  /// Whether both are the same stream.
  friend bool operator==(const EpochShuffle& a, const EpochShuffle& b) {
    return a.examples_ == b.examples_ && a.options_.seed == b.options_.seed && a.options_.shard == b.options_.shard &&
           a.options_.shards == b.options_.shards;
  }

 private:
  struct Epoch {
    std::int64_t number = -1;  // none
    std::vector<std::int64_t> order;
  };

  /// The orders of an even and of an odd epoch: what threads that work around the end of an epoch need. A copy of an
  /// EpochShuffle starts with none.
  struct Cache {
    Cache() = default;
    Cache(const Cache&) {}
    Cache& operator=(const Cache&) {
      for (Epoch& epoch : epochs) epoch.number = -1;
      return *this;
    }
    std::shared_mutex mutex;
    std::array<Epoch, 2> epochs;
  };

  std::int64_t in_stream(std::int64_t position, std::int64_t count) const {
    require(position >= 0, "EpochShuffle: position must be at least 0, got {}", position);
    const std::int64_t limit = (std::numeric_limits<std::int64_t>::max() - options_.shard) / options_.shards;
    require(position <= limit - (count - 1), "EpochShuffle: position must be at most {}, got {}", limit - (count - 1),
            position);
    return position * options_.shards + options_.shard;
  }

  template <class Use>
  void with_order(std::int64_t number, Use&& use) const {
    Epoch& epoch = cache_.epochs[static_cast<std::size_t>(number % 2)];
    {
      const std::shared_lock lock(cache_.mutex);
      if (epoch.number == number) return use(epoch.order);
    }
    const std::unique_lock lock(cache_.mutex);
    if (epoch.number != number) {  // nor has another thread made it meanwhile
      epoch.number = -1;
      epoch.order.resize(static_cast<std::size_t>(examples_));
      std::iota(epoch.order.begin(), epoch.order.end(), std::int64_t{0});
      random_.split(static_cast<std::uint64_t>(number)).shuffle(epoch.order);
      epoch.number = number;
    }
    use(epoch.order);
  }

  std::int64_t examples_;
  EpochShuffleOptions options_;
  Random random_;
  mutable Cache cache_;
};

}  // namespace eigentune
