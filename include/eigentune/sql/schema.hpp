#pragma once

#include <eigentune/sql/sql_connection.hpp>

#include <fmt/core.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace eigentune {

/// The tables of a database with studies. A version is only ever extended: its statements stay as they are, and what a
/// later one needs comes as further statements, with which an old database becomes a new one. A program refuses a
/// database of a version that it does not know.
///
/// `study` has a row for each study; `trial` one for each trial, with its state as a word and its point as JSON;
/// `curve` one for each batch of a trial's curve, see curve_encoding.hpp. Times are milliseconds since 1970 began, UTC.
///
/// The view `trials` shows them to people: `sqlite3 study.db "SELECT * FROM trials ORDER BY objective LIMIT 5"`.
///
/// A study's revision is the highest that it or one of its trials has. The token of a claim is the revision that the
/// claim made.
inline constexpr std::int64_t sql_schema_version = 1;

/// The statements that make a database of version `from` one of sql_schema_version; 0 is an empty one.
inline std::vector<std::string> sql_schema_statements(std::int64_t from, const SqlDialect& dialect) {
  std::vector<std::string> statements;
  if (from < 1) {
    statements = {
        "CREATE TABLE study (\n"
        "  study BIGINT NOT NULL PRIMARY KEY,\n"
        "  name TEXT NOT NULL UNIQUE,\n"
        "  question TEXT NOT NULL,\n"
        "  notes TEXT NOT NULL,\n"
        "  space TEXT NOT NULL,\n"
        "  space_version TEXT NOT NULL,\n"
        "  sampler TEXT NOT NULL,\n"
        "  metric TEXT NOT NULL,\n"
        "  direction TEXT NOT NULL CHECK (direction IN ('minimize', 'maximize')),\n"
        "  objective TEXT NOT NULL,\n"
        "  trials BIGINT NOT NULL,\n"
        "  max_attempts BIGINT NOT NULL,\n"
        "  revision BIGINT NOT NULL)",

        "CREATE TABLE trial (\n"
        "  study BIGINT NOT NULL REFERENCES study (study),\n"
        "  number BIGINT NOT NULL,\n"
        "  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'complete', 'infeasible', 'failed')),\n"
        "  attempt BIGINT NOT NULL,\n"
        "  objective DOUBLE PRECISION,\n"
        "  best_step BIGINT,\n"
        "  point TEXT,\n"
        "  reason TEXT NOT NULL DEFAULT '',\n"
        "  infeasible_step BIGINT,\n"
        "  diverged_step BIGINT,\n"
        "  worker TEXT NOT NULL DEFAULT '',\n"
        "  started BIGINT,\n"
        "  finished BIGINT,\n"
        "  lease_ends BIGINT,\n"
        "  token BIGINT,\n"
        "  point_revision BIGINT,\n"
        "  revision BIGINT NOT NULL,\n"
        "  PRIMARY KEY (study, number),\n"
        "  CHECK ((state = 'complete') = (objective IS NOT NULL)))",

        "CREATE INDEX trial_by_revision ON trial (study, revision)",
        "CREATE INDEX trial_by_point_revision ON trial (study, point_revision) WHERE point_revision IS NOT NULL",
        "CREATE INDEX queued_trial ON trial (study, number) WHERE state = 'queued'",
        "CREATE INDEX running_trial ON trial (study, lease_ends) WHERE state = 'running'",

        fmt::format("CREATE TABLE curve (\n"
                    "  study BIGINT NOT NULL,\n"
                    "  number BIGINT NOT NULL,\n"
                    "  first_step BIGINT NOT NULL,\n"
                    "  last_step BIGINT NOT NULL,\n"
                    "  steps {} NOT NULL,\n"
                    "  PRIMARY KEY (study, number, first_step),\n"
                    "  FOREIGN KEY (study, number) REFERENCES trial (study, number))",
                    dialect.bytes),

        // For people: nothing reads it.
        fmt::format(
            "CREATE VIEW trials AS\n"
            "SELECT study.name AS study, number, state, attempt, trial.objective AS objective, best_step, point,\n"
            "  reason, infeasible_step, diverged_step, worker, {} AS started, {} AS finished\n"
            "FROM trial JOIN study ON study.study = trial.study",
            dialect.time_text("started"), dialect.time_text("finished"))};
  }
  return statements;
}

}  // namespace eigentune
