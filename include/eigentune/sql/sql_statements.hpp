#pragma once

#include <eigentune/sql/sql_connection.hpp>
#include <eigentune/sql/sql_statement.hpp>

#include <string>

namespace eigentune {

/// What a SqlStorage says to its database. Each statement takes effect as a whole, so that what it looks at and what it
/// changes belong together. None looks at more trials than it is about, however many there are: see the indices in
/// schema.hpp.
///
/// In SQL that databases share; {now} is the dialect's.
struct SqlStatements {
  explicit SqlStatements(SqlConnection& its_connection) : connection(its_connection) {}

  // A change's revision: the next of the study.
  inline static const std::string next_revision =
      "(SELECT MAX(revision) + 1 FROM (SELECT revision FROM study WHERE study = :study"
      " UNION ALL SELECT MAX(revision) FROM trial WHERE study = :study) AS revisions)";
  // The number of a new trial: numbers have no gaps, and trials are never deleted.
  inline static const std::string next_number = "COALESCE((SELECT MAX(number) + 1 FROM trial WHERE study = :study), 0)";
  // The trial that a claim holds.
  inline static const std::string held =
      " WHERE study = :study AND number = :number AND state = 'running' AND token = :token";
  // Whether the trial of an attempt that ends as :state goes on.
  inline static const std::string is_tried_again =
      ":state = 'failed' AND attempt < (SELECT max_attempts FROM study WHERE study = :study)";

  SqlConnection& connection;

  // Studies

  SqlStatement find_study = connection.statement("SELECT study FROM study WHERE name = :name");

  SqlStatement study_names = connection.statement("SELECT name FROM study ORDER BY study");

  SqlStatement definition = connection.statement(
      "SELECT name, question, notes, space, space_version, sampler, metric, direction, objective, trials, max_attempts"
      " FROM study WHERE study = :study");

  SqlStatement create_study = connection.statement(
      "INSERT INTO study (study, name, question, notes, space, space_version, sampler, metric, direction, objective,"
      " trials, max_attempts, revision)"
      " SELECT COALESCE(MAX(study), 0) + 1, :name, :question, :notes, :space, :space_version, :sampler, :metric,"
      " :direction, :objective, :trials, :max_attempts, 1 FROM study"
      " RETURNING study");

  SqlStatement change_study = connection.statement(
      "UPDATE study SET question = :question, notes = :notes, trials = :trials, revision = " + next_revision +
      " WHERE study = :study");

  // Claims

  SqlStatement give_up = connection.statement(
      "UPDATE trial SET state = 'failed', reason = 'lease lost', finished = {now}, revision = " + next_revision +
      " WHERE study = :study AND state = 'running' AND lease_ends <= {now}"
      " AND attempt >= (SELECT max_attempts FROM study WHERE study = :study)");

  // A new row, or a trial that waits: then the row is there, and changes.
  SqlStatement claim = connection.statement(
      "INSERT INTO trial (study, number, state, attempt, worker, started, lease_ends, token, revision)"
      " SELECT study, number, 'running', 1, :worker, {now}, {now} + :lease, revision, revision"
      " FROM (SELECT study, trials, " +
      next_revision +
      " AS revision, COALESCE("
      "(SELECT MIN(number) FROM ("
      "SELECT MIN(number) AS number FROM trial WHERE study = :study AND state = 'queued'"
      " UNION ALL SELECT MIN(number) FROM trial WHERE study = :study AND state = 'running' AND lease_ends <= {now}"
      " AND attempt < (SELECT max_attempts FROM study WHERE study = :study)) AS waiting), " +
      next_number +
      ") AS number FROM study WHERE study = :study) AS next"
      " WHERE number < trials"
      " ON CONFLICT (study, number) DO UPDATE SET state = 'running', attempt = trial.attempt + 1,"
      " reason = CASE trial.state WHEN 'running' THEN 'lease lost' ELSE trial.reason END,"
      " worker = excluded.worker, started = excluded.started, lease_ends = excluded.lease_ends,"
      " token = excluded.token, revision = excluded.revision"
      " RETURNING number, attempt, token, point");

  SqlStatement heartbeat = connection.statement("UPDATE trial SET lease_ends = {now} + :lease" + held);

  SqlStatement release = connection.statement(
      "UPDATE trial SET state = 'queued', attempt = attempt - 1, revision = " + next_revision + held);

  SqlStatement finish = connection.statement(
      "UPDATE trial SET state = CASE WHEN " + is_tried_again + " THEN 'queued' ELSE :state END, finished = CASE WHEN " +
      is_tried_again +
      " THEN NULL ELSE {now} END, objective = :objective, best_step = :best_step, reason = :reason,"
      " infeasible_step = :infeasible_step, diverged_step = :diverged_step, revision = " +
      next_revision + held + " RETURNING state");

  SqlStatement has_trial = connection.statement("SELECT 1 FROM trial WHERE study = :study AND number = :number");

  // Points

  SqlStatement point_before = connection.statement(
      "SELECT point, (SELECT MAX(point_revision) FROM trial WHERE study = :study AND point_revision IS NOT NULL)"
      " FROM trial" +
      held);

  SqlStatement set_point = connection.statement("UPDATE trial SET point = :point, revision = " + next_revision +
                                                ", point_revision = " + next_revision + held);

  SqlStatement enqueue = connection.statement(
      "INSERT INTO trial (study, number, state, attempt, point, point_revision, revision)"
      " SELECT study, number, 'queued', 0, :point, revision, revision FROM (SELECT study, trials, " +
      next_revision + " AS revision, " + next_number +
      " AS number FROM study WHERE study = :study) AS next WHERE number < trials RETURNING number");

  // Curves

  SqlStatement last_step = connection.statement(
      "SELECT curve.last_step FROM trial LEFT JOIN curve ON curve.study = trial.study AND curve.number = trial.number"
      " WHERE trial.study = :study AND trial.number = :number AND state = 'running' AND token = :token"
      " ORDER BY curve.first_step DESC LIMIT 1");

  SqlStatement add_steps = connection.statement(
      "INSERT INTO curve (study, number, first_step, last_step, steps)"
      " VALUES (:study, :number, :first_step, :last_step, :steps)");

  SqlStatement clear_curve = connection.statement("DELETE FROM curve WHERE study = :study AND number = :number");

  SqlStatement curve = connection.statement(
      "SELECT steps FROM trial LEFT JOIN curve ON curve.study = trial.study AND curve.number = trial.number"
      " WHERE trial.study = :study AND trial.number = :number ORDER BY first_step");

  SqlStatement next_curve = connection.statement(
      "SELECT number, steps FROM curve WHERE study = :study"
      " AND number = (SELECT MIN(number) FROM curve WHERE study = :study AND number > :number) ORDER BY first_step");

  // Reading

  SqlStatement read = connection.statement(
      "SELECT " + next_revision +
      " - 1, number, point, state, attempt, trial.objective, best_step, reason, infeasible_step, diverged_step, worker,"
      " started, finished FROM study LEFT JOIN trial ON trial.study = study.study AND trial.revision > :since"
      " WHERE study.study = :study");
};

}  // namespace eigentune
