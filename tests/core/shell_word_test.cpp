#include <eigentune/core/shell_word.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace {

/// What a shell makes of the word.
std::string read_by_a_shell(const std::string& word) {
  std::FILE* shell = ::popen(("printf %s " + word).c_str(), "r");
  std::string text;
  for (int c; (c = std::fgetc(shell)) != EOF;) text += static_cast<char>(c);
  ::pclose(shell);
  return text;
}

TEST(ShellWord, IsReadBackByAShell) {
  for (const std::string text : {"", "plain-1.5e-05_@%+=:,./", "two words", "it's", "'", "''", "$HOME `id` $(id)",
                                 "a\\b", "\"double\"", "line\nbreak\t", "*?[a]~;|&<>(){}!#", "\xc3\xbc"}) {
    EXPECT_EQ(read_by_a_shell(eigentune::shell_word(text)), text) << eigentune::shell_word(text);
  }
}

TEST(ShellWord, LeavesPlainTextAlone) {
  EXPECT_EQ(eigentune::shell_word("--learning_rate=0.001"), "--learning_rate=0.001");
  EXPECT_EQ(eigentune::shell_word("~/data"), "'~/data'");
}

}  // namespace
