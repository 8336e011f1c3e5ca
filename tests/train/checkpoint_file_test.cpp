#include <eigentune/optim.hpp>
#include <eigentune/tensor.hpp>
#include <eigentune/train/checkpoint.hpp>
#include <eigentune/train/load_parameters.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <vector>

#include "support/expect.hpp"
#include "train/files.hpp"

namespace eigentune {
namespace {

using RowMajorMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using support::error_of;

constexpr int no_numpy = 77;

/// What safetensors_oracle.py ends with, run by the first Python that has NumPy.
int oracle(const std::string& arguments) {
  const std::string script = (files::source_folder() / "safetensors_oracle.py").string();
  for (const std::string python : {"python3", "/usr/bin/python3"}) {
    const int status = std::system((python + " '" + script + "' " + arguments).c_str());
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    if (code != no_numpy && code != 127) return code;  // 127: there is no such program
  }
  return no_numpy;
}

/// The element that safetensors_oracle.py expects at an index.
template <class T>
T pattern(std::initializer_list<std::int64_t> index) {
  std::int64_t value = 1, power = 1;
  for (const std::int64_t i : index) {
    value += i * power;
    power *= 3;
  }
  value %= 97;
  if constexpr (std::same_as<T, bool>) return value % 2 != 0;
  return static_cast<T>(static_cast<float>(value));
}

template <class Matrix>
Matrix pattern_matrix(std::int64_t rows, std::int64_t columns) {
  Matrix matrix(rows, columns);
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) matrix(i, j) = pattern<typename Matrix::Scalar>({i, j});
  }
  return matrix;
}

template <class Vector>
Vector pattern_vector(std::int64_t size) {
  Vector vector(size);
  for (std::int64_t i = 0; i < size; ++i) vector(i) = pattern<typename Vector::Scalar>({i});
  return vector;
}

template <class T>
using Dense = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// Three tensors under Momentum.
struct DenseTraining {
  DenseTraining() {
    optimizer.add("weights", weights, weights_gradient);
    optimizer.add("row_major", row_major, row_major_gradient);
    optimizer.add("bias", bias, bias_gradient);
  }

  Eigen::MatrixXf weights = Eigen::MatrixXf::Zero(37, 70), weights_gradient = weights;
  RowMajorMatrix row_major = RowMajorMatrix::Zero(3, 5), row_major_gradient = row_major;
  Eigen::VectorXf bias = Eigen::VectorXf::Zero(5), bias_gradient = bias;
  Momentum<float> optimizer;
};

TEST(CheckpointFile, IsReadByNumPyWithEqualIndices) {
  DenseTraining training;
  training.weights_gradient = pattern_matrix<Eigen::MatrixXf>(37, 70);
  training.row_major_gradient = pattern_matrix<RowMajorMatrix>(3, 5);
  training.bias_gradient = pattern_vector<Eigen::VectorXf>(5);
  training.weights = training.weights_gradient;
  training.row_major = training.row_major_gradient;
  training.bias = training.bias_gradient;
  training.optimizer.options_for("weights", {.learning_rate_scale = 0.5, .weight_decay = 0.1});
  training.optimizer.options_for("bias", {.coupled = true, .clip_units = ClipUnits::first_axis});
  training.optimizer.average(UniformAverage{});
  training.optimizer.step({.learning_rate = 0.0});  // the state v is the gradient, and the average the parameter

  CheckpointExtras extras;
  Eigen::Tensor<double, 3> cube(2, 3, 4);
  for (std::int64_t i = 0; i < 2; ++i) {
    for (std::int64_t j = 0; j < 3; ++j) {
      for (std::int64_t k = 0; k < 4; ++k) cube(i, j, k) = pattern<double>({i, j, k});
    }
  }
  Eigen::Tensor<float, 8> rank8(2, 1, 2, 3, 1, 2, 2, 2);
  for (std::int64_t i = 0; i < rank8.size(); ++i) {  // the first index is the fastest
    std::array<std::int64_t, 8> index{};
    std::int64_t rest = i;
    for (std::size_t axis = 0; axis < 8; ++axis) {
      index[axis] = rest % rank8.dimension(axis);
      rest /= rank8.dimension(axis);
    }
    rank8.data()[i] = pattern<float>({index[0], index[1], index[2], index[3], index[4], index[5], index[6], index[7]});
  }
  Eigen::Tensor<double, 0> scalar;
  scalar() = 1.0;
  Eigen::MatrixXf empty(0, 4);
  auto f16 = pattern_matrix<Dense<Eigen::half>>(2, 3);
  auto bf16 = pattern_matrix<Dense<Eigen::bfloat16>>(2, 3);
  auto i8 = pattern_matrix<Dense<std::int8_t>>(2, 3);
  auto u8 = pattern_matrix<Dense<std::uint8_t>>(2, 3);
  auto i16 = pattern_matrix<Dense<std::int16_t>>(2, 3);
  auto u16 = pattern_matrix<Dense<std::uint16_t>>(2, 3);
  auto i32 = pattern_matrix<Dense<std::int32_t>>(2, 3);
  auto u32 = pattern_matrix<Dense<std::uint32_t>>(2, 3);
  auto truth = pattern_matrix<Dense<bool>>(2, 3);
  std::vector<std::int64_t> i64{1, 2, 3, 4};
  std::vector<std::uint64_t> u64{1, 2, 3, 4};
  std::array<std::uint8_t, 1> one{1};
  extras.tensor("f64", cube).tensor("rank8", rank8).tensor("scalar", scalar).tensor("empty", empty);
  extras.tensor("f16", f16).tensor("bf16", bf16).tensor("bool", truth);
  extras.tensor("i8", i8).tensor("u8", u8).tensor("i16", i16).tensor("u16", u16).tensor("i32", i32).tensor("u32", u32);
  extras.tensor("i64", std::span(i64)).tensor("u64", std::span(u64));
  extras.tensor("quotes \" \\ and\nnewline, \u00fcnicode \U0001f40d", std::span(one));

  const files::TemporaryFolder folder;
  const auto path = folder / "all.safetensors";
  save_checkpoint(path, 12, 0.1, training.optimizer, extras);
  const int status = oracle("check '" + path.string() + "'");
  if (status == no_numpy) GTEST_SKIP() << "there is no NumPy";
  EXPECT_EQ(status, 0);
}

TEST(SafetensorsFile, ReadsEveryTypeThatNumPyWroteWithEqualIndices) {
  const auto file = SafetensorsFile::read(files::source_folder() / "golden/all_types.safetensors");
  const auto expect = [&]<class T>(const char* name, T) {
    Dense<T> matrix = Dense<T>::Zero(3, 2);
    file.copy(name, matrix);
    EXPECT_EQ(matrix, pattern_matrix<Dense<T>>(3, 2)) << name;
  };
  expect("bool", bool{});
  expect("u8", std::uint8_t{});
  expect("i8", std::int8_t{});
  expect("u16", std::uint16_t{});
  expect("i16", std::int16_t{});
  expect("f16", Eigen::half{});
  expect("bf16", Eigen::bfloat16{});
  expect("u32", std::uint32_t{});
  expect("i32", std::int32_t{});
  expect("f32", float{});
  expect("u64", std::uint64_t{});
  expect("i64", std::int64_t{});
  expect("f64", double{});
  RowMajorMatrix row_major(3, 2);
  file.copy("f32", row_major);
  EXPECT_EQ(row_major, pattern_matrix<RowMajorMatrix>(3, 2));
}

TEST(SafetensorsFile, RefusesToCopyToAnotherTypeOrShape) {
  const auto path = files::source_folder() / "golden/all_types.safetensors";
  const auto file = SafetensorsFile::read(path);
  Eigen::MatrixXf transposed(2, 3);
  Eigen::MatrixXd doubles(3, 2);
  EXPECT_EQ(error_of<Error>([&] { file.copy("f32", transposed); }),
            path.string() + ": \"f32\" is F32 [3, 2], not F32 [2, 3]");
  EXPECT_EQ(error_of<Error>([&] { file.copy("f32", doubles); }),
            path.string() + ": \"f32\" is F32 [3, 2], not F64 [3, 2]");
  EXPECT_EQ(error_of<Error>([&] { file.copy("f33", doubles); }), path.string() + ": there is no tensor \"f33\"");
}

TEST(LoadParameters, WidensHalfPrecisionOfAnotherProgram) {
  DenseTraining training;
  const LoadedParameters report =
      load_parameters(files::source_folder() / "golden/pytorch.safetensors", training.optimizer);
  EXPECT_EQ(report.loaded, (std::vector<std::string>{"weights", "row_major", "bias"}));
  EXPECT_EQ(training.weights, pattern_matrix<Eigen::MatrixXf>(37, 70));
  EXPECT_EQ(training.row_major, pattern_matrix<RowMajorMatrix>(3, 5));
  EXPECT_EQ(training.bias, pattern_vector<Eigen::VectorXf>(5));
  EXPECT_EQ(training.optimizer.state().step, 0);
}

TEST(LoadParameters, NamesAllThatDoesNotFitAndChangesNothing) {
  DenseTraining training;
  const auto path = files::source_folder() / "golden/doubles.safetensors";
  EXPECT_EQ(
      error_of<Error>([&] { load_parameters(path, training.optimizer); }),
      path.string() +
          ": it does not fit the optimizer: missing: \"row_major\"; different: \"weights\" is F64 [37, 70], not F32 "
          "[37, 70], \"bias\" is F64 [5], not F32 [5]");
  EXPECT_TRUE(training.weights.isZero());

  Eigen::VectorXf other = Eigen::VectorXf::Zero(4), other_gradient = other;
  SGD<float> optimizer;
  optimizer.add("bias", other, other_gradient);
  EXPECT_EQ(error_of<Error>([&] { load_parameters(path, optimizer, {.allow_rounding = true}); }),
            path.string() +
                ": it does not fit the optimizer: extra: \"weights\"; different: \"bias\" is F64 [5], not F32 [4]");
}

TEST(LoadParameters, AllowsWhatItIsToldTo) {
  DenseTraining training;
  const auto path = files::source_folder() / "golden/doubles.safetensors";
  const LoadedParameters report = load_parameters(
      path, training.optimizer, {.allow_missing = {"row_*"}, .allow_different = {"b?as"}, .allow_rounding = true});
  EXPECT_EQ(report.loaded, (std::vector<std::string>{"weights", "bias"}));
  EXPECT_EQ(report.missing, (std::vector<std::string>{"row_major"}));
  EXPECT_EQ(training.weights, pattern_matrix<Eigen::MatrixXf>(37, 70));
  EXPECT_EQ(training.bias, pattern_vector<Eigen::VectorXf>(5));

  Eigen::VectorXf head = Eigen::VectorXf::Ones(4), head_gradient = head;
  SGD<float> optimizer;
  optimizer.add("bias", head, head_gradient);
  const LoadedParameters other =
      load_parameters(path, optimizer, {.allow_extra = {"weights"}, .allow_different = {"bias"}});
  EXPECT_EQ(other.different, (std::vector<std::string>{"bias"}));
  EXPECT_EQ(other.extra, (std::vector<std::string>{"weights"}));
  EXPECT_EQ(head, Eigen::VectorXf::Ones(4));
}

TEST(LoadParameters, TakesTheParametersOfACheckpointAlone) {
  DenseTraining saved;
  saved.weights.setConstant(3.0f);
  saved.weights_gradient.setOnes();
  saved.optimizer.step({.learning_rate = 1.0});
  Eigen::VectorXd mean = Eigen::VectorXd::Ones(2);
  const files::TemporaryFolder folder;
  save_checkpoint(folder / "a", 1, std::nullopt, saved.optimizer, CheckpointExtras().tensor("mean", mean));

  DenseTraining loaded;
  EXPECT_EQ(load_parameters(folder / "a", loaded.optimizer).extra, std::vector<std::string>());
  EXPECT_EQ(loaded.weights, Eigen::MatrixXf::Constant(37, 70, 2.0f));
  EXPECT_EQ(loaded.optimizer.state().step, 0);
  EXPECT_EQ(loaded.optimizer.state_values("weights", "v")[0], 0.0f);
}

}  // namespace
}  // namespace eigentune
