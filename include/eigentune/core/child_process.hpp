#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/file_descriptor.hpp>
#include <eigentune/core/retry.hpp>
#include <eigentune/core/write_all.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <new>
#include <optional>
#include <poll.h>
#include <span>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace eigentune {

/// What a child process may take.
struct ChildLimits {
  /// Address space beyond what the calling process has mapped already (RLIMIT_AS): an allocation beyond it fails with
  /// std::bad_alloc. At least 0.
  std::optional<std::int64_t> max_bytes{};
  /// After which it is killed: a machine that swaps does not fail but becomes slow. Above 0.
  std::optional<double> max_seconds{};
};

/// How a child process ended.
struct ChildOutcome {
  std::optional<std::vector<double>> values{};  ///< what it returned; none if it did not
  std::string reason{};                         ///< why it did not
};

namespace child_process_detail {

/// The number of threads of this process; 1 where /proc is not there to tell.
inline std::int64_t threads() {
  std::error_code error;
  const std::filesystem::directory_iterator tasks("/proc/self/task", error);
  return error ? 1 : std::distance(begin(tasks), end(tasks));
}

inline std::int64_t mapped_bytes() {
  std::int64_t pages = 0;
  if (!(std::ifstream("/proc/self/statm") >> pages)) {
    throw Error("/proc/self/statm: expected the size of this process, found nothing that can be read");
  }
  return pages * sysconf(_SC_PAGESIZE);
}

/// Writes everything or gives up; allocates nothing, since memory may have run out.
inline void send(int file, const void* data, std::size_t size) {
  std::span<const std::byte> rest(static_cast<const std::byte*>(data), size);
  [[maybe_unused]] const int code = detail::write_all(rest, file);
}

inline constexpr char returned = 'r', threw = 't';

/// The life of the child: one byte and the values, or the text of an exception, to `out`.
[[noreturn]] inline void live(const std::function<std::vector<double>()>& work,
                              std::optional<std::int64_t> address_space, int out) {
  if (const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); file >= 0) {
    send(file, "1000", 4);  // if memory runs out, the kernel shall take this process rather than its parent
    ::close(file);
  }
  const auto limit_to = [](auto resource, rlim_t bytes) {
    rlimit limit{};
    ::getrlimit(resource, &limit);
    limit.rlim_cur = std::min(bytes, limit.rlim_max);
    ::setrlimit(resource, &limit);
  };
  limit_to(RLIMIT_CORE, 0);  // a crash is an answer, not a bug to look into
  if (address_space) limit_to(RLIMIT_AS, static_cast<rlim_t>(*address_space));
  const auto tell = [out](std::string_view what, std::string_view text) {
    send(out, &threw, 1);
    send(out, what.data(), what.size());
    send(out, text.data(), text.size());
  };
  try {
    const std::vector<double> values = work();
    send(out, &returned, 1);
    send(out, values.data(), values.size() * sizeof(double));
  } catch (const std::bad_alloc&) {
    tell("memory ran out (std::bad_alloc)", "");
  } catch (const std::exception& error) {
    tell("threw an exception: ", error.what());
  } catch (...) {
    tell("threw something that is no std::exception", "");
  }
  std::fflush(nullptr);
  ::_exit(0);  // no destructors and handlers of the parent
}

/// A child that is killed, unless it has ended, and always waited for.
class Child {
 public:
  explicit Child(pid_t id) : id_(id) {}
  ~Child() {
    kill();
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill() {
    if (id_ > 0) ::kill(id_, SIGKILL);
  }
  int wait() {
    int status = 0;
    if (id_ > 0) detail::retry([&] { return ::waitpid(id_, &status, 0); });
    id_ = -1;
    return status;
  }

 private:
  pid_t id_;
};

/// Everything from `file` until its other end is closed; none if that takes longer than `max_seconds`.
inline std::optional<std::string> read_all(int file, std::optional<double> max_seconds) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  std::string text;
  for (;;) {
    if (max_seconds) {
      const double left = *max_seconds - std::chrono::duration<double>(Clock::now() - begin).count();
      if (left <= 0.0) return std::nullopt;
      pollfd ready{.fd = file, .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, static_cast<int>(std::min(left * 1e3 + 1.0, 1e6))) <= 0) continue;
    }
    char buffer[4096];
    const auto count = detail::retry([&] { return ::read(file, buffer, sizeof buffer); });
    if (count <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

inline std::string reason_of(int status) {
  if (!WIFSIGNALED(status)) return fmt::format("exited with status {} before the end", WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  return fmt::format("killed by signal {} ({}){}", signal, ::strsignal(signal),
                     signal == SIGKILL ? ", as the kernel does when memory runs out" : "");
}

}  // namespace child_process_detail

/// Calls `work` in a child process (fork) and returns what it returned, or why it did not: an exception, a crash, a
/// kill by the kernel because memory ran out, which Linux does instead of refusing an allocation. What `work` changes
/// in memory is gone afterwards; what it writes to stdio streams is not.
///
/// A child of fork has the calling thread only, and mutexes of the others stay locked forever: call this before any
/// thread is started, thread pools included. Throws std::invalid_argument if there is another thread now (where /proc
/// tells) or a limit is out of range, and eigentune::Error if there can be no child.
inline ChildOutcome run_in_child(const std::function<std::vector<double>()>& work, const ChildLimits& limits = {}) {
  using namespace child_process_detail;
  require(limits.max_bytes.value_or(0) >= 0, "run_in_child: max_bytes must be at least 0, got {}",
          limits.max_bytes.value_or(0));
  require(limits.max_seconds.value_or(1.0) > 0.0, "run_in_child: max_seconds must be above 0, got {}",
          limits.max_seconds.value_or(1.0));
  require(threads() == 1, "run_in_child: must be called before threads are started, found {}", threads());
  std::optional<std::int64_t> address_space;
  if (limits.max_bytes) {
    const std::int64_t mapped = mapped_bytes();
    address_space = mapped + std::min(*limits.max_bytes, std::numeric_limits<std::int64_t>::max() - mapped);
  }

  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw Error(fmt::format("run_in_child: no pipe: {}", std::strerror(errno)));
  FileDescriptor in(ends[0]), out(ends[1]);
  std::fflush(nullptr);  // or both processes would write what is buffered
  const pid_t id = ::fork();
  if (id < 0) throw Error(fmt::format("run_in_child: no child process: {}", std::strerror(errno)));
  if (id == 0) {
    in.close();
    live(work, address_space, out.get());
  }
  Child child(id);
  out.close();

  const std::optional<std::string> answer = read_all(in.get(), limits.max_seconds);
  if (!answer) return {.reason = fmt::format("took longer than {} s", *limits.max_seconds)};  // Child kills it
  const int status = child.wait();
  const bool ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!ended_well) return {.reason = reason_of(status)};
  if (answer->empty()) return {.reason = "exited with status 0 before the end"};
  if (answer->front() == threw) return {.reason = answer->substr(1)};
  std::vector<double> values((answer->size() - 1) / sizeof(double));
  if (!values.empty()) std::memcpy(values.data(), answer->data() + 1, values.size() * sizeof(double));
  return {.values = std::move(values)};
}

}  // namespace eigentune
