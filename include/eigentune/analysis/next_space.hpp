#pragma once

#include <eigentune/analysis/best_region.hpp>
#include <eigentune/analysis/diagnose.hpp>
#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/infeasible_region.hpp>
#include <eigentune/analysis/losing_values.hpp>
#include <eigentune/analysis/narrower_bound.hpp>
#include <eigentune/analysis/read_study.hpp>
#include <eigentune/analysis/space_draft.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/analysis/suggested_space.hpp>
#include <eigentune/search/gaussian_process.hpp>
#include <eigentune/search/halton.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/role.hpp>
#include <eigentune/space/value.hpp>
#include <eigentune/study/study.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

struct NextSpaceOptions {
  Purpose purpose = Purpose::exploration;
  std::uint64_t seed = 1;  ///< of the next search; another one than the last study's
};

namespace analysis_detail {

/// One pass over the hyperparameters of a study's space, each of which is changed as the findings say.
class NextSpaceBuilder {
 public:
  NextSpaceBuilder(const StudyData& data, const std::vector<Finding>& findings, Purpose purpose)
      : data_(data), findings_(findings), exploits_(purpose == Purpose::exploitation), draft_(data.space) {}

  NextSpace build() && {
    const auto hyperparameters = data_.space.hyperparameters();
    const std::vector<bool> stays_scientific = must_stay_scientific();
    for (std::size_t i = 0; i < hyperparameters.size(); ++i) {
      const Hyperparameter& own = hyperparameters[i];
      if (own.role == Role::fixed) continue;
      if (has_axis(own)) {
        change_bounds(i);
      } else if (exploits_) {
        choose(i);
      }
      if (exploits_ && draft_.entries[i].role == Role::scientific && !stays_scientific[i]) {
        draft_.entries[i].role = Role::nuisance;
        change(own, "make it a nuisance hyperparameter",
               "in exploitation the search looks for the best value of it, and measures no effect");
      }
    }
    if (const Finding* fraction = find(Check::infeasible_fraction, ""); is_problem(fraction) && !has_cut_) {
      result_.advice.push_back({.what = fraction->action, .why = fraction->conclusion});
    }
    auto [space, inactive] = draft_.build(data_.space);
    for (const std::size_t i : inactive) {
      std::erase_if(result_.changes,
                    [&](const SpaceChange& one) { return one.hyperparameter == hyperparameters[i].id; });
      change(hyperparameters[i], "leave it out", "no value that is left makes it active");
    }
    result_.space = std::move(space);
    return std::move(result_);
  }

 private:
  const Finding* find(Check check, const std::string& id) const {
    for (const Finding& finding : findings_) {
      if (finding.check == check && finding.hyperparameter == id) return &finding;
    }
    return nullptr;
  }
  static bool is_problem(const Finding* finding) { return finding != nullptr && finding->verdict == Verdict::problem; }

  void change(const Hyperparameter& own, std::string what, std::string why) {
    result_.changes.push_back({own.id, std::move(what), std::move(why)});
  }
  void advise(const Finding& finding) {
    result_.advice.push_back({finding.hyperparameter, finding.action, finding.conclusion});
  }

  /// A scientific integer that conditions are about, since a nuisance one cannot be, and what it depends on.
  std::vector<bool> must_stay_scientific() const {
    const auto hyperparameters = data_.space.hyperparameters();
    std::vector<bool> stays(hyperparameters.size(), false);
    for (std::size_t i = hyperparameters.size(); i-- > 0;) {
      if (!hyperparameters[i].condition) continue;
      for (const Clause& clause : hyperparameters[i].condition->clauses()) {
        const Hyperparameter& on = hyperparameters[clause.index];
        if (!on.domain.is_listed() || stays[i]) stays[clause.index] = true;
      }
    }
    return stays;
  }

  /// Where one end of an axis goes, and why.
  struct End {
    Value value;
    double unit;  ///< on the old axis; below 0 or above 1 if further out
    std::string why{};
  };

  void change_bounds(std::size_t index) {
    const Hyperparameter& own = data_.space.hyperparameters()[index];
    const Domain& domain = own.domain;
    End low{domain.low(), 0.0}, high{domain.high(), 1.0};
    const auto move_in = [&](Bound bound, Value value, std::string why) {
      const double unit = domain.to_unit(value);
      End& end = bound == Bound::upper ? high : low;
      if (value == end.value || (bound == Bound::upper ? unit >= end.unit : unit <= end.unit)) return;
      end = {std::move(value), unit, std::move(why)};
    };
    if (const auto region = exploits_ ? best_region(data_, own) : std::nullopt) {
      const auto [from, to] = distinct_texts(domain.from_unit(region->low), domain.from_unit(region->high));
      const std::string why =
          fmt::format("the best {} of {} trials lie from {} to {}, closer together than by chance (p = {:.2g})",
                      region->best, region->trials, from, to, region->p_value);
      move_in(Bound::lower, bound_beside(domain, Bound::lower, region->low, region->margin), why);
      move_in(Bound::upper, bound_beside(domain, Bound::upper, region->high, region->margin), why);
    }
    if (const Finding* infeasible = find(Check::infeasible_region, own.id)) {
      if (const auto region = infeasible_region(data_, own)) {
        // Where a good trial got through, the edge is no wall.
        double unit = region->unit;
        for (const RankedTrial& one : ranked_trials(data_)) {
          const auto place = unit_position(own, *one.trial->point);
          if (!place) continue;
          unit = region->side == Bound::upper ? std::max(unit, *place) : std::min(unit, *place);
          break;
        }
        const Value cut =
            unit == region->unit ? bound_before(domain, region->side, unit) : bound_at(domain, region->side, unit);
        move_in(region->side, cut, infeasible->conclusion);
        has_cut_ = true;
      }
      if (const Finding* edge = find(Check::instability_edge, own.id); is_problem(edge)) advise(*edge);
    }
    if (const Finding* boundary = find(Check::search_space_boundary, own.id); boundary && boundary->bound) {
      const bool upper = boundary->bound == Bound::upper;
      if (!boundary->suggested) {
        advise(*boundary);
      } else if (is_problem(boundary)) {
        (upper ? high : low) = {*boundary->suggested, upper ? 2.0 : -1.0, boundary->conclusion};
      }
    }
    if (low.unit > high.unit || (low.unit == high.unit && !domain.is_countable())) return;
    if (low.value == high.value) {
      draft_.fix(index, low.value);
      const std::string& why = low.why.empty() ? high.why : low.why;
      change(own, fmt::format("fix it at {}", number_text(low.value)), why.empty() ? "it has no other value" : why);
      return;
    }
    draft_.entries[index].domain = with_bounds(domain, low.value, high.value);
    for (const End* end : {&low, &high}) {
      if (end->why.empty()) continue;
      const Value old = end == &low ? domain.low() : domain.high();
      const bool up = end == &low ? end->unit > 0.0 : end->unit > 1.0;
      const auto [from, to] = distinct_texts(old, end->value);
      change(own,
             fmt::format("{} the {} bound from {} to {}", up ? "raise" : "lower", end == &low ? "lower" : "upper", from,
                         to),
             end->why);
    }
  }

  /// Of values without an order, those that have not clearly lost.
  void choose(std::size_t index) {
    const Hyperparameter& own = data_.space.hyperparameters()[index];
    const std::vector<ScientificValue> values = winner_and_losing_values(data_, own);
    if (values.empty()) return;
    std::vector<Value> kept = own.domain.arguments();
    for (std::size_t i = 1; i < values.size(); ++i) std::erase(kept, values[i].value);
    if (kept.size() == 1) {
      draft_.fix(index, kept.front());
      change(own, fmt::format("fix it at {}", number_text(kept.front())), "every other value clearly loses against it");
      return;
    }
    draft_.entries[index].domain = choice(std::move(kept));
    for (std::size_t i = 1; i < values.size(); ++i) {
      change(own, fmt::format("drop {}", number_text(values[i].value)),
             fmt::format("it clearly loses against {}", values[0].label));
    }
  }

  const StudyData& data_;
  const std::vector<Finding>& findings_;
  bool exploits_, has_cut_ = false;
  SpaceDraft draft_;
  NextSpace result_{};
};

}  // namespace analysis_detail

/// The search space of the next study, from what a study has shown ("Designing the next round of experiments"), with a
/// reason for each change, and the search that goes with it. What the data do not tell stays as it is.
///
/// Always:
/// - A bound at which the objective still improves is moved out (find_search_space_boundaries).
/// - A range beyond which trials are infeasible is cut there (find_infeasible_regions), of a scientific hyperparameter
///   too: that these values fail is known now. Where the best lie right at that edge, the advice says what would move
///   it.
/// - Conditions and fixed values are kept.
///
/// For exploration the rest is kept, too, roles and all, and the sampler is Halton: a study that asks another question
/// declares its roles anew. For exploitation ("After exploration concludes") the sampler is a GaussianProcess, and
/// - a range is narrowed to the region of the best trials with a margin, where they lie closer together than by chance
///   (best_region), and never beyond what it was;
/// - values without an order that clearly lose are dropped (winner_and_losing_values), and a hyperparameter with one
///   value left is fixed;
/// - a scientific hyperparameter with several values left becomes a nuisance one, which the search chooses. An integer
///   that others are conditional on stays, as it must.
///
///     const NextSpace next = next_space(study, {.purpose = Purpose::exploitation});
///     fmt::print("{}\n", next);   // the reasons, and code to paste
///     Study refined("refined", next.space, {.trials = 64, .sampler = next.sampler});
///
/// `findings` are those of diagnose(data). A pure function.
inline NextSpace next_space(const StudyData& data, const std::vector<Finding>& findings, NextSpaceOptions options) {
  const bool exploits = options.purpose == Purpose::exploitation;
  NextSpace next = analysis_detail::NextSpaceBuilder(data, findings, options.purpose).build();
  if (exploits) {
    next.sampler = GaussianProcess{.seed = options.seed};
  } else {
    next.sampler = Halton{.seed = options.seed};
  }
  return next;
}

/// The same with the study's own findings.
inline NextSpace next_space(const StudyData& data, NextSpaceOptions options = {}) {
  return next_space(data, diagnose(data), options);
}

/// The same of what the study's storage holds now. Throws eigentune::Error if that fails.
inline NextSpace next_space(const Study& study, NextSpaceOptions options = {}) {
  return next_space(read_study(study), options);
}

}  // namespace eigentune
