#pragma once

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

/// A program that runs in a directory, with its output in "output.txt" and "errors.txt" there.
class Process {
 public:
  Process(const std::filesystem::path& directory, std::vector<std::string> command) {
    std::vector<char*> arguments;
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    child_ = ::fork();
    if (child_ != 0) return;
    if (::chdir(directory.c_str()) != 0) std::_Exit(126);
    for (const auto& [name, target] : {std::pair("output.txt", 1), std::pair("errors.txt", 2)}) {
      ::dup2(::open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666), target);
    }
    ::execv(arguments.front(), arguments.data());
    std::_Exit(127);
  }
  ~Process() {
    kill(SIGKILL);
    wait();
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void kill(int signal) {
    if (!status_) ::kill(child_, signal);
  }

  /// Whether it has ended by itself.
  bool has_ended() {
    int status = 0;
    if (!status_ && ::waitpid(child_, &status, WNOHANG) == child_) status_ = status;
    return status_.has_value();
  }

  /// Its status, as waitpid has it, once it has ended.
  int wait() {
    int status = 0;
    if (!status_ && ::waitpid(child_, &status, 0) == child_) status_ = status;
    return status_.value_or(0);
  }

 private:
  pid_t child_ = -1;
  std::optional<int> status_;
};
