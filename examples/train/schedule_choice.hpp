#pragma once

#include <eigentune/schedule/constant.hpp>
#include <eigentune/schedule/cosine_decay.hpp>
#include <eigentune/schedule/exponential_decay.hpp>
#include <eigentune/schedule/inverse_square_root.hpp>
#include <eigentune/schedule/linear_decay.hpp>
#include <eigentune/schedule/one_cycle.hpp>
#include <eigentune/schedule/polynomial_decay.hpp>
#include <eigentune/schedule/schedule.hpp>
#include <eigentune/schedule/warmup.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace example {

/// A learning rate schedule as the command line describes it. What is absent has a default of its own or does not exist
/// for this schedule.
struct ScheduleChoice {
  std::string name = "cosine";
  double learning_rate = 2e-3;           ///< after the warmup, the largest
  std::int64_t steps = 3000;             ///< all steps, the warmup's included
  std::optional<std::int64_t> warmup{};  ///< steps in front of the schedule; a twentieth of all unless given
  std::optional<double> final_learning_rate{};
  std::optional<double> power{};
  std::optional<double> decay_factor{};
};

inline constexpr std::array<std::string_view, 7> schedule_names = {
    "constant", "linear", "cosine", "polynomial", "exponential", "inverse-square-root", "one-cycle"};

/// The number of warmup steps: as given, or a twentieth of all steps, which the playbook takes for enough ("Learning
/// rate warmup"). One-cycle brings its own.
inline std::int64_t warmup_steps(const ScheduleChoice& choice) {
  return choice.warmup.value_or(choice.name == "one-cycle" ? 0 : choice.steps / 20);
}

/// The schedule, warmup in front, over `choice.steps` steps in all. Throws std::invalid_argument, naming the option,
/// where an option does not belong to the schedule or is out of range.
inline eigentune::Schedule make_schedule(const ScheduleChoice& choice) {
  const std::string& name = choice.name;
  const auto belongs = [&](const char* option, bool given, std::string_view to) {
    if (given && (", " + std::string(to) + ",").find(", " + name + ",") == std::string::npos) {
      throw std::invalid_argument(fmt::format("{} belongs to --schedule {}; the schedule is {}", option, to, name));
    }
  };
  belongs("--final-learning-rate", choice.final_learning_rate.has_value(), "linear, cosine, polynomial");
  belongs("--power", choice.power.has_value(), "polynomial");
  belongs("--decay-factor", choice.decay_factor.has_value(), "exponential");
  if (name == "one-cycle" && warmup_steps(choice) > 0) {
    throw std::invalid_argument(fmt::format(
        "--warmup must be 0 for --schedule one-cycle, which rises by itself, got {}", warmup_steps(choice)));
  }
  const double rate = choice.learning_rate, final_rate = choice.final_learning_rate.value_or(0.0);
  if (!(final_rate <= rate)) {
    throw std::invalid_argument(
        fmt::format("--final-learning-rate must be at most --learning-rate, {}, got {}", rate, final_rate));
  }
  const std::int64_t warmup = warmup_steps(choice);
  if (warmup >= choice.steps) {
    throw std::invalid_argument(fmt::format("--warmup must be less than --steps, {}, got {}", choice.steps, warmup));
  }
  const std::int64_t steps = choice.steps - warmup;
  const auto after_warmup = [&]() -> eigentune::Schedule {
    if (name == "constant") return eigentune::constant(rate);
    if (name == "linear") return eigentune::linear_decay(rate, steps, final_rate);
    if (name == "cosine") return eigentune::cosine_decay(rate, steps, final_rate);
    if (name == "polynomial") return eigentune::polynomial_decay(rate, steps, choice.power.value_or(2.0), final_rate);
    if (name == "exponential") return eigentune::exponential_decay(rate, steps, choice.decay_factor.value_or(0.01));
    if (name == "inverse-square-root") {
      return eigentune::inverse_square_root(rate, std::max<std::int64_t>(warmup, 1));
    }
    if (name == "one-cycle") return eigentune::one_cycle(rate, steps);
    throw std::invalid_argument(fmt::format("--schedule: there is no schedule \"{}\"", name));
  };
  return warmup == 0 ? after_warmup() : eigentune::warmup(warmup, after_warmup());
}

}  // namespace example
