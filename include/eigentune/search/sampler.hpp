#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/search/history.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/search_space.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace eigentune {

/// A search algorithm: where trial `number` (from 0) of a study goes. A type with
///
///     static constexpr bool adaptive = false;  // whether `suggest` looks at the history; if not, it may be empty
///     Point suggest(const SearchSpace& space, const History& history, std::int64_t number) const;
///     std::string text() const;  // "halton(seed=1)": kept with the study, compared when it goes on
///
/// `suggest` is pure: the same arguments give the same point on every platform, and it may be called by several threads
/// at once. It returns a point of the space (SearchSpace::check) and throws std::invalid_argument if it cannot: the
/// number is negative, or the space is not of a kind it can search. A sampler with a limited number of points says so
/// by
///
///     std::optional<std::int64_t> size(const SearchSpace& space) const;   // trials 0, ..., size - 1; absent: no limit
template <class S>
concept Sampler = std::copy_constructible<S> &&
    requires(const S& sampler, const SearchSpace& space, const History& history, std::int64_t number) {
  { sampler.suggest(space, history, number) } -> std::same_as<Point>;
  { sampler.text() } -> std::convertible_to<std::string>;
  { S::adaptive } -> std::convertible_to<bool>;
};

/// Any Sampler, in one type. Cheap to copy: copies share the sampler, which does not change.
class AnySampler {
 public:
  // Not `template <Sampler S>`: a compiler would ask whether AnySampler can be copied in order to say whether it can
  // be.
  template <class S>
  requires(!std::same_as<S, AnySampler> && Sampler<S>)
      AnySampler(S sampler)  // NOLINT: implicit, `.sampler = Halton{.seed = 1}`
      : sampler_(std::make_shared<Holder<S>>(std::move(sampler))) {}

  bool adaptive() const { return sampler_->adaptive(); }
  Point suggest(const SearchSpace& space, const History& history, std::int64_t number) const {
    require(number >= 0, "{}: the number of a trial must be at least 0, got {}", text(), number);
    return sampler_->suggest(space, history, number);
  }
  std::string text() const { return sampler_->text(); }

  /// How many points there are; absent if there is no limit.
  std::optional<std::int64_t> size(const SearchSpace& space) const { return sampler_->size(space); }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual bool adaptive() const = 0;
    virtual Point suggest(const SearchSpace& space, const History& history, std::int64_t number) const = 0;
    virtual std::string text() const = 0;
    virtual std::optional<std::int64_t> size(const SearchSpace& space) const = 0;
  };

  template <class S>
  struct Holder final : Interface {
    explicit Holder(S held) : sampler(std::move(held)) {}
    bool adaptive() const override { return S::adaptive; }
    Point suggest(const SearchSpace& space, const History& history, std::int64_t number) const override {
      return sampler.suggest(space, history, number);
    }
    std::string text() const override { return sampler.text(); }
    std::optional<std::int64_t> size(const SearchSpace& space) const override {
      if constexpr (requires { sampler.size(space); }) {
        return sampler.size(space);
      } else {
        return std::nullopt;
      }
    }
    S sampler;
  };

  std::shared_ptr<const Interface> sampler_;
};

}  // namespace eigentune
