#pragma once

#include <eigentune/study/blocked_sigpipe.hpp>
#include <eigentune/study/study_records.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace eigentune {

/// How far a study is.
struct StudyProgress {
  std::int64_t finished = 0, trials = 0;  ///< final trials, and the budget
  std::optional<double> best{};           ///< objective
  std::int64_t best_trial = 0;
  std::int64_t infeasible = 0, failed = 0;
  std::optional<double> seconds_left{};
};

/// Without seconds_left.
inline StudyProgress progress_of(const StudyRecords& records, std::int64_t trials) {
  StudyProgress progress{.finished = records.finished(),
                         .trials = trials,
                         .infeasible = records.count(TrialState::infeasible),
                         .failed = records.count(TrialState::failed)};
  if (const TrialRecord* best = records.best()) {
    progress.best = best->objective;
    progress.best_trial = best->number;
  }
  return progress;
}

/// Seconds as people read them: "0:07", "12:05", "3:00:00".
inline std::string duration_text(double seconds) {
  constexpr double most = 1e9;
  const auto whole = static_cast<std::int64_t>(std::clamp(seconds, 0.0, most) + 0.5);
  const std::int64_t hours = whole / 3600, minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                   : fmt::format("{}:{:02}", minutes, whole % 60);
}

/// "23/64 trials  best 0.03125 (trial 17)  infeasible 2  failed 1  4:10 left"; what there is nothing to say of is left
/// out.
inline std::string progress_text(const StudyProgress& progress) {
  std::string text = fmt::format("{}/{} trials", progress.finished, progress.trials);
  if (progress.best) text += fmt::format("  best {:.6g} (trial {})", *progress.best, progress.best_trial);
  text += fmt::format("  infeasible {}", progress.infeasible);
  if (progress.failed > 0) text += fmt::format("  failed {}", progress.failed);
  if (progress.seconds_left) text += fmt::format("  {} left", duration_text(*progress.seconds_left));
  return text;
}

/// The same behind a bar, for one line of a terminal of `width` columns: shorter than that, or it would start another
/// line. The bar takes what the text leaves, up to 30 columns.
inline std::string progress_bar(const StudyProgress& progress, std::size_t width) {
  std::string text = progress_text(progress);
  constexpr std::size_t least = 5, most = 30, frame = 4;  // "[] " and the column that stays free
  if (width >= text.size() + frame + least && progress.trials > 0) {
    const std::size_t size = std::min(width - text.size() - frame, most);
    const double done = static_cast<double>(progress.finished) / static_cast<double>(progress.trials);
    const auto filled = static_cast<std::size_t>(std::clamp(done, 0.0, 1.0) * static_cast<double>(size));
    text = fmt::format("[{}{}] {}", std::string(filled, '#'), std::string(size - filled, '.'), text);
  }
  if (text.size() >= width) text.resize(width > 0 ? width - 1 : 0);
  return text;
}

/// Tells how far a run of a study is: on a terminal by one line, from the beginning on, that is drawn over again when a
/// trial has ended, up to ten times a second; elsewhere (a pipe, a file) by a plain line when a trial has ended, at
/// most every ten seconds, and one at the end. Thread-safe.
class ProgressDisplay {
 public:
  /// To `out`, which must outlive this; nothing at all if it is null.
  explicit ProgressDisplay(std::FILE* out) : out_(out), terminal_(out != nullptr && ::isatty(::fileno(out)) == 1) {}
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  /// At the beginning, and when a trial has ended. The time left is judged by all trials that became final since the
  /// first call, wherever they ran.
  void show(StudyProgress progress) {
    if (out_ == nullptr) return;
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    const bool is_first = !first_finished_;
    if (is_first) first_finished_ = progress.finished;
    if (const std::int64_t done = progress.finished - *first_finished_; done > 0) {
      const double seconds = std::chrono::duration<double>(now - start_).count() / static_cast<double>(done);
      progress.seconds_left = seconds * static_cast<double>(progress.trials - progress.finished);
    }
    latest_ = progress;
    using namespace std::chrono_literals;
    if (!(is_first && terminal_) && now - drawn_ < (terminal_ ? Clock::duration(100ms) : Clock::duration(10s))) return;
    drawn_ = now;
    draw();
  }

  /// A line of its own.
  void note(std::string_view line) {
    if (out_ == nullptr) return;
    const std::lock_guard lock(mutex_);
    put(fmt::format("{}{}\n", terminal_ ? "\r\033[K" : "", line));
    if (terminal_ && latest_) draw();
  }

  /// At the end of the run.
  void finish() {
    if (out_ == nullptr || !latest_) return;
    const std::lock_guard lock(mutex_);
    latest_->seconds_left.reset();
    draw();
    if (terminal_) put("\n");
  }

 private:
  using Clock = std::chrono::steady_clock;

  void draw() {
    if (terminal_) {
      put(fmt::format("\r{}\033[K", progress_bar(*latest_, width())));
    } else {
      put(progress_text(*latest_) + '\n');
    }
  }

  std::size_t width() const {
    winsize size{};
    return ::ioctl(::fileno(out_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  }

  // A study goes on where nobody can read of its progress: Ctrl-C on `study 2>&1 | tee log` ends tee at once, and the
  // trials have yet to be given back.
  void put(const std::string& text) {
    const BlockedSigpipe blocked;
    std::fputs(text.c_str(), out_);
    std::fflush(out_);
  }

  std::FILE* out_;
  bool terminal_;
  std::mutex mutex_;
  std::optional<std::int64_t> first_finished_;
  std::optional<StudyProgress> latest_;
  Clock::time_point start_ = Clock::now(), drawn_ = start_;
};

}  // namespace eigentune
