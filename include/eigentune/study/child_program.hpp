#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/file_descriptor.hpp>
#include <eigentune/core/retry.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace eigentune {

/// Another program, run as a child in a process group of its own, so that Ctrl-C on the terminal does not reach it
/// before we do, and so that it ends together with its own children. It reads nothing (/dev/null); what it writes comes
/// through two pipes. May be used where there are other threads.
class ChildProgram {
 public:
  using Sink = std::function<void(std::string_view)>;

  /// Starts arguments[0], looked up in PATH unless it has a slash. `environment` is added to this process's, whose
  /// variables of the same names it replaces: "NAME=value". Throws eigentune::Error if it cannot be started, or if a
  /// text has a NUL, at which the program would take it for ended.
  ChildProgram(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
               std::chrono::milliseconds grace)
      : grace_(grace) {
    std::vector<char*> argument_pointers = pointers_to(arguments), environment_pointers = pointers_to(environment);
    std::array<Pipe, 2> pipes = {Pipe(), Pipe()};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, pipes[0].in.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, pipes[1].in.get(), STDERR_FILENO);
    ::posix_spawnattr_init(&attributes);
    sigset_t none, defaults;  // what this process does with signals is not the program's matter
    sigemptyset(&none);
    sigemptyset(&defaults);
    for (const int signal : {SIGINT, SIGTERM, SIGPIPE}) sigaddset(&defaults, signal);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);

    environment_pointers.pop_back();
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
      if (!is_replaced(*entry, environment)) environment_pointers.push_back(*entry);
    }
    environment_pointers.push_back(nullptr);
    const int error = ::posix_spawnp(&id_, argument_pointers[0], &actions, &attributes, argument_pointers.data(),
                                     environment_pointers.data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
      id_ = -1;
      throw Error(fmt::format("{}: expected a program that can be run, found: {}", arguments[0], std::strerror(error)));
    }
    for (std::size_t i = 0; i < 2; ++i) outputs_[i] = std::move(pipes[i].out);
  }

  /// Ends it if it runs still, and its children: SIGTERM, and after the grace SIGKILL.
  ~ChildProgram() {
    if (id_ < 0) return;
    ::kill(-id_, SIGTERM);
    const auto deadline = Clock::now() + grace_;
    while (!has_ended() && Clock::now() < deadline) {
      if (!pump({}, {}, std::chrono::milliseconds(10))) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    reap();
  }
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;

  /// Hands on what it writes to standard output and standard error, until it ends; returns its status as waitpid does.
  /// Its children are ended then. None if `should_stop`, which is asked ten times a second at least, said so before.
  std::optional<int> wait(const Sink& output, const Sink& error, const std::function<bool()>& should_stop) {
    for (;;) {
      if (should_stop()) return std::nullopt;
      const bool is_open = pump(output, error, std::chrono::milliseconds(100));
      if (has_ended()) break;
      if (!is_open) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const int status = reap();
    // What it has left in the pipes, which hold 1 MiB each at most: who has left the group may write on for ever.
    for (int i = 0; i < 64 && pump(output, error, std::chrono::milliseconds(0)); ++i) {
    }
    return status;
  }

 private:
  using Clock = std::chrono::steady_clock;

  struct Pipe {
    Pipe() {
      int ends[2];
      if (::pipe2(ends, O_CLOEXEC) != 0) throw Error(fmt::format("expected a pipe, found: {}", std::strerror(errno)));
      out = FileDescriptor(ends[0]);
      in = FileDescriptor(ends[1]);
    }
    FileDescriptor out, in;
  };

  static std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (const std::string& text : texts) {
      if (text.find('\0') != std::string::npos) {
        throw Error(fmt::format("{}: expected arguments and variables without NUL, found {}", texts[0],
                                text.substr(0, text.find('\0'))));
      }
      result.push_back(const_cast<char*>(text.c_str()));  // posix_spawn reads only
    }
    result.push_back(nullptr);
    return result;
  }

  /// Whether `entry`, of this process's environment, has the name of one of `environment`. With both, some programs
  /// would see the one and some the other.
  static bool is_replaced(std::string_view entry, const std::vector<std::string>& environment) {
    const std::string_view name = entry.substr(0, entry.find('='));
    return std::ranges::any_of(environment, [name](std::string_view own) {
      return own.size() > name.size() && own.starts_with(name) && own[name.size()] == '=';
    });
  }

  /// Whether it has ended; it stays to be waited for, so that its id, which is its group's, stays its own.
  bool has_ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == id_;
  }

  /// Ends what is left of the group, and waits for the program.
  int reap() {
    ::kill(-id_, SIGKILL);
    int status = 0;
    detail::retry([&] { return ::waitpid(id_, &status, 0); });
    id_ = -1;
    return status;
  }

  /// Hands on what can be read within `timeout`. False if both pipes are at their ends, or if nothing is there and
  /// `timeout` is 0.
  bool pump(const Sink& output, const Sink& error, std::chrono::milliseconds timeout) {
    std::array<pollfd, 2> ready{};
    for (std::size_t i = 0; i < 2; ++i) ready[i] = {.fd = outputs_[i].get(), .events = POLLIN, .revents = 0};
    if (ready[0].fd < 0 && ready[1].fd < 0) return false;
    const int events = ::poll(ready.data(), ready.size(), static_cast<int>(timeout.count()));
    if (events < 0) return errno == EINTR;
    if (events == 0) return timeout.count() > 0;
    for (std::size_t i = 0; i < 2; ++i) {
      if (ready[i].revents == 0) continue;
      std::array<char, 65536> buffer;
      const ssize_t count = ::read(ready[i].fd, buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        outputs_[i].close();
        continue;
      }
      const Sink& sink = i == 0 ? output : error;
      if (sink) sink({buffer.data(), static_cast<std::size_t>(count)});
    }
    return true;
  }

  std::chrono::milliseconds grace_;
  pid_t id_ = -1;  // and its group's
  std::array<FileDescriptor, 2> outputs_;
};

/// Throws eigentune::Error unless there is such a program, in PATH if its name has no slash.
inline void check_program(const std::string& program) {
  const auto can_be_run = [](const std::string& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
  };
  const char* path = std::getenv("PATH");
  std::string_view folders = path != nullptr ? path : "/bin:/usr/bin";
  if (program.find('/') != std::string::npos) {
    if (!can_be_run(program)) throw Error(fmt::format("{}: expected a program that can be run, found none", program));
    return;
  }
  for (std::string_view rest = folders;;) {
    const std::size_t end = rest.find(':');
    if (can_be_run(fmt::format("{}/{}", rest.substr(0, end), program))) return;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  throw Error(fmt::format("{}: expected a program that can be run, found none in {}", program, folders));
}

/// "exited with status 1", "was ended by signal 9 (Killed)".
inline std::string status_text(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return fmt::format("was ended by signal {} ({})", signal, ::strsignal(signal));
  }
  return fmt::format("exited with status {}", WEXITSTATUS(status));
}

}  // namespace eigentune
