#include <eigentune/optim/name_pattern.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace eigentune {
namespace {

static_assert(matches("*.bias", "layer1.bias") && !matches("*.bias", "layer1.weight"));

/// The definition, without a thought for time.
bool matches_by_definition(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    return matches_by_definition(pattern.substr(1), name) ||
           (!name.empty() && matches_by_definition(pattern, name.substr(1)));
  }
  return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
         matches_by_definition(pattern.substr(1), name.substr(1));
}

TEST(NamePattern, WithoutWildcardsIsTheNameItself) {
  EXPECT_TRUE(matches("w", "w"));
  EXPECT_FALSE(matches("w", "W"));
  EXPECT_FALSE(matches("w", "w1"));
  EXPECT_FALSE(matches("w1", "w"));
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("", "w"));
  EXPECT_FALSE(matches("w", ""));
}

TEST(NamePattern, StarIsAnyCharactersOrNone) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("***", "anything"));
  EXPECT_TRUE(matches("layer*", "layer"));
  EXPECT_TRUE(matches("layer*.bias", "layer12.bias"));
  EXPECT_TRUE(matches("*.bias*", "a.bias.bias"));
  EXPECT_FALSE(matches("*.bias", "bias"));
  EXPECT_TRUE(matches("*ab", "aab"));
  EXPECT_TRUE(matches("*a*b", "xaybzb"));
}

TEST(NamePattern, QuestionMarkIsExactlyOneCharacter) {
  EXPECT_TRUE(matches("layer?.bias", "layer1.bias"));
  EXPECT_FALSE(matches("layer?.bias", "layer12.bias"));
  EXPECT_FALSE(matches("layer?.bias", "layer.bias"));
  EXPECT_FALSE(matches("?", ""));
  EXPECT_TRUE(matches("?*?", "ab"));
  EXPECT_FALSE(matches("?*?", "a"));
}

TEST(NamePattern, HasNoOtherSpecialCharacters) {
  EXPECT_TRUE(matches("a.b", "a.b"));
  EXPECT_FALSE(matches("a.b", "axb"));
  EXPECT_TRUE(matches("[ab]+\\(1)^$|", "[ab]+\\(1)^$|"));
  EXPECT_FALSE(matches("[ab]", "a"));
  EXPECT_FALSE(matches("\\*", "*"));
  EXPECT_TRUE(matches("*", "*?"));
  EXPECT_TRUE(matches("gr\xc3\xb6sse*", "gr\xc3\xb6sse.1"));
  EXPECT_TRUE(matches(std::string_view("a\0*", 3), std::string_view("a\0b", 3)));
}

TEST(NamePattern, AgreesWithTheDefinitionOnAllShortPatternsAndNames) {
  const auto all = [](std::string_view alphabet, std::size_t longest) {
    std::vector<std::string> words = {""};
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i].size() == longest) break;
      for (const char c : alphabet) words.push_back(words[i] + c);
    }
    return words;
  };
  const std::vector<std::string> names = all("ab", 5);
  for (const std::string& pattern : all("ab*?", 5)) {
    for (const std::string& name : names) {
      ASSERT_EQ(matches(pattern, name), matches_by_definition(pattern, name)) << pattern << " " << name;
    }
  }
}

TEST(NamePattern, TakesNoExponentialTime) {
  std::string pattern, name(4000, 'a');
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_TRUE(matches(pattern, name));
  EXPECT_FALSE(matches(pattern + "b", name));
  EXPECT_FALSE(matches(pattern + "*b", name));
  EXPECT_FALSE(matches(std::string(5000, '*') + "b", name));
  EXPECT_FALSE(matches(std::string(4001, '?'), name));
}

}  // namespace
}  // namespace eigentune
