// Any bytes at all, given to the reader of run logs: it either throws eigentune::Error or returns a training curve that
// comes back from a log of either format, a log that was torn anywhere, and a log that was resumed.

#include <eigentune/train/run_log.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/fuzzing.hpp"

namespace {

using namespace eigentune;
using fuzz::expect;

fuzz::MemoryFile& file() {
  static fuzz::MemoryFile file;
  return file;
}

std::optional<RunLogContents> read(std::string_view text) {
  file().write(text);
  std::optional<RunLogContents> contents;
  fuzz::accepts(file().path(), [&] { contents = read_run_log(file().path()); });
  return contents;
}

/// The metrics that rows of the curve have.
std::vector<std::string> metrics_of(const TrainingCurve& curve) {
  std::vector<std::string> metrics = curve.columns();
  std::erase_if(metrics, [](const std::string& name) { return !is_metric_name(name); });
  return metrics;
}

void check_rows(const TrainingCurve& curve) {
  std::optional<std::int64_t> last;
  for (const CurveRow& row : curve.rows()) {
    TrainingCurve::check(last, row.step, row.values);
    last = row.step;
  }
}

void check_written_again(const TrainingCurve& curve, RunLogFormat format) {
  const std::vector<std::string> metrics = metrics_of(curve);
  RunLog log(file().path(), {.format = format, .metrics = metrics, .overwrite = true});
  for (const auto& [step, values] : curve.rows()) log.add(step, values);
  const RunLogContents again = read_run_log(file().path());
  expect(again.curve == curve && !again.note);
  expect(again.format == format || curve.empty());  // of JSON lines, no line at all
  expect(again.metrics == (format == RunLogFormat::csv ? metrics : std::vector<std::string>{}));
}

void check_torn(std::string_view text, const RunLogContents& contents) {
  const std::size_t sum = std::accumulate(text.begin(), text.end(), std::size_t{0});
  const std::string_view start = text.substr(0, sum % (text.size() + 1));
  const std::optional<RunLogContents> torn = read(start);
  expect(torn && torn->note.has_value() == (!start.empty() && !start.ends_with('\n')));
  const bool has_header = contents.format == RunLogFormat::csv;
  const auto lines = static_cast<std::size_t>(std::ranges::count(start, '\n'));
  const std::size_t rows = lines - (has_header && lines > 0 ? 1 : 0);
  expect(std::ranges::equal(torn->curve.rows(), contents.curve.rows().first(rows)));
}

void check_resumed(std::string_view text, const RunLogContents& contents) {
  const auto rows = contents.curve.rows();
  const std::int64_t step = rows.empty() ? 7 : rows[rows.size() / 2].step;
  TrainingCurve expected = contents.curve;
  expected.drop_after(step);
  file().write(text);
  RunLog log(file().path(),
             {.format = contents.format.value_or(RunLogFormat::csv), .metrics = contents.metrics, .resume_at = step});
  expect(log.last_step() == (rows.empty() ? std::nullopt : std::optional(step)));
  if (step < std::numeric_limits<std::int64_t>::max()) {
    log.add(step + 1, {.training_loss = 0.25});
    expected.add(step + 1, {.training_loss = 0.25});
  }
  const RunLogContents again = read_run_log(file().path());
  expect(again.curve == expected && !again.note);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::optional<RunLogContents> contents = read(text);
  if (!contents) return 0;
  check_rows(contents->curve);
  check_torn(text, *contents);
  check_resumed(text, *contents);
  for (const RunLogFormat format : {RunLogFormat::csv, RunLogFormat::json_lines}) {
    check_written_again(contents->curve, format);
  }
  return 0;
}
