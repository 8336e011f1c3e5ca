#include <eigentune/optim.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "optim/array.hpp"
#include "support/expect.hpp"

namespace eigentune {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using support::error_of;
using RowMajorMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

VectorXd constant(double value) {
  return VectorXd::Constant(3, value);
}

TEST(Add, RefusesWhatDoesNotFitAndChangesNothing) {
  MatrixXd w(2, 3), w_gradient(2, 3), other(3, 2);
  RowMajorMatrix row_major(2, 3);
  VectorXd vector(6);
  SGD<double> optimizer;
  optimizer.add("w", w, w_gradient);
  const auto refused = [&](auto&& add) {
    const std::string text = error_of(add);
    EXPECT_EQ(optimizer.names(), std::vector<std::string>{"w"});
    return text;
  };
  MatrixXd p(2, 3), g(2, 3);
  EXPECT_EQ(refused([&] { optimizer.add("w", p, g); }), "add: the name \"w\" is bound already");
  EXPECT_EQ(refused([&] { optimizer.add("", p, g); }), "add: a tensor needs a name, got \"\"");
  EXPECT_EQ(refused([&] { optimizer.add("x", p, other); }),
            "add: the gradient of \"x\" has shape [3, 2], its parameter [2, 3]");
  EXPECT_EQ(refused([&] { optimizer.add("x", p, vector); }),
            "add: the gradient of \"x\" has shape [6], its parameter [2, 3]");
  EXPECT_EQ(refused([&] { optimizer.add("x", p, row_major); }),
            "add: the gradient of \"x\" is row-major, its parameter column-major");
  EXPECT_EQ(refused([&] { optimizer.add("x", row_major, p); }),
            "add: the gradient of \"x\" is column-major, its parameter row-major");
  EXPECT_EQ(
      refused([&] { optimizer.add("x", p.topRows(1), g.topRows(1)); }),
      "add: the parameter \"x\" of shape [1, 3] is not contiguous in memory; bind the whole object, whole columns of a "
      "column-major matrix or whole rows of a row-major one");
  EXPECT_EQ(
      refused([&] { optimizer.add("x", row_major.row(0), row_major.col(0)); }),
      "add: the gradient \"x\" of shape [2] is not contiguous in memory; bind the whole object, whole columns of a "
      "column-major matrix or whole rows of a row-major one");
  optimizer.add("a name with * and ? and \"", p, g);  // any other name will do
  EXPECT_EQ(optimizer.names().back(), "a name with * and ? and \"");
}

TEST(Owners, AreLookedUpAtEachStep) {
  VectorXd parameter = constant(0), gradient = constant(1);
  SGD<double> optimizer;
  optimizer.add("w", parameter, gradient);
  const auto step = [&] { optimizer.step({.learning_rate = 1}); };
  step();
  EXPECT_EQ(parameter, constant(-1));

  VectorXd other = constant(10);
  parameter.swap(other);
  step();
  EXPECT_EQ(parameter, constant(9));
  EXPECT_EQ(other, constant(-1));

  parameter = constant(20);          // reassigned
  gradient = VectorXd(constant(2));  // moved into
  step();
  EXPECT_EQ(parameter, constant(18));

  const VectorXd taken = std::move(parameter);
  EXPECT_EQ(error_of(step), "step: the parameter \"w\" was resized from [3] to [0] after it was bound; call rebind");
  parameter = taken;
  step();
  EXPECT_EQ(parameter, constant(16));
}

TEST(Owners, ThatWereResizedAreAnErrorAtTheNextStepWhichChangesNothing) {
  MatrixXd w = MatrixXd::Ones(2, 3), w_gradient = MatrixXd::Ones(2, 3);
  VectorXd b = constant(1), b_gradient = constant(1);
  Adam<double> optimizer;
  optimizer.add("b", b, b_gradient);
  optimizer.add("w", w, w_gradient);
  const auto before = optimizer.state();
  w_gradient.resize(3, 2);
  EXPECT_EQ(error_of([&] { optimizer.step({.learning_rate = 1}); }),
            "step: the gradient \"w\" was resized from [2, 3] to [3, 2] after it was bound; call rebind");
  w.resize(1000, 1000);
  EXPECT_EQ(error_of([&] { optimizer.step({.learning_rate = 1}); }),
            "step: the parameter \"w\" was resized from [2, 3] to [1000, 1000] after it was bound; call rebind");
  EXPECT_EQ(b, constant(1));
  EXPECT_EQ(optimizer.state(), before);
}

TEST(Owners, OfContainersOfTheUsersOwnAreLookedUpToo) {
  support::Array<double> parameter{.shape = {2, 2}}, gradient{.shape = {2, 2}, .memory = {1, 2, 3, 4}};
  SGD<double> optimizer;
  optimizer.add("w", parameter, gradient);
  parameter.memory = {10, 10, 10, 10};
  parameter.memory.reserve(1000);
  optimizer.step({.learning_rate = 1});
  EXPECT_EQ(parameter.memory, (std::vector<double>{9, 8, 7, 6}));
  gradient = {.shape = {4}};
  EXPECT_EQ(error_of([&] { optimizer.step({.learning_rate = 1}); }),
            "step: the gradient \"w\" was resized from [2, 2] to [4] after it was bound; call rebind");
}

TEST(Blocks, FollowTheirOwner) {
  MatrixXd matrix = MatrixXd::Zero(3, 4), gradient = MatrixXd::Ones(3, 4);
  SGD<double> optimizer;
  optimizer.add("first", matrix.leftCols(1), gradient.leftCols(1));
  optimizer.add("last", matrix.col(3), gradient.rightCols(2).col(1));
  matrix = MatrixXd::Constant(3, 4, 10);
  MatrixXd other = matrix;
  matrix.swap(other);
  optimizer.step({.learning_rate = 1});
  EXPECT_TRUE(matrix.col(0).isConstant(9) && matrix.col(3).isConstant(9));
  EXPECT_TRUE(matrix.middleCols(1, 2).isConstant(10));
  EXPECT_TRUE(other.isConstant(10));
  gradient.resize(3, 5);
  EXPECT_EQ(error_of([&] { optimizer.step({.learning_rate = 1}); }),
            "step: the gradient \"first\" was resized from [3, 4] to [3, 5] after it was bound; call rebind");
}

TEST(SharedMemory, IsAnErrorAtTheNextStepUntilItIsGone) {
  VectorXd memory = VectorXd::Zero(10), gradient = VectorXd::Ones(10), more = VectorXd::Ones(3);
  SGD<double> optimizer;
  const auto step = [&] { return error_of([&] { optimizer.step({.learning_rate = 1}); }); };
  optimizer.add("late", memory.segment(4, 4), gradient.segment(4, 4));
  optimizer.add("early", memory.segment(0, 4), gradient.segment(0, 4));
  EXPECT_EQ(step(), "nothing was thrown");  // neighbours do not overlap
  EXPECT_EQ(memory.head(8), VectorXd::Constant(8, -1));

  optimizer.add("overlap", memory.segment(7, 3), more);
  for (int repetition = 0; repetition < 2; ++repetition) {
    EXPECT_EQ(step(), "step: \"late\" and \"overlap\" share memory");
    EXPECT_EQ(memory.head(8), VectorXd::Constant(8, -1));
  }
  optimizer.remove("late");
  EXPECT_EQ(step(), "nothing was thrown");
}

TEST(SharedMemory, IsFoundHoweverItIsShared) {
  VectorXd a = constant(0), b = constant(0), c = constant(0), d = constant(0);
  const auto text = [](auto&&... add) {
    SGD<double> optimizer;
    (add(optimizer), ...);
    return error_of([&] { optimizer.step({.learning_rate = 1}); });
  };
  const auto bind = [](const char* name, VectorXd& parameter, VectorXd& gradient) {
    return [=, &parameter, &gradient](auto& optimizer) { optimizer.add(name, parameter, gradient); };
  };
  EXPECT_EQ(text(bind("w", a, a)), "step: the parameter and the gradient of \"w\" share memory");
  EXPECT_EQ(text(bind("first", a, b), bind("second", a, c)), "step: \"first\" and \"second\" share memory");
  EXPECT_EQ(text(bind("first", a, b), bind("second", c, b)), "step: \"first\" and \"second\" share memory");
  EXPECT_EQ(text(bind("first", a, b), bind("second", b, c)), "step: \"first\" and \"second\" share memory");
  EXPECT_EQ(text(bind("first", b, d), bind("second", c, a), bind("third", a, c)),
            "step: \"second\" and \"third\" share memory");
  VectorXd nothing(0), no_gradient(0);
  EXPECT_EQ(text(bind("first", nothing, nothing), bind("second", nothing, no_gradient)), "nothing was thrown");
}

TEST(SharedMemory, OfAWideBindingAroundASmallOneIsFound) {
  VectorXd wide = VectorXd::Zero(100), wide_gradient = wide, small = constant(0);
  SGD<double> optimizer;
  optimizer.add("wide", wide, wide_gradient);
  optimizer.add("inside", wide.segment(50, 3), small);
  EXPECT_EQ(error_of([&] { optimizer.step({.learning_rate = 1}); }), "step: \"wide\" and \"inside\" share memory");
}

TEST(SharedMemory, IsLookedForAfterRebindingToo) {
  VectorXd a = constant(0), b = constant(0), c = constant(0), d = constant(0);
  SGD<double> optimizer;
  optimizer.add("first", a, b);
  optimizer.add("second", c, d);
  optimizer.step({.learning_rate = 1});
  optimizer.rebind("second", c, b);
  EXPECT_EQ(error_of([&] { optimizer.step({.learning_rate = 1}); }), "step: \"first\" and \"second\" share memory");
  optimizer.rebind("first", a, d);
  EXPECT_TRUE(optimizer.step({.learning_rate = 1}).applied);
}

TEST(Rebind, KeepsStateAndOptions) {
  VectorXd parameter = constant(0), gradient = constant(1);
  Momentum<double> optimizer({.momentum = 0.5});
  optimizer.add("w", parameter, gradient, {.learning_rate_scale = 2.0});
  optimizer.step({.learning_rate = 1});
  std::vector<double> other(3, 100.0), other_gradient(3, 4.0);
  optimizer.rebind("w", Eigen::Map<VectorXd>(other.data(), 3), Eigen::Map<VectorXd>(other_gradient.data(), 3));
  optimizer.step({.learning_rate = 1});
  EXPECT_EQ(other, std::vector<double>(3, 100 - 2 * (0.5 * 1 + 4)));
  EXPECT_EQ(parameter, constant(-2));
  EXPECT_EQ(optimizer.state().tensors[0].updates, 2);
  EXPECT_EQ(optimizer.options_of("w").learning_rate_scale, 2.0);
}

TEST(Rebind, RefusesWhatDoesNotFitAndChangesNothing) {
  MatrixXd w = MatrixXd::Zero(2, 3), w_gradient = MatrixXd::Ones(2, 3), p(2, 3), other(3, 2);
  RowMajorMatrix row_major(2, 3), row_major_gradient(2, 3);
  SGD<double> optimizer;
  optimizer.add("w", w, w_gradient);
  EXPECT_EQ(error_of([&] { optimizer.rebind("v", p, w_gradient); }),
            "rebind: there is no tensor \"v\"; bound are \"w\"");
  EXPECT_EQ(error_of([&] { optimizer.rebind("w", other, other); }), "rebind: \"w\" has shape [2, 3], got [3, 2]");
  EXPECT_EQ(error_of([&] { optimizer.rebind("w", row_major, row_major_gradient); }),
            "rebind: \"w\" is column-major, got row-major");
  EXPECT_EQ(error_of([&] { optimizer.rebind("w", p, other); }),
            "rebind: the gradient of \"w\" has shape [3, 2], its parameter [2, 3]");
  EXPECT_EQ(error_of([&] { optimizer.rebind("w", p, row_major); }),
            "rebind: the gradient of \"w\" is row-major, its parameter column-major");
  MatrixXd large(4, 3);
  EXPECT_EQ(
      error_of([&] { optimizer.rebind("w", large.topRows(2), p); }),
      "rebind: the parameter \"w\" of shape [2, 3] is not contiguous in memory; bind the whole object, whole columns "
      "of a column-major matrix or whole rows of a row-major one");
  optimizer.step({.learning_rate = 1});
  EXPECT_TRUE(w.isConstant(-1));
}

TEST(Remove, ForgetsATensorAndItsState) {
  VectorXd a = constant(0), b = constant(0), c = constant(0), gradient_a = constant(1), gradient_b = constant(2),
           gradient_c = constant(2);
  Momentum<double> optimizer;
  optimizer.add("a", a, gradient_a);
  optimizer.add("b", b, gradient_b);
  optimizer.add("c", c, gradient_c);
  optimizer.step({.learning_rate = 1});
  optimizer.remove("b");
  EXPECT_EQ(optimizer.names(), (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(optimizer.step({.learning_rate = 1}).gradient_norm, std::sqrt(3 + 12.0));
  EXPECT_EQ(a, constant(-1 - 1.9));
  EXPECT_EQ(b, constant(-2));
  EXPECT_EQ(c, constant(-2 - 3.8));
  EXPECT_EQ(error_of([&] { optimizer.remove("b"); }), "remove: there is no tensor \"b\"; bound are \"a\", \"c\"");
  optimizer.add("b", b, gradient_b);  // the name is free again, and its state starts anew
  EXPECT_EQ(optimizer.state_values("b", "v")[0], 0);
  optimizer.step({.learning_rate = 1});
  EXPECT_EQ(b, constant(-4));
  for (const std::string& name : optimizer.names()) optimizer.remove(name);
  EXPECT_EQ(optimizer.step({.learning_rate = 1}).gradient_norm, 0);
}

}  // namespace
}  // namespace eigentune
