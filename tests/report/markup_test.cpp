#include <eigentune/report/markup.hpp>
#include <eigentune/report/text_width.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "report/document.hpp"

namespace eigentune {

TEST(Markup, EscapesWhatMarkupIsMadeOf) {
  EXPECT_EQ(escaped("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;");
  EXPECT_EQ(escaped("a & \"b\" 'c'"), "a &amp; &quot;b&quot; &#39;c&#39;");
  EXPECT_EQ(escaped("\xCE\xB2\xE2\x82\xAC\xF0\x9F\x98\x80 \t\n"), "\xCE\xB2\xE2\x82\xAC\xF0\x9F\x98\x80 \t\n");
}

TEST(Markup, PutsTheReplacementCharacterWhereADocumentCannotHaveOne) {
  const std::string replaced = "\xEF\xBF\xBD";
  for (const char* broken : {"\x01", "\x1B", "\x7F", "\xC2\x85", "\xFF", "\xC3", "\xEF\xBF\xBE"}) {
    EXPECT_EQ(escaped(broken), replaced) << static_cast<int>(static_cast<unsigned char>(broken[0]));
  }
  EXPECT_EQ(escaped(std::string("a\0b", 3)), "a" + replaced + "b");
  EXPECT_EQ(escaped("\xED\xA0\x80"), replaced + replaced + replaced);  // a surrogate
  EXPECT_EQ(escaped("\xC0\xAF"), replaced + replaced);                 // '/', overlong
  EXPECT_EQ(escaped("\xE2\x82z"), replaced + replaced + "z");
}

TEST(Markup, AnyBytesMakeADocument) {
  std::string all = "<p title=\"";
  std::string bytes;
  for (int first = 0; first < 256; ++first) {
    for (const int second : {0, 0x3C, 0x80, 0xBF, 0xFF}) {
      bytes += static_cast<char>(first);
      bytes += static_cast<char>(second);
    }
  }
  bytes.erase(std::remove(bytes.begin(), bytes.end(), '\r'), bytes.end());  // allowed, but not by the check
  all += escaped(bytes) + "\">" + escaped(bytes) + "</p>";
  EXPECT_EQ(support::document_problem(all), "");
}

TEST(Markup, WritesCoordinatesShort) {
  EXPECT_EQ(coordinate(12.0), "12");
  EXPECT_EQ(coordinate(12.5), "12.5");
  EXPECT_EQ(coordinate(-0.25), "-.25");
  EXPECT_EQ(coordinate(0.004), "0");
  EXPECT_EQ(coordinate(-0.004), "0");
  EXPECT_EQ(coordinate(0.05), ".05");
  EXPECT_EQ(coordinate(100.999), "101");
  EXPECT_EQ(coordinate(3.14159, 1), "3.1");
  EXPECT_EQ(coordinate(20.0, 0), "20");
  EXPECT_EQ(coordinate(std::numeric_limits<double>::quiet_NaN()), "0");
  EXPECT_EQ(coordinate(1e300), "1000000");
}

TEST(TextWidth, ShortensBetweenCharactersAndOnlyWhatIsTooLong) {
  EXPECT_EQ(shortened("adam", 10.0), "adam");
  EXPECT_EQ(shortened("a very long name", 4.7), "a very\xE2\x80\xA6");
  EXPECT_EQ(shortened("\xCE\xB2\xCE\xB2\xCE\xB2\xCE\xB2", 2.0), "\xCE\xB2\xE2\x80\xA6");
  EXPECT_EQ(shortened("ab", 0.0), "a\xE2\x80\xA6");
  EXPECT_EQ(shortened("", 0.0), "");
}

TEST(TextWidth, ShortensInTheMiddleWhereTheEndTellsApart) {
  EXPECT_EQ(shortened_in_middle("adam", 10.0), "adam");
  const std::string shown = shortened_in_middle("learning_rate[optimizer=adam]", 10.0);
  EXPECT_TRUE(shown.starts_with("learnin") && shown.ends_with("=adam]")) << shown;
  EXPECT_LE(text_width(shown), 10.0);
  const std::string greek = shortened_in_middle("\xCE\xB2\xCE\xB2\xCE\xB2\xCE\xB2\xCE\xB2\xCE\xB2", 3.0);
  EXPECT_EQ(support::document_problem("<p>" + greek + "</p>"), "");
}

TEST(TextWidth, WrapsAtSpacesAndUnderscores) {
  EXPECT_EQ(wrapped("no objective", 6.0, 2), (std::vector<std::string>{"no", "objective"}));
  EXPECT_EQ(wrapped("weight_decay", 5.0, 2), (std::vector<std::string>{"weight_", "decay"}));
  EXPECT_EQ(wrapped("short", 10.0, 2), (std::vector<std::string>{"short"}));
  EXPECT_EQ(wrapped("", 10.0, 2), std::vector<std::string>{});
}

}  // namespace eigentune
