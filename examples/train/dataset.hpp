#pragma once

#include <Eigen/Core>

#include <cstdint>
#include <string>
#include <vector>

namespace example {

/// Labelled images of one split.
struct Dataset {
  Eigen::MatrixXf images;  ///< [pixels, examples], values in [0, 1]; one example per column, its pixels row by row
  std::vector<std::uint8_t> labels;  ///< [examples], each in 0 ... classes - 1
};

/// The data of one training run: what it learns from, what it is tuned on, and what it is judged by at the end.
struct Splits {
  Dataset train, validation, test;
  int classes = 10;
  int rows = 28, columns = 28;  ///< of one image, in pixels; rows * columns is the number of rows of `images`
  std::string description;      ///< where the data come from, for people to read
};

}  // namespace example
