#pragma once

#include <eigentune/core/direction.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/training_curve.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/sql/curve_encoding.hpp>
#include <eigentune/sql/sql_connection.hpp>
#include <eigentune/sql/sql_records.hpp>
#include <eigentune/sql/sql_statement.hpp>
#include <eigentune/sql/sql_statements.hpp>
#include <eigentune/study/storage.hpp>
#include <eigentune/study/study_definition.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/core.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace eigentune {

/// Studies in a database; made by open_storage. Its clock is the database's.
///
/// What a call does is one transaction, which is on the disk when the call returns. Calls of several threads happen one
/// after the other.
class SqlStorage final : public Storage {
 public:
  explicit SqlStorage(std::unique_ptr<SqlConnection> connection)
      : database_(std::make_unique<Database>(std::move(connection))) {}

  ~SqlStorage() override {
    // See SqlConnection. What the parent was about to do with it may have been anything.
    if (!connection().is_of_this_process()) static_cast<void>(database_.release());
  }

  StudyId open_study(const StudyDefinition& definition) override {
    definition.validate();
    return connection().write([&] {
      const auto found = sql().find_study.row<std::int64_t>({{"name", definition.name}});
      if (!found) return create_study(definition);
      const auto study = static_cast<StudyId>(std::get<0>(*found));
      const StudyDefinition stored = definition_of(study), now = reopened(stored, definition);
      if (now != stored) {
        sql().change_study.execute(
            {{"study", id(study)}, {"question", now.question}, {"notes", now.notes}, {"trials", now.trials}});
      }
      return study;
    });
  }

  std::optional<StudyId> find_study(std::string_view name) override {
    return connection().read([&]() -> std::optional<StudyId> {
      const auto found = sql().find_study.row<std::int64_t>({{"name", name}});
      return found ? std::optional(static_cast<StudyId>(std::get<0>(*found))) : std::nullopt;
    });
  }

  std::vector<std::string> study_names() override {
    return connection().read([&] {
      std::vector<std::string> names;
      sql().study_names.each<std::string>({}, [&](std::string name) { names.push_back(std::move(name)); });
      return names;
    });
  }

  StudyDefinition definition(StudyId study) override {
    return connection().read([&] { return definition_of(study); });
  }

  std::optional<Claim> claim(StudyId study, std::string_view worker, std::chrono::milliseconds lease) override {
    return connection().write([&] { return claim_next(study, worker, lease); });
  }

  std::optional<Claim> claim_with_point(StudyId study, std::string_view worker, std::chrono::milliseconds lease,
                                        const std::function<Point(std::int64_t)>& point_of) override {
    return connection().write([&] {
      std::optional<Claim> result = claim_next(study, worker, lease);
      if (result && !result->point) {
        result->point = point_of(result->number);
        sql().set_point.execute(holder(*result, {{"point", result->point->text()}}));
      }
      return result;
    });
  }

  bool set_point(const Claim& claim, const Point& point, std::optional<Revision> seen) override {
    return connection().write([&] {
      const auto row = sql().point_before.row<std::optional<std::string>, std::optional<std::int64_t>>(holder(claim));
      if (!row) refuse(claim);
      const auto& [before, last] = *row;
      if (before) {
        throw Error(fmt::format("study \"{}\": expected trial {} without a point, found {}",
                                definition_of(claim.study).name, claim.number, *before));
      }
      if (seen && last && *seen < *last) return false;
      sql().set_point.execute(holder(claim, {{"point", point.text()}}));
      return true;
    });
  }

  void heartbeat(const Claim& claim, std::chrono::milliseconds lease) override {
    connection().write([&] {
      if (sql().heartbeat.execute(holder(claim, {{"lease", std::int64_t{lease.count()}}})) == 0) refuse(claim);
    });
  }

  void report(const Claim& claim, std::span<const CurveRow> rows) override {
    connection().write([&] { append(claim, rows); });
  }

  TrialState finish(const Claim& claim, const TrialResult& result, std::span<const CurveRow> rows) override {
    result.validate();
    return connection().write([&] {
      append(claim, rows);
      const auto row = sql().finish.row<std::string>(holder(claim, {{"state", to_string(result.state)},
                                                                    {"objective", result.objective},
                                                                    {"best_step", result.best_step},
                                                                    {"reason", result.reason},
                                                                    {"infeasible_step", result.infeasible_step},
                                                                    {"diverged_step", result.diverged_step}}));
      if (!row) refuse(claim);
      return sql_detail::stored_state(trial_name(claim.number), std::get<0>(*row));
    });
  }

  void release(const Claim& claim) override {
    connection().write([&] {
      if (sql().release.execute(holder(claim)) == 0) refuse(claim);
      sql().clear_curve.execute({{"study", id(claim.study)}, {"number", claim.number}});
    });
  }

  std::int64_t enqueue(StudyId study, const Point& point) override {
    return connection().write([&] {
      const auto row = sql().enqueue.row<std::int64_t>({{"study", id(study)}, {"point", point.text()}});
      if (row) return std::get<0>(*row);
      const StudyDefinition found = definition_of(study);
      throw Error(fmt::format("study \"{}\": expected a budget for one more trial, found all {} taken", found.name,
                              found.trials));
    });
  }

  Changes read(StudyId study, Revision since) override {
    return connection().read([&] {
      std::optional<Changes> result = sql_detail::read_changes(sql().read, connection().name(), study, since);
      if (!result) refuse(study);
      return *std::move(result);
    });
  }

  TrainingCurve curve(StudyId study, std::int64_t number) override {
    TrainingCurve result;
    connection().read([&] {
      bool found = false;
      sql().curve.each<std::optional<SqlBytes>>({{"study", id(study)}, {"number", number}},
                                                [&](const std::optional<SqlBytes>& steps) {
                                                  found = true;
                                                  if (steps) decode(number, *steps, result);
                                                });
      if (!found) refuse(study, number);
    });
    return result;
  }

  void each_curve(StudyId study, const std::function<void(std::int64_t, TrainingCurve)>& take) override {
    definition(study);  // there is such a study
    for (std::int64_t last = -1;;) {
      std::int64_t number = last;
      TrainingCurve result;
      connection().read([&] {
        sql().next_curve.each<std::int64_t, SqlBytes>({{"study", id(study)}, {"number", last}},
                                                      [&](std::int64_t its_number, const SqlBytes& steps) {
                                                        number = its_number;
                                                        decode(number, steps, result);
                                                      });
      });
      if (number == last) return;
      last = number;
      take(number, std::move(result));
    }
  }

 private:
  struct Database {
    explicit Database(std::unique_ptr<SqlConnection> its_connection)
        : connection(std::move(its_connection)), statements(*connection) {}
    std::unique_ptr<SqlConnection> connection;
    SqlStatements statements;
  };

  SqlConnection& connection() { return *database_->connection; }
  SqlStatements& sql() { return database_->statements; }

  static std::int64_t id(StudyId study) { return static_cast<std::int64_t>(study); }

  static std::vector<SqlParameter> holder(const Claim& claim, std::vector<SqlParameter> more = {}) {
    more.emplace_back("study", id(claim.study));
    more.emplace_back("number", claim.number);
    more.emplace_back("token", claim.token);
    return more;
  }

  // The rest is called within read or write.

  StudyId create_study(const StudyDefinition& definition) {
    const auto row =
        sql().create_study.row<std::int64_t>({{"name", definition.name},
                                              {"question", definition.question},
                                              {"notes", definition.notes},
                                              {"space", definition.space},
                                              {"space_version", definition.space_version},
                                              {"sampler", definition.sampler},
                                              {"metric", definition.metric},
                                              {"direction", std::string_view(to_string(definition.direction))},
                                              {"objective", definition.objective},
                                              {"trials", definition.trials},
                                              {"max_attempts", definition.max_attempts}});
    return static_cast<StudyId>(std::get<0>(row.value()));
  }

  StudyDefinition definition_of(StudyId study) {
    std::optional<StudyDefinition> result = sql_detail::read_definition(sql().definition, study);
    if (!result) refuse(study);
    return *std::move(result);
  }

  std::optional<Claim> claim_next(StudyId study, std::string_view worker, std::chrono::milliseconds lease) {
    sql().give_up.execute({{"study", id(study)}});
    const auto row = sql().claim.row<std::int64_t, std::int64_t, std::int64_t, std::optional<std::string>>(
        {{"study", id(study)}, {"worker", worker}, {"lease", std::int64_t{lease.count()}}});
    if (!row) {
      definition_of(study);  // there is such a study
      return std::nullopt;
    }
    const auto& [number, attempt, token, point] = *row;
    if (attempt > 1) sql().clear_curve.execute({{"study", id(study)}, {"number", number}});
    return Claim{.study = study,
                 .number = number,
                 .attempt = attempt,
                 .token = token,
                 .point = sql_detail::stored_point(trial_name(number), point)};
  }

  /// Throws LeaseLost if the trial is not the claim's.
  void append(const Claim& claim, std::span<const CurveRow> rows) {
    const auto row = sql().last_step.row<std::optional<std::int64_t>>(holder(claim));
    if (!row) refuse(claim);
    std::optional<std::int64_t> last = std::get<0>(*row);
    for (const CurveRow& next : rows) {
      TrainingCurve::check(last, next.step, next.values);
      last = next.step;
    }
    if (rows.empty()) return;
    sql().add_steps.execute({{"study", id(claim.study)},
                             {"number", claim.number},
                             {"first_step", rows.front().step},
                             {"last_step", rows.back().step},
                             {"steps", SqlBytes{encode_curve(rows)}}});
  }

  std::string trial_name(std::int64_t number) { return fmt::format("{}: trial {}", connection().name(), number); }

  void decode(std::int64_t number, const SqlBytes& steps, TrainingCurve& curve) {
    decode_curve(trial_name(number), steps.bytes, curve);
  }

  [[noreturn]] void refuse(StudyId study) {
    throw std::invalid_argument(
        fmt::format("{}: study must be one that it has, got {}", connection().name(), id(study)));
  }

  [[noreturn]] void refuse(StudyId study, std::int64_t number) {
    throw std::invalid_argument(fmt::format("{}: trial must be one of study \"{}\", got {}", connection().name(),
                                            definition_of(study).name, number));
  }

  [[noreturn]] void refuse(const Claim& claim) {
    const std::string name = definition_of(claim.study).name;
    if (!sql().has_trial.row<std::int64_t>({{"study", id(claim.study)}, {"number", claim.number}})) {
      refuse(claim.study, claim.number);
    }
    throw LeaseLost(name, claim);
  }

  std::unique_ptr<Database> database_;
};

}  // namespace eigentune
