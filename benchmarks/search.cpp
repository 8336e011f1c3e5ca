// Simple regret of the Gaussian process beside random search, over many seeds, with quartiles; or the time of a
// suggestion.
//
//     search_benchmark branin|hartmann6|cliff|edge [SEEDS [BUDGET [BATCH [FIRST_SEED]]]]
//     search_benchmark time
//
// Simple regret is the best objective so far minus the optimum. BATCH points are asked for at a time, each with the
// others pending, as parallel workers do; what that costs is printed as well: how many times the trials of one at a
// time it takes until the median regret is as low.

#include <eigentune/core/quantile.hpp>
#include <eigentune/core/random.hpp>
#include <eigentune/search/gaussian_process.hpp>
#include <eigentune/search/random_search.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <limits>
#include <numbers>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace eigentune;

namespace {

struct Problem {
  SearchSpace space;
  std::function<std::optional<double>(const Point&)> regret;  // absent: infeasible
  std::int64_t budget;
};

Problem branin() {
  Problem problem = {{}, {}, 35};
  problem.space.nuisance("x", uniform(-5.0, 10.0));
  problem.space.nuisance("y", uniform(0.0, 15.0));
  problem.regret = [](const Point& point) {
    using std::numbers::pi;
    const double x = point.get<double>("x"), y = point.get<double>("y");
    const double valley = y - 5.1 / (4.0 * pi * pi) * x * x + 5.0 / pi * x - 6.0;
    return valley * valley + 10.0 * (1.0 - 1.0 / (8.0 * pi)) * std::cos(x) + 10.0 - 0.39788735772973816;
  };
  return problem;
}

Problem hartmann6() {
  Problem problem = {{}, {}, 100};
  for (int i = 0; i < 6; ++i) problem.space.nuisance(fmt::format("x{}", i), uniform(0.0, 1.0));
  problem.regret = [](const Point& point) {
    constexpr std::array<double, 4> height = {1.0, 1.2, 3.0, 3.2};
    constexpr double sharpness[4][6] = {
        {10, 3, 17, 3.5, 1.7, 8}, {0.05, 10, 17, 0.1, 8, 14}, {3, 3.5, 1.7, 10, 17, 8}, {17, 8, 0.05, 10, 0.1, 14}};
    constexpr double center[4][6] = {{1312, 1696, 5569, 124, 8283, 5886},
                                     {2329, 4135, 8307, 3736, 1004, 9991},
                                     {2348, 1451, 3522, 2883, 3047, 6650},
                                     {4047, 8828, 8732, 5743, 1091, 381}};
    double sum = 0.0;
    for (std::size_t i = 0; i < 4; ++i) {
      double exponent = 0.0;
      std::size_t j = 0;
      for (const auto& [name, value] : point) {
        const double distance = value.as_double() - 1e-4 * center[i][j];
        exponent += sharpness[i][j++] * distance * distance;
      }
      sum += height[i] * std::exp(-exponent);
    }
    return 3.3223680114155156 - sum;
  };
  return problem;
}

/// A learning rate that improves the objective until, `margin` of its range before a border that depends on the
/// momentum, it is best; beyond the border training diverges. Half of the space lies there.
Problem cliff(double margin) {
  Problem problem = {{}, {}, 50};
  problem.space.nuisance("learning_rate", log_uniform(1e-5, 1e1));
  problem.space.nuisance("momentum", one_minus_log_uniform(0.5, 0.99));
  problem.regret = [margin](const Point& point) -> std::optional<double> {
    const double rate = (std::log10(point.get<double>("learning_rate")) + 5.0) / 6.0;
    const double averaged = std::log(0.5 / (1.0 - point.get<double>("momentum"))) / std::log(50.0);
    const double border = 0.5 - 0.3 * (averaged - 0.5);
    if (rate > border) return std::nullopt;
    const double below = border - margin - rate, off = averaged - 0.7;
    return below * below + 0.3 * off * off;
  };
  return problem;
}

struct Run {
  std::vector<double> best;  // regret after each trial
  double late_infeasible;    // share of the last half
};

template <class S>
Run run(const Problem& problem, const S& sampler, std::int64_t budget, std::int64_t batch) {
  History history;
  Run result = {{}, 0.0};
  double best = std::numeric_limits<double>::infinity();
  std::vector<std::optional<double>> outcomes;
  while (std::ssize(history.observations) < budget) {
    const auto first = history.observations.size();
    for (std::int64_t i = 0; i < batch && std::ssize(history.observations) < budget; ++i) {
      const auto number = static_cast<std::int64_t>(history.observations.size());
      const Point point = sampler.suggest(problem.space, history, number);
      history.observations.push_back({number, point, Outcome::pending, 0.0});
    }
    for (std::size_t i = first; i < history.observations.size(); ++i) {
      Observation& observation = history.observations[i];
      const std::optional<double> regret = problem.regret(observation.point);
      observation.outcome = regret ? Outcome::complete : Outcome::infeasible;
      observation.objective = regret.value_or(0.0);
      if (regret) best = std::min(best, *regret);
      if (!regret && observation.number >= budget / 2) {
        result.late_infeasible += 1.0 / static_cast<double>(budget - budget / 2);
      }
      result.best.push_back(best);
    }
  }
  return result;
}

std::string quartiles(const std::vector<double>& values) {
  return fmt::format("{:8.1e} {:8.1e} {:8.1e}", quantile(values, 0.25), median(values), quantile(values, 0.75));
}

std::vector<double> regrets_after(const std::vector<Run>& runs, std::int64_t trials) {
  std::vector<double> result;
  for (const Run& one : runs) result.push_back(one.best[static_cast<std::size_t>(trials - 1)]);
  return result;
}

/// After how many trials the median regret is at most `regret`; absent: it never is.
std::optional<std::int64_t> trials_until(const std::vector<Run>& runs, double regret) {
  for (std::int64_t trials = 1; trials <= std::ssize(runs.front().best); ++trials) {
    if (median(regrets_after(runs, trials)) <= regret) return trials;
  }
  return std::nullopt;
}

void compare_with_one_at_a_time(const std::vector<Run>& batches, const std::vector<Run>& singles) {
  double sum_of_logs = 0.0;
  int compared = 0;
  for (const double regret : {1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001}) {
    const auto at_once = trials_until(batches, regret), one_by_one = trials_until(singles, regret);
    if (!at_once || !one_by_one) break;
    const double ratio = static_cast<double>(*at_once) / static_cast<double>(*one_by_one);
    fmt::print("median regret {:5}: {:3} trials one at a time, {:3} in batches, {:.2f} times as many\n", regret,
               *one_by_one, *at_once, ratio);
    sum_of_logs += std::log(ratio);
    ++compared;
  }
  if (compared > 0) fmt::print("geometric mean: {:.2f} times as many\n", std::exp(sum_of_logs / compared));
}

void compare(const Problem& problem, std::int64_t seeds, std::int64_t budget, std::int64_t batch, std::int64_t first) {
  std::vector<Run> model, singles, random;
  for (std::int64_t seed = first; seed < first + seeds; ++seed) {
    const auto key = static_cast<std::uint64_t>(seed);
    model.push_back(run(problem, GaussianProcess{.seed = key}, budget, batch));
    if (batch > 1) singles.push_back(run(problem, GaussianProcess{.seed = key}, budget, 1));
    random.push_back(run(problem, RandomSearch{.seed = key}, 4 * budget, 1));
  }
  fmt::print("{} seeds, {} at a time. Quartiles of the regret\n", seeds, batch);
  fmt::print("{:>7} {:^26}  {:>11}  {:^26}\n", "trials", "Gaussian process", "below 0.05", "random, twice the trials");
  for (std::int64_t trials = 5; trials <= budget; trials += trials < 50 ? 5 : trials < 100 ? 10 : 25) {
    const std::vector<double> regrets = regrets_after(model, trials);
    const auto near = std::count_if(regrets.begin(), regrets.end(), [](double regret) { return regret <= 0.05; });
    fmt::print("{:>7} {}  {:>10.0f}%  {}\n", trials, quartiles(regrets),
               100.0 * static_cast<double>(near) / static_cast<double>(seeds),
               quartiles(regrets_after(random, 2 * trials)));
  }
  fmt::print("random, {} trials: {}; {} trials: {}\n", budget, quartiles(regrets_after(random, budget)), 4 * budget,
             quartiles(regrets_after(random, 4 * budget)));
  std::vector<double> shares, random_shares;
  for (const Run& one : model) shares.push_back(one.late_infeasible);
  for (const Run& one : random) random_shares.push_back(one.late_infeasible);
  const auto mean = [](const std::vector<double>& values) {
    double sum = 0.0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
  };
  fmt::print("infeasible of the last half: {:.1f}% (quartiles {:.2f} {:.2f} {:.2f}); random {:.1f}%\n",
             100.0 * mean(shares), quantile(shares, 0.25), median(shares), quantile(shares, 0.75),
             100.0 * mean(random_shares));
  if (batch > 1) compare_with_one_at_a_time(model, singles);
  std::fflush(stdout);
}

/// The median of some suggestions after `trials` trials of `problem`, half of them where the objective is best.
double milliseconds(const Problem& problem, std::int64_t trials, std::int64_t pending, int repeats) {
  History history;
  Random random(7);
  Point center;
  double best = std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < trials; ++i) {
    const bool near = i % 2 == 1 && !center.empty();
    const Point point = problem.space.from_units([&](const Hyperparameter& hyperparameter) {
      if (!near) return random.uniform();
      return std::clamp(hyperparameter.domain.to_unit(center[hyperparameter.name]) + 0.1 * random.normal(), 0.0, 1.0);
    });
    const std::optional<double> value = problem.regret(point);
    history.observations.push_back({i, point,
                                    !value                  ? Outcome::infeasible
                                    : i >= trials - pending ? Outcome::pending
                                                            : Outcome::complete,
                                    value.value_or(0.0)});
    if (value && *value < best) {
      best = *value;
      center = point;
    }
  }
  std::vector<double> times;
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    GaussianProcess{.seed = static_cast<std::uint64_t>(i)}.suggest(problem.space, history, trials);
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  return median(times);
}

void time_suggestions() {
  for (const std::int64_t trials : {20, 100, 200, 500}) {
    const int repeats = trials > 200 ? 3 : 9;
    fmt::print("{:>4} trials: hartmann6 {:7.1f} ms, with 5 pending {:7.1f} ms, cliff {:7.1f} ms\n", trials,
               milliseconds(hartmann6(), trials, 0, repeats), milliseconds(hartmann6(), trials, 5, repeats),
               milliseconds(cliff(0.02), trials, 0, repeats));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view name = count > 1 ? arguments[1] : "";
  const auto number = [&](int index, std::int64_t otherwise) {
    return count > index ? std::int64_t{std::stoll(arguments[index])} : otherwise;
  };
  Problem problem = branin();
  if (name == "time") return time_suggestions(), 0;
  if (name == "hartmann6") {
    problem = hartmann6();
  } else if (name == "cliff") {
    problem = cliff(0.02);
  } else if (name == "edge") {  // the optimum right at the border
    problem = cliff(0.0);
  } else if (name != "branin") {
    fmt::print(stderr, "usage: {} branin|hartmann6|cliff|edge [SEEDS [BUDGET [BATCH [FIRST_SEED]]]] | time\n",
               arguments[0]);
    return 2;
  }
  compare(problem, number(2, 30), number(3, problem.budget), number(4, 1), number(5, 1));
}
