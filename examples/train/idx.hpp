#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/random.hpp>

#include <Eigen/Core>
#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "train/dataset.hpp"
#include "train/idx_format.hpp"

namespace example {

/// MNIST and Fashion-MNIST have ten classes, labelled 0 ... 9; a label beyond is an error.
inline constexpr int idx_classes = 10;

namespace detail {

// A pair of files: images[i] belongs to labels[i].
struct IdxPair {
  IdxImages images;
  std::vector<std::uint8_t> labels;
};

// The names under which the file is distributed, in the order in which they are looked for.
inline std::vector<std::string> idx_names(std::string_view split, IdxContents contents) {
  const std::string_view what = contents == IdxContents::images ? "images" : "labels";
  const int dimensions = contents == IdxContents::images ? 3 : 1;
  std::vector<std::string> names;
  for (const std::string_view suffix : {"", ".gz"}) {
    for (const std::string_view separator : {"-", "."}) {
      names.push_back(fmt::format("{}-{}{}idx{}-ubyte{}", split, what, separator, dimensions, suffix));
    }
  }
  return names;
}

inline std::string any_of(const std::vector<std::string>& names) {
  std::string text = names.front();
  for (std::size_t i = 1; i < names.size(); ++i) text += (i + 1 < names.size() ? ", " : " or ") + names[i];
  return text;
}

inline std::optional<std::filesystem::path> find_idx_file(const std::filesystem::path& directory,
                                                          std::string_view split, IdxContents contents) {
  for (const std::string& name : idx_names(split, contents)) {
    std::error_code ignored;  // what cannot be looked at is not there
    if (std::filesystem::exists(directory / name, ignored)) return directory / name;
  }
  return std::nullopt;
}

// The pair of a split, or nothing where neither file is there.
inline std::optional<IdxPair> load_idx_pair(const std::filesystem::path& directory, std::string_view split) {
  const auto images_path = find_idx_file(directory, split, IdxContents::images);
  const auto labels_path = find_idx_file(directory, split, IdxContents::labels);
  if (!images_path && !labels_path) return std::nullopt;
  if (!images_path || !labels_path) {
    const auto missing = images_path ? IdxContents::labels : IdxContents::images;
    throw eigentune::Error(fmt::format("{}: expected beside it {}, found none",
                                       (images_path ? *images_path : *labels_path).string(),
                                       any_of(idx_names(split, missing))));
  }
  const auto read_labels = [&] {
    return parse_idx_labels(read_idx_file(*labels_path, IdxContents::labels), labels_path->string(), idx_classes);
  };
  IdxPair pair{parse_idx_images(read_idx_file(*images_path, IdxContents::images), images_path->string()),
               read_labels()};
  if (static_cast<std::size_t>(pair.images.count) != pair.labels.size()) {
    throw eigentune::Error(fmt::format("{}: expected {} labels, one for each image of {}, found {}",
                                       labels_path->string(), pair.images.count, images_path->string(),
                                       pair.labels.size()));
  }
  return pair;
}

// The chosen examples, in that order.
inline Dataset take_examples(const IdxPair& pair, std::span<const std::int64_t> chosen) {
  const Eigen::Index pixels = Eigen::Index{pair.images.rows} * pair.images.columns;
  Dataset dataset{Eigen::MatrixXf(pixels, static_cast<Eigen::Index>(chosen.size())), {}};
  dataset.labels.reserve(chosen.size());
  using Bytes = Eigen::Matrix<std::uint8_t, Eigen::Dynamic, 1>;
  for (std::size_t j = 0; j < chosen.size(); ++j) {
    const Eigen::Map<const Bytes> image(pair.images.pixels.data() + chosen[j] * pixels, pixels);
    dataset.images.col(static_cast<Eigen::Index>(j)) = image.cast<float>() / 255.0f;
    dataset.labels.push_back(pair.labels[static_cast<std::size_t>(chosen[j])]);
  }
  return dataset;
}

// The order in which `count` examples are dealt out to the splits. It belongs to the data and not to a run: no seed but
// this one.
inline std::vector<std::int64_t> split_order(std::int64_t count) {
  return eigentune::Random(1, 0).permutation(count);
}

// How many of `count` examples a share of 1 / `denominator` is; at least one is needed.
inline std::size_t share_of(std::int64_t count, std::int64_t denominator, const std::filesystem::path& directory,
                            std::string_view split) {
  if (count < denominator) {
    throw eigentune::Error(fmt::format("{}: expected at least {} images in the {} files to split them, found {}",
                                       directory.string(), denominator, split, count));
  }
  return static_cast<std::size_t>(count / denominator);
}

}  // namespace detail

/// Loads images and labels from IDX files as MNIST and Fashion-MNIST are distributed: `train-images-idx3-ubyte`,
/// `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`, also with a dot before `idx`, each
/// plain or gzipped (with `.gz`); where a file is there under several names, the first of "-", ".", "-" with .gz, "."
/// with .gz.
///
/// With both pairs, one sixth of the training files (10,000 of 60,000) becomes the validation split and the t10k files
/// are the test split. With the t10k pair alone, a tenth of it each (1,000 of 10,000) becomes the validation and the
/// test split and the rest the training split. Which examples go where is one fixed permutation, the same in every run.
/// Shares round down.
///
/// Pixels are divided by 255. Labels must be in 0 ... 9.
/// Throws eigentune::Error, with the path, what was expected and what was found, if the directory or a file is missing,
/// unreadable or not what it should be, if images and labels differ in number or the two pairs in the size of their
/// images, or if there are too few images to split.
inline Splits load_idx_directory(const std::filesystem::path& directory) {
  if (std::error_code error; !std::filesystem::is_directory(directory, error)) {
    throw eigentune::Error(fmt::format("{}: expected a directory of IDX files, found {}", directory.string(),
                                       std::filesystem::exists(directory, error) ? "a file" : "nothing"));
  }
  const auto train = detail::load_idx_pair(directory, "train");
  const auto test = detail::load_idx_pair(directory, "t10k");
  if (!test) {
    const auto images = detail::any_of(detail::idx_names("t10k", IdxContents::images));
    const auto labels = detail::any_of(detail::idx_names("t10k", IdxContents::labels));
    throw eigentune::Error(fmt::format(
        "{}: expected IDX files {} and {} (and, if there is more to learn from, the same of train-), found {}",
        directory.string(), images, labels, train ? "only those of train-" : "none of them"));
  }
  if (train && (train->images.rows != test->images.rows || train->images.columns != test->images.columns)) {
    throw eigentune::Error(fmt::format(
        "{}: expected t10k images of {} x {} pixels like the train images, found {} x {}", directory.string(),
        train->images.rows, train->images.columns, test->images.rows, test->images.columns));
  }

  Splits splits;
  splits.classes = idx_classes;
  splits.rows = test->images.rows;
  splits.columns = test->images.columns;
  const detail::IdxPair& pair = train ? *train : *test;
  const std::size_t share = detail::share_of(pair.images.count, train ? 6 : 10, directory, train ? "train" : "t10k");
  const std::vector<std::int64_t> order = detail::split_order(pair.images.count);
  const std::span<const std::int64_t> dealt(order);
  const std::size_t held_out = train ? share : 2 * share;
  splits.train = detail::take_examples(pair, dealt.first(dealt.size() - held_out));
  splits.validation = detail::take_examples(pair, dealt.subspan(dealt.size() - held_out, share));
  if (train) {
    std::vector<std::int64_t> all(test->labels.size());
    std::iota(all.begin(), all.end(), std::int64_t{0});
    splits.test = detail::take_examples(*test, all);
  } else {
    splits.test = detail::take_examples(pair, dealt.last(share));
  }
  splits.description =
      fmt::format("{} ({})", directory.string(), train ? "train and t10k files" : "t10k files only, split");
  return splits;
}

}  // namespace example
