#pragma once

#include <eigentune/core/direction.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/space/parse.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/sql/sql_statement.hpp>
#include <eigentune/study/storage.hpp>
#include <eigentune/study/study_definition.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

/// From rows to what they mean. `trial` begins the messages of eigentune::Error, for values that are none.
namespace eigentune::sql_detail {

inline std::optional<Point> stored_point(const std::string& trial, const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  try {
    return parse_point(*text);
  } catch (const std::invalid_argument& error) {
    throw Error(fmt::format("{}: expected a point, found {} ({})", trial, *text, error.what()));
  }
}

inline TrialState stored_state(const std::string& trial, std::string_view text) {
  for (const TrialState state :
       {TrialState::queued, TrialState::running, TrialState::complete, TrialState::infeasible, TrialState::failed}) {
    if (to_string(state) == text) return state;
  }
  throw Error(fmt::format("{}: expected the state of a trial, found \"{}\"", trial, text));
}

inline std::optional<StorageTime> stored_time(std::optional<std::int64_t> milliseconds) {
  return milliseconds ? std::optional(StorageTime(std::chrono::milliseconds(*milliseconds))) : std::nullopt;
}

/// By SqlStatements::definition; none if there is no such study.
inline std::optional<StudyDefinition> read_definition(SqlStatement& statement, StudyId study) {
  using Text = std::string;
  auto row = statement.row<Text, Text, Text, Text, Text, Text, Text, Text, Text, std::int64_t, std::int64_t>(
      {{"study", static_cast<std::int64_t>(study)}});
  if (!row) return std::nullopt;
  auto& [name, question, notes, space, space_version, sampler, metric, direction, objective, trials, max_attempts] =
      *row;
  return StudyDefinition{
      .name = std::move(name),
      .question = std::move(question),
      .notes = std::move(notes),
      .space = std::move(space),
      .space_version = std::move(space_version),
      .sampler = std::move(sampler),
      .metric = std::move(metric),
      .direction = direction == to_string(Direction::minimize) ? Direction::minimize : Direction::maximize,
      .objective = std::move(objective),
      .trials = trials,
      .max_attempts = max_attempts};
}

/// By SqlStatements::read; none if there is no such study.
inline std::optional<Changes> read_changes(SqlStatement& statement, const std::string& storage, StudyId study,
                                           Revision since) {
  using Number = std::optional<std::int64_t>;
  using Text = std::optional<std::string>;
  std::optional<Changes> changes;
  const auto take = [&](std::int64_t revision, Number number, const Text& point, const Text& state, Number attempt,
                        std::optional<double> objective, Number best_step, Text reason, Number infeasible_step,
                        Number diverged_step, Text worker, Number started, Number finished) {
    if (!changes) changes = Changes{.revision = revision, .records = {}};
    if (!number) return;  // nothing has changed
    const std::string trial = fmt::format("{}: trial {}", storage, *number);
    changes->records.push_back({.number = *number,
                                .point = stored_point(trial, point),
                                .state = stored_state(trial, state.value_or("")),
                                .attempt = attempt.value_or(0),
                                .objective = objective,
                                .best_step = best_step,
                                .reason = std::move(reason).value_or(""),
                                .infeasible_step = infeasible_step,
                                .diverged_step = diverged_step,
                                .worker = std::move(worker).value_or(""),
                                .started = stored_time(started),
                                .finished = stored_time(finished)});
  };
  statement.each<std::int64_t, Number, Text, Text, Number, std::optional<double>, Number, Text, Number, Number, Text,
                 Number, Number>({{"study", static_cast<std::int64_t>(study)}, {"since", since}}, take);
  if (changes) std::ranges::sort(changes->records, {}, &TrialRecord::number);
  return changes;
}

}  // namespace eigentune::sql_detail
