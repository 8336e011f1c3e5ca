#include <eigentune/core/random.hpp>
#include <eigentune/train/run_log.hpp>

#include <gtest/gtest.h>

#include <bit>
#include <csignal>
#include <cstdint>
#include <limits>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "support/expect.hpp"
#include "support/sanitizers.hpp"
#include "train/scratch_file.hpp"

namespace eigentune {
namespace {

using support::error_of;
using support::ScratchFile;
using Limits = std::numeric_limits<double>;

constexpr RunLogFormat formats[] = {RunLogFormat::csv, RunLogFormat::json_lines};
constexpr const char* header =
    "step,training_loss,validation_loss,validation_error,learning_rate,gradient_norm,clip_scale,examples_per_second";

/// A row of a run: some columns, some absent, some not finite.
CurveValues values_of_step(std::int64_t step) {
  const double x = static_cast<double>(step);
  CurveValues values{.training_loss = 1.0 / (x + 3.0), .gradient_norm = x == 2.0 ? Limits::infinity() : x};
  if (step % 2 == 0) values.validation_error = x / 7.0;
  if (step % 3 == 0) values.metrics["top5_error"] = x == 3.0 ? Limits::quiet_NaN() : 0.1 * x;
  return values;
}

RunLogOptions options_of(RunLogFormat format) {
  return {.format = format, .metrics = {"top5_error"}};
}

void add_steps(RunLog& log, std::int64_t begin, std::int64_t end) {
  for (std::int64_t step = begin; step < end; ++step) log.add(step, values_of_step(step));
}

TrainingCurve curve_of_steps(std::int64_t end) {
  TrainingCurve curve;
  for (std::int64_t step = 0; step < end; ++step) curve.add(step, values_of_step(step));
  return curve;
}

TEST(RunLog, WritesCsvWithTheTrainersColumns) {
  const ScratchFile file;
  {
    RunLog log(file.path(), {.metrics = {"top5_error", "auc"}});
    log.add(0, {.validation_loss = 2.5, .validation_error = 0.9});
    log.add(100, {.training_loss = 0.1,
                  .learning_rate = 1e-3,
                  .gradient_norm = Limits::infinity(),
                  .clip_scale = -Limits::infinity(),
                  .examples_per_second = -Limits::quiet_NaN(),
                  .metrics = {{"auc", 1.0}}});
  }
  EXPECT_EQ(file.text(), std::string(header) + ",top5_error,auc\n0,,2.5,0.9,,,,,,\n100,0.1,,,0.001,inf,-inf,nan,,1\n");
}

TEST(RunLog, WritesJsonLines) {
  const ScratchFile file;
  {
    RunLog log(file.path(), {.format = RunLogFormat::json_lines});
    log.add(0, {});
    log.add(7, {.training_loss = 0.1, .clip_scale = Limits::quiet_NaN(), .metrics = {{"a\\b", -0.0}, {"c", 1e300}}});
  }
  EXPECT_EQ(file.text(),
            "{\"step\":0}\n"
            "{\"step\":7,\"training_loss\":0.1,\"clip_scale\":\"nan\",\"a\\\\b\":-0.0,\"c\":1e+300}\n");
}

TEST(RunLog, IsReadBackAsItWasWritten) {
  for (const RunLogFormat format : formats) {
    const ScratchFile file;
    RunLog log(file.path(), options_of(format));
    add_steps(log, 0, 10);
    const RunLogContents contents = read_run_log(file.path());  // while it is open
    EXPECT_EQ(contents.curve, curve_of_steps(10));
    EXPECT_EQ(contents.format, format);
    EXPECT_FALSE(contents.note);
    EXPECT_EQ(log.last_step(), 9);
  }
}

TEST(RunLog, KeepsEveryBitOfADouble) {
  std::vector<double> values = {0.1,
                                -0.0,
                                1.0,
                                Limits::max(),
                                Limits::lowest(),
                                Limits::min(),
                                5e-324,
                                -5e-324,
                                9007199254740993.0,
                                1e22,
                                1e23,
                                0.1 + 0.2,
                                1.0 / 3.0,
                                Limits::infinity(),
                                -Limits::infinity(),
                                123456789.0,
                                2.5e-310,
                                1e15,
                                1e16,
                                4503599627370497.5};
  Random random(1);
  while (values.size() < 2000) {
    if (const auto value = std::bit_cast<double>(random.bits()); is_finite(value)) values.push_back(value);
  }
  for (const RunLogFormat format : formats) {
    const ScratchFile file;
    RunLog log(file.path(), {.format = format, .metrics = {"m"}});
    for (std::size_t i = 0; i < values.size(); ++i) {
      log.add(static_cast<std::int64_t>(i), {.training_loss = values[i], .metrics = {{"m", values[i]}}});
    }
    const TrainingCurve curve = read_run_log(file.path()).curve;
    ASSERT_EQ(curve.size(), values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(std::bit_cast<std::uint64_t>(*curve.rows()[i].values.training_loss),
                std::bit_cast<std::uint64_t>(values[i]));
      EXPECT_EQ(std::bit_cast<std::uint64_t>(curve.rows()[i].values.metrics.at("m")),
                std::bit_cast<std::uint64_t>(values[i]));
    }
  }
}

TEST(RunLog, LosesOnlyTheTornLineWhereverTheFileIsCut) {
  for (const RunLogFormat format : formats) {
    const ScratchFile file;
    {
      RunLog log(file.path(), options_of(format));
      add_steps(log, 0, 6);
    }
    const std::string whole = file.text();
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      file.write(whole.substr(0, size));
      const auto lines = std::ranges::count(whole.substr(0, size), '\n');
      const auto rows = std::max<std::ptrdiff_t>(0, lines - (format == RunLogFormat::csv ? 1 : 0));
      const std::size_t torn = size == 0 ? 0 : size - 1 - std::min(whole.rfind('\n', size - 1), size - 1);
      const bool is_torn = size > 0 && whole[size - 1] != '\n';

      const RunLogContents contents = read_run_log(file.path());
      EXPECT_EQ(contents.curve, curve_of_steps(rows)) << size;
      EXPECT_EQ(contents.note.has_value(), is_torn) << size;
      if (lines > 0 && is_torn) {
        EXPECT_EQ(*contents.note, "line " + std::to_string(lines + 1) + ", the last one, is torn after " +
                                      std::to_string(torn) + " bytes and was dropped");
      }

      // Resumed from anywhere at or before the last whole row, the log ends up as if nothing had happened.
      for (const std::int64_t resume_at : {std::int64_t{rows - 1}, std::int64_t{rows - 3}}) {
        if (resume_at < 0) continue;
        file.write(whole.substr(0, size));
        RunLogOptions options = options_of(format);
        options.resume_at = resume_at;
        {
          RunLog log(file.path(), options);
          EXPECT_EQ(log.last_step(), resume_at);
          add_steps(log, resume_at + 1, 6);
        }
        EXPECT_EQ(file.text(), whole) << size << ' ' << resume_at;
      }
    }
  }
}

TEST(RunLog, StartsAgainIfNothingButAPartOfTheHeaderWasWritten) {
  const ScratchFile file;
  file.write("step,train");
  RunLog log(file.path(), {.metrics = {"top5_error"}, .resume_at = 0});
  EXPECT_EQ(file.text(), std::string(header) + ",top5_error\n");
  EXPECT_FALSE(log.last_step());
}

TEST(RunLog, HoldsNoStepTwiceAfterResuming) {
  for (const RunLogFormat format : formats) {
    const ScratchFile file;
    RunLogOptions options = options_of(format);
    {
      RunLog log(file.path(), options);
      for (const std::int64_t step : {0, 110, 120, 125, 130}) log.add(step, {.training_loss = 1.0});
    }
    options.resume_at = 122;  // no row has it
    RunLog log(file.path(), options);
    EXPECT_EQ(log.last_step(), 120);
    EXPECT_EQ(error_of([&] { log.add(120, {}); }), "TrainingCurve: step must be above the last one, got 120 after 120");
    log.add(125, {.training_loss = 2.0});
    const TrainingCurve curve = read_run_log(file.path()).curve;
    EXPECT_EQ(curve.series("training_loss").steps, (std::vector<std::int64_t>{0, 110, 120, 125}));
    EXPECT_EQ(curve.series("training_loss").values.back(), 2.0);
  }
}

TEST(RunLog, KeepsWhatAnotherRunWroteUnlessToldOtherwise) {
  const ScratchFile file;
  { RunLog(file.path()).add(1, {}); }
  const std::string before = file.text();
  EXPECT_EQ(error_of<Error>([&] { RunLog(file.path(), {}); }),
            file.name() + ": expected no log of another run, found " + std::to_string(before.size()) +
                " bytes; resume or overwrite it");
  EXPECT_EQ(file.text(), before);
  { RunLog log(file.path(), {.overwrite = true}); }
  EXPECT_EQ(file.text(), std::string(header) + '\n');
}

TEST(RunLog, ResumesNoLogThatIsNotItsOwn) {
  const ScratchFile file;
  EXPECT_EQ(error_of<Error>([&] { RunLog(file.path(), {.resume_at = 1}); }),
            file.name() + ": cannot be opened for writing: No such file or directory");
  EXPECT_FALSE(std::filesystem::exists(file.path()));
  { RunLog(file.path(), {.metrics = {"a"}}).add(1, {}); }
  const std::string before = file.text();
  EXPECT_EQ(error_of<Error>([&] {
              RunLog(file.path(), {.metrics = {"b", "c"}, .resume_at = 0});
            }),
            file.name() + ": expected the metrics \"b,c\", found \"a\"");
  EXPECT_EQ(error_of<Error>([&] { RunLog(file.path(), {.format = RunLogFormat::json_lines, .resume_at = 0}); }),
            file.name() + ": expected JSON lines, found CSV");
  EXPECT_EQ(file.text(), before);
  file.write(before + "2,x,,,,,,,\n3,,,,,,,,\n");
  EXPECT_EQ(error_of<Error>([&] { RunLog(file.path(), {.metrics = {"a"}, .resume_at = 1}); }),
            file.name() + ": line 3: expected a number, nan, inf, -inf or nothing as training_loss, found \"x\"");
  EXPECT_EQ(file.text(), before + "2,x,,,,,,,\n3,,,,,,,,\n");
}

TEST(RunLog, HasOneWriter) {
  const ScratchFile file;
  RunLog first(file.path());
  for (const RunLogOptions& options : {RunLogOptions{.resume_at = 0}, RunLogOptions{.overwrite = true}}) {
    EXPECT_EQ(error_of<Error>([&] { RunLog(file.path(), options); }),
              file.name() + ": expected to be the only writer, found that another holds the file");
  }
  first.add(1, {});
  EXPECT_EQ(read_run_log(file.path()).curve.size(), 1U);
}

TEST(RunLog, RejectsRowsAndOptionsThatItCannotHold) {
  const ScratchFile file;
  RunLog log(file.path(), {.metrics = {"a"}});
  const std::string before = file.text();
  EXPECT_EQ(error_of([&] {
              log.add(1, {.metrics = {{"b", 1.0}}});
            }),
            "RunLog: a CSV file's metrics must be listed in its options, got \"b\"");
  EXPECT_EQ(error_of([&] { log.add(-1, {}); }), "TrainingCurve: step must be at least 0, got -1");
  EXPECT_EQ(file.text(), before);
  log.add(1, {});
  EXPECT_EQ(error_of([&] { RunLog("x", {.metrics = {"step"}}); }),
            "RunLog: a metric's name must be printable ASCII without ',' and '\"', and no column's name, got \"step\"");
  EXPECT_EQ(error_of([&] {
              RunLog("x", {.metrics = {"a", "a"}});
            }),
            "RunLog: metrics must differ from each other, got \"a, a\"");
  EXPECT_EQ(error_of([&] { RunLog("x", {.sync_every = -1}); }), "RunLog: sync_every must be at least 0, got -1");
  EXPECT_EQ(error_of([&] { RunLog("x", {.resume_at = -1}); }), "RunLog: resume_at must be at least 0, got -1");
  EXPECT_EQ(error_of([&] { RunLog("x", {.resume_at = 1, .overwrite = true}); }),
            "RunLog: a log must be either resumed or overwritten, got both");
  EXPECT_FALSE(std::filesystem::exists("x"));
}

/// Lets files grow to `bytes` only, as if the disk were full then.
class SmallDisk {
 public:
  explicit SmallDisk(std::size_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST(RunLog, KeepsWholeLinesWhenTheDiskIsFullAndGoesOnWhenItIsNot) {
  for (const RunLogFormat format : formats) {
    const ScratchFile file;
    RunLog log(file.path(), options_of(format));
    add_steps(log, 0, 3);
    const std::string before = file.text();
    for (const std::size_t room : {0U, 1U, 10U}) {
      const SmallDisk disk(before.size() + room);
      EXPECT_EQ(error_of<Error>([&] { log.add(3, values_of_step(3)); }),
                file.name() + ": cannot be written: File too large");
      EXPECT_EQ(file.text(), before);
      EXPECT_EQ(log.last_step(), 2);
    }
    add_steps(log, 3, 5);
    EXPECT_EQ(read_run_log(file.path()).curve, curve_of_steps(5));
  }
}

TEST(RunLog, TellsThatADeviceIsFull) {
  EXPECT_EQ(error_of<Error>([] { RunLog("/dev/full", {}); }), "/dev/full: cannot be written: No space left on device");
}

TEST(RunLog, LeavesAllRowsButTheLastOfAProcessThatIsKilled) {
  if (support::thread_sanitizer) GTEST_SKIP() << "forks";
  for (const RunLogFormat format : formats) {
    const ScratchFile file;
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      RunLog log(file.path(), options_of(format));
      for (std::int64_t step = 0;; ++step) {
        log.add(step, values_of_step(step));
        if (step == 500 && write(pipe_ends[1], "x", 1) != 1) _exit(1);
      }
    }
    char byte;
    EXPECT_EQ(read(pipe_ends[0], &byte, 1), 1);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);

    const RunLogContents contents = read_run_log(file.path());
    const auto rows = static_cast<std::int64_t>(contents.curve.size());
    EXPECT_GT(rows, 500);
    EXPECT_EQ(contents.curve, curve_of_steps(rows));
    RunLogOptions options = options_of(format);
    options.resume_at = 400;
    RunLog log(file.path(), options);  // the dead process holds no lock
    add_steps(log, 401, 450);
    EXPECT_EQ(read_run_log(file.path()).curve, curve_of_steps(450));
  }
}

TEST(RunLog, WaitsForTheDiskAsOftenAsTold) {
  const ScratchFile file;
  RunLog log(file.path(), {.sync_every = 2});
  for (std::int64_t step = 0; step < 5; ++step) log.add(step, {});
  log.flush();
  EXPECT_EQ(read_run_log(file.path()).curve.size(), 5U);
}

TEST(ReadRunLog, RejectsMalformedCsvWithItsLine) {
  const ScratchFile file;
  const auto error_in = [&](const std::string& text) {
    file.write(text);
    const std::string error = error_of<Error>([&] { read_run_log(file.path()); });
    return error.starts_with(file.name() + ": ") ? error.substr(file.name().size() + 2) : error;
  };
  const std::string start = std::string(header) + "\n1,,,,,,,\n";
  EXPECT_EQ(error_in(start + "2,,,,,,\n"), "line 3: expected 8 fields, found 7 in \"2,,,,,,\"");
  EXPECT_EQ(error_in(start + "\n"), "line 3: expected 8 fields, found 1 in \"\"");
  EXPECT_EQ(error_in(start + "1,,,,,,,\n"), "line 3: expected a step above 1, found 1");
  EXPECT_EQ(error_in(std::string(header) + "\n-1,,,,,,,\n"), "line 2: expected a step of at least 0, found -1");
  EXPECT_EQ(error_in(start + "2.0,,,,,,,\n"), "line 3: expected a whole number as step, found \"2.0\"");
  EXPECT_EQ(error_in(start + ",,,,,,,\n"), "line 3: expected a whole number as step, found \"\"");
  EXPECT_EQ(error_in(start + "9223372036854775808,,,,,,,\n"),
            "line 3: expected a whole number as step, found \"9223372036854775808\"");
  for (const std::string bad : {"0,5x", "1e999", " 1", "1 ", "+1", "0x10", "NaN", "-nan", "infinity", "-infinity",
                                "--1", ".5", "nan(1)", "1;2"}) {
    const std::string field = bad == "0,5x" ? "0;5" : bad;
    EXPECT_EQ(error_in(start + "2,," + field + ",,,,,\n"),
              "line 3: expected a number, nan, inf, -inf or nothing as validation_loss, found \"" + field + "\"");
  }
  EXPECT_EQ(error_in(start + "2,,,,,,,1\r\n"),
            "line 3: expected a number, nan, inf, -inf or nothing as examples_per_second, found \"1\\x0d\"");
  EXPECT_EQ(error_in("step,loss\n1,2\n"),
            "line 1: expected a header that begins with \"" + std::string(header) + "\", found \"step,loss\"");
  EXPECT_EQ(error_in(std::string(header) + ",a,a\n"),
            "line 1: expected a metric's name that is not taken, found \"a\"");
  EXPECT_EQ(error_in(std::string(header) + ",\n"), "line 1: expected a metric's name that is not taken, found \"\"");
  EXPECT_EQ(error_in(start + std::string(100, 'x') + "\n"),
            "line 3: expected 8 fields, found 1 in \"" + std::string(60, 'x') + "...\"");
}

TEST(ReadRunLog, RejectsMalformedJsonWithItsLine) {
  const ScratchFile file;
  const auto error_in = [&](const std::string& line) {
    file.write("{\"step\":1}\n" + line + "\n");
    const std::string error = error_of<Error>([&] { read_run_log(file.path()); });
    return error.starts_with(file.name() + ": line 2: ") ? error.substr(file.name().size() + 10) : error;
  };
  EXPECT_TRUE(error_in("{\"step\":2").starts_with("expected a JSON object, found \"{\"step\":2\" ("))
      << error_in("{\"step\":2");
  EXPECT_TRUE(error_in("{\"step\":2,\"a\":1e999}").starts_with("expected a JSON object, found "));
  EXPECT_TRUE(error_in("{\"step\":2,\"a\":NaN}").starts_with("expected a JSON object, found "));
  EXPECT_TRUE(error_in("").starts_with("expected a JSON object, found \"\""));
  EXPECT_EQ(error_in("[2]"), "expected a JSON object, found \"[2]\"");
  EXPECT_EQ(error_in("{}"), "expected a whole number as step, found none");
  EXPECT_EQ(error_in("{\"step\":2.5}"), "expected a whole number as step, found \"2.5\"");
  EXPECT_EQ(error_in("{\"step\":9223372036854775808}"),
            "expected a whole number as step, found \"9223372036854775808\"");
  EXPECT_EQ(error_in("{\"step\":1}"), "expected a step above 1, found 1");
  EXPECT_EQ(error_in("{\"step\":2,\"a\":\"infinity\"}"),
            "expected a number, \"nan\", \"inf\" or \"-inf\" as \"a\", found \"\"infinity\"\"");
  EXPECT_EQ(error_in("{\"step\":2,\"a\":null}"),
            "expected a number, \"nan\", \"inf\" or \"-inf\" as \"a\", found \"null\"");
  EXPECT_EQ(error_in("{\"step\":2,\"a\":{\"b\":1}}"),
            "expected a number, \"nan\", \"inf\" or \"-inf\" as \"a\", found \"{\"b\":1}\"");
  const std::string deep = "{\"step\":2,\"a\":" + std::string(300'000, '[') + std::string(300'000, ']') + "}";
  EXPECT_EQ(error_in(deep), "expected a flat JSON object, found \"" + deep.substr(0, 60) + "...\"");
  EXPECT_EQ(error_in("{\"step\":2,\"a,b\":1}"), "expected a metric's name, found \"a,b\"");
  EXPECT_EQ(error_in("{\"step\":2,\"a\":1,\"a\":2}"),
            "expected every name once, found \"{\"step\":2,\"a\":1,\"a\":2}\"");
}

TEST(ReadRunLog, TellsThatThereIsNoFile) {
  EXPECT_EQ(error_of<Error>([] { read_run_log("/no/such/file"); }),
            "/no/such/file: cannot be read: No such file or directory");
  EXPECT_EQ(error_of<Error>([] { read_run_log("/tmp"); }), "/tmp: cannot be read: Is a directory");
}

TEST(ReadRunLog, FindsNothingInAnEmptyFile) {
  const ScratchFile file;
  file.write("");
  const RunLogContents contents = read_run_log(file.path());
  EXPECT_TRUE(contents.curve.empty());
  EXPECT_FALSE(contents.format);
  EXPECT_FALSE(contents.note);
}

}  // namespace
}  // namespace eigentune
