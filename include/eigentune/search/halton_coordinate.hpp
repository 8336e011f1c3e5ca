#pragma once

#include <eigentune/core/random.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace eigentune::search_detail {

/// One coordinate of a randomised Halton sequence: the digits of the index in a prime base, the lowest first, each put
/// through a random permutation of its own, are the digits of x after the point (Owen, "A randomized Halton algorithm
/// in R", 2017). They go on to a cell of length base^-m >= 2^-45, inside which all points have the same random shift,
/// so x is uniform in [0, 1), has the same bits on every platform, and is below 1.
///
/// `spent` digits, the lowest, may have been used already to tell the trials' branches apart (HaltonLayout). In a
/// branch they are constant, and would keep x in one cell; so x has the digits above them, k_spent, k_(spent+1), ...,
/// to which the spent ones are added, over and over: digit p of x, from 0, is
///
///     permutation_p((k_(p + spent) + k_(p mod spent)) mod base)
///
/// (without the second term if spent = 0). The map from any m consecutive digits k_0, ..., k_(m-1) to the first m
/// digits of x is one to one, whatever the higher digits: for p >= m - spent the first term is constant, so the second
/// gives the spent digits, and these the others. So of the first n points every interval [i, i + 1) / base^m holds
/// floor(n / base^m) or one more. And within a branch, where the spent digits are constant, x is the ordinary sequence,
/// its digits moved: any base^m points of the branch in a row, where there is one every Q trials and base does not
/// divide Q / base^spent, hold one in each such interval.
class HaltonCoordinate {
 public:
  HaltonCoordinate(std::uint64_t base, std::size_t spent, Random random) : base_(base), spent_(spent) {
    for (std::uint64_t next = base; next <= most_cells; next *= base) {
      permutations_.push_back(random.permutation(static_cast<std::int64_t>(base)));
      cells_ = next;
    }
    shift_ = static_cast<double>(random.below(256)) / 256;
  }

  /// x of point `index`, in [0, 1).
  double operator()(std::uint64_t index) const {
    std::vector<std::uint64_t> low;
    for (std::size_t i = 0; i < spent_; ++i, index /= base_) low.push_back(index % base_);
    std::uint64_t cell = 0;
    for (std::size_t p = 0; p < permutations_.size(); ++p, index /= base_) {
      const std::uint64_t digit = (index % base_ + (spent_ > 0 ? low[p % spent_] : 0)) % base_;
      cell = cell * base_ + static_cast<std::uint64_t>(permutations_[p][static_cast<std::size_t>(digit)]);
    }
    // Exact, and below cells_ by at least 2^-8: one division rounds, and cannot reach 1.
    return (static_cast<double>(cell) + shift_) / static_cast<double>(cells_);
  }

 private:
  static constexpr std::uint64_t most_cells = std::uint64_t{1} << 45;

  std::uint64_t base_;
  std::size_t spent_;
  std::vector<std::vector<std::int64_t>> permutations_{};  // [m][base]
  std::uint64_t cells_ = 1;                                // base^m
  double shift_ = 0.0;                                     // in cells
};

}  // namespace eigentune::search_detail
