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
/// feasibility. Where P is below `wanted_probability` p, 100 ln(P / p)^2 is subtracted: once the optimum is known well,
/// log-improvements there become so small that the product alone would rather spend trials on places that are sure to
/// diverge, for the large improvements that the objective's model, without data, does not exclude. With nothing better
/// the likeliest place is still found. A part that is absent counts as 1: without data of the objective only
/// feasibility is sought.
class Acquisition {
 public:
  /// `best` [worlds] goes with `objective`, `wanted_probability` in (0, 1] with `feasibility`.
  Acquisition(std::optional<Posterior> objective, Eigen::RowVectorXd best, std::optional<Posterior> feasibility,
              double wanted_probability = 0.8)
      : objective_(std::move(objective)),
        best_(std::move(best)),
        feasibility_(std::move(feasibility)),
        log_wanted_probability_(portable::log(wanted_probability)) {}

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

  static constexpr double wall = 100.0;

  std::optional<Posterior> objective_;
  Eigen::RowVectorXd best_;
  std::optional<Posterior> feasibility_;
  double log_wanted_probability_;
};

}  // namespace eigentune::gp
