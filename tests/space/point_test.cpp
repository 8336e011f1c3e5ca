#include <eigentune/space/parse.hpp>
#include <eigentune/space/point.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;

const Point adam({{"optimizer", "adam"}, {"learning_rate", 1e-3}, {"batch_size", 128}});

TEST(Point, IsOneLineOfJson) {
  EXPECT_EQ(adam.text(), R"({"optimizer": "adam", "learning_rate": 0.001, "batch_size": 128})");
  EXPECT_EQ(Point().text(), "{}");
  EXPECT_EQ(Point({{"a\"b", "\n"}}).text(), R"({"a\"b": "\n"})");
}

TEST(Point, ReadsItsOwnText) {
  for (const Point& point : {adam, Point(), Point({{"a\"b\\", "\n\"é"}, {"x", 1.0}, {"y", 0.1 + 0.2}})}) {
    EXPECT_EQ(parse_point(point.text()), point);
    EXPECT_EQ(parse_point(point.text()).text(), point.text());
  }
}

TEST(Point, FindsValuesByName) {
  EXPECT_EQ(adam["optimizer"], Value("adam"));
  EXPECT_EQ(adam.get<double>("learning_rate"), 1e-3);
  EXPECT_EQ(adam.get<double>("batch_size"), 128.0);
  EXPECT_EQ(adam.get<int>("batch_size"), 128);
  EXPECT_EQ(adam.get<std::string>("optimizer"), "adam");
  EXPECT_EQ(adam.find("momentum"), nullptr);
  EXPECT_TRUE(adam.contains("learning_rate"));
  EXPECT_EQ(adam.size(), 3);
  EXPECT_EQ(error_of([] { adam["momentum"]; }), "Point: there is no \"momentum\" in " + adam.text());
  EXPECT_EQ(error_of([] { adam.get<int>("learning_rate"); }),
            "Value: an integer was asked for, but the value is 0.001");
}

TEST(Point, KeepsItsOrder) {
  std::vector<std::string> names;
  for (const auto& [name, value] : adam) names.push_back(name + "=" + value.text());
  EXPECT_EQ(names, (std::vector<std::string>{"optimizer=\"adam\"", "learning_rate=0.001", "batch_size=128"}));
  EXPECT_NE(Point({{"a", 1}, {"b", 2}}), Point({{"b", 2}, {"a", 1}}));
}

TEST(Point, HashesAsItCompares) {
  const std::vector<Point> points = {Point(),
                                     adam,
                                     Point({{"a", 1}, {"b", 2}}),
                                     Point({{"b", 2}, {"a", 1}}),
                                     Point({{"a", 2}, {"b", 1}}),
                                     Point({{"a", 1.0}, {"b", 2}}),
                                     Point({{"a", 1}})};
  std::unordered_set<std::size_t> hashes;
  for (const Point& point : points) {
    EXPECT_EQ(std::hash<Point>{}(point), std::hash<Point>{}(parse_point(point.text())));
    hashes.insert(std::hash<Point>{}(point));
  }
  EXPECT_EQ(hashes.size(), points.size());
}

TEST(Point, RefusesANameTwice) {
  EXPECT_EQ(error_of([] { Point({{"a", 1}, {"a", 2}}); }), "Point: \"a\" has a value already");
  EXPECT_EQ(error_of([] { parse_point(R"({"a": 1, "a": 2})"); }),
            R"(parse_point: "a" occurs twice in {"a": 1, "a": 2})");
}

TEST(Point, RefusesTextThatIsNoPoint) {
  EXPECT_EQ(error_of([] { parse_point("[1]"); }), "parse_point: expected an object, got [1]");
  EXPECT_EQ(error_of([] { parse_point(R"({"a": [1]})"); }), "parse_point: expected a number or a string, got [1]");
  EXPECT_EQ(error_of([] { parse_point(R"({"a": true})"); }), "parse_point: expected a number or a string, got true");
  for (const char* text :
       {"", "{", "{\"a\": }", "{\"a\": 1} x", "{\"a\": nan}", "{\"a\": 1e999}", "{\"a\": \"\xFF\"}"}) {
    EXPECT_EQ(error_of([&] { parse_point(text); }).rfind("parse_point: ", 0), 0) << text;
  }
}

}  // namespace
}  // namespace eigentune
