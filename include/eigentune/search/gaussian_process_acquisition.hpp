#pragma once

#include <eigentune/search/gaussian_process_posterior.hpp>
#include <eigentune/search/normal_distribution.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace eigentune::gp {

/// ln of [ the expected improvement on what is known, averaged over worlds ] times [ the probability of being feasible
/// ]:
///
///     a(x) = ln( mean over w of s(x) h((best_w - m_w(x)) / s(x)) ) + ln P(x),
///     P(x) = Phi(c(x) / sqrt(1 + v(x)))
///
/// s, m_w: the standard deviation and the mean of the objective (smaller is better) in world w; best_w: what is to be
/// improved on; h: normal_distribution::log_expected_excess; c, v: mean and variance of the latent function of
/// feasibility. Where P is below `wanted_probability` p, 1000 ln(P / p)^2 is subtracted: once the optimum is known
/// well, log-improvements there become so small that the product alone would rather spend trials on places that are
/// sure to diverge, for the large improvements that the objective's model, without data, does not exclude. With nothing
/// better the likeliest place is still found. A part that is absent counts as 1: without data of the objective only
/// feasibility is sought.
///
/// keep_away_from() turns it to the rest of the space: where the correlation r of f(x) and f(center), r = k(x, center)
/// / variance, is above 0.05, 1000 (r - 0.05)^2 is subtracted, and the improvement is on another best.
class Acquisition {
 public:
  /// `best` [worlds] goes with `objective`, `wanted_probability` in (0, 1] with `feasibility`.
  Acquisition(std::optional<Posterior> objective, Eigen::RowVectorXd best, std::optional<Posterior> feasibility,
              double wanted_probability = 0.95)
      : objective_(std::move(objective)),
        best_(std::move(best)),
        feasibility_(std::move(feasibility)),
        log_wanted_probability_(portable::log(wanted_probability)) {}

  static constexpr double apart = 0.05;  ///< the correlation up to which two places say little of each other

  /// The correlation of the objective at `a` and at `b` [features] before there are data. There must be an objective.
  double correlation(const Eigen::RowVectorXd& a, const Eigen::RowVectorXd& b) const {
    return Kernel::correlation((a - b).cwiseProduct(objective_->kernel().inverse_lengths()).squaredNorm());
  }

  /// Looks for an improvement on `best` [worlds], apart from `center` [features]. There must be an objective.
  void keep_away_from(Eigen::RowVectorXd center, Eigen::RowVectorXd best) {
    center_ = std::move(center);
    best_ = std::move(best);
  }

  /// a at each row of `x` [m, features]: [m].
  Eigen::VectorXd at(const Eigen::MatrixXd& x) const {
    Eigen::VectorXd result = Eigen::VectorXd::Zero(x.rows());
    if (objective_) {
      const Predictions f = objective_->at(x);
      for (Eigen::Index i = 0; i < x.rows(); ++i) {
        result[i] += log_improvement(f.means.row(i), std::sqrt(f.variances[i])).value;
      }
    }
    if (feasibility_) {
      const Predictions c = feasibility_->at(x);
      for (Eigen::Index i = 0; i < x.rows(); ++i) {
        result[i] += log_caution(c.means(i, 0) / std::sqrt(1.0 + c.variances[i])).value;
      }
    }
    if (center_) {
      for (Eigen::Index i = 0; i < x.rows(); ++i) {
        const double excess = std::max(correlation(*center_, x.row(i)) - apart, 0.0);
        result[i] -= distance_wall * excess * excess;
      }
    }
    return result;
  }

  /// a at `x` [features], and its gradient [features].
  double with_gradient_at(const Eigen::RowVectorXd& x, Eigen::VectorXd& gradient) const {
    gradient.setZero(x.size());
    double result = 0.0;
    if (objective_) {
      const Prediction f = objective_->with_slopes_at(x);
      const double deviation = std::sqrt(f.variance);
      const LogImprovement improvement = log_improvement(f.means, deviation);
      gradient +=
          f.mean_slopes * improvement.by_means + f.variance_slope * (0.5 * improvement.by_deviation / deviation);
      result += improvement.value;
    }
    if (feasibility_) {
      const Prediction c = feasibility_->with_slopes_at(x);
      const double scale = 1.0 / std::sqrt(1.0 + c.variance), z = c.means[0] * scale;
      const auto probability = log_caution(z);
      gradient += probability.slope * (scale * c.mean_slopes.col(0) - 0.5 * z * scale * scale * c.variance_slope);
      result += probability.value;
    }
    if (center_) {
      const Eigen::RowVectorXd& inverse_lengths = objective_->kernel().inverse_lengths();
      const Eigen::RowVectorXd difference = (x - *center_).cwiseProduct(inverse_lengths);
      const auto r = Kernel::correlation_and_slope(difference.squaredNorm());
      const double excess = std::max(r.correlation - apart, 0.0);
      result -= distance_wall * excess * excess;
      gradient -= (4.0 * distance_wall * excess * r.slope) * difference.cwiseProduct(inverse_lengths).transpose();
    }
    return result;
  }

 private:
  /// ln P and the wall, by the argument of Phi.
  normal_distribution::LogAndSlope log_caution(double z) const {
    const auto [log_probability, slope] = normal_distribution::log_cdf(z);
    const double deficit = std::max(log_wanted_probability_ - log_probability, 0.0);
    return {log_probability - wall * deficit * deficit, slope * (1.0 + 2.0 * wall * deficit)};
  }

  struct LogImprovement {
    double value;
    Eigen::VectorXd by_means;  ///< derivatives [worlds]
    double by_deviation;
  };

  LogImprovement log_improvement(const Eigen::RowVectorXd& means, double deviation) const {
    const Eigen::Index worlds = means.size();
    LogImprovement result = {0.0, Eigen::VectorXd(worlds), 0.0};
    Eigen::VectorXd logs(worlds), by_deviation(worlds);
    const double log_deviation = portable::log(deviation);
    for (Eigen::Index w = 0; w < worlds; ++w) {
      const double z = (best_[w] - means[w]) / deviation;
      const auto [value, slope] = normal_distribution::log_expected_excess(z);
      logs[w] = log_deviation + value;
      result.by_means[w] = -slope / deviation;
      by_deviation[w] = (1.0 - slope * z) / deviation;
    }
    const double largest = logs.maxCoeff();
    Eigen::VectorXd shares(worlds);
    for (Eigen::Index w = 0; w < worlds; ++w) shares[w] = portable::exp(logs[w] - largest);
    const double sum = shares.sum();
    result.value = largest + portable::log(sum / static_cast<double>(worlds));
    shares /= sum;
    result.by_means = result.by_means.cwiseProduct(shares);
    result.by_deviation = by_deviation.dot(shares);
    return result;
  }

  static constexpr double wall = 1000.0, distance_wall = 1000.0;

  std::optional<Posterior> objective_;
  Eigen::RowVectorXd best_;
  std::optional<Posterior> feasibility_;
  double log_wanted_probability_;
  std::optional<Eigen::RowVectorXd> center_;
};

}  // namespace eigentune::gp
