#include <eigentune/space/parse.hpp>
#include <eigentune/space/search_space.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;

/// The space of the playbook's example: the optimizer is scientific, and each has a learning rate of its own.
SearchSpace nesterov_or_adam() {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"nesterov", "adam"}));
  space.nuisance("learning_rate", log_uniform(1e-2, 10.0), optimizer.is("nesterov"));
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-1), optimizer.is("adam"));
  space.nuisance("beta1", one_minus_log_uniform(0.5, 0.99), optimizer.is("adam"));
  space.fixed("batch_size", 128);
  return space;
}

Point middle(const SearchSpace& space) {
  return space.from_units([](const Hyperparameter&) { return 0.75; });
}

TEST(SearchSpace, PrintsOneHyperparameterALine) {
  EXPECT_EQ(nesterov_or_adam().text(),
            R"([{"name": "optimizer", "role": "scientific", "choice": ["nesterov", "adam"]},
 {"name": "learning_rate", "role": "nuisance", "log_uniform": [0.01, 10.0], "when": {"optimizer": ["nesterov"]}},
 {"name": "learning_rate", "role": "nuisance", "log_uniform": [1e-05, 0.1], "when": {"optimizer": ["adam"]}},
 {"name": "beta1", "role": "nuisance", "one_minus_log_uniform": [0.5, 0.99], "when": {"optimizer": ["adam"]}},
 {"name": "batch_size", "role": "fixed", "choice": [128]}])");
}

TEST(SearchSpace, TellsTwoConditionalHyperparametersOfOneNameApart) {
  const SearchSpace space = nesterov_or_adam();
  std::vector<std::string> ids;
  for (const Hyperparameter& hyperparameter : space.hyperparameters()) ids.push_back(hyperparameter.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"optimizer", "learning_rate[optimizer=nesterov]",
                                           "learning_rate[optimizer=adam]", "beta1[optimizer=adam]", "batch_size"}));
}

TEST(SearchSpace, HasOnlyActiveHyperparametersInAPoint) {
  const SearchSpace space = nesterov_or_adam();
  EXPECT_EQ(space.from_units([](const Hyperparameter&) { return 0.0; }).text(),
            R"({"optimizer": "nesterov", "learning_rate": 0.01, "batch_size": 128})");
  const Point adam = space.from_units([](const Hyperparameter& h) { return h.name == "optimizer" ? 0.5 : 0.0; });
  EXPECT_EQ(adam.text(), R"({"optimizer": "adam", "learning_rate": 1e-05, "beta1": 0.5, "batch_size": 128})");
  EXPECT_NO_THROW(space.check(adam));
}

TEST(SearchSpace, ReadsItsOwnText) {
  const SearchSpace space = nesterov_or_adam();
  const SearchSpace read = parse_search_space(space.text());
  EXPECT_EQ(read, space);
  EXPECT_EQ(read.version(), space.version());
  EXPECT_EQ(middle(read), middle(space));
  EXPECT_EQ(parse_search_space("[]"), SearchSpace());
}

}  // namespace
}  // namespace eigentune
