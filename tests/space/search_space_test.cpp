#include <eigentune/space/parse.hpp>
#include <eigentune/space/search_space.hpp>

#include <gtest/gtest.h>

#include <memory>
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

TEST(SearchSpace, ActivatesNestedConditionsOnlyWhereAllHold) {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"sgd", "adam", "nadam"}));
  const auto decay = space.nuisance("decay", choice({"none", "cosine"}), optimizer.is_any_of({"nadam", "adam"}));
  space.nuisance("cycles", integer(1, 4), decay.is("cosine"));
  space.nuisance("epsilon", log_uniform(1e-10, 1.0), decay.is("cosine") && optimizer.is("adam"));
  EXPECT_EQ(space.hyperparameters()[2].id, "cycles[optimizer=adam|nadam,decay=cosine]");
  EXPECT_EQ(space.hyperparameters()[3].id, "epsilon[optimizer=adam,decay=cosine]");
  EXPECT_EQ(space.hyperparameters()[3].condition->text(), R"(optimizer is "adam", and decay is "cosine")");
  const auto names = [&](const char* chosen_optimizer, const char* chosen_decay) {
    const Point point = space.from_units([&](const Hyperparameter& hyperparameter) {
      const Domain& domain = hyperparameter.domain;
      return hyperparameter.name == "optimizer" ? domain.to_unit(chosen_optimizer)
             : hyperparameter.name == "decay"   ? domain.to_unit(chosen_decay)
                                                : 0.5;
    });
    EXPECT_NO_THROW(space.check(point));
    std::string result;
    for (const auto& [name, value] : point) result += name + " ";
    return result;
  };
  EXPECT_EQ(names("sgd", "cosine"), "optimizer ");
  EXPECT_EQ(names("adam", "none"), "optimizer decay ");
  EXPECT_EQ(names("adam", "cosine"), "optimizer decay cycles epsilon ");
  EXPECT_EQ(names("nadam", "cosine"), "optimizer decay cycles ");
}

TEST(SearchSpace, AllowsAConditionOnAScientificInteger) {
  SearchSpace space;
  const auto layers = space.scientific("layers", integer(1, 3));
  space.nuisance("skip", choice({0, 1}), layers.is_any_of({3, 2}));
  EXPECT_EQ(space.hyperparameters()[1].id, "skip[layers=2|3]");
}

TEST(SearchSpace, RefusesTwoOfOneNameThatCanBothBeActive) {
  SearchSpace space = nesterov_or_adam();
  EXPECT_EQ(
      error_of([&] { space.nuisance("beta1", uniform(0, 1)); }),
      R"(SearchSpace: "beta1" is declared twice, and both can be active at once: where optimizer is "adam", and always)");
  SearchSpace other;
  const auto optimizer = other.scientific("optimizer", choice({"sgd", "adam", "nadam"}));
  const auto layers = other.scientific("layers", discrete({1, 2}));
  other.nuisance("beta1", uniform(0, 1), optimizer.is_any_of({"adam", "nadam"}));
  EXPECT_EQ(error_of([&] { other.nuisance("beta1", uniform(0, 1), optimizer.is("nadam") && layers.is(1)); }),
            R"(SearchSpace: "beta1" is declared twice, and both can be active at once: where optimizer is "adam" or )"
            R"("nadam", and where optimizer is "nadam", and layers is 1)");
  EXPECT_EQ(error_of([&] { other.fixed("optimizer", "sgd"); }),
            "SearchSpace: \"optimizer\" is declared twice, and both can be active at once: always, and always");
  EXPECT_EQ(other.hyperparameters().size(), 3);
  EXPECT_NO_THROW(other.nuisance("beta1", uniform(0, 1), optimizer.is("sgd") && layers.is(1)));
  EXPECT_NO_THROW(other.nuisance("beta1", uniform(0, 1), optimizer.is("sgd") && layers.is(2)));
}

TEST(SearchSpace, RefusesConditionsThatCannotBe) {
  SearchSpace space;
  const auto rate = space.nuisance("rate", log_uniform(1e-3, 1.0));
  const auto width = space.nuisance("width", integer(1, 8));
  const auto depth = space.scientific("depth", uniform(0.0, 1.0));
  const auto optimizer = space.scientific("optimizer", choice({"sgd", "adam"}));
  const auto activation = space.nuisance("activation", choice({"relu", "gelu"}));
  const std::string rule =
      ": a condition needs a choice, a discrete or a scientific integer hyperparameter, and this is ";
  EXPECT_EQ(error_of([&] { rate.is(0.1); }), "rate" + rule + "nuisance log_uniform(0.001, 1.0)");
  EXPECT_EQ(error_of([&] { width.is(2); }), "width" + rule + "nuisance integer(1, 8)");
  EXPECT_EQ(error_of([&] { depth.is(0.5); }), "depth" + rule + "scientific uniform(0.0, 1.0)");
  EXPECT_EQ(error_of([&] { optimizer.is("lion"); }),
            R"(optimizer: a condition on "lion", which is not a value of choice({"sgd", "adam"}))");
  EXPECT_EQ(error_of([&] { optimizer.is_any_of({}); }), "optimizer: a condition needs at least one value");
  EXPECT_EQ(error_of([&] { static_cast<void>(optimizer.is("sgd") && optimizer.is("adam")); }),
            R"(Condition: optimizer is "sgd" and optimizer is "adam" can never hold together)");
  EXPECT_EQ(error_of([&] {
              space.scientific("schedule", choice({"a", "b"}), activation.is("relu"));
            }),
            "SearchSpace: schedule is scientific, so it cannot be conditional on activation, which is a nuisance "
            "hyperparameter");
}

TEST(SearchSpace, RefusesAConditionOnAnotherSpace) {
  SearchSpace other, space;
  const auto optimizer = other.scientific("optimizer", choice({"sgd", "adam"}));
  const std::string error =
      "SearchSpace: beta is conditional on a hyperparameter that this space does not have: optimizer";
  EXPECT_EQ(error_of([&] { space.nuisance("beta", uniform(0, 1), optimizer.is("adam")); }), error);
  space.scientific("optimizer", choice({"adam", "sgd"}));
  EXPECT_NO_THROW(space.nuisance("alpha", uniform(0, 1), optimizer.is("adam")));
  const auto both = optimizer.is_any_of({"sgd", "adam"});  // in another order here
  EXPECT_EQ(error_of([&] { space.nuisance("beta", uniform(0, 1), both); }), error);
  space = SearchSpace();
  space.scientific("optimizer", choice({"sgd", "lion"}));
  EXPECT_EQ(error_of([&] { space.nuisance("beta", uniform(0, 1), optimizer.is("adam")); }), error);
  const auto layers = other.scientific("layers", integer(1, 3));
  space.nuisance("layers", integer(1, 3));
  EXPECT_EQ(error_of([&] { space.nuisance("skip", uniform(0, 1), layers.is(2)); }),
            "SearchSpace: skip is conditional on a hyperparameter that this space does not have: layers");
  EXPECT_EQ(space.hyperparameters().size(), 2);
}

TEST(SearchSpace, HandlesOutliveTheSpaceAndHoldForCopies) {
  auto first = std::make_unique<SearchSpace>();
  const auto optimizer = first->scientific("optimizer", choice({"sgd", "adam"}));
  SearchSpace copy = *first;
  first.reset();
  copy.nuisance("beta1", uniform(0, 1), optimizer.is("adam"));
  EXPECT_EQ(copy.hyperparameters()[1].id, "beta1[optimizer=adam]");
}

TEST(SearchSpace, RefusesNamesThatIdsCannotHold) {
  SearchSpace space;
  EXPECT_EQ(error_of([&] { space.fixed("", 1); }), "SearchSpace: a hyperparameter's name must not be empty");
  for (const char* name : {"a[b", "a]", "a=b", "a|b", "a,b", "a\"b", "a\nb", "a\x7F", "\xFF"}) {
    EXPECT_NE(error_of([&] { space.fixed(name, 1); }), "nothing was thrown") << name;
  }
  for (const char* name : {"η₀", "a b", "layer.3/kernel", "a\\b", "{a: 'b'}", "学习率"}) {
    EXPECT_NO_THROW(space.fixed(name, 1)) << name;
  }
  EXPECT_EQ(parse_search_space(space.text()), space);
}

TEST(SearchSpace, TellsStringsInIdsFromNumbersAndLists) {
  SearchSpace space;
  const auto kind = space.scientific("kind", choice({1, "1", 1.0, "a|b", "a", "b"}));
  std::set<std::string> ids;
  for (const Value& value : kind.hyperparameter().domain.arguments()) {
    ids.insert(space.nuisance("x", uniform(0, 1), kind.is(value)).id());
  }
  EXPECT_EQ(ids, (std::set<std::string>{"x[kind=1]", "x[kind=\"1\"]", "x[kind=1.0]", "x[kind=\"a|b\"]", "x[kind=a]",
                                        "x[kind=b]"}));
}

TEST(SearchSpace, ChecksPointsAndNamesWhatIsWrong) {
  const SearchSpace space = nesterov_or_adam();
  const auto error = [&](const char* text) { return error_of([&] { space.check(parse_point(text)); }); };
  EXPECT_EQ(error(R"({"optimizer": "nesterov", "learning_rate": 0.1, "batch_size": 128})"), "nothing was thrown");
  EXPECT_EQ(error(R"({"optimizer": "nesterov", "batch_size": 128})"),
            "SearchSpace: learning_rate[optimizer=nesterov] is missing in "
            R"({"optimizer": "nesterov", "batch_size": 128})");
  EXPECT_EQ(error(R"({"optimizer": "nesterov", "learning_rate": 1e-4, "batch_size": 128})"),
            "SearchSpace: learning_rate[optimizer=nesterov] must be in log_uniform(0.01, 10.0), got 0.0001");
  EXPECT_EQ(error(R"({"optimizer": "nesterov", "learning_rate": 1, "batch_size": 128})"),
            "SearchSpace: learning_rate[optimizer=nesterov] must be in log_uniform(0.01, 10.0), got 1");
  EXPECT_EQ(error(R"({"optimizer": "nesterov", "learning_rate": 0.1, "batch_size": 64})"),
            "SearchSpace: batch_size must be in choice({128}), got 64");
  EXPECT_EQ(error(R"({"optimizer": "nesterov", "learning_rate": 0.1, "beta1": 0.9, "batch_size": 128})"),
            "SearchSpace: no hyperparameter \"beta1\" is active in "
            R"({"optimizer": "nesterov", "learning_rate": 0.1, "beta1": 0.9, "batch_size": 128})");
  EXPECT_EQ(error(R"({"learning_rate": 0.1, "optimizer": "nesterov", "batch_size": 128})"),
            "SearchSpace: the values must be in the order of the space, got "
            R"({"learning_rate": 0.1, "optimizer": "nesterov", "batch_size": 128})");
}

TEST(SearchSpace, ArrangesAPointInItsOrder) {
  const SearchSpace space = nesterov_or_adam();
  const Point point({{"batch_size", 128}, {"learning_rate", 0.1}, {"optimizer", "nesterov"}});
  EXPECT_EQ(space.arranged(point).text(), R"({"optimizer": "nesterov", "learning_rate": 0.1, "batch_size": 128})");
}

TEST(SearchSpace, RefusesTextThatIsNoSpace) {
  const std::string x = R"("name": "x", "role": "nuisance")";
  const auto error = [](const std::string& text) { return error_of([&] { parse_search_space(text); }); };
  EXPECT_EQ(error("{}"), "parse_search_space: expected an array of hyperparameters, got {}");
  EXPECT_EQ(error("[1]"), "parse_search_space: expected an object, got 1");
  EXPECT_EQ(error("[{" + x + "}]").rfind("parse_search_space: expected a name, a role and a domain, got", 0), 0);
  EXPECT_EQ(error("[{" + x + R"(, "normal": [0.0, 1.0]}])"), "parse_search_space: there is no domain \"normal\"");
  EXPECT_EQ(
      error("[{" + x + R"(, "uniform": [0.0, 1.0], "integer": [0, 1]}])").rfind("parse_search_space: more than", 0), 0);
  EXPECT_EQ(error("[{" + x + R"(, "uniform": [0.0, 1.0], "when": {"y": [1]}}])"),
            "parse_search_space: a condition on \"y\", which is not declared before");
  EXPECT_EQ(error(R"([{"name": "x", "role": "magic", "uniform": [0.0, 1.0]}])"),
            "parse_search_space: role must be scientific, nuisance or fixed, got \"magic\"");
  EXPECT_EQ(error(R"([{"name": "x", "role": "fixed", "uniform": [0.0, 1.0]}])"),
            "parse_search_space: a fixed hyperparameter is a choice of one value, got uniform(0.0, 1.0)");
  EXPECT_EQ(error(R"([{"name": "x", "name": "y"}])").rfind("parse_search_space: \"name\" occurs twice", 0), 0);
  EXPECT_EQ(error("[{" + x + R"(, "uniform": [1.0, 0.0]}])"), "uniform: low must be below high, got low 1 and high 0");
}

}  // namespace
}  // namespace eigentune
