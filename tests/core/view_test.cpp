#include <eigentune/core/view.hpp>
#include <eigentune/tensor.hpp>

#include <gtest/gtest.h>

#include <array>
#include <complex>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigentune {
namespace {

using Eigen::Dynamic;
using Eigen::MatrixXf;
using Eigen::VectorXf;
using RowMajorMatrix = Eigen::Matrix<float, Dynamic, Dynamic, Eigen::RowMajor>;

template <class T>
using Traits = ViewTraits<std::remove_cvref_t<T>>;

template <class T>
constexpr bool is_constant = std::is_const_v<typename Traits<T>::Scalar>;

template <class T>
auto view_of(T&& object) {
  return Traits<T>::view(object);
}

/// Does the view lead to the element that the object itself finds at [row, column]?
template <class Matrix>
void expect_same_elements(Matrix&& matrix) {
  const auto view = view_of(matrix);
  ASSERT_EQ(view.shape, (Shape{matrix.rows(), matrix.cols()}));
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    for (Eigen::Index j = 0; j < matrix.cols(); ++j) {
      const bool column_major = view.order == StorageOrder::column_major;
      EXPECT_EQ(view.data + (column_major ? i + j * matrix.rows() : i * matrix.cols() + j), &matrix.coeffRef(i, j));
    }
  }
}

TEST(View, OfAMatrixFindsEveryElement) {
  MatrixXf column_major(3, 4);
  RowMajorMatrix row_major(3, 4);
  Eigen::ArrayXXf array(2, 5);
  Eigen::Matrix<float, 2, 3, Eigen::RowMajor> fixed;
  expect_same_elements(column_major);
  expect_same_elements(row_major);
  expect_same_elements(array);
  expect_same_elements(fixed);
  expect_same_elements(column_major.middleCols(1, 2));
  expect_same_elements(row_major.middleRows(1, 2));
  expect_same_elements(column_major.transpose());
  expect_same_elements(row_major.transpose());
  expect_same_elements(column_major.array());
  expect_same_elements(column_major.reshaped(2, 6));
  expect_same_elements(Eigen::Map<RowMajorMatrix>(column_major.data(), 4, 3));
  expect_same_elements(Eigen::Ref<MatrixXf>(column_major));
  EXPECT_EQ(view_of(column_major).order, StorageOrder::column_major);
  EXPECT_EQ(view_of(row_major).order, StorageOrder::row_major);
  EXPECT_EQ(view_of(column_major.transpose()).order, StorageOrder::row_major);
}

TEST(View, OfACompileTimeVectorHasOneExtentWhicheverWayItLies) {
  VectorXf column(5);
  Eigen::RowVectorXf row(5);
  Eigen::Array<float, 1, 1> one;
  EXPECT_EQ(view_of(column).shape, Shape{5});
  EXPECT_EQ(view_of(row).shape, Shape{5});
  EXPECT_EQ(view_of(row).order, view_of(column).order);
  EXPECT_EQ(view_of(one).shape, Shape{1});
  EXPECT_EQ(view_of(MatrixXf(5, 1).col(0)).shape, Shape{5});
  MatrixXf matrix(5, 1);
  EXPECT_EQ(view_of(matrix).shape, (Shape{5, 1}));
}

TEST(View, OfATensorHasAllExtentsAndTheTensorsOrder) {
  Eigen::Tensor<float, 3> column_major(2, 3, 4);
  Eigen::Tensor<float, 3, Eigen::RowMajor> row_major(2, 3, 4);
  Eigen::Tensor<double, 0> scalar;
  Eigen::Tensor<float, 1, Eigen::RowMajor, int> vector(6);
  Eigen::TensorFixedSize<float, Eigen::Sizes<2, 3>> fixed;
  EXPECT_EQ(view_of(column_major).shape, (Shape{2, 3, 4}));
  EXPECT_EQ(view_of(row_major).shape, (Shape{2, 3, 4}));
  EXPECT_EQ(view_of(column_major).order, StorageOrder::column_major);
  EXPECT_EQ(view_of(row_major).order, StorageOrder::row_major);
  EXPECT_EQ(view_of(row_major).data + (1 * 3 + 2) * 4 + 3, &row_major(1, 2, 3));
  EXPECT_EQ(view_of(column_major).data + 1 + 2 * (2 + 3 * 3), &column_major(1, 2, 3));
  EXPECT_EQ(view_of(scalar).shape, Shape{});
  EXPECT_EQ(view_of(scalar).data, scalar.data());
  EXPECT_EQ(view_of(vector).shape, Shape{6});
  EXPECT_EQ(view_of(vector).order, StorageOrder::column_major);  // one extent has no order: all vectors agree
  EXPECT_EQ(view_of(fixed).shape, (Shape{2, 3}));
  const Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>> map(row_major.data(), 6, 4);
  EXPECT_EQ(view_of(map).shape, (Shape{6, 4}));
  EXPECT_EQ(view_of(map).order, StorageOrder::row_major);
}

template <class T>
bool contiguous(T&& object) {
  return Traits<T>::contiguous(object);
}

TEST(Contiguous, AreWholeObjectsAndBlocksWithoutGaps) {
  MatrixXf matrix(4, 3);
  RowMajorMatrix row_major(4, 3);
  VectorXf vector(9);
  EXPECT_TRUE(contiguous(matrix));
  EXPECT_TRUE(contiguous(matrix.col(2)));
  EXPECT_TRUE(contiguous(matrix.rightCols(2)));
  EXPECT_TRUE(contiguous(matrix.block(0, 1, 4, 1)));
  EXPECT_TRUE(contiguous(matrix.block(1, 1, 2, 1)));  // part of one column
  EXPECT_TRUE(contiguous(matrix.block(1, 1, 1, 1)));
  EXPECT_TRUE(contiguous(row_major.row(3)));
  EXPECT_TRUE(contiguous(row_major.bottomRows(2)));
  EXPECT_TRUE(contiguous(row_major.block(1, 1, 1, 2)));
  EXPECT_TRUE(contiguous(vector.segment(2, 5)));
  EXPECT_TRUE(contiguous(vector.segment<3>(1)));
  EXPECT_TRUE(contiguous(vector.transpose()));
  EXPECT_TRUE(contiguous(matrix.reshaped()));
  MatrixXf one_row(1, 6);
  EXPECT_TRUE(contiguous(one_row.row(0)));
  EXPECT_TRUE(contiguous(one_row.block(0, 2, 1, 3)));
}

TEST(Contiguous, AreNotBlocksWithGaps) {
  MatrixXf matrix(4, 3);
  RowMajorMatrix row_major(4, 3);
  VectorXf vector(9);
  Eigen::VectorXcf complex(4);
  EXPECT_FALSE(contiguous(matrix.row(0)));
  EXPECT_FALSE(contiguous(matrix.topRows(3)));
  EXPECT_FALSE(contiguous(matrix.block(0, 0, 1, 2)));
  EXPECT_FALSE(contiguous(matrix.diagonal()));
  EXPECT_FALSE(contiguous(row_major.col(1)));
  EXPECT_FALSE(contiguous(row_major.leftCols(2)));
  EXPECT_FALSE(contiguous(complex.real()));
  using Strided = Eigen::Map<VectorXf, 0, Eigen::InnerStride<>>;
  EXPECT_FALSE(contiguous(Strided(vector.data(), 4, Eigen::InnerStride<>(2))));
  EXPECT_FALSE(contiguous(Strided(vector.data() + 8, 4, Eigen::InnerStride<>(-1))));
  EXPECT_FALSE(contiguous(Strided(vector.data(), 4, Eigen::InnerStride<>(0))));
  EXPECT_TRUE(contiguous(Strided(vector.data(), 1, Eigen::InnerStride<>(2))));  // one element has no gaps
  using Padded = Eigen::Map<MatrixXf, 0, Eigen::OuterStride<>>;
  EXPECT_FALSE(contiguous(Padded(matrix.data(), 3, 3, Eigen::OuterStride<>(4))));
  EXPECT_TRUE(contiguous(Padded(matrix.data(), 3, 3, Eigen::OuterStride<>(3))));
  EXPECT_TRUE(contiguous(Padded(matrix.data(), 3, 1, Eigen::OuterStride<>(4))));
  EXPECT_FALSE(contiguous(Eigen::Ref<MatrixXf, 0, Eigen::OuterStride<>>(matrix.topRows(2))));
}

TEST(Contiguous, IsWhateverHasNoElements) {
  MatrixXf matrix(4, 3);
  EXPECT_TRUE(contiguous(matrix.block(0, 0, 0, 2)));
  EXPECT_TRUE(contiguous(matrix.row(0).head(0)));
}

// What can be bound is known to the compiler; the optimizer turns this into readable errors.
static_assert(Viewable<MatrixXf> && Viewable<Eigen::Array3d> && Viewable<Eigen::Tensor<float, 4>>);
static_assert(Viewable<Eigen::Map<MatrixXf>> && Viewable<Eigen::Ref<VectorXf>> && Viewable<Eigen::Block<MatrixXf>>);
static_assert(!Viewable<float> && !Viewable<std::vector<float>> && !Viewable<float*>);
static_assert(!Viewable<decltype(std::declval<MatrixXf&>() + std::declval<MatrixXf&>())>);
static_assert(!Viewable<decltype(std::declval<MatrixXf&>() * std::declval<MatrixXf&>())>);
static_assert(!Viewable<decltype(std::declval<VectorXf&>().reverse())>);
static_assert(!Viewable<decltype(MatrixXf::Zero(2, 2))>);
static_assert(!Viewable<decltype(std::declval<Eigen::Tensor<float, 2>&>() * 2.0f)>);

static_assert(!is_constant<Eigen::Map<MatrixXf>> && !is_constant<const Eigen::Map<MatrixXf>>);
static_assert(is_constant<Eigen::Map<const MatrixXf>> && is_constant<Eigen::Ref<const MatrixXf>>);
static_assert(is_constant<decltype(std::declval<const MatrixXf&>().col(0))>);
static_assert(is_constant<decltype(std::declval<const VectorXf&>().segment(0, 1))>);
static_assert(!is_constant<decltype(std::declval<MatrixXf&>().col(0))>);
static_assert(is_constant<Eigen::TensorMap<const Eigen::Tensor<float, 2>>>);
static_assert(is_constant<Eigen::TensorMap<Eigen::Tensor<const float, 2>>>);
static_assert(!is_constant<Eigen::TensorMap<Eigen::Tensor<float, 2>>>);

TEST(Owner, IsFoundThroughAnyNumberOfBlocks) {
  MatrixXf matrix(4, 3);
  VectorXf vector(6);
  const auto owner = [](auto&& window) { return static_cast<const void*>(Traits<decltype(window)>::owner(window)); };
  EXPECT_EQ(owner(matrix.col(1)), &matrix);
  EXPECT_EQ(owner(matrix.rightCols(2).col(1)), &matrix);
  EXPECT_EQ(owner(matrix.rightCols(2).col(1).segment(1, 2).head(1)), &matrix);
  EXPECT_EQ(owner(matrix.array()), &matrix);
  EXPECT_EQ(owner(vector.transpose()), &vector);
  EXPECT_EQ(owner(vector.segment(1, 3).array()), &vector);
  Eigen::Map<MatrixXf> map(matrix.data(), 4, 3);
  EXPECT_EQ(owner(map), nullptr);
  EXPECT_EQ(owner(map.col(0)), nullptr);
  EXPECT_EQ(owner(Eigen::Ref<MatrixXf>(matrix).col(0)), nullptr);
}

}  // namespace
}  // namespace eigentune
