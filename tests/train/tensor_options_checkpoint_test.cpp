#include <eigentune/optim.hpp>
#include <eigentune/train/checkpoint_keeper.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>

#include "support/expect.hpp"
#include "train/files.hpp"

// The options of tensors in checkpoints: a run goes on with those that it had, or says so.

namespace eigentune {
namespace {

using support::error_of;

/// Two tensors under momentum, of options of their own.
struct OptionsTraining {
  explicit OptionsTraining(const TensorOptions& w_options = {}, const TensorOptions& b_options = {},
                           const TensorOptions& defaults = {})
      : optimizer({}, {.defaults = defaults}) {
    optimizer.add("w", w, w_gradient, w_options);
    optimizer.add("b", b, b_gradient, b_options);
  }
  void steps(int count) {
    for (int step = 0; step < count; ++step) optimizer.step({.learning_rate = 0.1});
  }
  Eigen::MatrixXf w = Eigen::MatrixXf::Constant(2, 3, 0.7f), w_gradient = w;
  Eigen::VectorXf b = Eigen::VectorXf::Constant(2, 0.3f), b_gradient = b;
  Momentum<float> optimizer;
};

/// A file of a run of such options, after two steps.
struct SavedOptions {
  explicit SavedOptions(const TensorOptions& w_options = {}, const TensorOptions& b_options = {},
                        const TensorOptions& defaults = {})
      : run(w_options, b_options, defaults) {
    run.steps(2);
    save();
  }
  void save() { save_checkpoint(path, 2, 0.5, run.optimizer); }

  OptionsTraining run;
  files::TemporaryFolder folder;
  std::filesystem::path path = folder / "a";
};

constexpr TensorOptions all_other{.learning_rate_scale = 0.5,
                                  .weight_decay = 0.1,
                                  .coupled = true,
                                  .frozen = true,
                                  .clip_units = ClipUnits::last_axis};

/// What is said of the options, or "nothing was thrown".
std::string error_of_restoring(const SavedOptions& saved, OptionsTraining& training) {
  const std::string begin = saved.path.string() + ": it does not fit the optimizer: different: ";
  std::string text = error_of<Error>([&] { restore_checkpoint(saved.path, training.optimizer); });
  return text.starts_with(begin) ? text.substr(begin.size()) : text;
}

TEST(TensorOptionsCheckpoint, IsRefusedWithOthersAndNamesEachAndChangesNothing) {
  const SavedOptions saved(all_other);
  OptionsTraining training({}, {.weight_decay = 1e-4});
  training.steps(1);
  const auto before = training.optimizer.state();
  const Eigen::MatrixXf w = training.w;
  EXPECT_EQ(error_of_restoring(saved, training),
            "\"w\": learning_rate_scale is 0.5 in the checkpoint, 1 here, "
            "\"w\": weight_decay is 0.1 in the checkpoint, 0 here, "
            "\"w\": coupled is true in the checkpoint, false here, "
            "\"w\": frozen is true in the checkpoint, false here, "
            "\"w\": clip_units is last_axis in the checkpoint, automatic here, "
            "\"b\": weight_decay is 0 in the checkpoint, 0.0001 here");
  EXPECT_EQ(training.optimizer.state(), before);
  EXPECT_EQ(training.w, w);
}

TEST(TensorOptionsCheckpoint, FitsTheSameOptionsHoweverTheyWereSet) {
  const SavedOptions by_defaults({}, {.weight_decay = 0.0}, {.weight_decay = 0.1}), by_none;
  OptionsTraining by_tensor({.weight_decay = 0.1}), by_pattern;
  by_pattern.optimizer.options_for("w", {.weight_decay = 0.1});
  EXPECT_EQ(error_of_restoring(by_defaults, by_tensor), "nothing was thrown");
  EXPECT_EQ(error_of_restoring(by_defaults, by_pattern), "nothing was thrown");
  OptionsTraining in_words(TensorOptions{}.resolved());
  EXPECT_EQ(error_of_restoring(by_none, in_words), "nothing was thrown");
}

TEST(TensorOptionsCheckpoint, HasThoseInForceWhenItWasSaved) {
  SavedOptions saved;
  saved.run.optimizer.options_for("w", {.frozen = true});
  saved.run.steps(2);
  saved.save();
  OptionsTraining resumed;
  EXPECT_EQ(error_of_restoring(saved, resumed), "\"w\": frozen is true in the checkpoint, false here");
  resumed.optimizer.options_for("w", {.frozen = true});
  restore_checkpoint(saved.path, resumed.optimizer);
  for (OptionsTraining* training : {&saved.run, &resumed}) {
    training->steps(2);
    training->optimizer.options_for("w", {.frozen = false});
    training->steps(2);
  }
  EXPECT_EQ(resumed.w, saved.run.w);
  EXPECT_EQ(resumed.b, saved.run.b);
  EXPECT_EQ(resumed.optimizer.state(), saved.run.optimizer.state());
}

TEST(TensorOptionsCheckpoint, LeavesTheProgramItsOwnIfTold) {
  const SavedOptions saved;
  OptionsTraining tuned(all_other, {.weight_decay = 0.1});
  restore_checkpoint(saved.path, tuned.optimizer, {}, {.allow_other_tensor_options = true});
  EXPECT_EQ(tuned.w, saved.run.w);
  EXPECT_EQ(tuned.optimizer.state(), saved.run.optimizer.state());
  tuned.steps(1);
  EXPECT_EQ(tuned.w, saved.run.w);  // frozen
  EXPECT_NE(tuned.b, saved.run.b);
  EXPECT_EQ(tuned.optimizer.options_of("b").weight_decay, 0.1);
}

TEST(TensorOptionsCheckpoint, IsRestoredByKeeperAndReaderAsTheyAreTold) {
  SavedOptions saved;
  CheckpointKeeper keeper(saved.folder / "kept");
  keeper.save(2, 0.5, saved.run.optimizer);
  const CheckpointReader reader(keeper.folder());
  OptionsTraining tuned({.frozen = true});
  EXPECT_THROW(keeper.restore_latest(tuned.optimizer), Error);
  EXPECT_THROW(keeper.restore_best(tuned.optimizer), Error);
  EXPECT_THROW(reader.restore_latest(tuned.optimizer), Error);
  EXPECT_THROW(reader.restore_best(tuned.optimizer), Error);
  const RestoreOptions allowed{.allow_other_tensor_options = true};
  EXPECT_EQ(keeper.restore_latest(tuned.optimizer, {}, allowed).step, 2);
  EXPECT_EQ(keeper.restore_best(tuned.optimizer, {}, allowed).step, 2);
  EXPECT_EQ(reader.restore_latest(tuned.optimizer, {}, allowed).step, 2);
  EXPECT_EQ(reader.restore_best(tuned.optimizer, {}, allowed).step, 2);
}

TEST(TensorOptionsCheckpoint, ComparesNoOptionThatTheFileDoesNotHave) {
  const SavedOptions saved(all_other);
  auto prepared = detail::prepare_checkpoint<float, float>(2, std::nullopt, saved.run.optimizer, {});
  prepared.metadata.tensors.at("w").options = {.coupled = true};
  prepared.metadata.tensors.at("b").options = {};  // as of a version that saved none
  EXPECT_FALSE(detail::encode_optimizer(prepared.metadata)["tensors"]["b"].contains("options"));
  prepared.write(saved.path, {});
  OptionsTraining training({.coupled = true}, all_other);
  EXPECT_EQ(error_of_restoring(saved, training), "nothing was thrown");
  training.optimizer.options_for("*", {.coupled = false});
  EXPECT_EQ(error_of_restoring(saved, training), "\"w\": coupled is true in the checkpoint, false here");
}

TEST(TensorOptionsCheckpoint, HasOptionsThatAreChecked) {
  const auto error = [](const std::string& text) {
    SafetensorsHeader header;
    CheckpointMetadata metadata;
    metadata.tensors["w"] = {};
    header.metadata = encode_checkpoint_metadata(metadata);
    auto optimizer = nlohmann::json::parse(header.metadata.at("eigentune.optimizer"));
    optimizer["tensors"]["w"]["options"] = nlohmann::json::parse(text);
    header.metadata.at("eigentune.optimizer") = optimizer.dump();
    const std::string begin = "x: its metadata is not that of a checkpoint: ";
    std::string told = error_of<CorruptFileError>([&] { decode_checkpoint_metadata(header, "x"); });
    return told.starts_with(begin) ? told.substr(begin.size()) : told;
  };
  EXPECT_EQ(error(R"({})"), "nothing was thrown");
  EXPECT_EQ(error(R"({"weight_decay":0,"clip_units":"whole"})"), "nothing was thrown");
  EXPECT_EQ(error(R"({"weight_decay":-1})"), "TensorOptions: weight_decay must be in [0, inf), got -1");
  EXPECT_EQ(error(R"({"learning_rate_scale":-0.5})"),
            "TensorOptions: learning_rate_scale must be in [0, inf), got -0.5");
  EXPECT_EQ(error(R"({"clip_units":"columns"})"), "\"columns\" are no clip_units");
  for (const char* text : {R"([])", R"({"weight_decay":"0"})", R"({"weight_decay":true})", R"({"weight_decay":null})",
                           R"({"frozen":1})", R"({"coupled":"true"})", R"({"clip_units":0})"}) {
    EXPECT_NE(error(text), "nothing was thrown") << text;
  }
}

}  // namespace
}  // namespace eigentune
