#include <eigentune/core/binding.hpp>
#include <eigentune/tensor.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "support/expect.hpp"

// A container of the user's own, and a window on it.
namespace own {

struct Container {
  std::vector<float> memory;
};
struct Window {
  Container* container;
  std::size_t begin, size;
};

}  // namespace own

template <>
struct eigentune::ViewTraits<own::Container> {
  static constexpr bool defined = true;
  static constexpr bool owns = true;
  using Scalar = float;
  static bool contiguous(const own::Container&) { return true; }
  static TensorView<float> view(own::Container& container) {
    return {container.memory.data(), Shape{static_cast<std::int64_t>(container.memory.size())}};
  }
};

template <>
struct eigentune::ViewTraits<own::Window> {
  static constexpr bool defined = true;
  static constexpr bool owns = false;
  using Scalar = float;
  static bool contiguous(const own::Window&) { return true; }
  static TensorView<float> view(const own::Window& window) {
    return {window.container->memory.data() + window.begin, Shape{static_cast<std::int64_t>(window.size)}};
  }
};

namespace eigentune {
namespace {

using Eigen::MatrixXf;
using Eigen::VectorXf;
using support::error_of;

template <class Scalar = float, class T>
Binding<Scalar> bind(T&& object) {
  return Binding<Scalar>::to(std::forward<T>(object), "add", "parameter", "w");
}

template <class Scalar>
TensorView<Scalar> now(const Binding<Scalar>& binding) {
  return binding.view("step", "parameter", "w");
}

TEST(Binding, OfAnOwnerFollowsItWhereverItsMemoryGoes) {
  MatrixXf matrix = MatrixXf::Constant(2, 3, 1), other = MatrixXf::Constant(2, 3, 2);
  const auto binding = bind(matrix);
  EXPECT_EQ(now(binding).data, matrix.data());
  EXPECT_EQ(now(binding).shape, (Shape{2, 3}));

  matrix.swap(other);
  EXPECT_EQ(now(binding).data, matrix.data());
  EXPECT_EQ(*now(binding).data, 2);

  matrix = MatrixXf::Constant(2, 3, 3);  // moved into
  EXPECT_EQ(now(binding).data, matrix.data());
  EXPECT_EQ(*now(binding).data, 3);

  matrix.resize(0, 0);
  matrix = other;  // resized and back
  EXPECT_EQ(now(binding).data, matrix.data());
  EXPECT_EQ(*now(binding).data, 1);
}

TEST(Binding, OfAnOwnerThatWasResizedSaysSo) {
  MatrixXf matrix(2, 3);
  VectorXf vector(4);
  Eigen::Tensor<float, 3> tensor(2, 3, 4);
  const auto of_matrix = bind(matrix), of_vector = bind(vector), of_tensor = bind(tensor);
  matrix.resize(3, 2);  // as many elements as before
  EXPECT_EQ(error_of([&] { now(of_matrix); }),
            "step: the parameter \"w\" was resized from [2, 3] to [3, 2] after it was bound; call rebind");
  vector.resize(0);
  EXPECT_EQ(error_of([&] { of_vector.view("accumulate", "gradient", "b"); }),
            "accumulate: the gradient \"b\" was resized from [4] to [0] after it was bound; call rebind");
  tensor.resize(2, 3, 5);
  EXPECT_EQ(error_of([&] { now(of_tensor); }),
            "step: the parameter \"w\" was resized from [2, 3, 4] to [2, 3, 5] after it was bound; call rebind");
  const MatrixXf gone = std::move(matrix);
  EXPECT_EQ(error_of([&] { now(of_matrix); }),
            "step: the parameter \"w\" was resized from [2, 3] to [0, 0] after it was bound; call rebind");
  matrix.resize(2, 3);
  EXPECT_EQ(now(of_matrix).data, matrix.data());
}

TEST(Binding, OfAWindowIsTheMemoryThatTheWindowSawThen) {
  std::vector<float> memory(6), elsewhere(6);
  Eigen::Map<MatrixXf> map(memory.data(), 2, 3);
  const auto binding = bind(map);
  new (&map) Eigen::Map<MatrixXf>(elsewhere.data(), 3, 2);
  EXPECT_EQ(now(binding).data, memory.data());
  EXPECT_EQ(now(binding).shape, (Shape{2, 3}));
  EXPECT_EQ(now(bind(Eigen::Map<VectorXf>(memory.data(), 6))).data, memory.data());  // temporaries of windows are fine
  EXPECT_EQ(now(bind(std::as_const(map))).data, elsewhere.data());                   // and so are constant windows
}

TEST(Binding, OfABlockFollowsTheOwnerOfTheBlock) {
  MatrixXf matrix(4, 3);
  const auto column = bind(matrix.rightCols(2).col(1)), part = bind(matrix.col(0).segment(1, 2));
  EXPECT_EQ(now(column).data, matrix.data() + 8);
  EXPECT_EQ(now(column).shape, Shape{4});
  EXPECT_EQ(now(part).data, matrix.data() + 1);
  EXPECT_EQ(now(part).shape, Shape{2});

  MatrixXf other(4, 3);
  matrix.swap(other);
  EXPECT_EQ(now(column).data, matrix.data() + 8);
  EXPECT_EQ(now(part).data, matrix.data() + 1);
  matrix.resize(5, 3);
  EXPECT_EQ(error_of([&] { now(column); }),
            "step: the parameter \"w\" was resized from [4, 3] to [5, 3] after it was bound; call rebind");
}

TEST(Binding, OfAWindowWithoutElementsIsFine) {
  MatrixXf matrix(4, 3), empty(0, 3);
  EXPECT_EQ(now(bind(matrix.block(1, 1, 0, 2))).size(), 0);
  EXPECT_EQ(now(bind(empty)).size(), 0);
  EXPECT_EQ(now(bind(empty.col(1))).size(), 0);
  EXPECT_EQ(now(bind(Eigen::Map<VectorXf>(nullptr, 0))).size(), 0);
}

TEST(Binding, RefusesGapsInMemory) {
  MatrixXf matrix(4, 3);
  EXPECT_EQ(
      error_of([&] { bind(matrix.row(1)); }),
      "add: the parameter \"w\" of shape [3] is not contiguous in memory; bind the whole object, whole columns of a "
      "column-major matrix or whole rows of a row-major one");
  EXPECT_EQ(
      error_of([&] { Binding<float>::to(matrix.topRows(2), "rebind", "gradient", "layer 1"); }),
      "rebind: the gradient \"layer 1\" of shape [2, 3] is not contiguous in memory; bind the whole object, whole "
      "columns of a column-major matrix or whole rows of a row-major one");
}

TEST(Binding, OfThePartsOfAComplexMatrixIsAMatterOfGapsOnly) {
  Eigen::VectorXcf complex(2);
  EXPECT_EQ(
      error_of([&] { bind(complex.imag()); }),
      "add: the parameter \"w\" of shape [2] is not contiguous in memory; bind the whole object, whole columns of a "
      "column-major matrix or whole rows of a row-major one");
  EXPECT_EQ(now(bind(complex.head(1).imag())).data, reinterpret_cast<float*>(complex.data()) + 1);
}

struct Weights : MatrixXf {
  using MatrixXf::MatrixXf;
  virtual ~Weights() = default;  // moves the matrix away from the object's address
};

TEST(Binding, TakesClassesDerivedFromEigensAndContainersOfTheUsersOwn) {
  Weights weights(2, 3);
  const auto derived = bind(weights);
  EXPECT_EQ(now(derived).data, weights.data());
  weights.resize(1, 1);
  EXPECT_EQ(error_of([&] { now(derived); }),
            "step: the parameter \"w\" was resized from [2, 3] to [1, 1] after it was bound; call rebind");

  own::Container container{{1, 2, 3, 4}};
  const auto whole = bind(container), window = bind(own::Window{&container, 1, 2});
  container.memory = {5, 6, 7, 8};
  EXPECT_EQ(now(whole).data, container.memory.data());
  EXPECT_EQ(now(window).shape, Shape{2});
}

TEST(Binding, RemembersTheShapeAndOrderOfItsStart) {
  Eigen::Matrix<double, 2, 3, Eigen::RowMajor> matrix;
  const auto binding = bind<double>(matrix);
  EXPECT_EQ(binding.bound_view().shape, (Shape{2, 3}));
  EXPECT_EQ(binding.bound_view().order, StorageOrder::row_major);
  EXPECT_EQ(binding.bound_view().size(), 6);
}

}  // namespace
}  // namespace eigentune
