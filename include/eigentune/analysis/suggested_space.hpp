#pragma once

#include <eigentune/search/halton.hpp>
#include <eigentune/search/sampler.hpp>
#include <eigentune/space/declaration.hpp>
#include <eigentune/space/search_space.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

namespace eigentune {

/// What the next study is for ("Exploration vs exploitation").
enum class Purpose {
  exploration,  ///< to learn about the problem
  exploitation  ///< to find the best configuration, when enough has been learned
};

/// A difference between a search space and the next one.
struct SpaceChange {
  std::string hyperparameter{};  ///< its id
  std::string what{};            ///< "raise the upper bound from 0.1 to 1"
  std::string why{};             ///< a sentence without a capital

  friend bool operator==(const SpaceChange&, const SpaceChange&) = default;
};

/// The search space that a study suggests for the next one, and the search to go with it. A value; printed by fmt as
/// the changes, each with its reason, the sampler and the code.
struct NextSpace {
  SearchSpace space{};
  AnySampler sampler = Halton{};
  std::vector<SpaceChange> changes{};  ///< in the order of the space
  std::vector<SpaceChange> advice{};   ///< what the findings ask for and only a person can do

  /// C++ that declares the space: see declaration.
  std::string code() const { return declaration(space); }
};

}  // namespace eigentune

template <>
struct fmt::formatter<eigentune::NextSpace> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }

  template <class Context>
  auto format(const eigentune::NextSpace& next, Context& context) const {
    auto out = context.out();
    if (next.changes.empty()) out = fmt::format_to(out, "nothing to change\n");
    for (const auto* list : {&next.changes, &next.advice}) {
      for (const eigentune::SpaceChange& one : *list) {
        out = fmt::format_to(out, "{}{}{}{}: {}\n", list == &next.advice ? "by hand: " : "", one.hyperparameter,
                             one.hyperparameter.empty() ? "" : ": ", one.what, one.why);
      }
    }
    return fmt::format_to(out, "sampler: {}\n{}", next.sampler.text(), next.code());
  }
};
