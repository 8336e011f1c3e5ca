#pragma once

#include <eigentune/core/direction.hpp>
#include <eigentune/core/error.hpp>

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace eigentune {

/// What a storage knows of a study as a whole: all that another process needs to take part in it.
struct StudyDefinition {
  std::string name;        ///< unique within the storage, not empty
  std::string question{};  ///< what the study is to answer
  std::string notes{};
  std::string space;          ///< SearchSpace::text()
  std::string space_version;  ///< SearchSpace::version()
  std::string sampler;        ///< AnySampler::text()
  std::string metric;         ///< what the objective measures: the name of a curve's column or metric
  Direction direction = Direction::minimize;
  std::string objective;          ///< Objective::text()
  std::int64_t trials = 0;        ///< the budget: how many trials there are in all, in all processes; at least 1
  std::int64_t max_attempts = 3;  ///< after which a trial that fails is failed for good; at least 1

  /// Throws std::invalid_argument if a number is out of range or the name empty.
  void validate() const {
    require(!name.empty(), "Study: name must not be empty");
    require(trials >= 1, "Study: trials must be at least 1, got {}", trials);
    require(max_attempts >= 1, "Study: max_attempts must be at least 1, got {}", max_attempts);
  }

  friend bool operator==(const StudyDefinition&, const StudyDefinition&) = default;
};

namespace study_detail {

/// The first line of `text` that `other` does not have in that place.
inline std::string_view first_difference(std::string_view text, std::string_view other) {
  for (;;) {
    const std::size_t end = text.find('\n'), other_end = other.find('\n');
    const std::string_view line = text.substr(0, end);
    if (line != other.substr(0, other_end) || end == std::string_view::npos) return line;
    text.remove_prefix(end + 1);
    other.remove_prefix(other_end == std::string_view::npos ? other.size() : other_end + 1);
  }
}

}  // namespace study_detail

/// What a storage holds of a study after it was opened again with `given`: the stored definition with `given`'s budget,
/// which may grow, and its question and notes unless they are empty. Throws eigentune::Error with the first difference
/// if `given` is another study of the same name, or has a smaller budget. For those who write a storage.
inline StudyDefinition reopened(const StudyDefinition& stored, const StudyDefinition& given) {
  const auto compare = [&](std::string_view what, const auto& expected, const auto& found) {
    if (expected == found) return;
    throw Error(
        fmt::format("study \"{}\": expected the {} it was created with, {}, found {}; another study needs "
                    "another name",
                    stored.name, what, expected, found));
  };
  if (stored.space_version != given.space_version) {
    compare("search space", study_detail::first_difference(stored.space, given.space),
            study_detail::first_difference(given.space, stored.space));
  }
  compare("sampler", stored.sampler, given.sampler);
  compare("metric", stored.metric, given.metric);
  compare("direction", std::string_view(to_string(stored.direction)), std::string_view(to_string(given.direction)));
  compare("objective", stored.objective, given.objective);
  compare("max_attempts", stored.max_attempts, given.max_attempts);
  if (given.trials < stored.trials) {
    throw Error(fmt::format("study \"{}\": expected a budget of at least the {} trials that it has, found {}",
                            stored.name, stored.trials, given.trials));
  }
  StudyDefinition result = stored;
  result.trials = given.trials;
  if (!given.question.empty()) result.question = given.question;
  if (!given.notes.empty()) result.notes = given.notes;
  return result;
}

}  // namespace eigentune
