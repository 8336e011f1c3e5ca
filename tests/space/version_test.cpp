#include <eigentune/core/random.hpp>
#include <eigentune/space/parse.hpp>
#include <eigentune/space/search_space.hpp>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace eigentune {
namespace {

/// A random space of up to 8 hyperparameters, some conditional, some of one name.
SearchSpace random_space(Random random) {
  SearchSpace space;
  std::vector<HyperparameterHandle> handles;
  const std::uint64_t count = 1 + random.below(8);
  for (int attempt = 0; space.hyperparameters().size() < count && attempt < 100; ++attempt) {
    const auto domain = [&]() -> Domain {
      const double low = std::ldexp(1.0 + random.uniform(), -static_cast<int>(random.below(30)) - 1);
      const auto first = static_cast<std::int64_t>(1 + random.below(50));
      switch (random.below(7)) {
        case 0:
          return uniform(-low, low);
        case 1:
          return log_uniform(low, 2.0 * low);
        case 2:
          return one_minus_log_uniform(low / 2.0, low);
        case 3:
          return integer(-first, first);
        case 4:
          return log_integer(first, 2 * first);
        case 5:
          return discrete({low, 1.5, first + 2});
        default:
          return choice({"a", "b c", "\"\n\\", low, first});
      }
    };
    std::optional<Condition> condition;
    for (std::uint64_t k = random.below(3); k > 0 && !handles.empty(); --k) {
      const HyperparameterHandle& handle = handles[random.below(handles.size())];
      const auto& values = handle.hyperparameter().domain.arguments();
      const Condition clause = handle.is_any_of({values[random.below(values.size())], values[0]});
      if (!condition || !condition->excludes(clause)) condition = condition ? *condition && clause : clause;
    }
    const std::string name = fmt::format("{}{}", random.below(2) == 0 ? "x" : "größe ", random.below(4));
    try {
      const auto declare = [&] {
        switch (random.below(3)) {
          case 0:
            return space.scientific(name, domain(), condition);
          case 1:
            return space.nuisance(name, domain(), condition);
          default:
            return space.fixed(name, 0.5, condition);
        }
      };
      const HyperparameterHandle handle = declare();
      if (handle.hyperparameter().domain.is_listed()) handles.push_back(handle);
    } catch (const std::invalid_argument&) {  // a name that is taken, a scientific one under a nuisance one
    }
  }
  return space;
}

TEST(RandomSpaces, ReadTheirTextAndKeepTheirVersion) {
  std::map<std::string, std::string> text_of_version;
  std::size_t conditional = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const SearchSpace space = random_space(Random(seed));
    const SearchSpace read = parse_search_space(space.text());
    ASSERT_EQ(read, space) << space.text();
    ASSERT_EQ(read.text(), space.text());
    ASSERT_EQ(read.version(), space.version());
    ASSERT_EQ(text_of_version.emplace(space.version(), space.text()).first->second, space.text());
    for (const Hyperparameter& hyperparameter : space.hyperparameters())
      conditional += hyperparameter.condition ? 1 : 0;
  }
  EXPECT_GT(conditional, 300);
}

TEST(RandomSpaces, HavePointsThatCheckPrintAndRead) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const SearchSpace space = random_space(Random(seed));
    Random random(seed, 1);
    for (int i = 0; i < 10; ++i) {
      const Point point = space.from_units([&](const Hyperparameter&) { return random.uniform(); });
      ASSERT_NO_THROW(space.check(point)) << space.text() << "\n" << point.text();
      ASSERT_EQ(parse_point(point.text()), point);
      std::size_t active = 0;
      for (const Hyperparameter& hyperparameter : space.hyperparameters()) {
        active += space.is_active(hyperparameter, point) ? 1 : 0;
      }
      ASSERT_EQ(active, point.size()) << space.text();
    }
  }
}

/// Whatever is read is whole: it prints, and reads itself again. Everything else is a std::invalid_argument.
TEST(RandomSpaces, RefuseDamagedTextOrReadASpaceFromIt) {
  int refused = 0, read = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Random random(seed, 2);
    std::string text = random_space(Random(seed % 100)).text();
    for (std::uint64_t k = 1 + random.below(2); k > 0; --k) {
      const std::uint64_t place = random.below(text.size());
      if (random.below(2) == 0) {
        text.erase(place, 1 + random.below(4));
      } else {
        text[place] = random.below(4) == 0 ? static_cast<char>(random.below(256)) : text[random.below(text.size())];
      }
    }
    try {
      const SearchSpace space = parse_search_space(text);
      ASSERT_EQ(parse_search_space(space.text()), space) << text;
      ++read;
    } catch (const std::invalid_argument&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(read, 100);
}

/// A space, built with one thing changed.
struct Parts {
  std::string name = "learning_rate", conditional_name = "beta1";
  Domain domain = log_uniform(1e-5, 0.1), conditional_domain = uniform(0.0, 0.9);
  std::vector<Value> optimizers = {"sgd", "adam", "lion"}, condition = {"adam", "lion"};
  Role role = Role::scientific;
  Value batch_size = 128;
  bool reversed = false;

  SearchSpace space() const {
    SearchSpace result;
    const auto declare = [&](const Domain& choices) {
      return role == Role::scientific ? result.scientific("optimizer", choices) : result.nuisance("optimizer", choices);
    };
    const auto optimizer = declare(choice(optimizers));
    if (reversed) result.fixed("batch_size", batch_size);
    result.nuisance(name, domain);
    result.nuisance(conditional_name, conditional_domain, optimizer.is_any_of(condition));
    if (!reversed) result.fixed("batch_size", batch_size);
    return result;
  }
};

TEST(Version, ChangesWithEveryPart) {
  const std::vector<Parts> changed = {{},
                                      {.name = "learning rate"},
                                      {.conditional_name = "beta2"},
                                      {.domain = log_uniform(1e-5, std::nextafter(0.1, 1.0))},
                                      {.domain = log_uniform(std::nextafter(1e-5, 0.0), 0.1)},
                                      {.domain = uniform(1e-5, 0.1)},
                                      {.conditional_domain = one_minus_log_uniform(0.0, 0.9)},
                                      {.optimizers = {"sgd", "adam", "lion", "nadam"}},
                                      {.optimizers = {"adam", "sgd", "lion"}},
                                      {.condition = {"adam"}},
                                      {.condition = {"sgd", "lion"}},
                                      {.role = Role::nuisance},
                                      {.batch_size = 64},
                                      {.batch_size = 128.0},
                                      {.batch_size = "128"},
                                      {.reversed = true}};
  std::map<std::string, std::size_t> versions;
  for (std::size_t i = 0; i < changed.size(); ++i) {
    const SearchSpace space = changed[i].space();
    EXPECT_TRUE(versions.emplace(space.version(), i).second) << i << " is as " << versions[space.version()];
    EXPECT_EQ(space == Parts{}.space(), i == 0);
  }
}

TEST(Version, StaysWhateverTheWayToTheSpace) {
  const Parts another_order = {.condition = {"lion", "adam", "lion"}};
  EXPECT_EQ(another_order.space().version(), Parts{}.space().version());
  SearchSpace nested, spelled_out;
  for (SearchSpace* space : {&nested, &spelled_out}) {
    const auto optimizer = space->scientific("optimizer", choice({"sgd", "adam"}));
    const auto decay = space->nuisance("decay", choice({"linear", "cosine"}), optimizer.is("adam"));
    space->nuisance("cycles", integer(1, 4),
                    space == &nested ? decay.is("cosine") : decay.is("cosine") && optimizer.is("adam"));
  }
  EXPECT_EQ(nested, spelled_out);
  EXPECT_EQ(nested.version(), spelled_out.version());
}

/// FNV-1a of "[]": ((0xcbf29ce484222325 ^ '[') * 0x100000001b3 ^ ']') * 0x100000001b3 modulo 2^64.
TEST(Version, IsTheHashOfTheText) {
  EXPECT_EQ(SearchSpace().version(), "09612b07b5ecb5a5");
}

}  // namespace
}  // namespace eigentune
