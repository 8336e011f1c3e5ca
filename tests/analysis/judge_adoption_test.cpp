#include <eigentune/analysis/judge_adoption.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace eigentune {
namespace {

using Runs = std::vector<std::optional<double>>;

const Runs candidate = {0.0312, 0.0298, 0.0321, 0.0305, 0.0317};
const Runs baseline = {0.0354, 0.0371, 0.0339, 0.0349, 0.0362};

Retrainings retrainings(Runs with, Runs without, bool paired = true) {
  return {
      .metric = "validation_error", .candidate = {std::move(with)}, .baseline = {std::move(without)}, .paired = paired};
}

// The figures are those of adoption_oracle.py.

TEST(JudgeAdoption, AdoptsWhatBeatsTheBaseline) {
  const Adoption adoption = judge_adoption(retrainings(candidate, baseline));
  EXPECT_EQ(adoption.verdict, AdoptionVerdict::adopt);
  EXPECT_EQ(adoption.look, 0);
  EXPECT_EQ(adoption.look_level, 0.025);
  EXPECT_EQ(adoption.confidence, 0.95);
  EXPECT_NEAR(*adoption.gain, 0.00444, 1e-15);
  EXPECT_NEAR(*adoption.lower, 0.00201859602104323, 1e-14);
  EXPECT_NEAR(*adoption.upper, 0.00686140397895677, 1e-14);
  EXPECT_NEAR(*adoption.standardized_gain, 3.70122305869033, 1e-11);
  EXPECT_NEAR(*adoption.candidate.deviation, 0.000923579991121504, 1e-15);
  EXPECT_NEAR(*adoption.baseline.deviation, 0.00122270192606375, 1e-15);
  EXPECT_FALSE(adoption.next_runs);
}

TEST(JudgeAdoption, TakesSeedsOfTheirOwnAsIndependent) {
  const Adoption adoption = judge_adoption(retrainings(candidate, baseline, false));
  EXPECT_NEAR(*adoption.lower, 0.00283895404226542, 1e-12);
  EXPECT_NEAR(*adoption.upper, 0.00604104595773459, 1e-12);
}

TEST(JudgeAdoption, CountsALargerMetricAsBetterIfItIsMaximized) {
  Retrainings accuracies = retrainings(candidate, baseline);
  accuracies.direction = Direction::maximize;
  const Adoption adoption = judge_adoption(accuracies);
  EXPECT_EQ(adoption.verdict, AdoptionVerdict::do_not_adopt);
  EXPECT_NEAR(*adoption.gain, -0.00444, 1e-15);
  EXPECT_NEAR(*adoption.upper, -0.00201859602104323, 1e-14);
}

TEST(JudgeAdoption, HoldsTheGainAgainstWhatItMustBeWorth) {
  const Adoption worth = judge_adoption(retrainings(candidate, baseline), {.minimum_gain = 0.002});
  EXPECT_EQ(worth.verdict, AdoptionVerdict::adopt);
  const Adoption doubtful = judge_adoption(retrainings(candidate, baseline), {.minimum_gain = 0.003});
  EXPECT_EQ(doubtful.verdict, AdoptionVerdict::not_enough_runs);
  EXPECT_NEAR(*doubtful.probability, 0.912972941655341, 1e-12);
  const Adoption too_little = judge_adoption(retrainings(candidate, baseline), {.minimum_gain = 0.01});
  EXPECT_EQ(too_little.verdict, AdoptionVerdict::do_not_adopt);
}

TEST(JudgeAdoption, SaysHowManyRunsWouldShowTheGain) {
  const Adoption doubtful = judge_adoption(retrainings(candidate, baseline), {.minimum_gain = 0.003});
  // By hand: 0.00144 is 1.651 errors of 5 pairs; of 10, 2.335, of 20, 3.302, of 40, 4.670; SciPy's noncentral t gives
  // a power of 0.4096 (9 degrees, 1.25%), 0.7023 (19 degrees, 0.625%), and 0.9562 (39 degrees, 0.3125%).
  ASSERT_TRUE(doubtful.next_runs && doubtful.next_power);
  EXPECT_EQ(*doubtful.next_runs, 40);
  EXPECT_NEAR(*doubtful.next_power, 0.9562, 1e-4);
  EXPECT_EQ(judge_adoption(retrainings(candidate, baseline), {.minimum_gain = 0.003, .most_runs = 20}).verdict,
            AdoptionVerdict::not_enough_runs);
  EXPECT_EQ(judge_adoption(retrainings(candidate, baseline), {.minimum_gain = 0.003, .most_runs = 9}).verdict,
            AdoptionVerdict::do_not_adopt);
}

/// Ten runs are the second look of a plan of five, and the first of a plan of ten.
TEST(JudgeAdoption, IsStricterAtLaterLooks) {
  Runs with, without;
  for (int i = 0; i < 10; ++i) {
    with.push_back(0.8 * (i % 2));
    without.push_back(0.8 * (i % 2) + 0.55 + 0.7 * (i % 3 - 1));
  }
  Retrainings ten = retrainings(with, without);
  EXPECT_EQ(judge_adoption(ten).verdict, AdoptionVerdict::adopt);
  EXPECT_EQ(judge_adoption(ten).confidence, 0.95);
  ten.planned_runs = 5;
  EXPECT_EQ(judge_adoption(ten).look, 1);
  EXPECT_EQ(judge_adoption(ten).confidence, 0.975);
  EXPECT_NE(judge_adoption(ten).verdict, AdoptionVerdict::adopt);
  ten.planned_runs = 4;
  EXPECT_THROW(judge_adoption(ten), std::invalid_argument);
}

TEST(JudgeAdoption, WaitsForRunsThatArePlanned) {
  Retrainings early = retrainings(candidate, baseline);
  early.planned_runs = early.runs = 6;
  const Adoption adoption = judge_adoption(early);
  EXPECT_EQ(adoption.verdict, AdoptionVerdict::not_enough_runs);
  EXPECT_EQ(adoption.conclusion, "5 of the 6 planned runs of each have ended");
  EXPECT_TRUE(adoption.gain);
  early.runs = early.planned_runs = 4;
  EXPECT_THROW(judge_adoption(early), std::invalid_argument);
}

TEST(JudgeAdoption, HoldsDivergenceAgainstTheCandidate) {
  Runs diverges = candidate;
  diverges[2] = std::nullopt;
  EXPECT_EQ(judge_adoption(retrainings(diverges, baseline)).verdict, AdoptionVerdict::do_not_adopt);
  // Both do: their complete pairs are compared.
  Runs other = baseline;
  other[0] = std::nullopt;
  const Adoption both = judge_adoption(retrainings(diverges, other));
  EXPECT_EQ(both.verdict, AdoptionVerdict::adopt);  // t = 5.6 of 2 degrees, above 4.3
  EXPECT_NEAR(*both.gain, (0.0371 + 0.0349 + 0.0362 - 0.0298 - 0.0305 - 0.0317) / 3.0, 1e-15);
  EXPECT_NE(fmt::format("{}", both).find("1 infeasible"), std::string::npos);
  // Only the baseline does, and the candidate is better as well.
  EXPECT_EQ(judge_adoption(retrainings(candidate, other, false)).verdict, AdoptionVerdict::adopt);
}

TEST(JudgeAdoption, AdoptsWhatTrainsWhereTheBaselineDoesNot) {
  const Runs never(5);
  const Adoption adoption = judge_adoption(retrainings(candidate, never));
  EXPECT_EQ(adoption.verdict, AdoptionVerdict::adopt);  // Fisher: 1 / C(10, 5) = 0.004
  EXPECT_FALSE(adoption.gain);
  // 1 / C(6, 3) = 0.05 is above 0.025.
  const Adoption three = judge_adoption(retrainings({0.1, 0.2, 0.3}, Runs(3)));
  EXPECT_EQ(three.verdict, AdoptionVerdict::not_enough_runs);
  EXPECT_EQ(three.next_runs, 6);
  EXPECT_EQ(judge_adoption(retrainings(never, never)).verdict, AdoptionVerdict::do_not_adopt);
  EXPECT_EQ(judge_adoption(retrainings(never, baseline)).verdict, AdoptionVerdict::do_not_adopt);
}

/// The complete runs are alike, but six of eight of the baseline are lost: by Fisher's exact test, one-sided,
/// C(8, 6) / C(16, 6) = 28 / 8008 = 0.0035. With five lost and one of the candidate's it is
/// (C(8, 5) C(8, 1) + C(8, 6)) / C(16, 6) = 476 / 8008 = 0.059.
TEST(JudgeAdoption, SaysThatTheBaselineFailsMoreOften) {
  const auto of = [](std::size_t candidate_lost, std::size_t baseline_lost) {
    Runs a = {0.30, 0.31, 0.29, 0.32, 0.28, 0.30, 0.31, 0.29}, b = {0.31, 0.29, 0.30, 0.28, 0.32, 0.30, 0.29, 0.31};
    for (std::size_t i = 0; i < candidate_lost; ++i) a[i].reset();
    for (std::size_t i = 0; i < baseline_lost; ++i) b[7 - i].reset();
    return judge_adoption(retrainings(a, b, false));
  };
  const auto says = [](const Adoption& adoption) {
    return fmt::format("{}", adoption)
               .find(
                   "6 of 8 retrainings of the baseline are infeasible, and 0 of 8 of the candidate's (p = 0.0035, "
                   "Fisher's exact test): that speaks for the candidate") != std::string::npos;
  };
  ASSERT_TRUE(of(0, 6).gain);
  EXPECT_TRUE(says(of(0, 6))) << fmt::format("{}", of(0, 6));
  EXPECT_EQ(fmt::format("{}", of(1, 5)).find("Fisher"), std::string::npos);
  EXPECT_EQ(fmt::format("{}", of(0, 0)).find("Fisher"), std::string::npos);
}

TEST(JudgeAdoption, SaysThatSeedsChangeNothing) {
  const Adoption adoption = judge_adoption(retrainings({0.1, 0.1, 0.1}, {0.2, 0.2, 0.2}));
  EXPECT_EQ(adoption.verdict, AdoptionVerdict::not_enough_runs);
  EXPECT_NE(adoption.conclusion.find("see that the seed of the trial reaches the training"), std::string::npos);
  EXPECT_FALSE(adoption.standardized_gain);
}

/// Nor does the change: more runs would not help, something is to be looked into.
TEST(JudgeAdoption, SaysThatAllRetrainingsAreAlike) {
  for (const bool paired : {true, false}) {
    for (const double objective : {0.0, 0.1}) {
      const Adoption adoption = judge_adoption(retrainings(Runs(5, objective), Runs(5, objective), paired));
      EXPECT_EQ(adoption.verdict, AdoptionVerdict::not_enough_runs);
      EXPECT_EQ(adoption.conclusion,
                "all retrainings of both have the same objective: see that the seed of the trial and the change reach "
                "the training, and that the metric can tell trainings apart");
      EXPECT_FALSE(adoption.next_runs);
      EXPECT_FALSE(adoption.lower || adoption.upper || adoption.probability || adoption.standardized_gain);
      const std::string text = fmt::format("{}", adoption);
      EXPECT_NE(text.find("\n  gain +0\n"), std::string::npos) << text;
    }
  }
}

/// Counts of errors that differ by one for every seed, by the sign test: 2^-5 = 0.031 is above 0.025 and 2^-6 = 0.016
/// below; at the second look, after ten runs, 2^-10 is below 0.0125.
TEST(JudgeAdoption, CountsSignsWhereAllPairsDifferByTheSameAmount) {
  const auto of = [](std::size_t pairs, double difference, AdoptionOptions options = {}, std::int64_t planned = 0) {
    Runs with, without;
    for (std::size_t i = 0; i < pairs; ++i) {
      with.push_back(10.0 + static_cast<double>(i % 4));
      without.push_back(*with.back() + difference);
    }
    Retrainings all = retrainings(with, without);
    all.planned_runs = planned;
    return judge_adoption(all, options);
  };
  const Adoption five = of(5, 1.0);
  EXPECT_EQ(five.verdict, AdoptionVerdict::not_enough_runs);
  EXPECT_EQ(five.conclusion,
            "the difference is the same for every seed, so these runs do not tell how much it varies by chance");
  EXPECT_EQ(five.next_runs, 10);
  EXPECT_EQ(five.gain, 1.0);
  EXPECT_FALSE(five.probability);  // no certainty, though there is no error
  EXPECT_EQ(of(5, 1.0, {.most_runs = 9}).verdict, AdoptionVerdict::do_not_adopt);
  EXPECT_EQ(of(10, 1.0, {}, 5).verdict, AdoptionVerdict::adopt);
  const Adoption six = of(6, 1.0);
  EXPECT_EQ(six.verdict, AdoptionVerdict::adopt);
  EXPECT_EQ(six.conclusion, "the candidate beats the baseline by the same amount for each of 6 seeds");
  EXPECT_EQ(of(6, 1.0, {.minimum_gain = 0.5}).verdict, AdoptionVerdict::adopt);
  EXPECT_EQ(of(6, 1.0, {.minimum_gain = 1.0}).verdict, AdoptionVerdict::do_not_adopt);
  EXPECT_EQ(of(6, -1.0).verdict, AdoptionVerdict::do_not_adopt);
  EXPECT_EQ(of(2, -1.0).next_runs, 4);  // two may well be chance
}

TEST(JudgeAdoption, SaysThatTheChangeChangesNothing) {
  const auto of = [](std::size_t pairs) {
    const Runs first(baseline.begin(), baseline.begin() + static_cast<std::ptrdiff_t>(pairs));
    return judge_adoption(retrainings(first, first));
  };
  EXPECT_EQ(of(5).verdict, AdoptionVerdict::do_not_adopt);
  EXPECT_EQ(of(2).verdict, AdoptionVerdict::not_enough_runs);
  EXPECT_EQ(of(5).conclusion,
            "the candidate has the objective of the baseline for every seed: see that the change reaches the training");
  EXPECT_EQ(of(2).conclusion, of(5).conclusion);
  // Seeds of their own can have no such pairs: the gain is 0, and its interval has a length.
  const Adoption independent = judge_adoption(retrainings(baseline, baseline, false));
  EXPECT_EQ(independent.verdict, AdoptionVerdict::do_not_adopt);
  EXPECT_EQ(independent.gain, 0.0);
  EXPECT_LT(*independent.lower, 0.0);
}

TEST(JudgeAdoption, SaysThatThereIsNothingYet) {
  EXPECT_EQ(judge_adoption(Retrainings{}).verdict, AdoptionVerdict::not_enough_runs);
  const Adoption one = judge_adoption(retrainings({0.1}, {0.2}));
  EXPECT_EQ(one.verdict, AdoptionVerdict::not_enough_runs);
  EXPECT_EQ(one.next_runs, 2);
}

TEST(JudgeAdoption, PrintsTheVerdictWithItsNumbers) {
  const std::string numbers =
      "  validation_error: candidate 0.03106 +- 0.00092 (5 runs), baseline 0.0355 +- 0.0012 (5 runs), in pairs of one "
      "seed\n"
      "  gain +0.00444, 95% interval [+0.002019, +0.006861], +3.70 standard deviations of retraining\n  better";
  const std::string variance =
      "  these runs show trial variance; study variance (of another search) and data variance (of other data) add to "
      "it\n";
  EXPECT_EQ(fmt::format("{}", judge_adoption(retrainings(candidate, baseline))),
            "adopt: the candidate beats the baseline with the retraining variance of both taken into account.\n" +
                numbers + " with probability 0.996\n" + variance +
                "  weigh the gain against the complexity that the change adds, or say what would be worth it: "
                "minimum_gain\n"
                "  complete certainty is not demanded");
  EXPECT_EQ(fmt::format("{}", judge_adoption(retrainings(candidate, baseline), {.minimum_gain = 0.003})),
            "not enough runs: 5 runs of each do not tell yet whether the candidate beats the baseline by more than "
            "0.003.\n" +
                numbers + " by more than 0.003 with probability 0.913\n" + variance +
                "  next: retrain until there are 40 runs of each, 35 more; if the gain is the true one, they show it "
                "with probability 0.96");
}

TEST(JudgeAdoption, NamesAnOptionOutOfRange) {
  const Retrainings some = retrainings(candidate, baseline);
  EXPECT_THROW(judge_adoption(some, {.minimum_gain = -0.1}), std::invalid_argument);
  EXPECT_THROW(judge_adoption(some, {.minimum_gain = std::nan("")}), std::invalid_argument);
  EXPECT_THROW(judge_adoption(some, {.level = 0.0}), std::invalid_argument);
  EXPECT_THROW(judge_adoption(some, {.level = 0.5}), std::invalid_argument);
  EXPECT_THROW(judge_adoption(some, {.most_runs = 1}), std::invalid_argument);
  EXPECT_THROW(judge_adoption(retrainings({0.1, std::nan("")}, {0.1, 0.2})), std::invalid_argument);
}

}  // namespace
}  // namespace eigentune
