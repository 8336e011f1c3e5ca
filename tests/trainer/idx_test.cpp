#include "train/idx.hpp"

#include <Eigen/Core>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>

#include "support/expect.hpp"
#include "train/idx_format.hpp"
#include "trainer/idx_bytes.hpp"

namespace {

namespace fs = std::filesystem;
using example::Dataset;
using example::IdxContents;
using example::load_idx_directory;
using example::parse_idx_images;
using example::Splits;
using idx_bytes::Bytes;
using idx_bytes::image_file;
using idx_bytes::image_header;
using idx_bytes::label_file;

// Which of image_file's images it is.
std::int64_t number_of(const Eigen::MatrixXf& images, Eigen::Index column) {
  return static_cast<std::int64_t>(images(0, column) * 255.0f + 0.5f) * 256 +
         static_cast<std::int64_t>(images(1, column) * 255.0f + 0.5f);
}

// A directory of its own for each test.
class IdxDirectory : public testing::Test {
 protected:
  void SetUp() override {
    std::random_device entropy;
    directory_ = fs::path(testing::TempDir()) /
                 ("eigentune_idx_test_" + std::to_string(entropy()) + "_" + std::to_string(entropy()));
    ASSERT_TRUE(fs::create_directories(directory_));
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string path(const std::string& name) const { return (directory_ / name).string(); }

  void write(const std::string& name, const Bytes& bytes) const {
    std::ofstream file(directory_ / name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  void write_gzip(const std::string& name, const Bytes& bytes) const {
    const gzFile file = gzopen(path(name).c_str(), "wb");
    ASSERT_NE(file, nullptr);
    ASSERT_EQ(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())), static_cast<int>(bytes.size()));
    ASSERT_EQ(gzclose(file), Z_OK);
  }
  Bytes read(const std::string& name) const {
    std::ifstream file(directory_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void write_pair(const std::string& split, std::uint32_t count) const {
    write(split + "-images-idx3-ubyte", image_file(count));
    write(split + "-labels-idx1-ubyte", label_file(count));
  }
  std::string load_error() const {
    return support::error_of<eigentune::Error>([&] { load_idx_directory(directory_); });
  }

  fs::path directory_;
};

TEST_F(IdxDirectory, TheT10kPairAloneIsSplitIntoThree) {
  write_pair("t10k", 10'000);
  const Splits splits = load_idx_directory(directory_);
  EXPECT_EQ(splits.classes, 10);
  EXPECT_EQ(splits.rows, 2);
  EXPECT_EQ(splits.columns, 3);
  EXPECT_EQ(splits.description, directory_.string() + " (t10k files only, split)");
  EXPECT_EQ(splits.train.images.cols(), 8'000);
  EXPECT_EQ(splits.validation.images.cols(), 1'000);
  EXPECT_EQ(splits.test.images.cols(), 1'000);
  std::set<std::int64_t> seen;
  for (const Dataset* dataset : {&splits.train, &splits.validation, &splits.test}) {
    ASSERT_EQ(dataset->images.rows(), 6);
    ASSERT_EQ(static_cast<Eigen::Index>(dataset->labels.size()), dataset->images.cols());
    for (Eigen::Index i = 0; i < dataset->images.cols(); ++i) {
      const std::int64_t number = number_of(dataset->images, i);
      EXPECT_TRUE(seen.insert(number).second) << number << " occurs twice";
      EXPECT_EQ(dataset->labels[static_cast<std::size_t>(i)], number % 10);
    }
  }
  EXPECT_EQ(seen.size(), 10'000u);
  // A permutation, not the order of the file: of the first 8,000, about 8,000 * 0.8 = 6,400 +- 16 are in the training
  // split.
  std::int64_t stayed = 0;
  for (Eigen::Index i = 0; i < 8'000; ++i) stayed += number_of(splits.train.images, i) < 8'000 ? 1 : 0;
  EXPECT_NEAR(static_cast<double>(stayed), 6'400.0, 100.0);
}

TEST_F(IdxDirectory, AT10kPairOfAnotherSizeIsSplitInProportion) {
  write_pair("t10k", 57);
  const Splits splits = load_idx_directory(directory_);
  EXPECT_EQ(splits.train.labels.size(), 47u);
  EXPECT_EQ(splits.validation.labels.size(), 5u);
  EXPECT_EQ(splits.test.labels.size(), 5u);
}

TEST_F(IdxDirectory, TheSplitIsTheSameEveryTime) {
  write_pair("t10k", 100);
  const Splits one = load_idx_directory(directory_);
  const Splits other = load_idx_directory(directory_);
  EXPECT_EQ(one.train.images, other.train.images);
  EXPECT_EQ(one.validation.images, other.validation.images);
  EXPECT_EQ(one.test.images, other.test.images);
}

TEST_F(IdxDirectory, WithTheTrainPairASixthOfItIsHeldOutForValidation) {
  write_pair("train", 60'000);
  write_pair("t10k", 25);
  const Splits splits = load_idx_directory(directory_);
  EXPECT_EQ(splits.description, directory_.string() + " (train and t10k files)");
  EXPECT_EQ(splits.train.images.cols(), 50'000);
  EXPECT_EQ(splits.validation.images.cols(), 10'000);
  std::set<std::int64_t> seen;
  for (const Dataset* dataset : {&splits.train, &splits.validation}) {
    for (Eigen::Index i = 0; i < dataset->images.cols(); ++i) {
      const std::int64_t number = number_of(dataset->images, i);
      EXPECT_TRUE(seen.insert(number).second) << number << " occurs twice";
      EXPECT_EQ(dataset->labels[static_cast<std::size_t>(i)], number % 10);
    }
  }
  ASSERT_EQ(splits.test.images.cols(), 25);
  for (Eigen::Index i = 0; i < 25; ++i) EXPECT_EQ(number_of(splits.test.images, i), i);
  EXPECT_EQ(splits.test.labels[13], 3);
}

TEST_F(IdxDirectory, PixelsAreDividedBy255) {
  write_pair("t10k", 10);
  const Splits splits = load_idx_directory(directory_);
  EXPECT_EQ(splits.test.images.col(0).tail(4), Eigen::Vector4f(0.0f, 1.0f, 51.0f / 255.0f, 128.0f / 255.0f));
}

TEST_F(IdxDirectory, EveryNameUnderWhichTheFilesAreDistributedWorks) {
  for (const std::string ending : {"-idx", ".idx"}) {
    for (const std::string gzip : {"", ".gz"}) {
      const std::string images = "t10k-images" + ending + "3-ubyte" + gzip;
      const std::string labels = "t10k-labels" + ending + "1-ubyte" + gzip;
      if (gzip.empty()) {
        write(images, image_file(30));
        write(labels, label_file(30));
      } else {
        write_gzip(images, image_file(30));
        write_gzip(labels, label_file(30));
      }
      EXPECT_EQ(load_idx_directory(directory_).train.labels.size(), 24u) << images;
      fs::remove(directory_ / images);
      fs::remove(directory_ / labels);
    }
  }
}

TEST_F(IdxDirectory, ADirectoryThatIsNoneIsRefused) {
  write("file", {1});
  EXPECT_EQ(support::error_of<eigentune::Error>([&] { load_idx_directory(directory_ / "absent"); }),
            path("absent") + ": expected a directory of IDX files, found nothing");
  EXPECT_EQ(support::error_of<eigentune::Error>([&] { load_idx_directory(directory_ / "file"); }),
            path("file") + ": expected a directory of IDX files, found a file");
}

TEST_F(IdxDirectory, MissingFilesAreListed) {
  const std::string wanted =
      directory_.string() +
      ": expected IDX files t10k-images-idx3-ubyte, t10k-images.idx3-ubyte, t10k-images-idx3-ubyte.gz or "
      "t10k-images.idx3-ubyte.gz and t10k-labels-idx1-ubyte, t10k-labels.idx1-ubyte, t10k-labels-idx1-ubyte.gz or "
      "t10k-labels.idx1-ubyte.gz (and, if there is more to learn from, the same of train-), found ";
  EXPECT_EQ(load_error(), wanted + "none of them");
  write_pair("train", 60);
  EXPECT_EQ(load_error(), wanted + "only those of train-");
}

TEST_F(IdxDirectory, ImagesWithoutLabelsAndLabelsWithoutImagesAreRefused) {
  write("t10k-images-idx3-ubyte", image_file(20));
  EXPECT_EQ(load_error(), path("t10k-images-idx3-ubyte") +
                              ": expected beside it t10k-labels-idx1-ubyte, t10k-labels.idx1-ubyte, "
                              "t10k-labels-idx1-ubyte.gz or t10k-labels.idx1-ubyte.gz, found none");
  write_pair("t10k", 20);
  write("train-labels.idx1-ubyte", label_file(20));
  EXPECT_EQ(load_error(), path("train-labels.idx1-ubyte") +
                              ": expected beside it train-images-idx3-ubyte, train-images.idx3-ubyte, "
                              "train-images-idx3-ubyte.gz or train-images.idx3-ubyte.gz, found none");
}

TEST_F(IdxDirectory, ImagesAndLabelsOfDifferentCountsAreRefused) {
  write("t10k-images-idx3-ubyte", image_file(20));
  write("t10k-labels-idx1-ubyte", label_file(21));
  EXPECT_EQ(load_error(), path("t10k-labels-idx1-ubyte") + ": expected 20 labels, one for each image of " +
                              path("t10k-images-idx3-ubyte") + ", found 21");
}

TEST_F(IdxDirectory, PairsWithImagesOfDifferentSizesAreRefused) {
  write_pair("train", 12);
  Bytes images = image_header(1, 3, 2);
  images.resize(images.size() + 6);
  write("t10k-images-idx3-ubyte", images);
  write("t10k-labels-idx1-ubyte", label_file(1));
  EXPECT_EQ(load_error(),
            directory_.string() + ": expected t10k images of 2 x 3 pixels like the train images, found 3 x 2");
}

TEST_F(IdxDirectory, TooFewImagesToSplitAreRefused) {
  write_pair("t10k", 9);
  EXPECT_EQ(load_error(),
            directory_.string() + ": expected at least 10 images in the t10k files to split them, found 9");
  write_pair("train", 5);
  EXPECT_EQ(load_error(),
            directory_.string() + ": expected at least 6 images in the train files to split them, found 5");
}

TEST_F(IdxDirectory, ALabelOutOfRangeIsRefusedWithItsFile) {
  write_pair("t10k", 20);
  Bytes labels = label_file(20);
  labels.back() = 26;
  write("t10k-labels-idx1-ubyte", labels);
  EXPECT_EQ(load_error(),
            path("t10k-labels-idx1-ubyte") + ": expected labels in 0 ... 9, found 26 at index 19 (the first is 0)");
}

TEST_F(IdxDirectory, AFileOfTheWrongSizeIsRefusedPlainAndGzipped) {
  write_pair("t10k", 20);
  Bytes images = image_file(20);
  images.push_back(0);
  write("t10k-images-idx3-ubyte", images);
  EXPECT_EQ(load_error(),
            path("t10k-images-idx3-ubyte") + ": oversized: expected 136 bytes for 20 images of 2 x 3, found more");
  images.resize(images.size() - 2);
  fs::remove(directory_ / "t10k-images-idx3-ubyte");
  write_gzip("t10k-images-idx3-ubyte.gz", images);
  EXPECT_EQ(load_error(),
            path("t10k-images-idx3-ubyte.gz") + ": truncated: expected 136 bytes for 20 images of 2 x 3, found 135");
}

TEST_F(IdxDirectory, DamagedGzipDataAreRefused) {
  const std::string images = "t10k-images-idx3-ubyte.gz";
  const std::string expected = path(images) + ": expected IDX data, plain or gzipped, found unreadable data: ";
  write("t10k-labels-idx1-ubyte", label_file(2'000));
  write_gzip(images, image_file(2'000));
  const Bytes whole = read(images);

  Bytes damaged = whole;
  damaged[damaged.size() - 8] ^= 1;  // the checksum
  write(images, damaged);
  EXPECT_EQ(load_error(), expected + "incorrect data check");

  damaged = whole;
  damaged.resize(damaged.size() - 4);  // half of the trailer
  write(images, damaged);
  EXPECT_EQ(load_error(), expected + "unexpected end of file");

  damaged = whole;
  damaged.resize(damaged.size() / 2);
  write(images, damaged);
  EXPECT_EQ(load_error(), expected + "unexpected end of file");

  damaged = whole;
  damaged[10] |= 6;  // the first block's type becomes the one that does not exist
  write(images, damaged);
  EXPECT_EQ(load_error(), expected + "invalid block type");
}

TEST_F(IdxDirectory, AFileThatCannotBeReadIsRefused) {
  write("t10k-labels-idx1-ubyte", label_file(20));
  fs::create_directory(directory_ / "t10k-images-idx3-ubyte");
  EXPECT_EQ(load_error(), path("t10k-images-idx3-ubyte") +
                              ": expected IDX data, plain or gzipped, found unreadable data: Is a directory");
  EXPECT_EQ(
      support::error_of<eigentune::Error>([&] { example::read_idx_file(directory_ / "absent", IdxContents::images); }),
      path("absent") + ": expected a readable file, found none: No such file or directory");
}

TEST_F(IdxDirectory, AHeaderThatPromisesTooMuchTakesNoMemory) {
  write("images", image_header(0x80000000, 1, 1));  // 2 GiB, the most that is allowed
  const Bytes bytes = example::read_idx_file(directory_ / "images", IdxContents::images);
  EXPECT_EQ(bytes.size(), 16u);
  EXPECT_LE(bytes.capacity(), std::size_t{2} << 20);
  EXPECT_EQ(support::error_of<eigentune::Error>([&] { parse_idx_images(bytes, "file"); }),
            "file: truncated: expected 2147483664 bytes for 2147483648 images of 1 x 1, found 16");
}

TEST_F(IdxDirectory, AGzipFileThatSwellsBeyondItsPromiseIsNotReadToItsEnd) {
  Bytes bytes = image_header(1, 1, 1);
  bytes.resize(std::size_t{32} << 20);
  write_gzip("images.gz", bytes);
  EXPECT_LT(fs::file_size(directory_ / "images.gz"), 100'000u);
  EXPECT_EQ(example::read_idx_file(directory_ / "images.gz", IdxContents::images).size(), 18u);
}

}  // namespace
