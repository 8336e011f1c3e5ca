#pragma once

#include <eigentune/core/error.hpp>

#include <Eigen/Core>
#include <fmt/core.h>

#include <cstdint>
#include <limits>
#include <string>

namespace eigentune {

/// How a classifier did on each class: sums of the examples' weights, in double; with weights of 0 and 1 counts, and
/// exact. For imbalanced data, where the accuracy says little of rare classes, and where an accuracy of a rare class
/// says little without its count: was it just one more example? ("Choosing a sample for periodic evaluation" in the
/// playbook asks to log the number of correct examples.)
class ClassCounts {
 public:
  static constexpr std::int64_t no_class = -1;  ///< a prediction that names no class, as where all logits are NaN

  /// Throws std::invalid_argument unless classes >= 1.
  explicit ClassCounts(std::int64_t classes) {
    require(classes >= 1, "ClassCounts: classes must be at least 1, got {}", classes);
    confusion_.setZero(classes, classes);
    totals_.setZero(classes);
  }

  std::int64_t classes() const { return totals_.size(); }

  /// Counts an example. Its label is in [0, classes), the prediction too, or it is no_class, which is always wrong. An
  /// example of weight 0 is padding and not looked at. Throws std::invalid_argument if one is out of range, or weight
  /// is negative or not finite.
  void add(std::int64_t label, std::int64_t predicted, double weight = 1.0) {
    require(weight >= 0.0 && is_finite(weight), "ClassCounts: weight must be in [0, inf), got {}", weight);
    if (weight == 0.0) return;
    check_class(label);
    require(predicted >= no_class && predicted < classes(), "ClassCounts: predicted must be in [-1, {}), got {}",
            classes(), predicted);
    totals_[label] += weight;
    if (predicted != no_class) confusion_(label, predicted) += weight;
  }

  /// Adds what `other` has counted. Throws std::invalid_argument unless it has as many classes.
  ClassCounts& operator+=(const ClassCounts& other) {
    require(other.classes() == classes(), "ClassCounts: += takes counts of {} classes, got {}", classes(),
            other.classes());
    confusion_ += other.confusion_;
    totals_ += other.totals_;
    return *this;
  }

  /// [classes, classes]; element (label, predicted).
  const Eigen::MatrixXd& confusion() const { return confusion_; }

  /// Of the examples of one class. Throws std::invalid_argument if label is out of range.
  double total(std::int64_t label) const {
    check_class(label);
    return totals_[label];
  }
  double correct(std::int64_t label) const {
    check_class(label);
    return confusion_(label, label);
  }

  /// Of all examples.
  double total() const {
    return sum([&](std::int64_t label) { return totals_[label]; });
  }
  double correct() const {
    return sum([&](std::int64_t label) { return confusion_(label, label); });
  }

  /// correct(label) / total(label); NaN if there is no example of the class. Throws as total.
  double accuracy(std::int64_t label) const { return ratio(correct(label), total(label)); }

  /// correct() / total(); NaN if there is no example.
  double accuracy() const { return ratio(correct(), total()); }

  /// The mean of the accuracies of the classes that have examples, each class counting the same; NaN if none has.
  double balanced_accuracy() const {
    const double present = sum([&](std::int64_t label) { return totals_[label] > 0.0 ? 1.0 : 0.0; });
    return ratio(sum([&](std::int64_t label) { return totals_[label] > 0.0 ? accuracy(label) : 0.0; }), present);
  }

  /// "class 3: 12 of 15 examples correct". Throws as total.
  std::string to_string(std::int64_t label) const {
    return fmt::format("class {}: {:.10g} of {:.10g} examples correct", label, correct(label), total(label));
  }

 private:
  void check_class(std::int64_t label) const {
    require(label >= 0 && label < classes(), "ClassCounts: label must be in [0, {}), got {}", classes(), label);
  }

  static double ratio(double part, double whole) {
    return whole > 0.0 ? part / whole : std::numeric_limits<double>::quiet_NaN();
  }

  /// In the order of the classes.
  template <class Term>
  double sum(const Term& term) const {
    double result = 0.0;
    for (std::int64_t label = 0; label < classes(); ++label) result += term(label);
    return result;
  }

  Eigen::MatrixXd confusion_;
  Eigen::VectorXd totals_;  // of each label, predictions of no class included
};

}  // namespace eigentune
