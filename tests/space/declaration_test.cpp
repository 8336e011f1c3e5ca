#include <eigentune/space/declaration.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace eigentune {
namespace {

/// All kinds of domains, roles and conditions, and names that cannot be variables.
SearchSpace every_kind() {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"nesterov", "adam", "\"quoted\"\\\n\t\x01"}));
  const auto layers = space.scientific("layers", integer(0, 3), optimizer.is_any_of({"nesterov", "adam"}));
  space.nuisance("learning_rate", log_uniform(1e-2, 10.0), optimizer.is("nesterov"));
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-1), optimizer.is("adam"));
  space.nuisance("beta1", one_minus_log_uniform(0.0, 0.99), optimizer.is("adam") && layers.is_any_of({3, 1}));
  space.nuisance("dropout", uniform(0.0, 1.0 / 3.0), layers.is(2));
  const auto schedule = space.nuisance("switch", discrete({"early", "late"}));
  const auto again = space.nuisance("1 - decay", discrete({0.5, 1.0, 1e20}), schedule.is("late"));
  space.nuisance("x", log_integer(1, 1'000'000'000'000), again.is(1e20));
  const auto space_name = space.nuisance("space", choice({0, 1.0, "caf\u00e9"}));
  space.fixed("y", -7, space_name.is(0));
  space.fixed("batch_size", 128);
  space.fixed("weight", 1.0);
  return space;
}

SearchSpace declared() {
#include "space/declared_space.inc"
  return space;
}

/// declared_space.inc is what the code prints, and this program is what it declares.
TEST(Declaration, CompilesToTheSameSpace) {
  EXPECT_EQ(declared(), every_kind());
  EXPECT_EQ(declared().version(), every_kind().version());
  std::ifstream file(std::filesystem::path(__FILE__).parent_path() / "declared_space.inc", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(declaration(every_kind()), text);
}

TEST(Declaration, OfAnEmptySpaceIsOneLine) {
  EXPECT_EQ(declaration(SearchSpace()), "SearchSpace space;\n");
}

}  // namespace
}  // namespace eigentune
