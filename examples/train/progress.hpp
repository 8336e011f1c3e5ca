#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

namespace example {

/// Seconds as people read them: "0:07", "12:05", "3:00:00".
inline std::string duration_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  const std::int64_t hours = whole / 3600, minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                   : fmt::format("{}:{:02}", minutes, whole % 60);
}

/// What there is to say after a step.
struct ProgressFigures {
  std::int64_t step = 0;                                ///< updates made so far
  double training_loss = 0.0, training_accuracy = 0.0;  ///< means since the last evaluation
  double learning_rate = 0.0;
  double examples_per_second = 0.0;                                ///< of training since the last evaluation
  std::optional<double> validation_loss{}, validation_accuracy{};  ///< of the last evaluation
};

/// Tells on standard error how far training is: on a terminal by one line that is drawn over again, up to ten times a
/// second; elsewhere (a pipe, a file) by a plain line at every evaluation. Or nothing at all.
class Progress {
 public:
  Progress(std::int64_t steps, bool quiet) : steps_(steps), quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Says that the steps before this one were made by another process, to estimate what time is left.
  void resumed_at(std::int64_t step) { first_step_ = step; }

  void note(const std::string& text) const {
    if (!quiet_) put(text + '\n');
  }

  /// What has to be said also when quiet.
  void tell(const std::string& text) const { put(text + '\n'); }

  /// After every step. `figures()` are asked for where they are shown.
  void show(std::int64_t step, auto figures) {
    if (quiet_ || !terminal_) return;
    const auto now = Clock::now();
    if (step < steps_ && now - drawn_ < std::chrono::milliseconds(100)) return;
    drawn_ = now;
    // Carriage return, the line, and "erase to the end of the line".
    put(fmt::format("\r{}\033[K", terminal_line(figures(), terminal_width())));
    drawn_line_ = true;
  }

  /// After every evaluation.
  void evaluated(const ProgressFigures& figures) const {
    if (!quiet_ && !terminal_) put(plain_line(figures) + '\n');
  }

  /// Leaves the line of a terminal. Before any other output.
  void finish() {
    if (drawn_line_) put("\n");
    drawn_line_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;

  // Training goes on where nobody can read of its progress.
  static void put(const std::string& text) {
    std::fputs(text.c_str(), stderr);
    std::fflush(stderr);
  }

  std::string plain_line(const ProgressFigures& figures) const {
    std::string text = fmt::format("step {}/{}  loss {:.4f}  accuracy {:.4f}", figures.step, steps_,
                                   figures.training_loss, figures.training_accuracy);
    if (figures.validation_loss && figures.validation_accuracy) {
      text += fmt::format("  validation loss {:.4f}  accuracy {:.4f}", *figures.validation_loss,
                          *figures.validation_accuracy);
    }
    return text + fmt::format("  rate {:.2e}  {:.0f} examples/s", figures.learning_rate, figures.examples_per_second);
  }

  // Never as wide as the terminal, which would start another line. The bar takes what the figures leave.
  std::string terminal_line(const ProgressFigures& figures, int width) const {
    const std::string head = fmt::format("{}/{} ", figures.step, steps_);
    std::string tail = fmt::format("loss {:.4f} acc {:.4f}", figures.training_loss, figures.training_accuracy);
    if (figures.validation_accuracy && width >= 100) {
      tail += fmt::format(" validation {:.4f}", *figures.validation_accuracy);
    }
    tail += fmt::format(" rate {:.1e} {:.0f} ex/s {}", figures.learning_rate, figures.examples_per_second,
                        time_left(figures.step));
    const int space = std::min(width - static_cast<int>(head.size() + tail.size()) - 4, 30);
    std::string text = head + (space >= 5 ? bar(figures.step, space) : "") + tail;
    if (static_cast<int>(text.size()) >= width) text.resize(static_cast<std::size_t>(std::max(width - 1, 0)));
    return text;
  }

  std::string time_left(std::int64_t step) const {
    if (step == first_step_) return "";
    const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
    const double per_step = elapsed / static_cast<double>(step - first_step_);
    return duration_text(per_step * static_cast<double>(steps_ - step)) + " left";
  }

  std::string bar(std::int64_t step, int width) const {
    const int filled = static_cast<int>(static_cast<double>(step) / static_cast<double>(steps_) * width);
    return fmt::format("[{}{}] ", std::string(static_cast<std::size_t>(filled), '#'),
                       std::string(static_cast<std::size_t>(width - filled), '.'));
  }

  static int terminal_width() {
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  }

  std::int64_t steps_, first_step_ = 0;
  bool quiet_, terminal_;
  bool drawn_line_ = false;
  Clock::time_point start_ = Clock::now(), drawn_{};
};

}  // namespace example
