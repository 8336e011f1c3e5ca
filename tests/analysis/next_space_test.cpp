#include <eigentune/analysis/next_space.hpp>
#include <eigentune/core/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/hand_made.hpp"

namespace eigentune {
namespace {

constexpr NextSpaceOptions exploitation = {.purpose = Purpose::exploitation, .seed = 3};

const Hyperparameter* find(const SearchSpace& space, const std::string& id) {
  for (const Hyperparameter& hyperparameter : space.hyperparameters()) {
    if (hyperparameter.id == id) return &hyperparameter;
  }
  return nullptr;
}

std::string changes_of(const NextSpace& next) {
  std::string text;
  for (const SpaceChange& change : next.changes) text += change.hyperparameter + ": " + change.what + "\n";
  return text;
}

/// learning_rate (log), momentum (1 - x log), layers (integer), and a fixed batch size.
SearchSpace axes_of_three_scales() {
  SearchSpace space;
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-1));
  space.nuisance("momentum", one_minus_log_uniform(0.5, 0.99));
  space.nuisance("layers", integer(1, 20));
  space.fixed("batch_size", 128);
  return space;
}

/// A valley with its best at these positions.
auto valley(const SearchSpace& space, std::vector<double> best) {
  return [space, best](const Point& point) -> std::optional<double> {
    double sum = 0.0;
    for (std::size_t i = 0; i < best.size(); ++i) {
      const double away = support::unit(space, i, point) - best[i];
      sum += away * away;
    }
    return sum;
  };
}

TEST(NextSpace, MovesABoundOutWhereTheObjectiveStillImproves) {
  const SearchSpace space = axes_of_three_scales();
  const NextSpace next = next_space(support::study_of(space, 64, valley(space, {1.2, 0.5, 0.5})));
  ASSERT_EQ(changes_of(next), "learning_rate: raise the upper bound from 0.1 to 10\n");
  EXPECT_EQ(next.changes[0].why, "the objective still improves at the upper bound, 0.1");
  EXPECT_EQ(find(next.space, "learning_rate")->domain, log_uniform(1e-5, 10.0));
  EXPECT_EQ(find(next.space, "layers")->domain, integer(1, 20));
  EXPECT_EQ(next.sampler.text(), "halton(seed=1)");
}

TEST(NextSpace, CutsOffWhatIsInfeasible) {
  const SearchSpace space = axes_of_three_scales();
  const auto inside = valley(space, {0.3, 0.5, 0.5});
  const auto diverges = [&](const Point& point) {
    return support::unit(space, 0, point) > 0.6 || point.get<int>("layers") > 15 ? std::nullopt : inside(point);
  };
  const NextSpace next = next_space(support::study_of(space, 128, diverges));
  const Domain& rate = find(next.space, "learning_rate")->domain;
  EXPECT_EQ(rate.low(), Value(1e-5));
  const double edge = 1e-5 * std::pow(1e4, 0.6);
  EXPECT_LT(rate.high().as_double(), 1.15 * edge);
  EXPECT_GT(rate.high().as_double(), 0.75 * edge);
  EXPECT_EQ(find(next.space, "layers")->domain, integer(1, 15));
  EXPECT_NE(next.changes[0].why.find("are infeasible"), std::string::npos);
}

TEST(NextSpace, OfExplorationKeepsRolesAndWhatTheDataDoNotTell) {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"sgd", "adam"}));
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-1));
  space.nuisance("beta1", uniform(0.5, 0.99), optimizer.is("adam"));
  const auto flat = [](const Point& point) { return std::optional(point.get<double>("learning_rate") * 0.0); };
  for (const std::int64_t trials : {0, 1, 40}) {
    const NextSpace next = next_space(support::study_of(space, trials, flat));
    EXPECT_EQ(next.space, space);
    EXPECT_TRUE(next.changes.empty());
  }
  EXPECT_EQ(next_space(StudyData{}).space, SearchSpace());
}

TEST(NextSpace, OfExploitationNarrowsAroundTheBest) {
  const SearchSpace space = axes_of_three_scales();
  const NextSpace next = next_space(support::study_of(space, 128, valley(space, {0.5, 0.4, 0.6})), exploitation);
  for (std::size_t i = 0; i < 3; ++i) {
    const Domain &old = space.hyperparameters()[i].domain, &domain = next.space.hyperparameters()[i].domain;
    const double low = old.to_unit(domain.low()), high = old.to_unit(domain.high());
    const double best = std::vector{0.5, 0.4, 0.6}[i];
    EXPECT_LT(low, best) << old.text();
    EXPECT_GT(high, best) << old.text();
    EXPECT_LT(high - low, 0.8) << old.text();
  }
  EXPECT_EQ(next.sampler.text(), "gaussian_process(seed=3)");
  EXPECT_EQ(find(next.space, "batch_size")->domain, choice({128}));
}

TEST(NextSpace, NeverIsWiderUnlessABoundWasMoved) {
  const SearchSpace space = axes_of_three_scales();
  for (const double best : {-0.3, 0.05, 0.5, 0.95, 1.3}) {
    const StudyData data = support::study_of(space, 64, valley(space, {best, 0.0, 1.0}));
    const NextSpace next = next_space(data, exploitation);
    for (std::size_t i = 0; i < 3; ++i) {
      const Domain &old = space.hyperparameters()[i].domain, &domain = next.space.hyperparameters()[i].domain;
      const auto moved = support::find(diagnose(data), Check::search_space_boundary, space.hyperparameters()[i].id);
      const bool lower = moved->suggested && moved->bound == Bound::lower;
      const bool upper = moved->suggested && moved->bound == Bound::upper;
      if (lower) {
        EXPECT_EQ(domain.low(), *moved->suggested);
      }
      if (upper) {
        EXPECT_EQ(domain.high(), *moved->suggested);
      }
      if (!lower) {
        EXPECT_GE(domain.low().as_double(), old.low().as_double());
      }
      if (!upper) {
        EXPECT_LE(domain.high().as_double(), old.high().as_double());
      }
    }
  }
}

TEST(NextSpace, LeavesARangeThatDoesNotMatter) {
  const SearchSpace space = axes_of_three_scales();
  int narrowed = 0, studies = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    const auto noise = [&](const Point&) { return std::optional(random.normal()); };
    for (const Hyperparameter& hyperparameter : space.hyperparameters().first(3)) {
      narrowed += best_region(support::study_of(space, 40, noise), hyperparameter) ? 1 : 0;
      ++studies;
    }
  }
  EXPECT_LT(narrowed, studies / 20 + 10);  // 5%, and a bit more than two standard deviations
  EXPECT_GT(narrowed, 0);
}

TEST(NextSpace, KeepsTheOptimumInNoise) {
  const SearchSpace space = axes_of_three_scales();
  int kept = 0, all = 0;
  double width = 0.0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    const std::vector<double> best = {random.uniform(0.1, 0.9), random.uniform(0.1, 0.9), random.uniform(0.1, 0.9)};
    const auto clean = valley(space, best);
    const auto noisy = [&](const Point& point) { return std::optional(*clean(point) + 0.04 * random.normal()); };
    const NextSpace next = next_space(support::study_of(space, 64, noisy), exploitation);
    for (std::size_t i = 0; i < 3; ++i) {
      const Domain &old = space.hyperparameters()[i].domain, &domain = next.space.hyperparameters()[i].domain;
      const double low = domain.low().as_double(), high = domain.high().as_double();
      const double at = old.from_unit(best[i]).as_double();
      kept += low <= at && at <= high ? 1 : 0;
      width += old.to_unit(domain.is_countable() ? Value(std::min<std::int64_t>(20, domain.high().as_integer()))
                                                 : std::min(high, old.high().as_double())) -
               old.to_unit(domain.is_countable() ? Value(std::max<std::int64_t>(1, domain.low().as_integer()))
                                                 : std::max(low, old.low().as_double()));
      ++all;
    }
  }
  EXPECT_GE(kept, all * 95 / 100);
  EXPECT_LT(width / all, 0.8);
}

/// Two optimizers with hyperparameters of their own, of which one clearly loses.
SearchSpace two_optimizers(Role role) {
  SearchSpace space;
  const auto optimizer = role == Role::scientific ? space.scientific("optimizer", choice({"sgd", "adam", "nadam"}))
                                                  : space.nuisance("optimizer", choice({"sgd", "adam", "nadam"}));
  space.nuisance("learning_rate", log_uniform(1e-3, 1.0), optimizer.is("sgd"));
  space.nuisance("learning_rate", log_uniform(1e-4, 1e-1), optimizer.is_any_of({"adam", "nadam"}));
  space.nuisance("beta1", uniform(0.5, 0.99), optimizer.is_any_of({"adam", "nadam"}));
  return space;
}

TEST(NextSpace, OfExploitationDropsWhatClearlyLoses) {
  for (const Role role : {Role::nuisance, Role::scientific}) {
    const SearchSpace space = two_optimizers(role);
    const auto objective = [](const Point& point) {
      const double x = std::log10(point.get<double>("learning_rate")) + 2.0;
      return std::optional(x * x + (point["optimizer"] == "sgd" ? 3.0 : 0.0));
    };
    const StudyData data = support::study_of(space, 96, objective);
    const NextSpace next = next_space(data, exploitation);
    const Hyperparameter& optimizer = *find(next.space, "optimizer");
    EXPECT_EQ(optimizer.domain, choice({"adam", "nadam"})) << fmt::format("{}", next);
    EXPECT_EQ(optimizer.role, Role::nuisance);
    EXPECT_EQ(find(next.space, "learning_rate[optimizer=sgd]"), nullptr);
    EXPECT_NE(find(next.space, "learning_rate[optimizer=adam|nadam]"), nullptr);
    EXPECT_NE(changes_of(next).find("optimizer: drop \"sgd\"\n"), std::string::npos);
    EXPECT_NE(changes_of(next).find("learning_rate[optimizer=sgd]: leave it out\n"), std::string::npos);
    EXPECT_EQ(changes_of(next).find("learning_rate[optimizer=sgd]: raise"), std::string::npos);
    // For exploration all of it stays.
    EXPECT_EQ(find(next_space(data).space, "optimizer")->domain, find(space, "optimizer")->domain);
    EXPECT_EQ(find(next_space(data).space, "optimizer")->role, role);
  }
}

TEST(NextSpace, OfExploitationFixesWhatIsDecided) {
  const SearchSpace space = two_optimizers(Role::scientific);
  const auto objective = [](const Point& point) {
    return std::optional(point.get<double>("learning_rate") + (point["optimizer"] == "adam" ? 0.0 : 3.0));
  };
  const NextSpace next = next_space(support::study_of(space, 96, objective), exploitation);
  const Hyperparameter& optimizer = *find(next.space, "optimizer");
  EXPECT_EQ(optimizer.role, Role::fixed);
  EXPECT_EQ(optimizer.domain, choice({"adam"}));
  EXPECT_NE(find(next.space, "beta1[optimizer=adam]"), nullptr);
  for (std::int64_t number = 0; number < 20; ++number) {  // and it can be searched
    next.space.check(next.sampler.suggest(next.space, {}, number));
  }
}

TEST(NextSpace, KeepsAScientificIntegerThatConditionsAreAbout) {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"sgd", "adam"}));
  const auto layers = space.scientific("layers", integer(1, 3), optimizer.is("adam"));
  space.nuisance("dropout", uniform(0.0, 0.5), layers.is_any_of({2, 3}));
  space.scientific("width", integer(1, 3));
  const auto same = [](const Point&) { return std::optional(1.0); };
  const NextSpace next = next_space(support::study_of(space, 8, same), exploitation);
  EXPECT_EQ(find(next.space, "optimizer")->role, Role::scientific);
  EXPECT_EQ(find(next.space, "layers[optimizer=adam]")->role, Role::scientific);
  EXPECT_EQ(find(next.space, "width")->role, Role::nuisance);
}

TEST(NextSpace, LeavesToPeopleWhatOnlyTheyKnow) {
  SearchSpace space;
  space.nuisance("width", discrete({64, 128, 256, 512}));
  space.nuisance("x", uniform(0.0, 1.0));
  const auto wider = [](const Point& point) { return std::optional(-point.get<double>("width")); };
  const NextSpace next = next_space(support::study_of(space, 64, wider));
  ASSERT_EQ(next.advice.size(), 1U);
  EXPECT_EQ(next.advice[0].what, "add values above 512 to width");
  EXPECT_EQ(next.space, space);
}

/// The roundest numbers of 1 - x on the scale of that are written in x as people would.
TEST(NarrowerBound, IsWrittenShort) {
  const Domain domain = one_minus_log_uniform(0.1, 0.99);
  for (const double x : {0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98}) {
    const double unit = domain.to_unit(x);
    const Value bound = bound_at(domain, Bound::lower, unit);
    EXPECT_LE(fmt::format("{}", bound.as_double()).size(), 5u) << bound.text();  // not 0.30000000000000004
    EXPECT_LE(bound.as_double(), x * (1.0 + 1e-15));
    EXPECT_GE(domain.to_unit(bound), unit - 0.02 - 1e-12);
  }
  EXPECT_EQ(analysis_detail::roundest_number(0.65, 0.75, true), 0.3);
  EXPECT_EQ(analysis_detail::roundest_number(2.5, 3.5, true), -2.0);
}

/// Where the best trial lies beyond the edge of what is infeasible, it is kept, and so is nothing much beyond.
TEST(NarrowerBound, KeepsWhatItIsBeside) {
  const Domain rate = log_uniform(1e-4, 1.0);
  for (const double x : {0.012345678, 0.1, 0.3, 0.9999, 2e-4}) {
    const double unit = rate.to_unit(x);
    EXPECT_GE(bound_at(rate, Bound::upper, unit).as_double(), x * (1.0 - 1e-15)) << x;
    EXPECT_LE(rate.to_unit(bound_at(rate, Bound::upper, unit)), unit + 0.02 + 1e-12) << x;
    EXPECT_LE(bound_at(rate, Bound::lower, unit).as_double(), x * (1.0 + 1e-15)) << x;
  }
  EXPECT_EQ(bound_at(rate, Bound::upper, rate.to_unit(0.012345678)), Value(0.013));
  EXPECT_EQ(bound_at(integer(1, 9), Bound::upper, integer(1, 9).to_unit(4)), Value(4));
}

/// The best trial is one that got through far beyond the edge: the range is cut there, and not in front of it.
TEST(NextSpace, KeepsTheBestTrialBeyondAnEdge) {
  SearchSpace space;
  space.nuisance("rate", uniform(0.0, 1.0));
  StudyData data = support::study_of(space, 60, [](const Point& point) -> std::optional<double> {
    const double x = point.get<double>("rate");
    return x > 0.6 ? std::nullopt : std::optional(2.0 - x);
  });
  const double edge = infeasible_region(data, data.space.hyperparameters()[0])->value.as_double();
  double best = 0.0;
  for (TrialRecord& trial : data.trials) {
    const double x = trial.point->get<double>("rate");
    if (x < 0.7 || x > 0.75 || best > 0.0) continue;
    best = x;
    trial.state = TrialState::complete;
    trial.objective = 0.0;
  }
  ASSERT_GT(best, edge);
  ASSERT_TRUE(infeasible_region(data, data.space.hyperparameters()[0]));
  const NextSpace next = next_space(data);
  const double high = find(next.space, "rate")->domain.high().as_double();
  EXPECT_GE(high, best) << changes_of(next);
  EXPECT_LE(high, best + 0.02) << changes_of(next);
  EXPECT_LE(fmt::format("{}", high).size(), 4u) << high;
}

TEST(NextSpace, FixesAValueThatIsTheOnlyOneAndSaysWhy) {
  SearchSpace space;
  space.nuisance("layers", discrete({3}));
  space.nuisance("rate", uniform(0.0, 1.0));
  const StudyData data =
      support::study_of(space, 20, [](const Point& point) { return std::optional(point.get<double>("rate")); });
  const NextSpace next = next_space(data);
  ASSERT_FALSE(next.changes.empty());
  EXPECT_EQ(next.changes[0].what, "fix it at 3");
  EXPECT_EQ(next.changes[0].why, "it has no other value");
  for (const SpaceChange& change : next.changes) EXPECT_NE(change.why, "") << change.what;
}

TEST(NextSpace, PrintsReasonsSamplerAndCode) {
  const SearchSpace space = axes_of_three_scales();
  const NextSpace next = next_space(support::study_of(space, 64, valley(space, {1.2, 0.5, 0.5})));
  EXPECT_EQ(
      fmt::format("{}", next),
      "learning_rate: raise the upper bound from 0.1 to 10: the objective still improves at the upper bound, 0.1\n"
      "sampler: halton(seed=1)\n"
      "SearchSpace space;\n"
      "space.nuisance(\"learning_rate\", log_uniform(1e-05, 10.0));\n"
      "space.nuisance(\"momentum\", one_minus_log_uniform(0.5, 0.99));\n"
      "space.nuisance(\"layers\", integer(1, 20));\n"
      "space.fixed(\"batch_size\", 128);\n");
}

}  // namespace
}  // namespace eigentune
